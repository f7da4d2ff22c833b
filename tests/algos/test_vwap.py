"""VWAP: plans by the curve, what is due as the day goes on, and the defects of a naive one.

The tests named `row_*` are those that quant.md section 1.4 lists.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from marketdata.curve_window import Window, window_curve
from marketdata.dynamic_curve import BAND_ILLIQUID, BAND_LIQUID
from marketdata.known_profiles import CurveOrigin, KnownProfiles
from marketdata.volume_curve import CurveBin
from tests.algos.vwap_scene import DAY, VwapScene
from tests.marketdata.curve_scene import NS, curve, session
from tests.marketdata.profile_scene import profile

U_DAY = session(31, 390)


# -- the plan


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        # 40, 10, 20 and 30 % in quarters of an hour: ten slices of a tenth, each where it begins.
        (0, 60, [0, 3.75, 7.5, 11.25, 15, 30, 37.5, 45, 50, 55]),
        # The last bin alone: even.
        (45, 55, [45, 46, 47, 48, 49, 50, 51, 52, 53, 54]),
        # Half of the first bin and half of the second, in exact proportion: 20 and 5 %.
        (7.5, 22.5, [7.5 + 0.9375 * each for each in range(8)] + [15, 18.75]),
        # From the middle of a bin to its end.
        (22.5, 30, [22.5 + 0.75 * each for each in range(10)]),
    ],
)
def test_slices_are_alike_and_closer_where_more_trades(
    start: float, end: float, times: list[float]
) -> None:
    scene = VwapScene(10_000, start, end, interval=(end - start) * 6)
    scene.plan()
    assert scene.slices() == [
        (round(at, 4), 1_000 * (number + 1)) for number, at in enumerate(times)
    ]


def test_what_a_plan_is_made_from() -> None:
    known = KnownProfiles(by_symbol={"IBM": profile()})
    scene = VwapScene.known(known, session(31))
    inputs = scene.plan().inputs
    assert inputs["curve"] == "own"
    assert inputs["curve_why"] is None
    assert (inputs["curve_as_of"], inputs["curve_days"]) == ("2026-01-31", 2)
    assert inputs["curve_id"] == scene.live_curve.fingerprint
    assert inputs["band"] == BAND_LIQUID
    assert (inputs["expected_qty"], inputs["expected_participation"]) == (1_000, 0.909091)
    assert inputs["daily_volatility"] == 0.02
    assert isinstance(inputs["vwap_risk_bps"], float)
    assert inputs["vwap_risk_bps"] > 0


def test_a_plan_says_which_curve_it_had_to_do_with() -> None:
    inputs = VwapScene.known(KnownProfiles(), U_DAY).plan().inputs
    assert inputs["curve"] == "default_u"
    assert inputs["curve_why"] == "no profile; no market-wide curve"
    for unknown in ("expected_qty", "expected_participation", "daily_volatility", "vwap_risk_bps"):
        assert inputs[unknown] is None
    wide = VwapScene(profile=profile(relative_spread=50e-4))
    assert wide.plan().inputs["band"] == BAND_ILLIQUID
    crossed = VwapScene(made=curve((0.4, 0.1, 0.2, 0.2), closing=0.1))
    assert crossed.plan().inputs["crosses_left_out"] == pytest.approx(0.1)


def test_crosses_are_left_out_of_the_window() -> None:
    with_cross = VwapScene(made=curve((0.36, 0.09, 0.18, 0.27), opening=0.04, closing=0.06))
    with_cross.plan()
    without = VwapScene()
    without.plan()
    assert with_cross.slices() == without.slices()


def test_a_break_is_passed_over() -> None:
    """The second quarter is a break; the clock of the plan stands still in it."""
    day = session(1, 60, pause=(15, 30))
    bins = (CurveBin(0, 900, 0.5), CurveBin(1_800, 2_700, 0.25), CurveBin(2_700, 3_600, 0.25))
    kept = replace(curve(), bins=bins)
    scene = VwapScene(4_000, day=day, made=kept, interval=675)
    scene.plan()
    assert scene.slices() == [(0, 1_000), (7.5, 2_000), (30, 3_000), (45, 4_000)]


@st.composite
def orders(draw: st.DrawFn) -> VwapScene:
    shares = draw(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(any))
    start = draw(st.floats(0, 55))
    total = sum(shares)
    return VwapScene(
        draw(st.integers(1, 50_000)), start, draw(st.floats(start + 1, 60)),
        made=curve([each / total for each in shares]), lot=draw(st.sampled_from([1, 100])),
        seed=draw(st.integers(0, 2**63 - 1)), interval=draw(st.sampled_from([1.0, 10.0, 60.0])),
        size_jitter=draw(st.floats(0, 0.9)), time_jitter=draw(st.floats(0, 1)),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(orders())
def test_total_window_lots_and_the_curve(scene: VwapScene) -> None:
    scene.plan()
    schedule, terms = scene.parent.schedule, scene.parent.terms
    assert schedule is not None
    times, targets = list(schedule.times_ns), list(schedule.cum_qty)
    assert targets[-1] == terms.order_qty
    assert targets == sorted(targets)
    assert times == sorted(times)
    assert terms.start_ns <= times[0]
    assert times[-1] <= terms.end_ns
    lot = scene.parent.instrument.lot
    assert all(each % lot == 0 for each in targets[:-1])
    window = Window(session=DAY, start_ns=terms.start_ns, end_ns=terms.end_ns)
    static = window_curve(scene.live_curve.source.curve, window)
    # Never further from the curve than one slice with its jitter, and half a lot.
    bound = 1.5 * max(60 * NS * 1.0 / (terms.end_ns - terms.start_ns), 1 / _slices(scene))
    for at_ns, qty in zip(times, targets, strict=True):
        ahead = qty / terms.order_qty - static.fraction(at_ns)
        assert -bound <= ahead <= 1.5 / _slices(scene) + (lot / 2 + 1) / terms.order_qty + 1e-6


def _slices(scene: VwapScene) -> int:
    interval = scene.parent.params["interval"]
    terms, lot = scene.parent.terms, scene.parent.instrument.lot
    assert isinstance(interval, float)
    by_time = (terms.end_ns - terms.start_ns) // int(interval * NS)
    return max(1, min(by_time, terms.order_qty // lot, 1_000))


# -- what is due


def test_on_a_day_as_expected_the_plan_is_kept() -> None:
    scene = VwapScene(10_000, interval=360)
    scene.plan()
    for minutes, qty in ((7, 400), (20, 100), (40, 200), (50, 300)):
        scene.print(minutes, qty)
    for at, qty in scene.slices()[1:]:
        assert scene.goal(at - 0.01).target_qty == qty - 1_000
        assert scene.goal(at + 0.01).target_qty == qty


def test_the_next_look_is_when_the_next_slice_is_due() -> None:
    scene = VwapScene(10_000, interval=360)
    scene.plan()
    found = scene.goal(4)
    assert found.next_ns is not None
    assert scene.minutes(found.next_ns) == pytest.approx(7.5)
    # Looks: until the slice, or until more may be known; never a second later than either.
    for minutes in range(60):
        now = scene.goal(minutes + 0.5)
        if now.next_ns is None:
            assert now.target_qty == 10_000
            continue
        then = scene.minutes(now.next_ns) - 0.001
        if then > minutes + 0.5:
            assert scene.goal(then).target_qty == now.target_qty


def test_a_busier_day_brings_slices_forward_and_a_quieter_one_puts_them_off() -> None:
    """In the first quarter 400 shares are usual. The band is 5 % of the order."""
    targets = {}
    for volume in (100, 400, 1_600):
        scene = VwapScene(100_000, interval=36)
        scene.plan()
        scene.print(7, volume)
        targets[volume] = scene.goal(20).target_qty
    assert targets[400] == 44_000
    # More than usual early means that the usual rest is a smaller part: more is done by now.
    assert 44_000 < targets[1_600] <= 49_000
    assert 39_000 <= targets[100] < 44_000


@pytest.mark.parametrize("dynamic", [False, True])
def test_the_plans_own_times_hold_if_asked_or_if_the_curve_is_another(*, dynamic: bool) -> None:
    scene = VwapScene(100_000, interval=36, dynamic=dynamic)
    scene.plan()
    scene.print(7, 1_600)
    if dynamic:  # a restart found other profiles
        other = VwapScene(made=curve((0.3, 0.2, 0.2, 0.3)))
        scene.live_curve = other.live_curve
    assert scene.goal(20).target_qty == 44_000


def test_a_restart_gives_the_same_answer() -> None:
    """The plan is from the log, the tape is read back: nothing else is needed."""

    def scene() -> VwapScene:
        made = VwapScene(100_000, interval=36)
        made.plan()
        for minutes, qty in ((3, 500), (10, 30), (17, 400), (35, 10)):
            made.print(minutes, qty)
        return made

    live = scene()
    for minutes in range(60):
        assert live.goal(minutes, 20) == scene().goal(minutes, 20)


def test_patience_is_counted_on_the_moving_clock() -> None:
    scene = VwapScene(10_000, interval=360)
    scene.plan()
    found = scene.goal(7.6, 20)  # the third slice came at 7.5, six seconds ago
    assert (found.target_qty, found.overdue_qty) == (3_000, 2_000)
    assert found.next_ns is not None
    assert scene.minutes(found.next_ns) == pytest.approx(7.5 + 1 / 3, abs=1e-4)
    assert scene.goal(7.84, 20).overdue_qty == 3_000
    assert scene.goal(7.6).overdue_qty == 0


def test_nothing_is_overdue_before_its_patience_has_passed() -> None:
    """The first slice is due at the very start."""
    scene = VwapScene(10_000, interval=360)
    scene.plan()
    found = scene.goal(0, 20)
    assert (found.target_qty, found.overdue_qty) == (1_000, 0)
    assert found.next_ns == scene.at_ns(1 / 3)
    assert scene.goal(0.34, 20).overdue_qty == 1_000


def test_all_is_due_at_the_end_and_the_plan_covers_it() -> None:
    scene = VwapScene(10_000, interval=360)
    scene.plan()
    assert scene.goal(59.9).target_qty == 10_000
    assert scene.goal(59.9).planned_to_end


# -- floor


@pytest.mark.parametrize(
    ("floor", "volume", "target"),
    [(0.01, 40_000, 1_000), (0.1, 9_000, 1_000), (0.1, 40_000, 4_400), (0.2, 40_000, 10_000),
     (0.1, 10**6, 10_000)],
)  # fmt: skip
def test_the_participation_floor(floor: float, volume: int, target: int) -> None:
    """10 % of all is a ninth of others' volume: 4,444 of 40,000, in whole lots."""
    scene = VwapScene(10_000, interval=360, min_participation=floor)
    scene.plan()
    scene.print(0.5, 1)
    scene.parent.volume_mark = scene.market.tape.mark(scene.parent.terms.start_ns)
    scene.print(0.6, volume - 1)
    found = scene.goal(1)
    assert found.target_qty == target
    assert found.next_ns == scene.at_ns(1) + 5 * NS


