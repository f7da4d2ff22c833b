"""The statistics of a simulation: intervals by their coverage."""

from itertools import count
from math import isclose
from random import Random

import pytest

from simulation.estimates import by_seed, estimate, paired, variance_reduction
from simulation.order_row import OrderRow


def test_an_estimate_by_hand() -> None:
    found = estimate([1.0, 2.0, 3.0, 4.0])
    assert found.mean == 2.5
    assert found.se is not None
    assert found.low is not None
    assert isclose(found.se, (5 / 3 / 4) ** 0.5)
    assert found.low == pytest.approx(2.5 - 3.1824463 * found.se)
    assert found.high == pytest.approx(2.5 + 3.1824463 * found.se)


def test_fewer_than_two_say_nothing_of_their_spread() -> None:
    assert estimate([]).mean is None
    assert (estimate([3.0]).mean, estimate([3.0]).low) == (3.0, None)


def test_intervals_hold_the_truth_about_95_times_in_100() -> None:
    random, held = Random(5), 0
    for _ in range(1_000):
        found = estimate([random.gauss(7.0, 3.0) for _ in range(6)])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 7.0 <= found.high
    assert 930 <= held <= 970


def test_pairs_take_away_what_both_share() -> None:
    random = Random(6)
    shared = {seed: random.gauss(0.0, 50.0) for seed in range(40)}
    theirs = {seed: each + 1.0 + random.gauss(0.0, 0.1) for seed, each in shared.items()}
    found = paired(shared, theirs)
    assert found.low is not None
    assert found.high is not None
    assert 0.9 < found.low < 1.0 < found.high < 1.1
    assert paired(shared, {1: shared[1]}).n == 1


_numbers = count()


def row(seed: int, is_bps: float | None, qty: int = 100, **changes: object) -> OrderRow:
    fields: dict[str, object] = dict.fromkeys(OrderRow.__struct_fields__)
    fields |= {"seed": seed, "is_bps": is_bps, "order_qty": qty, "arrival_px": 10.0,
               "order": f"A{next(_numbers)}", **changes}  # fmt: skip
    return OrderRow(**fields)  # type: ignore[arg-type]  # what by_seed does not read is None


def test_a_seed_is_the_mean_of_its_orders_by_their_value() -> None:
    rows = [row(1, 10.0, 300), row(1, 30.0, 100), row(2, 5.0)]
    assert by_seed(rows, lambda each: each.is_bps) == {1: 15.0, 2: 5.0}


def test_an_order_without_a_cost_takes_its_seed_out_and_a_rejected_one_does_not() -> None:
    rows = [row(1, 10.0), row(1, None), row(2, 5.0), row(2, None, reject_reason="off_lot")]
    assert by_seed(rows, lambda each: each.is_bps) == {2: 5.0}


def test_how_much_smaller_the_variance_is() -> None:
    assert variance_reduction({1: 0.0, 2: 10.0}, {1: 0.0, 2: 1.0}) == pytest.approx(100.0)
    assert variance_reduction({1: 0.0}, {1: 0.0}) is None
    assert variance_reduction({1: 0.0, 2: 1.0}, {1: 0.0, 2: 0.0}) is None
