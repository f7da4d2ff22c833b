"""The dynamic curve against sums by hand; what it may know, and what it never does."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.curve_window import Window
from marketdata.dynamic_curve import DynamicCurve
from marketdata.volume_curve import VolumeCurve
from tests.marketdata.curve_scene import NS, curve, session

SESSION = session()


def minute(at: float) -> int:
    return SESSION.open_ns + round(at * 60) * NS


def dynamic(
    made: VolumeCurve | None = None, start: float = 0, end: float = 60, *, band: float = 1.0,
    trust: float = 1.0, opening: bool = False, closing: bool = False,
) -> DynamicCurve:  # fmt: skip
    """One that goes all the way with its day, unless said otherwise."""
    asked = Window(session=SESSION, start_ns=minute(start), end_ns=minute(end), opening=opening,
                   closing=closing)  # fmt: skip
    return DynamicCurve(curve=made or curve(), window=asked, band=band, trust=trust)


def test_the_update_by_hand() -> None:
    """D = 0.3, R = 0.1: the first gain is 0.3 / (0.3 + 0.3); the bin traded e times the usual."""
    state = dynamic()
    state.on_bin(400 * math.e)
    assert (state.level, state.variance, state.residual) == pytest.approx((0.5, 0.15, 0.5))
    assert state.forecast_qty(1) == pytest.approx(100 * math.exp(0.5 + 0.45 * 0.5))
    assert state.forecast_qty(2) == pytest.approx(200 * math.exp(0.5))
    state.on_bin(100 * math.exp(0.5))  # as the level says: the gain is 0.15 / 0.45
    assert (state.level, state.variance, state.residual) == pytest.approx((0.5, 0.1, 0.0))


def test_the_target_at_the_end_of_a_bin() -> None:
    """(done + expected in the bin) / (done + all that is expected), quant.md 3.4."""
    state = dynamic()
    state.on_bin(400 * math.e)
    next_qty = 100 * math.exp(0.725)
    rest_qty = 500 * math.exp(0.5)
    done_qty = 400 * math.e
    expected = (done_qty + next_qty) / (done_qty + next_qty + rest_qty)
    assert state.target(minute(30)) == pytest.approx(expected)
    half = (done_qty + next_qty / 2) / (done_qty + next_qty + rest_qty)
    assert state.target(minute(22.5)) == pytest.approx(half)


def test_before_anything_traded_it_is_the_static_curve() -> None:
    state = dynamic()
    for at in (0, 7, 15, 20, 45, 60):
        assert state.target(minute(at)) == pytest.approx(state.static.fraction(minute(at)))


def test_a_usual_day_changes_nothing() -> None:
    state = dynamic()
    for at, qty in ((15, 400), (30, 100), (45, 200)):
        state.on_bin(qty)
        assert state.target(minute(at)) == pytest.approx(state.static.fraction(minute(at)))


@pytest.mark.parametrize("trust", [0.0, 0.5, 1.0])
def test_how_far_the_day_is_trusted(trust: float) -> None:
    state, whole = dynamic(trust=trust), dynamic()
    for each in (state, whole):
        each.on_bin(1_600)
    static = state.static.fraction(minute(20))
    moved = whole.target(minute(20))
    assert moved != pytest.approx(static)
    assert state.target(minute(20)) == pytest.approx(static + trust * (moved - static))
    assert state.target(minute(60)) == 1.0


def test_the_band_holds_it_to_the_static_curve() -> None:
    state = dynamic(band=0.05)
    state.on_bin(40)  # a tenth of the usual: much less is done than was expected by now
    assert state.target(minute(15)) == pytest.approx(0.35)
    rushed = dynamic(band=0.05)
    rushed.on_bin(40_000)
    assert rushed.target(minute(15)) == pytest.approx(0.45)


def test_nothing_is_unwound() -> None:
    state = dynamic(band=0.05)
    state.on_bin(40)
    assert state.target(minute(15), filled=0.6) == 0.6


def test_a_late_start_counts_its_own_part_and_learns_from_all() -> None:
    """From minute 20: the level comes from the first bin, the volume from the window's alone."""
    state = dynamic(start=20)
    state.on_bin(400 * math.e)
    assert state.level == pytest.approx(0.5)
    assert state.target(minute(20)) == 0.0
    state.on_bin(90)
    assert state.done_qty == pytest.approx(60)  # two thirds of the bin lie in the window
    total = 60 + state.forecast_qty(2) + state.forecast_qty(3)
    assert state.target(minute(30)) == pytest.approx(60 / total)


