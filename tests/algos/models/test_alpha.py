"""Trading on a fading view: quant.md 2.5's figures, and what holds for all views."""

import math
from typing import Final

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from algos.models import almgren_chriss as chriss
from algos.models.alpha import (
    FadingDrift,
    clamped_holdings,
    drifting_holdings,
    fading_drift,
    feedback_rate,
)
from algos.models.cartea_jaimungal import ClosingPenalty, penalised_holdings, penalised_rates
from algos.models.constrained_schedule import Bounds, Objective, Trading, constrained_holdings
from algos.models.model_error import ModelError, ModelFault
from algos.models.quadrature import integral
from algos.models.trajectory import even_times, trades

X: Final = 1e6
ETA: Final = 2.5e-7
KAPPA: Final = 0.6008328  # sqrt(1e-7 0.95^2 / eta)
QUARTERS: Final = even_times(1.0, 4)


@pytest.mark.parametrize(
    ("drift", "left"),
    [
        (FadingDrift(first=0.0), [0.730867, 0.478256, 0.236455]),
        (FadingDrift(first=0.5, decay=math.log(2) / 0.25), [0.697338, 0.443020, 0.215007]),
        (FadingDrift(first=0.5, decay=math.log(2) / 0.1), [0.719243, 0.468872, 0.231598]),
    ],
)
def test_the_given_example(drift: FadingDrift, left: list[float]) -> None:
    kappa = math.sqrt(1e-7 * 0.95**2 / ETA)
    assert kappa == pytest.approx(KAPPA, abs=6e-8)
    found = drifting_holdings(X, kappa, QUARTERS, ETA, drift)
    assert found / X == pytest.approx([1.0, *left, 0.0], abs=6e-7)


def test_the_given_first_rate() -> None:
    drift = FadingDrift(first=0.5, decay=math.log(2) / 0.25)
    assert drift.decay == pytest.approx(2.772589, abs=6e-7)
    kappa = math.sqrt(1e-7 * 0.95**2 / ETA)
    assert feedback_rate(X, 1.0, kappa, ETA, drift.at) == pytest.approx(1_351_479.55, abs=6e-3)


def test_without_risk_the_rate_is_that_of_the_limit() -> None:
    """quant.md 2.5: x / (T - t) + 1 / (2 eta) int (T - s) / (T - t) alpha_s ds."""
    found = feedback_rate(X, 2.0, 0.0, ETA, FadingDrift(first=0.5).at)
    assert found == pytest.approx(X / 2 + 0.5 * 1.0 / (2 * ETA))
    near = feedback_rate(X, 2.0, 1e-5, ETA, FadingDrift(first=0.5).at)
    assert near == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("decay", [0.0, 0.3, 1.0, 7.0])
def test_resonance_is_where_the_formula_goes_anyway(decay: float) -> None:
    """quant.md 2.5: the particular solution -a0 t e^(-kappa t) / (4 eta kappa)."""
    kappa = decay or 1e-5
    times = even_times(1.0, 8)
    here = drifting_holdings(X, kappa, times, ETA, FadingDrift(first=0.5, decay=kappa))
    for aside in (1e-10, 1e-7, 1e-5):
        beside = drifting_holdings(
            X, kappa, times, ETA, FadingDrift(first=0.5, decay=kappa + aside)
        )
        assert beside == pytest.approx(here, abs=X * (1e-9 + aside))
    if decay:
        particular = -0.5 * times * np.exp(-kappa * times) / (4 * ETA * kappa)
        homogeneous = here - particular
        sinh = np.sinh(kappa * (1.0 - times)) / math.sinh(kappa)
        end = -particular[-1] * np.sinh(kappa * times) / math.sinh(kappa)
        assert homogeneous == pytest.approx(X * sinh + end, abs=1e-3)


