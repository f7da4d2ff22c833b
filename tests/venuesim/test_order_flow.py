"""The background market: never crossed, close to p*, selected against, and the same for a seed."""

from decimal import Decimal

import pytest

from domain.instruments import Instrument, Side
from domain.marketdata import Quote, Trade
from tests.venuesim.instruments import IBM, SAP
from tests.venuesim.market_scene import (
    CLOSE,
    MINUTE,
    NEXT_OPEN,
    OPEN,
    SECOND,
    instrument,
    market,
)
from venuesim.presets import ILLIQUID, LIQUID, MID, Preset
from venuesim.requests import NewOrder, Report
from venuesim.simulated_market import default_shares
from venuesim.tick_grid import TickGrid
from venuesim.venue import Output, Venue


def run(venue: Venue, seconds: float, start_ns: int = OPEN, step_ns: int = SECOND) -> list[Output]:
    outputs, now_ns = [], start_ns
    while now_ns < start_ns + seconds * SECOND:
        outputs += venue.on_timer(now_ns)
        now_ns += step_ns
    return outputs


def order(cl_ord_id: str, side: str, qty: int, px: Decimal | None, at_ns: int,
          symbol: str = "SIM") -> NewOrder:  # fmt: skip
    return NewOrder(
        cl_ord_id=cl_ord_id, symbol=symbol, side=side, order_qty=Decimal(qty),
        ord_type="1" if px is None else "2", px=px, time_in_force="3" if px is None else "0",
        at_ns=at_ns,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("traded", "px", "preset"),
    [(IBM, "185.00", LIQUID), (SAP, "130.00", LIQUID), (SAP, "99.90", MID), (IBM, "25", ILLIQUID)],
)
def test_quotes_are_on_the_grid_and_about_the_price(
    traded: Instrument, px: str, preset: Preset
) -> None:
    start = traded.px_ticks(Decimal(px), "px")
    made = market(preset, traded=traded, start_px_ticks=start)
    (venue,) = made.venues.values()
    outputs = run(venue, 600)
    quotes = [each for each in outputs if isinstance(each, Quote)]
    assert len(quotes) >= 600
    for each in quotes:
        if each.bid_qty and each.ask_qty:
            assert 0 < each.bid_px_ticks < each.ask_px_ticks
            traded.px_ticks(traded.px(each.bid_px_ticks), "bid")
            traded.px_ticks(traded.px(each.ask_px_ticks), "ask")
            star = made.p_exo_ticks(traded.symbol, each.at_ns)
            assert abs((each.bid_px_ticks + each.ask_px_ticks) / 2 / star - 1) < 0.02
    trades = [each for each in outputs if isinstance(each, Trade)]
    assert trades
    assert len({each.trade_id for each in trades}) == len(trades)


def test_at_another_price_it_is_the_same_market_in_basis_points() -> None:
    """At 185.00 a level is 4.6 cents: as deep as at 40.00, and as far in basis points."""
    seen = {}
    for start in (4_000, 18_500):
        venue = market(LIQUID, start_px_ticks=start).venues["A"]
        spreads, depths = [], []
        for second in range(300):
            venue.on_timer(OPEN + second * SECOND)
            bid, bid_qty, ask, ask_qty = venue.books["SIM"].touch()
            spreads.append((ask - bid) / start)
            depths.append(bid_qty + ask_qty)
        seen[start] = sum(spreads), sum(depths)
    assert seen[18_500] == pytest.approx(seen[4_000], rel=0.1)


def test_same_seed_same_market() -> None:
    one, other, third = market(MID, seed=3), market(MID, seed=3), market(MID, seed=4)
    seen = run(one.venues["A"], 300)
    assert seen == run(other.venues["A"], 300)
    assert seen != run(third.venues["A"], 300)


def test_the_market_does_not_depend_on_how_often_one_looks() -> None:
    often, once = market(MID), market(MID)
    trades = [e for e in run(often.venues["A"], 600) if isinstance(e, Trade)]
    at_once = once.venues["A"].on_timer(OPEN + 599 * SECOND)
    assert [e for e in at_once if isinstance(e, Trade)] == trades


def test_an_agent_shifts_no_stream() -> None:
    """Common random numbers: without prices, what comes is the same with an agent and without."""
    quiet, traded = market(LIQUID).venues["A"], market(LIQUID).venues["A"]
    lives: list[list[int]] = []
    for venue, trades in ((quiet, False), (traded, True)):
        for minute in range(5):
            if trades:
                at_ns = OPEN + minute * MINUTE
                venue.on_request(order(f"C{minute}", "1", 5_000, None, at_ns), at_ns)
            venue.on_timer(OPEN + (minute + 1) * MINUTE - 1)
        lives.append(sorted(each for each in venue.books["SIM"].orders if each < 0))
    # Those that stand in both are most; an order of one seed has the same id in both markets.
    both = set(lives[0]) & set(lives[1])
    assert len(both) > 0.9 * len(lives[0])


def test_venues_of_a_symbol_share_a_price_and_the_slow_one_is_behind() -> None:
    made = market(LIQUID, shares=(0.5, 0.5), stale_ns=2 * SECOND)
    fresh = market(LIQUID, shares=(0.5, 0.5))
    moved = {"stale": 0.0, "fresh": 0.0}
    for tick in range(1, 900):
        now_ns = OPEN + tick * SECOND
        for name, each in (("stale", made), ("fresh", fresh)):
            for venue in each.venues.values():
                venue.on_timer(now_ns)
            bid, _, ask, _ = each.venues["A"].books["SIM"].touch()
            moved[name] += abs((bid + ask) / 2 - each.p_exo_ticks("SIM", now_ns))
        apart = [v.books["SIM"].touch()[0] for v in fresh.venues.values()]
        assert abs(apart[0] - apart[1]) < 12
    assert moved["stale"] > 1.2 * moved["fresh"]


