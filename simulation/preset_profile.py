"""The profile of a simulated symbol: its preset's own terms, over the session that it trades in.

Volume, volatility and their course over the day are the numbers that the flow is made by; what the
flow makes of them (spread, touch) was measured. So plans made of it know the market better than
those of a real symbol can: they know its mean shape and level, and not what its day will be.
"""

import math
from typing import Final

import msgspec

from domain.sessions import Session
from domain.u_curve import activity
from marketdata.curve_estimators import VARIANCE_MIN, Estimation, default_curve
from marketdata.symbol_profile import ProfileSource, SymbolProfile, TimeNorm
from marketdata.volume_bins import bin_edges
from marketdata.volume_curve import CurveBin, VolumeCurve
from venuesim.presets import Preset

BIN_S: Final = 900  # in which the flow draws its levels, on a day of 6.5 hours
NORM_S: Final = 900
_NS: Final = 1_000_000_000


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """What a preset's flow makes in one book, in the mean of some days.

    `relative_spread`: time-weighted, over the mid. `qty`: shares of one side of the touch.
    `bounce`: volatility of the mid's moves of 10 s over that of the efficient price's.
    """

    relative_spread: float
    qty: float
    bounce: float


# tests/simulation/test_preset_profile.py measures them. A scenario that changes a preset's flow
# (`flow = {...}`) changes them too, and no profile knows how.
MEASURED: Final = {
    "liquid": Touch(relative_spread=3.86e-4, qty=790.0, bounce=1.03),
    "mid": Touch(relative_spread=8.4e-4, qty=158.0, bounce=1.04),
    "illiquid": Touch(relative_spread=52e-4, qty=114.0, bounce=1.65),
    "steady": Touch(relative_spread=1.43e-4, qty=2_880.0, bounce=1.03),
}


def preset_profile(
    preset: Preset, symbol: str, calendar: str, session: Session, *, auctions: bool
) -> SymbolProfile:
    """For one session. `auctions`: whether its venues open and close with a cross."""
    crosses = preset.open_share + preset.close_share if auctions else 0.0
    day_qty = preset.adv_qty / (1.0 - crosses)
    touch = MEASURED[preset.name]
    named = (
        f"the preset {preset.name}: volume and volatility at its own terms, nothing estimated; "
        "spread and touch as measured in one book of it"
    )
    return SymbolProfile(
        symbol=symbol, calendar=calendar, as_of=session.date, source=ProfileSource.PRESET,
        made_from=named, adv_qty=round(day_qty), daily_volatility=preset.daily_volatility,
        relative_spread=touch.relative_spread, touch_qty=touch.qty,
        median_trade_qty=float(preset.lot_qty),  # every print is of one background order: a lot
        norms=_norms(preset, session, touch),
        curves=(_curve(preset, symbol, calendar, session, auctions=auctions),),
    )  # fmt: skip


def _norms(preset: Preset, session: Session, touch: Touch) -> tuple[TimeNorm, ...]:
    """All that flows runs on the clock of activity, so spread and touch are the same all day."""
    trading_s = session.trading_ns(session.open_ns, session.close_ns) / _NS
    sigma = preset.daily_volatility * touch.bounce / math.sqrt(trading_s)
    rate = preset.adv_qty / trading_s
    return tuple(
        TimeNorm(
            start_s=start_s, end_s=end_s, volatility_per_sqrt_s=sigma * math.sqrt(pace),
            relative_spread=touch.relative_spread, touch_qty=touch.qty, shares_per_s=rate * pace,
        )
        for start_s, end_s, pace in _paces(session)
    )  # fmt: skip


def _paces(session: Session) -> list[tuple[int, int, float]]:
    """(start_s, end_s, activity over its mean) by bin of the session; the U over its whole length,
    a break among it, as `venuesim.activity` has it.
    """
    length_s = (session.close_ns - session.open_ns) / _NS
    edges = bin_edges(session, NORM_S)
    raw = [activity((start_s + end_s) / 2 / length_s) for start_s, end_s in edges]
    lengths = [end_s - start_s for start_s, end_s in edges]
    mean = sum(a * s for a, s in zip(raw, lengths, strict=True)) / sum(lengths)
    return [(*edge, pace / mean) for edge, pace in zip(edges, raw, strict=True)]


def _curve(
    preset: Preset, symbol: str, calendar: str, session: Session, *, auctions: bool
) -> VolumeCurve:
    """The U over the session; crosses beside it as the preset has them.

    Volume of a bin is log-normal about its share of the day, with the means of both levels at one,
    so its typical log lies half their variances lower. To the variance of a bin comes that of
    counting some few market orders of geometric size: (2 - 1 / mean) / orders of a mean bin.
    """
    crosses = preset.open_share + preset.close_share if auctions else 0.0
    levels = preset.day_level_sd**2 + preset.bin_level_sd**2
    how = Estimation(symbol=symbol, calendar=calendar, as_of=session.date)
    base = default_curve(
        session, BIN_S, how, preset.adv_qty / (1 - crosses) * math.exp(-levels / 2)
    )
    counted = (2.0 - 1.0 / preset.market_lots) / (2.0 * preset.market_rate * BIN_S)
    return msgspec.structs.replace(
        base,
        bins=tuple(
            CurveBin(each.start_s, each.end_s, each.share * (1.0 - crosses)) for each in base.bins
        ),
        opening_share=preset.open_share if auctions else 0.0,
        closing_share=preset.close_share if auctions else 0.0,
        day_variance=max(preset.day_level_sd**2, VARIANCE_MIN),
        bin_variance=preset.bin_level_sd**2 + counted,
    )
