"""The impact models against the figures of quant.md 1.7, 1.8, 2.3, 2.7, 9.2, and their laws."""

import math
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.models.impact import (
    BPS,
    IMPACT_MODELS,
    AlmgrenModel,
    CrossoverModel,
    ImpactModel,
    ImpactWarning,
    LinearModel,
    SizedOrder,
    warnings,
)
from algos.models.latent_solution import amplitude, exact_peak
from algos.models.model_error import ModelError, ModelFault
from domain.impact_model import ImpactModelName

SIGMA_15: Final = 0.15 / math.sqrt(252)  # a year's 15 %: 94.491 bps a day
SIGMA_30: Final = 0.30 / math.sqrt(252)
MODELS: Final = list(IMPACT_MODELS.values())


def order(size: float, sigma: float, days: float = 1.0) -> SizedOrder:
    return SizedOrder(qty=size * 1e6, adv=1e6, daily_volatility=sigma, duration_days=days)


@pytest.mark.parametrize(("size", "sigma", "bps"), [(0.01, SIGMA_15, 2.0), (0.10, SIGMA_30, 50.0)])
@pytest.mark.parametrize(
    ("model", "days"),
    [(CrossoverModel(), 1.0), (LinearModel(), 1.0), (AlmgrenModel(turnover_days=200.0), 0.2)],
)
def test_the_briefs_table_within_half(
    model: ImpactModel, days: float, size: float, sigma: float, bps: float
) -> None:
    """quant.md 1.7, row 52: 2 and 50 bps, each within 50 %. A square root law cannot."""
    assert bps / 2 < model.impact(order(size, sigma, days)).average_bps < bps * 1.5


def test_the_crossovers_peak_is_in_the_briefs_table_too() -> None:
    assert 1.0 < CrossoverModel().impact(order(0.01, SIGMA_15)).peak_bps < 3.0
    assert 25.0 < CrossoverModel().impact(order(0.10, SIGMA_30)).peak_bps < 75.0


@pytest.mark.parametrize(
    ("model", "peak_a", "peak_b"),
    [
        (CrossoverModel(), 2.658, 44.831),
        (CrossoverModel(chi=0.015), 2.042 * 1.5, 32.021 * 1.5),
        (CrossoverModel(y=1.2), 2.126 * 1.5, 35.865 * 1.5),
    ],
)
def test_exact_latent_book(model: CrossoverModel, peak_a: float, peak_b: float) -> None:
    """quant.md 1.8, which gives the exact solution: peaks in bps, the average is 2/3 of one."""
    assert exact_peak(model, order(0.01, SIGMA_15)) * BPS == pytest.approx(peak_a, abs=8e-4)
    assert exact_peak(model, order(0.10, SIGMA_30)) * BPS == pytest.approx(peak_b, abs=8e-4)


@pytest.mark.parametrize(
    ("size", "peak", "exponent"),
    [
        (0.001, 0.0028209, 1.000),
        (0.01, 0.0281307, 0.994),
        (0.03, 0.0826426, 0.955),
        (0.1, 0.2372225, 0.767),
        (0.3, 0.4965138, 0.597),
    ],
)
def test_exact_peak_and_local_exponent(size: float, peak: float, exponent: float) -> None:
    """quant.md 1.8, check."""
    model = CrossoverModel()
    exact = exact_peak(model, order(size, 1.0))
    assert exact == pytest.approx(peak, abs=6e-8)
    step = 1.01  # the check's own: a per cent upward
    more = exact_peak(model, order(size * step, 1.0))
    assert math.log(more / exact) / math.log(step) == pytest.approx(exponent, abs=5e-4)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0.1, 0.056413), (0.5, 0.281307), (1, 0.558055), (2, 1.083789), (5, 2.372225),
        (10, 3.861891), (50, 9.706864), (200, 19.850915),
    ],
)  # fmt: skip
def test_amplitude(rate: float, expected: float) -> None:
    """quant.md 2.7."""
    assert amplitude(rate) == pytest.approx(expected, abs=6e-7)


def test_amplitude_at_its_ends() -> None:
    assert amplitude(0.0) == 0.0
    assert amplitude(1e-4) == pytest.approx(1e-4 / math.sqrt(math.pi), rel=1e-6)
    assert amplitude(1e8) == pytest.approx(math.sqrt(2e8), rel=1e-6)
    with pytest.raises(ModelError, match="negative: rate"):
        amplitude(-1.0)


