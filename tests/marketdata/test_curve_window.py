"""What is left of a curve for an order: late starts, partial bins, crosses, halts."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.curve_window import Window, WindowCurve, window_curve
from marketdata.volume_curve import VolumeCurve
from tests.marketdata.curve_scene import NS, curve, session

SESSION = session()
OPEN_NS = SESSION.open_ns


def minute(at: float) -> int:
    return OPEN_NS + round(at * 60) * NS


def window(start: float, end: float, made: VolumeCurve | None = None, *, opening: bool = False,
           closing: bool = False) -> WindowCurve:  # fmt: skip
    asked = Window(session=SESSION, start_ns=minute(start), end_ns=minute(end), opening=opening,
                   closing=closing)  # fmt: skip
    return window_curve(made or curve(), asked)


@pytest.mark.parametrize(
    ("at", "done"), [(0, 0.0), (15, 0.4), (20, 0.4 + 0.1 / 3), (30, 0.5), (45, 0.7), (60, 1.0)]
)
def test_the_whole_day(at: float, done: float) -> None:
    assert window(0, 60).fraction(minute(at)) == pytest.approx(done)


@pytest.mark.parametrize(
    ("at", "done"), [(9, 0.0), (10, 0.0), (15, 0.4 / 3), (30, 0.7 / 3), (37.5, 1.0), (50, 1.0)]
)
def test_a_late_start_and_an_early_end_are_renormalised(at: float, done: float) -> None:
    """From minute 10 to 37.5: a third of 0.4, all of 0.1, half of 0.2: sums to 1/3."""
    total = 0.4 / 3 + 0.1 + 0.1
    expected = {0.4 / 3: 0.4 / 3 / total, 0.7 / 3: (0.4 / 3 + 0.1) / total}
    assert window(10, 37.5).fraction(minute(at)) == pytest.approx(expected.get(done, done))


def test_crosses_only_where_they_are_asked_for() -> None:
    made = curve((0.3, 0.1, 0.1, 0.1), opening=0.2, closing=0.2)
    without = window(0, 60, made)
    assert without.fraction(minute(0)) == 0.0
    assert without.fraction(minute(15)) == pytest.approx(0.5)
    both = window(0, 60, made, opening=True, closing=True)
    assert both.fraction(minute(0) - 1) == 0.0
    assert both.fraction(minute(0)) == pytest.approx(0.2)
    assert both.fraction(minute(60) - 1) == pytest.approx(0.8)
    assert both.fraction(minute(60)) == 1.0


def test_a_window_in_which_nothing_is_expected_goes_by_time() -> None:
    made = curve((0.5, 0.0, 0.0, 0.5))
    assert window(15, 45, made).fraction(minute(30)) == pytest.approx(0.5)


def test_a_halt_freezes_the_clock() -> None:
    """Halted from 15 to 30: what is left, 0.6, follows the shape of what is left, 0.2 and 0.3."""
    halted = window(0, 60).halted(minute(15), minute(30))
    shown = {at: halted.fraction(minute(at)) for at in (15, 22, 30, 45, 60)}
    expected = {15: 0.4, 22: 0.4, 30: 0.4, 45: 0.4 + 0.6 * 0.4, 60: 1.0}
    assert shown == pytest.approx(expected)


def test_a_halt_ends_with_a_cross() -> None:
    halted = window(0, 60).halted(minute(15), minute(30), reopening=0.5)
    assert halted.fraction(minute(30) - 1) == pytest.approx(0.4)
    assert halted.fraction(minute(30)) == pytest.approx(0.7)
    assert halted.fraction(minute(45)) == pytest.approx(0.7 + 0.3 * 0.4)
    assert halted.fraction(minute(60)) == 1.0


def test_a_halt_to_the_end_leaves_all_to_its_cross() -> None:
    halted = window(0, 60).halted(minute(15), minute(60))
    assert halted.fraction(minute(60) - 1) == pytest.approx(0.4)
    assert halted.fraction(minute(60)) == 1.0


@settings(deadline=None)  # the machine may be busy
@given(
    start=st.floats(0, 59), length=st.floats(0.1, 60), halt=st.floats(0, 60), rest=st.floats(0, 30),
    looks=st.lists(st.floats(-5, 70), min_size=2, max_size=8), crosses=st.booleans(),
)  # fmt: skip
def test_fractions_rise_from_0_to_1(
    start: float, length: float, halt: float, rest: float, looks: list[float], crosses: bool
) -> None:
    end = min(start + length, 60)
    if minute(end) <= minute(start):
        return
    made = window(start, end, curve((0.3, 0.1, 0.1, 0.1), opening=0.2, closing=0.2),
                  opening=crosses, closing=crosses)  # fmt: skip
    from_ns = min(max(minute(halt), minute(start)), minute(end))
    frozen = made.halted(from_ns, min(from_ns + round(rest * 60) * NS, minute(end)))
    for shown in (made, frozen):
        found = [shown.fraction(minute(at)) for at in sorted(looks)]
        assert all(earlier <= later + 1e-12 for earlier, later in pairwise(found))
        assert all(0.0 <= each <= 1.0 + 1e-12 for each in found)
        assert shown.fraction(minute(start) - 1) == 0.0
        assert shown.fraction(minute(end)) == 1.0


@given(
    steps=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8).filter(any),
    fraction=st.floats(0.0, 1.0),
)
def test_when_a_fraction_has_traded(steps: list[float], fraction: float) -> None:
    """The inverse of `fraction`: at that time it is reached, and a moment later exceeded."""
    done = [0.0]
    for step in steps:
        done.append(done[-1] + step)
    whole = WindowCurve(
        times_ns=tuple(number * 900 * NS for number in range(len(done))),
        done=(*(each / done[-1] for each in done[:-1]), 1.0),
    )
    at_ns = whole.time_of(fraction)
    assert whole.times_ns[0] <= at_ns <= whole.times_ns[-1]
    assert whole.fraction(at_ns) == pytest.approx(fraction, abs=1e-9)
    if at_ns < whole.times_ns[-1]:
        assert whole.fraction(at_ns + NS) > fraction - 1e-12


def test_where_nothing_trades_it_is_the_end_of_that() -> None:
    whole = WindowCurve(times_ns=(0, 10, 20, 30), done=(0.0, 0.5, 0.5, 1.0))
    assert [whole.time_of(each) for each in (-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0)] == [
        0, 0, 5, 20, 25, 30, 30
    ]  # fmt: skip
