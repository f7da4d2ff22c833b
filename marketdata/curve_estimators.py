"""Static volume curves from past days (quant.md 3.1, 3.5), and the default one without any.

Every estimator takes volumes (d, m): d days, m bins with the crosses as bins of their own. A cross
that no day had has no share; any other bin without volume counts half a lot where logs are taken.
"""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.sessions import Session, SessionKind
from domain.u_curve import U_CURVE
from marketdata.curve_adjustments import compressed, curve_bins, market_alone, shrunk
from marketdata.volume_bins import DayVolumes, bin_edges
from marketdata.volume_curve import (
    CurveError,
    CurveFault,
    CurveMethod,
    VolumeCurve,
    check_curve,
)

Floats = NDArray[np.float64]

LOOKBACK_DAYS: Final = 20  # 60 are no better (quant.md 3.1)
DAYS_MIN: Final = 5  # fewer say too little: the market's curve is taken
HALF_DAYS_MIN: Final = 3  # past half days that make a curve; New York has some three a year
TRIM: Final = 0.1  # of the days, at either end
LOTS_FOR_ZERO: Final = 0.5
# For curves that no history is behind: squares of the middle of what was measured (quant.md 3.6).
DEFAULT_DAY_VARIANCE: Final = 0.36**2
DEFAULT_BIN_VARIANCE: Final = 0.325**2
# A variance that a few days of one level happen to show is no certainty.
VARIANCE_MIN: Final = 1e-4
_NS: Final = 1_000_000_000


class Estimation(msgspec.Struct, frozen=True, kw_only=True):
    """How curves are made. `lot`: shares; `market`: shrunk towards, None: not at all."""

    symbol: str
    calendar: str
    as_of: str
    method: CurveMethod = CurveMethod.LOG_MEAN
    lot: int = 100
    days_min: int = DAYS_MIN
    lookback: int = LOOKBACK_DAYS
    market: VolumeCurve | None = None


def estimate_curve(
    days: Sequence[DayVolumes], session: Session, bin_s: int, how: Estimation
) -> VolumeCurve:
    """The curve for sessions like `session`, from the days before `how.as_of` alone.

    Like it: of its kind and its times after the open. A shorter session without enough of them is
    compressed from full days. Raises CurveError (TOO_FEW_DAYS) if no curve can be had.
    """
    assert how.method is not CurveMethod.DEFAULT_U
    assert all(day.bin_s == bin_s for day in days)
    if how.market is not None and how.market.as_of > how.as_of:
        raise CurveError(
            CurveFault.FROM_THE_FUTURE,
            f"the market curve {how.market.symbol} is as of {how.market.as_of}, after {how.as_of}",
        )
    past = [day for day in days if day.session.date < how.as_of and day.total_qty > 0]
    alike = [day for day in past if _like(day.session, session)]
    least = how.days_min if session.kind is SessionKind.FULL else min(HALF_DAYS_MIN, how.days_min)
    if len(alike) >= least:
        curve = _estimated(alike[-how.lookback :], session, bin_s, how)
        market = how.market
        if market is None or market.session_kind is not session.kind:
            return curve
        return shrunk(curve, market)
    if session.kind is not SessionKind.FULL:
        full = _full_session(past)
        if full is not None:
            return compressed(estimate_curve(past, full, bin_s, how), session)
    if how.market is not None:
        curve = market_alone(how.market, session, bin_s, how.symbol, how.calendar, how.as_of)
        if not alike:
            return curve
        own_qty = fmean(day.total_qty for day in alike)
        return msgspec.structs.replace(curve, expected_qty=own_qty)
    raise CurveError(
        CurveFault.TOO_FEW_DAYS,
        f"{how.symbol}: {len(alike)} {session.kind.value} days before {how.as_of}, and {least} are "
        "needed",
    )


def default_curve(
    session: Session, bin_s: int, how: Estimation, expected_qty: float
) -> VolumeCurve:
    """The measured U-curve (quant.md 3.6), stretched over the trading time of `session`.

    The measured last bin holds the closing print, so there is no bin for a cross.
    """
    edges = bin_edges(session, bin_s)
    cumulative = np.concatenate([[0.0], np.cumsum(U_CURVE)])
    ends = np.cumsum([end_s - start_s for start_s, end_s in edges], dtype=float)
    at = np.concatenate([[0.0], ends / ends[-1]]) * len(U_CURVE)
    shares = np.diff(np.interp(at, np.arange(len(U_CURVE) + 1), cumulative))
    return _curve(
        how, session, bin_s, shares / shares.sum(), 0.0, 0.0, days=(), expected_qty=expected_qty,
        day_variance=DEFAULT_DAY_VARIANCE, bin_variance=DEFAULT_BIN_VARIANCE,
        method=CurveMethod.DEFAULT_U,
    )  # fmt: skip


def even_curve(session: Session, bin_s: int, how: Estimation, expected_qty: float) -> VolumeCurve:
    """Nothing known: every second of trading the same, no crosses."""
    edges = bin_edges(session, bin_s)
    lengths = np.array([end_s - start_s for start_s, end_s in edges], dtype=float)
    return _curve(
        how, session, bin_s, lengths / lengths.sum(), 0.0, 0.0, days=(), expected_qty=expected_qty,
        day_variance=DEFAULT_DAY_VARIANCE, bin_variance=DEFAULT_BIN_VARIANCE,
        method=CurveMethod.FLAT,
    )  # fmt: skip


