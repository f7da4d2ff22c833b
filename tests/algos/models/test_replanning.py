"""When to plan anew, by how much, and how far from the first trajectory (quant.md 2.6)."""

import math
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.models import almgren_chriss as chriss
from algos.models.replanning import (
    BAND,
    DWELL_NS,
    FACTOR_MAX,
    HELD_NS,
    Seen,
    band,
    banded,
    changed,
    has_changed,
    new_decay,
    next_plan_ns,
)
from algos.models.trajectory import even_times, trades

S: Final = 10**9


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(1.0, False), (1.5, False), (1.51, True), (0.667, False), (0.66, True), (0.0, False),
     (math.nan, False)],
)  # fmt: skip
def test_a_change_is_beyond_half_as_much_again(ratio: float, expected: bool) -> None:
    assert changed(ratio) is expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([(0, 2.0), (60, 2.0), (120, 2.0)], True),
        ([(0, 2.0)], True),  # nothing said otherwise since
        ([(1, 2.0), (60, 2.0), (120, 2.0)], False),  # for 119 s only
        ([(0, 2.0), (60, 1.4), (61, 2.0), (120, 2.0)], False),  # not all the time
        ([(0, 0.5), (60, 2.0), (120, 2.0)], False),  # from one side to the other
        ([(0, 0.5), (60, 0.6), (120, 0.5)], True),
        ([(-500, 1.0), (-10, 2.0), (60, 2.0)], True),  # what was before does not count
        ([(0, 2.0), (60, 2.0), (130, 1.0)], True),  # nor what is to come
        ([], False),
    ],
)
def test_a_change_must_last(seen: list[tuple[int, float]], expected: bool) -> None:
    found = [Seen(at_ns=at_s * S, ratio=ratio) for at_s, ratio in seen]
    assert has_changed(found, 120 * S) is expected
    assert HELD_NS == 120 * S


@pytest.mark.parametrize(
    ("planned_s", "window_s", "expected_s"),
    [(0, 3_600, 180), (1_000, 3_600, 1_180), (0, 23_400, 234), (-500, 3_600, 180)],
)
def test_a_plan_is_followed_for_a_while(planned_s: int, window_s: int, expected_s: int) -> None:
    assert next_plan_ns(planned_s * S, 0, window_s * S) == expected_s * S
    assert DWELL_NS == 180 * S


def test_a_new_decay() -> None:
    assert new_decay(2.0, 1.0, 1.0) == 2.0
    assert new_decay(2.0, 1.6, 1.0) == pytest.approx(3.2)
    assert new_decay(2.0, 1.0, 4.0) == pytest.approx(4.0)
    assert new_decay(2.0, 1e9, 1.0) == 2.0 * FACTOR_MAX
    assert new_decay(2.0, 1e-9, 1.0) == 2.0 / FACTOR_MAX


def test_the_band_closes_at_both_ends() -> None:
    assert band(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.0, BAND, 0.0])


@given(
    base=st.floats(0.0, 8.0), new=st.floats(0.0, 60.0), begun=st.integers(0, 18),
    ahead=st.floats(-0.3, 0.3),
)  # fmt: skip
def test_a_new_plan_stays_near_the_first(base: float, new: float, begun: int, ahead: float) -> None:
    times = even_times(1.0, 20)
    first = chriss.holdings(1_000.0, base, times)
    here = float(np.clip(first[begun] + 1_000.0 * ahead, 0.0, 1_000.0))
    left = chriss.holdings(here, new, times[begun:])
    found = banded(left, first[begun:], 1_000.0, times[begun:])
    assert (found[0], found[-1]) == (left[0], 0.0)
    assert trades(found).min() >= 0.0
    width = band(times[begun:]) * 1_000.0
    assert (found[1:] <= first[begun + 1 :] + width[1:] + 1e-9).all()
    if abs(here - first[begun]) <= width[0]:
        assert (found >= first[begun:] - width - 1e-9).all()
