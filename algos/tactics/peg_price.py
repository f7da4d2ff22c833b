"""Where a peg of ours stands: by the best prices of others, never its own."""

from typing import NamedTuple

from algos.parent import Parent
from algos.surroundings import Surroundings
from algos.tactics.resting import within
from domain.fix_codes import PegInstruction
from domain.instruments import Side
from marketdata.market import SymbolMarket


class OthersBest(NamedTuple):
    """The best prices of others, in ticks; None where there is none."""

    bid: int | None
    ask: int | None

    def own_side(self, side: Side) -> int | None:
        """What an order of `side` stands beside."""
        return self.bid if side is Side.BUY else self.ask

    def other_side(self, side: Side) -> int | None:
        """What an order of `side` would take."""
        return self.ask if side is Side.BUY else self.bid


def others_best(around: Surroundings) -> OthersBest:
    """The best bid and offer of others.

    Of all venues that trade and are fresh; a price where all that is shown is ours does not count,
    or two pegs would lead each other away.
    """
    bid = ask = None
    for quote in around.market.counted_quotes(around.now_ns):
        px_ticks = _others_px(around.market, quote.venue, Side.SELL)
        if px_ticks is not None and (bid is None or px_ticks > bid):
            bid = px_ticks
        px_ticks = _others_px(around.market, quote.venue, Side.BUY)
        if px_ticks is not None and (ask is None or px_ticks < ask):
            ask = px_ticks
    return OthersBest(bid, ask)


def _others_px(market: SymbolMarket, venue: str, side: Side) -> int | None:
    """The best price of a venue that an order of `side` could take from others."""
    px_ticks, qty = market.others_touch(venue, side)
    if qty:
        return px_ticks
    if not market.own.orders:
        return None  # nobody is there, nor are we
    levels = market.venue_ladder(venue, side, less_own=True)
    return levels[0][0] if levels else None


def peg_px_ticks(
    parent: Parent, best: OthersBest, peg: PegInstruction, offset_ticks: int,
    limit_px_ticks: int | None,
) -> int | None:  # fmt: skip
    """The price of a peg, on the grid and within the limit; None where its reference is missing.

    `offset_ticks`: towards the other side. A primary or mid peg never reaches the other side's
    price: it is not to take. What is between two prices goes to the less aggressive one.
    """
    side = parent.side
    own, other = best.own_side(side), best.other_side(side)
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
