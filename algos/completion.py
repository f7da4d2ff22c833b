"""What becomes of a remainder towards the end: it expires, or is completed in a clean-up."""

from typing import Final

import msgspec

from algos.goal import Goal
from algos.parent import Parent

CLEAN_UP_FRACTION: Final = 0.02  # quant.md 1.1 row 5
CLEAN_UP_NS_MIN: Final = 10 * 10**9
CLEAN_UP_NS_MAX: Final = 120 * 10**9


def must_complete(parent: Parent) -> bool:
    """Whether all of it is to be done by the end, at any price within its limit."""
    return parent.params.get("completion") == "cross"


def clean_up_ns(parent: Parent) -> int:
    """When a parent that must complete stops waiting for its schedule."""
    window_ns = parent.terms.end_ns - parent.terms.start_ns
    length_ns = int(window_ns * CLEAN_UP_FRACTION)
    return parent.terms.end_ns - min(max(length_ns, CLEAN_UP_NS_MIN), CLEAN_UP_NS_MAX, window_ns)


def in_clean_up(parent: Parent, now_ns: int) -> bool:
    """Whether all that is left is due now."""
    return must_complete(parent) and now_ns >= clean_up_ns(parent)


def completed(goal: Goal, parent: Parent, now_ns: int) -> Goal:
    """The goal within the order: never above it, nothing before its start, all in the clean-up."""
    order_qty = parent.terms.order_qty
    if now_ns < parent.terms.start_ns:
        return Goal(target_qty=0, next_ns=parent.terms.start_ns)
    if in_clean_up(parent, now_ns):
        return msgspec.structs.replace(goal, target_qty=order_qty, overdue_qty=order_qty)
    next_ns = goal.next_ns
    if must_complete(parent):
        next_ns = clean_up_ns(parent) if next_ns is None else min(next_ns, clean_up_ns(parent))
    return msgspec.structs.replace(
        goal,
        target_qty=min(goal.target_qty, order_qty),
        overdue_qty=min(goal.overdue_qty, order_qty),
        next_ns=next_ns,
    )
