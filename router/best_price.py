"""Where one child goes for now: to the venue with the best price; a later issue splits it.

Price first, then the larger size, then the venue named first by the instrument.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from domain.instruments import Side
from domain.refusals import WaitReason
from marketdata.consolidated import TouchState
from marketdata.market import SymbolMarket


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Take `qty` shares at most, whole lots, at `venue`, at `px_ticks` or better."""

    venue: str
    px_ticks: int
    qty: int


# Where no venue can be taken from, the reason said is that of the venue that came closest.
_CLOSENESS: Final = (
    WaitReason.OWN_ORDER,
    WaitReason.ABOVE_LIMIT,
    WaitReason.TOO_LITTLE_SHOWN,
    WaitReason.NO_LIQUIDITY,
    WaitReason.CROSSED_MARKET,
    WaitReason.HALTED,
    WaitReason.REJECTED_BY_VENUE,
    WaitReason.STALE_MARKET_DATA,
    WaitReason.NO_MARKET_DATA,
    WaitReason.VENUE_DOWN,
)

# What a venue's market is not fit for. A side that lacks is found when it is asked for.
UNFIT: Final = {
    TouchState.NONE: WaitReason.NO_MARKET_DATA,
    TouchState.STALE: WaitReason.STALE_MARKET_DATA,
    TouchState.NOT_TRADING: WaitReason.HALTED,
    TouchState.CROSSED: WaitReason.CROSSED_MARKET,
    TouchState.LOCKED: WaitReason.CROSSED_MARKET,
}


def best_route(
    market: SymbolMarket, venues: Iterable[str], side: Side, *, limit_px_ticks: int | None,
    lot: int, min_qty: int, live: Mapping[str, bool], avoid_until_ns: Mapping[str, int],
    now_ns: int,
) -> Route | WaitReason:  # fmt: skip
    """The venue to take from, or why there is none. One that shows less than `min_qty` has none.

    What we display ourselves at a touch is not there to be taken, and nothing is where an order of
    ours on the other side could be met. A venue whose market is stale,
    halted, or locked or crossed by itself or with another's, is left out (consolidated.at_odds).
    """
    best: tuple[int, int, Route] | None = None
    reasons: list[WaitReason] = []
    venues = list(venues)
    states = market.touch_states(venues, now_ns)
    for venue in venues:
        reason = None if live.get(venue, False) else WaitReason.VENUE_DOWN
        reason = reason or UNFIT.get(states[venue])
        if reason is None and avoid_until_ns.get(venue, 0) > now_ns:
            reason = WaitReason.REJECTED_BY_VENUE
        if reason is None:
            found = _take(market, venue, side, limit_px_ticks, lot, min_qty)
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
    return closest_reason(reasons)


def closest_reason(reasons: Iterable[WaitReason]) -> WaitReason:
    """Of the reasons of several venues, that of the one that came closest."""
    return min(reasons, key=_CLOSENESS.index, default=WaitReason.NO_MARKET_DATA)


def _take(
    market: SymbolMarket, venue: str, side: Side, limit_px_ticks: int | None, lot: int,
    min_qty: int,
) -> Route | WaitReason:  # fmt: skip
    px_ticks, shown = market.others_touch(venue, side)
    qty = shown // lot * lot
    if qty < max(min_qty, 1):
        return WaitReason.TOO_LITTLE_SHOWN if shown else WaitReason.NO_LIQUIDITY
    if limit_px_ticks is not None and (px_ticks - limit_px_ticks) * side.sign > 0:
        return WaitReason.ABOVE_LIMIT
    if market.own.in_the_way(venue, side, px_ticks):
        return WaitReason.OWN_ORDER
    return Route(venue=venue, px_ticks=px_ticks, qty=qty)
