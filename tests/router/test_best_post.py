"""Where a child rests, and why there is nowhere."""

import pytest

from domain.instruments import Side
from domain.marketdata import Quote
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket
from marketdata.own_orders import OwnOrder
from router.best_post import best_post
from router.best_price import Route

S = 1_000_000_000
NOW_NS = 100 * S
VENUES = ("XA", "XB")
W = WaitReason


def quote(venue: str, bid: int = 100, bid_qty: int = 500, ask: int = 102, ask_qty: int = 500,
          at_ns: int = NOW_NS) -> Quote:  # fmt: skip
    return Quote("IBM", venue, bid, bid_qty, ask, ask_qty, at_ns)


def rested(*quotes: Quote, side: Side = Side.BUY, limit: int | None = None,
           avoid: dict[str, int] | None = None, live: tuple[str, ...] = VENUES,
           own: OwnOrder | None = None) -> Route | WaitReason:  # fmt: skip
    market = SymbolMarket(symbol="IBM")
    market.on_events(quotes)
    if own is not None:
        market.on_own_order(own)
    return best_post(
        market, VENUES, side, qty=300, limit_px_ticks=limit,
        live={venue: venue in live for venue in VENUES}, avoid_until_ns=avoid or {},
        now_ns=NOW_NS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "venue", "px_ticks"),
    [
        (rested(quote("XA"), quote("XB", bid=101)), "XB", 101),
        (rested(quote("XA"), quote("XB", bid_qty=200)), "XB", 100),  # the shorter queue
        (rested(quote("XA"), quote("XB")), "XA", 100),  # the venue named first
        (rested(quote("XA", ask=103), quote("XB", ask=102), side=Side.SELL), "XB", 102),
        (rested(quote("XA"), limit=99), "XA", 99),
        (rested(quote("XA"), limit=101), "XA", 100),
        (rested(quote("XA", bid=101), quote("XB"), live=("XB",)), "XB", 100),
        (rested(quote("XA", bid=101), quote("XB"), avoid={"XA": NOW_NS + S}), "XB", 100),
    ],
)
def test_where(found: Route | WaitReason, venue: str, px_ticks: int) -> None:
    assert found == Route(venue=venue, px_ticks=px_ticks, qty=300)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (rested(quote("XA"), live=()), W.VENUE_DOWN),
        (rested(), W.NO_MARKET_DATA),
        (rested(quote("XA", at_ns=NOW_NS - 60 * S)), W.STALE_MARKET_DATA),
        (rested(quote("XA", bid_qty=0)), W.NO_LIQUIDITY),
        (rested(quote("XA"), avoid={"XA": NOW_NS + S}), W.REJECTED_BY_VENUE),
        (rested(quote("XA", ask=100)), W.CROSSED_MARKET),
    ],
)
def test_why_nowhere(found: Route | WaitReason, reason: WaitReason) -> None:
    assert found is reason


def test_our_own_bid_alone_is_no_touch_to_join() -> None:
    """Or two parents would follow each other up."""
    own = OwnOrder(cl_ord_id="c", venue="XA", side=Side.BUY, px_ticks=100, qty=500,
                   since_ns=NOW_NS, displayed_px_ticks=100, displayed_qty=500)  # fmt: skip
    assert rested(quote("XA"), own=own) is W.NO_LIQUIDITY
