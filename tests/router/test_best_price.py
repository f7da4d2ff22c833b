"""Where a child goes: price, then size, then the instrument's order; and why it goes nowhere."""

from itertools import permutations

import pytest

from domain.instruments import Side
from domain.marketdata import Quote, TradingPhase, TradingStatus
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket
from marketdata.own_orders import OwnOrder
from marketdata.stale_limits import StaleLimits
from router.best_price import Route, best_route

NOW_NS = 100 * 10**9
STALE_NS = 5 * 10**9
VENUES = ("XA", "XB", "XC")


def quote(venue: str, bid_px: int = 99, bid_qty: int = 500, ask_px: int = 101, ask_qty: int = 500,
          at_ns: int = NOW_NS) -> Quote:  # fmt: skip
    return Quote("IBM", venue, bid_px, bid_qty, ask_px, ask_qty, at_ns)


def route(*quotes: Quote, side: Side = Side.BUY, limit: int | None = None, lot: int = 100,
          min_qty: int = 100, down: tuple[str, ...] = (), avoid: dict[str, int] | None = None,
          halted: tuple[str, ...] = (),
          venues: tuple[str, ...] = VENUES) -> Route | WaitReason:  # fmt: skip
    market = SymbolMarket(symbol="IBM", limits=StaleLimits(default_ns=STALE_NS))
    for each in quotes:
        market.on_event(each)
    for venue in halted:
        market.on_event(TradingStatus("IBM", venue, TradingPhase.HALTED, NOW_NS))
    return best_route(
        market, venues, side, limit_px_ticks=limit, lot=lot, min_qty=min_qty,
        live={venue: venue not in down for venue in VENUES}, avoid_until_ns=avoid or {},
        now_ns=NOW_NS,
    )  # fmt: skip


def venue_of(found: Route | WaitReason) -> str:
    assert isinstance(found, Route)
    return found.venue


def test_the_best_price_wins_over_size() -> None:
    assert venue_of(route(quote("XA", ask_px=102, ask_qty=9_000), quote("XB"))) == "XB"
    found = route(quote("XA"), quote("XB", bid_px=100), side=Side.SELL)
    assert found == Route(venue="XB", px_ticks=100, qty=500)


def test_ties_go_to_the_larger_size_then_to_the_first_named() -> None:
    assert venue_of(route(quote("XA"), quote("XB", ask_qty=600))) == "XB"
    for order in permutations([quote("XA"), quote("XB"), quote("XC")]):
        assert venue_of(route(*order)) == "XA"
    assert venue_of(route(quote("XA"), quote("XB"), venues=("XB", "XA"))) == "XB"


def test_sizes_tie_in_lots() -> None:
    assert route(quote("XA", ask_qty=510), quote("XB", ask_qty=590)) == Route(
        venue="XA", px_ticks=101, qty=500
    )


def test_a_limit_is_not_passed() -> None:
    assert route(quote("XA"), limit=101) == Route(venue="XA", px_ticks=101, qty=500)
    assert route(quote("XA"), limit=100) is WaitReason.ABOVE_LIMIT
    assert route(quote("XA"), side=Side.SELL, limit=100) is WaitReason.ABOVE_LIMIT
    assert venue_of(route(quote("XA"), side=Side.SELL, limit=99)) == "XA"


def test_a_venue_that_shows_too_little_is_passed_over() -> None:
    found = route(quote("XA", ask_qty=200), quote("XB", ask_px=102), min_qty=300)
    assert found == Route(venue="XB", px_ticks=102, qty=500)