@pytest.mark.parametrize("size", [10.0 ** (power / 3) for power in range(-12, 4)])
@pytest.mark.parametrize("days", [0.05, 1.0])
def test_the_closed_form_is_within_two_per_cent(size: float, days: float) -> None:
    asked = order(size, 1.0, days)
    exact = exact_peak(CrossoverModel(), asked)
    assert CrossoverModel().impact(asked).peak == pytest.approx(exact, rel=0.0201)


# bps of half the spread, of a day's volatility; then of size and days, what crossing costs
ANCHOR_ORDERS: Final = [(0.001, 0.1), (0.01, 1), (0.01, 0.25), (0.05, 1), (0.1, 1), (0.1, 0.25)]
ANCHORS: Final = [
    (1.75, 150, [2.64, 4.56, 7.17, 15.04, 25.47, 31.12]),
    (4.0, 200, [5.19, 7.75, 11.23, 21.72, 35.63, 43.16]),
    (25.0, 300, [26.78, 30.63, 35.84, 51.57, 72.44, 83.75]),
]


@pytest.mark.parametrize(("half_spread", "sigma", "costs"), ANCHORS)
def test_anchors(half_spread: float, sigma: float, costs: list[float]) -> None:
    """quant.md 9.2: to the digit by the exact solution, by the closed form within 2 %."""
    for (size, days), cost in zip(ANCHOR_ORDERS, costs, strict=True):
        asked = order(size, sigma / BPS, days)
        exact = exact_peak(CrossoverModel(), asked) * BPS * 2 / 3
        assert half_spread + exact == pytest.approx(cost, abs=0.0051)
        assert CrossoverModel().impact(asked).average_bps == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize(
    ("days", "passes", "average"),
    [(0.1, 0.142, 32.224), (0.2, 0.093685, 24.638), (0.5, 0.054064, 18.418)],
)
def test_almgrens_ibm(days: float, passes: float, average: float) -> None:
    """quant.md 2.3: IBM, 10 % of a day's volume."""
    model = AlmgrenModel(turnover_days=1728 / 6.561)
    found = model.impact(order(0.1, 0.0157, days))
    assert found.permanent / 0.0157 == pytest.approx(0.126495, abs=6e-7)
    assert found.permanent_bps == pytest.approx(19.860, abs=6e-4)
    assert (found.peak - found.permanent) / 0.0157 == pytest.approx(passes, abs=6e-7)
    assert found.average_bps == pytest.approx(average, abs=6e-4)


def test_almgrens_dri_permanent_leg() -> None:
    """quant.md 2.3: 1 929 000 a day, 168 M shares, 2.26 %, 21.679 bps for 10 %."""
    found = AlmgrenModel(turnover_days=168 / 1.929).impact(order(0.1, 0.0226))
    assert found.permanent_bps == pytest.approx(21.679, abs=2e-3)


@pytest.mark.parametrize(
    ("turnover", "a", "b"),
    [(50, 2.62, 25.6), (100, 2.69, 27.1), (200, 2.78, 28.9), (250, 2.81, 29.5), (500, 2.93, 31.7)],
)
def test_almgren_over_the_turnover(turnover: float, a: float, b: float) -> None:
    """quant.md 1.8: T = 0.2 days."""
    model = AlmgrenModel(turnover_days=turnover)
    assert model.impact(order(0.01, SIGMA_15, 0.2)).average_bps == pytest.approx(a, abs=0.0051)
    assert model.impact(order(0.1, SIGMA_30, 0.2)).average_bps == pytest.approx(b, abs=0.051)


def test_almgren_fails_the_table_at_a_turnover_of_1000() -> None:
    model = AlmgrenModel(turnover_days=1000.0)
    assert model.impact(order(0.01, SIGMA_15, 0.2)).average_bps == pytest.approx(3.06, abs=0.0051)
    assert model.impact(order(0.01, SIGMA_15, 0.21)).average_bps < 3.0


def test_almgren_passes_the_table_between_these_durations() -> None:
    """quant.md 1.8: T in (0.171, 0.301) days at a turnover of 200."""
    model = AlmgrenModel(turnover_days=200.0)
    assert model.impact(order(0.01, SIGMA_15, 0.1705)).average_bps > 3.0
    assert model.impact(order(0.01, SIGMA_15, 0.1715)).average_bps < 3.0
    assert model.impact(order(0.10, SIGMA_30, 0.3005)).average_bps > 25.0
    assert model.impact(order(0.10, SIGMA_30, 0.3015)).average_bps < 25.0


