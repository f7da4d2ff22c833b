"""`headgate curves`: volume curves from recorded bars or prints to files, and files to the eye."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TextIO

import msgspec

from domain.file_format import FileFormat, VolumeFormat
from domain.marketdata import Trade
from domain.sessions import Session, SessionKind, TradingCalendar
from headgate.calendars import UnknownCalendar, load_calendar
from headgate.settings import SettingsError, load_instruments
from marketdata.bar_files import read_bars, read_intraday, read_minute_ends
from marketdata.curve_adjustments import pooled
from marketdata.curve_estimators import Estimation, default_curve, estimate_curve
from marketdata.recording import Recording
from marketdata.tick_faults import BadTickFile
from marketdata.volume_bins import Bar
from marketdata.volume_curve import (
    BIN_S_MAX,
    BIN_S_MIN,
    CurveError,
    CurveFault,
    CurveMethod,
    VolumeCurve,
    file_name,
    read_curve,
    require,
    write_curve,
)
from marketdata.volume_days import History, of_bars, of_lean, of_trades

EXIT_OK: Final = 0
EXIT_BAD_INPUT: Final = 2
# Far enough to meet the next half day of every exchange, which come at least once a year.
_AHEAD: Final = timedelta(days=400)
_BAR_WIDTH: Final = 40  # characters of the longest bar that `show` draws


_RECORDINGS: Final = {
    VolumeFormat.PLAIN: FileFormat.PLAIN,
    VolumeFormat.LOBSTER: FileFormat.LOBSTER,
}
_BAR_S: Final = {VolumeFormat.INTRADAY: 900, VolumeFormat.MINUTE_END: 60}


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. `bar_s`: None where the format says it. `as_of`: None: the next session.

    `instruments_file`: of the symbols of recorded events; other formats do not look at it.
    """

    sources: tuple[Path, ...]
    format: VolumeFormat
    out: Path
    symbols: tuple[str, ...] = ()
    calendar: str = "XNYS"
    as_of: date | None = None
    bin_minutes: int = 5
    bar_s: int | None = None
    method: CurveMethod = CurveMethod.LOG_MEAN
    lot: int = 100
    lookback: int = 20
    days_min: int = 5
    market: Path | None = None
    default_u: bool = False
    pool: str | None = None
    instruments_file: Path | None = None


def build(asked: Build, out: TextIO, err: TextIO) -> int:
    """Write a file per symbol and kind of session, and say so. Returns the exit status.

    Nothing is written if a source cannot be read; a symbol without enough days ends it there.
    """
    try:
        _check(asked)
        market = None if asked.market is None else read_curve(asked.market)
        histories = _histories(asked)
        if not histories:
            raise CurveError(CurveFault.TOO_FEW_DAYS, "no volume of these symbols in the sources")
        made = [curve for history in histories for curve in _curves(history, asked, market, out)]
        made += _pooled(made, asked.pool)
        asked.out.mkdir(parents=True, exist_ok=True)
        for curve in made:
            path = asked.out / file_name(curve.symbol, curve.session_kind)
            write_curve(curve, path)
            out.write(f"wrote {path}: {_about(curve)}\n")
    except (CurveError, BadTickFile, UnknownCalendar, SettingsError, OSError) as error:
        err.write(f"headgate curves build: {_coded(error)}\n")
        return EXIT_BAD_INPUT
    return EXIT_OK


def show(path: Path, day: date | None, stale_days: int, out: TextIO, err: TextIO) -> int:
    """Print a curve. With a day: only if it may forecast that day. Returns the exit status."""
    try:
        curve = read_curve(path)
        if day is not None:
            session = load_calendar(curve.calendar, day, day).session_on(day.isoformat())
            if session is None:
                raise CurveError(CurveFault.NO_SESSION, f"{curve.calendar} has none on {day}")
            require(curve, symbol=curve.symbol, calendar=curve.calendar, session=session,
                    stale_days=stale_days, where=str(path))  # fmt: skip
    except (CurveError, UnknownCalendar) as error:
        err.write(f"headgate curves show: {_coded(error)}\n")
        return EXIT_BAD_INPUT
    out.write("\n".join(_drawn(curve)) + "\n")
    return EXIT_OK


