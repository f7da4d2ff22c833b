"""VWAP: trade a parent as the market trades, by its volume curve over the window.

The plan is an even schedule on the clock of the static curve: on that clock the market's volume
comes evenly, so slices are alike in size, and closer where more trades. While the day goes on, the
curve learns from it (marketdata/dynamic_curve.py), and a slice is due when the curve as it is now
says that its part of the volume has traded: sizes stay, times move, within a band.
"""

from bisect import bisect_right
from typing import Final

import msgspec

from algos.actions import Step
from algos.algorithm import Algorithm, Plan, PlanInputs, PlanRequest
from algos.due import Due
from algos.goal import Goal, schedule_goal
from algos.models.vwap_risk import vwap_tracking_error
from algos.parameters import Parameter, Unit
from algos.parent import Parent
from algos.rules import WINDOW_S, Condition, Operator, Rule, not_above
from algos.schedule import Schedule, TradingClock, even_schedule, slice_count
from algos.shared_parameters import (
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    COLLAR_TO_CROSS,
    COMPLETION_SET,
    DURATION,
    END_OR_DURATION,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    MIN_CHILD_QTY,
    PASSIVE_ONLY,
    PASSIVE_OR_COMPLETE,
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    STYLE,
    WOULD_RULES,
    WOULD_SET,
)
from algos.surroundings import Surroundings
from algos.tactics.leaning import lean
from algos.tactics.styled import styled
from marketdata.curve_window import Window, WindowCurve, window_curve
from marketdata.dynamic_curve import BAND_ILLIQUID, BAND_LIQUID
from marketdata.live_curve import LiveWindow
from marketdata.symbol_profile import SymbolProfile
from marketdata.volume_curve import VolumeCurve

_INTERVAL_S: Final = 30.0
# A symbol with a wider spread is illiquid, and its curve may move more: between the spreads of the
# presets mid and illiquid, 8 and 50 bps (quant.md 8.2).
ILLIQUID_SPREAD: Final = 20e-4
FLOOR_LOOK_NS: Final = 5 * 10**9  # how often the participation floor is compared with the tape
_ONE: Final = 1 << 50  # the whole of a window on the clock of its volume
# Times are made of fractions and the other way round: what is a moment apart is the same.
_SLACK_NS: Final = 1_000

PARAMETERS: Final = (
    DURATION,
    Parameter(name="interval", kind=float, default=_INTERVAL_S, unit=Unit.SECONDS, low=1.0,
              high=86_400.0, mutable=True, text="time between slices in the mean, at the least"),
    Parameter(name="size_jitter", kind=float, default=0.2, unit=Unit.FRACTION, low=0.0, high=0.9,
              mutable=True, text="slice sizes vary by this fraction; their sum does not"),
    Parameter(name="time_jitter", kind=float, default=1.0, unit=Unit.FRACTION, low=0.0, high=1.0,
              mutable=True, text="each slice falls anywhere in this fraction of its part of the "
                                 "volume"),
    Parameter(name="dynamic", kind=bool, default=True, mutable=True,
              text="the curve learns from the day's own volume; else the plan's times hold"),
    Parameter(name="min_participation", kind=float, default=None, unit=Unit.FRACTION, low=0.0,
              high=1.0, above_low=True, mutable=True,
              text="own share of all volume since the start, at the least, ahead of the curve if "
                   "need be; default no floor"),
    STYLE,
    PASSIVE_ONLY,
    Parameter(name="pricing", kind=str, default="style", mutable=True,
              choices={"style": "where the style says",
                       "participation": "they rest between the mid and the other side's touch, the "
                                        "nearer to it the more of the volume is needed"},
              text="where children of a style that rests stand"),
    MIN_CHILD_QTY,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    END_OR_DURATION,
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    PASSIVE_OR_COMPLETE,
    not_above("min_participation", "max_participation",
              text="min_participation is above max_participation"),
    Rule(
        any_of=(
            Condition(field="interval", operator=Operator.EQ, value=_INTERVAL_S),
            Condition(field="interval", operator=Operator.LE, other=WINDOW_S),
        ),
        text="interval is longer than the window: all would be due at once",
    ),
    Rule(
        any_of=(
            Condition(field="pricing", operator=Operator.NX),
            Condition(field="pricing", operator=Operator.NE, value="participation"),
            Condition(field="style", operator=Operator.NE, value="aggressive"),
        ),
        text="pricing=participation is of children that rest, and style=aggressive crosses",
    ),
    Rule(
        any_of=(
            Condition(field="passive_only", operator=Operator.NX),
            Condition(field="passive_only", operator=Operator.EQ, value=False),
            Condition(field="pricing", operator=Operator.NX),
            Condition(field="pricing", operator=Operator.NE, value="participation"),
        ),
        text="pricing=participation takes liquidity where it must, and passive_only never does",
    ),
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)  # fmt: skip


