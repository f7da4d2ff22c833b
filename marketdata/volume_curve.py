"""Volume curves: what share of a day's volume trades by when. The value type and its file.

Bins are half-open and lie in continuous trading; the crosses are bins of their own, without
length. How a curve is estimated is in `curve_estimators`, how it moves within its day in
`dynamic_curve`.
"""

import math
from datetime import date
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from domain.sessions import Session, SessionKind

FORMAT: Final = "headgate.volume_curve.v1"
BIN_S_MIN: Final = 60
BIN_S_MAX: Final = 900
# Shares are written with all their digits; more than this apart from 1 and somebody edited them.
SHARE_TOLERANCE: Final = 1e-6
FILE_BYTES_MAX: Final = 1 << 20  # 1,440 one-minute bins of a 24-hour day are 100 kB
_NS: Final = 1_000_000_000


class CurveFault(StrEnum):
    """Why a curve, its file, or the data for it cannot be used."""

    NO_FILE = "no_file"
    OVERSIZED = "oversized"
    MALFORMED = "malformed"  # not JSON, or a field missing, unknown or of the wrong type
    BAD_BINS = "bad_bins"  # they overlap, leave the session or run backwards
    BAD_SHARES = "bad_shares"  # negative, not finite, or they do not sum to 1
    WRONG_SYMBOL = "wrong_symbol"
    WRONG_CALENDAR = "wrong_calendar"
    WRONG_SESSION = "wrong_session"  # of another kind or length than the day's
    STALE = "stale"
    FROM_THE_FUTURE = "from_the_future"  # it has seen the day that it is to forecast
    TOO_FEW_DAYS = "too_few_days"
    BAD_ROW = "bad_row"
    BAR_STRADDLES = "bar_straddles"  # a bar that lies in no single bin
    NO_SESSION = "no_session"
    BAD_OPTION = "bad_option"


