"""The chance of a fill in time: laws of the logit, and its fit to planted coefficients."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.models.fill_chance import FillLogit, Waiting, behind_chance, fill_chance, fit
from algos.models.model_error import ModelError

PLANTED = FillLogit(constant=0.3, served=1.2, imbalance=-0.8, spread=0.4)


def waiting(
    ahead: float = 400.0, flow: float = 10.0, left: float = 30.0, i: float = 0.0, steps: float = 1.0
) -> Waiting:
    return Waiting(
        ahead_qty=ahead, qty=100.0, flow_qty_per_s=flow, left_s=left, imbalance=i,
        spread_steps=steps,
    )  # fmt: skip


def test_the_logit_by_hand() -> None:
    found = fill_chance(PLANTED, waiting(i=0.5, steps=2.0))
    score = 0.3 + 1.2 * math.log(300.0 / 500.0) - 0.4 + 0.4 * math.log(2.0)
    assert found == pytest.approx(1.0 / (1.0 + math.exp(-score)))


@pytest.mark.parametrize("dead", [waiting(flow=0.0), waiting(left=0.0), waiting(left=-1.0)])
def test_no_flow_or_no_time_no_chance(dead: Waiting) -> None:
    assert fill_chance(PLANTED, dead) == 0.0


@given(
    ahead=st.floats(0.0, 1e9), flow=st.floats(1e-9, 1e9), left=st.floats(1e-9, 1e9),
    i=st.floats(-1.0, 1.0), steps=st.floats(0.0, 1e6),
)  # fmt: skip
def test_a_chance_that_moves_the_right_way(
    ahead: float, flow: float, left: float, i: float, steps: float
) -> None:
    asked = waiting(ahead, flow, left, i, steps)
    found = fill_chance(PLANTED, asked)
    assert 0.0 <= found <= 1.0
    assert fill_chance(PLANTED, waiting(ahead * 2.0, flow, left, i, steps)) <= found
    assert fill_chance(PLANTED, waiting(ahead, flow * 2.0, left, i, steps)) >= found
    assert fill_chance(PLANTED, waiting(ahead, flow, left * 2.0, i, steps)) >= found


def test_behind_the_touch() -> None:
    """Twice e-fold down at k = 0.5 four steps away; 0.1 a second, a minute."""
    assert behind_chance(0.1, 0.5, 4.0, 60.0) == pytest.approx(1 - math.exp(-6.0 * math.exp(-2.0)))
    assert behind_chance(0.1, 0.5, 0.0, 0.0) == 0.0
    assert behind_chance(0.1, 0.0, 4.0, 60.0) == behind_chance(0.1, 0.5, 0.0, 60.0)
    with pytest.raises(ModelError, match="negative: steps"):
        behind_chance(0.1, 0.5, -1.0, 60.0)


def planted_sample(n: int) -> tuple[list[Waiting], list[bool]]:
    random = np.random.default_rng(5)
    orders = [
        waiting(float(random.uniform(0, 2000)), float(random.uniform(1, 50)),
                float(random.uniform(1, 60)), float(random.uniform(-1, 1)),
                float(random.integers(1, 5)))
        for _ in range(n)
    ]  # fmt: skip
    return orders, [bool(random.random() < fill_chance(PLANTED, each)) for each in orders]


def test_the_fit_recovers_what_was_planted() -> None:
    orders, filled = planted_sample(4_000)
    found = fit(orders, filled)
    for name, error in zip(FillLogit.__struct_fields__, found.errors, strict=True):
        planted, got = getattr(PLANTED, name), getattr(found.logit, name)
        assert abs(got - planted) < 3.0 * error, name
        assert 0.0 < error < 0.2
    assert (found.orders, found.filled) == (4_000, sum(filled))


def test_a_sample_that_says_nothing_is_refused() -> None:
    orders, _ = planted_sample(10)
    with pytest.raises(ModelError, match="not_positive: filled"):
        fit(orders, [False] * 10)
    with pytest.raises(ModelError, match="above_bound: filled"):
        fit(orders, [True] * 10)
    with pytest.raises(ModelError, match="not_positive: orders"):
        fit([], [])
    with pytest.raises(ModelError, match="not_positive: flow_qty_per_s"):
        fit([waiting(flow=0.0), *orders], [True] + [False] * 10)


def test_a_spread_that_never_varies_has_no_coefficient() -> None:
    orders, filled = planted_sample(500)
    same = [waiting(each.ahead_qty, each.flow_qty_per_s, each.left_s, each.imbalance)
            for each in orders]  # fmt: skip
    assert fit(same, filled).logit.spread == pytest.approx(0.0, abs=1e-6)
