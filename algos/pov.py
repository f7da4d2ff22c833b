"""POV: trade a share of the volume, ours included, as it comes (quant.md section 4).

The goal is a function of the tape since the plan began, of what was done by the begin of the
interval, and of nothing else: there is no schedule to follow. The plan holds the share in force and
what was due when it came into force; its slices are a forecast, for people to compare with.
"""

from typing import Final

import msgspec

from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.goal import Goal
from algos.parameters import Parameter, Unit
from algos.parent import Parent
from algos.participation import Interval, Range, interval_qty, shares_for
from algos.rules import Condition, Operator, Rule, needs, not_above
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
from algos.volume_clock import OthersVolume, VolumeClock
from algos.volume_outlook import expected_path, outlook
from domain.refusals import WaitReason
from marketdata.volume_history import Mark

# A share that goes with the price keeps each level this long at the least: quotes come and go.
DWELL_NS: Final = 30 * 10**9
# How often it is asked whether the volume to come will do; within the first interval after that.
OUTLOOK_NS: Final = 60 * 10**9
# The answer changes only if the forecast is this far beyond what is left: forecasts waver.
SURE: Final = 1.1

PARAMETERS: Final = (
    DURATION,
    Parameter(name="target_participation", kind=float, default=None, unit=Unit.FRACTION, low=0.0,
              high=0.9, above_low=True, mutable=True, required=True,
              text="own share of all volume, ours included, that is aimed at"),
    MAX_PARTICIPATION,
    Parameter(name="min_participation", kind=float, default=None, unit=Unit.FRACTION, low=0.0,
              high=0.9, mutable=True,
              text="the share goes with the price: up to max_participation where it is "
                   "price_spreads better than at arrival, down to this where it is as much worse; "
                   "default always the target"),
    Parameter(name="price_spreads", kind=float, default=5.0, low=0.5, high=100.0, mutable=True,
              text="so many spreads from the arrival price a share that goes with the price is at "
                   "its ends"),
    Parameter(name="interval", kind=float, default=10.0, unit=Unit.SECONDS, low=1.0, high=600.0,
              mutable=True, text="how often it looks at the volume, in the mean"),
    STYLE,
    PASSIVE_ONLY,
    MIN_CHILD_QTY,
    MAX_CHILD_QTY,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    END_OR_DURATION,
    not_above("target_participation", "max_participation",
              text="target_participation is above max_participation"),
    not_above("min_participation", "target_participation",
              text="min_participation is above target_participation"),
    needs("min_participation", "max_participation",
          text="min_participation needs max_participation"),
    Rule(
        any_of=(
            Condition(field="price_spreads", operator=Operator.NX),
            Condition(field="price_spreads", operator=Operator.EQ, value=5.0),
            Condition(field="min_participation", operator=Operator.EX),
        ),
        text="price_spreads needs min_participation",
    ),
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    PASSIVE_OR_COMPLETE,
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)  # fmt: skip


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan in force says. `base_qty`: cumulative shares due at `since_ns`.

    `spread_ticks`: at arrival, 0 if it was not known.
    """

    participation: float
    since_ns: int
    base_qty: float
    spread_ticks: float
    completes: bool | None

    @classmethod
    def of(cls, parent: Parent) -> "Pace | None":
        """That of a parent; None before its first plan."""
        if parent.plan is None:
            return None
        return msgspec.convert(
            {name: parent.plan.inputs[name] for name in cls.__struct_fields__}, cls
        )


def goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """The share of the volume up to the begin of this interval, and of half of it to come."""
    pace = Pace.of(parent)
    if pace is None or around.now_ns < pace.since_ns:
        return Goal(target_qty=0, next_ns=None if pace is None else pace.since_ns)
    clock, others = _clock(parent, pace), _others(parent, pace, around)
    number = clock.number_at(around.now_ns)
    begin_ns, next_ns = clock.begin_ns(number), clock.begin_ns(number + 1)
    begin = around.market.tape.mark(begin_ns)
    target_qty = _due_qty(pace, others.until_mark(begin))
    before_qty = _due_qty(pace, others.until(clock.begin_ns(number - 1)))
    interval_s = (next_ns - begin_ns) / 1e9
    elapsed_s = (begin_ns - pace.since_ns) / 1e9
    forecast_qty = others.per_s_at_mark(begin_ns, begin, clock.interval_ns) * interval_s
    done_qty = parent.cum_qty + parent.open_qty - parent.sent_since_qty(begin_ns)
    wanted_qty = interval_qty(
        Interval(
            target_qty=target_qty,
            fresh_qty=target_qty - before_qty,
            done_qty=done_qty,
            forecast_qty=shares_for(pace.participation, forecast_qty),
            usual_qty=(target_qty - pace.base_qty) * interval_s / max(elapsed_s, interval_s),
            elapsed_s=elapsed_s,
            interval_s=interval_s,
            lot=parent.instrument.lot,
        )
    )
    overdue_qty, lot = 0, parent.instrument.lot
    if patience_ns:  # in whole lots: a resting child is not called back for less
        waited_qty = _due_qty(pace, others.until(around.now_ns - patience_ns))
        overdue_qty = int(waited_qty / lot) * lot
    quiet = not forecast_qty and target_qty <= done_qty
    return Goal(
        target_qty=done_qty + wanted_qty,
        overdue_qty=min(overdue_qty, done_qty + wanted_qty),
        next_ns=next_ns,
        idle=WaitReason.NO_VOLUME if quiet else WaitReason.WAITING_FOR_SLICE,
    )


def plan(request: PlanRequest) -> Plan:
    """The share from now on. What was due before stays due; what was not, does not become so."""
    parent, around, since_ns = request.parent, request.around, request.clock.start_ns
    before = Pace.of(parent)
    base_qty = 0.0
    if before is not None:
        base_qty = _due_qty(before, _others(parent, before, around).until(around.now_ns))
    spread_ticks = _spread_ticks(around) if before is None else before.spread_ticks
    participation = _share_now(parent, around, spread_ticks)
    ahead = outlook(around, since_ns, parent.terms.end_ns, _seen_per_s(parent, around))
    expected_qty = None if ahead is None else shares_for(participation, ahead.others_qty)
    inputs: dict[str, bool | int | float | str | None] = {
        "participation": participation,
        "since_ns": since_ns,
        "base_qty": base_qty,
        "spread_ticks": spread_ticks,
        "forecast_others_qty": None if ahead is None else ahead.others_qty,
        "forecast_from": "nothing known" if ahead is None else ahead.source,
        "expected_qty": expected_qty,
        "completes": None if expected_qty is None else expected_qty >= request.qty,
    }
    return Plan(schedule=expected_path(request, ahead, participation, around.curve), inputs=inputs)


def replan(parent: Parent, around: Surroundings) -> str | None:
    """The price asks for another share, or the volume to come no longer does, or does again."""
    pace = Pace.of(parent)
    if pace is None or parent.plan is None:
        return None
    if around.now_ns >= parent.plan.transact_ns + DWELL_NS:
        price = _range(parent)
        if price is not None:
            share = _share_now(parent, around, pace.spread_ticks)
            if abs(share - pace.participation) >= price.step:
                return "price_better" if share > pace.participation else "price_worse"
    return _outlook_changed(parent, pace, around)


def _outlook_changed(parent: Parent, pace: Pace, around: Surroundings) -> str | None:
    since_ns = around.now_ns - pace.since_ns
    assert parent.plan is not None
    if (
        since_ns < OUTLOOK_NS
        or since_ns % OUTLOOK_NS >= _interval_ns(parent)
        or around.now_ns < parent.plan.transact_ns + OUTLOOK_NS
    ):
        return None
    ahead = outlook(around, around.now_ns, parent.terms.end_ns, _seen_per_s(parent, around))
    if ahead is None:
        return None
    left_qty = parent.terms.order_qty - parent.cum_qty - parent.open_qty
    expected_qty = shares_for(pace.participation, ahead.others_qty)
    if pace.completes is not False and expected_qty * SURE < left_qty:
        return "volume_short"
    if pace.completes is not True and expected_qty > left_qty * SURE:
        return "volume_enough"
    return None


def _due_qty(pace: Pace, others_qty: int) -> float:
    return pace.base_qty + shares_for(pace.participation, others_qty)


def _clock(parent: Parent, pace: Pace) -> VolumeClock:
    return VolumeClock(
        order_id=parent.order_id, since_ns=pace.since_ns, interval_ns=_interval_ns(parent)
    )


def _interval_ns(parent: Parent) -> int:
    interval = parent.params["interval"]
    assert isinstance(interval, float)
    return int(interval * 1e9)


def _others(parent: Parent, pace: Pace, around: Surroundings) -> OthersVolume:
    return OthersVolume(tape=around.market.tape, start=_start_mark(parent, pace, around))


def _start_mark(parent: Parent, pace: Pace, around: Surroundings) -> Mark | None:
    """The mark that was kept at the order's start is exact; one of a later plan is looked up."""
    if pace.since_ns == parent.terms.start_ns:
        return parent.volume_mark
    return around.market.tape.mark(pace.since_ns)