def test_a_square_root_at_a_given_participation() -> None:
    """quant.md 1.8, note: Q times 9 over 9 times the time costs 3 times as much."""
    one, nine = order(0.01, 0.02, 0.1), order(0.09, 0.02, 0.9)
    model = CrossoverModel()
    assert model.impact(nine).average == pytest.approx(3 * model.impact(one).average)


def test_small_orders_over_a_day_cost_the_same_by_linear_and_crossover() -> None:
    small = order(1e-5, 0.02)
    linear, crossover = (each.impact(small).average for each in (LinearModel(), CrossoverModel()))
    assert linear == pytest.approx(crossover, rel=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_no_shares_no_impact(model: ImpactModel) -> None:
    found = model.impact(order(0.0, 0.02))
    assert (found.peak, found.average, found.permanent) == (0.0, 0.0, 0.0)


SIZES = st.floats(1e-9, 900.0)
DAYS = st.floats(1e-6, 900.0)


@pytest.mark.parametrize("model", MODELS)
@settings(deadline=None)
@given(size=SIZES, days=DAYS, sigma=st.floats(1e-6, 1.0), factor=st.floats(1.01, 100.0))
def test_laws(model: ImpactModel, size: float, days: float, sigma: float, factor: float) -> None:
    """More shares cost more each, more time less; volatility is a factor; peak above the rest."""
    found = model.impact(order(size, sigma, days))
    assert 0.0 <= found.permanent <= found.peak
    assert 0.0 < found.average <= found.peak < math.inf
    if size * factor < 1_000.0:
        assert model.impact(order(size * factor, sigma, days)).average > found.average
    if days * factor < 1_000.0:
        assert model.impact(order(size, sigma, days * factor)).average <= found.average
    assert model.impact(order(size, sigma / 2, days)).average == pytest.approx(found.average / 2)


@settings(deadline=None)
@given(size=SIZES, days=DAYS)
def test_the_crossover_is_below_both_its_limits(size: float, days: float) -> None:
    peak = CrossoverModel().impact(order(size, 1.0, days)).peak
    assert peak <= math.sqrt(size) * (1 + 1e-12)
    assert peak <= size / math.sqrt(2 * math.pi * 0.02 * days) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("adv", 0.0, ModelFault.NOT_POSITIVE),
        ("adv", math.nan, ModelFault.NOT_FINITE),
        ("adv", math.inf, ModelFault.NOT_FINITE),
        ("qty", -1.0, ModelFault.NEGATIVE),
        ("qty", 1.01e9, ModelFault.ABOVE_BOUND),
        ("qty", math.nan, ModelFault.NOT_FINITE),
        ("daily_volatility", -0.01, ModelFault.NEGATIVE),
        ("daily_volatility", 1.5, ModelFault.ABOVE_BOUND),
        ("duration_days", 0.0, ModelFault.NOT_POSITIVE),
        ("duration_days", -1.0, ModelFault.NOT_POSITIVE),
        ("duration_days", 1_001.0, ModelFault.ABOVE_BOUND),
        ("half_spread", -1e-4, ModelFault.NEGATIVE),
        ("half_spread", 1.75, ModelFault.ABOVE_BOUND),
    ],
)
def test_refused(field: str, value: float, fault: ModelFault) -> None:
    given = {"qty": 1e4, "adv": 1e6, "daily_volatility": 0.02, "duration_days": 1.0}
    with pytest.raises(ModelError) as refused:
        SizedOrder(**{**given, field: value})
    assert (refused.value.field, refused.value.fault) == (field, fault)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: CrossoverModel(y=0.0), "y"),
        (lambda: CrossoverModel(chi=-0.02), "chi"),
        (lambda: AlmgrenModel(gamma=-1.0), "gamma"),
        (lambda: AlmgrenModel(turnover_days=0.0), "turnover_days"),
        (lambda: LinearModel(eta=math.nan), "eta"),
    ],
)
def test_refused_parameters(make: Callable[[], ImpactModel], field: str) -> None:
    with pytest.raises(ModelError) as refused:
        make()
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("size", "days", "sigma", "said"),
    [
        (1.0, 1.0, 0.02, ()),
        (1.01, 2.0, 0.02, (ImpactWarning.SIZE,)),
        (0.5, 0.4, 0.02, (ImpactWarning.PARTICIPATION,)),
        (0.1, 1.0, 0.30, (ImpactWarning.VOLATILITY,)),
    ],
)
def test_warnings(size: float, days: float, sigma: float, said: tuple[ImpactWarning, ...]) -> None:
    assert warnings(order(size, sigma, days)) == said


def test_every_name_has_its_model() -> None:
    assert list(IMPACT_MODELS) == list(ImpactModelName)
