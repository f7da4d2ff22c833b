"""The command lines that containers may be started with, as docs/operations.md lists them."""

COMMANDS = {
    "topics": ["topics", "create"],
    "oms": ["gateway", "--role", "oms"],
    "venues": ["gateway", "--role", "venues"],
    "worker": ["worker"],
    "venuesim": ["venuesim"],
    "marketdata": ["marketdata"],
    "tca": ["tca"],
}
