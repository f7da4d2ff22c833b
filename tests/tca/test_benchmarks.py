"""The market's sums: whatever the batches in which events come, and whenever one asks."""

from hypothesis import given
from hypothesis import strategies as st

from domain.marketdata import MarketEvent, Quote, Trade
from tca.benchmarks import HISTORY_EVENTS, Mark, Market, Sums

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "print", "cross"]), st.integers(0, 3),
        st.integers(95, 100), st.integers(0, 5), st.integers(0, 5),
    ),
    min_size=1, max_size=60,
)  # fmt: skip
Drawn = list[tuple[str, int, int, int, int]]


def events_of(drawn: Drawn) -> list[MarketEvent]:
    """By rising time, some of the same instant; "cross" is a print that does not count."""
    events: list[MarketEvent] = []
    at_ns = 0
    for kind, later_ns, px, bid_qty, ask_qty in drawn:
        at_ns += later_ns
        if kind in ("A", "B"):
            events.append(Quote("IBM", kind, px, bid_qty, px + 1, ask_qty, at_ns))
        else:
            condition = "O" if kind == "cross" else ""
            events.append(Trade("IBM", "N", px, bid_qty + 1, at_ns, "", condition))
    return events


def naive(events: list[MarketEvent], at_ns: int, inclusive: bool) -> tuple[int, int, int, int]:
    """(shares, notional, integral of bid + ask, time with both) up to a time, nanosecond by
    nanosecond."""
    qty = notional = mid2_ns = two_sided_ns = 0
    quotes: dict[str, Quote] = {}
    coming = list(events)
    for now_ns in range(at_ns + 1):
        while coming and coming[0].at_ns == now_ns and (now_ns < at_ns or inclusive):
            event = coming.pop(0)
            if isinstance(event, Quote):
                quotes[event.venue] = event
            elif isinstance(event, Trade) and not event.condition:
                qty, notional = qty + event.qty, notional + event.qty * event.px_ticks
        bids = [each.bid_px_ticks for each in quotes.values() if each.bid_qty]
        asks = [each.ask_px_ticks for each in quotes.values() if each.ask_qty]
        if bids and asks and now_ns < at_ns:
            mid2_ns, two_sided_ns = mid2_ns + max(bids) + min(asks), two_sided_ns + 1
    return qty, notional, mid2_ns, two_sided_ns


@given(drawn=EVENTS, cuts=st.lists(st.integers(1, 7), max_size=20), mark_ns=st.integers(0, 100),
       asked=st.integers(0, 60), inclusive=st.booleans())  # fmt: skip
def test_a_mark_reads_the_same_in_any_batches(
    drawn: Drawn, cuts: list[int], mark_ns: int, asked: int, inclusive: bool
) -> None:
    """It is asked for before, among or after the events."""
    events = events_of(drawn)
    market = Market()
    mark = Mark(order_id="P", at_ns=mark_ns, inclusive=inclusive)
    told = 0
    passed: list[Mark] = []
    for cut in [*cuts, *[1] * len(events)]:
        if told >= asked and not market._count:
            market.want(mark)
        batch = events[told : told + cut]
        told += cut
        if batch:
            passed += market.on_events(batch)
    if not market._count:
        market.want(mark)
    market.settle(mark)
    assert passed in ([], [mark])
    sums = mark.sums
    if sums is None:
        assert not any(isinstance(each, Quote) or not each.condition for each in events
                       if isinstance(each, Quote | Trade)
                       and (each.at_ns, True) <= (mark_ns, inclusive))  # fmt: skip
    else:
        found = (sums.qty, sums.notional, sums.mid2_ns, sums.two_sided_ns)
        assert found == naive(events, mark_ns, inclusive)


def test_what_nobody_asked_for_is_kept_as_long_as_the_history() -> None:
    """The sums of a symbol start with its first parent, and so must the memory."""
    market = Market()
    for at_ns in range(5 * HISTORY_EVENTS):
        market.on_events([Quote("IBM", "A" if at_ns else "B", 99, 1, 101, 1, at_ns)])
        assert len(market._pending) <= 2 * HISTORY_EVENTS
    now_ns = 5 * HISTORY_EVENTS
    early, late = (Mark(order_id="P", at_ns=at_ns, inclusive=True) for at_ns in (9, now_ns - 9))
    market.want(early)
    market.want(late)
    assert (early.is_read, early.sums) == (True, None)
    assert late.sums is not None
    assert set(market.quotes) == {"A", "B"}
    end = market.at(now_ns)
    assert isinstance(end, Sums)
    assert end.two_sided_ns - late.sums.two_sided_ns == 9
