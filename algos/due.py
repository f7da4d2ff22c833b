"""What of a parent may be sent now: the goal less what is filled or open, within all bounds."""

import msgspec

from algos.completion import in_clean_up
from algos.goal import Goal
from algos.parent import Parent
from algos.price_terms import PriceBound
from algos.surroundings import Surroundings
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """`qty`: shares that a child may take now, 0 for the `reason`. `due_qty`: before all bounds.

    `excess_qty`: open shares that a bound, which has come down, does not admit any more.
    `overdue_qty`: unfilled shares, open ones too, that must not wait any longer; what waits for a
    cross is of neither. `limit_px_ticks`:
    no child may be priced beyond it. `complete`: it is the clean-up: nothing may wait for a price.
    """

    due_qty: int
    qty: int
    reason: WaitReason
    overdue_qty: int
    limit_px_ticks: int | None
    complete: bool
    excess_qty: int = 0


def due_of(parent: Parent, goal: Goal, bound: PriceBound, around: Surroundings) -> Due:
    """What is due of a parent whose algorithm has this goal."""
    done_qty = parent.cum_qty + parent.open_qty
    due_qty = max(goal.target_qty - done_qty, 0)
    never_takes = parent.params.get("passive_only") is True  # not at its would price either
    sendable: int | WaitReason
    if due_qty == 0:
        sendable = WaitReason.WORKING if parent.open_qty else goal.idle
    elif around.now_ns < parent.retry_ns:
        sendable = parent.retry_reason
    elif bound.reason is not None:
        sendable = bound.reason
    else:
        sendable = _sendable(parent, goal, around, due_qty)
    return Due(
        due_qty=due_qty,
        qty=sendable if isinstance(sendable, int) else 0,
        reason=WaitReason.WORKING if isinstance(sendable, int) else sendable,
        overdue_qty=0 if never_takes else _overdue_qty(parent, goal),
        limit_px_ticks=bound.limit_px_ticks,
        complete=in_clean_up(parent, around.now_ns),
        excess_qty=_excess_qty(parent, goal, around.market),
    )


def _overdue_qty(parent: Parent, goal: Goal) -> int:
    """Its children do not have to be filled in time that wait for a cross."""
    if goal.overdue_qty <= parent.cum_qty:
        return 0  # as nearly always, and spared a sum
    return max(goal.overdue_qty - parent.cum_qty - parent.auction_open_qty, 0)


def _excess_qty(parent: Parent, goal: Goal, market: SymbolMarket) -> int:
    """Open shares beyond the bounds. Others' volume counts as best known here, and at the least
    where something new is sent: so what rests does not come and go with every doubtful print.
    """
    if not parent.open_qty:
        return 0
    bounds = [] if goal.ceiling_qty is None else [goal.ceiling_qty]
    cap, mark = parent.params.get("max_participation"), parent.volume_mark
    if isinstance(cap, float) and cap < 1.0 and mark is not None:
        bounds.append(int(cap / (1.0 - cap) * market.tape.others_qty(mark)))
    if not bounds:
        return 0
    continuous_qty = parent.cum_qty + parent.open_qty - parent.auction_open_qty
    return max(continuous_qty - min(bounds), 0)


def participation_allows(parent: Parent, market: SymbolMarket) -> int | None:
    """Shares that the cap still admits: p / (1 - p) of others' volume, less own; None: no cap.

    Others' volume is at the least what the continuous book printed since the start without any
    part of ours, whichever parent's (quant.md section 4; marketdata/tape.py). What waits for a
    cross takes no part of it.
    """
    cap = parent.params.get("max_participation")
    if not isinstance(cap, float) or cap >= 1.0:
        return None
    mark = parent.volume_mark
    others_qty = 0 if mark is None else market.tape.others_qty_floor(mark)
    continuous_qty = parent.cum_qty + parent.open_qty - parent.auction_open_qty
    return int(cap / (1.0 - cap) * others_qty) - continuous_qty


def smallest_child_qty(parent: Parent) -> int:
    """No child is smaller, but for the one that ends the order."""
    smallest = parent.params.get("min_child_qty")
    return max(parent.instrument.lot, smallest if isinstance(smallest, int) else 0)


def largest_child_qty(parent: Parent, around: Surroundings) -> int | None:
    """No child is larger: the order's own bound, or that of venue access; None: there is none."""
    asked, taken = parent.params.get("max_child_qty"), around.child_qty_max
    if not isinstance(asked, int):
        return taken
    return asked if taken is None else min(asked, taken)


def _sendable(parent: Parent, goal: Goal, around: Surroundings, due_qty: int) -> int | WaitReason:
    """How much of what is due may go: whole lots, but for an odd remainder that ends the order.

    Where venues take no odd lots, that remainder cannot trade: ODD_LOT.
    """
    lot = parent.instrument.lot
    left_qty = parent.terms.order_qty - parent.cum_qty - parent.open_qty
    if left_qty < lot and not parent.instrument.odd_lots:
        return WaitReason.ODD_LOT
    bounds = [participation_allows(parent, around.market)]
    if goal.ceiling_qty is not None:
        bounds.append(goal.ceiling_qty - parent.cum_qty - parent.open_qty)
    allowed_qty = min((bound for bound in bounds if bound is not None), default=due_qty)
    capped = allowed_qty < due_qty
    qty = max(allowed_qty, 0) if capped else due_qty
    largest_qty = largest_child_qty(parent, around)
    if largest_qty is not None and qty > largest_qty:
        return largest_qty  # whole lots, not below the smallest child: admission saw to that
    if qty >= left_qty and (parent.instrument.odd_lots or left_qty % lot == 0):
        return left_qty
    qty = qty // lot * lot
    if qty < smallest_child_qty(parent):
        return WaitReason.PARTICIPATION_CAP if capped else WaitReason.MIN_QTY
    return qty