def test_a_long_stop_is_not_made_up_for() -> None:
    venue = market(LIQUID, catch_up_ns=10 * SECOND).venues["A"]
    venue.on_timer(OPEN + SECOND)
    before = set(venue.books["SIM"].orders)
    late_ns = OPEN + 10_000 * SECOND
    trades = [each for each in venue.on_timer(late_ns) if isinstance(each, Trade)]
    assert all(each.at_ns >= late_ns - 10 * SECOND for each in trades)
    assert not before & set(venue.books["SIM"].orders)
    assert venue.books["SIM"].touch()[1] > 0


def test_a_flow_that_begins_within_the_day_has_a_book_at_once() -> None:
    venue = market(LIQUID, start_ns=OPEN + 90 * MINUTE + 7 * SECOND).venues["A"]
    venue.on_timer(OPEN + 90 * MINUTE + 7 * SECOND)
    bid, bid_qty, ask, ask_qty = venue.books["SIM"].touch()
    assert 0 < bid < ask < bid + 10
    assert min(bid_qty, ask_qty) >= 100
    assert 300 < len(venue.books["SIM"].orders) < 600  # 8 / 0.035 a side


def test_nothing_rests_and_nothing_trades_between_sessions() -> None:
    venue = market(ILLIQUID).venues["A"]
    venue.on_timer(CLOSE)
    assert not venue.books["SIM"].orders
    night = venue.on_timer(NEXT_OPEN - SECOND)
    assert not [each for each in night if isinstance(each, Trade)]
    venue.on_timer(NEXT_OPEN)
    assert venue.books["SIM"].orders


def test_a_resting_client_order_is_filled_when_the_market_comes() -> None:
    venue = market(LIQUID).venues["A"]
    venue.on_timer(OPEN)
    bid = venue.books["SIM"].touch()[0]
    venue.on_request(order("C", "1", 500, instrument().px(bid), OPEN), OPEN)
    reports = [each for each in run(venue, 600) if isinstance(each, Report)]
    assert reports[-1].leaves_qty == 0
    assert reports[-1].cum_qty == 500


def test_fills_move_the_price_of_every_venue_and_fade() -> None:
    made, other = market(MID, shares=(0.5, 0.5)), market(MID, shares=(0.5, 0.5))
    price = made.prices["SIM"]
    for minute in range(30):
        at_ns = OPEN + minute * MINUTE
        made.venues["A"].on_request(order(f"C{minute}", "1", 500, None, at_ns), at_ns)
        for each in (*made.venues.values(), *other.venues.values()):
            each.on_timer(at_ns)
    peak = price.impact_ticks(OPEN + 30 * MINUTE)
    assert peak > 5.0
    for each in (*made.venues.values(), *other.venues.values()):
        each.on_timer(OPEN + 30 * MINUTE)
    moved, still = (
        [sum(v.books["SIM"].touch()[::2]) / 2 for v in m.venues.values()] for m in (made, other)
    )
    assert moved[0] > still[0] + 2
    assert moved[1] > still[1] + 2  # nothing was bought there
    assert price.impact_ticks(OPEN + 90 * MINUTE) < 0.7 * peak
    assert made.p_exo_ticks("SIM", OPEN + 30 * MINUTE) == other.p_exo_ticks(
        "SIM", OPEN + 30 * MINUTE
    )


def test_twap_of_20_000_shares_fills_at_the_touch_of_two_venues() -> None:
    """60 slices of 334 shares, each one IOC at the better ask, miss some: the touch is thin."""
    shares = tuple(default_shares(("A", "B")).values())
    venues = list(market(LIQUID, shares=shares).venues.values())
    filled = 0
    for slice_number in range(60):
        now_ns = OPEN + (30 * slice_number + 1) * SECOND
        for venue in venues:
            venue.on_timer(now_ns)
        best = min(venues, key=lambda venue: venue.books["SIM"].touch()[2])
        ask = best.books["SIM"].touch()[2]
        qty = 300 + 100 * (slice_number % 2)
        request = NewOrder(
            cl_ord_id=f"C{slice_number}", symbol="SIM", side="1", order_qty=Decimal(qty),
            ord_type="2", px=instrument().px(ask), time_in_force="3", at_ns=now_ns,
        )  # fmt: skip
        best.on_request(request, now_ns)
        reports = [each for each in best.on_timer(now_ns) if isinstance(each, Report)]
        filled += sum(each.last_qty for each in reports)
    assert filled > 0.7 * 21_000


def test_the_shares_of_venues() -> None:
    assert default_shares(("A", "B", "C", "D")) == {"A": 0.35, "B": 0.25, "C": 0.20, "D": 0.20}
    assert sum(default_shares(("A", "B")).values()) == pytest.approx(1.0)


@pytest.mark.parametrize("traded", [IBM, SAP])
def test_the_grid_is_the_instruments(traded: Instrument) -> None:
    grid = TickGrid(traded)
    for px_ticks in [*range(1, 60), *range(19_950, 20_060)]:
        assert grid.down(px_ticks) == traded.round_px_ticks(px_ticks, Side.BUY)
        assert grid.up(px_ticks) == traded.round_px_ticks(px_ticks, Side.SELL)
