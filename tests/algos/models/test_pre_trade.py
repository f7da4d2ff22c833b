"""The pre-trade estimate: sums, risk, and how near the latent book itself is to its impact."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.models.almgren_chriss import Bins, LinearMarket, expected_cost, holdings
from algos.models.impact import (
    BPS,
    AlmgrenModel,
    CrossoverModel,
    ImpactWarning,
    LinearModel,
    SizedOrder,
)
from algos.models.pre_trade import estimate
from algos.models.trajectory import even_times, volume_times
from venuesim.latent_book import LatentBook


def order(size: float, days: float = 1.0) -> SizedOrder:
    return SizedOrder(
        qty=size * 1e6, adv=1e6, daily_volatility=0.02, duration_days=days, half_spread=1e-4
    )


def test_an_even_order_pays_half_the_spread_and_the_models_impact() -> None:
    found = estimate(CrossoverModel(), order(0.1, 0.5), 0.0, even_times(0.5, 13))
    assert found.effective_days == pytest.approx(0.5)
    assert found.impact.average == pytest.approx(CrossoverModel().impact(order(0.1, 0.5)).average)
    assert found.cost == pytest.approx(1e-4 + found.impact.average)
    assert found.participation == pytest.approx(0.2)
    assert found.participation_max == pytest.approx(0.2)
    assert found.warnings == ()


def test_the_risk_of_an_hours_twap() -> None:
    """quant.md 1.7, row 50: 21.4 bps at a year's 15 %."""
    asked = SizedOrder(
        qty=1e4, adv=1e6, daily_volatility=0.15 / math.sqrt(252), duration_days=60 / 390
    )
    found = estimate(CrossoverModel(), asked, 0.0, even_times(60 / 390, 7))
    assert found.risk * BPS == pytest.approx(21.4, abs=0.06)


@settings(deadline=None)
@given(
    qty=st.integers(1, 10**6),
    whole=st.floats(0.0, 500.0),
    volumes=st.lists(st.floats(0.1, 100.0), min_size=1, max_size=50),
)
def test_whole_shares_are_all_there(qty: int, whole: float, volumes: list[float]) -> None:
    times = volume_times(0.5, volumes)
    found = estimate(CrossoverModel(), order(qty / 1e6, 0.5), whole / 0.5, times)
    assert sum(each.qty for each in found.bins) == qty
    assert min(each.qty for each in found.bins) >= 0
    assert found.bins[-1].left_qty == 0
    assert found.bins[0].start_days == 0.0
    assert found.participation <= found.participation_max * (1 + 1e-9)


@pytest.mark.parametrize("model", [CrossoverModel(), AlmgrenModel(), LinearModel()])
def test_hurry_costs_more_and_risks_less(
    model: CrossoverModel | AlmgrenModel | LinearModel,
) -> None:
    found = [
        estimate(model, order(0.05), kappa, even_times(1.0, 78)) for kappa in (0.0, 1.0, 2.0, 8.0)
    ]
    costs, risks = [each.cost for each in found], [each.risk for each in found]
    assert costs == sorted(costs)
    assert len(set(costs)) == 4
    assert risks == sorted(risks, reverse=True)
    assert len(set(risks)) == 4


def test_the_linear_models_cost_is_almgren_and_chriss_to_the_last_digit() -> None:
    """In fractions of the price and of a day's volume: E without the spread, over X."""
    model, bins = LinearModel(gamma=0.0, eta=1.5), Bins(duration_days=0.5, count=20)
    found = estimate(model, order(0.1, 0.5), 6.0, bins.times)
    market = LinearMarket(volatility=0.02, temporary=1.5 * 0.02)
    left = holdings(0.1, 6.0, bins.times)
    assert found.impact.average == pytest.approx(expected_cost(market, bins, left) / 0.1)


@pytest.mark.parametrize("kappa", [0.5, 2.0, 8.0, 30.0])
def test_almgrens_cost_is_a_little_too_dear(kappa: float) -> None:
    """Bin by bin, eta sigma rho_j^0.6 weighted by shares is below that of the mean rate."""
    found = estimate(AlmgrenModel(gamma=0.0), order(0.1), kappa, even_times(1.0, 300))
    each = [plan.qty * 0.142 * 0.02 * plan.participation**0.6 for plan in found.bins]
    exact = sum(each) / 1e5
    assert exact < found.impact.average < exact * 1.06


@pytest.mark.parametrize("kappa", [0.0, 2.0, 8.0])
@pytest.mark.parametrize(("size", "days"), [(0.1, 1.0), (0.1, 0.25), (0.3, 1.0)])
def test_the_crossovers_cost_is_near_the_latent_books(
    size: float, days: float, kappa: float
) -> None:
    """docs/models.md: within 7 %, and dearer where it hurries."""
    count = 100
    times = even_times(days, count)
    asked = SizedOrder(qty=size, adv=1.0, daily_volatility=1.0, duration_days=days)
    found = estimate(CrossoverModel(), asked, kappa / days, times).impact.average
    book, done, cost = LatentBook(step=0.008), 0, 0.0
    sold = -np.diff(holdings(size, kappa / days, times))
    for place, qty in enumerate(sold.tolist()):
        due = round(float(times[place + 1]) / book.step_days)
        book.diffuse(due - done)
        done = due
        cost += qty * book.fill(qty)
    assert found == pytest.approx(cost / size, rel=0.07)


def test_a_bin_that_is_faster_than_the_market_is_said() -> None:
    asked = order(0.5)
    assert estimate(CrossoverModel(), asked, 0.0, even_times(1.0, 10)).warnings == ()
    found = estimate(CrossoverModel(), asked, 8.0, even_times(1.0, 10))
    assert found.warnings == (ImpactWarning.PARTICIPATION,)
    found = estimate(CrossoverModel(), order(0.5, 0.25), 8.0, even_times(0.25, 10))
    assert found.warnings == (ImpactWarning.PARTICIPATION,)  # once