def shares_of(volumes: Floats, method: CurveMethod, zero_qty: float) -> Floats:
    """The shares of m bins from (d, m) shares of stock, summing to 1. Days have some volume.

    Raises CurveError where so little trades that the typical bin has nothing.
    """
    if method is CurveMethod.LOG_MEAN:
        raw = np.exp(np.log(_above_zero(volumes, zero_qty)).mean(axis=0))
    elif method is CurveMethod.MEAN_VOLUME:
        raw = volumes.mean(axis=0)
    else:
        fractions = volumes / volumes.sum(axis=1, keepdims=True)
        raw = (
            np.median(fractions, axis=0)
            if method is CurveMethod.MEDIAN
            else _trimmed_mean(fractions)
        )
    if not raw.sum():
        raise CurveError(
            CurveFault.BAD_SHARES, f"{method.value}: nothing trades in most bins; log_mean can tell"
        )
    return np.asarray(raw / raw.sum())


def level_variances(volumes: Floats, zero_qty: float) -> tuple[float, float]:
    """(D, R) of (d, m) volumes: the variance of the days' mean logs, and of a bin's log about its
    own mean and its day's (quant.md 3.4); both unbiased, d >= 2.
    """
    logs = np.log(_above_zero(volumes, zero_qty))
    levels = logs.mean(axis=1)
    rest = logs - logs.mean(axis=0) - (levels - levels.mean())[:, None]
    freedom = max((logs.shape[0] - 1) * (logs.shape[1] - 1), 1)
    return (
        max(float(levels.var(ddof=1)), VARIANCE_MIN),
        max(float((rest**2).sum()) / freedom, VARIANCE_MIN),
    )


def _estimated(
    days: Sequence[DayVolumes], session: Session, bin_s: int, how: Estimation
) -> VolumeCurve:
    """From days of one layout."""
    zero_qty = LOTS_FOR_ZERO * how.lot
    bins = np.array([day.bin_qty for day in days])
    crosses = np.array([[day.opening_qty, day.closing_qty] for day in days])
    held = crosses.any(axis=0)  # a cross that no day had is not there
    if how.method is CurveMethod.FLAT:
        shares = np.array([end_s - start_s for start_s, end_s in bin_edges(session, bin_s)], float)
        shares, held = shares / shares.sum(), np.zeros(2, dtype=bool)
    else:
        shares = shares_of(np.hstack([bins, crosses[:, held]]), how.method, zero_qty)
    on_crosses = np.zeros(2)
    on_crosses[held] = shares[bins.shape[1] :]
    on_bins = shares[: bins.shape[1]]
    day_variance, bin_variance = (
        level_variances(bins, zero_qty)
        if len(days) > 1
        else (DEFAULT_DAY_VARIANCE, DEFAULT_BIN_VARIANCE)
    )
    return _curve(
        how, session, bin_s, on_bins, float(on_crosses[0]), float(on_crosses[1]),
        days=tuple(day.session.date for day in days),
        expected_qty=_expected_qty(bins, on_bins, zero_qty),
        day_variance=day_variance, bin_variance=bin_variance, method=how.method,
    )  # fmt: skip


def _expected_qty(bins: Floats, shares: Floats, zero_qty: float) -> float:
    """The day's level at which the logs of its bins lie about log(share * level) on average."""
    held = shares > 0
    logs = np.log(_above_zero(bins[:, held], zero_qty)).mean(axis=0)
    return math.exp(float((logs - np.log(shares[held])).mean()))


def _curve(
    how: Estimation, session: Session, bin_s: int, shares: Floats, opening: float, closing: float,
    *, days: tuple[str, ...], expected_qty: float, day_variance: float, bin_variance: float,
    method: CurveMethod,
) -> VolumeCurve:  # fmt: skip
    made = VolumeCurve(
        symbol=how.symbol, calendar=how.calendar, session_kind=session.kind, as_of=how.as_of,
        method=method, days=days, session_s=(session.close_ns - session.open_ns) // _NS,
        bin_s=bin_s, bins=curve_bins(bin_edges(session, bin_s), shares), opening_share=opening,
        closing_share=closing, expected_qty=expected_qty, day_variance=day_variance,
        bin_variance=bin_variance,
    )  # fmt: skip
    check_curve(made, f"curve of {how.symbol}")
    return made


def _like(one: Session, other: Session) -> bool:
    """Whether two sessions have the same kind and the same times after their opens."""

    def shape(each: Session) -> tuple[str, tuple[int, ...]]:
        edges = (edge for part in each.continuous for edge in part)
        return each.kind, tuple(edge - each.open_ns for edge in edges)

    return shape(one) == shape(other)


def _full_session(days: Sequence[DayVolumes]) -> Session | None:
    """The latest full session."""
    full = (day.session for day in reversed(days) if day.session.kind is SessionKind.FULL)
    return next(full, None)


def _above_zero(volumes: Floats, zero_qty: float) -> Floats:
    return np.where(volumes > 0, volumes, zero_qty)


def _trimmed_mean(fractions: Floats) -> Floats:
    """The mean by bin without the highest and the lowest tenth of the days."""
    ordered = np.sort(fractions, axis=0)
    cut = int(TRIM * len(ordered))
    return np.asarray(ordered[cut : len(ordered) - cut].mean(axis=0))
