"""Contra flow of a dark venue: who trades with the informed sees the price go against him."""

from decimal import Decimal

import numpy as np
import pytest

from domain.instruments import Side
from domain.marketdata import Quote
from tests.venuesim.market_scene import CLOSE, HOURS, MINUTE, OPEN, SECOND, instrument
from venuesim.book_events import BookEvent
from venuesim.book_order import BookOrder
from venuesim.dark_flow import DarkFlow, DarkTerms
from venuesim.efficient_price import EfficientPrice
from venuesim.presets import MID
from venuesim.random_streams import RandomStreams
from venuesim.requests import NewOrder, Report
from venuesim.simulated_market import MarketSymbol, MarketVenue, simulated_market
from venuesim.venue import VenueTerms


class Recorder:
    """A book that matches nothing: what the flow does to it. Not a venue, only its input."""

    def __init__(self) -> None:
        self.orders: dict[int, BookOrder] = {}
        self.came: list[BookOrder] = []
        self.cancelled = 0

    def on_new(self, order: BookOrder) -> list[BookEvent]:
        self.orders[order.order_id] = order
        self.came.append(order)
        return []

    def on_cancel(self, order_id: int) -> list[BookEvent]:
        del self.orders[order_id]
        self.cancelled += 1
        return []


def contra(informed: float, seed: int, **terms: float) -> tuple[list[tuple[int, Side, int]], float]:
    """((at_ns, side, qty) of a day, mean mark-out after a minute of who trades with them)."""
    price = EfficientPrice(MID, MID.px_ticks, HOURS, RandomStreams(seed, "SIM"))
    flow = DarkFlow(instrument(), price, "D", OPEN, DarkTerms(informed=informed, **terms))
    book, came = Recorder(), []
    while flow.next_ns < CLOSE:
        at_ns = flow.next_ns
        before = len(book.came)
        flow.advance(book, at_ns)
        came += [(at_ns, each.side, each.order_qty) for each in book.came[before:]]
    assert not book.orders  # nothing outlives the session
    gains = [
        -side.sign * (price.exo_ticks(min(at_ns + MINUTE, CLOSE - 1)) - price.exo_ticks(at_ns))
        for at_ns, side, _ in came
    ]
    return came, float(np.mean(gains))


def test_mark_outs_worsen_with_the_informed_share() -> None:
    gains = [np.mean([contra(phi, seed)[1] for seed in (1, 2)]) for phi in (0.0, 0.3, 0.8)]
    assert gains[0] > gains[1] > gains[2]
    assert abs(gains[0]) < 0.5  # ticks; a minute moves p* by some 6
    assert gains[2] < -2.0


def test_the_informed_change_sides_but_not_when_and_how_much() -> None:
    plain, informed = contra(0.0, 1)[0], contra(0.9, 1)[0]
    assert [(at_ns, qty) for at_ns, _, qty in plain] == [(a, q) for a, _, q in informed]
    assert plain == contra(0.0, 1)[0]


def test_sizes_are_lots_and_most_looks_bring_nothing() -> None:
    all_of_them, few = contra(0.0, 1, empty=0.0)[0], contra(0.0, 1, empty=0.9)[0]
    assert len(few) == pytest.approx(0.1 * len(all_of_them), rel=0.2)
    sizes = [qty for _, _, qty in all_of_them]
    assert all(qty > 0 and qty % 100 == 0 for qty in sizes)
    assert np.mean(sizes) == pytest.approx(300, rel=0.05)


def test_a_flow_that_begins_late_brings_what_is_still_to_come() -> None:
    price = EfficientPrice(MID, MID.px_ticks, HOURS, RandomStreams(1, "SIM"))
    start_ns = OPEN + 100 * MINUTE + 30 * SECOND
    flow = DarkFlow(instrument(), price, "D", start_ns)
    book = Recorder()
    flow.advance(book, start_ns + MINUTE)
    whole = [each for each in contra(0.0, 1)[0] if start_ns <= each[0] <= start_ns + MINUTE]
    assert [each.order_qty for each in book.came] == [qty for _, _, qty in whole]


def test_a_long_stop_is_not_made_up_for() -> None:
    price = EfficientPrice(MID, MID.px_ticks, HOURS, RandomStreams(1, "SIM"))
    flow = DarkFlow(instrument(), price, "D", OPEN, catch_up_ns=10 * SECOND)
    book = Recorder()
    flow.advance(book, OPEN + 2 * SECOND)
    before = len(book.came)
    flow.advance(book, OPEN + 300 * MINUTE)
    assert len(book.came) - before < 40
    assert not [each for each in book.orders if each > -2 - before]  # the old ones have ended


@pytest.mark.slow
def test_fills_at_a_dark_venue_are_marked_out_by_the_informed() -> None:
    """Through the very venues: a client rests at the midpoint, now to buy, now to sell."""
    gains = [fills_marked_out(phi) for phi in (0.0, 0.5, 1.0)]
    assert gains[0] > gains[1] > gains[2]
    assert abs(gains[0]) < 0.5
    assert gains[2] < -1.0  # ticks, though its own orders meet each other too


def fills_marked_out(informed: float, minutes: int = 60) -> float:
    """Mean move of p_exo in a client's favour a minute after each of its fills, in ticks."""
    traded = instrument(("LIT", "DARK"))
    made = simulated_market(
        [MarketSymbol(instrument=traded, preset=MID)],
        [
            MarketVenue(terms=VenueTerms(name="LIT"), share=1.0),
            MarketVenue(terms=VenueTerms(name="DARK", dark=True), share=1.0,
                        dark=DarkTerms(informed=informed)),
        ],
        {"XNYS": HOURS}, 1, OPEN,
    )  # fmt: skip
    lit, dark = made.venues["LIT"], made.venues["DARK"]
    gains = []
    for second in range(60 * minutes):
        now_ns = OPEN + second * SECOND
        for quote in lit.on_timer(now_ns):
            if isinstance(quote, Quote):
                dark.on_quote(quote)
        if second % 5 == 0:
            request = NewOrder(cl_ord_id=f"C{second}", symbol="SIM", side="12"[second // 5 % 2],
                               order_qty=Decimal(100), ord_type="1", at_ns=now_ns)  # fmt: skip
            dark.on_request(request, now_ns)
        for report in dark.on_timer(now_ns):
            if isinstance(report, Report) and report.last_qty:
                moved = made.p_exo_ticks("SIM", report.at_ns + MINUTE)
                moved -= made.p_exo_ticks("SIM", report.at_ns)
                gains.append(Side(report.side).sign * moved)
    assert len(gains) > 100
    return float(np.mean(gains))


@pytest.mark.parametrize("bad", [{"informed": 1.5}, {"mean_lots": 0.5}, {"life_s": 0.0}])
def test_terms_that_are_none(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="dark flow"):
        DarkTerms(**bad)
