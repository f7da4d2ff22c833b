"""Resting in the book: join or better the touch, follow it, give up in time, then cross.

The states of quant.md 5.4, read off the ledger at every look: what is due and free is posted; what
rests follows a touch that moves away, or goes inside the spread, where that place is worth more;
what is overdue is taken back and crosses once it is free.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from algos.actions import Action, Reprice, Send, Step, Withdraw
from algos.chance import around_one, uniform
from algos.child import Child
from algos.due import Due, smallest_child_qty
from algos.parent import Parent
from algos.patience import patience_ns, usual_touch_qty
from algos.styles import style_of
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS, cross
from algos.tactics.places import (
    HORIZON_S,
    BookSide,
    Place,
    book_side,
    crosses_at_once,
    drift_ticks,
    worth,
)
from algos.tactics.resting import changeable_ns, is_stable, out_of_reach, past_limit
from algos.tactics.resting import resting as resting_of
from domain.fix_codes import TimeInForce
from domain.refusals import WaitReason
from router.best_post import best_post

LOOK_NS: Final = 250_000_000  # how often a resting child is looked at, in the mean
LOOK_VARIED: Final = 0.3  # no child of ours is to move in a rhythm (quant.md 5.5)
CHILDREN_A_VENUE: Final = 2  # the second one keeps the first one's place in the queue
SHOWN_TOUCHES: Final = 2.0  # usual sizes of a touch that one child may show
SHOWN_VARIED: Final = 0.2  # quant.md 5.8: U[0.8, 1.2]
# A place is left only for one that is worth so much more: it cannot be had again, and each move is
# two messages that others see.
BETTER: Final = 1.15
_NS: Final = 1e9
_KNUTH: Final = 2_654_435_761
_HASHES: Final = 1 << 32


def post(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Rest what is due; take back what is overdue, and cross with it once it is free."""
    resting = resting_of(parent)
    looks = due.qty > 0 or any(_may_follow(child, parent, around) for child in resting)
    book = book_side(parent, around) if looks else None
    overdue_qty = _overdue_qty(parent, due)
    if overdue_qty and out_of_reach(parent, around, due):
        overdue_qty = 0
    # Shares that are free cross first: what rests keeps its place for what is due later.
    late_qty = max(overdue_qty - due.due_qty, 0)
    moved = tuple(_moves(resting, late_qty, parent, around, due, book))
    lot = parent.instrument.lot
    crossing_qty = min(due.qty, -(-overdue_qty // lot) * lot)
    if crossing_qty >= min(smallest_child_qty(parent), due.qty) and crossing_qty > 0:
        step = cross(parent, around, msgspec.structs.replace(due, qty=crossing_qty))
    elif due.qty:
        step = _posted(parent, around, due, book)
    else:
        step = Step(reason=due.reason)
    wake_ns = _look_ns(around.now_ns) if resting or due.due_qty else None
    return Step(actions=(*moved, *step.actions), reason=step.reason, wake_ns=wake_ns)


def _look_ns(now_ns: int) -> int:
    """When to look again: not in a rhythm, by a multiplicative hash of the time (Knuth)."""
    varied = 2.0 * (now_ns * _KNUTH % _HASHES) / _HASHES - 1.0
    return now_ns + int(LOOK_NS * (1.0 + LOOK_VARIED * varied))


def _posted(parent: Parent, around: Surroundings, due: Due, book: BookSide | None) -> Step:
    """A new child, where it is worth most; or a crossing one, if resting is worth nothing."""
    taken = [child.venue for child in parent.open_children.values()]
    venues = [each for each in parent.instrument.venues if taken.count(each) < CHILDREN_A_VENUE]
    venues = _in_no_order([each for each in venues if not _cools(each, around)] or venues, parent)
    if not venues:
        return Step(reason=WaitReason.WORKING)
    qty = _shown_qty(parent, around, due, book)
    found = best_post(
        around.market, venues, parent.side, qty=qty, limit_px_ticks=due.limit_px_ticks,
        live=around.live, avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        return Step(reason=WaitReason.WORKING if parent.open_qty else found,
                    wake_ns=around.now_ns + BLOCKED_RETRY_NS)  # fmt: skip
    ahead_qty = around.market.others_at(found.venue, parent.side, found.px_ticks) or 0
    place = Place(venue=found.venue, px_ticks=found.px_ticks, ahead_qty=ahead_qty)
    patience, left_s = patience_ns(parent, around), HORIZON_S
    if patience is not None:
        left_s = patience / _NS
    if book is not None:
        if patience is not None and style_of(parent).weighs:
            drift = drift_ticks(parent, around)
            if crosses_at_once(book, place, qty, left_s, drift):
                return cross(parent, around, due)
        place = _best(book, place, qty, left_s, parent, due)
    send = Send(
        venue=place.venue, qty=qty, px_ticks=place.px_ticks,
        time_in_force=TimeInForce.DAY, post_only=True,
    )  # fmt: skip
    return Step(actions=(send,), reason=WaitReason.WORKING)


def _cools(venue: str, around: Surroundings) -> bool:
    """Whether fills at the venue were followed by too bad a price of late."""
    return around.market.mark_outs.cools(venue, around.now_ns)


def _in_no_order(venues: list[str], parent: Parent) -> list[str]:
    """The venues, beginning with any: equal ones shall not always be taken in the same order."""
    first = int(uniform(parent.order_id, "venue", parent.children) * len(venues))
    return venues[first:] + venues[:first]


def _shown_qty(parent: Parent, around: Surroundings, due: Due, book: BookSide | None) -> int:
    """What one child shows of what is due: about as much as others do, in whole lots.

    A child of many times the usual size tells everybody that there is more to come (quant.md 5.8).
    """
    usual_qty = usual_touch_qty(around) or (0.0 if book is None else book.own_qty)
    if not usual_qty:
        return due.qty
    varied = around_one(SHOWN_VARIED, parent.order_id, "shown", parent.children)
    lot = parent.instrument.lot
    qty = max(int(SHOWN_TOUCHES * usual_qty * varied) // lot * lot, smallest_child_qty(parent))
    return due.qty if qty + lot > due.qty else qty


def _best(
    book: BookSide, place: Place, qty: int, left_s: float, parent: Parent, due: Due
) -> Place:  # fmt: skip
    """The place, or the one a step before it, inside the spread."""
    inside = _inside(book, place, due)
    if inside is None or not style_of(parent).improves:
        return place
    better = worth(book, inside, qty, left_s) > BETTER * worth(book, place, qty, left_s)
    return inside if better else place


def _inside(book: BookSide, place: Place, due: Due) -> Place | None:
    """A step inside the spread at the same venue; None if the spread or the limit has no room."""
    px_ticks = book.own_px_ticks + book.step_ticks * book.side.sign
    if book.saved_ticks(px_ticks) < book.step_ticks or _beyond(px_ticks, due, book):
        return None
    if not book.stands:
        return None
    return Place(venue=place.venue, px_ticks=px_ticks, ahead_qty=0)


def _beyond(px_ticks: int, due: Due, book: BookSide) -> bool:
    limit = due.limit_px_ticks
    return limit is not None and (px_ticks - limit) * book.side.sign > 0


def _overdue_qty(parent: Parent, due: Due) -> int:
    """Shares that must cross and do not yet; 0 for an order that never may."""
    if parent.params.get("passive_only") is True:
        return 0
    crossing_qty = sum(
        child.leaves_qty for child in parent.open_children.values()
        if child.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
    )  # fmt: skip
    return max(due.overdue_qty - crossing_qty, 0)


def _moves(
    resting: list[Child], late_qty: int, parent: Parent, around: Surroundings, due: Due,
    book: BookSide | None,
) -> Iterator[Action]:  # fmt: skip
    """What becomes of the children that rest, the oldest first; of them `late_qty` must cross."""
    excess_qty = due.excess_qty
    for child in resting:
        if late_qty > 0:
            late_qty -= child.leaves_qty
            yield Withdraw(cl_ord_id=child.cl_ord_id)
        elif past_limit(child, due, parent):
            yield Withdraw(cl_ord_id=child.cl_ord_id)
        elif excess_qty > 0:
            excess_qty -= child.leaves_qty
            yield Withdraw(cl_ord_id=child.cl_ord_id)
        elif book is not None:
            place = _followed(child, parent, around, due, book)
            if place is not None:
                yield Reprice(
                    cl_ord_id=child.cl_ord_id, qty=child.order_qty, px_ticks=place.px_ticks
                )


def _followed(
    child: Child, parent: Parent, around: Surroundings, due: Due, book: BookSide
) -> Place | None:  # fmt: skip
    """A place that is worth enough more than the child's own, nearer to the other side."""
    if child.px_ticks is None or not _may_follow(child, parent, around):
        return None
    left_s = _left_s(child, parent, around)
    ahead_qty = around.market.queues.ahead_qty(child.cl_ord_id) or 0
    own = Place(venue=child.venue, px_ticks=child.px_ticks, ahead_qty=ahead_qty)
    best, best_worth = None, BETTER * worth(book, own, child.leaves_qty, left_s)
    for place in _nearer(own, book, around, due, style_of(parent).improves):
        value = worth(book, place, child.leaves_qty, left_s)
        if value > best_worth:
            best, best_worth = place, value
    return best


def _may_follow(child: Child, parent: Parent, around: Surroundings) -> bool:
    """Whether its venue would take a new price, and it has kept the last one for long enough."""
    if not is_stable(child):
        return False
    style = style_of(parent)
    varied = around_one(LOOK_VARIED, child.cl_ord_id, "follow", child.entries)
    return child.entries < style.follows and (
        around.now_ns >= changeable_ns(child, int(style.follow_s * varied * _NS))
    )


def _nearer(
    own: Place, book: BookSide, around: Surroundings, due: Due, improves: bool
) -> Iterator[Place]:  # fmt: skip
    """Places at the child's venue that are nearer to the other side than its own."""
    px_ticks = book.own_px_ticks
    if due.limit_px_ticks is not None and _beyond(px_ticks, due, book):
        px_ticks = due.limit_px_ticks
    if (px_ticks - own.px_ticks) * book.side.sign > 0:
        ahead_qty = around.market.others_at(own.venue, book.side, px_ticks) or 0
        yield Place(venue=own.venue, px_ticks=px_ticks, ahead_qty=ahead_qty)
    inside = _inside(book, own, due) if improves else None
    if inside is not None and (inside.px_ticks - own.px_ticks) * book.side.sign > 0:
        yield inside


def _left_s(child: Child, parent: Parent, around: Surroundings) -> float:
    """How long the child may still rest, seconds."""
    patience = patience_ns(parent, around)
    if patience is None:
        return HORIZON_S
    return max(child.decided_ns + patience - around.now_ns, 0) / _NS