def test_crosses_count_and_teach_nothing() -> None:
    made = curve((0.3, 0.1, 0.1, 0.1), opening=0.2, closing=0.2)
    state = dynamic(made, opening=True, closing=True)
    assert state.target(minute(0)) == pytest.approx(0.2)
    state.on_opening(600)
    assert state.level == 0.0
    assert state.target(minute(0)) == pytest.approx(600 / 1_400)
    assert state.target(minute(60) - 1) == pytest.approx(1_200 / 1_400)
    assert state.target(minute(60)) == 1.0
    apart = dynamic(made)
    apart.on_opening(600)
    assert apart.target(minute(15)) == pytest.approx(0.5)


def test_a_halt_stops_the_clock_and_what_was_halted_teaches_little() -> None:
    state = dynamic()
    state.on_bin(400)
    state.on_halt(minute(18))
    frozen = state.target(minute(18))
    assert state.target(minute(29)) == frozen
    state.on_resume(minute(30))
    state.on_bin(20)  # what traded before the halt: a fifth of the bin was open
    assert (state.level, state.variance) == pytest.approx((0.0, 0.15))
    assert state.target(minute(30)) == pytest.approx(420 / 920)
    state.on_reopening(80)
    assert state.target(minute(30)) == pytest.approx(500 / 1_000)


def test_a_short_halt_is_allowed_for() -> None:
    """A third of the bin was halted, and two thirds of the usual traded: a usual day."""
    state = dynamic()
    state.on_halt(minute(5))
    state.on_resume(minute(10))
    state.on_bin(400 * 2 / 3)
    assert state.level == pytest.approx(0.0)


def test_a_bin_without_volume_counts_half_a_lot() -> None:
    state = dynamic()
    state.on_bin(0)
    assert state.level == pytest.approx(0.5 * math.log(50 / 400))


QTYS = st.lists(st.integers(0, 10**6), min_size=4, max_size=4)


@settings(deadline=None)  # the machine may be busy
@given(qtys=QTYS, others=QTYS, known=st.integers(0, 3))
def test_the_future_is_not_read(qtys: list[int], others: list[int], known: int) -> None:
    one, other = dynamic(band=0.1), dynamic(band=0.1)
    for index, (qty, changed) in enumerate(zip(qtys, others, strict=True)):
        if index < known:
            one.on_bin(qty)
            other.on_bin(qty)
        elif index == known:
            end = minute(15 * (index + 1))
            assert one.target(end) == other.target(end)
            one.on_bin(qty)
            other.on_bin(changed)


@settings(deadline=None)  # the machine may be busy
@given(qtys=QTYS, looks=st.lists(st.floats(0, 60), min_size=1, max_size=8))
def test_targets_are_fractions_within_the_band(qtys: list[int], looks: list[float]) -> None:
    state = dynamic(band=0.1)
    filled = 0.0
    for at in sorted(looks):
        while state.bins < 4 and minute(15 * (state.bins + 1)) <= minute(at):
            state.on_bin(qtys[state.bins])
        found = state.target(minute(at), filled)
        assert filled <= found <= 1.0
        assert found <= max(filled, state.static.fraction(minute(at)) + 0.1)
        filled = found
    assert state.target(minute(60), filled) == 1.0
