"""Fading impact: the figures of quant.md 2.7, and what is best for any kernel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.models.model_error import ModelError, ModelFault
from algos.models.obizhaeva_wang import RefilledBook
from algos.models.obizhaeva_wang import best_trades as refilled_trades
from algos.models.trajectory import even_times
from algos.models.transient_impact import (
    DAY_S,
    GAMMA_MIN,
    ROOT_DECAYS_S,
    ROOT_WEIGHTS,
    best_trades,
    exponential_kernel,
    may_be_manipulated,
    power_kernel,
    root_decay,
    transient_cost,
)

GRID = even_times(1.0, 100)


def test_the_given_power_law() -> None:
    """G = (1 + 100 t)^-0.4, N = 100: a block at both ends, and 2.66 % saved."""
    kernel = power_kernel(0.01, 0.4)
    found = best_trades(kernel, 1.0, GRID)
    assert (found[0], found[1], found[50]) == pytest.approx(
        (0.050432, 0.020841, 0.0073368), abs=6e-7
    )
    even = transient_cost(kernel, np.full(101, 1.0 / 101), GRID)
    assert 1 - transient_cost(kernel, found, GRID) / even == pytest.approx(0.0266, abs=6e-5)


def test_the_given_bounds_of_manipulation() -> None:
    assert pytest.approx(0.415037, abs=6e-7) == GAMMA_MIN
    assert not may_be_manipulated(0.5, 0.5)
    assert may_be_manipulated(0.5, 0.49)
    assert may_be_manipulated(0.7, 0.41)
    assert not may_be_manipulated(0.7, 0.42)


@pytest.mark.parametrize(
    ("after", "left"), [(0.25, 0.618), (0.5, 0.518), (1.0, 0.414), (2.0, 0.318), (4.0, 0.236)]
)
def test_the_given_decay_of_the_square_root(after: float, left: float) -> None:
    assert root_decay(after) == pytest.approx(left, abs=6e-4)
    assert root_decay(0.0) == 1.0


def test_the_given_sum_of_exponentials() -> None:
    """At most 0.55 % from (1 + t / 10 s)^-1/2 over three days."""
    days = np.concatenate([[0.0], np.geomspace(0.01, 3 * DAY_S, 20_000)]) / DAY_S
    sum_ = exponential_kernel(ROOT_WEIGHTS, ROOT_DECAYS_S / DAY_S)(days)
    exact = power_kernel(10.0 / DAY_S, 0.5)(days)
    assert float(np.abs(sum_ / exact - 1).max()) == pytest.approx(0.0055, abs=2e-4)


@settings(deadline=None, max_examples=30)
@given(rho=st.floats(0.1, 50.0), bins=st.integers(2, 40))
def test_one_exponential_is_obizhaeva_and_wang(rho: float, bins: int) -> None:
    kernel = exponential_kernel(np.ones(1), np.array([1.0 / rho]))
    book = RefilledBook(density=5_000.0, lasting=0.0, resilience=rho)
    found = best_trades(kernel, 1e5, even_times(1.0, bins))
    assert found == pytest.approx(refilled_trades(book, 1e5, 1.0, bins), rel=1e-5, abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(gamma=st.floats(0.2, 1.5), one=st.integers(0, 20), other=st.integers(0, 20))
def test_no_shift_is_cheaper_and_none_is_traded_backwards(
    gamma: float, one: int, other: int
) -> None:
    times = even_times(1.0, 20)
    kernel = power_kernel(0.02, gamma)
    found = best_trades(kernel, 1.0, times)
    assert found.min() >= 0.0
    assert found.sum() == pytest.approx(1.0)
    shifted = found.copy()
    shifted[one] += 1e-3
    shifted[other] -= 1e-3
    best = transient_cost(kernel, found, times)
    assert transient_cost(kernel, shifted, times) >= best * (1 - 1e-12)


def test_a_kernel_that_pays_for_round_trips_is_refused() -> None:
    def rising(
        days: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return 1.0 + days

    with pytest.raises(ModelError) as refused:
        best_trades(rising, 1.0, even_times(1.0, 4))
    assert (refused.value.field, refused.value.fault) == ("kernel", ModelFault.NO_TRAJECTORY)
    for bad in (lambda: root_decay(-1.0), lambda: power_kernel(0.0, 0.5),
                lambda: may_be_manipulated(0.5, 0.0)):  # fmt: skip
        with pytest.raises(ModelError):
            bad()
