"""Trajectories against the figures of quant.md 2.1, 2.2, 2.4, and what holds for all of them."""

import math
from typing import Final

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from algos.models import almgren_chriss as chriss
from algos.models import power_law
from algos.models.almgren_chriss import Bins, LinearMarket
from algos.models.bertsimas_lo import News, equal_cost, news_weights, next_trade
from algos.models.continuous_chriss import (
    continuous_cost,
    continuous_decay,
    continuous_variance,
    optimal_days,
)
from algos.models.model_error import ModelError, ModelFault
from algos.models.obizhaeva_wang import (
    RefilledBook,
    best_fading_cost,
    best_trades,
    blocks_and_rate,
    even_fading_cost,
    fading_cost,
)
from algos.models.power_law import PowerMarket, endless, plan, power_cost, power_holdings
from algos.models.quadrature import Floats
from algos.models.trajectory import (
    BINS_MAX,
    effective_days,
    even_times,
    even_variance,
    trades,
    volume_times,
)
from algos.models.urgency import (
    half_life_decay,
    urgency_decay,
    value_at_risk_aversion,
    value_at_risk_decay,
)
from algos.models.urgency_names import Urgency

# Almgren and Chriss's Table 1
PAPER: Final = LinearMarket(volatility=0.95, temporary=2.5e-6, permanent=2.5e-7, fixed_cost=0.0625)
WEEK: Final = Bins(duration_days=5.0, count=5)
X: Final = 1e6


def discrete(risk_aversion: float) -> Floats:
    return chriss.holdings(X, chriss.decay(PAPER, WEEK, risk_aversion), WEEK.times)


@pytest.mark.parametrize(
    ("risk_aversion", "cost", "sd", "left"),
    [
        (0.0, 662_500.0, 1_040_672.9, [8e5, 6e5, 4e5, 2e5]),
        (1e-6, 911_227.0, 603_430.7, [541_955.554, 289_854.219, 147_897.488, 62_141.802]),
        (-2e-7, 717_958.1, 1_258_654.3, [910_056.4, 750_948.6, 534_768.6, 277_946.3]),
    ],
)
def test_the_papers_example(
    risk_aversion: float, cost: float, sd: float, left: list[float]
) -> None:
    found = discrete(risk_aversion)
    assert found == pytest.approx([X, *left, 0.0], abs=0.051)
    assert chriss.expected_cost(PAPER, WEEK, found) == pytest.approx(cost, abs=0.051)
    assert math.sqrt(chriss.variance(PAPER, WEEK, found)) == pytest.approx(sd, abs=0.051)


def test_the_papers_decay_and_trades() -> None:
    kappa = chriss.decay(PAPER, WEEK, 1e-6)
    assert kappa == pytest.approx(0.607076, abs=6e-7)
    assert 1 / kappa == pytest.approx(1.647240, abs=6e-7)
    held = chriss.adjusted_temporary(PAPER, WEEK)
    assert math.sqrt(1e-6 * 0.95**2 / held) == pytest.approx(0.616441, abs=6e-7)
    assert chriss.decay(PAPER, WEEK, -2e-7) == pytest.approx(-0.276562, abs=6e-7)
    left = discrete(1e-6)
    assert trades(left) == pytest.approx(
        [458_044.446, 252_101.335, 141_956.732, 85_755.686, 62_141.802], abs=6e-4
    )
    variance = chriss.variance(PAPER, WEEK, left)
    assert variance == pytest.approx(3.641286e11, rel=2e-7)
    utility = chriss.expected_cost(PAPER, WEEK, left) + 1e-6 * variance
    assert utility == pytest.approx(1_275_355.6, abs=0.051)


