"""Resting at the touch: post, follow a touch that moves away, give up in time, then cross."""

from collections.abc import Iterator
from typing import Final

import msgspec

from algos.actions import Send, Step, Withdraw
from algos.child import Child
from algos.due import Due, smallest_child_qty
from algos.parent import Parent
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS, cross
from domain.fix_codes import TimeInForce
from domain.refusals import WaitReason
from router.best_post import best_post

LOOK_NS: Final = 250_000_000  # how often a resting child is looked at
FOLLOW_NS: Final = 1_000_000_000  # it is left alone at least so long, or it would chase flickers


def post(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Rest what is due at the touch; take back what is overdue, and cross with it once it is free.

    A child that rests is taken back too when others bid better at its venue: it follows them.
    """
    resting = [
        child for child in parent.open_children.values()
        if child.time_in_force is TimeInForce.DAY
    ]  # fmt: skip
    withdrawn = tuple(Withdraw(cl_ord_id=each) for each in _returning(resting, around, due, parent))
    crossing_qty = due.qty if due.complete else min(due.qty, due.overdue_qty - parent.open_qty)
    if crossing_qty >= min(smallest_child_qty(parent), due.qty) and crossing_qty > 0:
        step = cross(parent, around, msgspec.structs.replace(due, qty=crossing_qty))
    elif due.qty:
        step = _posted(parent, around, due)
    else:
        step = Step(reason=due.reason)
    wake_ns = around.now_ns + LOOK_NS if resting or due.due_qty else None
    return Step(actions=(*withdrawn, *step.actions), reason=step.reason, wake_ns=wake_ns)


def _posted(parent: Parent, around: Surroundings, due: Due) -> Step:
    """One child a venue: what becomes due while one rests goes to the next best venue."""
    taken = [child.venue for child in parent.open_children.values()]
    venues = [venue for venue in parent.instrument.venues if venue not in taken]
    if not venues:
        return Step(reason=WaitReason.WORKING)
    found = best_post(
        around.market, venues, parent.side, qty=due.qty, limit_px_ticks=due.limit_px_ticks,
        live=around.live, avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        return Step(reason=WaitReason.WORKING if parent.open_qty else found,
                    wake_ns=around.now_ns + BLOCKED_RETRY_NS)  # fmt: skip
    send = Send(
        venue=found.venue, qty=found.qty, px_ticks=found.px_ticks,
        time_in_force=TimeInForce.DAY, post_only=True,
    )  # fmt: skip
    return Step(actions=(send,), reason=WaitReason.WORKING)


def _returning(
    resting: list[Child], around: Surroundings, due: Due, parent: Parent
) -> Iterator[str]:
    """The children to take back: the oldest as far as they are overdue, and the outbid ones."""
    overdue_qty = due.overdue_qty
    for child in resting:
        if due.complete or overdue_qty > 0:
            overdue_qty -= child.leaves_qty
            yield child.cl_ord_id
        elif _outbid(child, around, due, parent):
            yield child.cl_ord_id


def _outbid(child: Child, around: Surroundings, due: Due, parent: Parent) -> bool:
    """Whether others stand before it at its venue, at a price that it may have too."""
    if around.now_ns < child.decided_ns + FOLLOW_NS or child.px_ticks is None:
        return False
    px_ticks, ahead_qty = around.market.others_touch(child.venue, parent.side.other)
    better = (px_ticks - child.px_ticks) * parent.side.sign
    limit = due.limit_px_ticks
    at_limit = limit is not None and (child.px_ticks - limit) * parent.side.sign >= 0
    return ahead_qty > 0 and better > 0 and not at_limit
