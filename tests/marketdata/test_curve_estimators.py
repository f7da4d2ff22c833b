"""Estimators against sums by hand, what history they may see, and what stands in for it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.sessions import SessionKind
from domain.u_curve import U_CURVE
from marketdata.curve_estimators import (
    VARIANCE_MIN,
    default_curve,
    estimate_curve,
    level_variances,
    shares_of,
)
from marketdata.volume_bins import DayVolumes
from marketdata.volume_curve import CurveError, CurveFault, CurveMethod, check_curve
from tests.marketdata.curve_scene import curve, day, estimated, how, session, shares

M = CurveMethod
TWO_DAYS = np.array([[100.0, 400.0], [400.0, 400.0]])


@pytest.mark.parametrize(
    ("method", "first"),
    [
        (M.LOG_MEAN, 1 / 3),  # the geometric means are 200 and 400
        (M.MEAN_VOLUME, 250 / 650),
        (M.MEDIAN, 0.35),  # of 0.2 and 0.5
        (M.TRIMMED, 0.35),  # a tenth of two days is none
    ],
)
def test_two_days_by_hand(method: CurveMethod, first: float) -> None:
    assert shares_of(TWO_DAYS, method, 50.0) == pytest.approx([first, 1 - first])


def test_a_tenth_of_the_days_is_trimmed_at_either_end() -> None:
    """Of ten days the one with the greatest and the one with the smallest share of a bin."""
    firsts = [0.9, 0.01, *(0.5,) * 8]
    table = np.array([[first, 1 - first] for first in firsts])
    assert shares_of(table, M.TRIMMED, 50.0) == pytest.approx([0.5, 0.5])


def test_a_bin_without_volume_counts_half_a_lot_in_logs() -> None:
    table = np.array([[0.0, 50.0], [50.0, 0.0]])
    assert shares_of(table, M.LOG_MEAN, 50.0) == pytest.approx([0.5, 0.5])
    days = [day(number, [0, 450]) for number in range(1, 6)]
    assert shares(estimated(days, lot=100)) == pytest.approx([0.1, 0.9])
    assert shares(estimated(days, lot=2)) == pytest.approx([1 / 451, 450 / 451])


def test_a_heavy_day_does_not_dominate_but_in_the_mean_of_volumes() -> None:
    """quant.md 1.4, row 30."""
    days = [day(number, [100, 300]) for number in range(1, 6)] + [day(6, [10_000, 1_000])]
    by_method = {method: shares(estimated(days, method=method))[0] for method in
                 (M.LOG_MEAN, M.MEDIAN, M.MEAN_VOLUME)}  # fmt: skip
    assert by_method[M.MEDIAN] == pytest.approx(0.25)
    assert by_method[M.LOG_MEAN] < 0.45 < 0.8 < by_method[M.MEAN_VOLUME]


def test_crosses_are_bins_of_their_own_and_absent_where_no_day_had_one() -> None:
    days = [day(number, [300, 100], closing=100) for number in range(1, 6)]
    made = estimated(days)
    assert (made.opening_share, made.closing_share) == pytest.approx((0.0, 0.2))
    assert shares(made) == pytest.approx([0.6, 0.2])
    assert made.expected_qty == pytest.approx(500.0)


def test_variances_by_hand() -> None:
    """Logs [[a, b], [a + 2, b + 2]]: levels differ by 2, nothing is left over."""
    table = np.exp(np.array([[1.0, 3.0], [3.0, 5.0]]))
    assert level_variances(table, 50.0) == pytest.approx((2.0, VARIANCE_MIN))
    table = np.exp(np.array([[1.0, 3.0], [3.0, 1.0]]))  # the same level, crossed bins
    assert level_variances(table, 50.0) == pytest.approx((VARIANCE_MIN, 4.0))


def test_the_level_is_that_of_the_bins_logs() -> None:
    days = [day(number, [100 * 2**number, 300 * 2**number]) for number in range(1, 6)]
    made = estimated(days)
    logs = np.log([each.bin_qty for each in days]).mean(axis=0)
    assert np.log(np.array(shares(made)) * made.expected_qty) == pytest.approx(logs)


def test_the_day_itself_and_later_ones_are_not_seen() -> None:
    days = [day(number, [100, 300]) for number in range(1, 6)]
    later = [day(6, [900, 1]), day(7, [900, 1])]
    assert estimated([*days, *later], as_of="2026-01-06") == estimated(days, as_of="2026-01-06")


def test_only_the_last_days_count() -> None:
    days = [day(number, [900, 100] if number < 5 else [100, 300]) for number in range(1, 16)]
    made = estimated(days, lookback=10)
    assert made.days == tuple(f"2026-01-{number:02}" for number in range(6, 16))
    assert shares(made) == pytest.approx([0.25, 0.75])


def test_a_day_without_volume_is_no_day() -> None:
    days = [day(number, [100, 300] if number != 3 else [0, 0]) for number in range(1, 6)]
    with pytest.raises(CurveError, match="4 full days before 2026-01-31, and 5 are needed"):
        estimated(days)


def test_too_few_days_are_refused_or_the_markets() -> None:
    days = [day(number, [100, 300]) for number in range(1, 5)]
    with pytest.raises(CurveError) as caught:
        estimated(days)
    assert caught.value.fault is CurveFault.TOO_FEW_DAYS
    market = curve((0.6, 0.4))
    made = estimated(days, market=market)
    assert shares(made) == shares(market)
    assert (made.symbol, made.days, made.shrunk, made.expected_qty) == ("IBM", (), True, 400.0)


def test_shrinkage() -> None:
    """(n * own + 10 * market) / (n + 10), n = 5."""
    days = [day(number, [100, 300]) for number in range(1, 6)]
    made = estimated(days, market=curve((0.6, 0.3), opening=0.1))
    assert shares(made) == pytest.approx([(5 * 0.25 + 6) / 15, (5 * 0.75 + 3) / 15])
    assert made.opening_share == pytest.approx(1 / 15)
    check_curve(made, "shrunk")


def test_a_market_curve_of_other_bins_or_of_the_future_is_refused() -> None:
    days = [day(number, [100, 300]) for number in range(1, 6)]
    with pytest.raises(CurveError, match="other bins: 2 of 900 s and 4 of 900 s"):
        estimated(days, market=curve())
    with pytest.raises(CurveError, match="as of 2026-01-31, after 2026-01-10"):
        estimated(days, market=curve((0.6, 0.4)), as_of="2026-01-10")


HALF = SessionKind.EARLY_CLOSE


def test_past_half_days_make_the_half_day() -> None:
    days = [day(number, [100, 100, 100, 700]) for number in range(1, 11)]
    halves = [day(number, [300, 100], kind=HALF) for number in range(11, 14)]
    made = estimate_curve([*days, *halves], session(14, 30, HALF), 900, how())
    assert shares(made) == pytest.approx([0.75, 0.25])
    assert (made.session_kind, made.compressed, len(made.days)) == (HALF, False, 3)


def test_too_few_half_days_compress_the_full_ones() -> None:
    days = [day(number, [100, 100, 100, 700]) for number in range(1, 11)]
    halves = [day(number, [300, 100], kind=HALF) for number in range(11, 13)]
    made = estimate_curve([*days, *halves], session(14, 30, HALF), 900, how())
    assert made.compressed
    assert made.session_s == 1_800
    assert len(made.days) == 10
    assert shares(made)[1] > shares(made)[0]


def test_full_days_of_other_hours_do_not_count() -> None:
    """An exchange that lengthened its day, as Tokyo did in 2024."""
    short = [day(number, [100, 300]) for number in range(1, 6)]
    long = [day(number, [100, 300, 100]) for number in range(6, 11)]
    assert len(estimated([*long, *short]).days) == 5


def test_the_default_u_is_the_measured_one() -> None:
    whole = default_curve(session(minutes=390), 900, how(), 1_000.0)
    assert shares(whole) == pytest.approx([each / sum(U_CURVE) for each in U_CURVE])
    assert whole.method is M.DEFAULT_U
    finer = default_curve(session(minutes=390), 300, how(), 1_000.0)
    assert sum(shares(finer)[:3]) == pytest.approx(shares(whole)[0])
    pausing = default_curve(session(minutes=390, pause=(120, 180)), 900, how(), 1_000.0)
    assert len(pausing.bins) == 22
    check_curve(pausing, "default")


def test_where_hardly_anything_trades_only_logs_can_tell() -> None:
    rows = [[900, 0, 0], [0, 900, 0], [0, 0, 900], [900, 0, 0], [0, 900, 0]]
    days = [day(number, row) for number, row in enumerate(rows, 1)]
    with pytest.raises(CurveError, match="median: nothing trades in most bins"):
        estimated(days, method=M.MEDIAN)
    check_curve(estimated(days), "made")


@settings(deadline=None)  # the machine may be busy
@given(
    table=st.lists(st.lists(st.integers(0, 10**7), min_size=4, max_size=4), min_size=5, max_size=12)
    .filter(lambda rows: all(sum(row) for row in rows)),
    method=st.sampled_from([M.LOG_MEAN, M.TRIMMED, M.MEDIAN, M.MEAN_VOLUME, M.FLAT]),
)  # fmt: skip
def test_shares_are_shares(table: list[list[int]], method: CurveMethod) -> None:
    days: list[DayVolumes] = [day(number, row) for number, row in enumerate(table, 1)]
    try:
        made = estimated(days, method=method)
    except CurveError:
        assert method in (M.MEDIAN, M.TRIMMED)  # see the test above
        return
    check_curve(made, "made")
    assert math.fsum(shares(made)) == pytest.approx(1.0)
