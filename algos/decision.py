"""What one parent should do now: the next child, or why there is none. Pure.

Decided from the cumulative target minus (filled + open), so nothing is lost by a miss and nothing
is sent twice. Constraints bind in this order: schedule, participation cap, smallest child, market.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from algos.parent import Parent
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket
from router.best_price import Route, best_route

BLOCKED_RETRY_NS: Final = 250_000_000  # how often a parent that has shares due looks again
CLEAN_UP_FRACTION: Final = 0.02  # quant.md 1.1 row 5
CLEAN_UP_NS_MIN: Final = 10 * 10**9
CLEAN_UP_NS_MAX: Final = 120 * 10**9


class Surroundings(msgspec.Struct, frozen=True):
    """What a decision sees besides the parent. `live`: by venue, whether it takes new orders.

    `pause`: the break [start_ns, end_ns) of the parent's session, None if it has none.
    """

    market: SymbolMarket
    live: Mapping[str, bool]
    killed: bool
    now_ns: int
    pause: tuple[int, int] | None = None


class Decision(msgspec.Struct, frozen=True):
    """Send `route`, or wait for `reason`. Look again at `wake_ns` whatever else happens."""

    route: Route | None
    reason: WaitReason
    due_qty: int
    wake_ns: int


def decide(parent: Parent, around: Surroundings) -> Decision:
    """The next step of a live parent that has no request pending and is inside its window."""
    now_ns = around.now_ns
    due_qty = max(target_qty(parent, now_ns) - parent.cum_qty - parent.open_qty, 0)
    wake_ns = _next_look_ns(parent, around.pause, now_ns)
    held = _held(parent, around)
    if held is not None:
        return Decision(None, held, due_qty, wake_ns)
    if due_qty == 0:
        idle = WaitReason.WORKING if parent.open_qty else WaitReason.WAITING_FOR_SLICE
        return Decision(None, idle, 0, wake_ns)
    blocked_ns = min(wake_ns, max(parent.retry_ns, now_ns + BLOCKED_RETRY_NS))
    if now_ns < parent.retry_ns:
        return Decision(None, parent.retry_reason, due_qty, min(wake_ns, parent.retry_ns))
    sendable = _sendable(parent, around.market, due_qty)
    if isinstance(sendable, WaitReason):
        return Decision(None, sendable, due_qty, blocked_ns)
    route = _route(parent, around, sendable)
    if isinstance(route, WaitReason):
        return Decision(None, route, due_qty, blocked_ns)
    return Decision(route, WaitReason.WORKING, due_qty, blocked_ns)


def target_qty(parent: Parent, now_ns: int) -> int:
    """Shares that should be filled or open by now; never more than ordered, whatever was planned
    before the order was made smaller.
    """
    if parent.schedule is None or now_ns < parent.terms.start_ns:
        return 0
    if parent.params.get("completion") == "cross" and now_ns >= clean_up_ns(parent):
        return parent.terms.order_qty
    return min(parent.schedule.due_qty(now_ns), parent.terms.order_qty)


def clean_up_ns(parent: Parent) -> int:
    """When a parent that must complete stops waiting for its schedule."""
    window_ns = parent.terms.end_ns - parent.terms.start_ns
    length_ns = int(window_ns * CLEAN_UP_FRACTION)
    return parent.terms.end_ns - min(max(length_ns, CLEAN_UP_NS_MIN), CLEAN_UP_NS_MAX, window_ns)


def participation_allows(parent: Parent, market: SymbolMarket) -> int | None:
    """Shares that the cap still admits: p / (1 - p) of others' volume, less own; None: no cap.

    Others' volume is at the least what the continuous book printed since the start without any
    part of ours, whichever parent's (quant.md section 4; marketdata/tape.py).
    """
    cap = parent.params.get("max_participation")
    if not isinstance(cap, float) or cap >= 1.0:
        return None
    mark = parent.volume_mark
    others_qty = 0 if mark is None else market.tape.others_qty_floor(mark)
    return int(cap / (1.0 - cap) * others_qty) - parent.cum_qty - parent.open_qty


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


def _next_look_ns(parent: Parent, pause: tuple[int, int] | None, now_ns: int) -> int:
    looks = [parent.terms.end_ns, *(edge for edge in pause or () if edge > now_ns)]
    if now_ns < parent.terms.start_ns:
        looks.append(parent.terms.start_ns)
    if parent.schedule is not None:
        step_ns = parent.schedule.next_ns(now_ns)
        if step_ns is not None:
            looks.append(step_ns)
    if parent.params.get("completion") == "cross" and now_ns < clean_up_ns(parent):
        looks.append(clean_up_ns(parent))
    return min(looks)


def _sendable(parent: Parent, market: SymbolMarket, due_qty: int) -> int | WaitReason:
    """How much of what is due may go: whole lots, but for an odd remainder that ends the order.

    Where venues take no odd lots, that remainder cannot trade, and is said to be below MIN_QTY.
    """
    lot = parent.instrument.lot
    min_qty = smallest_child_qty(parent)
    left_qty = parent.terms.order_qty - parent.cum_qty - parent.open_qty
    allowed_qty = participation_allows(parent, market)
    capped = allowed_qty is not None and allowed_qty < due_qty
    qty = max(allowed_qty, 0) if capped and allowed_qty is not None else due_qty
    largest_qty = parent.params.get("max_child_qty")
    if isinstance(largest_qty, int) and qty > largest_qty:
        return largest_qty  # whole lots, not below the smallest child: admission saw to that
    if qty >= left_qty and (parent.instrument.odd_lots or left_qty % lot == 0):
        return left_qty
    qty = qty // lot * lot
    if qty < min_qty:
        return WaitReason.PARTICIPATION_CAP if capped else WaitReason.MIN_QTY
    return qty


def smallest_child_qty(parent: Parent) -> int:
    """No child is smaller, but for the one that ends the order."""
    smallest = parent.params.get("min_child_qty")
    return max(parent.instrument.lot, smallest if isinstance(smallest, int) else 0)


def _route(parent: Parent, around: Surroundings, qty: int) -> Route | WaitReason:
    busy = [child.venue for child in parent.open_children.values()]
    venues = [venue for venue in parent.instrument.venues if venue not in busy]
    if not venues:
        return WaitReason.WORKING
    lot = parent.instrument.lot
    found = best_route(
        around.market, venues, parent.side, limit_px_ticks=parent.terms.limit_px_ticks,
        lot=min(lot, qty), min_qty=min(smallest_child_qty(parent), qty), live=around.live,
        avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        # A venue that has a child of ours takes the next one when that has ended.
        return WaitReason.WORKING if any(around.live.get(venue) for venue in busy) else found
    return Route(venue=found.venue, px_ticks=found.px_ticks, qty=min(qty, found.qty))
