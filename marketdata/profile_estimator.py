"""Profiles from recorded days: each day is metered as it is read, then they are averaged.

The touch is that of the best of all venues, looked at every full second of continuous trading; its
mid every 10 s, as the live statistics do (`volatility`). Quotes stand until they are replaced: a
recording has no feed that could have gone silent.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.marketdata import MarketEvent, Trade, is_regular
from domain.sessions import Session, SessionKind
from marketdata.market import SymbolMarket
from marketdata.stale_limits import StaleLimits
from marketdata.symbol_profile import (
    ProfileError,
    ProfileFault,
    ProfileSource,
    SymbolProfile,
    TimeNorm,
)
from marketdata.volatility import SAMPLE_S
from marketdata.volume_bins import DayVolumes, bin_edges, day_of_trades
from marketdata.volume_curve import VolumeCurve

# Of the daily volatility: moves of ten seconds are half bounce in a thin book, moves of five
# minutes hardly (quant.md 8.2: 1.74 and 1.06 of the efficient price's).
DAILY_SAMPLE_S: Final = 300
_STANDING: Final = StaleLimits(default_ns=1 << 62)
_NS: Final = 1_000_000_000

Floats = NDArray[np.float64]
Touch = tuple[float, float, float, float]  # bid_px, bid_qty, ask_px, ask_qty
UNKNOWN: Final[Touch] = (math.nan,) * 4


@dataclass(slots=True, kw_only=True)
class DayMeter:
    """One session of one symbol as its events come, by rising time.

    `touches` (n,): at the end of every second since the open; UNKNOWN where a side lacks, in the
    break and while halted.
    """

    session: Session
    symbol: str
    touches: list[Touch] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    _market: SymbolMarket = field(init=False)
    _next_ns: int = field(init=False)
    _now: Touch | None = None  # the touch as it stands, until something changes it

    def __post_init__(self) -> None:
        self._market = SymbolMarket(symbol=self.symbol, limits=_STANDING, keeps_statistics=False)
        self._next_ns = self.session.open_ns + _NS

    def on_event(self, event: MarketEvent) -> None:
        """Take an event in."""
        while event.at_ns >= self._next_ns and self._next_ns <= self.session.close_ns:
            self._look()
        if type(event) is Trade:
            self.trades.append(event)
        else:
            self._market.on_event(event)
            self._now = None

    def measured(self, bin_s: int, norm_s: int) -> "MeasuredDay":
        """The day is over. Raises CurveError if its volumes cannot be binned."""
        while self._next_ns <= self.session.close_ns:
            self._look()
        table = np.array(self.touches, dtype=float).reshape(-1, 4)
        mids = (table[:, 0] + table[:, 2]) / 2
        return MeasuredDay(
            session=self.session,
            volumes=day_of_trades(self.session, self.trades, bin_s),
            norms=_bins(self.session, table, mids, self.trades, norm_s),
            daily_variance=_variance_rate(mids, DAILY_SAMPLE_S, 0, len(mids)),
            sizes=Counter(trade.qty for trade in self.trades if is_regular(trade.condition)),
        )

    def _look(self) -> None:
        at_ns, self._next_ns = self._next_ns, self._next_ns + _NS
        if self._now is None:
            self._now = self._touch(at_ns)
        self.touches.append(UNKNOWN if self.session.in_break(at_ns - 1) else self._now)

    def _touch(self, at_ns: int) -> Touch:
        best = self._market.bbo(at_ns)
        if best.mid_px_ticks is None:
            return UNKNOWN
        return best.bid_px_ticks, best.bid_qty, best.ask_px_ticks, best.ask_qty


class MeasuredBin(msgspec.Struct, frozen=True, kw_only=True):
    """Of a part of a day; NaN: unknown. `variance_rate`: of relative moves, a second."""

    start_s: int
    end_s: int
    variance_rate: float
    relative_spread: float
    touch_qty: float
    qty: int


class MeasuredDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day. `daily_variance`: of relative moves, a second. `sizes`: of regular prints."""

    session: Session
    volumes: DayVolumes
    norms: tuple[MeasuredBin, ...]
    daily_variance: float
    sizes: Counter[int]


