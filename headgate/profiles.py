"""`headgate profiles`: profiles of symbols from recorded days to files, and files to the eye."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TextIO

import msgspec

from domain.file_format import FileFormat
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from domain.sessions import SessionKind, TradingCalendar
from headgate.calendars import UnknownCalendar, load_calendar
from headgate.settings import SettingsError, load_instruments
from marketdata.curve_estimators import Estimation, estimate_curve
from marketdata.profile_days import ProfileDays
from marketdata.profile_estimator import MeasuredDay, ProfileTerms, estimate_profile
from marketdata.recording import Recording
from marketdata.symbol_profile import (
    NORM_S_MAX,
    NORM_S_MIN,
    ProfileError,
    ProfileFault,
    SymbolProfile,
    profile_file_name,
    read_profile,
    require_recent,
    write_profile,
)
from marketdata.tick_faults import BadTickFile
from marketdata.volume_curve import (
    BIN_S_MAX,
    BIN_S_MIN,
    CurveError,
    CurveFault,
    VolumeCurve,
    file_name,
    read_curve,
)

EXIT_OK: Final = 0
EXIT_BAD_INPUT: Final = 2
_AHEAD: Final = timedelta(days=14)  # no exchange closes for longer: the next session is within


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. `as_of`: None: the next session. `curves`: a directory of curve files that
    are taken instead of curves of these days.
    """

    sources: tuple[Path, ...]
    format: FileFormat
    out: Path
    instruments_file: Path
    symbols: tuple[str, ...] = ()
    calendar: str = "XNYS"
    as_of: date | None = None
    norm_minutes: int = 15
    bin_minutes: int = 5
    lookback: int = 20
    days_min: int = 5
    curves: Path | None = None


def build(asked: Build, out: TextIO, err: TextIO) -> int:
    """Write a file per symbol, and say so. Returns the exit status.

    Nothing is written if a source cannot be read, or a symbol has too few days.
    """
    try:
        _check(asked)
        table = load_instruments(asked.instruments_file)
        days = ProfileDays(
            calendars=lambda first, last: load_calendar(asked.calendar, first, last),
            bin_s=asked.bin_minutes * 60, norm_s=asked.norm_minutes * 60,
        )  # fmt: skip
        found = days.measure(_events(asked, table))
        if not found:
            raise ProfileError(ProfileFault.TOO_FEW_DAYS, "nothing of these symbols in the sources")
        made = [_profile(symbol, found[symbol], asked, table, out) for symbol in sorted(found)]
        _keep(made, asked.out, out)
    except (
        ProfileError, CurveError, BadTickFile, UnknownCalendar, SettingsError, OSError,
    ) as error:  # fmt: skip
        err.write(f"headgate profiles build: {_coded(error)}\n")
        return EXIT_BAD_INPUT
    return EXIT_OK


def _keep(made: Sequence[SymbolProfile], directory: Path, out: TextIO) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for profile in made:
            path = directory / profile_file_name(profile.symbol)
            write_profile(profile, path)
            out.write(f"wrote {path}: {_about(profile)}\n")
    except OSError as error:
        raise _bad(f"--out: {error.filename}: {error.strerror}") from error


def show(path: Path, day: date | None, stale_days: int, out: TextIO, err: TextIO) -> int:
    """Print a profile. With a day: only if it may be used on that day. Returns the exit status."""
    try:
        profile = read_profile(path)
        if day is not None:
            require_recent(profile, day.isoformat(), stale_days, str(path))
    except ProfileError as error:
        err.write(f"headgate profiles show: {_coded(error)}\n")
        return EXIT_BAD_INPUT
    out.write("\n".join(_lines(profile)) + "\n")
    return EXIT_OK


