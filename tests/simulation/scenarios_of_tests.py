"""Small scenarios for tests: a mid-cap market on two venues, and a session as plain data."""

from domain.sessions import Session, TradingCalendar
from headgate.settings import Settings
from simulation.case import Case, Prepared, prepare
from simulation.order_plan import AS_IT_IS
from simulation.scenario import Scenario, Variant, scenario_of

NS = 1_000_000_000
OPEN_NS = 1_772_461_800 * NS  # 2026-03-02 09:30 in New York
DAY = Session(
    date="2026-03-02", open_ns=OPEN_NS, close_ns=OPEN_NS + 23_400 * NS, zone="America/New_York"
)
CALENDAR = TradingCalendar("XNYS", [DAY], zone="America/New_York")

ORDER: dict[str, object] = {
    "id": "A", "symbol": "MID", "side": "buy", "quantity": 2_000, "window_s": 120,
    "params": {"interval": 10, "completion": "cross"},
}  # fmt: skip


def raw(**changes: object) -> dict[str, object]:
    """The tables of a file: one order in one symbol on two venues, but for `changes`."""
    tables: dict[str, object] = {
        "name": "test",
        "market": {"symbols": [{"symbol": "MID"}], "warm_up_s": 20},
        "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
        "orders": [ORDER],
    }
    return {**tables, **changes}


def scenario(**changes: object) -> Scenario:
    return scenario_of(raw(**changes))


def ready(found: Scenario, seed: int = 1, variant: Variant = AS_IT_IS) -> Prepared:
    """Its run, not yet played."""
    return prepare(Case(scenario=found, seed=seed, variant=variant), CALENDAR, Settings())
