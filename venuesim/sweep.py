"""What a taker would do to the other side, without doing it: for books that hold odd orders.

A plan is made first and carried out after, so that all-or-none conditions (fill or kill, minimum
quantity) and post-only ask exactly about what would happen. Priority at a price: what is shown, by
time; an iceberg's next tranche behind it; then the hidden orders, by time.
"""

from collections import deque
from enum import Enum
from typing import NamedTuple

from venuesim.book_order import BookOrder, SelfTradeMode, self_trades, tranche_qty
from venuesim.book_side import BookSide, Level


class StepKind(Enum):
    """What happens between the taker and one maker."""

    TRADE = "trade"
    CANCEL_MAKER = "cancel_maker"
    CANCEL_TAKER = "cancel_taker"
    CANCEL_BOTH = "cancel_both"
    DECREMENT = "decrement"  # both lose the quantity without a trade


class Step(NamedTuple):
    """One meeting, in order. `qty`: shares that trade, or that both lose."""

    kind: StepKind
    maker: BookOrder
    qty: int = 0


_PREVENTION = {
    SelfTradeMode.CANCEL_NEWEST: StepKind.CANCEL_TAKER,
    SelfTradeMode.CANCEL_OLDEST: StepKind.CANCEL_MAKER,
    SelfTradeMode.CANCEL_BOTH: StepKind.CANCEL_BOTH,
}


def plan(taker: BookOrder, side: BookSide, reach: int) -> list[Step]:
    """Every step of `taker`, whose key is `reach`, through `side`, best price first."""
    steps: list[Step] = []
    left = taker.leaves_qty
    for key in reversed(side.keys):
        if not left or key + reach < 0:
            break
        left = _through_shown(taker, side.levels[key], left, steps)
        left = _through_hidden(taker, side.levels[key], left, steps)
    return steps


def traded_qty(steps: list[Step]) -> int:
    """Shares that a plan trades."""
    return sum(step.qty for step in steps if step.kind is StepKind.TRADE)


def _through_shown(taker: BookOrder, level: Level, left: int, steps: list[Step]) -> int:
    """Returns what is left of the taker after the level's queue and its fresh tranches."""
    refreshed: deque[tuple[BookOrder, int, int, int]] = deque()
    for maker in level.queue.values():
        if not left:
            return 0
        if self_trades(taker, maker):
            left = _prevent(taker, maker, maker.leaves_qty, left, steps)
            continue
        special = maker.special
        iceberg = special is not None and special.display_qty > 0
        shown = special.shown_qty if special is not None and iceberg else maker.leaves_qty
        qty = min(shown, left)
        steps.append(Step(StepKind.TRADE, maker, qty))
        left -= qty
        if special is not None and qty == shown and maker.leaves_qty > qty:
            _next_tranche(refreshed, maker, maker.leaves_qty - qty, special.tranche + 1)
    while refreshed and left:
        maker, shown, leaves, tranche = refreshed.popleft()
        qty = min(shown, left)
        steps.append(Step(StepKind.TRADE, maker, qty))
        left -= qty
        if qty == shown and leaves > qty:
            _next_tranche(refreshed, maker, leaves - qty, tranche + 1)
    return left


def _next_tranche(
    refreshed: deque[tuple[BookOrder, int, int, int]], maker: BookOrder, leaves: int, tranche: int
) -> None:
    assert maker.special is not None
    shown = min(leaves, tranche_qty(maker.order_id, tranche, maker.special))
    refreshed.append((maker, shown, leaves, tranche))


def _through_hidden(taker: BookOrder, level: Level, left: int, steps: list[Step]) -> int:
    """A hidden order is passed over while the taker has less left than its minimum quantity."""
    for maker in level.hidden.values():
        if not left:
            return 0
        if left < maker.min_qty:
            continue
        if self_trades(taker, maker):
            left = _prevent(taker, maker, maker.leaves_qty, left, steps)
            continue
        qty = min(maker.leaves_qty, left)
        steps.append(Step(StepKind.TRADE, maker, qty))
        left -= qty
    return left


def _prevent(taker: BookOrder, maker: BookOrder, there: int, left: int, steps: list[Step]) -> int:
    """Returns what is left of the taker."""
    assert taker.special is not None
    mode = taker.special.self_trade
    if mode is SelfTradeMode.DECREMENT:
        qty = min(there, left)
        steps.append(Step(StepKind.DECREMENT, maker, qty))
        return left - qty
    steps.append(Step(_PREVENTION[mode], maker))
    return left if mode is SelfTradeMode.CANCEL_OLDEST else 0