def test_at_once() -> None:
    left = np.array([X, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert chriss.expected_cost(PAPER, WEEK, left) == pytest.approx(2_562_500.0)
    assert chriss.variance(PAPER, WEEK, left) == 0.0


def test_drift() -> None:
    left = chriss.holdings_with_drift(X, PAPER, WEEK, 1e-6, 0.02)
    assert trades(left) == pytest.approx(
        [453_657.713, 250_258.170, 141_956.732, 87_598.851, 66_528.535], abs=6e-4
    )
    assert pytest.approx(11_080.33, abs=6e-3) == 0.02 / (2e-6 * 0.95**2)
    assert chriss.holdings_with_drift(X, PAPER, WEEK, 1e-6, 0.0) == pytest.approx(discrete(1e-6))


def test_static_holdings_are_the_drift_over_twice_the_risk() -> None:
    """Far from both ends xbar is kept: the paper's "11,000 shares"."""
    long = Bins(duration_days=100.0, count=100)
    left = chriss.holdings_with_drift(X, PAPER, long, 1e-6, 0.02)
    assert left[50] == pytest.approx(11_080.33, abs=0.01)


@pytest.mark.parametrize("risk_aversion", [1e-9, 1e-7, 1e-6, 1e-5])
@pytest.mark.parametrize("count", [5, 40])
def test_sums_equal_the_papers_closed_forms(risk_aversion: float, count: int) -> None:
    """quant.md 2.1: E and V without a sum, where they neither cancel nor overflow."""
    bins = Bins(duration_days=5.0, count=count)
    k, tau, total = chriss.decay(PAPER, bins, risk_aversion), bins.days, 5.0
    left = chriss.holdings(X, k, bins.times)
    sinh, cosh = math.sinh, math.cosh
    held = chriss.adjusted_temporary(PAPER, bins)
    numerator = tau * sinh(2 * k * total) + 2 * total * sinh(k * tau)
    cost = PAPER.permanent * X**2 / 2 + PAPER.fixed_cost * X
    cost += held * X**2 * math.tanh(k * tau / 2) * numerator / (2 * (tau * sinh(k * total)) ** 2)
    assert chriss.expected_cost(PAPER, bins, left) == pytest.approx(cost, rel=1e-9)
    numerator = tau * sinh(k * total) * cosh(k * (total - tau)) - total * sinh(k * tau)
    variance = (0.95 * X) ** 2 / 2 * numerator / (sinh(k * total) ** 2 * sinh(k * tau))
    assert chriss.variance(PAPER, bins, left) == pytest.approx(variance, rel=1e-7)


@pytest.mark.parametrize("count", [1, 2, 5, 390])
def test_the_risk_neutral_limit(count: int) -> None:
    """quant.md 2.1, naive: V = sigma^2 X^2 T / 3 (1 - 1/N)(1 - 1/2N)."""
    bins = Bins(duration_days=5.0, count=count)
    left = chriss.holdings(X, 0.0, bins.times)
    expected = (0.95 * X) ** 2 * 5 / 3 * (1 - 1 / count) * (1 - 1 / (2 * count))
    assert chriss.variance(PAPER, bins, left) == pytest.approx(expected)
    held = chriss.adjusted_temporary(PAPER, bins)
    passing = PAPER.permanent * X**2 / 2 + PAPER.fixed_cost * X + held * X**2 / 5
    assert chriss.expected_cost(PAPER, bins, left) == pytest.approx(passing)


def test_continuous_limit() -> None:
    kappa = continuous_decay(PAPER, 1e-6)
    assert kappa == pytest.approx(0.6008328, abs=6e-8)
    assert continuous_cost(PAPER, X, kappa, 5.0) == pytest.approx(964_537.15, abs=6e-3)
    sd = math.sqrt(continuous_variance(PAPER, X, kappa, 5.0))
    assert sd == pytest.approx(855_831.62, abs=6e-3)


def test_many_bins_are_continuous() -> None:
    bins = Bins(duration_days=5.0, count=1_000)
    left = chriss.holdings(X, chriss.decay(PAPER, bins, 1e-6), bins.times)
    kappa = continuous_decay(PAPER, 1e-6)
    cost = continuous_cost(PAPER, X, kappa, 5.0)
    assert chriss.expected_cost(PAPER, bins, left) == pytest.approx(cost, rel=1e-3)
    variance = continuous_variance(PAPER, X, kappa, 5.0)
    assert even_variance(left, bins.times, 0.95) == pytest.approx(variance, rel=1e-3)


@pytest.mark.parametrize("whole", [0.0, 1e-9, 0.0199999, 0.0200001, 0.5, 30.0, 800.0])
def test_continuous_forms_at_both_ends(whole: float) -> None:
    """No cancellation for a small kappa T, no overflow for a large one; both meet in between."""
    market = LinearMarket(volatility=1.0, temporary=1.0)
    cost, variance = (each(market, 1.0, whole, 1.0) for each in (continuous_cost,
                                                                 continuous_variance))  # fmt: skip
    assert cost == pytest.approx(max(whole / 2, 1.0) if whole in (0.0, 1e-9, 30.0, 800.0) else cost)
    times = even_times(1.0, 1_000)
    near = even_variance(chriss.holdings(1.0, whole, times), times, 1.0)
    assert near == pytest.approx(variance, rel=1e-3 if whole < 50 else 1.0)
    assert variance == pytest.approx(1 / 3 if whole < 0.1 else variance, rel=1e-4)


def test_the_series_meets_the_closed_form() -> None:
    market = LinearMarket(volatility=1.0, temporary=1.0)
    for each in (continuous_cost, continuous_variance):
        below, above = (each(market, 1.0, 0.02 * (1 + off), 1.0) for off in (-1e-9, 1e-9))
        assert below == pytest.approx(above, rel=1e-9)


def test_optimal_days_of_an_even_rate() -> None:
    """quant.md 1.5, row 37, with eta~; and it is least among its neighbours."""
    market = LinearMarket(volatility=0.95, temporary=2.375e-6)
    best = optimal_days(market, 1e-6)
    assert best == pytest.approx(2.810, abs=6e-4)

    def utility(days: float) -> float:
        return 2.375e-6 / days + 1e-6 * 0.95**2 * days / 3

    assert utility(best) < min(utility(best * 1.01), utility(best / 1.01))


RISKS = st.floats(1e-10, 1e-4)


@settings(deadline=None)
@given(risk_aversion=RISKS)
def test_the_frontiers_slope_is_minus_lambda(risk_aversion: float) -> None:
    at = [discrete(risk_aversion * factor) for factor in (1.0, 1.0001)]
    costs = [chriss.expected_cost(PAPER, WEEK, left) for left in at]
    variances = [chriss.variance(PAPER, WEEK, left) for left in at]
    slope = (costs[1] - costs[0]) / (variances[1] - variances[0])
    assert slope == pytest.approx(-risk_aversion, rel=0.02)


@settings(deadline=None)
@given(risk_aversion=RISKS, factor=st.floats(1.1, 100.0))
def test_the_frontier_is_convex_and_the_even_rate_is_cheapest(
    risk_aversion: float, factor: float
) -> None:
    at = [discrete(risk_aversion * factor**power) for power in range(3)]
    cost = [chriss.expected_cost(PAPER, WEEK, left) for left in at]
    variance = [chriss.variance(PAPER, WEEK, left) for left in at]
    assert chriss.expected_cost(PAPER, WEEK, discrete(0.0)) <= cost[0] <= cost[1] <= cost[2]
    assert variance[0] >= variance[1] >= variance[2]
    if variance[1] - variance[2] > 1e-9 * variance[0]:
        steep = (cost[2] - cost[1]) / (variance[1] - variance[2])
        flat = (cost[1] - cost[0]) / (variance[0] - variance[1])
        assert flat <= steep * (1 + 1e-6)


@settings(deadline=None)
@given(
    kappa=st.floats(0.0, 5_000.0),
    volumes=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=60),
    days=st.floats(0.01, 5.0),
)
def test_every_trajectory_sells_all_of_it_and_never_buys(
    kappa: float, volumes: list[float], days: float
) -> None:
    times = volume_times(days, volumes)
    left = chriss.holdings(X, kappa, times)
    assert left[0] == pytest.approx(X)
    assert left[-1] == 0.0
    assert trades(left).min() >= 0.0
    assert trades(left).sum() == pytest.approx(X)
    assert 0.0 < effective_days(left, times) <= days * (1 + 1e-9)


@settings(deadline=None)
@given(kappa=st.floats(0.0, 50.0), begun=st.integers(1, 8))
def test_begun_again_it_goes_on_as_it_would_have(kappa: float, begun: int) -> None:
    times = volume_times(1.0, [3.0, 1.0, 1.0, 2.0, 1.0, 0.5, 1.0, 2.0, 4.0, 4.0])
    left = chriss.holdings(X, kappa, times)
    again = chriss.holdings(float(left[begun]), kappa, times[begun:])
    assert again == pytest.approx(left[begun:], rel=1e-9, abs=1e-6)


def test_the_most_patient_follows_the_volume() -> None:
    volumes = [30.0, 10.0, 10.0, 50.0]
    sold = trades(chriss.holdings(100.0, 0.0, volume_times(0.5, volumes)))
    assert sold == pytest.approx(volumes)


def test_effective_days_of_an_even_rate_is_all_of_them() -> None:
    times = volume_times(0.5, [1.0, 4.0, 2.0])
    assert effective_days(chriss.holdings(X, 0.0, times), times) == pytest.approx(0.5)
    with pytest.raises(ModelError, match="nothing is traded"):
        effective_days(np.zeros(4), times)


@pytest.mark.parametrize("minutes", [5.0, 60.0, 1_000.0])
def test_lambda_of_a_decay_gives_the_decay(minutes: float) -> None:
    """quant.md 2.1: lambda = eta~ 2 (cosh(tau / H) - 1) / (tau^2 sigma^2)."""
    bins = Bins(duration_days=1.0, count=78)
    kappa = half_life_decay(minutes / 390, 1.0)
    assert kappa == pytest.approx(390 / minutes)
    found = chriss.risk_aversion_of(PAPER, bins, kappa)
    held = chriss.adjusted_temporary(PAPER, bins)
    formula = held * 2 * (math.cosh(kappa / 78) - 1) / (0.95 / 78) ** 2
    assert found == pytest.approx(formula, rel=1e-6)
    assert chriss.decay(PAPER, bins, found) == pytest.approx(kappa)


def test_urgencies() -> None:
    found = [urgency_decay(each, 0.5) * 0.5 for each in Urgency]
    assert found == [0.5, 1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("confidence", [0.6, 0.9, 0.95])
def test_value_at_risk(confidence: float) -> None:
    """Where L-VaR is least, lambda = z / (2 sqrt V): the slope of z sqrt(V) in V."""
    kappa, at_risk = value_at_risk_decay(PAPER, WEEK, X, confidence)
    left = chriss.holdings(X, kappa, WEEK.times)
    z = {0.6: 0.253347, 0.9: 1.281552, 0.95: 1.644854}[confidence]
    sd = math.sqrt(chriss.variance(PAPER, WEEK, left))
    assert at_risk == pytest.approx(chriss.expected_cost(PAPER, WEEK, left) + z * sd, rel=1e-6)
    found = value_at_risk_aversion(PAPER, WEEK, X, confidence)
    assert found == pytest.approx(z / (2 * sd), rel=1e-4)


def test_beyond_some_confidence_it_is_best_at_once() -> None:
    """Where z is above 2 eta~ X / (sigma tau^1.5), 5 here: no bin of waiting is worth its risk."""
    kappa, at_risk = value_at_risk_decay(PAPER, WEEK, X, 1 - 1e-9)  # z = 6
    assert trades(chriss.holdings(X, kappa, WEEK.times))[0] == pytest.approx(X, rel=1e-6)
    held = chriss.adjusted_temporary(PAPER, WEEK)
    assert at_risk == pytest.approx(PAPER.permanent * X**2 / 2 + 62_500 + held * X**2, rel=1e-6)
    kappa, _ = value_at_risk_decay(PAPER, WEEK, X, 1 - 1e-5)  # z = 4.26
    assert trades(chriss.holdings(X, kappa, WEEK.times))[0] < 0.95 * X


@pytest.mark.parametrize("confidence", [0.5, 1.0, math.nan, -1.0])
def test_refused_confidence(confidence: float) -> None:
    with pytest.raises(ModelError) as refused:
        value_at_risk_decay(PAPER, WEEK, X, confidence)
    assert refused.value.field == "confidence"


def test_refused_bins_and_risks() -> None:
    coarse = LinearMarket(volatility=0.95, temporary=2.5e-6, permanent=5e-6)
    with pytest.raises(ModelError, match="permanent_too_large: permanent") as refused:
        chriss.decay(coarse, WEEK, 1e-6)
    assert refused.value.fault is ModelFault.PERMANENT_TOO_LARGE
    chriss.decay(coarse, Bins(duration_days=5.0, count=6), 1e-6)  # shorter ones will do
    for liked in (-1.1e-6, -1e3):  # by the formula 5 kappa is above pi, or there is no kappa
        with pytest.raises(ModelError, match="no_trajectory: risk_aversion"):
            chriss.decay(PAPER, WEEK, liked)
    with pytest.raises(ModelError, match="not_finite: risk_aversion"):
        chriss.decay(PAPER, WEEK, math.nan)
    with pytest.raises(ModelError, match="above_bound: kappa"):
        chriss.holdings(X, 1e9, WEEK.times)
    with pytest.raises(ModelError, match="above_bound: kappa"):
        chriss.risk_aversion_of(PAPER, WEEK, 1e5)
    with pytest.raises(ModelError, match="below_bound: half_life"):
        half_life_decay(1e-9, 1.0)
    with pytest.raises(ModelError, match="not_positive: duration_days"):
        Bins(duration_days=0.0, count=5)
    with pytest.raises(ModelError, match="above_bound: bins"):
        Bins(duration_days=1.0, count=BINS_MAX + 1)
    with pytest.raises(ModelError, match=r"not_positive: volumes\[1\]"):
        volume_times(1.0, [1.0, 0.0])
    with pytest.raises(ModelError, match="not_positive: bins"):
        volume_times(1.0, [])


@pytest.mark.parametrize(
    ("k", "eta", "days", "offset", "rate", "left", "cost", "sd"),
    [
        (0.5, 1.767767e-3, 0.986200, 8.477891e-3, 1_019_715.6,
         [0.412433, 0.201274, 0.102487, 0.044194], 1_101_670.1, 715_945.9),
        (1.0, 2.5e-6, 1.664357, 9.881304e-3, 603_794.0,
         [0.545212, 0.293239, 0.150348, 0.063385], 777_037.2, 855_831.6),
    ],
)  # fmt: skip
def test_power_law(
    k: float, eta: float, days: float, offset: float, rate: float, left: list[float], cost: float,
    sd: float,
) -> None:  # fmt: skip
    """quant.md 2.2."""
    market = PowerMarket(volatility=0.95, temporary=1.25 / 5e5**k, exponent=k)
    assert market.temporary == pytest.approx(eta, rel=3e-7)
    solved = plan(market, X, 1e-6, 5.0)
    assert solved.characteristic_days == pytest.approx(days, abs=6e-7)
    assert solved.offset == pytest.approx(offset, abs=6e-10)
    assert solved.first_rate == pytest.approx(rate, abs=0.051)
    found = power_holdings(solved, even_times(5.0, 5))
    assert found / X == pytest.approx([1.0, *left, 0.0], abs=6e-7)
    assert power_cost(solved) == pytest.approx(cost, abs=0.06)  # 777 037.148 is rounded twice
    assert math.sqrt(power_law.power_variance(solved)) == pytest.approx(sd, abs=0.051)


@pytest.mark.parametrize(("k", "cost"), [(0.5, 790_569.4), (1.0, 500_000.0)])
def test_power_law_of_an_even_rate(k: float, cost: float) -> None:
    """quant.md 2.2, E of TWAP: what no risk aversion comes to."""
    market = PowerMarket(volatility=0.95, temporary=1.25 / 5e5**k, exponent=k)
    assert power_cost(plan(market, X, 1e-14, 5.0)) == pytest.approx(cost, rel=1e-5)


@settings(deadline=None, max_examples=40)
@given(risk_aversion=st.floats(1e-9, 1e-5), days=st.floats(0.2, 5.0))
def test_a_power_of_one_is_almgren_and_chriss(risk_aversion: float, days: float) -> None:
    market = PowerMarket(volatility=0.95, temporary=2.5e-6, exponent=1.0)
    times = even_times(days, 20)
    found = power_holdings(plan(market, X, risk_aversion, days), times)
    linear = LinearMarket(volatility=0.95, temporary=2.5e-6)
    expected = chriss.holdings(X, continuous_decay(linear, risk_aversion), times)
    assert found == pytest.approx(expected, abs=1e-4 * X * 1e-4)


@settings(deadline=None, max_examples=20)
@given(k=st.floats(0.3, 2.5), risk_aversion=st.floats(1e-9, 1e-5), days=st.floats(0.5, 3.0))
def test_a_power_law_sells_all_of_it_and_can_be_begun_again(
    k: float, risk_aversion: float, days: float
) -> None:
    market = PowerMarket(volatility=0.95, temporary=1.25 / 5e5**k, exponent=k)
    times = even_times(days, 20)
    left = power_holdings(plan(market, X, risk_aversion, days), times)
    assert (left[0], left[-1]) == (pytest.approx(X), 0.0)
    assert trades(left).min() >= -1e-6
    assume(left[5] > 1.0)
    again = plan(market, float(left[5]), risk_aversion, days * 0.75)
    assert power_holdings(again, times[5:] - times[5]) == pytest.approx(left[5:], abs=1e-2)


def test_a_steep_power_ends_by_itself() -> None:
    """quant.md 2.2: at (k + 1) / (k - 1) T*, and then c = 0."""
    market = PowerMarket(volatility=0.95, temporary=1.25 / 5e5**3, exponent=3.0)
    days = power_law.characteristic_days(market, X, 1e-6)
    solved = plan(market, X, 1e-6, 5 * days)
    assert solved.offset == 0.0
    left = power_holdings(solved, even_times(5 * days, 10))
    assert left == pytest.approx(endless(X, 3.0, np.linspace(0.0, 5.0, 11)), abs=1.0)
    assert left[4:].max() < 1.0  # from 2 T* on


@pytest.mark.parametrize("k", [0.5, 1.0, 1.5])
def test_endless_solves_its_equation(k: float) -> None:
    """dx/dt = -(x)^(2 / (k+1)) in units of X and T*."""
    at = np.array([0.3, 0.3001])
    left = endless(1.0, k, at)
    assert (left[0] - left[1]) / 1e-4 == pytest.approx(left[0] ** (2 / (k + 1)), rel=1e-3)


def test_power_law_refuses_what_never_ends() -> None:
    market = PowerMarket(volatility=0.95, temporary=2.5e-6, exponent=1.0)
    with pytest.raises(ModelError, match="no_trajectory: duration_days"):
        plan(market, X, 1.0, 5_000.0)
    with pytest.raises(ModelError, match="not_positive: risk_aversion"):
        plan(market, X, 0.0, 5.0)
    with pytest.raises(ModelError, match="not_positive: exponent"):
        PowerMarket(volatility=0.95, temporary=2.5e-6, exponent=0.0)


@pytest.mark.parametrize(
    ("rho", "block", "rate", "cost", "saving", "first", "middle", "discrete_cost"),
    [
        (0.5, 40_000.00, 20_000.00, 400_000.0, 6.13, 41_001.50, 1_999.67, 400_016.7),
        (2.0, 25_000.00, 50_000.00, 250_000.0, 11.92, 27_537.41, 4_991.69, 250_415.7),
        (5.0, 14_285.71, 71_428.57, 142_857.1, 10.86, 18_046.55, 7_100.77, 144_961.7),
    ],
)
def test_obizhaeva_wang(
    rho: float, block: float, rate: float, cost: float, saving: float, first: float, middle: float,
    discrete_cost: float,
) -> None:  # fmt: skip
    """quant.md 2.4."""
    book = RefilledBook(density=5_000.0, lasting=1e-4, resilience=rho)
    assert book.fading == pytest.approx(1e-4)
    found = blocks_and_rate(book, 1e5, 1.0)
    assert (found.block, found.rate) == pytest.approx((block, rate), abs=6e-3)
    best, even = best_fading_cost(book, 1e5, 1.0), even_fading_cost(book, 1e5, 1.0)
    assert best == pytest.approx(cost, abs=0.051)
    assert 100 * (1 - best / even) == pytest.approx(saving, abs=6e-3)
    shares = best_trades(book, 1e5, 1.0, 10)
    assert (shares[0], shares[-1], shares[5]) == pytest.approx((first, first, middle), abs=6e-3)
    assert fading_cost(book, shares, even_times(1.0, 10)) == pytest.approx(discrete_cost, abs=0.051)


@settings(deadline=None, max_examples=50)
@given(rho=st.floats(1e-7, 500.0), bins=st.integers(1, 60), moved=st.integers(0, 59))
def test_no_other_trades_are_better(rho: float, bins: int, moved: int) -> None:
    book = RefilledBook(density=5_000.0, lasting=1e-4, resilience=rho)
    shares, times = best_trades(book, 1e5, 1.0, bins), even_times(1.0, bins)
    assert shares.sum() == pytest.approx(1e5)
    assert shares.min() >= 0.0
    other = shares.copy()
    place = moved % bins
    other[place] += 10.0
    other[place + 1] -= 10.0
    best = fading_cost(book, shares, times)
    assert best <= fading_cost(book, other, times) * (1 + 1e-12)
    assert best >= best_fading_cost(book, 1e5, 1.0) * (1 - 1e-9)  # fewer times cannot be better


def test_a_book_that_never_refills_costs_the_same_by_any_trajectory() -> None:
    book = RefilledBook(density=5_000.0, lasting=0.0, resilience=1e-9)
    assert even_fading_cost(book, 1e5, 1.0) == pytest.approx(best_fading_cost(book, 1e5, 1.0))


def test_refused_books() -> None:
    with pytest.raises(ModelError, match="permanent_too_large: lasting"):
        RefilledBook(density=5_000.0, lasting=2e-4, resilience=1.0)
    with pytest.raises(ModelError, match="not_positive: resilience"):
        RefilledBook(density=5_000.0, lasting=1e-4, resilience=0.0)


def test_bertsimas_lo() -> None:
    """quant.md 2.4."""
    assert equal_cost(5e-5, 1e5, 20) == pytest.approx(262_500.0)
    news = News(coefficient=5.0, persistence=0.5)
    assert news_weights(5e-5, news, 5) == pytest.approx(
        [25_000.0, 41_666.667, 53_125.0, 61_250.0, 67_187.5], abs=6e-4
    )
    weights = 5.0 + 5e-5 * news_weights(5e-5, news, 3)  # b_k = gamma + theta delta_k
    assert weights == pytest.approx([6.25, 7.083333, 7.65625], abs=6e-7)
    assert next_trade(5e-5, news, 600.0, 5, 0.0) == 100.0
    assert next_trade(5e-5, news, 600.0, 5, 0.001) == pytest.approx(100.0 + 67.1875)
    assert next_trade(5e-5, news, 600.0, 0, 1.0) == 600.0


def test_refused_news() -> None:
    with pytest.raises(ModelError, match="above_bound: persistence"):
        News(coefficient=5.0, persistence=1.0)