def _check(asked: Build) -> None:
    if not BIN_S_MIN <= asked.bin_minutes * 60 <= BIN_S_MAX:
        raise _bad(f"--bin-minutes: {asked.bin_minutes} is not {BIN_S_MIN // 60} to "
                   f"{BIN_S_MAX // 60}")  # fmt: skip
    if asked.format is VolumeFormat.BARS and asked.bar_s is None:
        raise _bad("--bar-seconds: needed with --format bars, which does not say how long a bar is")
    lean = asked.format in (VolumeFormat.LEAN_TICK, VolumeFormat.LEAN_SECOND)
    if lean and len(asked.sources) != 1:
        raise _bad(f"sources: {len(asked.sources)}, and --format {asked.format.value} reads one")
    if asked.bar_s is not None and asked.bar_s <= 0:
        raise _bad(f"--bar-seconds: {asked.bar_s} is not above zero")
    if asked.format is VolumeFormat.MINUTE_END and len(asked.symbols) != 1:
        raise _bad("--symbol: needed once with --format minute-end, whose files name none")
    for name, value in (("--lot", asked.lot), ("--days", asked.lookback),
                        ("--min-days", asked.days_min)):  # fmt: skip
        if value < 1:
            raise _bad(f"{name}: {value} is not above zero")
    if asked.days_min > asked.lookback:
        raise _bad(f"--min-days: {asked.days_min} is more than --days, {asked.lookback}")


def _bad(text: str) -> CurveError:
    return CurveError(CurveFault.BAD_OPTION, text)


def _histories(asked: Build) -> list[History]:
    bin_s = asked.bin_minutes * 60

    def calendars(first: date, last: date) -> TradingCalendar:
        return load_calendar(asked.calendar, first, last)

    kinds = {VolumeFormat.LEAN_TICK: "tick", VolumeFormat.LEAN_SECOND: "second"}
    if asked.format in kinds:
        symbols = tuple(symbol.upper() for symbol in asked.symbols)
        return [
            history
            for root in asked.sources
            for history in of_lean(root, kinds[asked.format], symbols, calendars, bin_s)
        ]
    if asked.format in _RECORDINGS:
        return of_trades(_trades(asked), calendars, bin_s)
    return of_bars(_chosen(_bars(asked), asked), calendars, bin_s)


def _trades(asked: Build) -> Iterator[Trade]:
    """The prints of recordings, which may be files or directories."""
    assert asked.instruments_file is not None
    instruments = load_instruments(asked.instruments_file)
    for path in asked.sources:
        recording = Recording(path=path, format=_RECORDINGS[asked.format], symbols=asked.symbols)
        with closing(recording.events(instruments)) as events:
            yield from (event for event in events if isinstance(event, Trade))


def _bars(asked: Build) -> Iterator[Bar]:
    for path in asked.sources:
        bar_s = asked.bar_s or _BAR_S[asked.format]
        if asked.format is VolumeFormat.INTRADAY:
            yield from read_intraday(path, _zone(asked), bar_s)
        elif asked.format is VolumeFormat.MINUTE_END:
            yield from read_minute_ends(path, asked.symbols[0], bar_s)
        else:
            yield from read_bars(path, bar_s)


def _zone(asked: Build) -> str:
    return load_calendar(asked.calendar, date(2000, 1, 1), date(2000, 1, 31)).zone


def _chosen(bars: Iterable[Bar], asked: Build) -> Iterator[Bar]:
    return (bar for bar in bars if not asked.symbols or bar.symbol in asked.symbols)


