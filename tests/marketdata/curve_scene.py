"""Sessions, days and curves for the tests of volume curves."""

from collections.abc import Sequence

import numpy as np

from domain.sessions import Session, SessionKind
from marketdata.curve_estimators import Estimation, estimate_curve
from marketdata.volume_bins import DayVolumes, LeftOut
from marketdata.volume_curve import CurveBin, CurveMethod, VolumeCurve

NS = 1_000_000_000
DAY_NS = 86_400 * NS


def session(number: int = 1, minutes: int = 60, kind: SessionKind = SessionKind.FULL,
            pause: tuple[int, int] | None = None) -> Session:  # fmt: skip
    """The session of the `number`th of January 2026; `pause`: minutes after the open."""
    open_ns = 1_767_225_600 * NS + (number - 1) * DAY_NS
    return Session(
        date=f"2026-01-{number:02}", open_ns=open_ns, close_ns=open_ns + minutes * 60 * NS,
        kind=kind,
        break_start_ns=None if pause is None else open_ns + pause[0] * 60 * NS,
        break_end_ns=None if pause is None else open_ns + pause[1] * 60 * NS,
    )  # fmt: skip


def day(number: int, bins: Sequence[float], *, opening: float = 0, closing: float = 0,
        kind: SessionKind = SessionKind.FULL, bin_minutes: int = 15) -> DayVolumes:  # fmt: skip
    """A day whose bins of `bin_minutes` traded so much."""
    return DayVolumes(
        session=session(number, bin_minutes * len(bins), kind), bin_s=bin_minutes * 60,
        bin_qty=np.array(bins, dtype=float), opening_qty=opening, closing_qty=closing,
        left_out=LeftOut(),
    )  # fmt: skip


def how(as_of: str = "2026-01-31", **changes: object) -> Estimation:
    return Estimation(symbol="IBM", calendar="XNYS", as_of=as_of, **changes)  # type: ignore[arg-type]  # what is changed is named where it is


def estimated(days: Sequence[DayVolumes], **changes: object) -> VolumeCurve:
    """The curve of full days like the first."""
    return estimate_curve(days, days[0].session, days[0].bin_s, how(**changes))  # type: ignore[arg-type]  # as above


def curve(shares: Sequence[float] = (0.4, 0.1, 0.2, 0.3), *, opening: float = 0.0,
          closing: float = 0.0, expected_qty: float = 1_000.0, day_variance: float = 0.3,
          bin_variance: float = 0.1, bin_s: int = 900) -> VolumeCurve:  # fmt: skip
    """A curve of so many bins."""
    return VolumeCurve(
        symbol="IBM", calendar="XNYS", session_kind=SessionKind.FULL, as_of="2026-01-31",
        method=CurveMethod.LOG_MEAN, days=("2026-01-29", "2026-01-30"),
        session_s=bin_s * len(shares), bin_s=bin_s,
        bins=tuple(CurveBin(i * bin_s, (i + 1) * bin_s, share) for i, share in enumerate(shares)),
        opening_share=opening, closing_share=closing, expected_qty=expected_qty,
        day_variance=day_variance, bin_variance=bin_variance,
    )  # fmt: skip


def shares(made: VolumeCurve) -> list[float]:
    return [each.share for each in made.bins]
