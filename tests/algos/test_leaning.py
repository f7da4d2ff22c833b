"""Prices between the mid and the other side: rows by hand, and bounds whatever the market is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from algos.due import Due
from algos.tactics.leaning import leaning_px_ticks, pressure
from domain.instruments import Side
from domain.marketdata import Quote
from domain.refusals import WaitReason
from tests.algos.vwap_scene import VwapScene
from tests.marketdata.profile_scene import norm, profile


def due(qty: int, limit: int | None = None) -> Due:
    return Due(due_qty=qty, qty=qty, reason=WaitReason.WORKING, overdue_qty=0,
               limit_px_ticks=limit, complete=False)  # fmt: skip


def scene(per_minute: int, side: Side = Side.BUY, spread: int = 20, cap: float | None = None,
          *, known: bool = False) -> VwapScene:  # fmt: skip
    """Five minutes after the open, with prints of so many shares a minute."""
    made = VwapScene(100_000, profile=profile(norms=(norm(shares_per_s=100.0),)) if known else None,
                     style="passive", pricing="participation")  # fmt: skip
    made.parent.params["max_participation"] = cap
    made.parent.side = side
    made.market.on_event(Quote("IBM", "XA", 9_990, 900, 9_990 + spread, 900, made.at_ns(5)))
    if per_minute:
        for second in range(300):
            made.print(second / 60, per_minute // 60)
    return made


@pytest.mark.parametrize(
    ("qty", "per_minute", "cap", "known", "expected"),
    [
        (0, 6_000, None, False, 0.0),
        (100, 6_000, None, False, 100 / 6_100 / 0.15),
        (500, 6_000, None, False, 500 / 6_500 / 0.15),
        (2_000, 6_000, None, False, 1.0),
        (100, 6_000, 0.05, False, 100 / 6_100 / 0.05),
        (100, 0, None, False, 1.0),  # nothing is known of what comes
        (100, 0, None, True, 100 / 6_100 / 0.15),  # but by the profile
    ],
)
def test_pressure(
    qty: int, per_minute: int, cap: float | None, known: bool, expected: float
) -> None:
    made = scene(per_minute, cap=cap, known=known)
    found = pressure(made.parent, made.around(5), due(qty))
    assert found == pytest.approx(expected, rel=0.03)


def test_what_rests_is_still_needed() -> None:
    made = scene(6_000)
    made.parent.open_qty = 400
    found = pressure(made.parent, made.around(5), due(100))
    assert found == pytest.approx(500 / 6_500 / 0.15, rel=0.03)


@pytest.mark.parametrize(
    ("side", "qty", "spread", "limit", "px"),
    [
        (Side.BUY, 0, 20, None, 10_000),  # at the mid
        (Side.BUY, 500, 20, None, 10_005),
        (Side.SELL, 500, 20, None, 9_995),
        (Side.BUY, 9_000, 20, None, 10_010),  # at the touch of the other side
        (Side.SELL, 9_000, 20, None, 9_990),
        (Side.BUY, 0, 1, None, 9_990),  # between two prices: the less aggressive
        (Side.SELL, 0, 1, None, 9_991),
        (Side.BUY, 9_000, 20, 10_003, 10_003),
        (Side.SELL, 9_000, 20, 9_999, 9_999),
    ],
)  # fmt: skip
def test_prices(side: Side, qty: int, spread: int, limit: int | None, px: int) -> None:
    made = scene(6_000, side, spread)
    assert leaning_px_ticks(made.parent, made.around(5), due(qty, limit)) == px


def test_without_one_side_there_is_no_price() -> None:
    made = scene(6_000)
    made.market.on_event(Quote("IBM", "XA", 9_990, 900, 0, 0, made.at_ns(5)))
    assert leaning_px_ticks(made.parent, made.around(5), due(100)) is None


@given(
    side=st.sampled_from(Side), qty=st.integers(0, 100_000), spread=st.integers(1, 300),
    cap=st.floats(0.01, 1.0), tick=st.sampled_from(["0.01", "0.05"]),
)  # fmt: skip
def test_bounds(side: Side, qty: int, spread: int, cap: float, tick: str) -> None:
    """Never beyond the other side's touch, hardly beyond the mid the other way; more is nearer."""
    made = scene(600, side, spread, cap)
    bands = tuple(replace(band, tick=Decimal(tick)) for band in made.parent.instrument.ticks)
    made.parent.instrument = replace(made.parent.instrument, ticks=bands)
    made.market.on_event(Quote("IBM", "XA", 1_998, 900, 1_998 + spread, 900, made.at_ns(5)))
    found, more = (
        leaning_px_ticks(made.parent, made.around(5), due(each)) for each in (qty, qty + 500)
    )
    assert found is not None
    assert more is not None
    other, mid = (1_998 + spread, 1_998 + spread / 2) if side is Side.BUY else (1_998, 0)
    assert (found - other) * side.sign <= 0
    assert (more - found) * side.sign >= 0
    if side is Side.BUY:
        assert found > mid - 1