REASONS: list[tuple[WaitReason, Route | WaitReason]] = [
    (WaitReason.VENUE_DOWN, route(quote("XA"), down=VENUES)),
    (WaitReason.NO_MARKET_DATA, route()),
    (WaitReason.NO_MARKET_DATA, route(venues=())),
    (WaitReason.STALE_MARKET_DATA, route(quote("XA", at_ns=NOW_NS - STALE_NS - 1))),
    (WaitReason.STALE_MARKET_DATA, route(quote("XA", at_ns=NOW_NS + STALE_NS + 1))),
    (WaitReason.HALTED, route(quote("XA"), halted=("XA",))),
    (WaitReason.CROSSED_MARKET, route(quote("XA", bid_px=101))),
    (WaitReason.CROSSED_MARKET, route(quote("XA"), quote("XB", bid_px=102, ask_px=103))),
    (WaitReason.REJECTED_BY_VENUE, route(quote("XA"), avoid={"XA": NOW_NS + 1})),
    (WaitReason.NO_LIQUIDITY, route(quote("XA", ask_qty=0))),
    (WaitReason.TOO_LITTLE_SHOWN, route(quote("XA", ask_qty=99))),
    (WaitReason.TOO_LITTLE_SHOWN, route(quote("XA", ask_qty=200), min_qty=300)),
    (WaitReason.ABOVE_LIMIT, route(quote("XA"), quote("XB", ask_qty=0), limit=100)),
]


@pytest.mark.parametrize(("reason", "found"), REASONS)
def test_the_reason_of_the_venue_that_came_closest(
    reason: WaitReason, found: Route | WaitReason
) -> None:
    assert found is reason


def test_a_backoff_that_is_over_and_a_quote_just_in_time() -> None:
    assert venue_of(route(quote("XA"), avoid={"XA": NOW_NS})) == "XA"
    assert venue_of(route(quote("XA", at_ns=NOW_NS - STALE_NS))) == "XA"


def test_of_two_venues_that_lock_the_newer_is_taken_from() -> None:
    older = quote("XA", at_ns=NOW_NS - 1)
    assert venue_of(route(older, quote("XB", bid_px=101, ask_px=102))) == "XB"


def test_our_own_offer_is_not_taken() -> None:
    market = SymbolMarket(symbol="IBM")
    market.on_event(quote("XA", ask_qty=600))
    market.own.on_order(
        OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=101, qty=400,
                 displayed_px_ticks=101, displayed_qty=400, since_ns=NOW_NS)
    )  # fmt: skip
    found = best_route(
        market, ("XA",), Side.BUY, limit_px_ticks=None, lot=100, min_qty=100, live={"XA": True},
        avoid_until_ns={}, now_ns=NOW_NS,
    )  # fmt: skip
    assert found == Route(venue="XA", px_ticks=101, qty=200)


@pytest.mark.parametrize(
    ("resting", "meets"),
    [
        (OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=101, qty=400, since_ns=0,
                  displayed_px_ticks=101, displayed_qty=400, may_rest=True), True),
        (OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=102, qty=400, since_ns=0,
                  displayed_px_ticks=102, displayed_qty=400, may_rest=True), False),
        (OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=99, qty=400, since_ns=0,
                  displayed_px_ticks=102, displayed_qty=400, may_rest=True), False),
        (OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=100, qty=400, since_ns=0,
                  may_rest=True), True),  # hidden, or on its way: anywhere up to its limit
        (OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=None, qty=400, since_ns=0,
                  may_rest=True), True),
        (OwnOrder(cl_ord_id="c", venue="XA", side=Side.SELL, px_ticks=100, qty=400, since_ns=0),
         False),  # immediate or cancel: it does not stay
        (OwnOrder(cl_ord_id="c", venue="XB", side=Side.SELL, px_ticks=100, qty=400, since_ns=0,
                  may_rest=True), False),
        (OwnOrder(cl_ord_id="c", venue="XA", side=Side.BUY, px_ticks=101, qty=400, since_ns=0,
                  may_rest=True), False),
    ],
)  # fmt: skip
def test_an_order_of_ours_is_not_traded_with(resting: OwnOrder, meets: bool) -> None:
    """Though others offer at the same price: which of them would be met is not ours to choose."""
    market = SymbolMarket(symbol="IBM")
    market.on_event(quote("XA", ask_qty=900))
    market.own.on_order(resting)
    found = best_route(
        market, ("XA",), Side.BUY, limit_px_ticks=None, lot=100, min_qty=100, live={"XA": True},
        avoid_until_ns={}, now_ns=NOW_NS,
    )  # fmt: skip
    assert (found is WaitReason.OWN_ORDER) is meets
