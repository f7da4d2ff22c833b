"""What is made of curves that there are: shorter days, the market's curve, special days."""

from collections.abc import Sequence
from statistics import fmean
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.sessions import Session
from marketdata.volume_bins import bin_edges
from marketdata.volume_curve import CurveBin, CurveError, CurveFault, VolumeCurve

Floats = NDArray[np.float64]

SHRINK_DAYS: Final = 10  # the market's curve counts like so many days
# A shorter day keeps the shape of so much of its beginning and end; what is between is thinned.
COMPRESSED_HEAD_S: Final = 45 * 60
COMPRESSED_TAIL_S: Final = 75 * 60
_ENDS_S: Final = COMPRESSED_HEAD_S + COMPRESSED_TAIL_S
_NS: Final = 1_000_000_000


def compressed(curve: VolumeCurve, session: Session) -> VolumeCurve:
    """A curve of full days for a shorter session (quant.md 3.5).

    The first 45 and the last 75 minutes keep their rates. Between them the middle of the full day
    passes at its own rates, only faster: what does not fit is dropped. Crosses keep their volume.
    """
    edges = bin_edges(session, curve.bin_s)
    stops = np.cumsum([0, *(end_s - start_s for start_s, end_s in edges)])
    full_s = sum(each.end_s - each.start_s for each in curve.bins)
    raw = np.diff(_kept_by(stops, curve, full_s))
    total = float(raw.sum()) + curve.opening_share + curve.closing_share
    return msgspec.structs.replace(
        curve,
        session_kind=session.kind,
        compressed=True,
        session_s=(session.close_ns - session.open_ns) // _NS,
        bins=curve_bins(edges, raw / total),
        opening_share=curve.opening_share / total,
        closing_share=curve.closing_share / total,
        expected_qty=curve.expected_qty * total,
    )


def _kept_by(stops: NDArray[np.int64], curve: VolumeCurve, full_s: int) -> Floats:
    """Shares of the full day that a shorter one has traded by each of its `stops`, (n,) seconds of
    trading from 0 to its end; `full_s`: those of the full day.
    """
    short_s = int(stops[-1])
    head_s = min(COMPRESSED_HEAD_S, short_s * COMPRESSED_HEAD_S // _ENDS_S)
    tail_s = min(COMPRESSED_TAIL_S, short_s - head_s)
    # From where to where on the shorter day, and in the full one.
    parts = (
        (0, head_s, 0, head_s),
        (head_s, short_s - tail_s, head_s, full_s - tail_s),
        (short_s - tail_s, short_s, full_s - tail_s, full_s),
    )
    done = np.cumsum([0.0, *(each.share for each in curve.bins)])
    at = np.cumsum([0, *(each.end_s - each.start_s for each in curve.bins)])
    kept = np.zeros(len(stops))
    for start, end, from_full, to_full in parts:
        if start < end:
            passed = np.clip((stops - start) / (end - start), 0.0, 1.0)
            in_full = np.interp(from_full + passed * (to_full - from_full), at, done)
            # At the full day's rates, for the shorter time.
            rate = (end - start) / (to_full - from_full)
            kept += (in_full - np.interp(from_full, at, done)) * rate
    return kept


def shrunk(curve: VolumeCurve, market: VolumeCurve) -> VolumeCurve:
    """(n * own + 10 * market) / (n + 10) of every share (quant.md 3.1); n: the days of `curve`.

    Raises CurveError if the two have other bins.
    """
    _same_layout(curve, market)
    days = len(curve.days)

    def mix(own: float, other: float) -> float:
        return (days * own + SHRINK_DAYS * other) / (days + SHRINK_DAYS)

    bins = tuple(
        CurveBin(own.start_s, own.end_s, mix(own.share, other.share))
        for own, other in zip(curve.bins, market.bins, strict=True)
    )
    return msgspec.structs.replace(
        curve, bins=bins, shrunk=True,
        opening_share=mix(curve.opening_share, market.opening_share),
        closing_share=mix(curve.closing_share, market.closing_share),
    )  # fmt: skip


def market_alone(
    market: VolumeCurve, session: Session, bin_s: int, symbol: str, calendar: str, as_of: str
) -> VolumeCurve:
    """The market's shape for a symbol with too little history of its own (quant.md 3.1).

    Raises CurveError if it is of another kind of session or has other bins.
    """
    if market.session_kind is not session.kind or market.bin_s != bin_s:
        raise CurveError(
            CurveFault.WRONG_SESSION,
            f"the market curve {market.symbol} is of {market.session_kind.value} days in bins of "
            f"{market.bin_s} s, and {session.kind.value} days in bins of {bin_s} s are wanted",
        )
    return msgspec.structs.replace(
        market, symbol=symbol, calendar=calendar, as_of=as_of, days=(), shrunk=True
    )


def pooled(curves: Sequence[VolumeCurve], symbol: str) -> VolumeCurve:
    """The market's curve: the mean of the symbols' shares, each counting the same.

    Raises CurveError if they have other bins. `days` are those of them all.
    """
    first = curves[0]
    for other in curves[1:]:
        _same_layout(first, other)
    bins = np.mean([[each.share for each in curve.bins] for curve in curves], axis=0)
    edges = [(each.start_s, each.end_s) for each in first.bins]
    return msgspec.structs.replace(
        first,
        symbol=symbol,
        days=tuple(sorted({day for curve in curves for day in curve.days})),
        bins=curve_bins(edges, bins),
        opening_share=fmean(curve.opening_share for curve in curves),
        closing_share=fmean(curve.closing_share for curve in curves),
        expected_qty=fmean(curve.expected_qty for curve in curves),
        day_variance=fmean(curve.day_variance for curve in curves),
        bin_variance=fmean(curve.bin_variance for curve in curves),
    )


def for_special_day(curve: VolumeCurve, opening: float = 1.0, closing: float = 1.0) -> VolumeCurve:
    """The curve with its crosses so many times as large: expiries and index changes close with
    two to five times the usual, earnings open with more (quant.md 3.5). Which days these are, and
    by how much, is the caller's to say.
    """
    raw_opening, raw_closing = curve.opening_share * opening, curve.closing_share * closing
    total = sum(each.share for each in curve.bins) + raw_opening + raw_closing
    return msgspec.structs.replace(
        curve,
        bins=tuple(CurveBin(each.start_s, each.end_s, each.share / total) for each in curve.bins),
        opening_share=raw_opening / total,
        closing_share=raw_closing / total,
        expected_qty=curve.expected_qty * total,
    )


def curve_bins(edges: Sequence[tuple[int, int]], shares: Floats) -> tuple[CurveBin, ...]:
    """Bins of these edges and shares, (n,) each."""
    return tuple(
        CurveBin(start_s, end_s, share)
        for (start_s, end_s), share in zip(edges, shares.tolist(), strict=True)
    )


def _same_layout(curve: VolumeCurve, market: VolumeCurve) -> None:
    own, other = ([(each.start_s, each.end_s) for each in every.bins] for every in (curve, market))
    if own != other:
        raise CurveError(
            CurveFault.WRONG_SESSION,
            f"{curve.symbol} and the market curve {market.symbol} have other bins: {len(own)} of "
            f"{curve.bin_s} s and {len(other)} of {market.bin_s} s",
        )
