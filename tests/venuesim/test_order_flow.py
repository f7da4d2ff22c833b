"""The background market: never crossed, never empty for long, and enough to trade a TWAP in."""

from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from domain.instruments import Instrument
from domain.marketdata import Quote, Trade
from tests.venuesim.instruments import IBM, SAP
from venuesim.order_flow import EfficientPrice, OrderFlow
from venuesim.requests import NewOrder, Report
from venuesim.venue import Output, Venue, VenueTerms

SECOND = 1_000_000_000
START = 1_000 * SECOND


def market(instrument: Instrument, px: str, seed: int, venues: tuple[str, ...]) -> list[Venue]:
    """Venues that share one efficient price."""
    start = instrument.px_ticks(Decimal(px), "px")
    price = EfficientPrice(start, START, Random(f"{seed}/{instrument.symbol}"))
    return [
        Venue(
            VenueTerms(name=name),
            [instrument],
            {instrument.symbol: OrderFlow(instrument, price, Random(f"{seed}/{name}"), START)},
        )
        for name in venues
    ]


def run(venue: Venue, seconds: int, step_ns: int = SECOND // 10) -> list[Output]:
    now_ns, outputs = START, []
    while now_ns < START + seconds * SECOND:
        outputs += venue.on_timer(now_ns)
        now_ns += step_ns
    return outputs


@pytest.mark.parametrize(("instrument", "px"), [(IBM, "185.00"), (SAP, "130.00"), (SAP, "99.90")])
@pytest.mark.parametrize("seed", [1, 2])
def test_ten_minutes_of_market(instrument: Instrument, px: str, seed: int) -> None:
    (venue,) = market(instrument, px, seed, ("XSIM",))
    outputs = run(venue, 600)
    quotes = [each for each in outputs if isinstance(each, Quote)]
    trades = [each for each in outputs if isinstance(each, Trade)]
    assert all(0 < each.bid_px_ticks < each.ask_px_ticks for each in quotes)
    assert all(each.bid_qty > 0 and each.ask_qty > 0 for each in quotes)
    for each in quotes:  # on the grid
        instrument.px_ticks(instrument.px(each.bid_px_ticks), "bid")
        instrument.px_ticks(instrument.px(each.ask_px_ticks), "ask")
    start = instrument.px_ticks(Decimal(px), "px")
    assert all(abs(each.bid_px_ticks / start - 1) < 0.02 for each in quotes)
    gaps = [later.at_ns - each.at_ns for each, later in pairwise(quotes)]
    assert max(gaps) <= SECOND
    assert 200 <= len(trades) <= 600
    assert len({each.trade_id for each in trades}) == len(trades)
    assert sum(each.qty for each in trades) > 20_000
    touches = sorted(each.ask_qty for each in quotes)
    assert 200 <= touches[len(touches) // 2] <= 2_000
    assert len(venue.books[instrument.symbol].orders) < 200


def test_venues_of_a_symbol_stay_together() -> None:
    first, second = market(IBM, "185.00", 1, ("A", "B"))
    apart = []
    for tick in range(6_000):
        now_ns = START + tick * SECOND // 10
        first.on_timer(now_ns)
        second.on_timer(now_ns)
        apart.append(abs(first.books["IBM"].touch()[0] - second.books["IBM"].touch()[0]))
    assert sum(apart) / len(apart) < 3
    assert max(apart) < 15


def test_same_seed_same_market() -> None:
    (one,), (other,) = market(IBM, "185.00", 3, ("X",)), market(IBM, "185.00", 3, ("X",))
    assert run(one, 60) == run(other, 60)


def test_efficient_price_depends_on_time_alone() -> None:
    """A process that starts later, or looks less often, sees the same path."""
    often, once = (EfficientPrice(10_000, 0, Random("7")) for _ in range(2))
    seen = [often.at(now_s * SECOND) for now_s in range(1_000)]
    assert once.at(999 * SECOND) == seen[-1]
    assert 9_000 < min(seen) < max(seen) < 11_000


def test_a_long_stop_is_not_made_up_for() -> None:
    (venue,) = market(IBM, "185.00", 1, ("X",))
    run(venue, 1)
    trades = [each for each in venue.on_timer(START + 10_000 * SECOND) if isinstance(each, Trade)]
    assert len(trades) < 30
    assert all(each.at_ns >= START + 9_990 * SECOND for each in trades)


def test_twap_of_20_000_shares_fills_at_the_touch_of_two_venues() -> None:
    """60 slices of 334 shares, each an IOC at the better ask, miss little."""
    venues = market(IBM, "185.00", 1, ("A", "B"))
    filled = 0
    for slice_number in range(60):
        now_ns = START + (30 * slice_number + 1) * SECOND
        for venue in venues:
            venue.on_timer(now_ns)
        best = min(venues, key=lambda venue: venue.books["IBM"].touch()[2])
        ask = best.books["IBM"].touch()[2]
        best.on_request(
            NewOrder(
                cl_ord_id=f"C{slice_number}",
                symbol="IBM",
                side="1",
                order_qty=Decimal(300 + 100 * (slice_number % 2)),
                ord_type="2",
                px=IBM.px(ask),
                time_in_force="3",
                at_ns=now_ns,
            ),
            now_ns,
        )
        reports = [each for each in best.on_timer(now_ns) if isinstance(each, Report)]
        filled += sum(each.last_qty for each in reports)
    assert filled > 0.9 * 21_000


def test_a_resting_client_order_is_filled_when_the_market_comes() -> None:
    (venue,) = market(IBM, "185.00", 1, ("X",))
    venue.on_timer(START)
    bid = venue.books["IBM"].touch()[0]
    order = NewOrder(
        cl_ord_id="C",
        symbol="IBM",
        side="1",
        order_qty=Decimal(500),
        ord_type="2",
        px=IBM.px(bid),
        at_ns=START,
    )
    venue.on_request(order, START)
    reports = [each for each in run(venue, 600) if isinstance(each, Report)]
    assert reports[-1].leaves_qty == 0
    assert reports[-1].cum_qty == 500