def _curves(
    history: History, asked: Build, market: VolumeCurve | None, out: TextIO
) -> Iterator[VolumeCurve]:
    """The curves of one symbol: full days, and every shorter kind that its exchange has ahead."""
    bin_s = asked.bin_minutes * 60
    if not history.days:
        raise CurveError(CurveFault.TOO_FEW_DAYS, f"{history.symbol}: no session in the source")
    last = date.fromisoformat(history.days[-1].session.date)
    first = asked.as_of or last + timedelta(days=1)
    ahead = load_calendar(asked.calendar, first, first + _AHEAD).sessions
    as_of = asked.as_of.isoformat() if asked.as_of is not None else ahead[0].date
    how = Estimation(
        symbol=history.symbol, calendar=asked.calendar, as_of=as_of, method=asked.method,
        lot=asked.lot, days_min=asked.days_min, lookback=asked.lookback, market=market,
    )  # fmt: skip
    left = history.left_out
    out.write(
        f"{history.symbol}: {_days(len(history.days))} from {history.days[0].session.date} to "
        f"{history.days[-1].session.date}; in no bin: {left.outside_session:,} shares outside "
        f"sessions, {left.special:,} of special prints, {left.block:,} of off-exchange blocks\n"
    )
    for session in _one_a_kind(ahead):
        if how.method is CurveMethod.DEFAULT_U:
            yield default_curve(session, bin_s, how, _typical_qty(history))
            continue
        try:
            yield estimate_curve(history.days, session, bin_s, how)
        except CurveError as error:
            if error.fault is not CurveFault.TOO_FEW_DAYS:
                raise
            if not asked.default_u:
                hint = "(--min-days, --market or --default-u would do with fewer)"
                raise CurveError(error.fault, f"{error} {hint}") from error
            yield default_curve(session, bin_s, how, _typical_qty(history))


def _pooled(curves: list[VolumeCurve], name: str | None) -> list[VolumeCurve]:
    """The mean of the symbols' curves by kind of session, under the name asked for."""
    if name is None:
        return []
    kinds = dict.fromkeys(curve.session_kind for curve in curves)
    return [
        pooled([curve for curve in curves if curve.session_kind is kind], name) for kind in kinds
    ]


def _typical_qty(history: History) -> float:
    """The mean of the days there are; at least a share."""
    return max(sum(day.total_qty for day in history.days) / len(history.days), 1.0)


def _one_a_kind(sessions: Iterable[Session]) -> list[Session]:
    """The first session of every kind."""
    found: dict[SessionKind, Session] = {}
    for session in sessions:
        found.setdefault(session.kind, session)
    return list(found.values())


def _about(curve: VolumeCurve) -> str:
    days = _days(len(curve.days)) if curve.days else "no days of its own"
    made = ", compressed from full days" if curve.compressed else ""
    made += ", shrunk to the market's" if curve.shrunk else ""
    return (
        f"{curve.method.value} of {days}{made}; {len(curve.bins)} bins of {curve.bin_s} s, as of "
        f"{curve.as_of}"
    )


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _coded(error: Exception) -> str:
    if isinstance(error, CurveError):
        return f"{error.fault.value}: {error}"
    return f"unknown_calendar: {error}" if isinstance(error, UnknownCalendar) else str(error)


def _drawn(curve: VolumeCurve) -> list[str]:
    """The curve as lines of text: minutes after the open, share, cumulative share, a bar."""
    days = f"{curve.days[0]} to {curve.days[-1]}" if curve.days else "none"
    lines = [
        f"{curve.symbol} {curve.calendar} {curve.session_kind.value}: {_about(curve)}",
        f"days {days}; typical volume {curve.expected_qty:,.0f}; sd of the day's log level "
        f"{curve.day_variance**0.5:.3f}, of a bin's log {curve.bin_variance**0.5:.3f}",
        f"{'minutes':>11} {'share %':>8} {'sum %':>7}",
    ]
    tallest = max(curve.opening_share, curve.closing_share, *(each.share for each in curve.bins))
    done = 0.0
    rows = [("opening", curve.opening_share)] if curve.opening_share else []
    rows += [(f"{each.start_s / 60:g}-{each.end_s / 60:g}", each.share) for each in curve.bins]
    rows += [("closing", curve.closing_share)] if curve.closing_share else []
    for name, share in rows:
        done += share
        bar = "#" * round(_BAR_WIDTH * share / tallest)
        lines.append(f"{name:>11} {100 * share:8.3f} {100 * done:7.2f} {bar}".rstrip())
    return lines
