"""The markets that a scenario file can ask for: halts, auctions, a dark venue."""

from domain.fix_codes import OrdStatus
from domain.marketdata import MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from simulation.reconciliation import reconcile
from simulation.scenario import Scenario
from tests.simulation.scenarios_of_tests import NS, OPEN_NS, ORDER, ready, scenario

LIT: list[dict[str, object]] = [{"name": "ALPHA"}, {"name": "BETA"}]
HALT = {"kind": "halt", "symbol": "MID", "at": "open+330s", "seconds": 40, "call_s": 10}


def told(found: Scenario, until_ns: int) -> list[MarketEvent]:
    """What the market says until then, without anybody in it."""
    prepared = ready(found)
    port = prepared.run.port
    said = [*port.start(prepared.first_ns)]
    while port.next_ns() <= until_ns:
        said += port.on_timer(port.next_ns())
    return [each for each in said if isinstance(each, MarketEvent)]


def phases(events: list[MarketEvent], venue: str) -> list[TradingPhase]:
    """Through which a venue goes; statuses that only repeat the last are left out."""
    found: list[TradingPhase] = []
    for each in events:
        if isinstance(each, TradingStatus) and each.venue == venue and found[-1:] != [each.phase]:
            found.append(each.phase)
    return found


def test_a_halt_stops_a_symbol_at_every_venue_and_ends_in_an_auction() -> None:
    events = told(scenario(faults=[HALT]), OPEN_NS + 400 * NS)
    for venue in ("ALPHA", "BETA"):
        assert phases(events, venue) == [
            TradingPhase.CONTINUOUS, TradingPhase.HALTED, TradingPhase.AUCTION,
            TradingPhase.CONTINUOUS,
        ]  # fmt: skip
    traded = [each.at_ns - OPEN_NS for each in events if isinstance(each, Trade)]
    assert not [at_ns for at_ns in traded if 330 * NS < at_ns < 380 * NS]
    assert traded[0] < 330 * NS
    assert traded[-1] > 380 * NS


def test_an_order_waits_for_the_end_of_a_halt() -> None:
    run = ready(scenario(faults=[HALT])).play()
    assert reconcile(run).broken == []
    assert run.finals[0].ord_status is OrdStatus.FILLED
    halted = range(OPEN_NS + 331 * NS, OPEN_NS + 380 * NS)
    assert run.port.fills
    assert not [each for each in run.port.fills if each.at_ns in halted]


def test_venues_open_with_a_cross_if_they_are_asked_to() -> None:
    order = {**ORDER, "start": "open"}
    for auctions, crosses in ((True, ["ALPHA", "BETA"]), (False, [])):
        market = {"symbols": [{"symbol": "MID"}], "warm_up_s": 150, "auctions": auctions}
        events = told(scenario(market=market, orders=[order]), OPEN_NS + 5 * NS)
        opened = [each for each in events if isinstance(each, Trade) and each.condition == "O"]
        assert sorted(each.venue for each in opened) == crosses
        assert all(each.at_ns == OPEN_NS for each in opened)


def test_a_dark_venue_prints_at_the_midpoint_shows_nothing_and_moves_nobody_else() -> None:
    dark = {"name": "DARK", "kind": "dark", "informed": 0.5}
    until_ns = OPEN_NS + 500 * NS
    events = told(scenario(venues=[*LIT, dark]), until_ns)
    there = [each for each in events if each.venue == "DARK"]
    prints = [each for each in there if isinstance(each, Trade)]
    assert prints
    assert {each.condition for each in prints} == {"F"}
    assert not any(isinstance(each, Quote) and (each.bid_qty or each.ask_qty) for each in there)
    assert [each for each in events if each.venue != "DARK"] == told(scenario(), until_ns)


def test_nothing_of_ours_goes_to_a_dark_venue() -> None:
    run = ready(scenario(venues=[*LIT, {"name": "DARK", "kind": "dark"}])).play()
    assert reconcile(run).broken == []
    assert run.finals[0].ord_status is OrdStatus.FILLED
    assert {venue for venue, _ in run.port.orders} <= {"ALPHA", "BETA"}
