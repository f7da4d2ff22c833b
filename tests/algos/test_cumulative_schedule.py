"""Any cumulative target as slices: whole lots, inside their bins, exact in the end."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.cumulative_schedule import cumulative_schedule
from algos.schedule import Schedule


def schedule(targets: list[float], *, lot: int = 100, base: int = 0, size_jitter: float = 0.0,
             time_jitter: float = 0.0, seed: int = 1) -> Schedule:  # fmt: skip
    edges = tuple(1_000 * place for place in range(len(targets) + 1))
    return cumulative_schedule(
        targets=np.array(targets), edges_ns=edges, base_qty=base, lot=lot,
        size_jitter=size_jitter, time_jitter=time_jitter, seed=seed,
    )  # fmt: skip


def test_targets_are_rounded_cumulatively() -> None:
    """quant.md 5.6: a third of a lot each time is a lot at the third."""
    found = schedule([33.4, 66.8, 100.2, 133.6, 200.0])
    assert found == Schedule((1_000, 4_000), (100, 200))


def test_what_is_done_comes_on_top_and_an_odd_remainder_at_the_end() -> None:
    assert schedule([100.0, 250.0], base=50) == Schedule((0, 1_000), (150, 300))


STEPS = st.lists(st.floats(0.0, 900.0), min_size=1, max_size=40).filter(lambda each: sum(each) >= 1)


@settings(deadline=None)
@given(steps=STEPS, size_jitter=st.floats(0, 0.9), time_jitter=st.floats(0, 1), seed=st.integers(0))
def test_no_jitter_loses_a_share_or_leaves_its_bin(
    steps: list[float], size_jitter: float, time_jitter: float, seed: int
) -> None:
    targets = np.cumsum(steps)
    targets = np.round(targets / targets[-1] * round(targets[-1]), 6)
    found = schedule(targets.tolist(), lot=10, size_jitter=size_jitter, time_jitter=time_jitter,
                     seed=seed % 2**63)  # fmt: skip
    assert found.cum_qty[-1] == round(targets[-1])
    assert all(before < after for before, after in pairwise((0, *found.cum_qty)))
    assert all(due % 10 == 0 for due in found.cum_qty[:-1])
    sizes = np.diff(targets, prepend=0.0)
    for at_ns, due in zip(found.times_ns, found.cum_qty, strict=True):
        place = at_ns // 1_000
        assert at_ns - 1_000 * place <= 1_000 * time_jitter
        after = sizes[place + 1] if place + 1 < len(sizes) else 0.0
        aside = size_jitter / 2 * min(sizes[place], after)
        assert due - targets[place] == pytest.approx(0.0, abs=5.0 + aside + 1e-4)


def test_the_same_seed_gives_the_same_slices() -> None:
    targets = [1_000.0 * place for place in range(1, 30)]
    once, again = (schedule(targets, size_jitter=0.5, time_jitter=1, seed=7) for _ in range(2))
    assert once == again
    assert once != schedule(targets, size_jitter=0.5, time_jitter=1, seed=8)


def test_targets_that_fall_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="targets fall"):
        schedule([200.0, 100.0, 300.0])