# -- quant.md 1.4, the defects of the brief's VWAP


def test_row_26_a_minute_that_was_missed_is_made_up() -> None:
    scene = VwapScene(10_000, interval=360)
    scene.plan()
    assert scene.goal(12).target_qty == 4_000  # though nobody looked at any slice before


def test_row_27_the_edges_of_the_day_are_not_smoothed() -> None:
    """The first and last quarters of an hour of the U have 9.61 and 12.14 % of the day."""
    scene = VwapScene.known(KnownProfiles(), U_DAY, 100_000)
    scene.plan()
    slices = scene.slices()
    first = max(qty for at, qty in slices if at < 15)
    last = 100_000 - max(qty for at, qty in slices if at < 375)
    assert first == pytest.approx(9_610, abs=300)
    assert last == pytest.approx(12_140, abs=300)


def test_row_28_what_is_done_is_not_sent_again() -> None:
    """The goal is cumulative: whatever is filled or open comes off it."""
    scene = VwapScene(10_000, interval=360)
    scene.plan()
    assert scene.goal(4).target_qty == scene.goal(5).target_qty == 2_000


def test_row_29_bins_are_half_open() -> None:
    """An order that ends where a bin begins has nothing of that bin."""
    scene = VwapScene(1_000, 0, 15, interval=90)
    scene.plan()
    assert scene.slices() == [(1.5 * each, 100 * (each + 1)) for each in range(10)]


def test_row_30_a_curve_is_not_stale_for_ever() -> None:
    """Curves have a date; one that is too old gives way, and the plan says to what."""
    old = profile(
        as_of="2026-01-20", days=(), curves=(replace(curve(), as_of="2026-01-20", days=()),)
    )
    known = KnownProfiles(by_symbol={"IBM": old})
    inputs = VwapScene.known(known, session(31)).plan().inputs
    assert inputs["curve"] == CurveOrigin.DEFAULT_U.value
    assert str(inputs["curve_why"]).startswith("stale: ")


def test_row_31_the_day_moves_the_target() -> None:
    """See the busier day above: not only a cap binds."""
    scene = VwapScene(100_000, interval=36)
    scene.plan()
    scene.print(7, 1_600)
    assert scene.goal(25).target_qty > 47_000
