"""Iceberg: rest the order a slice at a time, so that the market sees little of it.

Where a venue shows icebergs itself and nothing else bounds the order, it gets the whole of it with
a display; elsewhere slices of random size follow each other. Each slice goes to the end of its
queue: what that costs is on the log, with each child and replace (`queue_qty`).
"""

from typing import Final

from algos.actions import Action, Reprice, Send, Step, Withdraw
from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.chance import uniform
from algos.child import Child
from algos.due import Due
from algos.goal import Goal
from algos.order_ids import child_number
from algos.parameters import Parameter, Unit, Values
from algos.parent import Parent
from algos.rules import LIMIT_PX, Condition, Operator, Rule
from algos.schedule import Schedule
from algos.shared_parameters import (
    COLLAR_TO_CROSS,
    COMPLETION_SET,
    DISPLAY_RULES,
    DISPLAY_SET,
    DURATION,
    END_OR_DURATION,
    MAX_PARTICIPATION,
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    WOULD_RULES,
    WOULD_SET,
)
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS
from algos.tactics.resting import changeable_ns, is_stable, not_to_rest, past_limit, resting, within
from domain.fix_codes import TimeInForce
from domain.refusals import WaitReason
from router.best_post import best_post
from router.best_price import Route

SPREAD: Final = 0.2  # a display is drawn from U[0.8, 1.2] d (quant.md 5.8)
FOLLOW_NS: Final = 1_000_000_000  # between two prices of a slice, or it would chase flickers
SLICES_MAX: Final = 2_000  # a display below this part of the order is raised: each is a message

PARAMETERS: Final = (
    DURATION,
    *DISPLAY_SET,
    Parameter(name="display_ratio", kind=float, default=0.5, unit=Unit.FRACTION, low=0.0, high=1.0,
              above_low=True, text="without a display quantity: shares to show, as a fraction of "
              "the mean size displayed at the touch when the order comes"),
    Parameter(name="refresh", kind=float, default=0.8, unit=Unit.FRACTION, low=0.0, high=1.0,
              above_low=True, mutable=True,
              text="the next slice comes when this fraction of the display is filled"),
    Parameter(name="refresh_delay", kind=float, default=2.0, unit=Unit.SECONDS, low=0.0, high=60.0,
              mutable=True, text="each refresh waits a random time, so long at the most"),
    Parameter(name="placement", kind=str, default="touch", mutable=True,
              choices={"touch": "rests at the best price of its side, within the limit, and "
                                "follows it",
                       "limit": "rests at the limit price"},
              text="where slices rest"),
    Parameter(name="method", kind=str, default="auto", mutable=True,
              choices={"auto": "the venue's own iceberg where it has one and no participation cap "
                               "is set, else slices of ours",
                       "synthetic": "slices of ours everywhere"},
              text="who shows the next slice"),
    MAX_PARTICIPATION,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    END_OR_DURATION,
    *DISPLAY_RULES,
    Rule(
        any_of=(
            Condition(field="placement", operator=Operator.NX),
            Condition(field="placement", operator=Operator.NE, value="limit"),
            Condition(field=LIMIT_PX, operator=Operator.EX),
        ),
        text="placement=limit needs a limit price",
    ),
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)


def plan(request: PlanRequest) -> Plan:
    """No schedule: all may rest at once. What is shown at a time is decided here, for good."""
    low_qty, high_qty, source = _display(request)
    inputs: dict[str, bool | int | float | str | None] = {
        "display_low_qty": low_qty, "display_high_qty": high_qty, "display_from": source,
    }  # fmt: skip
    return Plan(schedule=Schedule((), ()), inputs=inputs)


def goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """All of it may be open from the start; none of it has to be filled before the end."""
    return Goal(target_qty=parent.terms.order_qty)


