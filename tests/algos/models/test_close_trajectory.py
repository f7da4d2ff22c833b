"""The trajectory to the close: the check values of quant.md 5.7, and its inverse."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.models.close_trajectory import effective_fraction, executed_fraction, time_fraction


@pytest.mark.parametrize(
    ("passed", "executed"), [(0.0, 0.0), (0.25, 0.0821), (0.5, 0.2125), (0.75, 0.4683), (1.0, 1.0)]
)
def test_executed_at_kappa_t_of_three(passed: float, executed: float) -> None:
    assert executed_fraction(3.0, passed) == pytest.approx(executed, abs=5e-5)


@given(st.floats(0.1, 8.0), st.floats(0.0, 1.0))
def test_the_inverse(kappa_t: float, passed: float) -> None:
    executed = executed_fraction(kappa_t, passed)
    assert 0.0 <= executed <= passed + 1e-12  # never before an even pace
    assert time_fraction(kappa_t, executed) == pytest.approx(passed, abs=1e-9)


def test_when_the_first_child_is_large_enough() -> None:
    """T_eff ~ ln(2 X / q) / kappa before the end; there about q is due."""
    part = effective_fraction(8.0, 100_000, 1_000)
    assert part == pytest.approx(math.log(200.0) / 8.0)
    assert executed_fraction(8.0, 1.0 - part) * 100_000 == pytest.approx(1_000 / 2, rel=0.02)
    assert effective_fraction(1.0, 100_000, 100) == 1.0
    assert effective_fraction(1.0, 100, 100) == 0.0
