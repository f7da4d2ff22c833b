"""Pegged: rest the order, hidden where that can be had, at a price that follows the market.

Where a venue has the peg itself, it moves the order; elsewhere we re-price it, no more often than
`reprice_interval`. With a discretion it takes what the other side offers near enough.
"""

from typing import Final

from algos.actions import Action, Reprice, Send, Step, Withdraw
from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.child import Child
from algos.due import Due
from algos.goal import Goal
from algos.parameters import Parameter, Unit
from algos.parent import Parent
from algos.rules import Condition, Operator, Rule, never_both, not_above
from algos.schedule import Schedule
from algos.shared_parameters import (
    COLLAR_TO_CROSS,
    COMPLETION_SET,
    DURATION,
    END_OR_DURATION,
    MAX_PARTICIPATION,
    MIN_FILL_QTY,
    MIN_FILL_WITHIN,
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    WOULD_RULES,
    WOULD_SET,
)
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS, taken_from
from algos.tactics.peg_price import OthersBest, others_best, peg_px_ticks
from algos.tactics.resting import changeable_ns, is_stable, not_to_rest, past_limit, resting, within
from domain.fix_codes import PegInstruction, TimeInForce
from domain.refusals import WaitReason
from domain.venue_offer import VenueOffer
from router.best_post import best_post
from router.best_price import Route, best_route

POUNCE_LOOK_NS: Final = 10_000_000  # how often the other side is looked at, at the most
# Venue access sends no peg without a limit. Where the order has none it gets one so far beyond its
# price, half the collar of the house's limits, renewed when half of that is used up.
COLLAR: Final = 0.01
OFFSET_MAX: Final = 1_000  # ticks: far beyond any peg that is meant

_PEGS: Final = {
    "primary": PegInstruction.PRIMARY, "mid": PegInstruction.MIDPOINT,
    "market": PegInstruction.MARKET,
}  # fmt: skip

PARAMETERS: Final = (
    DURATION,
    Parameter(name="peg", kind=str, default="mid", mutable=True,
              choices={"primary": "the best price of its own side",
                       "mid": "half way between the best bid and offer",
                       "market": "the best price of the other side, which takes unless the offset "
                                 "is below zero"},
              text="what its price follows"),
    Parameter(name="peg_offset", kind=int, default=0, low=-OFFSET_MAX, high=OFFSET_MAX,
              mutable=True, text="ticks beyond that price towards the other side; below zero: away "
              "from it. A primary or mid peg stays a tick short of the other side"),
    Parameter(name="display_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
              text="shares to show at a time; default none: it is hidden, and where a venue hides "
              "nothing one lot at a time is shown"),
    MIN_FILL_QTY,
    Parameter(name="discretion", kind=int, default=0, low=0, high=OFFSET_MAX, mutable=True,
              text="ticks beyond its price within which it takes what the other side offers"),
    Parameter(name="reprice_interval", kind=float, default=1.0, unit=Unit.SECONDS, low=0.05,
              high=60.0, mutable=True, text="time between two prices of a child at the least"),
    Parameter(name="method", kind=str, default="auto", mutable=True,
              choices={"auto": "the venue's own peg where it has one, else re-priced by us",
                       "synthetic": "re-priced by us everywhere"},
              text="who moves it"),
    MAX_PARTICIPATION,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    END_OR_DURATION,
    Rule(
        any_of=(
            Condition(field="display_qty", operator=Operator.NX),
            Condition(field="peg", operator=Operator.NE, value="mid"),
        ),
        text="display_qty: a mid peg shows nothing",
    ),
    not_above(
        "display_qty", "order_qty", text="display_qty is above the order's quantity"
    ),
    never_both("min_fill_qty", "display_qty",
               text="min_fill_qty asks for a hidden order, display_qty for one that shows"),
    MIN_FILL_WITHIN,
    Rule(
        any_of=(
            Condition(field="discretion", operator=Operator.NX),
            Condition(field="discretion", operator=Operator.EQ, value=0),
            Condition(field="peg", operator=Operator.NX),
            Condition(field="peg", operator=Operator.NE, value="market"),
        ),
        text="discretion: a market peg has none",
    ),
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)  # fmt: skip


