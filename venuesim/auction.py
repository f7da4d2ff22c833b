"""The price of an auction, from the two sides' interest. It fills no order.

The rules are those of Deutsche Boerse's T7 market model for auctions ("Price determination"), in
this order: the limit with the highest executable volume; then with the lowest surplus; then, if
the surplus is on the buy side, the highest such limit, if on the sell side the lowest; and where
that does not decide (no surplus, or on either side) the reference price, held between the
limits in question. Only market orders on both sides: the reference price. Candidates are limits.
"""

from typing import NamedTuple

import msgspec

from domain.instruments import Side
from venuesim.pegs import Grid


class Interest(msgspec.Struct, gc=False):
    """What wants to trade: shares at any price, and (px_ticks, qty) with a limit, in any order."""

    market_buy_qty: int
    market_sell_qty: int
    buys: list[tuple[int, int]]
    sells: list[tuple[int, int]]


class AuctionPrice(NamedTuple):
    """`qty` can trade at `px_ticks` (0, 0: nothing). `surplus_qty` > 0 wants to buy more there."""

    px_ticks: int
    qty: int
    surplus_qty: int


class _Candidate(NamedTuple):
    px_ticks: int
    qty: int
    surplus_qty: int


def auction_price(interest: Interest, reference_px_ticks: int, grid: Grid) -> AuctionPrice:
    """The price at which these would uncross now. `reference_px_ticks`: 0 if there is none."""
    candidates = _candidates(interest)
    if not candidates:
        return _of_market_orders(interest, reference_px_ticks)
    most = max(each.qty for each in candidates)
    if not most:
        return AuctionPrice(0, 0, _unmatched(interest))
    candidates = [each for each in candidates if each.qty == most]
    least = min(abs(each.surplus_qty) for each in candidates)
    candidates = [each for each in candidates if abs(each.surplus_qty) == least]
    if all(each.surplus_qty > 0 for each in candidates):
        return AuctionPrice(*candidates[-1])
    if all(each.surplus_qty < 0 for each in candidates):
        return AuctionPrice(*candidates[0])
    low = max((e for e in candidates if e.surplus_qty > 0), default=candidates[0])
    high = min((e for e in candidates if e.surplus_qty < 0), default=candidates[-1])
    return _held_between(low, high, reference_px_ticks, grid, interest)


def _candidates(interest: Interest) -> list[_Candidate]:
    """Every limit by rising price, with what could trade at it: one walk up the prices."""
    buys, sells = _sums(interest.buys), _sums(interest.sells)
    bought = interest.market_buy_qty + sum(buys.values())
    sold = interest.market_sell_qty
    found: list[_Candidate] = []
    for px_ticks in sorted(buys.keys() | sells.keys()):
        sold += sells.get(px_ticks, 0)
        found.append(_Candidate(px_ticks, min(bought, sold), bought - sold))
        bought -= buys.get(px_ticks, 0)
    return found


def _sums(orders: list[tuple[int, int]]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for px_ticks, qty in orders:
        sums[px_ticks] = sums.get(px_ticks, 0) + qty
    return sums


def _held_between(
    low: _Candidate, high: _Candidate, reference_px_ticks: int, grid: Grid, interest: Interest
) -> AuctionPrice:
    """The reference price, or the limit that it is beyond; without one, the middle."""
    wanted = reference_px_ticks or (low.px_ticks + high.px_ticks) // 2
    if wanted <= low.px_ticks:
        return AuctionPrice(*low)
    if wanted >= high.px_ticks:
        return AuctionPrice(*high)
    px_ticks = grid(wanted, Side.BUY)
    if px_ticks <= low.px_ticks:
        return AuctionPrice(*low)
    bought = interest.market_buy_qty + sum(qty for px, qty in interest.buys if px >= px_ticks)
    sold = interest.market_sell_qty + sum(qty for px, qty in interest.sells if px <= px_ticks)
    return AuctionPrice(px_ticks, min(bought, sold), bought - sold)


def _of_market_orders(interest: Interest, reference_px_ticks: int) -> AuctionPrice:
    qty = min(interest.market_buy_qty, interest.market_sell_qty)
    if not reference_px_ticks or not qty:
        return AuctionPrice(0, 0, _unmatched(interest))
    surplus = interest.market_buy_qty - interest.market_sell_qty
    return AuctionPrice(reference_px_ticks, qty, surplus)


def _unmatched(interest: Interest) -> int:
    """What market orders want with nothing on the other side: what an imbalance shows then."""
    return interest.market_buy_qty - interest.market_sell_qty
