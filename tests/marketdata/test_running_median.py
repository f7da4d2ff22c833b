"""The median of sizes from a histogram, beside the true one."""

from statistics import median_low

from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.running_median import FIRST, TAKEN_EVERY, RunningMedian

SIZES = st.one_of(st.integers(1, 40), st.sampled_from([100, 200, 500]), st.integers(1, 10**7))


def added(sizes: list[int], batch: int = 7) -> RunningMedian:
    found = RunningMedian()
    for first in range(0, len(sizes), batch):
        found.add([(0, qty, 0, 0) for qty in sizes[first : first + batch]])
    return found


@settings(deadline=None)
@given(sizes=st.lists(SIZES, min_size=FIRST, max_size=4 * FIRST))
def test_it_is_within_a_bin_of_the_true_one(sizes: list[int]) -> None:
    at = FIRST
    while 2 * at <= len(sizes):
        at *= 2
    value = added(sizes).value
    assert value is not None
    true = median_low(sizes[:at])
    assert abs(value - true) <= true / 8
    if true < 16:
        assert value == true


def test_round_lots_are_exact_and_a_void_size_counts_no_more() -> None:
    found = added([100] * 40 + [10_000] * 39)
    assert found.value == 100
    for _ in range(40):
        found.remove(100)
    found.add([(0, 10_000, 0, 0)] * (TAKEN_EVERY + 64))
    assert found.value == 10_000
    assert added([5] * (FIRST - 1)).value is None
