"""Crossing the spread: an immediate-or-cancel limit order, never through the limit.

At the touch, for what is shown there; in the last call of an order that must complete, some levels
deep. What finds nothing asks again ever more seldom, so that venues are not pinged (quant.md 5.4).
"""

from typing import Final

from algos.actions import Send, Step
from algos.chance import around_one
from algos.completion import in_clean_up, last_call_ns
from algos.due import Due, smallest_child_qty
from algos.parent import Parent
from algos.surroundings import Surroundings
from domain.fix_codes import TimeInForce
from domain.refusals import WaitReason
from router.best_price import Route, best_route

BLOCKED_RETRY_NS: Final = 250_000_000  # how often a parent that has shares due looks again
MISS_NS: Final = 1_000_000_000  # after an IOC that found nothing, not to ping the venue
MISS_DOUBLINGS: Final = 3  # of MISS_NS, one a miss in a row: within 8 s a market is another
MISS_VARIED: Final = 0.25  # of a repeated pause, so that it has no rhythm
SWEEP_LEVELS: Final = 5  # as deep as depth is published nearly everywhere


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


def taken_from(parent: Parent) -> list[str]:
    """Venues that an immediate order is under way to: what they show is asked for already."""
    return [
        child.venue for child in parent.open_children.values()
        if child.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
    ]  # fmt: skip


def _taking(parent: Parent, around: Surroundings, due: Due) -> Send | WaitReason:
    """A venue that a child of ours is taking from takes the next one when that has ended."""
    busy = taken_from(parent)
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
    px_ticks, qty = found.px_ticks, found.qty
    if due.complete and qty < due.qty and around.now_ns >= last_call_ns(parent):
        px_ticks, qty = _swept(parent, around, due, found)
    return Send(
        venue=found.venue, qty=min(due.qty, qty), px_ticks=px_ticks,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
    )  # fmt: skip


def _swept(parent: Parent, around: Surroundings, due: Due, touch: Route) -> tuple[int, int]:
    """(px_ticks, shares) down the venue's ladder until what is due is there, as far as is known.

    It stops at the limit, and before an order of ours.
    """
    market, side, limit = around.market, parent.side, due.limit_px_ticks
    px_ticks, qty = touch.px_ticks, 0
    for level_px, level_qty in market.venue_ladder(touch.venue, side, less_own=True)[:SWEEP_LEVELS]:
        beyond = limit is not None and (level_px - limit) * side.sign > 0
        if beyond or qty >= due.qty or market.own.in_the_way(touch.venue, side, level_px):
            break
        px_ticks, qty = level_px, qty + level_qty
    lot = min(parent.instrument.lot, due.qty)
    return px_ticks, max(qty // lot * lot, touch.qty)


def miss_pause_ns(parent: Parent, now_ns: int) -> int:
    """How long to leave off after `parent.misses` immediate orders in a row that found nothing.

    Once as said; then twice as long each time, and never so that a clean-up runs out.
    """
    if not parent.misses or in_clean_up(parent, now_ns):
        return MISS_NS
    varied = around_one(MISS_VARIED, parent.order_id, "miss", parent.children)
    return int(MISS_NS * 2 ** min(parent.misses, MISS_DOUBLINGS) * varied)