# -- the plan


def plan(request: PlanRequest) -> Plan:
    """An even schedule on the clock of the curve, of what is neither done nor open."""
    around, clock = request.around, request.clock
    assert around.session is not None
    assert around.curve is not None
    assert around.live_curve is not None
    window = Window(
        session=around.session, start_ns=_start_ns(request.parent, around.now_ns),
        end_ns=request.parent.terms.end_ns,
    )  # fmt: skip
    curve = around.curve.curve
    static = window_curve(curve, window)
    even = _even(request)
    times = [static.time_of(each / _ONE) for each in even.times_ns]
    schedule = Schedule(tuple(_clock_ns(clock, each) for each in times), even.cum_qty)
    profile = around.profile
    inputs: PlanInputs = {
        "curve": around.curve.origin.value,
        "curve_why": around.curve.why or None,
        "curve_as_of": curve.as_of,
        "curve_days": len(curve.days),
        "curve_id": around.live_curve.fingerprint,
        "band": _band(profile),
        "crosses_left_out": curve.opening_share + curve.closing_share,
        **_forecast(curve, window, request.qty, level_known=around.curve.level_known),
        **_risk(curve, window, profile),
    }
    return Plan(schedule=schedule, inputs=inputs)


def _even(request: PlanRequest) -> Schedule:
    """On the clock of the window's volume, from 0 to _ONE."""
    interval = request.params["interval"]
    size_jitter = request.params["size_jitter"]
    time_jitter = request.params["time_jitter"]
    assert isinstance(interval, float)
    assert isinstance(size_jitter, float)
    assert isinstance(time_jitter, float)
    min_child, clock, lot = request.params["min_child_qty"], request.clock, request.lot
    return even_schedule(
        qty=request.qty,
        base_qty=request.base_qty,
        lot=lot,
        start_ns=0,
        end_ns=_ONE,
        slices=slice_count(
            request.qty,
            clock.end_ns - clock.start_ns,
            int(interval * 1e9),
            max(lot, min_child) if isinstance(min_child, int) else lot,
        ),
        size_jitter=size_jitter,
        time_jitter=time_jitter,
        seed=request.seed,
    )


def _clock_ns(clock: TradingClock, wall_ns: int) -> int:
    """What the clock of the window shows at a time at which there is trading."""
    after_break = wall_ns >= clock.break_start_ns + clock.break_ns
    return wall_ns - clock.break_ns if after_break else wall_ns


def _start_ns(parent: Parent, planned_ns: int) -> int:
    """From when on a plan that was made at `planned_ns` counts."""
    return max(parent.terms.start_ns, planned_ns)


def _band(profile: SymbolProfile | None) -> float:
    """How far the target may leave the static curve (quant.md 3.4)."""
    spread = None if profile is None else profile.relative_spread
    return BAND_ILLIQUID if spread is not None and spread > ILLIQUID_SPREAD else BAND_LIQUID


def _forecast(curve: VolumeCurve, window: Window, qty: int, *, level_known: bool) -> PlanInputs:
    """What the continuous market is expected to trade in the window, and our share of all."""
    if not level_known:
        return {"expected_qty": None, "expected_participation": None}
    open_ns = window.session.open_ns
    parts = curve.overlaps((window.start_ns - open_ns) / 1e9, (window.end_ns - open_ns) / 1e9)
    expected_qty = curve.expected_qty * sum(
        each.share * part for each, part in zip(curve.bins, parts, strict=True)
    )
    return {
        "expected_qty": round(expected_qty),
        "expected_participation": round(qty / (qty + expected_qty), 6),
    }


