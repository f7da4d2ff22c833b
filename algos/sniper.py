"""Sniper: show nothing, and take when the market offers more, or cheaper, than it usually does.

It takes by immediate-or-cancel orders at the touch, when the spread is narrow or when much is
displayed at a price that is not far from the microprice (quant.md 5.4, SNIPE). What came before
each take is its wait: a random time between two, and a longer one after a miss, so that it never
pings a venue.
"""

from typing import Final

import msgspec

from algos.actions import Send, Step
from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.chance import uniform
from algos.due import Due, smallest_child_qty
from algos.goal import Goal
from algos.parameters import Parameter, Unit
from algos.parent import Parent
from algos.schedule import Schedule
from algos.shared_parameters import (
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    COLLAR_TO_CROSS,
    COMPLETION_SET,
    DURATION,
    END_OR_DURATION,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    MIN_CHILD_QTY,
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    WOULD_RULES,
    WOULD_SET,
)
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS
from algos.tactics.resting import overdue
from domain.fix_codes import TimeInForce
from domain.instruments import Side
from domain.refusals import WaitReason
from marketdata.consolidated import BestBidOffer
from router.best_price import best_route

LOOK_NS: Final = 10_000_000  # how often the market is looked at, at the most
SEEN_NS: Final = 30_000_000_000  # of the touch, before its mean says what is usual
WAIT_LOW: Final = 0.5  # of take_interval: each wait is drawn from [0.5, 1.5) of it
PARAMETERS: Final = (
    DURATION,
    Parameter(name="spread_fraction", kind=float, default=0.5, unit=Unit.FRACTION, low=0.0,
              high=1.0, mutable=True,
              text="it takes when the spread is at most this fraction of its mean"),
    Parameter(name="size_multiple", kind=float, default=2.0, low=1.0, high=1_000.0, mutable=True,
              text="or when the best price of the other side shows more than so many times the "
              "mean size there"),
    Parameter(name="price_margin", kind=float, default=1.0, low=0.0, high=100.0, mutable=True,
              text="and that price is no further from the microprice than so many mean spreads"),
    Parameter(name="take_interval", kind=float, default=1.0, unit=Unit.SECONDS, low=0.1,
              high=3_600.0, mutable=True,
              text="mean time between two takes; each is random about it"),
    MIN_CHILD_QTY,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    END_OR_DURATION,
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)


class Usual(msgspec.Struct, frozen=True, kw_only=True):
    """What a take is compared with: mean spread in ticks, mean shares at the side to take from."""

    spread_ticks: float
    touch_qty: float


def plan(request: PlanRequest) -> Plan:
    """No schedule: it takes when it is offered."""
    return Plan(schedule=Schedule((), ()))


def goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """All of it is wanted, at a good moment."""
    return Goal(target_qty=parent.terms.order_qty)


def tactic(parent: Parent, around: Surroundings, due: Due) -> Step:
    """Take when it is worth it; look again when the market moves."""
    step = overdue(parent, around, due, ())
    if step is not None:
        return step
    now_ns = around.now_ns
    if parent.open_children:
        return Step(reason=WaitReason.WORKING)  # its end wakes us: one take at a time
    if not due.qty:
        # A cap is lifted by prints and a back-off by time: the market wakes it, or the clock.
        retry_ns = max(parent.retry_ns, now_ns + BLOCKED_RETRY_NS)
        return Step(reason=due.reason, wake_ns=retry_ns if due.due_qty else None)
    ready_ns = next_take_ns(parent)
    if now_ns < ready_ns:
        return Step(reason=WaitReason.WAITING_FOR_LIQUIDITY, wake_ns=ready_ns)
    best = around.market.bbo(now_ns)
    if best.bids and best.asks and not is_worth_it(parent, around, best):
        return Step(reason=WaitReason.WAITING_FOR_LIQUIDITY, watch_ns=now_ns + LOOK_NS)
    found = best_route(
        around.market, parent.instrument.venues, parent.side, limit_px_ticks=due.limit_px_ticks,
        lot=min(parent.instrument.lot, due.qty), min_qty=min(smallest_child_qty(parent), due.qty),
        live=around.live, avoid_until_ns=parent.avoid_until_ns, now_ns=now_ns,
    )  # fmt: skip
    if isinstance(found, WaitReason):
        return Step(reason=found, wake_ns=now_ns + BLOCKED_RETRY_NS, watch_ns=now_ns + LOOK_NS)
    send = Send(
        venue=found.venue, qty=min(due.qty, found.qty), px_ticks=found.px_ticks,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
    )  # fmt: skip
    return Step(actions=(send,), reason=WaitReason.WORKING)


def is_worth_it(parent: Parent, around: Surroundings, best: BestBidOffer) -> bool:
    """Whether the spread is narrow, or the size large at a good price. `best` has both sides.

    Spread <= fraction * mean; or size > k * mean at a price within the margin of the microprice.
    """
    usual = usual_of(parent, around)
    if usual is None:
        return False
    spread_ticks = best.ask_px_ticks - best.bid_px_ticks
    if spread_ticks <= _number(parent, "spread_fraction") * usual.spread_ticks:
        return True
    buys = parent.side is Side.BUY
    px_ticks, shown_qty = (
        (best.ask_px_ticks, best.ask_qty) if buys else (best.bid_px_ticks, best.bid_qty)
    )
    if shown_qty <= _number(parent, "size_multiple") * usual.touch_qty:
        return False
    micro = around.market.statistics.microprice_px_ticks
    if micro is None:
        return False
    beyond = (px_ticks - micro) * parent.side.sign
    return beyond <= _number(parent, "price_margin") * usual.spread_ticks


def usual_of(parent: Parent, around: Surroundings) -> Usual | None:
    """By live statistics once they are old enough to tell a change, else by the profile of past
    days; None where neither knows.
    """
    statistics = around.market.statistics
    spread, depth = statistics.spread_ticks, statistics.depth_qty
    if spread is not None and depth is not None and statistics.covered_ns >= SEEN_NS:
        return Usual(spread_ticks=spread, touch_qty=depth[1 if parent.side is Side.BUY else 0])
    profile, mid = around.profile, around.market.mid_px_ticks(around.now_ns)
    if profile is None or profile.relative_spread is None or profile.touch_qty is None:
        return None
    if mid is None:
        return None
    return Usual(spread_ticks=profile.relative_spread * mid, touch_qty=profile.touch_qty)


def next_take_ns(parent: Parent) -> int:
    """When it may take again: a random time after it last did."""
    if not parent.recent:
        return 0
    share = WAIT_LOW + uniform(parent.order_id, "take", parent.children)
    return parent.recent[-1].decided_ns + int(_number(parent, "take_interval") * share * 1e9)


def _number(parent: Parent, name: str) -> float:
    value = parent.params[name]
    assert isinstance(value, float)
    return value


SNIPER: Final = Algorithm(
    name="sniper",
    title="Sniper",
    text="Shows nothing, and takes when the spread is narrow or much is offered at a good price.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    goal=goal,
    tactic=tactic,
    reads_touch=True,
)
