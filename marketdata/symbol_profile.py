"""What is known of a symbol before its day: how much it trades, how it moves, when. And its file.

A profile is of the past, or of a simulated market's own terms: nothing in it comes from the day
that it is used on. How one is made of recorded days is in `profile_estimator`; which one a worker
goes by, and what it does without, in `known_profiles`.
"""

import math
from bisect import bisect_right
from datetime import date
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from domain.sessions import SessionKind
from marketdata.volume_curve import CurveError, VolumeCurve, check_curve, safe_name

FORMAT: Final = "headgate.symbol_profile.v1"
SUFFIX: Final = ".profile.json"
NORM_S_MIN: Final = 60  # of a bin: six returns of the mid, the least that a volatility is made of
NORM_S_MAX: Final = 7_200
FILE_BYTES_MAX: Final = 1 << 20  # four curves of one-minute bins and as many norms are 250 kB


class ProfileFault(StrEnum):
    """Why a profile, its file, or the data for it cannot be used."""

    NO_FILE = "no_file"
    OVERSIZED = "oversized"
    MALFORMED = "malformed"  # not JSON, or a field missing, unknown or of the wrong type
    BAD_VALUE = "bad_value"  # a figure that is not finite, or zero or below
    BAD_NORMS = "bad_norms"  # bins that overlap or run backwards
    BAD_CURVE = "bad_curve"  # a curve that does not hold together, or is of another symbol
    WRONG_NAME = "wrong_name"  # the file is named after another symbol
    UNKNOWN_SYMBOL = "unknown_symbol"
    STALE = "stale"
    FROM_THE_FUTURE = "from_the_future"  # it may have seen the day that it is used on
    TOO_FEW_DAYS = "too_few_days"
    NO_SESSION = "no_session"
    BAD_OPTION = "bad_option"