def _risk(curve: VolumeCurve, window: Window, profile: SymbolProfile | None) -> PlanInputs:
    """The pre-trade risk against VWAP; unknown without a volatility."""
    volatility = None if profile is None else profile.daily_volatility
    if profile is None or volatility is None:
        return {"daily_volatility": None, "vwap_risk_bps": None}

    def pace(after_open_s: float) -> float:
        norm = profile.norm_at(after_open_s)
        rate = None if norm is None else norm.volatility_per_sqrt_s
        return 1.0 if rate is None else rate * rate

    paced = pace if all(norm.volatility_per_sqrt_s for norm in profile.norms) else None
    error = vwap_tracking_error(curve, window, volatility, paced if profile.norms else None)
    return {"daily_volatility": volatility, "vwap_risk_bps": round(1e4 * error, 3)}


# -- the goal


def goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """By the curve as it is now; at least the participation floor."""
    window = live_window(parent, around)
    found = (
        schedule_goal(parent, around, patience_ns) if window is None
        else _curve_goal(parent, window, around.now_ns, patience_ns)
    )  # fmt: skip
    return _floored(found, parent, around)


def live_window(parent: Parent, around: Surroundings) -> LiveWindow | None:
    """The window of the plan in force on the curve as its day goes on.

    None where the plan's own times hold: if it is asked so, or the curve that the plan was made by
    is not there any more, as after a restart with other profiles.
    """
    plan, live = parent.plan, around.live_curve
    if plan is None or live is None or parent.params["dynamic"] is not True:
        return None
    band = plan.inputs.get("band")
    if not isinstance(band, float) or plan.inputs.get("curve_id") != live.fingerprint:
        return None
    return live.window(_start_ns(parent, plan.transact_ns), parent.terms.end_ns, band)


def _curve_goal(parent: Parent, window: LiveWindow, now_ns: int, patience_ns: int | None) -> Goal:
    """A slice is due when the day has done as much as the static curve had at the slice's time."""
    schedule = parent.schedule
    if schedule is None or not schedule.times_ns:
        return Goal(target_qty=0)
    pace = window.pace(now_ns)
    due = _slices_due(schedule, window.static, pace.fraction(now_ns))
    steps = []
    if due < len(schedule.times_ns):
        steps.append(pace.time_of(window.static.fraction(schedule.times_ns[due])))
    overdue_qty = 0
    if patience_ns == 0:
        overdue_qty = schedule.cum_qty[due - 1] if due else 0
    elif patience_ns is not None:
        since_ns = now_ns - patience_ns
        overdue = (
            _slices_due(schedule, window.static, pace.fraction(since_ns))
            if since_ns >= window.dynamic.window.start_ns else 0
        )  # fmt: skip
        overdue_qty = schedule.cum_qty[overdue - 1] if overdue else 0
        if overdue < due:
            at_ns = pace.time_of(window.static.fraction(schedule.times_ns[overdue])) + patience_ns
            steps.append(min(at_ns, pace.end_ns))
    return Goal(
        target_qty=schedule.cum_qty[due - 1] if due else 0,
        overdue_qty=overdue_qty,
        next_ns=min((step for step in steps if step > now_ns), default=None),
        planned_to_end=schedule.cum_qty[-1] >= parent.terms.order_qty,
    )


def _slices_due(schedule: Schedule, static: WindowCurve, fraction: float) -> int:
    """How many slices the fraction reaches."""
    return bisect_right(schedule.times_ns, static.time_of(fraction) + _SLACK_NS)


def _floored(found: Goal, parent: Parent, around: Surroundings) -> Goal:
    """Not behind p / (1 - p) of others' volume since the start (quant.md section 4)."""
    floor = parent.params["min_participation"]
    if not isinstance(floor, float) or floor >= 1.0 or parent.volume_mark is None:
        return found
    others_qty = around.market.tape.others_qty(parent.volume_mark)
    lot = parent.instrument.lot
    floor_qty = int(floor / (1.0 - floor) * others_qty) // lot * lot
    look_ns = around.now_ns + FLOOR_LOOK_NS
    return msgspec.structs.replace(
        found,
        target_qty=max(found.target_qty, min(floor_qty, parent.terms.order_qty)),
        next_ns=look_ns if found.next_ns is None else min(found.next_ns, look_ns),
    )


# -- the tactic


def tactic(parent: Parent, around: Surroundings, due: Due) -> Step:
    """As the style says; its children lean towards the other side if that is asked."""
    leans = parent.params["pricing"] == "participation"
    return (lean if leans else styled)(parent, around, due)


VWAP: Final = Algorithm(
    name="vwap",
    title="VWAP",
    text="Trades as the market does over the window, by a volume curve that learns from its day.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    goal=goal,
    tactic=tactic,
)