class CurveError(Exception):
    """A curve that cannot be had or used; the text names the file and the field or line."""

    def __init__(self, fault: CurveFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class CurveMethod(StrEnum):
    """How the shares were found (quant.md 3.1). Mean volume and flat are for comparison only."""

    LOG_MEAN = "log_mean"
    TRIMMED = "trimmed"
    MEDIAN = "median"
    MEAN_VOLUME = "mean_volume"
    FLAT = "flat"
    DEFAULT_U = "default_u"  # the measured U-curve of quant.md 3.6: of no symbol in particular


class CurveBin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[start_s, end_s) seconds after the open, and the share of the day's volume in it."""

    start_s: int
    end_s: int
    share: float


class VolumeCurve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The expected volume of one symbol over a session of one kind.

    `as_of`: ISO day; every day in `days` is before it, so it may forecast that day and later ones.
    `days`: those used, oldest first. `compressed`: made of full days for a shorter one, for want
    of past ones. `shrunk`: a market curve weighs in. `session_s`: open to close, with its break.
    `opening_share`, `closing_share`: of the crosses. Shares sum to 1. `expected_qty`: shares
    that a typical day trades. `day_variance`, `bin_variance`: D, of the log of a day's level, and
    R, of a bin's log about its day's level (quant.md 3.4).
    """

    format: str = FORMAT
    symbol: str
    calendar: str
    session_kind: SessionKind
    as_of: str
    method: CurveMethod
    days: tuple[str, ...]
    compressed: bool = False
    shrunk: bool = False
    session_s: int
    bin_s: int
    bins: tuple[CurveBin, ...]
    opening_share: float = 0.0
    closing_share: float = 0.0
    expected_qty: float
    day_variance: float
    bin_variance: float

    def cumulative(self, after_open_s: float) -> float:
        """The share of the day traded by then: the opening cross from 0 on, the closing one from
        the close on; within a bin in proportion to its time.
        """
        done = self.opening_share if after_open_s >= 0 else 0.0
        for each in self.bins:
            if each.end_s <= after_open_s:
                done += each.share
            elif each.start_s < after_open_s:
                done += each.share * (after_open_s - each.start_s) / (each.end_s - each.start_s)
        return done + (self.closing_share if after_open_s >= self.session_s else 0.0)

    def overlaps(self, start_s: float, end_s: float) -> tuple[float, ...]:
        """What fraction of each bin's time lies in [start_s, end_s): (n,), exact, 0 to 1."""
        return tuple(
            max(0.0, min(end_s, each.end_s) - max(start_s, each.start_s))
            / (each.end_s - each.start_s)
            for each in self.bins
        )


def check_curve(curve: VolumeCurve, where: str) -> None:
    """Raise CurveError, naming `where` and the field, unless the curve holds together."""
    if curve.format != FORMAT:
        raise CurveError(CurveFault.MALFORMED, f"{where}: format: {curve.format!r}, not {FORMAT!r}")
    if not curve.symbol:
        raise CurveError(CurveFault.MALFORMED, f"{where}: symbol: empty")
    _check_days(curve, where)
    _check_bins(curve, where)
    _check_numbers(curve, where)


def _check_days(curve: VolumeCurve, where: str) -> None:
    for name, day in (("as_of", curve.as_of), *(("days", day) for day in curve.days)):
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise CurveError(CurveFault.MALFORMED, f"{where}: {name}: {error}") from error
    if any(later <= earlier for earlier, later in pairwise(curve.days)):
        raise CurveError(CurveFault.MALFORMED, f"{where}: days: not in rising order")
    if curve.days and curve.days[-1] >= curve.as_of:
        raise CurveError(
            CurveFault.FROM_THE_FUTURE, f"{where}: days: {curve.days[-1]} is not before as_of, "
            f"{curve.as_of}",
        )  # fmt: skip


def _check_bins(curve: VolumeCurve, where: str) -> None:
    if not BIN_S_MIN <= curve.bin_s <= BIN_S_MAX:
        raise CurveError(
            CurveFault.BAD_BINS, f"{where}: bin_s: {curve.bin_s}, not {BIN_S_MIN} to {BIN_S_MAX}"
        )
    if not curve.bins:
        raise CurveError(CurveFault.BAD_BINS, f"{where}: bins: none")
    last_s = 0
    for number, each in enumerate(curve.bins):
        if not (last_s <= each.start_s < each.end_s <= curve.session_s):
            raise CurveError(
                CurveFault.BAD_BINS,
                f"{where}: bins[{number}]: [{each.start_s}, {each.end_s}) runs backwards, overlaps "
                f"the one before or leaves the session of {curve.session_s} s",
            )
        last_s = each.end_s


def _check_numbers(curve: VolumeCurve, where: str) -> None:
    shares = [each.share for each in curve.bins]
    named = [(f"bins[{number}].share", share) for number, share in enumerate(shares)]
    named += [("opening_share", curve.opening_share), ("closing_share", curve.closing_share)]
    for name, share in named:
        if not (math.isfinite(share) and 0.0 <= share <= 1.0):
            raise CurveError(CurveFault.BAD_SHARES, f"{where}: {name}: {share} is not 0 to 1")
    total = sum(share for _, share in named)
    if abs(total - 1.0) > SHARE_TOLERANCE:
        raise CurveError(
            CurveFault.BAD_SHARES, f"{where}: bins, opening_share, closing_share: sum to {total}"
        )
    for name in ("expected_qty", "day_variance", "bin_variance"):
        value = getattr(curve, name)
        if not (math.isfinite(value) and value > 0.0):
            raise CurveError(CurveFault.BAD_SHARES, f"{where}: {name}: {value} is not above zero")


def require(
    curve: VolumeCurve, *, symbol: str, calendar: str, session: Session, stale_days: int, where: str
) -> None:
    """Raise CurveError unless the curve is for this symbol and this session, and recent enough.

    `stale_days`: calendar days that `as_of` may lie before the session.
    """
    if curve.symbol != symbol:
        raise CurveError(
            CurveFault.WRONG_SYMBOL, f"{where}: symbol: is of {curve.symbol}, not {symbol}"
        )
    if curve.calendar != calendar:
        raise CurveError(
            CurveFault.WRONG_CALENDAR, f"{where}: calendar: is {curve.calendar}, not {calendar}"
        )
    if curve.session_kind is not session.kind:
        raise CurveError(
            CurveFault.WRONG_SESSION,
            f"{where}: session_kind: is of {curve.session_kind.value} days, and {session.date} is "
            f"{session.kind.value}",
        )
    if curve.session_s * _NS != session.close_ns - session.open_ns:
        raise CurveError(
            CurveFault.WRONG_SESSION,
            f"{where}: session_s: {curve.session_s}, and {session.date} lasts "
            f"{(session.close_ns - session.open_ns) // _NS} s",
        )
    age = (date.fromisoformat(session.date) - date.fromisoformat(curve.as_of)).days
    if age < 0:
        raise CurveError(
            CurveFault.FROM_THE_FUTURE,
            f"{where}: as_of: {curve.as_of} is after {session.date}: it may have seen that day",
        )
    if age > stale_days:
        raise CurveError(
            CurveFault.STALE,
            f"{where}: as_of: {curve.as_of} is {age} days before {session.date}, more than "
            f"{stale_days} (--stale-days)",
        )


def file_name(symbol: str, kind: SessionKind) -> str:
    """The name of a curve's file, such as IBM.full.json."""
    return f"{safe_name(symbol)}.{kind.value}.json"


def safe_name(symbol: str) -> str:
    """A symbol as part of a file's name: characters that paths lack become _."""
    return "".join(each if each.isalnum() or each in "-." else "_" for each in symbol)


def write_curve(curve: VolumeCurve, path: Path) -> None:
    """Write the file whole or not at all. Raises CurveError if the curve does not hold together."""
    check_curve(curve, str(path))
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(curve)) + b"\n")
    part.replace(path)


def read_curve(path: Path) -> VolumeCurve:
    """Read a file strictly. Raises CurveError naming it and the field."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise CurveError(CurveFault.NO_FILE, f"{path}: {error.strerror}") from error
    if len(content) > FILE_BYTES_MAX:
        raise CurveError(CurveFault.OVERSIZED, f"{path}: more than {FILE_BYTES_MAX} bytes")
    try:
        curve = msgspec.json.decode(content, type=VolumeCurve)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CurveError(CurveFault.MALFORMED, f"{path}: {error}") from error
    check_curve(curve, str(path))
    return curve
