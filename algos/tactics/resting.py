"""What every tactic that works resting orders does alike: when one may be changed, and the end."""

from collections.abc import Iterable
from typing import Final

import msgspec

from algos.actions import Step, Withdraw
from algos.child import IMMEDIATE, Child
from algos.due import Due
from algos.parent import Parent
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS, cross
from domain.instruments import Side
from domain.refusals import WaitReason

REFUSED_NS: Final = 1_000_000_000  # after a replace that was refused: the next would be, too


def resting(parent: Parent) -> list[Child]:
    """Its open children that are to rest in the continuous book, oldest first."""
    return [
        child for child in parent.open_children.values()
        if child.time_in_force not in IMMEDIATE and not child.for_auction
    ]  # fmt: skip


def out_of_reach(parent: Parent, around: Surroundings, due: Due) -> bool:
    """Whether nothing can be taken within the limit: so what is overdue had better rest there.

    Only as far as the market is known: what is told to be stale or halted is no reason to rest.
    """
    limit, best = due.limit_px_ticks, around.market.bbo(around.now_ns)
    buys = parent.side is Side.BUY
    own, other = (best.bids, best.asks) if buys else (best.asks, best.bids)
    if not other:
        return bool(own)
    other_px = best.ask_px_ticks if buys else best.bid_px_ticks
    return limit is not None and (other_px - limit) * parent.side.sign > 0


def not_to_rest(
    parent: Parent, around: Surroundings, due: Due, children: Iterable[Child]
) -> Step | None:
    """Cross with what is overdue, else take back what is too much; None: all may rest."""
    children = list(children)
    late = due.complete or due.overdue_qty > 0  # seldom: spared a look at the market
    if late and not out_of_reach(parent, around, due):
        step = overdue(parent, around, due, children)
        if step is not None:
            return step
    return reduced(around, due, children)


def reduced(around: Surroundings, due: Due, children: Iterable[Child]) -> Step | None:
    """Take back what a bound that has come down does not admit, oldest first; None: all may rest.

    What is still admitted of it rests anew once its venue has said so.
    """
    left_qty, withdrawn = due.excess_qty, list[Withdraw]()
    for child in children:
        if left_qty <= 0:
            break
        left_qty -= child.leaves_qty
        withdrawn.append(Withdraw(cl_ord_id=child.cl_ord_id))
    if not withdrawn:
        return None
    return Step(actions=tuple(withdrawn), reason=WaitReason.WORKING,
                wake_ns=around.now_ns + BLOCKED_RETRY_NS)  # fmt: skip


def is_stable(child: Child) -> bool:
    """Whether its venue has taken it and nothing is asked of it."""
    return child.rests and not child.asked and child.cancel_asked_ns is None


def changeable_ns(child: Child, interval_ns: int) -> int:
    """From when on it may be re-priced, if it is stable: not sooner than `interval_ns` after it was
    last priced, nor right after a refusal.
    """
    priced_ns = child.decided_ns if child.replace_asked_ns is None else child.replace_asked_ns
    refused_ns = child.replace_refused_ns
    at_ns = priced_ns + interval_ns
    return at_ns if refused_ns is None else max(at_ns, refused_ns + REFUSED_NS)


def past_limit(child: Child, due: Due, parent: Parent) -> bool:
    """Whether the bound has moved to the better side of a child: it may have been relative."""
    limit = due.limit_px_ticks
    return limit is not None and any(
        px is None or (px - limit) * parent.side.sign > 0 for px in child.limits
    )


def within(px_ticks: int, limit_px_ticks: int | None, parent: Parent) -> int:
    """`px_ticks`, or the limit where that is less aggressive."""
    if limit_px_ticks is None:
        return px_ticks
    return min(px_ticks, limit_px_ticks) if parent.side.sign > 0 else max(px_ticks, limit_px_ticks)


def overdue(
    parent: Parent, around: Surroundings, due: Due, children: Iterable[Child]
) -> Step | None:
    """Cross with what must not wait any longer, and take back what of it rests; None: all may wait.

    What is free goes first; then children are taken back, oldest first.
    """
    if not due.complete and due.overdue_qty <= 0:
        return None
    children = list(children)
    crossing_qty = parent.open_qty - sum(child.leaves_qty for child in children)
    left_qty = max(due.overdue_qty - crossing_qty, 0)
    taken_qty = due.qty if due.complete else min(due.qty, left_qty)
    if taken_qty < due.qty:
        taken_qty -= taken_qty % parent.instrument.lot  # only what ends the order may be odd
    left_qty -= taken_qty
    withdrawn: list[Withdraw] = []
    for child in children:
        if not due.complete and left_qty <= 0:
            break
        left_qty -= child.leaves_qty
        if child.cancel_asked_ns is None:
            withdrawn.append(Withdraw(cl_ord_id=child.cl_ord_id))
    crossed = cross(parent, around, msgspec.structs.replace(due, qty=taken_qty))
    wake_ns = around.now_ns + BLOCKED_RETRY_NS
    return Step(
        actions=(*withdrawn, *crossed.actions), reason=crossed.reason,
        wake_ns=wake_ns if crossed.wake_ns is None else min(wake_ns, crossed.wake_ns),
    )  # fmt: skip
