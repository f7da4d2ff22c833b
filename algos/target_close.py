"""Target Close: a part of the order in the closing cross, the rest before it (quant.md 5.7).

The part in the cross is bounded by its predicted volume. The rest is traded on the reversed
trajectory, in slices of equal size that come closer together towards the end. The plan says what
goes into the cross, where, when its order leaves and what that is from; a plan is made anew when
the prediction is looked at again, when the imbalance says otherwise, and when the cut-off passes
without an order at the venue.
"""

from typing import Final

import msgspec

from algos.actions import Action, Send, Step, Withdraw
from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.closing_auction import Cross, auction_qty, closing_cross, predicted
from algos.due import Due, largest_child_qty
from algos.goal import Goal, schedule_goal
from algos.models.close_trajectory import (
    effective_fraction,
    executed_fraction,
    time_fraction,
)
from algos.models.urgency import URGENCIES
from algos.models.urgency_names import Urgency
from algos.parameters import Parameter, Unit
from algos.parent import Parent
from algos.price_terms import price_bound
from algos.rules import WINDOW_S, Condition, Operator, Rule
from algos.schedule import Schedule, TradingClock, even_schedule, slice_count
from algos.shared_parameters import (
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    COLLAR_TO_CROSS,
    COMPLETION_SET,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    MIN_CHILD_QTY,
    PASSIVE_ONLY,
    PASSIVE_OR_COMPLETE,
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    STYLE,
    URGENCY,
    WOULD_RULES,
    WOULD_SET,
)
from algos.surroundings import Surroundings
from algos.tactics.styled import styled
from domain.fix_codes import OrdStatus, TimeInForce
from domain.instruments import Side
from domain.refusals import WaitReason

_INTERVAL_S: Final = 30.0
_ONE: Final = 1 << 50  # all of the continuous part, on the clock of the trajectory
# A new plan for another part in the cross: not for less than this fraction of it, and not sooner
# after the last plan. Indications come every second, and waver.
SHIFT: Final = 0.1
SHIFT_NS: Final = 10 * 10**9
# The slices end so long before continuous trading does: time to look again for a last one.
MARGIN_NS: Final = 5 * 10**9
# A limit for the cross is no further through the mid: venue access holds every limit to its price
# collar (2 % unless set otherwise), and would refuse one that only says that any price will do.
REACH: Final = 0.015
RETRY_NS: Final = 250_000_000  # how often a venue that is away is looked at for the cross
REFUSALS_MAX: Final = 3  # a refusal may be of a moment; then the part is traded before the close

