"""Resting against taking: quant.md 5.1."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.models.model_error import ModelError
from algos.models.post_or_cross import (
    NEVER,
    Touch,
    break_even,
    crossing_cost,
    lag_cost,
    resting_cost,
)

EXAMPLE = Touch(half_spread=0.5, taker_fee=0.3, maker_rebate=0.2, adverse=0.35, drift=0.25)


def test_the_figures_of_the_source() -> None:
    assert break_even(EXAMPLE) == pytest.approx(0.178571, abs=5e-7)
    assert resting_cost(EXAMPLE, 0.5) == pytest.approx(0.35, abs=1e-12)
    assert crossing_cost(EXAMPLE) == pytest.approx(0.80, abs=1e-12)


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (Touch(half_spread=0.5, adverse=1.0), NEVER),  # 2h + f + r = a
        (Touch(half_spread=0.5, adverse=2.0, drift=0.1), NEVER),
        (Touch(half_spread=0.5, maker_rebate=-1.5, drift=0.1), NEVER),  # a maker who pays
        (Touch(half_spread=0.5), 0.0),  # waiting costs nothing
        (Touch(half_spread=0.5, drift=-0.2), 0.0),  # the price comes to us
        (Touch(half_spread=0.5, drift=1.0), 0.5),
        (Touch(half_spread=0.0, taker_fee=0.3, maker_rebate=0.2, drift=0.5), 0.5),
        (Touch(half_spread=0.5, drift=1e12), 1.0),
    ],
)
def test_special_cases(touch: Touch, expected: float) -> None:
    assert break_even(touch) == pytest.approx(expected)


PARTS = st.floats(0.0, 10.0)


@given(h=PARTS, f=PARTS, r=st.floats(-1.0, 5.0), a=PARTS, d=PARTS, p=st.floats(0.0, 1.0))
def test_it_is_where_the_two_costs_meet(
    h: float, f: float, r: float, a: float, d: float, p: float
) -> None:
    touch = Touch(half_spread=h, taker_fee=f, maker_rebate=r, adverse=a, drift=d)
    needed = break_even(touch)
    if needed == NEVER:
        assert resting_cost(touch, p) >= crossing_cost(touch) - 1e-9
    elif abs(p - needed) > 1e-9:
        cheaper = resting_cost(touch, p) < crossing_cost(touch) + 1e-9
        assert cheaper if p > needed else not cheaper or math.isclose(
            resting_cost(touch, p), crossing_cost(touch), abs_tol=1e-8
        )  # fmt: skip


def test_lag_makes_resting_harder() -> None:
    """2 lambda sigma^2 x tau: quant.md 2.1's lambda and sigma, 1e5 shares late for a tenth day."""
    cost = lag_cost(1e-6, 0.95, 1e5, 0.1)
    assert cost == pytest.approx(2 * 1e-6 * 0.9025 * 1e5 * 0.1)
    late = Touch(half_spread=0.5, taker_fee=0.3, maker_rebate=0.2, adverse=0.35, drift=0.25 + cost)
    assert break_even(late) > break_even(EXAMPLE)
    assert lag_cost(1e-6, 0.95, 0.0, 0.1) == 0.0
    with pytest.raises(ModelError, match="negative: lag_qty"):
        lag_cost(1e-6, 0.95, -1.0, 0.1)