def plan(request: PlanRequest) -> Plan:
    """No schedule: all may rest at once."""
    return Plan(schedule=Schedule((), ()))


def goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """All of it may be open from the start; none of it has to be filled before the end."""
    return Goal(target_qty=parent.terms.order_qty)


def tactic(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Take what is near enough; keep what rests at its price; rest what does not."""
    children = resting(parent)
    step = not_to_rest(parent, around, due, children)
    if step is not None:
        return step
    best = others_best(around)
    px_ticks = peg_px_ticks(parent, best, _peg(parent), _whole(parent, "peg_offset"),
                            due.limit_px_ticks)  # fmt: skip
    pounced = None
    if px_ticks is not None and _is_near(parent, around, due, px_ticks, best):
        pounced = _pounced(parent, around, due, px_ticks, children)
    if pounced is not None:
        return Step(actions=pounced, reason=WaitReason.WORKING, wake_ns=_retry_ns(around),
                    watch_ns=_watch_ns(parent, around, children))  # fmt: skip
    actions, wakes = _moves(parent, around, due, px_ticks, children)
    waits = due.reason
    if due.qty:
        sent = _rested(parent, around, due, px_ticks, children)
        wakes.append(_retry_ns(around))
        if isinstance(sent, WaitReason):
            waits = sent
        else:
            actions.append(sent)
    elif due.due_qty:
        wakes.append(_retry_ns(around))
    working = children or any(isinstance(action, Send) for action in actions)
    return Step(
        actions=tuple(actions), reason=WaitReason.WORKING if working else waits,
        wake_ns=min(wakes, default=None), watch_ns=_watch_ns(parent, around, children),
    )  # fmt: skip


def _rested(
    parent: Parent, around: Surroundings, due: Due, px_ticks: int | None, children: list[Child]
) -> Send | WaitReason:
    """Rest what is due where the peg is the venue's own, else where it has to be ours."""
    fit = [venue for venue in parent.instrument.venues if _takes_min_qty(parent, around, venue)]
    if not fit:
        return WaitReason.UNSUPPORTED_BY_VENUE
    native = [venue for venue in fit if _is_native(parent, around.offer(venue))]
    found: Route | WaitReason = WaitReason.NO_MARKET_DATA
    for venues in (native, [venue for venue in fit if venue not in native]):
        if venues and isinstance(found, WaitReason):
            found = best_post(
                around.market, venues, parent.side, qty=due.qty,
                limit_px_ticks=due.limit_px_ticks, live=around.live,
                avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
            )  # fmt: skip
    if isinstance(found, WaitReason):
        return found
    offer = around.offer(found.venue)
    qty, display_qty = _shown(parent, due, offer, children)
    if not qty:
        return WaitReason.WORKING
    own_peg = _is_native(parent, offer)
    if px_ticks is None:
        return WaitReason.NO_LIQUIDITY  # a venue's own would not trade either
    if around.market.own.in_the_way(found.venue, parent.side, px_ticks):
        return WaitReason.OWN_ORDER
    return Send(
        venue=found.venue, qty=qty,
        px_ticks=_venue_limit(parent, due, px_ticks) if own_peg else px_ticks,
        time_in_force=TimeInForce.DAY, display_qty=display_qty,
        min_qty=min(_whole(parent, "min_fill_qty"), qty),
        peg=_peg(parent) if own_peg else None,
        peg_offset_ticks=_whole(parent, "peg_offset") if own_peg else 0,
    )  # fmt: skip


def _shown(
    parent: Parent, due: Due, offer: VenueOffer, children: list[Child]
) -> tuple[int, int | None]:
    """(shares to send, MaxFloor(111) of them), so that no more is shown than was asked for."""
    asked_qty = _whole(parent, "display_qty")
    if not asked_qty and offer.hidden:
        return due.qty, 0
    if asked_qty and offer.iceberg and due.qty > asked_qty and not children:
        return due.qty, asked_qty
    lot = parent.instrument.lot
    room_qty = max(asked_qty, lot) - sum(child.leaves_qty for child in children)
    qty = due.qty if due.qty <= room_qty else room_qty // lot * lot
    return max(qty, 0), None


def _moves(
    parent: Parent, around: Surroundings, due: Due, px_ticks: int | None, children: list[Child]
) -> tuple[list[Action], list[int]]:
    """Bring what rests to its price; and when to look again, because it may not move yet.

    Without a reference it stays where it is. Of a venue's own peg only the limit is ours to move.
    """
    moves: list[Action] = []
    wakes: list[int] = []
    for child in children:
        if not is_stable(child):
            continue
        if not _is_as_asked(parent, child):
            moves.append(Withdraw(cl_ord_id=child.cl_ord_id))
            continue
        wanted = px_ticks if child.peg is None else _renewed_limit(parent, due, px_ticks, child)
        if wanted is None or wanted == child.px_ticks:
            continue
        if around.market.own.in_the_way(child.venue, parent.side, wanted):
            continue
        late = past_limit(child, due, parent)
        ready_ns = changeable_ns(child, 0 if late else _interval_ns(parent))
        if around.now_ns < ready_ns:
            wakes.append(ready_ns)
        else:
            moves.append(Reprice(cl_ord_id=child.cl_ord_id, qty=child.order_qty, px_ticks=wanted))
    return moves, wakes


def _is_near(
    parent: Parent, around: Surroundings, due: Due, px_ticks: int, best: OthersBest
) -> bool:
    """Whether the other side offers within the discretion, and no miss is too fresh."""
    if not parent.params["discretion"] or around.now_ns < parent.retry_ns:
        return False
    other = best.other_side(parent.side)
    return other is not None and (other - _reach(parent, due, px_ticks)) * parent.side.sign <= 0


def _reach(parent: Parent, due: Due, px_ticks: int) -> int:
    """How far the discretion goes, in ticks: to the limit at the furthest."""
    beyond = _whole(parent, "discretion") * parent.side.sign
    return within(px_ticks + beyond, due.limit_px_ticks, parent)


def _pounced(
    parent: Parent, around: Surroundings, due: Due, px_ticks: int, children: list[Child]
) -> tuple[Action, ...] | None:
    """Take what the other side offers within the discretion; None if it cannot be had.

    What is free goes at once. Shares that rest are freed first, and go when the venue has said so.
    """
    reach = _reach(parent, due, px_ticks)
    busy, least_fill = taken_from(parent), _whole(parent, "min_fill_qty")
    least_qty = max(least_fill, parent.instrument.lot)
    venues = [venue for venue in parent.instrument.venues
              if venue not in busy and (not least_fill or around.offer(venue).min_qty)]  # fmt: skip
    found = best_route(
        around.market, venues, parent.side, limit_px_ticks=reach,
        lot=parent.instrument.lot, min_qty=least_qty, live=around.live,
        avoid_until_ns=parent.avoid_until_ns, now_ns=around.now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        return None
    qty = min(found.qty, due.qty)
    if qty >= least_qty:
        return (
            Send(venue=found.venue, qty=qty, px_ticks=found.px_ticks,
                 time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
                 min_qty=least_fill),
        )  # fmt: skip
    return _freed(parent, around, found.qty - due.qty, children)


def _freed(
    parent: Parent, around: Surroundings, qty: int, children: list[Child]
) -> tuple[Action, ...] | None:
    """Take `qty` shares off what rests: the rest of a child keeps its place."""
    for child in children:
        ready_ns = changeable_ns(child, _interval_ns(parent))
        if not is_stable(child) or around.now_ns < ready_ns:
            continue
        if child.leaves_qty > qty and child.px_ticks is not None:
            return (Reprice(cl_ord_id=child.cl_ord_id, qty=child.order_qty - qty,
                            px_ticks=child.px_ticks),)  # fmt: skip
        return (Withdraw(cl_ord_id=child.cl_ord_id),)
    return None


def _is_as_asked(parent: Parent, child: Child) -> bool:
    """Whether a child is what the parameters in force ask for: they may have been amended."""
    asked_qty = _whole(parent, "display_qty")
    shows_more = bool(asked_qty) and (child.displayed_qty > asked_qty or child.display_qty == 0)
    least_qty = min(_whole(parent, "min_fill_qty"), child.order_qty)
    if shows_more or child.min_qty != least_qty:
        return False
    if child.peg is None:
        return True
    offset_ticks = _whole(parent, "peg_offset") * parent.side.sign
    return (
        parent.params["method"] == "auto"
        and child.peg is _peg(parent)
        and child.peg_offset_ticks == offset_ticks
    )


def _venue_limit(parent: Parent, due: Due, px_ticks: int) -> int:
    """The limit of a venue's own peg: the order's, or a collar about its price."""
    if due.limit_px_ticks is not None:
        return due.limit_px_ticks
    collar = px_ticks + parent.side.sign * max(int(px_ticks * COLLAR), 1)
    return parent.instrument.round_px_ticks(collar, parent.side)


def _renewed_limit(parent: Parent, due: Due, px_ticks: int | None, child: Child) -> int | None:
    """The limit that a venue's own peg should have now; None: the one that it has."""
    if due.limit_px_ticks is not None or px_ticks is None or child.px_ticks is None:
        return due.limit_px_ticks
    left_ticks = (child.px_ticks - px_ticks) * parent.side.sign
    return _venue_limit(parent, due, px_ticks) if left_ticks < px_ticks * COLLAR / 2 else None


def _is_native(parent: Parent, offer: VenueOffer) -> bool:
    """Whether the venue is to move it."""
    return parent.params["method"] == "auto" and _peg(parent) in offer.pegs


def _takes_min_qty(parent: Parent, around: Surroundings, venue: str) -> bool:
    """Whether a venue takes the order with its least fill, if it has one."""
    offer = around.offer(venue)
    return not _whole(parent, "min_fill_qty") or (offer.hidden and offer.min_qty)


def _watch_ns(parent: Parent, around: Surroundings, children: list[Child]) -> int:
    """When a move of the market is next of interest: to the discretion soon, else to a child."""
    looks = [changeable_ns(child, _interval_ns(parent)) for child in children if is_stable(child)]
    if _whole(parent, "discretion"):
        looks.append(max(parent.retry_ns, around.now_ns + POUNCE_LOOK_NS))
    if parent.params["relative_limit"] is not None:
        looks.append(_retry_ns(around))  # a limit that moves is kept sooner than a price
    return max(min(looks, default=_retry_ns(around)), around.now_ns)


def _retry_ns(around: Surroundings) -> int:
    return around.now_ns + BLOCKED_RETRY_NS


def _interval_ns(parent: Parent) -> int:
    interval_s = parent.params["reprice_interval"]
    assert isinstance(interval_s, float)
    return int(interval_s * 1e9)


def _peg(parent: Parent) -> PegInstruction:
    return _PEGS[str(parent.params["peg"])]


def _whole(parent: Parent, name: str) -> int:
    """A parameter in shares or ticks, 0 if it was not given."""
    value = parent.params[name]
    return value if isinstance(value, int) else 0


PEGGED: Final = Algorithm(
    name="pegged",
    title="Pegged",
    text="Rests the order, hidden where that can be had, at a price that follows the market.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    goal=goal,
    tactic=tactic,
)
