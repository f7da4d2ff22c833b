"""Crossing the spread: an immediate-or-cancel limit order at the touch, never through the limit."""

from typing import Final

from algos.actions import Send, Step
from algos.due import Due, smallest_child_qty
from algos.parent import Parent
from algos.surroundings import Surroundings
from domain.fix_codes import TimeInForce
from domain.refusals import WaitReason
from router.best_price import best_route

BLOCKED_RETRY_NS: Final = 250_000_000  # how often a parent that has shares due looks again


def cross(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Take what is due from the venue with the best price, as far as it shows so much."""
    wake_ns = max(parent.retry_ns, around.now_ns + BLOCKED_RETRY_NS)
    if not due.qty:
        if around.now_ns < parent.retry_ns:
            wake_ns = parent.retry_ns
        return Step(reason=due.reason, wake_ns=wake_ns if due.due_qty else None)
    found = _taking(parent, around, due)
    if isinstance(found, WaitReason):
        return Step(reason=found, wake_ns=wake_ns)
    return Step(actions=(found,), reason=WaitReason.WORKING, wake_ns=wake_ns)


def _taking(parent: Parent, around: Surroundings, due: Due) -> Send | WaitReason:
    """A venue that a child of ours is taking from takes the next one when that has ended."""
    busy = [
        child.venue for child in parent.open_children.values()
        if child.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
    ]  # fmt: skip
    venues = [venue for venue in parent.instrument.venues if venue not in busy]
    if not venues:
        return WaitReason.WORKING
    found = best_route(
        around.market, venues, parent.side, limit_px_ticks=due.limit_px_ticks,
        lot=min(parent.instrument.lot, due.qty),
        min_qty=min(smallest_child_qty(parent), due.qty), live=around.live,
        avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        return WaitReason.WORKING if any(around.live.get(venue) for venue in busy) else found
    return Send(
        venue=found.venue, qty=min(due.qty, found.qty), px_ticks=found.px_ticks,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
    )  # fmt: skip