def _bins(
    session: Session, table: Floats, mids: Floats, trades: Sequence[Trade], norm_s: int
) -> tuple[MeasuredBin, ...]:
    relative = (table[:, 2] - table[:, 0]) / mids
    sizes = (table[:, 1] + table[:, 3]) / 2
    volumes = day_of_trades(session, trades, norm_s).bin_qty.tolist()
    return tuple(
        MeasuredBin(
            start_s=start_s, end_s=end_s, qty=int(qty),
            variance_rate=_variance_rate(mids, SAMPLE_S, start_s, end_s),
            relative_spread=_mean(relative[start_s:end_s]),
            touch_qty=_mean(sizes[start_s:end_s]),
        )
        for (start_s, end_s), qty in zip(bin_edges(session, norm_s), volumes, strict=True)
    )  # fmt: skip


def _variance_rate(mids: Floats, every_s: int, start_s: int, end_s: int) -> float:
    """Mean square of log moves over `every_s` in [start_s, end_s), a second; NaN without any.

    `mids` (n,): at the end of each second since the open. A move over an unknown one is left out.
    """
    sampled = np.log(mids[start_s + every_s - 1 : end_s : every_s])
    return _mean(np.diff(sampled) ** 2) / every_s


def _mean(values: Floats) -> float:
    """Of those that are known; NaN if none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


class ProfileTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a profile is made. `lookback`: the last so many days; fewer than `days_min` are none."""

    symbol: str
    calendar: str
    as_of: str
    made_from: str
    days_min: int
    lookback: int


def estimate_profile(
    days: Sequence[MeasuredDay], how: ProfileTerms, curves: Sequence[VolumeCurve]
) -> SymbolProfile:
    """From the full days before `how.as_of` alone: shorter ones trade less, and at other times.

    Variances are averaged, then their root is taken. Raises ProfileError (TOO_FEW_DAYS).
    """
    past = [
        day for day in days
        if day.session.date < how.as_of and day.session.kind is SessionKind.FULL
        and day.volumes.total_qty > 0
    ][-how.lookback :]  # fmt: skip
    if len(past) < max(how.days_min, 1):
        raise ProfileError(
            ProfileFault.TOO_FEW_DAYS,
            f"{how.symbol}: {len(past)} full days with volume before {how.as_of}, and "
            f"{how.days_min} are needed",
        )
    session = past[-1].session
    trading_s = session.trading_ns(session.open_ns, session.close_ns) / _NS
    bins = [each for day in past for each in day.norms]
    variance = _known([day.daily_variance for day in past])
    return SymbolProfile(
        symbol=how.symbol, calendar=how.calendar, as_of=how.as_of, source=ProfileSource.RECORDED,
        made_from=how.made_from, days=tuple(day.session.date for day in past),
        adv_qty=max(round(fmean(day.volumes.total_qty for day in past)), 1),
        daily_volatility=None if variance is None else math.sqrt(variance * trading_s) or None,
        relative_spread=_known([each.relative_spread for each in bins]) or None,
        touch_qty=_known([each.touch_qty for each in bins]),
        median_trade_qty=_median(sum((day.sizes for day in past), Counter())),
        norms=_norms([day for day in past if _edges(day) == _edges(past[-1])]),
        curves=tuple(curves),
    )  # fmt: skip


def _norms(days: Sequence[MeasuredDay]) -> tuple[TimeNorm, ...]:
    """Of days with the same bins."""
    found = []
    for bins in zip(*(day.norms for day in days), strict=True):
        length_s = bins[0].end_s - bins[0].start_s
        variance = _known([each.variance_rate for each in bins])
        found.append(
            TimeNorm(
                start_s=bins[0].start_s, end_s=bins[0].end_s,
                volatility_per_sqrt_s=None if variance is None else math.sqrt(variance),
                relative_spread=_known([each.relative_spread for each in bins]) or None,
                touch_qty=_known([each.touch_qty for each in bins]),
                shares_per_s=fmean(each.qty for each in bins) / length_s,
            )
        )  # fmt: skip
    return tuple(found)


def _edges(day: MeasuredDay) -> list[tuple[int, int]]:
    return [(each.start_s, each.end_s) for each in day.norms]


def _known(values: Sequence[float]) -> float | None:
    """The mean of those that are known; None if none is."""
    mean = _mean(np.array(values))
    return None if math.isnan(mean) else mean


def _median(sizes: Counter[int]) -> float | None:
    """The lower median of sizes by how often they came; None of none."""
    left = (sizes.total() + 1) // 2
    for qty in sorted(sizes):
        left -= sizes[qty]
        if left <= 0:
            return float(qty)
    return None
