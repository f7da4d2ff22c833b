"""How much of a parent should be done by when: what an algorithm says of itself at any moment."""

import msgspec

from algos.parent import Parent
from algos.surroundings import Surroundings
from domain.refusals import WaitReason


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative shares. `target_qty`: should be filled or open by now.

    `overdue_qty`: should be filled by now, for its patience has run out. `next_ns`: when either
    changes by itself, None: it does not. `ceiling_qty`: must not be exceeded by filled and open,
    None: no bound but the order's. `idle`: why nothing is due when nothing is. `planned_to_end`:
    the target is all of the order by its end, if nothing changes.
    """

    target_qty: int
    overdue_qty: int = 0
    next_ns: int | None = None
    ceiling_qty: int | None = None
    idle: WaitReason = WaitReason.WAITING_FOR_SLICE
    planned_to_end: bool = False


def schedule_goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """By the published schedule. A slice may wait `patience_ns` to be filled; None: for ever."""
    schedule, now_ns = parent.schedule, around.now_ns
    if schedule is None:
        return Goal(target_qty=0)
    steps = [schedule.next_ns(now_ns)]
    overdue_qty = 0
    if patience_ns is not None:
        overdue_qty = schedule.due_qty(now_ns - patience_ns)
        step_ns = schedule.next_ns(now_ns - patience_ns)
        steps.append(None if step_ns is None else step_ns + patience_ns)
    return Goal(
        target_qty=schedule.due_qty(now_ns),
        overdue_qty=overdue_qty,
        next_ns=min((step for step in steps if step is not None), default=None),
        planned_to_end=schedule.cum_qty[-1:] >= (parent.terms.order_qty,),
    )