class ProfileError(Exception):
    """A profile that cannot be had or used; the text names the file and the field."""

    def __init__(self, fault: ProfileFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class ProfileSource(StrEnum):
    """What a profile was made of."""

    RECORDED = "recorded"  # past days, as a feed or a vendor recorded them
    PRESET = "preset"  # the terms of a simulated market: nothing was estimated


class TimeNorm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is usual in [start_s, end_s) seconds after the open. None: not known.

    `volatility_per_sqrt_s`: relative, of the mid every 10 s, as `TouchStatistics` has it live.
    `relative_spread`: the mean spread over the mid. `touch_qty`: mean shares of one side of the
    touch, all venues. `shares_per_s`: that the continuous book trades.
    """

    start_s: int
    end_s: int
    volatility_per_sqrt_s: float | None = None
    relative_spread: float | None = None
    touch_qty: float | None = None
    shares_per_s: float


class SymbolProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One symbol. None: not known.

    `as_of`: ISO day; every day in `days` is before it, so it may be used on that day and later
    ones. `days`: those used, oldest first; none where nothing was recorded. `made_from`: of what,
    in words, for those who read it. `adv_qty`: shares a full day trades in the mean, crosses among
    them. `daily_volatility`: of the mid from open to close, a fraction of the price a root day; no
    night is in it. `relative_spread`, `touch_qty`: as of TimeNorm, over the day.
    `median_trade_qty`: shares of the median regular print. `norms`: by rising time. `curves`: one
    of each kind of session at most.
    """

    format: str = FORMAT
    symbol: str
    calendar: str
    as_of: str
    source: ProfileSource
    made_from: str
    days: tuple[str, ...] = ()
    adv_qty: int
    daily_volatility: float | None = None
    relative_spread: float | None = None
    touch_qty: float | None = None
    median_trade_qty: float | None = None
    norms: tuple[TimeNorm, ...] = ()
    curves: tuple[VolumeCurve, ...] = ()

    def norm_at(self, after_open_s: float) -> TimeNorm | None:
        """What is usual at a time; None where nothing is known of it, as outside the session."""
        index = bisect_right(self.norms, after_open_s, key=lambda norm: norm.start_s) - 1
        if index < 0 or after_open_s >= self.norms[index].end_s:
            return None
        return self.norms[index]

    def curve_of(self, kind: SessionKind) -> VolumeCurve | None:
        """The curve of a kind of session."""
        return next((curve for curve in self.curves if curve.session_kind is kind), None)


def check_profile(profile: SymbolProfile, where: str) -> None:
    """Raise ProfileError, naming `where` and the field, unless the profile holds together."""
    if profile.format != FORMAT:
        raise ProfileError(
            ProfileFault.MALFORMED, f"{where}: format: {profile.format!r}, not {FORMAT!r}"
        )
    for name in ("symbol", "calendar", "made_from"):
        if not getattr(profile, name):
            raise ProfileError(ProfileFault.MALFORMED, f"{where}: {name}: empty")
    _check_days(profile, where)
    _check_positive(profile, where, ("adv_qty", "daily_volatility", "relative_spread", "touch_qty",
                                     "median_trade_qty"))  # fmt: skip
    _check_norms(profile, where)
    _check_curves(profile, where)


def _check_days(profile: SymbolProfile, where: str) -> None:
    for name, day in (("as_of", profile.as_of), *(("days", day) for day in profile.days)):
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise ProfileError(ProfileFault.MALFORMED, f"{where}: {name}: {error}") from error
    if any(later <= earlier for earlier, later in pairwise(profile.days)):
        raise ProfileError(ProfileFault.MALFORMED, f"{where}: days: not in rising order")
    if profile.days and profile.days[-1] >= profile.as_of:
        raise ProfileError(
            ProfileFault.FROM_THE_FUTURE,
            f"{where}: days: {profile.days[-1]} is not before as_of, {profile.as_of}",
        )


def _check_positive(
    of: SymbolProfile | TimeNorm, where: str, names: tuple[str, ...], at: str = ""
) -> None:
    for name in names:
        value = getattr(of, name)
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ProfileError(
                ProfileFault.BAD_VALUE, f"{where}: {at}{name}: {value} is not above zero"
            )


def _check_norms(profile: SymbolProfile, where: str) -> None:
    last_s = 0
    for number, norm in enumerate(profile.norms):
        if not last_s <= norm.start_s < norm.end_s:
            raise ProfileError(
                ProfileFault.BAD_NORMS,
                f"{where}: norms[{number}]: [{norm.start_s}, {norm.end_s}) runs backwards or "
                "overlaps the one before",
            )
        last_s = norm.end_s
        at = f"norms[{number}]."
        _check_positive(norm, where, ("relative_spread", "touch_qty"), at)
        for name in ("volatility_per_sqrt_s", "shares_per_s"):  # a quiet bin has none: zero
            value = getattr(norm, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ProfileError(
                    ProfileFault.BAD_VALUE, f"{where}: {at}{name}: {value} is below zero"
                )


def _check_curves(profile: SymbolProfile, where: str) -> None:
    for number, curve in enumerate(profile.curves):
        at = f"{where}: curves[{number}]"
        try:
            check_curve(curve, at)
        except CurveError as error:
            raise ProfileError(ProfileFault.BAD_CURVE, str(error)) from error
        if (curve.symbol, curve.calendar) != (profile.symbol, profile.calendar):
            raise ProfileError(
                ProfileFault.BAD_CURVE,
                f"{at}: symbol, calendar: is of {curve.symbol} on {curve.calendar}, and the "
                f"profile of {profile.symbol} on {profile.calendar}",
            )
        if curve.as_of > profile.as_of:
            raise ProfileError(
                ProfileFault.FROM_THE_FUTURE,
                f"{at}: as_of: {curve.as_of} is after the profile's, {profile.as_of}",
            )
    kinds = [curve.session_kind.value for curve in profile.curves]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise ProfileError(
                ProfileFault.BAD_CURVE, f"{where}: curves: {kinds.count(kind)} of {kind} sessions"
            )


def require_recent(profile: SymbolProfile, day: str, stale_days: int, where: str) -> None:
    """Raise ProfileError unless the profile may be used on an ISO day.

    `stale_days`: calendar days that `as_of` may lie before it.
    """
    age = (date.fromisoformat(day) - date.fromisoformat(profile.as_of)).days
    if age < 0:
        raise ProfileError(
            ProfileFault.FROM_THE_FUTURE,
            f"{where}: as_of: {profile.as_of} is after {day}: it may have seen that day",
        )
    if age > stale_days:
        raise ProfileError(
            ProfileFault.STALE,
            f"{where}: as_of: {profile.as_of} is {age} days before {day}, more than {stale_days}",
        )


def profile_file_name(symbol: str) -> str:
    """The name of a profile's file, such as IBM.profile.json."""
    return safe_name(symbol) + SUFFIX


def write_profile(profile: SymbolProfile, path: Path) -> None:
    """Write the file whole or not at all. Raises ProfileError if the profile does not hold."""
    check_profile(profile, str(path))
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(profile)) + b"\n")
    part.replace(path)


def read_profile(path: Path) -> SymbolProfile:
    """Read a file strictly. Raises ProfileError naming it and the field."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise ProfileError(ProfileFault.NO_FILE, f"{path}: {error.strerror}") from error
    if len(content) > FILE_BYTES_MAX:
        raise ProfileError(ProfileFault.OVERSIZED, f"{path}: more than {FILE_BYTES_MAX} bytes")
    try:
        profile = msgspec.json.decode(content, type=SymbolProfile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProfileError(ProfileFault.MALFORMED, f"{path}: {error}") from error
    check_profile(profile, str(path))
    if path.name != profile_file_name(profile.symbol):
        raise ProfileError(
            ProfileFault.WRONG_NAME,
            f"{path}: symbol: is of {profile.symbol}, whose file is named "
            f"{profile_file_name(profile.symbol)}",
        )
    return profile
