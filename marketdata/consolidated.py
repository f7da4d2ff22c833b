"""One market out of several venues' quotes: best bid and offer, ladder, locks and crosses. Pure.

Which quotes count (fresh, of venues that trade) is the caller's to say; see market.py.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from domain.instruments import Side
from domain.marketdata import Depth, Quote


class TouchState(StrEnum):
    """What the touch of a venue, or of all together, is fit for."""

    NONE = "none"  # nothing has come
    STALE = "stale"  # older, or further in the future, than the venue's limit
    NOT_TRADING = "not_trading"  # closed, halted or in an auction
    CROSSED = "crossed"  # a bid above an offer: one of the two is not true
    LOCKED = "locked"  # a bid at an offer
    EMPTY = "empty"  # neither side is there
    ONE_SIDED = "one_sided"
    TWO_SIDED = "two_sided"


class BestBidOffer(msgspec.Struct, frozen=True):
    """The best prices of all venues. `bids`, `asks`: shares there by venue, first quoted first.

    Prices in ticks; 0 and no venues where a side is absent.
    """

    bid_px_ticks: int
    ask_px_ticks: int
    bids: dict[str, int]
    asks: dict[str, int]

    @property
    def bid_qty(self) -> int:
        """Shares at the best bid, over its venues."""
        return sum(self.bids.values())

    @property
    def ask_qty(self) -> int:
        """Shares at the best offer, over its venues."""
        return sum(self.asks.values())

    @property
    def state(self) -> TouchState:
        """EMPTY, ONE_SIDED, CROSSED, LOCKED or TWO_SIDED."""
        if not self.bids or not self.asks:
            return TouchState.ONE_SIDED if self.bids or self.asks else TouchState.EMPTY
        if self.bid_px_ticks < self.ask_px_ticks:
            return TouchState.TWO_SIDED
        return TouchState.LOCKED if self.bid_px_ticks == self.ask_px_ticks else TouchState.CROSSED

    @property
    def mid_px_ticks(self) -> float | None:
        """Half way between them, also where they are locked or crossed; None if a side lacks."""
        if self.bids and self.asks:
            return (self.bid_px_ticks + self.ask_px_ticks) / 2
        return None


class Level(msgspec.Struct, frozen=True):
    """One price of the consolidated ladder. `by_venue`: (venue, shares), first quoted first."""

    px_ticks: int
    qty: int
    by_venue: tuple[tuple[str, int], ...]


def touch(quote: Quote, side: Side) -> tuple[int, int]:
    """(px_ticks, qty) that an order of `side` would take from: the ask for a buy."""
    if side is Side.BUY:
        return quote.ask_px_ticks, quote.ask_qty
    return quote.bid_px_ticks, quote.bid_qty


def best_of(quotes: Iterable[Quote]) -> BestBidOffer:
    """The best bid and offer of `quotes`, one a venue."""
    bid_px = ask_px = 0
    bids: dict[str, int] = {}
    asks: dict[str, int] = {}
    for quote in quotes:
        if quote.bid_qty:
            if quote.bid_px_ticks > bid_px:
                bid_px, bids = quote.bid_px_ticks, {}
            if quote.bid_px_ticks == bid_px:
                bids[quote.venue] = quote.bid_qty
        if quote.ask_qty:
            if not asks or quote.ask_px_ticks < ask_px:
                ask_px, asks = quote.ask_px_ticks, {}
            if quote.ask_px_ticks == ask_px:
                asks[quote.venue] = quote.ask_qty
    return BestBidOffer(bid_px, ask_px, bids, asks)


def at_odds(quotes: Sequence[Quote]) -> dict[str, TouchState]:
    """The venues whose touch locks or crosses that of another, and which of the two it is.

    Of two that cross, either may be the wrong one, so both are named. Of two that lock, both may
    be true; the older is named, for it is likely gone. Both, if they are of the same time.
    """
    best = best_of(quotes)
    if best.state not in (TouchState.LOCKED, TouchState.CROSSED):
        return {}
    found: dict[str, TouchState] = {}
    for quote in quotes:
        for other in quotes:
            if other.venue == quote.venue:
                continue
            overlap = _overlap_ticks(quote, other)
            if overlap is not None and overlap > 0:
                found[quote.venue] = TouchState.CROSSED
                break
            if overlap == 0 and quote.at_ns <= other.at_ns:
                found[quote.venue] = TouchState.LOCKED
    return found


def _overlap_ticks(quote: Quote, other: Quote) -> int | None:
    """By how much a bid of the one exceeds the offer of the other; None without such a pair."""
    overlaps = []
    if quote.bid_qty and other.ask_qty:
        overlaps.append(quote.bid_px_ticks - other.ask_px_ticks)
    if other.bid_qty and quote.ask_qty:
        overlaps.append(other.bid_px_ticks - quote.ask_px_ticks)
    return max(overlaps, default=None)


def venue_levels(quote: Quote, depth: Depth | None, side: Side) -> list[tuple[int, int]]:
    """(px_ticks, qty) that an order of `side` would take from at one venue, best first.

    The touch is the quote's, which is the newer of what the venue sent; behind it come the levels
    of its last depth that are strictly worse. So a quote inside or through an older depth wins.
    """
    px_ticks, qty = touch(quote, side)
    if not qty:
        return []
    behind = () if depth is None else depth.asks if side is Side.BUY else depth.bids
    levels = [(px_ticks, qty)]
    levels += [level for level in behind if (level[0] - px_ticks) * side.sign > 0]
    return levels


def merged(levels: Iterable[tuple[str, int, int]], side: Side, at_most: int) -> list[Level]:
    """The consolidated ladder, best first, of (venue, px_ticks, qty); `at_most` prices of it."""
    by_px: dict[int, list[tuple[str, int]]] = {}
    for venue, px_ticks, qty in levels:
        by_px.setdefault(px_ticks, []).append((venue, qty))
    ordered = sorted(by_px, reverse=side is Side.SELL)[:at_most]
    return [Level(px, sum(qty for _, qty in by_px[px]), tuple(by_px[px])) for px in ordered]