@settings(deadline=None, max_examples=80)
@example(kappa=0.0, decay=5.96e-8, first=1.0, begun=1)
@example(kappa=6e-6, decay=7e-6, first=2.0, begun=3)
@given(
    kappa=st.floats(0.0, 30.0), decay=st.floats(0.0, 60.0), first=st.floats(-2.0, 2.0),
    begun=st.integers(0, 6),
)  # fmt: skip
def test_the_trajectory_is_the_law_followed(
    kappa: float, decay: float, first: float, begun: int
) -> None:
    """Begun again it goes on as it would have, and its rate is what the law says."""
    times, drift = even_times(0.8, 8), FadingDrift(first=first, decay=decay)
    left = drifting_holdings(X, kappa, times, ETA, drift)
    later, now = drift.after(float(times[begun])), times[begun:] - times[begun]
    again = drifting_holdings(float(left[begun]), kappa, now, ETA, later)
    assert again == pytest.approx(left[begun:], abs=1e-4)
    step = 1e-6
    near = drifting_holdings(float(left[begun]), kappa, np.array([0.0, step, now[-1]]), ETA, later)
    rate = feedback_rate(float(left[begun]), float(now[-1]), kappa, ETA, later.at)
    assert (near[0] - near[1]) / step == pytest.approx(rate, rel=1e-3, abs=3_000.0)


@settings(deadline=None, max_examples=40)
@given(kappa=st.floats(1e-12, 1e-3), decay=st.floats(1e-12, 1e-3))
def test_slow_ones_lose_no_digits(kappa: float, decay: float) -> None:
    found = drifting_holdings(
        0.0, kappa, even_times(1.0, 4), 0.5, FadingDrift(first=-1.0, decay=decay)
    )
    assert found == pytest.approx([0.0, 0.09375, 0.125, 0.09375, 0.0], rel=2e-3, abs=1e-9)


def test_no_overflow() -> None:
    left = drifting_holdings(X, 1e4, even_times(1.0, 10), ETA, FadingDrift(first=0.5, decay=1e3))
    assert np.isfinite(left).all()
    assert left[1] == pytest.approx(0.0, abs=1.0)
    assert feedback_rate(X, 1.0, 1e3, ETA, FadingDrift(first=0.5).at) == pytest.approx(
        1e3 * X + 0.5 / (2 * ETA * 1e3), rel=1e-6
    )  # alpha over 2 eta kappa


def test_the_whole_move_is_what_was_expected() -> None:
    """quant.md 2.5: a0 = total delta / (1 - e^(-delta T))."""
    drift = fading_drift(0.3, 0.25, 0.7)
    assert integral(drift.at, np.linspace(0.0, 0.7, 9)) == pytest.approx(0.3)
    assert drift.after(0.25).first == pytest.approx(drift.first / 2)
    times = even_times(0.7, 5)
    assert float(drift.mean_over(times) @ np.diff(times)) == pytest.approx(0.3)
    assert FadingDrift(first=2.0).mean_over(times) == pytest.approx(2.0)
    never = fading_drift(0.3, 1e9, 0.7)
    assert never.first == pytest.approx(0.3 / 0.7)


@settings(deadline=None, max_examples=60)
@given(
    kappa=st.floats(0.0, 20.0), first=st.floats(-20.0, 20.0), half_life=st.floats(0.02, 5.0),
    share=st.floats(1.05, 5.0),
)  # fmt: skip
def test_clamped_nothing_is_bought_back(
    kappa: float, first: float, half_life: float, share: float
) -> None:
    times, drift = even_times(1.0, 20), FadingDrift(first=first, decay=math.log(2) / half_life)
    caps = np.full(20, X / 20 * share)
    left = clamped_holdings(X, kappa, times, ETA, drift, caps)
    sold = trades(left)
    assert sold.min() >= 0.0
    assert (sold - caps).max() <= 1e-6
    assert (left[0], left[-1], sold.sum()) == (X, 0.0, pytest.approx(X))


def test_a_clamp_that_never_binds_changes_nothing() -> None:
    times, drift = even_times(1.0, 20), fading_drift(0.2, 0.25, 1.0)
    free = drifting_holdings(X, 2.0, times, ETA, drift)
    assert clamped_holdings(X, 2.0, times, ETA, drift) == pytest.approx(free, abs=1e-3)


def test_what_a_clamp_costs_beside_the_best() -> None:
    """The law with clamps is near the constrained best, and never below it."""
    times, drift = even_times(1.0, 40), fading_drift(1.0, 0.2, 1.0)
    caps = np.full(40, X / 40 * 1.5)
    objective = Objective(temporary=ETA, risk_price=ETA * 4.0, drift=drift.mean_over(times),
                          trading=Trading.EVENLY)  # fmt: skip
    best = constrained_holdings(objective, X, times, Bounds(caps=caps))
    clamped = clamped_holdings(X, 2.0, times, ETA, drift, caps)
    assert clamped == pytest.approx(best, abs=0.03 * X)


