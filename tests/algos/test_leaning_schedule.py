"""Schedules about a base curve: exact, rising, within their band, and leaning as they are told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.leaning_schedule import BaseCurve, even_base, leaning_schedule, volume_base
from algos.schedule import Schedule, TradingClock
from marketdata.known_profiles import CurveOrigin, SessionCurve
from tests.algos.partition_scene import BEGIN_NS, CALENDAR, CLOSE_NS, OPEN_NS, PAUSED, S
from tests.marketdata.curve_scene import curve

END_NS = BEGIN_NS + 7_200 * S
EVEN = even_base(BEGIN_NS, END_NS, None)
JITTER = {"size_jitter": 0.2, "time_jitter": 1.0}


def made(
    *, base: BaseCurve = EVEN, start_ns: int = BEGIN_NS, end_ns: int = END_NS, qty: int = 24_000,
    base_qty: int = 0, lean: float = 0.0, band: float = 0.15, slices: int = 240, seed: int = 1,
) -> Schedule:  # fmt: skip
    return leaning_schedule(
        base, TradingClock.over(start_ns, end_ns, None), qty=qty, base_qty=base_qty, lot=100,
        lean=lean, band=band, slices=slices, seed=seed, **JITTER,
    )  # fmt: skip


@settings(max_examples=60)
@given(
    st.integers(1, 50_000), st.integers(0, 30_000), st.sampled_from([-2.0, 0.0, 2.0, 8.0]),
    st.floats(0.0, 0.5), st.integers(1, 300), st.integers(0, 7_000), st.integers(0, 1 << 62),
)  # fmt: skip
def test_it_ends_at_all_and_never_falls(
    qty: int, base_qty: int, lean: float, band: float, slices: int, begun_s: int, seed: int
) -> None:
    """Whatever was done when it was made: never an extra share, never one that is forgotten."""
    start_ns = BEGIN_NS + begun_s * S
    found = made(qty=qty, base_qty=base_qty, lean=lean, band=band, slices=slices,
                 start_ns=start_ns, seed=seed)  # fmt: skip
    assert found.cum_qty[-1] == base_qty + qty
    assert found.cum_qty[0] > base_qty
    assert list(found.cum_qty) == sorted(set(found.cum_qty))
    assert list(found.times_ns) == sorted(found.times_ns)
    assert start_ns <= found.times_ns[0]
    assert found.times_ns[-1] < END_NS
    assert all((each - base_qty) % 100 == 0 for each in found.cum_qty[:-1])


def lag(found: Schedule, at_s: int, qty: int = 24_000) -> float:
    """How far ahead of an even curve it is then, as a fraction of the order."""
    return found.due_qty(BEGIN_NS + at_s * S) / qty - at_s / 7_200


def test_without_a_lean_it_is_the_base_curve() -> None:
    found = made()
    assert all(abs(lag(found, at_s)) < 0.01 for at_s in range(60, 7_200, 60))


@pytest.mark.parametrize(("lean", "sign"), [(2.0, 1), (-2.0, -1)])
def test_it_leans_forward_or_back_within_the_band(lean: float, sign: int) -> None:
    narrow, wide = made(lean=lean, band=0.05), made(lean=lean, band=0.5)
    for at_s in range(60, 7_200, 60):
        share = at_s / 7_200
        assert -0.01 < sign * lag(narrow, at_s) < 4 * 0.05 * share * (1 - share) + 0.01
    assert sign * lag(narrow, 3_600) == pytest.approx(0.05, abs=0.005)
    assert sign * lag(wide, 3_600) == pytest.approx(0.176, abs=0.01)  # sinh(1) / sinh(2) = 0.324


def test_what_is_behind_the_band_is_brought_back_to_it_at_once() -> None:
    half_ns = BEGIN_NS + 3_600 * S
    found = made(start_ns=half_ns, qty=22_000, base_qty=2_000, lean=-2.0, slices=120)
    assert found.cum_qty[0] >= 24_000 * (0.5 - 0.15)
    plain = made(start_ns=half_ns, qty=14_000, base_qty=10_000, lean=0.0, slices=120)
    assert plain.cum_qty[0] <= 10_200


def test_what_is_ahead_of_the_band_waits_for_it() -> None:
    found = made(start_ns=BEGIN_NS + 3_600 * S, qty=4_000, base_qty=20_000, lean=2.0, slices=120)
    share = (found.times_ns[0] - BEGIN_NS) / (7_200 * S)
    assert share + 4 * 0.15 * share * (1 - share) >= 20_000 / 24_000 - 0.01


def test_the_volume_curve_is_that_of_the_window() -> None:
    session = CALENDAR.session_on("2023-11-14")
    assert session is not None
    shares = [(26 - each) / 351 for each in range(26)]
    known = SessionCurve(curve=curve(shares), origin=CurveOrigin.OWN)
    base = volume_base(BEGIN_NS, CLOSE_NS, session, known)
    assert base.source == "own"
    assert base.share(BEGIN_NS - S) == 0.0
    assert base.share(CLOSE_NS) == pytest.approx(1.0)
    quarter = base.share(BEGIN_NS + (CLOSE_NS - BEGIN_NS) // 4)
    assert quarter == pytest.approx(0.43)  # 24 + 23 + ... + 19 of 300


def test_an_even_curve_stands_still_over_a_break() -> None:
    session = PAUSED.sessions[0]
    base = even_base(BEGIN_NS, BEGIN_NS + 1_800 * S, session)
    assert base.share(BEGIN_NS + 600 * S) == pytest.approx(0.5)
    assert base.share(BEGIN_NS + 1_200 * S) == pytest.approx(0.5)
    assert OPEN_NS < BEGIN_NS
