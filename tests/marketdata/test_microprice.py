"""The microprice: the check value of the algorithm, and what its chain learns."""

import numpy as np
import pytest

from marketdata.microprice import (
    IMBALANCES,
    SEEN_MIN,
    SOLVED_EVERY,
    STATES,
    Microprice,
    adjustments,
    mirrored,
    state_of,
    weighted_mid,
)


def test_the_check_value() -> None:
    """quant.md 5.3: G1 = (-.355556, 0, .355556), G* = (-.321285, 0, .321285)."""
    stay = np.array([[0.6, 0.15, 0.05], [0.12, 0.6, 0.12], [0.05, 0.15, 0.6]])
    down, up = np.array([0.18, 0.08, 0.02]), np.array([0.02, 0.08, 0.18])
    after_up = np.array([0.5, 0.3, 0.2])
    moved_to = np.outer(up, after_up) + np.outer(down, after_up[::-1])
    first, total = adjustments(stay, np.stack([down, up], axis=1), moved_to, np.array([-1.0, 1.0]))
    assert first == pytest.approx([-0.355556, 0, 0.355556], abs=5e-7)
    assert total == pytest.approx([-0.321285, 0, 0.321285], abs=5e-7)


def test_the_weighted_mid_leans_to_the_side_that_is_thin() -> None:
    assert weighted_mid(100, 300, 101, 100) == 100.75
    assert weighted_mid(100, 100, 101, 100) == 100.5


def test_states_are_mirrored_within_their_spread() -> None:
    assert state_of(1, 99, 1) == 0
    assert state_of(99, 1, 1) == IMBALANCES - 1
    assert state_of(100, 0, 0) == state_of(99, 1, 1)  # a locked market counts as one step wide
    assert state_of(1, 99, 7) == state_of(1, 99, 3) == STATES - IMBALANCES
    for state in range(STATES):
        assert mirrored(mirrored(state)) == state
        assert state // IMBALANCES == mirrored(state) // IMBALANCES
    assert mirrored(state_of(1, 99, 2)) == state_of(99, 1, 2)


def test_it_learns_that_the_heavy_side_wins() -> None:
    """A bid that is heavy for a second, and then the mid is a step higher: three times in four."""
    chain = Microprice()
    heavy, even = state_of(90, 10, 1), state_of(50, 50, 1)
    mid = 100.0
    assert chain.adjustment_steps(heavy) is None
    for number in range(4 * SOLVED_EVERY):
        chain.sample(even, mid)
        chain.sample(heavy, mid)
        mid += 1.0 if number % 4 else -1.0
    up = chain.adjustment_steps(heavy)
    assert up is not None
    assert 0.3 < up < 0.6
    assert chain.adjustment_steps(mirrored(heavy)) == pytest.approx(-up)  # no drift is learnt
    assert chain.adjustment_steps(even) == pytest.approx(0.0)
    assert chain.adjustment_steps(state_of(50, 50, 3)) is None


def test_a_hold_is_so_many_samples() -> None:
    one, other = Microprice(), Microprice()
    for chain in (one, other):
        chain.sample(1, 10.0)
    one.hold(3 * SOLVED_EVERY)
    for _ in range(3 * SOLVED_EVERY):
        other.sample(1, 10.0)
    assert one.samples == other.samples >= SEEN_MIN
    assert one._stay == other._stay
    assert one.adjustment_steps(1) == other.adjustment_steps(1) is not None
    one.lapse()
    one.sample(2, 11.0)  # nobody saw how it came there
    assert one.samples == other.samples
