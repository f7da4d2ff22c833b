"""What becomes of a remainder towards the end: it expires, or is completed in a clean-up."""

from typing import Final

import msgspec

from algos.goal import Goal
from algos.parent import Parent

CLEAN_UP_FRACTION: Final = 0.02  # quant.md 1.1 row 5
CLEAN_UP_NS_MIN: Final = 10 * 10**9
CLEAN_UP_NS_MAX: Final = 120 * 10**9
LAST_CALL_NS: Final = CLEAN_UP_NS_MIN  # some forty looks at the market: enough for a last slice


def must_complete(parent: Parent) -> bool:
    """Whether all of it is to be done by the end, at any price within its limit."""
    return parent.params.get("completion") == "cross"


def clean_up_ns(parent: Parent) -> int:
    """When a parent that must complete stops waiting for a better price."""
    window_ns = parent.terms.end_ns - parent.terms.start_ns
    length_ns = int(window_ns * CLEAN_UP_FRACTION)
    return parent.terms.end_ns - min(max(length_ns, CLEAN_UP_NS_MIN), CLEAN_UP_NS_MAX, window_ns)


def last_call_ns(parent: Parent) -> int:
    """When all of a parent that must complete is due, whatever its schedule says."""
    return max(parent.terms.end_ns - LAST_CALL_NS, clean_up_ns(parent))


def in_clean_up(parent: Parent, now_ns: int) -> bool:
    """Whether what is due may not wait any more."""
    return must_complete(parent) and now_ns >= clean_up_ns(parent)


def completed(goal: Goal, parent: Parent, now_ns: int) -> Goal:
    """The goal within the order: never above it, nothing before its start, all by the end.

    In the clean-up nothing that is due waits. An algorithm whose plan covers the order keeps to it
    until the last call: all of it sooner would be the largest lag of the whole order.
    """
    order_qty = parent.terms.order_qty
    if now_ns < parent.terms.start_ns:
        return Goal(target_qty=0, next_ns=parent.terms.start_ns)
    target_qty, overdue_qty = min(goal.target_qty, order_qty), min(goal.overdue_qty, order_qty)
    steps = [goal.next_ns]
    if must_complete(parent):
        due_ns = last_call_ns(parent) if goal.planned_to_end else clean_up_ns(parent)
        if now_ns >= due_ns:
            target_qty = order_qty
        if in_clean_up(parent, now_ns):
            overdue_qty = target_qty
        steps += [edge for edge in (clean_up_ns(parent), due_ns) if edge > now_ns]
    return msgspec.structs.replace(
        goal,
        target_qty=target_qty,
        overdue_qty=overdue_qty,
        next_ns=min((step for step in steps if step is not None), default=None),
    )
