"""Where a pegged order stands: a function of the best prices shown by orders that are not pegged.

Pegs never follow pegs, nor what is hidden.
"""

from collections.abc import Callable
from typing import NamedTuple

from domain.instruments import Side
from venuesim.book_order import BookOrder, PegKind

Grid = Callable[[int, Side], int]  # the nearest admitted price no more aggressive for the side


class Reference(NamedTuple):
    """The best bid and offer that pegs follow, in ticks; 0 for a side that has none."""

    bid_px_ticks: int
    ask_px_ticks: int


def peg_px_ticks(order: BookOrder, reference: Reference, grid: Grid) -> int | None:
    """The price of a pegged order; None where its reference is missing or the price is not.

    The offset is added as it is signed: "Amount (signed) added to the peg" (FIX 4.4 volume 6,
    PegOffsetValue(211)). A midpoint between two admitted prices, and what the offset puts off the
    grid, goes to the less aggressive one; the limit is never passed.
    """
    special = order.special
    assert special is not None
    buy = order.side is Side.BUY
    bid, ask = reference
    if special.peg is PegKind.MIDPOINT:
        if not bid or not ask:
            return None
        twice = bid + ask
        px_ticks = twice // 2 if buy else -(-twice // 2)
    else:
        own, other = (bid, ask) if buy else (ask, bid)
        px_ticks = own if special.peg is PegKind.PRIMARY else other
        if not px_ticks:
            return None
    px_ticks += special.peg_offset_ticks
    limit = special.limit_px_ticks
    if limit is not None:
        px_ticks = min(px_ticks, limit) if buy else max(px_ticks, limit)
    px_ticks = grid(px_ticks, order.side) if px_ticks > 0 else 0
    return px_ticks if px_ticks > 0 else None
