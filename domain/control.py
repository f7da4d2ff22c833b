"""What operators order and what comes of it: topic `control`. All records share one key.

Every order names its author and reason. Scope: `symbol` and `venue`, None meaning every one.
"""

from decimal import Decimal

import msgspec


class EngageKillSwitch(msgspec.Struct, frozen=True, kw_only=True, tag="engage_kill_switch",
                       forbid_unknown_fields=True):  # fmt: skip
    """Send nothing new in scope, cancel what is open. Holds until re-armed."""

    author: str
    reason: str
    symbol: str | None = None
    venue: str | None = None
    at_ns: int


class Rearm(msgspec.Struct, frozen=True, kw_only=True, tag="rearm", forbid_unknown_fields=True):
    """Lift the kill switch of exactly this scope."""

    author: str
    reason: str
    symbol: str | None = None
    venue: str | None = None
    at_ns: int


class KillProgress(msgspec.Struct, frozen=True, kw_only=True, tag="kill_progress"):
    """Venue access: this many children, and shares, are still open in scope. Ends with 0."""

    by: str
    symbol: str | None
    venue: str | None
    open_children: int
    open_qty: int
    at_ns: int


class SetLimits(msgspec.Struct, frozen=True, kw_only=True, tag="set_limits",
                forbid_unknown_fields=True):  # fmt: skip
    """Change pre-trade limits of venue access; None leaves one as it is. `symbol` None: all."""

    author: str
    reason: str
    symbol: str | None = None
    max_child_qty: int | None = None
    max_child_notional: Decimal | None = None
    price_collar: float | None = None
    messages_per_second: int | None = None
    at_ns: int


ControlRecord = EngageKillSwitch | Rearm | KillProgress | SetLimits
