"""Shorter days, pooled curves and special days."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.sessions import SessionKind
from marketdata.curve_adjustments import compressed, for_special_day, pooled
from marketdata.volume_curve import CurveError, VolumeCurve, check_curve
from tests.marketdata.curve_scene import curve, session, shares

HALF = SessionKind.EARLY_CLOSE


def full_day(weights: list[float], *, closing: float = 0.0) -> VolumeCurve:
    """A New York day, 26 bins of 15 minutes."""
    total = sum(weights) + closing
    return curve([each / total for each in weights], closing=closing / total)


def to_half(made: VolumeCurve) -> VolumeCurve:
    """For 210 minutes, as on the day after Thanksgiving."""
    found = compressed(made, session(2, 210, HALF))
    check_curve(found, "half day")
    return found


def test_head_and_tail_keep_their_rates_and_the_middle_runs_faster() -> None:
    """45 and 75 minutes are 3 and 5 bins; 18 bins of the middle pass in the time of 6."""
    made = full_day([9, 8, 7, *(3, 6, 9) * 6, 1, 2, 3, 4, 5])
    raw = [9, 8, 7, *(6,) * 6, 1, 2, 3, 4, 5]
    assert shares(to_half(made)) == pytest.approx([each / sum(raw) for each in raw])


def test_crosses_keep_their_volume() -> None:
    made = to_half(full_day([1.0] * 26, closing=6.0))
    assert shares(made) == pytest.approx([0.05] * 14)
    assert made.closing_share == pytest.approx(0.3)
    assert made.expected_qty == pytest.approx(curve().expected_qty * 20 / 32)


@settings(deadline=None)  # the machine may be busy
@given(
    weights=st.lists(st.floats(0.01, 10), min_size=26, max_size=26),
    minutes=st.integers(1, 390),
)
@example(weights=[1.0] * 26, minutes=40)
@example(weights=[1.0] * 26, minutes=120)
@example(weights=[1.0] * 26, minutes=119)
def test_any_shorter_day_has_shares(weights: list[float], minutes: int) -> None:
    made = full_day(weights)
    found = compressed(made, session(2, minutes, HALF))
    check_curve(found, "shorter day")
    if weights == [1.0] * 26:
        assert max(shares(found)) * minutes <= 15.0001  # an even day is compressed to an even one
    if minutes == 390:
        assert shares(found) == pytest.approx(shares(made))


def test_a_break_that_the_shorter_day_lacks() -> None:
    """Hong Kong: a full day with a break, a half day that ends where it would begin."""
    full = session(1, 390, pause=(150, 210))
    made = curve([1 / 26] * 26)
    whole = compressed(made, full)
    assert len(whole.bins) == 22
    half = compressed(whole, session(2, 150, HALF))
    assert shares(half) == pytest.approx([0.1] * 10)


def test_a_special_day_closes_with_more() -> None:
    made = for_special_day(curve((0.5, 0.3), closing=0.2), closing=3.0)
    assert made.closing_share == pytest.approx(0.6 / 1.4)
    assert shares(made) == pytest.approx([0.5 / 1.4, 0.3 / 1.4])
    assert made.expected_qty == pytest.approx(1_400.0)
    check_curve(made, "special day")


def test_a_pooled_curve_is_the_mean() -> None:
    made = pooled([curve((0.4, 0.6)), curve((0.2, 0.5), closing=0.3)], "US")
    assert shares(made) == pytest.approx([0.3, 0.55])
    assert made.symbol == "US"
    assert made.closing_share == pytest.approx(0.15)
    check_curve(made, "pooled")
    with pytest.raises(CurveError, match="other bins"):
        pooled([curve((0.4, 0.6)), curve()], "US")
