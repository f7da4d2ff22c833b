"""The part of an order that goes into the closing cross: how large, where, and until when.

Cut-offs are the venue's (settings, domain/trading_day.py); the volume of the cross is predicted
from what is known of the symbol, by name. Shares, nanoseconds UTC.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from algos.surroundings import Surroundings
from domain.instruments import Side
from domain.marketdata import Imbalance
from domain.trading_day import DayPhase, TradingDay

# Of the day's volume, where no curve of the symbol says better: S&P 500 names at the end of 2015,
# 7.5 % of all US volume in 2018 (quant.md 3.5, 9.1).
DEFAULT_SHARE: Final = 0.08
# An order for the cross leaves so long before the cut-off: time for a refusal and another try, and
# late enough for what the imbalance feed says before.
LEAD_NS: Final = 60 * 10**9
# The size of the cross is looked at once more so long before its order leaves.
REVIEW_NS: Final = 240 * 10**9


class Cross(msgspec.Struct, frozen=True, kw_only=True):
    """The closing cross of a venue. `send_ns`: when our order for it leaves."""

    venue: str
    cross_ns: int
    cutoff_ns: int
    continuous_end_ns: int

    @property
    def send_ns(self) -> int:
        """When our order for it leaves."""
        return self.cutoff_ns - LEAD_NS

    @property
    def review_ns(self) -> int:
        """When its size is looked at once more."""
        return self.send_ns - REVIEW_NS


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """Shares that a cross is predicted to trade, and where that is from."""

    qty: float
    source: str


def closing_cross(venues: tuple[str, ...], days: Mapping[str, TradingDay]) -> Cross | None:
    """Of the first of the venues that has one."""
    for venue in venues:
        day = days.get(venue)
        if day is not None and day.closing_cross_ns is not None:
            assert day.closing_cutoff_ns is not None
            return Cross(
                venue=venue,
                cross_ns=day.closing_cross_ns,
                cutoff_ns=day.closing_cutoff_ns,
                continuous_end_ns=continuous_end_ns(day),
            )
    return None


def continuous_end_ns(day: TradingDay) -> int:
    """When continuous trading ends."""
    return max(span.end_ns for span in day.spans if span.phase is DayPhase.CONTINUOUS)


def predicted(around: Surroundings) -> Forecast | None:
    """From the symbol's curve, its average day, or the day so far; None: nothing is known."""
    known, profile = around.curve, around.profile
    if known is not None and known.level_known and known.curve.closing_share > 0.0:
        return Forecast(
            qty=known.curve.closing_share * known.curve.expected_qty,
            source=f"{known.origin.value} curve",
        )
    if profile is not None:
        return Forecast(qty=DEFAULT_SHARE * profile.adv_qty, source="average day")
    day_qty = _day_qty(around)
    if not day_qty:
        return None
    return Forecast(qty=DEFAULT_SHARE * day_qty, source="day so far")


def _day_qty(around: Surroundings) -> float:
    """The day's volume, if it goes on as the curve has it; 0 if nothing was printed yet."""
    known, session = around.curve, around.session
    if known is None or session is None:
        return 0.0
    done = known.curve.cumulative((around.now_ns - session.open_ns) / 1e9)
    done -= known.curve.opening_share
    return around.market.tape.eligible_qty / done if done > 0.0 else 0.0


def auction_qty(
    qty: int, lot: int, fraction: float, forecast: Forecast | None, side: Side,
    imbalance: Imbalance | None,
) -> int:  # fmt: skip
    """What of `qty` goes into the cross: whole lots, `fraction` of its predicted volume at most.

    An imbalance on our side moves the price of the cross against us: a part of it as large as the
    unpaired part of all orders is then traded before. One on the other side wants what we bring: as
    much more goes in.
    """
    if forecast is None:
        return 0
    part = fraction * forecast.qty
    if imbalance is not None:
        part *= 1.0 - side.sign * unpaired(imbalance)
    return min(int(part), qty) // lot * lot


def unpaired(imbalance: Imbalance) -> float:
    """The unpaired part of all orders for the cross, -1 (sales) to 1 (purchases)."""
    total = imbalance.paired_qty + abs(imbalance.imbalance_qty)
    return imbalance.imbalance_qty / total if total else 0.0
