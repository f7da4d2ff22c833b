"""Kyle's lambda and what stays of it: planted slopes come back, what is not there is refused."""

import msgspec
import numpy as np
import pytest

from algos.calibration.flow_impact import (
    flow_series,
    kyle_lambda,
    ofi_lambda,
    permanent_share,
)
from algos.models.calibration import Coefficient, Refusal
from algos.models.calibration_error import CalibrationError
from marketdata.flow_bars import FlowDay
from tests.algos.calibration.planted import bars_of, fading_bars, kyle_bars
from tests.marketdata.curve_scene import session


def deviation(made: Coefficient, planted: float) -> float:
    """In standard errors."""
    assert made.estimate is not None
    assert made.se is not None
    return (made.estimate - planted) / made.se


def test_the_planted_lambda() -> None:
    """quant.md 2.8: 2.071e-6 +- 0.071e-6, R^2 .145, is one such draw of 2e-6."""
    made = [kyle_lambda(kyle_bars(seed)) for seed in range(30)]
    off = np.array([deviation(each, 2e-6) for each in made])
    assert abs(off).max() < 3.0
    assert abs(off.mean()) < 0.4  # 30 draws: a standard error of 0.18
    assert 0.7 < off.std() < 1.3  # the errors are what they say
    for each in made:
        assert each.se == pytest.approx(0.071e-6, rel=0.1)
        assert each.r_squared == pytest.approx(0.138, abs=0.03)  # 0.02^2 / (0.02^2 + 0.05^2)
        assert (each.value, each.refused) == (each.estimate, None)


def test_a_slope_that_is_none_is_refused() -> None:
    made = [kyle_lambda(kyle_bars(seed, slope=0.0)) for seed in range(20)]
    refused = [each for each in made if each.refused is Refusal.INSIGNIFICANT]
    assert len(refused) >= 18  # t >= 2 one time in 44
    assert all(each.value is None and "is below 2" in each.why for each in refused)
    assert kyle_lambda(kyle_bars(1, slope=-2e-6)).refused is Refusal.INSIGNIFICANT


def test_outliers_do_not_move_it() -> None:
    bars = kyle_bars(1)
    change, flow = bars.change.copy(), bars.flow.copy()
    change[::500], flow[::500] = 50.0, -1e7
    assert abs(deviation(kyle_lambda(bars_of(change, flow)), 2e-6)) < 4.0


def test_the_slope_on_imbalance_is_one_a_share_at_the_usual_depth() -> None:
    draw = np.random.default_rng(3)
    depth = draw.uniform(200.0, 1_800.0, 5_000)
    ofi = draw.normal(0.0, 5_000.0, 5_000)
    bars = msgspec.structs.replace(
        bars_of(0.01 * ofi / (2.0 * depth) + draw.normal(0.0, 0.01, 5_000), ofi), depth=depth
    )
    made = ofi_lambda(bars)
    assert made.estimate == pytest.approx(0.01 / 2.0 / depth.mean(), rel=0.05)
    unsized = ofi_lambda(msgspec.structs.replace(bars, depth=np.zeros(5_000)))
    assert (unsized.refused, unsized.n) == (Refusal.NO_DATA, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("g0", "stays", "share"), [(0.02, 0.02, 0.5), (0.0, 0.04, 1.0)])
def test_what_stays(g0: float, stays: float, share: float) -> None:
    """After 30 minutes e^{-30/5} of what fades is left; a bar's own flow is a minute old."""
    bars = fading_bars(1, g0, 5.0, stays=stays, days=20)
    signs = msgspec.structs.replace(bars, flow=np.sign(bars.flow))
    made = permanent_share(signs)
    at_once = g0 * np.exp(-1 / 5) + stays
    expected = (g0 * np.exp(-31 / 5) + stays) / at_once
    assert abs(expected - share) < 0.06
    assert abs(deviation(made, expected)) < 2.5
    assert made.refused is None
    assert made.value is not None
    assert 0.0 <= made.value <= 1.0


def test_a_share_that_could_be_anything_is_refused() -> None:
    made = permanent_share(kyle_bars(2, n=760))
    assert made.refused is Refusal.INSIGNIFICANT
    assert made.why == "its interval holds all of 0 to 1"
    none = permanent_share(kyle_bars(2, slope=0.0))
    assert none.refused is Refusal.INSIGNIFICANT
    assert "a bar's own flow moves the price by" in none.why


def test_a_share_above_all_is_refused() -> None:
    """The price goes on moving for minutes: what is measured is no share of what a bar does."""
    flow = np.random.default_rng(4).normal(0.0, 1e4, 8_000)
    late = np.concatenate([[0.0], flow[:-1]])
    made = permanent_share(bars_of(1e-6 * flow + 3e-6 * late, flow))
    assert (made.refused, made.value) == (Refusal.OUT_OF_RANGE, None)


@pytest.mark.parametrize("fit", [kyle_lambda, ofi_lambda, permanent_share])
def test_too_few_bars(fit: type) -> None:
    assert fit(kyle_bars(1, n=99)).refused is Refusal.TOO_FEW


@pytest.mark.parametrize("fit", [kyle_lambda, ofi_lambda, permanent_share])
def test_flow_that_never_varies(fit: type) -> None:
    bars = kyle_bars(1)
    flat = msgspec.structs.replace(bars, flow=bars.flow * 0 + 5.0, ofi=bars.flow * 0 + 5.0)
    assert fit(flat).refused is Refusal.COLLINEAR


def day(changes: list[float], runs: list[int] | None = None, bar_s: int = 60) -> FlowDay:
    values = np.array(changes, dtype=float)
    return FlowDay(
        session=session(), bar_s=bar_s, run=np.array(runs or [0] * len(values)), mid=values,
        mid_change=values, spread=values, flow_qty=values, ofi_qty=values, depth_qty=values,
        volume_qty=values, named=0, by_quote=0, by_tick=0, unsigned=0,
    )  # fmt: skip


def test_a_day_a_break_and_a_gap_end_a_run() -> None:
    nan = float("nan")
    made = flow_series([day([1, 2, nan, 3, 4], [0, 0, 0, 0, 1]), day([nan, 5, 6])], tick=0.5)
    assert made.change.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    assert made.flow.tolist() == [1, 2, 3, 4, 5, 6]
    assert np.diff(made.run).astype(bool).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("days", [[], [day([1.0]), day([1.0], bar_s=300)]])
def test_days_that_are_no_series(days: list[FlowDay]) -> None:
    with pytest.raises(CalibrationError, match="too_few: days"):
        flow_series(days, 0.01)
