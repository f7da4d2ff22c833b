"""Where one child rests for now: at the venue with the best price of its own side.

Price first, then the shorter queue, then the venue named first by the instrument.
"""

from collections.abc import Iterable, Mapping

from domain.instruments import Side
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket
from router.best_price import UNFIT, Route, closest_reason


def best_post(
    market: SymbolMarket, venues: Iterable[str], side: Side, *, qty: int,
    limit_px_ticks: int | None, live: Mapping[str, bool], avoid_until_ns: Mapping[str, int],
    now_ns: int,
) -> Route | WaitReason:  # fmt: skip
    """Where to join the touch, at the limit if that is worse; or why there is no such venue."""
    best: tuple[int, int, Route] | None = None
    reasons: list[WaitReason] = []
    venues = list(venues)
    states = market.touch_states(venues, now_ns)
    for venue in venues:
        reason = None if live.get(venue, False) else WaitReason.VENUE_DOWN
        reason = reason or UNFIT.get(states[venue])
        if reason is None and avoid_until_ns.get(venue, 0) > now_ns:
            reason = WaitReason.REJECTED_BY_VENUE
        px_ticks, ahead_qty = market.others_touch(venue, side.other)
        if reason is None and not ahead_qty:
            reason = WaitReason.NO_LIQUIDITY
        if reason is not None:
            reasons.append(reason)
            continue
        if limit_px_ticks is not None and (px_ticks - limit_px_ticks) * side.sign > 0:
            px_ticks = limit_px_ticks
        if market.own.in_the_way(venue, side, px_ticks):
            reasons.append(WaitReason.OWN_ORDER)
            continue
        rank = (-px_ticks * side.sign, ahead_qty, Route(venue=venue, px_ticks=px_ticks, qty=qty))
        if best is None or rank[:2] < best[:2]:
            best = rank
    return best[2] if best is not None else closest_reason(reasons)
