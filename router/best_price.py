"""Where one child goes for now: to the venue with the best price; a later issue splits it.

Price first, then the larger size, then the venue named first by the instrument.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from domain.instruments import Side
from domain.marketdata import Quote
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket, touch


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Take `qty` shares at most, whole lots, at `venue`, at `px_ticks` or better."""

    venue: str
    px_ticks: int
    qty: int


# Where no venue can be taken from, the reason said is that of the venue that came closest.
_CLOSENESS: Final = (
    WaitReason.ABOVE_LIMIT,
    WaitReason.NO_LIQUIDITY,
    WaitReason.HALTED,
    WaitReason.REJECTED_BY_VENUE,
    WaitReason.STALE_MARKET_DATA,
    WaitReason.NO_MARKET_DATA,
    WaitReason.VENUE_DOWN,
)


def best_route(
    market: SymbolMarket, venues: Iterable[str], side: Side, *, limit_px_ticks: int | None,
    lot: int, min_qty: int, live: Mapping[str, bool], avoid_until_ns: Mapping[str, int],
    now_ns: int, stale_ns: int,
) -> Route | WaitReason:  # fmt: skip
    """The venue to take from, or why there is none. One that shows less than `min_qty` has none.

    A quote from further in the future than `stale_ns` is as bad as one so old: it would never age.
    """
    best: tuple[int, int, Route] | None = None
    reasons: list[WaitReason] = []
    for venue in venues:
        quote = market.quotes.get(venue)
        reason = _unusable(quote, venue, market, live, avoid_until_ns, now_ns, stale_ns)
        if reason is None and quote is not None:
            found = _take(quote, side, limit_px_ticks, lot, min_qty)
            if isinstance(found, Route):
                rank = (found.px_ticks * side.sign, -found.qty, found)
                if best is None or rank[:2] < best[:2]:
                    best = rank
                continue
            reason = found
        assert reason is not None
        reasons.append(reason)
    if best is not None:
        return best[2]
    return min(reasons, key=_CLOSENESS.index, default=WaitReason.NO_MARKET_DATA)


def _unusable(
    quote: Quote | None, venue: str, market: SymbolMarket, live: Mapping[str, bool],
    avoid_until_ns: Mapping[str, int], now_ns: int, stale_ns: int,
) -> WaitReason | None:  # fmt: skip
    if not live.get(venue, False):
        return WaitReason.VENUE_DOWN
    if quote is None:
        return WaitReason.NO_MARKET_DATA
    if abs(now_ns - quote.at_ns) > stale_ns:
        return WaitReason.STALE_MARKET_DATA
    if market.halted(venue):
        return WaitReason.HALTED
    if avoid_until_ns.get(venue, 0) > now_ns:
        return WaitReason.REJECTED_BY_VENUE
    return None


def _take(
    quote: Quote, side: Side, limit_px_ticks: int | None, lot: int, min_qty: int
) -> Route | WaitReason:
    px_ticks, shown = touch(quote, side)
    qty = shown // lot * lot
    if qty < max(min_qty, 1):
        return WaitReason.NO_LIQUIDITY
    if limit_px_ticks is not None and (px_ticks - limit_px_ticks) * side.sign > 0:
        return WaitReason.ABOVE_LIMIT
    return Route(venue=quote.venue, px_ticks=px_ticks, qty=qty)