def _check(asked: Build) -> None:
    bounds = (
        ("--norm-minutes", asked.norm_minutes * 60, NORM_S_MIN, NORM_S_MAX),
        ("--bin-minutes", asked.bin_minutes * 60, BIN_S_MIN, BIN_S_MAX),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise _bad(f"{name}: {value // 60} is not {low // 60} to {high // 60}")
    for name, days in (("--days", asked.lookback), ("--min-days", asked.days_min)):
        if days < 1:
            raise _bad(f"{name}: {days} is not above zero")
    if asked.days_min > asked.lookback:
        raise _bad(f"--min-days: {asked.days_min} is more than --days, {asked.lookback}")
    if asked.curves is not None and not asked.curves.is_dir():
        raise _bad(f"--curves: {asked.curves} is no directory")


def _bad(text: str) -> ProfileError:
    return ProfileError(ProfileFault.BAD_OPTION, text)


def _events(asked: Build, table: InstrumentTable) -> Iterator[MarketEvent]:
    """Of all sources, one after the other."""
    symbols = tuple(symbol.upper() for symbol in asked.symbols)
    for path in asked.sources:
        recording = Recording(path=path, format=asked.format, symbols=symbols)
        with closing(recording.events(table)) as events:
            yield from events


def _profile(
    symbol: str, days: list[MeasuredDay], asked: Build, table: InstrumentTable, out: TextIO
) -> SymbolProfile:
    if not days:
        raise ProfileError(ProfileFault.TOO_FEW_DAYS, f"{symbol}: no session in the sources")
    instrument = table[symbol]
    if instrument.calendar != asked.calendar:
        raise ProfileError(
            ProfileFault.BAD_OPTION,
            f"--calendar: {asked.calendar}, and {symbol} trades on {instrument.calendar}",
        )
    last = date.fromisoformat(days[-1].session.date)
    first = asked.as_of or last + timedelta(days=1)
    ahead = load_calendar(asked.calendar, first, first + _AHEAD)
    as_of = first.isoformat() if asked.as_of is not None else ahead.sessions[0].date
    how = ProfileTerms(
        symbol=symbol, calendar=asked.calendar, as_of=as_of, days_min=asked.days_min,
        lookback=asked.lookback,
        made_from=f"{asked.format.value} recordings: "
        + ", ".join(path.name for path in asked.sources),
    )  # fmt: skip
    curves = list(
        _curves_of(symbol, as_of, asked.curves) if asked.curves is not None
        else _own_curves(days, ahead, how, asked, instrument.lot, out)
    )  # fmt: skip
    return estimate_profile(days, how, curves)


def _curves_of(symbol: str, as_of: str, directory: Path) -> Iterator[VolumeCurve]:
    """The curve files of a symbol that are no younger than its profile."""
    for kind in SessionKind:
        path = directory / file_name(symbol, kind)
        if path.exists():
            curve = read_curve(path)
            if curve.as_of > as_of:
                raise CurveError(
                    CurveFault.FROM_THE_FUTURE,
                    f"{path}: as_of: {curve.as_of} is after the profile's, {as_of}",
                )
            yield curve


def _own_curves(
    days: list[MeasuredDay], ahead: TradingCalendar, how: ProfileTerms, asked: Build, lot: int,
    out: TextIO,
) -> Iterator[VolumeCurve]:  # fmt: skip
    """The curve of full days, where these days are enough for one; shorter ones follow from it."""
    full = next((s for s in ahead.sessions if s.kind is SessionKind.FULL), None)
    if full is None:
        return
    terms = Estimation(
        symbol=how.symbol, calendar=how.calendar, as_of=how.as_of, lot=lot,
        days_min=asked.days_min, lookback=how.lookback,
    )  # fmt: skip
    try:
        yield estimate_curve([day.volumes for day in days], full, asked.bin_minutes * 60, terms)
    except CurveError as error:
        if error.fault is not CurveFault.TOO_FEW_DAYS:
            raise
        out.write(f"{how.symbol}: without a curve: {error}\n")


def _about(profile: SymbolProfile) -> str:
    number = len(profile.days)
    days = "1 day" if number == 1 else f"{number} days"
    kinds = ", ".join(curve.session_kind.value for curve in profile.curves) or "none"
    return f"{days}; {len(profile.norms)} norms; curves: {kinds}; as of {profile.as_of}"


def _coded(error: Exception) -> str:
    if isinstance(error, ProfileError | CurveError):
        return f"{error.fault.value}: {error}"
    return f"unknown_calendar: {error}" if isinstance(error, UnknownCalendar) else str(error)


def _lines(profile: SymbolProfile) -> Iterable[str]:
    """The profile as lines of text."""
    days = f"{profile.days[0]} to {profile.days[-1]}" if profile.days else "none"
    yield f"{profile.symbol} {profile.calendar} {profile.source.value}: {_about(profile)}"
    yield f"made from {profile.made_from}; days {days}"
    yield f"{'average day':<20}{profile.adv_qty:>14,} shares"
    yield f"{'daily volatility':<20}{_scaled(profile.daily_volatility, 1e2, 3):>14} %"
    yield f"{'spread':<20}{_scaled(profile.relative_spread, 1e4, 2):>14} bps"
    yield f"{'touch':<20}{_scaled(profile.touch_qty, 1.0, 0):>14} shares a side"
    yield f"{'median print':<20}{_scaled(profile.median_trade_qty, 1.0, 0):>14} shares"
    yield f"{'minutes':>11} {'bps/sqrt s':>11} {'spread bps':>11} {'touch':>9} {'shares/s':>10}"
    for norm in profile.norms:
        minutes = f"{norm.start_s / 60:g}-{norm.end_s / 60:g}"
        yield (
            f"{minutes:>11} {_scaled(norm.volatility_per_sqrt_s, 1e4, 3):>11} "
            f"{_scaled(norm.relative_spread, 1e4, 2):>11} {_scaled(norm.touch_qty, 1.0, 0):>9} "
            f"{norm.shares_per_s:>10,.2f}"
        )


def _scaled(value: float | None, by: float, digits: int) -> str:
    return "-" if value is None else f"{value * by:,.{digits}f}"
