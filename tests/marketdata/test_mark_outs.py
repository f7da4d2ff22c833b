"""Mark-outs of our passive fills: judged after a while, by venue, and what follows from them."""

import pytest

from domain.instruments import Side
from domain.marketdata import Quote
from marketdata.mark_outs import COOL_NS, FILLS_MIN, MARK_NS, WAITING_MAX, MarkOuts
from marketdata.market import SymbolMarket

S = 1_000_000_000


def filled(
    fills: int, loss: float, side: Side = Side.BUY, venue: str = "V"
) -> tuple[MarkOuts, int]:
    """So many fills, a minute apart; after each the mid goes by `loss` half-spreads of 2 ticks."""
    found, now_ns = MarkOuts(), 0
    for _ in range(fills):
        now_ns += 60 * S
        found.on_fill(venue, side, 100.0, 2.0, now_ns)
        assert not found.is_due(now_ns + MARK_NS - 1)
        assert found.is_due(now_ns + MARK_NS)
        found.judge(100.0 - loss * 2.0 * side.sign, now_ns + MARK_NS)
    return found, now_ns + MARK_NS


@pytest.mark.parametrize("side", list(Side))
def test_the_loss_is_told_in_half_spreads_whichever_the_side(side: Side) -> None:
    found, _ = filled(5, 0.4, side)
    assert found.loss("V") == pytest.approx(0.4)
    assert found.loss("W") is None


def test_a_venue_whose_fills_lose_more_than_they_earn_cools_off_and_is_judged_afresh() -> None:
    found, now_ns = filled(FILLS_MIN, 2.0)
    assert found.cools("V", now_ns)
    assert found.cools("V", now_ns + COOL_NS - 1)
    assert not found.cools("V", now_ns + COOL_NS)
    assert not found.cools("W", now_ns)
    assert found.loss("V") is None


@pytest.mark.parametrize(("fills", "loss"), [(FILLS_MIN - 1, 5.0), (100, 1.0), (100, -3.0)])
def test_few_fills_or_the_usual_loss_cool_nothing(fills: int, loss: float) -> None:
    found, now_ns = filled(fills, loss)
    assert not found.cools("V", now_ns)


def test_what_cannot_be_judged_in_time_is_let_go() -> None:
    found = MarkOuts()
    found.on_fill("V", Side.BUY, 100.0, 2.0, 0)
    found.judge(90.0, 2 * MARK_NS + 1)
    found.on_fill("V", Side.BUY, 100.0, 2.0, 0)
    found.judge(None, MARK_NS)
    found.on_fill("V", Side.BUY, 100.0, 0.0, 0)  # a locked market: nothing to be earned
    assert found.loss("V") is None
    assert not found.waiting


def test_the_fills_that_wait_are_bounded() -> None:
    found = MarkOuts()
    for _ in range(WAITING_MAX + 10):
        found.on_fill("V", Side.BUY, 100.0, 2.0, 0)
    assert len(found.waiting) == WAITING_MAX


def test_a_market_judges_by_its_own_mid() -> None:
    market = SymbolMarket(symbol="S")
    market.on_passive_fill("V", Side.BUY, 0)  # there is no market yet
    market.on_event(Quote("S", "V", 100, 500, 104, 500, 1))
    market.on_passive_fill("V", Side.BUY, 2)
    market.on_event(Quote("S", "V", 98, 500, 102, 500, MARK_NS))
    market.judge_fills(MARK_NS + 1)
    assert market.mark_outs.loss("V") is None
    market.judge_fills(MARK_NS + 2)
    assert market.mark_outs.loss("V") == pytest.approx(1.0)