@pytest.mark.parametrize(("first", "more"), [(0.5, True), (-0.5, False)])
def test_a_drift_against_the_order_hurries_it(first: float, more: bool) -> None:
    """quant.md 1.5 row 35: urgency comes of the alpha that is still to be lost."""
    times = even_times(1.0, 10)
    plain = chriss.holdings(X, 1.0, times)
    left = drifting_holdings(X, 1.0, times, ETA, FadingDrift(first=first, decay=2.0))
    assert bool((left[1:-1] < plain[1:-1]).all()) is more
    gone = drifting_holdings(X, 1.0, times, ETA, FadingDrift(first=first, decay=2.0).after(20.0))
    assert gone == pytest.approx(plain, rel=1e-6, abs=1e-6)


def test_refused_views() -> None:
    for make, field in (
        (lambda: FadingDrift(first=math.nan), "first"),
        (lambda: FadingDrift(first=1.0, decay=-1.0), "decay"),
        (lambda: fading_drift(1.0, 0.0, 1.0), "half_life"),
        (lambda: fading_drift(1.0, 1.0, 0.0), "duration_days"),
        (lambda: feedback_rate(1.0, 0.0, 1.0, 1.0, FadingDrift(first=1.0).at), "days_left"),
        (lambda: drifting_holdings(1.0, -1.0, QUARTERS, 1.0, FadingDrift(first=1.0)), "kappa"),
    ):
        with pytest.raises(ModelError) as refused:
            make()
        assert refused.value.field == field
    with pytest.raises(ModelError, match="80 of 100 shares: 20 too few") as few:
        clamped_holdings(100.0, 1.0, QUARTERS, 1.0, FadingDrift(first=1.0), np.full(4, 20.0))
    assert few.value.fault is ModelFault.INFEASIBLE


PENALTY: Final = ClosingPenalty(temporary=1e-6, permanent=1e-7, running=4e-6, terminal=1e-4)


def test_cartea_and_jaimungals_equation() -> None:
    """quant.md 2.5: q'' = g^2 q, q' = -v, and at the end v = (2 A - b) / (2 k) q."""
    times = np.linspace(0.0, 1.0, 2_001)
    left, rates = penalised_holdings(PENALTY, X, times), penalised_rates(PENALTY, X, times)
    step = times[1]
    assert PENALTY.decay == pytest.approx(2.0)
    assert left[0] == pytest.approx(X)
    assert (left[:-2] - 2 * left[1:-1] + left[2:]) / step**2 == pytest.approx(
        4.0 * left[1:-1], rel=1e-4
    )
    assert (left[:-2] - left[2:]) / (2 * step) == pytest.approx(rates[1:-1], rel=1e-5)
    ending = (2 * PENALTY.terminal - PENALTY.permanent) / (2 * PENALTY.temporary) * left[-1]
    assert rates[-1] == pytest.approx(ending)


def test_an_endless_penalty_is_almgren_and_chriss() -> None:
    hard = ClosingPenalty(temporary=1e-6, permanent=1e-7, running=4e-6, terminal=1e6)
    times = even_times(1.0, 10)
    assert penalised_holdings(hard, X, times) == pytest.approx(
        chriss.holdings(X, 2.0, times), abs=1e-3
    )


def test_the_penalty_at_which_z_has_no_denominator() -> None:
    """A = b / 2 + sqrt(k phi): it falls as e^(-g t), whatever T is."""
    even = ClosingPenalty(temporary=1e-6, permanent=0.0, running=4e-6, terminal=2e-6)
    times = even_times(1.0, 4)
    assert penalised_holdings(even, X, times) == pytest.approx(X * np.exp(-2.0 * times))


def test_refused_penalties() -> None:
    with pytest.raises(ModelError, match="below_bound: terminal"):
        ClosingPenalty(temporary=1e-6, permanent=1e-4, running=1e-6, terminal=1e-5)
    with pytest.raises(ModelError, match="not_positive: running"):
        ClosingPenalty(temporary=1e-6, permanent=0.0, running=0.0, terminal=1e-5)
