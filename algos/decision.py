"""What one parent should do now: actions at venues, or why there are none. Pure.

Decided from the cumulative target minus (filled + open), so nothing is lost by a miss and nothing
is sent twice. All algorithms pass through here: what holds an order, the algorithm's goal, the
bounds on what is due, the tactic, and a last check that no action breaks the order's terms.
"""

import msgspec

from algos.actions import Decision, Reprice, Send, Step, Withdraw
from algos.completion import completed
from algos.due import due_of
from algos.goal import Goal
from algos.parent import Parent
from algos.patience import patience_ns
from algos.price_terms import price_bound, willing
from algos.surroundings import Surroundings
from domain.refusals import WaitReason


def decide(parent: Parent, around: Surroundings) -> Decision:
    """The next step of a live parent that has no request pending and is inside its window."""
    goal, bound = willing(goal_of(parent, around), price_bound(parent, around), parent, around)
    due = due_of(parent, goal, bound, around)
    wakes = [_edge_ns(parent, around), goal.next_ns]
    held = _held(parent, around)
    if held is not None:
        step = Step(reason=held)
    else:
        step = parent.algorithm.tactic(parent, around, due)
        if bound.reason is not None:
            step = _unpriced(step)
        assert _within_terms(parent, step), f"{parent.order_id}: {step}"
    wakes.append(step.wake_ns)
    return Decision(
        actions=step.actions,
        reason=_reason(parent, around, step),
        due_qty=due.due_qty,
        wake_ns=min(wake for wake in wakes if wake is not None and wake > around.now_ns),
        watch_ns=step.watch_ns,
    )


def goal_of(parent: Parent, around: Surroundings) -> Goal:
    """How much should be done by now, within the order's terms."""
    goal = parent.algorithm.goal(parent, around, patience_ns(parent, around))
    return completed(goal, parent, around.now_ns)


def _reason(parent: Parent, around: Surroundings, step: Step) -> WaitReason:
    """That of the step, but that an order does not work at a venue that nothing is known of."""
    if step.reason is not WaitReason.WORKING or step.actions or not parent.open_children:
        return step.reason
    reached = any(around.live.get(child.venue) for child in parent.open_children.values())
    return WaitReason.WORKING if reached else WaitReason.VENUE_DOWN


def _held(parent: Parent, around: Surroundings) -> WaitReason | None:
    if parent.cum_qty > parent.terms.order_qty:
        return WaitReason.OVERFILLED
    if parent.paused:
        return WaitReason.PAUSED
    if around.killed:
        return WaitReason.KILLED
    if around.now_ns < parent.terms.start_ns:
        return WaitReason.BEFORE_START
    if around.pause is not None and around.pause[0] <= around.now_ns < around.pause[1]:
        return WaitReason.SESSION_CLOSED
    return None


def _unpriced(step: Step) -> Step:
    """The step of an order whose limit is not known now: what rests stays, or is taken back."""
    kept = tuple(action for action in step.actions if isinstance(action, Withdraw))
    return msgspec.structs.replace(step, actions=kept)


def _edge_ns(parent: Parent, around: Surroundings) -> int:
    """When the window or the session's break next begins or ends."""
    edges: list[int] = [parent.terms.start_ns, parent.terms.end_ns, *(around.pause or ())]
    return min(edge for edge in edges if edge > around.now_ns)


def _within_terms(parent: Parent, step: Step) -> bool:
    """Whether no action can overfill the order, or trade through its limit."""
    limit, added_qty = parent.terms.limit_px_ticks, 0
    for action in step.actions:
        if isinstance(action, Send):
            added_qty += action.qty
        elif isinstance(action, Reprice):
            child = parent.open_children[action.cl_ord_id]
            added_qty += max(action.qty - child.cum_qty - child.leaves_qty, 0)
        else:
            continue
        if limit is not None and (
            action.px_ticks is None or (action.px_ticks - limit) * parent.side.sign > 0
        ):
            return False
    return added_qty <= max(parent.terms.order_qty - parent.cum_qty - parent.open_qty, 0)