def _seen_per_s(parent: Parent, around: Surroundings) -> float:
    tape = OthersVolume(tape=around.market.tape, start=None)
    return tape.per_s(around.now_ns, _interval_ns(parent))


def _spread_ticks(around: Surroundings) -> float:
    best = around.market.bbo(around.now_ns)
    if not best.bids or not best.asks:
        return 0.0
    return float(max(best.ask_px_ticks - best.bid_px_ticks, 1))


def _range(parent: Parent) -> Range | None:
    """How the share goes with the price; None if it does not."""
    floor, ceiling = parent.params["min_participation"], parent.params["max_participation"]
    target, spreads = parent.params["target_participation"], parent.params["price_spreads"]
    if not isinstance(floor, float) or not isinstance(ceiling, float):
        return None
    assert isinstance(target, float)
    assert isinstance(spreads, float)
    return Range(floor=floor, target=target, ceiling=ceiling, spreads=spreads)


def _share_now(parent: Parent, around: Surroundings, spread_ticks: float) -> float:
    target = parent.params["target_participation"]
    assert isinstance(target, float)
    price, mid = _range(parent), around.market.mid_px_ticks(around.now_ns)
    if price is None or mid is None or parent.arrival_px is None or not spread_ticks:
        return target
    arrival = float(parent.arrival_px / parent.instrument.tick)
    return price.at(parent.side.sign * (arrival - mid) / spread_ticks)


POV: Final = Algorithm(
    name="pov",
    title="POV",
    text="Trades a share of the volume as it comes. It ends when the window does, done or not.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    goal=goal,
    replan=replan,
)
