"""What waits to be published: nothing but superseded quotes and depths is ever lost."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.marketdata import (
    Depth,
    Imbalance,
    MarketEvent,
    Quote,
    Trade,
    TradingPhase,
    TradingStatus,
)
from marketdata.outbox import Outbox

SYMBOLS, VENUES = ("IBM", "SAP"), ("ALPHA", "BETA")
KINDS = ("quote", "quote", "quote", "depth", "trade", "status", "imbalance")


def event(kind: str, symbol: str, venue: str, at_ns: int) -> MarketEvent:
    """An event that no other equals: `at_ns` numbers it."""
    if kind == "quote":
        return Quote(symbol, venue, 100 + at_ns, 10, 200 + at_ns, 10, at_ns)
    if kind == "depth":
        return Depth(symbol, venue, ((100, at_ns + 1),), ((101, 5),), at_ns)
    if kind == "trade":
        return Trade(symbol, venue, 100, 1 + at_ns, at_ns)
    if kind == "status":
        return TradingStatus(symbol, venue, TradingPhase.CONTINUOUS, at_ns)
    return Imbalance(symbol, venue, 100, 5, at_ns, at_ns)


def quote(at_ns: int, venue: str = "ALPHA") -> MarketEvent:
    return event("quote", "IBM", venue, at_ns)


def trade(at_ns: int) -> MarketEvent:
    return event("trade", "IBM", "ALPHA", at_ns)


def drained(outbox: Outbox, batch_max: int = 100) -> list[MarketEvent]:
    found: list[MarketEvent] = []
    while (taken := outbox.take(batch_max)) is not None:
        symbol, events = taken
        assert 0 < len(events) <= batch_max
        assert {each.symbol for each in events} == {symbol}
        found += events
    assert len(outbox) == 0
    return found


def test_nothing_is_conflated_while_the_reader_keeps_up() -> None:
    outbox = Outbox(lag_events=3)
    events = [quote(1), quote(2), quote(3)]
    outbox.offer(events)
    assert drained(outbox) == events
    assert outbox.conflated == {}


def test_behind_the_bound_the_newest_quote_of_each_venue_survives() -> None:
    outbox = Outbox(lag_events=4)
    outbox.offer([quote(1), quote(2, "BETA"), trade(3), quote(4), trade(5)])
    assert drained(outbox) == [quote(2, "BETA"), trade(3), quote(4), trade(5)]
    assert outbox.conflated == {"IBM": 1}


def test_trades_alone_grow_beyond_the_bound_until_it_is_full() -> None:
    outbox = Outbox(lag_events=2, full_events=5)
    trades = [trade(number) for number in range(5)]
    outbox.offer(trades)
    assert outbox.is_full
    assert drained(outbox) == trades
    assert not outbox.is_full


def test_symbols_take_turns() -> None:
    outbox = Outbox()
    outbox.offer([event("trade", symbol, "ALPHA", at) for at, symbol in
                  enumerate(("IBM", "IBM", "IBM", "SAP"))])  # fmt: skip
    taken = [outbox.take(2) for _ in range(3)]
    assert [(each[0], len(each[1])) for each in taken if each] == [
        ("IBM", 2),
        ("SAP", 1),
        ("IBM", 1),
    ]


EVENTS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(SYMBOLS),
                            st.sampled_from(VENUES)), max_size=60)  # fmt: skip


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=5), st.integers(1, 20), st.integers(1, 30))
def test_no_print_is_lost_and_every_flush_leaves_the_newest_market(
    rounds: list[list[tuple[str, str, str]]], lag_events: int, batch_max: int
) -> None:
    outbox = Outbox(lag_events=lag_events)
    offered: list[MarketEvent] = []
    published: list[MarketEvent] = []
    for described in rounds:
        events = [event(*each, len(offered) + number) for number, each in enumerate(described)]
        offered += events
        outbox.offer(events)
        published += drained(outbox, batch_max)
        for symbol in SYMBOLS:
            mine, out = of(offered, symbol), of(published, symbol)
            assert newest(mine) == newest(out)
            assert [e for e in mine if kept(e)] == [e for e in out if kept(e)]
            times = [each.at_ns for each in out]
            assert times == sorted(times)  # at_ns numbers them: the order is that of the source
    assert len(published) + sum(outbox.conflated.values()) == len(offered)


def of(events: Sequence[MarketEvent], symbol: str) -> list[MarketEvent]:
    return [each for each in events if each.symbol == symbol]


def kept(one: MarketEvent) -> bool:
    return not isinstance(one, Quote | Depth)


def newest(events: Sequence[MarketEvent]) -> dict[tuple[str, type], MarketEvent]:
    return {(e.venue, type(e)): e for e in events if isinstance(e, Quote | Depth)}
