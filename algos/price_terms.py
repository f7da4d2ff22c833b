"""Prices that an order may name beside its limit: a relative limit, and a price it would trade at.

Each binds or frees an algorithm alike: what is due passes through here before it is worked.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

import msgspec

from algos.completion import in_clean_up
from algos.goal import Goal
from algos.parent import Parent
from algos.surroundings import Surroundings
from domain.instruments import Side
from domain.refusals import WaitReason

WOULD_LOOK_NS: Final = 250_000_000  # how often a would price is compared with the market
_BPS: Final = Decimal(10_000)


class PriceBound(msgspec.Struct, frozen=True, kw_only=True):
    """No child beyond `limit_px_ticks`, None: no bound. `reason`: none at all now, and why."""

    limit_px_ticks: int | None
    reason: WaitReason | None = None


def price_bound(parent: Parent, around: Surroundings) -> PriceBound:
    """The strictest of the order's limit, its relative limit and, in the clean-up, its collar.

    A bound without a price to be relative to lets nothing trade.
    """
    limit = parent.terms.limit_px_ticks
    relatives: list[tuple[Decimal | None, float]] = []
    bps = parent.params.get("relative_limit")
    if isinstance(bps, float):
        relatives.append((_reference_px(parent, around), bps))
    collar_bps = parent.params.get("completion_collar")
    if isinstance(collar_bps, float) and in_clean_up(parent, around.now_ns):
        relatives.append((_mid_px(around), collar_bps))
    for reference, beyond_bps in relatives:
        if reference is None:
            return PriceBound(limit_px_ticks=limit, reason=WaitReason.NO_REFERENCE_PX)
        relative = _beside(reference, beyond_bps, parent)
        limit = relative if limit is None else _stricter(parent.side, limit, relative)
    return PriceBound(limit_px_ticks=limit)


def willing(
    goal: Goal, bound: PriceBound, parent: Parent, around: Surroundings
) -> tuple[Goal, PriceBound]:
    """The goal and bound of an order that would trade more at its would price, where there is one.

    While the market offers that price or a better one, `would_quantity` of the order is due at
    once, at that price at the worst. Its participation cap and its limit still hold.
    """
    would_px = parent.params.get("would_price")
    if not isinstance(would_px, Decimal):
        return goal, bound
    would_ticks = parent.instrument.px_ticks(would_px, "would_price")
    would_qty = _would_qty(parent)
    if parent.cum_qty >= would_qty:
        return goal, bound
    looking = msgspec.structs.replace(goal, next_ns=_sooner(goal.next_ns, around.now_ns))
    if would_qty <= goal.overdue_qty or not _offered(would_ticks, parent.side, around):
        return looking, bound
    limit = bound.limit_px_ticks
    freed = msgspec.structs.replace(
        looking, target_qty=max(would_qty, goal.target_qty), overdue_qty=would_qty
    )
    limit = would_ticks if limit is None else _stricter(parent.side, limit, would_ticks)
    return freed, PriceBound(limit_px_ticks=limit, reason=bound.reason)


def _offered(px_ticks: int, side: Side, around: Surroundings) -> bool:
    """Whether somebody sells, or buys, at that price or a better one."""
    best = around.market.bbo(around.now_ns)
    if side is Side.BUY:
        return bool(best.asks) and best.ask_px_ticks <= px_ticks
    return bool(best.bids) and best.bid_px_ticks >= px_ticks


def _would_qty(parent: Parent) -> int:
    """Cumulative shares, whole lots, that the would price may bring."""
    fraction = parent.params.get("would_quantity")
    order_qty, lot = parent.terms.order_qty, parent.instrument.lot
    if not isinstance(fraction, float) or fraction >= 1.0:
        return order_qty
    return int(fraction * order_qty) // lot * lot


def _sooner(next_ns: int | None, now_ns: int) -> int:
    look_ns = now_ns + WOULD_LOOK_NS
    return look_ns if next_ns is None else min(next_ns, look_ns)


def _reference_px(parent: Parent, around: Surroundings) -> Decimal | None:
    """What the relative limit is relative to, in ticks."""
    reference = parent.params.get("relative_limit_reference")
    if reference == "arrival":
        return None if parent.arrival_px is None else parent.arrival_px / parent.instrument.tick
    if reference == "mid":
        return _mid_px(around)
    assert reference == "last", reference
    last = around.market.last_trade
    return None if last is None else Decimal(last.px_ticks)


def _mid_px(around: Surroundings) -> Decimal | None:
    """The mid now, in ticks."""
    mid = around.market.mid_px_ticks(around.now_ns)
    return None if mid is None else Decimal(mid)


def _beside(reference: Decimal, bps: float, parent: Parent) -> int:
    """`bps` beyond the reference, for a buy above it; rounded to be no more aggressive."""
    side = parent.side
    exact = reference * (1 + side.sign * Decimal(bps) / _BPS)
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    ticks = int(exact.to_integral_value(rounding=rounding))
    return parent.instrument.round_px_ticks(max(ticks, 1), side)


def _stricter(side: Side, first: int, second: int) -> int:
    return min(first, second) if side is Side.BUY else max(first, second)
