"""The stage that plays orders over seeds runs and gives figures."""

import pytest

from benchmarks import simulated_orders


@pytest.mark.slow
def test_simulated_orders_give_a_rate_with_one_process_and_two() -> None:
    alone, together = simulated_orders.measure(1, parents=1)
    assert alone.value > 0
    assert together.base == alone.value
