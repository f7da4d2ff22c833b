"""The market of several venues: what it is beside a search through all of them."""

from hypothesis import given
from hypothesis import strategies as st

from domain.marketdata import Quote
from marketdata.consolidated import BestBidOffer, TouchState, at_odds, best_of

SIDE = st.tuples(st.integers(90, 110), st.integers(0, 3))
QUOTES = st.lists(
    st.tuples(st.sampled_from(["XA", "XB", "XC", "XD"]), SIDE, SIDE, st.integers(0, 5)),
    max_size=4, unique_by=lambda each: each[0],
).map(
    lambda rows: [
        Quote("IBM", venue, *bid, *ask, at_ns) for venue, bid, ask, at_ns in rows
        if not (bid[1] and ask[1]) or bid[0] <= ask[0]
    ]
)  # fmt: skip


@given(quotes=QUOTES)
def test_the_best_are_the_best_of_all(quotes: list[Quote]) -> None:
    found = best_of(quotes)
    bids = [quote for quote in quotes if quote.bid_qty]
    asks = [quote for quote in quotes if quote.ask_qty]
    bid_px = max((quote.bid_px_ticks for quote in bids), default=0)
    ask_px = min((quote.ask_px_ticks for quote in asks), default=0)
    assert found == BestBidOffer(
        bid_px, ask_px,
        {quote.venue: quote.bid_qty for quote in bids if quote.bid_px_ticks == bid_px},
        {quote.venue: quote.ask_qty for quote in asks if quote.ask_px_ticks == ask_px},
    )  # fmt: skip
    assert found.bid_qty == sum(q.bid_qty for q in bids if q.bid_px_ticks == bid_px)
    assert found.mid_px_ticks == ((bid_px + ask_px) / 2 if bids and asks else None)


@given(quotes=QUOTES)
def test_of_what_is_left_nothing_crosses_nor_locks(quotes: list[Quote]) -> None:
    odds = at_odds(quotes)
    left = best_of(quote for quote in quotes if quote.venue not in odds)
    alone = {quote.venue for quote in quotes if best_of((quote,)).state is TouchState.LOCKED}
    if not alone:
        assert left.state not in (TouchState.CROSSED, TouchState.LOCKED)
    if best_of(quotes).state is TouchState.CROSSED:
        assert TouchState.CROSSED in odds.values()


def quote(venue: str, bid_px: int, ask_px: int, at_ns: int) -> Quote:
    return Quote("IBM", venue, bid_px, 100, ask_px, 100, at_ns)


def test_of_two_that_cross_neither_is_believed() -> None:
    quotes = [quote("XA", 99, 100, 1), quote("XB", 101, 102, 2), quote("XC", 100, 102, 3)]
    assert at_odds(quotes) == {"XA": TouchState.CROSSED, "XB": TouchState.CROSSED}


def test_of_two_that_lock_the_newer_is_believed() -> None:
    old, new = quote("XA", 99, 100, 1), quote("XB", 100, 101, 2)
    assert at_odds([old, new]) == {"XA": TouchState.LOCKED}
    assert at_odds([new, old]) == {"XA": TouchState.LOCKED}
    assert set(at_odds([old, quote("XB", 100, 101, 1)])) == {"XA", "XB"}
    assert at_odds([old, quote("XB", 98, 101, 2)]) == {}
