"""The single switch of quant.md 2.6: its formula, its gain, and where it is off."""

import math

import numpy as np
import pytest

from algos.models.almgren_chriss import LinearMarket
from algos.models.continuous_chriss import continuous_cost, continuous_variance
from algos.models.in_the_money import (
    MARKET_POWER_MIN,
    best_switch,
    market_power,
    switch_of,
    switched_variance,
)


def plain(power: float, kappa: float) -> tuple[float, float]:
    market = LinearMarket(volatility=1.0, temporary=power)
    return continuous_cost(market, 1.0, kappa, 1.0), continuous_variance(market, 1.0, kappa, 1.0)


def test_the_given_variance() -> None:
    """quant.md 2.6: .122845; mu = 0.15, kappa T = 4 first, then 8 or 2."""
    assert switch_of(0.15, 4.0, 8.0, 2.0).variance == pytest.approx(0.122845, abs=6e-7)


def test_the_formula_is_what_happens() -> None:
    """Monte Carlo: the second half's cost depends on the sign of the first half's noise."""
    noise = np.random.Generator(np.random.Philox(key=7)).standard_normal((2, 400_000))
    before, fast, slow, saved = 0.08, 0.01, 0.05, 0.3
    cheap = noise[0] < 0.0
    total = math.sqrt(before) * noise[0] + np.where(
        cheap, saved + math.sqrt(fast) * noise[1], math.sqrt(slow) * noise[1]
    )
    assert float(total.var()) == pytest.approx(
        switched_variance(before, fast, slow, saved), rel=5e-3
    )


def test_without_a_difference_it_is_the_plain_trajectory() -> None:
    cost, variance = plain(0.3, 4.0)
    found = switch_of(0.3, 4.0, 4.0, 4.0)
    assert found.cost == pytest.approx(cost)
    assert found.variance == pytest.approx(variance)


@pytest.mark.parametrize(("power", "cut", "within"), [(0.15, 0.038, 0.003), (0.3, 0.28, 0.01)])
def test_the_given_cuts_at_equal_cost(power: float, cut: float, within: float) -> None:
    cost, variance = plain(power, 4.0)
    best = best_switch(power, 4.0)
    assert best is not None
    assert best.cost <= cost * (1 + 1e-9)
    assert 1 - best.variance / variance == pytest.approx(cut, abs=within)
    assert best.slow < best.first < 4.0 < best.fast


@pytest.mark.parametrize("kappa", [1.0, 2.0, 4.0])
def test_hardly_anything_is_to_be_had_at_a_small_market_power(kappa: float) -> None:
    """quant.md 2.6: mu = 0.05 saves 0.0 to 0.1 % of the variance."""
    _, variance = plain(0.05, kappa)
    best = best_switch(0.05, kappa, power_min=0.0)
    assert best is None or 1 - best.variance / variance < 0.001


def test_off_for_orders_that_hardly_move_the_market() -> None:
    assert best_switch(0.99 * MARKET_POWER_MIN, 4.0) is None
    assert best_switch(0.11, 4.0) is not None
    assert best_switch(0.15, 0.5) is None  # so patient that no switch pays
    assert best_switch(0.15, 1e4) is None  # over by half time


def test_market_power() -> None:
    market = LinearMarket(volatility=0.95, temporary=2.5e-6)
    assert market_power(market, 1e6, 5.0) == pytest.approx(2.5 / (0.95 * 5**1.5))