def tactic(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Keep one display's worth of shares at rest."""
    children = resting(parent)
    step = not_to_rest(parent, around, due, children)
    if step is not None:
        return step
    moves, wakes = _moves(parent, around, due, children)
    shown_qty = sum(child.leaves_qty for child in children)
    native = any(child.display_qty is not None for child in children)
    waits = WaitReason.WORKING
    if not native and _refreshes(parent, children, shown_qty):
        sent = _next(parent, around, due, shown_qty)
        ready_ns = _ready_ns(parent)
        wakes.append(around.now_ns + BLOCKED_RETRY_NS)
        if isinstance(sent, WaitReason):
            waits = sent
        elif around.now_ns >= ready_ns:
            moves.insert(0, sent)  # first: its number, which the draw is of, is the next one
        else:
            waits, wakes[-1] = WaitReason.WAITING_FOR_REFRESH, ready_ns
    return Step(
        actions=tuple(moves), reason=WaitReason.WORKING if shown_qty else waits,
        wake_ns=min(wakes, default=None), watch_ns=_watch_ns(around, children),
    )  # fmt: skip


def display_qty(parent: Parent, number: int) -> int:
    """What is shown with the parent's `number`-th message: uniform over the lots of its range."""
    low_qty, high_qty = _range(parent)
    lot = parent.instrument.lot
    choices = (high_qty - low_qty) // lot + 1
    return low_qty + int(uniform(parent.order_id, "display", number) * choices) * lot


def _next(parent: Parent, around: Surroundings, due: Due, shown_qty: int) -> Send | WaitReason:
    """The next slice, or all of it where the venue makes the slices; or why there is none."""
    lot = parent.instrument.lot
    drawn_qty = display_qty(parent, parent.children + 1)
    room_qty = drawn_qty - shown_qty
    if not due.qty:
        return due.reason
    found = best_post(
        around.market, parent.instrument.venues, parent.side, qty=due.qty,
        limit_px_ticks=due.limit_px_ticks, live=around.live,
        avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        return found
    px_ticks = _placed(parent, due, found)
    if around.market.own.in_the_way(found.venue, parent.side, px_ticks):
        return WaitReason.OWN_ORDER
    native = _may_be_native(parent) and around.offer(found.venue).iceberg
    if native and due.qty > drawn_qty and not shown_qty:
        return Send(venue=found.venue, qty=due.qty, px_ticks=px_ticks, display_qty=drawn_qty,
                    time_in_force=TimeInForce.DAY, post_only=_posts(parent))  # fmt: skip
    if room_qty < min(lot, due.qty):
        return WaitReason.WORKING
    qty = due.qty if due.qty <= room_qty else room_qty // lot * lot
    return Send(venue=found.venue, qty=qty, px_ticks=px_ticks, time_in_force=TimeInForce.DAY,
                post_only=_posts(parent))  # fmt: skip


def _refreshes(parent: Parent, children: list[Child], shown_qty: int) -> bool:
    """Whether so much of the last display is filled that the next slice is due.

    Leaves <= (1 - refresh) * display (quant.md 1.6 row 44).
    """
    if not children:
        return True
    unfilled = 1.0 - _number(parent.params, "refresh")
    if shown_qty > unfilled * _range(parent)[1]:
        return False  # as nearly always, and spared a draw
    last_qty = display_qty(parent, child_number(children[-1].cl_ord_id))
    return shown_qty <= unfilled * last_qty


def _ready_ns(parent: Parent) -> int:
    """When the next slice may go: a random time after the fill that made room for it."""
    if parent.filled_ns is None:
        return 0
    delay_s = _number(parent.params, "refresh_delay")
    chance = uniform(parent.order_id, "delay", parent.children + 1)
    return parent.filled_ns + int(delay_s * chance * 1e9)


def _moves(
    parent: Parent, around: Surroundings, due: Due, children: list[Child]
) -> tuple[list[Action], list[int]]:
    """Follow the touch and the limit, take back what its venue shows otherwise than asked now;
    and when to look again, because what would move may not yet.
    """
    moves: list[Action] = []
    wakes: list[int] = []
    more_qty = due.qty
    for child in children:
        if not is_stable(child):
            continue
        native, own_qty = child.display_qty is not None, child.order_qty
        if native and not _is_as_asked(parent, child):
            moves.append(Withdraw(cl_ord_id=child.cl_ord_id))
            continue
        if native:
            own_qty, more_qty = _grown_qty(child, more_qty, around), 0
        px_ticks = _px_now(parent, around, due, child)
        if (px_ticks, own_qty) == (child.px_ticks, child.order_qty):
            continue
        if around.market.own.in_the_way(child.venue, parent.side, px_ticks):
            continue
        ready_ns = changeable_ns(child, 0 if past_limit(child, due, parent) else FOLLOW_NS)
        if around.now_ns < ready_ns:
            wakes.append(ready_ns)
        else:
            moves.append(Reprice(cl_ord_id=child.cl_ord_id, qty=own_qty, px_ticks=px_ticks))
    return moves, wakes


def _grown_qty(child: Child, more_qty: int, around: Surroundings) -> int:
    """The quantity of a venue's own iceberg with what is due added, as far as one child may go."""
    if around.child_qty_max is not None:
        more_qty = min(more_qty, max(around.child_qty_max - child.order_qty, 0))
    return child.order_qty + more_qty


def _is_as_asked(parent: Parent, child: Child) -> bool:
    """Whether an iceberg of a venue's own shows what the parameters in force say."""
    low_qty, high_qty = _range(parent)
    assert child.display_qty is not None
    return _may_be_native(parent) and low_qty <= child.display_qty <= high_qty


def _px_now(parent: Parent, around: Surroundings, due: Due, child: Child) -> int:
    """Where a slice should rest: it follows others who are ahead, and keeps within its limit."""
    assert child.px_ticks is not None
    limit, sign = due.limit_px_ticks, parent.side.sign
    if not _posts(parent) and limit is not None:
        return limit
    touch_px, others_qty = around.market.others_touch(child.venue, parent.side.other)
    outbid = others_qty > 0 and (touch_px - child.px_ticks) * sign > 0
    return within(touch_px if outbid else child.px_ticks, limit, parent)


def _watch_ns(around: Surroundings, children: list[Child]) -> int | None:
    """When a move of the market is next of interest to a slice: also to one that is being changed,
    for its venue's answer wakes nobody.
    """
    if not children:
        return None
    looks = [changeable_ns(child, FOLLOW_NS) for child in children if is_stable(child)]
    return max(min(looks, default=around.now_ns + BLOCKED_RETRY_NS), around.now_ns)


def _posts(parent: Parent) -> bool:
    """Whether slices rest at the touch, and must not take."""
    return parent.params["placement"] == "touch"


def _placed(parent: Parent, due: Due, found: Route) -> int:
    if _posts(parent) or due.limit_px_ticks is None:
        return found.px_ticks
    return due.limit_px_ticks


def _may_be_native(parent: Parent) -> bool:
    """Whether a venue may show the slices. A cap on participation would have it show many at once:
    each part that the cap sets free.
    """
    return parent.params["method"] == "auto" and parent.params["max_participation"] is None


def _range(parent: Parent) -> tuple[int, int]:
    """What is shown at the least and at the most, whole lots: as asked for, or as planned."""
    if parent.unplanned:  # amended, and all of it open: there was nothing to plan
        asked = _asked_range(parent.params, parent.instrument.lot)
        if asked is not None:
            return asked
    assert parent.plan is not None
    inputs = parent.plan.inputs
    low_qty, high_qty = inputs["display_low_qty"], inputs["display_high_qty"]
    assert isinstance(low_qty, int)
    assert isinstance(high_qty, int)
    return low_qty, high_qty


def _asked_range(params: Values, lot: int) -> tuple[int, int] | None:
    low, high, given = (
        params[name] for name in ("display_min_qty", "display_max_qty", "display_qty")
    )
    if isinstance(low, int) and isinstance(high, int):
        return _lots(low, high, lot)
    if isinstance(given, int):
        return _lots((1 - SPREAD) * given, (1 + SPREAD) * given, lot)
    return None


def _display(request: PlanRequest) -> tuple[int, int, str]:
    """(least, most, where it is from) of a display: as asked for, or by what others display.

    d = max(lot, ratio * mean displayed size at the touch), not a part of the order (quant.md 5.8).
    """
    params, lot = request.params, request.lot
    asked = _asked_range(params, lot)
    if asked is not None:
        return *asked, "order"
    touch_qty, source = _touch_qty(request)
    qty = _number(params, "display_ratio") * touch_qty
    qty = max(qty, request.parent.terms.order_qty / SLICES_MAX)
    return *_lots((1 - SPREAD) * qty, (1 + SPREAD) * qty, lot), source


def _lots(low: float, high: float, lot: int) -> tuple[int, int]:
    """The whole lots between the two; where there is none, those below their middle."""
    low, high = round(low, 6), round(high, 6)  # a mean of floats is a little off
    low_qty, high_qty = -int(-low // lot) * lot, int(high // lot) * lot
    if low_qty > high_qty or not high_qty:
        low_qty = high_qty = int((low + high) / 2 // lot) * lot
    return max(low_qty, lot), max(high_qty, lot)


def _touch_qty(request: PlanRequest) -> tuple[float, str]:
    """Mean shares that a side of the touch displays, and who knows: live statistics, or those of
    past days; a lot where nobody does.
    """
    depth = request.around.market.statistics.depth_qty
    if depth is not None:
        return (depth[0] + depth[1]) / 2, "touch"
    profile = request.around.profile
    if profile is not None and profile.touch_qty is not None:
        return profile.touch_qty, "profile"
    return float(request.lot), "lot"


def _number(params: Values, name: str) -> float:
    value = params[name]
    assert isinstance(value, float)
    return value


ICEBERG: Final = Algorithm(
    name="iceberg",
    title="Iceberg",
    text="Rests the order a slice of random size at a time, so that little of it is seen.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    goal=goal,
    tactic=tactic,
    reads_touch=True,
)
