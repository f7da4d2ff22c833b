"""The chance of completion: by hand, by simulation, and by what must hold whatever is asked."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.models.completion_chance import by_limit, by_volume, normal_cdf
from algos.models.model_error import ModelError, ModelFault

QUANTITIES = st.floats(1.0, 1e9)
VARIANCES = st.floats(0.0, 25.0)


def test_the_normal_distribution() -> None:
    assert normal_cdf(0.0) == 0.5
    assert normal_cdf(1.959963984540054) == pytest.approx(0.975)
    assert normal_cdf(-38.0) >= 0.0


@pytest.mark.parametrize(
    ("qty", "share", "median", "chance", "expected"),
    [  # without uncertainty: what there is, is had
        (100, 0.1, 1_000, 1.0, 1.0), (100, 0.1, 999, 0.0, 0.999), (200, 0.1, 1_000, 0.0, 0.5),
    ],
)  # fmt: skip
def test_a_volume_that_is_known(
    qty: float, share: float, median: float, chance: float, expected: float
) -> None:
    assert by_volume(qty, share, median, 0.0) == pytest.approx((chance, expected))


@pytest.mark.parametrize(("ratio", "variance"), [(1.0, 0.13), (0.5, 0.3), (2.0, 1.0), (0.1, 0.1)])
def test_a_volume_by_simulation(ratio: float, variance: float) -> None:
    draw = np.random.default_rng(1)
    volumes = ratio * np.exp(draw.normal(0.0, math.sqrt(variance), 400_000))
    found = by_volume(1_000.0, 0.1, ratio * 10_000.0, variance)
    assert found.all_of_it == pytest.approx((volumes >= 1.0).mean(), abs=0.003)
    assert found.expected == pytest.approx(np.minimum(volumes, 1.0).mean(), abs=0.003)


def test_a_limit_at_the_market() -> None:
    """Half a chance of all; else it was last within it half way to the end."""
    assert by_limit(0.0, 0.01) == (0.5, 0.75)


@pytest.mark.slow
@pytest.mark.parametrize("distance", [-1.5, -0.5, 0.3, 1.0])
def test_a_limit_by_simulation(distance: float) -> None:
    """The last of 1,000 steps within the limit: the discrete path is within it a little less."""
    draw = np.random.default_rng(2)
    last = np.zeros(10_000)
    path = np.zeros(10_000)
    for step in range(1, 1_001):
        path += draw.normal(0.0, math.sqrt(1 / 1_000), 10_000)
        last[path <= distance] = step / 1_000
    found = by_limit(distance * 0.02, 0.02)
    assert found.all_of_it == pytest.approx((last == 1.0).mean(), abs=0.015)
    assert found.expected == pytest.approx(last.mean(), abs=0.02)


@pytest.mark.parametrize(
    ("distance", "deviation", "chance"),
    [(0.0, 0.0, 1.0), (0.01, 0.0, 1.0), (-0.01, 0.0, 0.0), (1.0, 0.01, 1.0), (-1.0, 0.01, 0.0)],
)
def test_limits_that_are_certain(distance: float, deviation: float, chance: float) -> None:
    assert by_limit(distance, deviation) == (chance, chance)


@given(QUANTITIES, st.floats(1e-3, 1.0), QUANTITIES, VARIANCES)
def test_volumes_are_chances(qty: float, share: float, median: float, variance: float) -> None:
    found = by_volume(qty, share, median, variance)
    assert 0.0 <= found.all_of_it <= found.expected <= 1.0
    assert by_volume(qty, share, 2.0 * median, variance).expected >= found.expected - 1e-12


@given(st.floats(-1.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 0.5))
def test_limits_are_chances(distance: float, deviation: float, further: float) -> None:
    found = by_limit(distance, deviation)
    assert 0.0 <= found.all_of_it <= 1.0
    assert found.all_of_it <= found.expected + 1e-9
    assert found.expected <= 1.0
    assert by_limit(distance + further, deviation).expected >= found.expected - 1e-9


@pytest.mark.parametrize(
    ("given", "field"),
    [((0, 0.1, 1e3, 0.1), "qty"), ((1, 0, 1e3, 0.1), "share"), ((1, 0.1, 0, 0.1), "median_qty"),
     ((1, 0.1, 1e3, -0.1), "log_variance"), ((1, 0.1, math.nan, 0.1), "median_qty")],
)  # fmt: skip
def test_what_is_no_volume(given: tuple[float, float, float, float], field: str) -> None:
    with pytest.raises(ModelError) as refused:
        by_volume(*given)
    assert refused.value.field == field


def test_what_is_no_deviation() -> None:
    with pytest.raises(ModelError) as refused:
        by_limit(0.0, -0.01)
    assert (refused.value.fault, refused.value.field) == (ModelFault.NEGATIVE, "deviation")
