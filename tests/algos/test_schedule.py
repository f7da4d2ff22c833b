"""Schedules keep their total, their window and their lots, whatever the jitter (quant.md 5.5, 5.6).

The tests named `row_*` are the defects of a naive TWAP that quant.md section 1.3 lists.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.schedule import MAX_SLICES, Schedule, even_schedule, seed_of, slice_count
from algos.twap import TWAP
from domain.parents import ParamValue
from tests.algos.partition_scene import BEGIN_NS, S
from tests.algos.plan_scene import planned

MINUTE = 60 * S


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Schedule, int, int, int, int, int]:
    """(schedule, qty, base_qty, lot, start_ns, end_ns)."""
    qty, lot = draw(st.integers(1, 50_000)), draw(st.sampled_from([1, 10, 100]))
    base_qty, start_ns = draw(st.integers(0, 1_000)), BEGIN_NS
    end_ns = start_ns + draw(st.integers(1, 23_400)) * S
    made = even_schedule(
        qty=qty, base_qty=base_qty, lot=lot, start_ns=start_ns, end_ns=end_ns,
        slices=draw(st.integers(1, 300)), size_jitter=draw(st.floats(0, 0.9)),
        time_jitter=draw(st.floats(0, 1)), seed=draw(st.integers(0, 2**63 - 1)),
    )  # fmt: skip
    return made, qty, base_qty, lot, start_ns, end_ns


@settings(max_examples=200, deadline=None, derandomize=True)
@given(schedules())
def test_total_window_and_lots(drawn: tuple[Schedule, int, int, int, int, int]) -> None:
    schedule, qty, base_qty, lot, start_ns, end_ns = drawn
    times, targets = list(schedule.times_ns), list(schedule.cum_qty)
    assert len(times) == len(targets) >= 1
    assert targets[-1] == base_qty + qty
    assert targets == sorted(targets)
    assert len(set(targets[1:])) == len(targets[1:])
    assert times == sorted(times)
    assert start_ns <= times[0]
    assert times[-1] < end_ns
    assert all((target - base_qty) % lot == 0 for target in targets[:-1])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    qty=st.integers(1, 50_000), lot=st.sampled_from([1, 100]), slices=st.integers(1, 300),
    size_jitter=st.floats(0, 0.9), seed=st.integers(0, 2**63 - 1),
)  # fmt: skip
def test_targets_stay_by_the_ideal(
    qty: int, lot: int, slices: int, size_jitter: float, seed: int
) -> None:
    """Rounding costs half a lot at most, the jitter of sizes half of it, of one slice: no more."""
    made = even_schedule(
        qty=qty, base_qty=0, lot=lot, start_ns=0, end_ns=slices * S, slices=slices,
        size_jitter=size_jitter, time_jitter=0.0, seed=seed,
    )  # fmt: skip
    mean = qty / slices
    for index in range(slices):
        due_qty = made.due_qty(index * S)
        off = abs(due_qty - (index + 1) * mean)
        assert off <= size_jitter / 2 * mean + lot / 2 + 1e-6 or due_qty == qty


def test_sizes_vary_by_the_fraction_asked_for_and_do_not_add_up() -> None:
    """All of the range is used, and both neighbours of a large slice are small as often as not."""
    sizes = np.diff([0, *even_schedule(
        qty=10_000_000, base_qty=0, lot=1, start_ns=0, end_ns=1_000 * S, slices=1_000,
        size_jitter=0.2, time_jitter=1.0, seed=5,
    ).cum_qty]) / 10_000  # fmt: skip
    assert 0.8 <= sizes.min() < 0.83
    assert 1.17 < sizes.max() <= 1.2
    assert 0.07 < sizes.std() < 0.095  # of a triangle: 0.2 / 6^0.5
    assert abs(np.cumsum(sizes - 1.0)).max() <= 0.1 + 1e-9


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    assert twap(10_000) == twap(10_000)
    assert twap(10_000) != twap(10_000, seed=seed_of("B"))
    assert 0 <= seed_of("A") < 2**63


def twap(qty: int, minutes: float = 60, seed: int = 1, **params: ParamValue) -> Schedule:
    return planned(TWAP, qty, minutes, seed, **params).schedule


def test_row_18_an_order_of_many_small_slices_trades() -> None:
    """10,000 shares in an hour: 120 slices of 30 s would be 83 shares each, below a lot."""
    schedule = twap(10_000)
    assert 95 <= len(schedule.times_ns) <= 100
    assert schedule.cum_qty[-1] == 10_000


def test_row_19_jitter_of_sizes_keeps_the_total() -> None:
    totals = [twap(10_000, seed=seed, size_jitter=0.9).cum_qty[-1] for seed in range(50)]
    assert set(totals) == {10_000}


def test_row_20_slices_stay_in_the_window_and_in_order() -> None:
    for seed in range(50):
        times = twap(20_000, minutes=2, seed=seed, time_jitter=1.0).times_ns
        assert list(times) == sorted(times)
        assert times[0] >= 0
        assert times[-1] < 2 * MINUTE
        gaps = np.diff(times)
        assert gaps.max() < 2 * 30 * S


def test_row_21_slices_are_no_closer_than_the_interval_allows() -> None:
    assert slice_count(10_000, 60 * S, 30 * S, 100) == 2
    assert slice_count(10_000, 10 * S, 30 * S, 100) == 1
    assert slice_count(250, 3_600 * S, 30 * S, 100) == 2
    assert slice_count(50, 3_600 * S, 30 * S, 100) == 1
    assert slice_count(10**9, 23_400 * S, S, 1) == MAX_SLICES


def test_row_24_children_are_whole_lots() -> None:
    targets = (0, *twap(12_300, size_jitter=0.9).cum_qty)
    assert all(step % 100 == 0 for step in np.diff(targets))


def test_an_odd_remainder_goes_last() -> None:
    assert twap(250, interval=60).cum_qty[-1] == 250
    assert even_schedule(
        qty=37, base_qty=5, lot=100, start_ns=0, end_ns=S, slices=1, size_jitter=0.0,
        time_jitter=0.0, seed=1,
    ) == Schedule((0,), (42,))  # fmt: skip


def test_due_and_next() -> None:
    schedule = Schedule((10, 20), (100, 300))
    assert [schedule.due_qty(at) for at in (9, 10, 19, 20, 99)] == [0, 100, 100, 300, 300]
    assert [schedule.next_ns(at) for at in (9, 10, 19, 20)] == [10, 20, 20, None]
