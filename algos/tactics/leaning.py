"""Resting at a price that leans towards the other side as more of the volume is needed.

With p the share of the coming minute's volume that would catch up with what is due, and p_max the
most that is allowed, a buy rests at mid + min(p / p_max, 1) * (offer - mid), a sale mirrored:
at the mid where next to nothing is needed, at the touch of the other side, which it takes, where
most is. Prices go by others' quotes, and are rounded to the less aggressive price.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from algos.actions import Action, Reprice, Send, Step
from algos.child import Child
from algos.due import Due
from algos.parent import Parent
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS
from algos.tactics.peg_price import others_best
from algos.tactics.resting import changeable_ns, is_stable, not_to_rest, resting, within
from domain.fix_codes import TimeInForce
from domain.instruments import Side
from domain.refusals import WaitReason
from router.best_post import best_post

AHEAD_S: Final = 60.0  # of volume that what is due is held against: two slices at the default
MAX_PARTICIPATION: Final = 0.15  # p_max of an order without a cap: what is usual for VWAP
REPRICE_NS: Final = 10**9  # a child keeps its price, and its place in the queue, at least so long
LOOK_NS: Final = 10**9  # how often a resting child's price is looked at


def lean(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Cross with what is overdue; bring what rests to the price; rest what is due there."""
    children = resting(parent)
    step = not_to_rest(parent, around, due, children)
    if step is not None:
        return step
    px_ticks = leaning_px_ticks(parent, around, due)
    actions, wakes = _moves(parent, around, px_ticks, children)
    waits = due.reason
    if due.qty:
        wakes.append(around.now_ns + BLOCKED_RETRY_NS)
        sent = _rested(parent, around, due, px_ticks)
        if isinstance(sent, WaitReason):
            waits = sent
        else:
            actions.append(sent)
    elif due.due_qty:
        wakes.append(around.now_ns + BLOCKED_RETRY_NS)
    working = children or any(isinstance(action, Send) for action in actions)
    return Step(
        actions=tuple(actions), reason=WaitReason.WORKING if working else waits,
        wake_ns=min(wakes, default=None),
    )  # fmt: skip


def pressure(parent: Parent, around: Surroundings, due: Due) -> float:
    """min(p / p_max, 1). Where nothing is known of the volume to come, 1."""
    wanted_qty = due.due_qty + parent.open_qty
    if not wanted_qty:
        return 0.0
    cap = parent.params.get("max_participation")
    share_max = cap if isinstance(cap, float) else MAX_PARTICIPATION
    coming_qty = around.market.tape.rate.shares_per_s(around.now_ns) * AHEAD_S
    if not coming_qty and around.profile is not None and around.session is not None:
        norm = around.profile.norm_at((around.now_ns - around.session.open_ns) / 1e9)
        coming_qty = 0.0 if norm is None else norm.shares_per_s * AHEAD_S
    return min(wanted_qty / (wanted_qty + coming_qty) / share_max, 1.0)


def leaning_px_ticks(parent: Parent, around: Surroundings, due: Due) -> int | None:
    """The price, on the grid and within the limit; None where a side of the market is missing."""
    side = parent.side
    best = others_best(around)
    own, other = best.own_side(side), best.other_side(side)
    if own is None or other is None:
        return None
    mid = Decimal(own + other) / 2
    exact = mid + Decimal(pressure(parent, around, due)) * (other - mid)
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    px_ticks = within(int(exact.to_integral_value(rounding)), due.limit_px_ticks, parent)
    return parent.instrument.round_px_ticks(px_ticks, side) if px_ticks > 0 else None


def _rested(
    parent: Parent, around: Surroundings, due: Due, px_ticks: int | None
) -> Send | WaitReason:
    """One child a venue: what becomes due while one rests goes to the next best venue."""
    taken = [child.venue for child in parent.open_children.values()]
    venues = [venue for venue in parent.instrument.venues if venue not in taken]
    if not venues:
        return WaitReason.WORKING
    found = best_post(
        around.market, venues, parent.side, qty=due.qty, limit_px_ticks=due.limit_px_ticks,
        live=around.live, avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        return found
    if px_ticks is None:
        return WaitReason.NO_LIQUIDITY
    if around.market.own.in_the_way(found.venue, parent.side, px_ticks):
        return WaitReason.OWN_ORDER
    return Send(venue=found.venue, qty=due.qty, px_ticks=px_ticks, time_in_force=TimeInForce.DAY)


def _moves(
    parent: Parent, around: Surroundings, px_ticks: int | None, children: list[Child]
) -> tuple[list[Action], list[int]]:
    """Bring what rests to the price, and when to look again. Without a price it stays."""
    moves: list[Action] = []
    wakes: list[int] = [around.now_ns + LOOK_NS] if children else []
    for child in children:
        if not is_stable(child) or px_ticks is None or px_ticks == child.px_ticks:
            continue
        if around.market.own.in_the_way(child.venue, parent.side, px_ticks):
            continue
        ready_ns = changeable_ns(child, REPRICE_NS)
        if around.now_ns < ready_ns:
            wakes.append(ready_ns)
        else:
            moves.append(Reprice(cl_ord_id=child.cl_ord_id, qty=child.order_qty, px_ticks=px_ticks))
    return moves, wakes