PARAMETERS: Final = (
    Parameter(name="auction_participation", kind=float, default=0.1, unit=Unit.FRACTION, low=0.0,
              high=1.0, mutable=True,
              text="what goes into the closing cross, as a fraction of its predicted volume, at "
                   "the most; 0: nothing"),
    URGENCY,
    Parameter(name="interval", kind=float, default=_INTERVAL_S, unit=Unit.SECONDS, low=1.0,
              high=86_400.0, mutable=True, text="time between slices in the mean, at the least"),
    STYLE,
    PASSIVE_ONLY,
    MIN_CHILD_QTY,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    PASSIVE_OR_COMPLETE,
    Rule(
        any_of=(
            Condition(field="interval", operator=Operator.EQ, value=_INTERVAL_S),
            Condition(field="interval", operator=Operator.LE, other=WINDOW_S),
        ),
        text="interval is longer than the window: all would be due at once",
    ),
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan in force has for the cross. `auction_venue` None: there is none."""

    auction_qty: int
    auction_venue: str | None
    send_ns: int | None
    cutoff_ns: int | None
    review_ns: int | None
    cross_ns: int | None

    @classmethod
    def of(cls, parent: Parent) -> "Part | None":
        """That of a parent; None before its first plan."""
        if parent.plan is None:
            return None
        found = {name: parent.plan.inputs[name] for name in cls.__struct_fields__}
        return msgspec.convert(found, cls)


def plan(request: PlanRequest) -> Plan:
    """What goes into the cross, and slices for the rest."""
    parent, around = request.parent, request.around
    waiting_qty = parent.auction_open_qty
    left_qty = request.qty + waiting_qty
    cross = _reachable(parent, around)
    why, forecast = "", predicted(around)
    if cross is None:
        why, in_cross_qty = "no closing cross at its venues before its end", 0
    elif around.now_ns >= cross.cutoff_ns:
        why, in_cross_qty = "its cut-off has passed", waiting_qty
    elif _is_refused(parent):
        why, in_cross_qty = "its venue refuses orders for the cross", waiting_qty
    else:
        in_cross_qty = _auction_qty(parent, around, cross, left_qty)
    continuous_qty = left_qty - in_cross_qty
    kappa_t = _kappa_t(parent)
    clock = _clock(request.clock, cross)
    schedule = _schedule(request, clock, continuous_qty, request.base_qty - waiting_qty, kappa_t)
    imbalance = None if cross is None else around.market.imbalances.get(cross.venue)
    inputs: dict[str, bool | int | float | str | None] = {
        "auction_qty": in_cross_qty,
        "auction_venue": None if cross is None else cross.venue,
        "auction_why_less": why,
        "predicted_auction_qty": None if forecast is None else forecast.qty,
        "predicted_from": "nothing known" if forecast is None else forecast.source,
        "imbalance_qty": None if imbalance is None else imbalance.imbalance_qty,
        "send_ns": None if cross is None else cross.send_ns,
        "cutoff_ns": None if cross is None else cross.cutoff_ns,
        "review_ns": None if cross is None else cross.review_ns,
        "cross_ns": None if cross is None else cross.cross_ns,
        "continuous_qty": continuous_qty,
        "kappa_t": kappa_t,
        "trading_fraction": effective_fraction(kappa_t, continuous_qty, request.lot),
    }
    return Plan(schedule=schedule, inputs=inputs)


def replan(parent: Parent, around: Surroundings) -> str | None:
    """Why what goes into the cross is to be decided anew."""
    part, now_ns = Part.of(parent), around.now_ns
    if part is None or part.auction_venue is None or parent.plan is None:
        return None
    assert part.cutoff_ns is not None
    assert part.review_ns is not None
    waiting_qty = parent.auction_open_qty
    if now_ns >= part.cutoff_ns or _is_refused(parent):
        if part.auction_qty <= waiting_qty or now_ns >= parent.terms.end_ns:
            return None
        return "auction_order_refused" if _refusals(parent) else "cut_off_missed"
    cross = _reachable(parent, around)
    if cross is None or waiting_qty or now_ns < part.review_ns:
        return None  # once its order is at the venue, it stands
    if now_ns < parent.plan.transact_ns + SHIFT_NS:
        return None
    left_qty = parent.terms.order_qty - parent.cum_qty - parent.open_qty
    wanted_qty = _auction_qty(parent, around, cross, left_qty)
    least_qty = max(int(SHIFT * part.auction_qty), parent.instrument.lot)
    if abs(wanted_qty - part.auction_qty) < least_qty:
        return None
    return "imbalance" if cross.venue in around.market.imbalances else "auction_reviewed"


def _refusals(parent: Parent) -> int:
    """How many of its last orders for the cross were refused."""
    return sum(child.for_auction and child.status is OrdStatus.REJECTED for child in parent.recent)


def _is_refused(parent: Parent) -> bool:
    """Whether the cross is out of reach: a venue that refused so often will again."""
    return _refusals(parent) >= REFUSALS_MAX


def goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """The slices, and whatever of the order waits for the cross."""
    found = schedule_goal(parent, around, patience_ns)
    waiting_qty = parent.auction_open_qty
    return msgspec.structs.replace(
        found,
        target_qty=found.target_qty + waiting_qty,
        overdue_qty=found.overdue_qty + waiting_qty,
        planned_to_end=True,
    )


def tactic(parent: Parent, around: Surroundings, due: Due) -> Step:
    """What is due now by the style, and in its time the order for the cross."""
    step = styled(parent, around, due)
    part = Part.of(parent)
    if part is None or part.auction_venue is None or not _lives_to_close(parent, around):
        return _none_for_the_cross(parent, step)
    if step.reason is WaitReason.WORKING and not step.actions and not due.due_qty:
        step = msgspec.structs.replace(step, reason=_idle(parent, around))
    sent_qty = sum(each.qty for each in step.actions if isinstance(each, Send))
    actions, wake_ns = _for_the_cross(parent, part, around, sent_qty)
    wakes = [each for each in (step.wake_ns, wake_ns) if each is not None]
    return msgspec.structs.replace(
        step, actions=(*step.actions, *actions), wake_ns=min(wakes, default=None)
    )


def _none_for_the_cross(parent: Parent, step: Step) -> Step:
    """Take back an order for the cross that a replace has left outside of the order's window."""
    waiting = tuple(
        Withdraw(cl_ord_id=child.cl_ord_id)
        for child in parent.open_children.values() if child.for_auction
    )  # fmt: skip
    return msgspec.structs.replace(step, actions=(*step.actions, *waiting)) if waiting else step


def _idle(parent: Parent, around: Surroundings) -> WaitReason:
    """Why nothing is due while an order is open: is it only that for the cross?"""
    if not all(child.for_auction for child in parent.open_children.values()):
        return WaitReason.WORKING
    schedule = parent.schedule
    more = schedule is not None and schedule.next_ns(around.now_ns) is not None
    return WaitReason.WAITING_FOR_SLICE if more else WaitReason.AUCTION


def _for_the_cross(
    parent: Parent, part: Part, around: Surroundings, sent_qty: int
) -> tuple[tuple[Action, ...], int | None]:
    """The order for the cross, what is to be taken back of it, and when to look again."""
    now_ns, venue = around.now_ns, part.auction_venue
    assert venue is not None
    assert part.send_ns is not None
    assert part.cutoff_ns is not None
    assert part.review_ns is not None
    if now_ns >= part.cutoff_ns:
        return (), None
    if now_ns < part.send_ns:
        return (), part.review_ns if now_ns < part.review_ns else min(
            part.send_ns, now_ns + SHIFT_NS
        )
    waiting = [child for child in parent.open_children.values() if child.for_auction]
    lacking_qty = part.auction_qty - sum(child.leaves_qty for child in waiting)
    if lacking_qty < 0:
        return (Withdraw(cl_ord_id=waiting[-1].cl_ord_id),), part.cutoff_ns
    left_qty = parent.terms.order_qty - parent.cum_qty - parent.open_qty - sent_qty
    largest_qty = largest_child_qty(parent, around)
    qty = min(lacking_qty, left_qty, lacking_qty if largest_qty is None else largest_qty)
    if qty <= 0:
        return (), part.cutoff_ns
    avoid_ns = parent.avoid_until_ns.get(venue, 0)
    bound = price_bound(parent, around)
    if avoid_ns > now_ns or not around.live.get(venue, False) or bound.reason is not None:
        return (), min(max(avoid_ns, now_ns + RETRY_NS), part.cutoff_ns)
    order = Send(
        venue=venue,
        qty=qty,
        px_ticks=_cross_px_ticks(parent, around, bound.limit_px_ticks),
        time_in_force=TimeInForce.AT_THE_CLOSE,
    )
    return (order,), min(now_ns + RETRY_NS, part.cutoff_ns)


def _cross_px_ticks(parent: Parent, around: Surroundings, limit: int | None) -> int | None:
    """The limit of the order for the cross: the order's, within reach. None: at the market."""
    mid = around.market.mid_px_ticks(around.now_ns)
    if limit is None or mid is None:
        return limit
    furthest = int(mid * (1.0 + parent.side.sign * REACH))
    return parent.instrument.round_px_ticks(
        min(limit, furthest) if parent.side is Side.BUY else max(limit, furthest), parent.side
    )


def _reachable(parent: Parent, around: Surroundings) -> Cross | None:
    """The closing cross that the order may take part in: it has to live until the session ends."""
    if not _lives_to_close(parent, around):
        return None
    return closing_cross(parent.instrument.venues, around.days)


def _lives_to_close(parent: Parent, around: Surroundings) -> bool:
    """Whether its window reaches the session's end."""
    return around.session is not None and parent.terms.end_ns >= around.session.close_ns


def _auction_qty(parent: Parent, around: Surroundings, cross: Cross, left_qty: int) -> int:
    fraction = parent.params["auction_participation"]
    assert isinstance(fraction, float)
    imbalance = around.market.imbalances.get(cross.venue)
    return auction_qty(
        left_qty, parent.instrument.lot, fraction, predicted(around), parent.side, imbalance
    )


def _kappa_t(parent: Parent) -> float:
    return URGENCIES[Urgency(str(parent.params["urgency"]))]


def _clock(clock: TradingClock, cross: Cross | None) -> TradingClock:
    """The clock of the continuous part: it ends shortly before continuous trading does."""
    shorter_ns = MARGIN_NS
    if cross is not None:
        shorter_ns += max(clock.wall_ns(clock.end_ns) - cross.continuous_end_ns, 0)
    end_ns = max(clock.end_ns - shorter_ns, clock.start_ns + 1)
    return msgspec.structs.replace(clock, end_ns=end_ns)


def _schedule(
    request: PlanRequest, clock: TradingClock, qty: int, base_qty: int, kappa_t: float
) -> Schedule:
    """Slices of equal size on the clock of the trajectory, on from where it stands by now.

    kappa T is of the whole window: a plan that is made later goes on along the same curve.
    """
    if qty <= 0:
        return Schedule((), ())
    interval, smallest = request.params["interval"], request.params["min_child_qty"]
    assert isinstance(interval, float)
    lot = request.lot
    count = slice_count(
        qty,
        clock.end_ns - clock.start_ns,
        int(interval * 1e9),
        max(lot, smallest) if isinstance(smallest, int) else lot,
    )
    even = even_schedule(
        qty=qty, base_qty=base_qty, lot=lot, start_ns=0, end_ns=_ONE, slices=count,
        size_jitter=0.2, time_jitter=1.0, seed=request.seed,
    )  # fmt: skip
    origin_ns = clock.start_ns - _traded_ns(request, clock)
    length_ns = clock.end_ns - origin_ns
    behind = executed_fraction(kappa_t, (clock.start_ns - origin_ns) / length_ns)
    times_ns = [
        origin_ns + int(length_ns * time_fraction(kappa_t, behind + (1.0 - behind) * (at / _ONE)))
        for at in even.times_ns
    ]
    times_ns = [min(max(at, clock.start_ns), clock.end_ns - 1) for at in times_ns]
    return _rising(times_ns, even.cum_qty)


def _traded_ns(request: PlanRequest, clock: TradingClock) -> int:
    """Trading time from the order's start to that of this plan."""
    start_ns, session = request.parent.terms.start_ns, request.around.session
    now_ns = clock.wall_ns(clock.start_ns)
    if now_ns <= start_ns:
        return 0
    return now_ns - start_ns if session is None else session.trading_ns(start_ns, now_ns)


def _rising(times_ns: list[int], cum_qty: tuple[int, ...]) -> Schedule:
    """Without the slices that came to lie at one time."""
    by_time = dict(zip(times_ns, cum_qty, strict=True))
    return Schedule(tuple(by_time), tuple(by_time.values()))


CLOSE: Final = Algorithm(
    name="close",
    title="Target Close",
    text="Aims at the closing price: a part of the order goes into the closing cross, the rest is "
    "traded towards it.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    goal=goal,
    tactic=tactic,
    replan=replan,
)
