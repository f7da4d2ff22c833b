"""Where a peg of ours stands: by the best prices of others, never its own."""

from algos.parent import Parent
from algos.surroundings import Surroundings
from algos.tactics.resting import within
from domain.fix_codes import PegInstruction
from domain.instruments import Side


def others_best(around: Surroundings, side: Side) -> int | None:
    """The best price that an order of `side` could take from others; None if there is none.

    Of all venues that trade and are fresh; a price where all that is shown is ours does not count,
    or two pegs would lead each other away.
    """
    found = [
        levels[0][0]
        for quote in around.market.counted_quotes(around.now_ns)
        if (levels := around.market.venue_ladder(quote.venue, side, less_own=True))
    ]
    if not found:
        return None
    return min(found) if side is Side.BUY else max(found)


def peg_px_ticks(
    parent: Parent, around: Surroundings, peg: PegInstruction, offset_ticks: int,
    limit_px_ticks: int | None,
) -> int | None:  # fmt: skip
    """The price of a peg, on the grid and within the limit; None where its reference is missing.

    `offset_ticks`: towards the other side. A primary or mid peg never reaches the other side's
    price: it is not to take. What is between two prices goes to the less aggressive one.
    """
    side = parent.side
    own, other = others_best(around, side.other), others_best(around, side)
    if peg is PegInstruction.MIDPOINT:
        if own is None or other is None:
            return None
        twice = own + other
        px_ticks = twice // 2 if side is Side.BUY else -(-twice // 2)
    else:
        reference = own if peg is PegInstruction.PRIMARY else other
        if reference is None:
            return None
        px_ticks = reference
    px_ticks += offset_ticks * side.sign
    if peg is not PegInstruction.MARKET and other is not None:
        px_ticks = within(px_ticks, other - side.sign, parent)
    px_ticks = within(px_ticks, limit_px_ticks, parent)
    px_ticks = parent.instrument.round_px_ticks(px_ticks, side) if px_ticks > 0 else 0
    return px_ticks if px_ticks > 0 else None
