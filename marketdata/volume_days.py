"""Past days of every symbol of a source, binned: what curves are estimated from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from domain.marketdata import Trade
from domain.sessions import Session, TradingCalendar
from marketdata.bar_files import read_lean_seconds
from marketdata.lean import read_trades
from marketdata.tick_faults import Skipped
from marketdata.volume_bins import Bar, DayVolumes, LeftOut, day_of_bars, day_of_trades
from marketdata.volume_curve import CurveError, CurveFault

# Asked for a first and a last day; gives the sessions between, the same object each time if it can.
Calendars = Callable[[date, date], TradingCalendar]
Item = TypeVar("Item")

_NS: Final = 1_000_000_000
DAY: Final = timedelta(days=1)
_LATEST_NS: Final = 7_258_118_400 * _NS  # the year 2200: what is later was no time


@dataclass(slots=True)
class History:
    """The days of one symbol by rising date. `no_session_qty`: shares on days without a session."""

    symbol: str
    days: list[DayVolumes] = field(default_factory=list)
    no_session_qty: int = 0

    @property
    def left_out(self) -> LeftOut:
        """Shares of all days that are in no bin."""
        return LeftOut(
            outside_session=self.no_session_qty
            + sum(day.left_out.outside_session for day in self.days),
            special=sum(day.left_out.special for day in self.days),
            block=sum(day.left_out.block for day in self.days),
        )


def of_bars(bars: Iterable[Bar], calendars: Calendars, bin_s: int) -> list[History]:
    """By symbol, in order of name. Bars of a symbol come by rising time. Raises CurveError."""
    gathered: _Gatherer[Bar] = _Gatherer(
        calendars, lambda session, day: day_of_bars(session, day, bin_s)
    )
    for bar in bars:
        gathered.add(bar.symbol, bar.start_ns, bar.qty, bar)
    return gathered.histories()


def of_trades(trades: Iterable[Trade], calendars: Calendars, bin_s: int) -> list[History]:
    """By symbol, in order of name. Trades of a symbol come by rising time. Raises CurveError."""
    gathered: _Gatherer[Trade] = _Gatherer(
        calendars, lambda session, day: day_of_trades(session, day, bin_s)
    )
    for trade in trades:
        gathered.add(trade.symbol, trade.at_ns, trade.qty, trade)
    return gathered.histories()


@dataclass(slots=True)
class _Day(Generic[Item]):
    """A local day [start_ns, end_ns) of one symbol that is being read."""

    name: str
    start_ns: int
    end_ns: int
    session: Session | None
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class _Gatherer(Generic[Item]):
    """Cuts what comes by time into local days; a day of each symbol is held, no more."""

    calendars: Calendars
    binned: Callable[[Session, list[Item]], DayVolumes]
    _found: dict[str, History] = field(default_factory=dict)
    _days: dict[str, _Day[Item]] = field(default_factory=dict)

    def add(self, symbol: str, at_ns: int, qty: int, item: Item) -> None:
        """Take a bar or print in."""
        day = self._days.get(symbol)
        if day is None or not day.start_ns <= at_ns < day.end_ns:
            day = self._next_day(symbol, at_ns)
        if day.session is None:
            self._found[symbol].no_session_qty += qty
        else:
            day.items.append(item)

    def histories(self) -> list[History]:
        """All that was taken in."""
        for symbol in list(self._days):
            self._close(symbol)
        return [self._found[symbol] for symbol in sorted(self._found)]

    def _next_day(self, symbol: str, at_ns: int) -> _Day[Item]:
        self._found.setdefault(symbol, History(symbol))
        last = self._days.get(symbol)
        self._close(symbol)
        calendar = calendar_at(self.calendars, at_ns)
        name = calendar.local_day(at_ns)
        if last is not None and name <= last.name:
            raise CurveError(
                CurveFault.BAD_ROW,
                f"{symbol}: {name} comes after {last.name}: sources overlap, or are not in order",
            )
        start_ns, end_ns = local_day_span(name, calendar.zone)
        session = calendar.session_on(name)
        if session is not None and not start_ns <= session.open_ns < session.close_ns <= end_ns:
            raise CurveError(
                CurveFault.NO_SESSION,
                f"{calendar.name}: the session of {name} lies on two days of its exchange, and "
                "curves are made of one",
            )
        found = _Day[Item](name, start_ns, end_ns, session)
        self._days[symbol] = found
        return found

    def _close(self, symbol: str) -> None:
        day = self._days.get(symbol)
        if day is not None and day.session is not None:
            self._found[symbol].days.append(self.binned(day.session, day.items))
            day.items = []


def of_lean(
    root: Path, kind: str, symbols: tuple[str, ...], calendars: Calendars, bin_s: int
) -> list[History]:
    """From a Lean data directory: `kind` tick or second; no symbols: all it holds."""
    place = next((each for each in (root / kind, root / "lean" / kind) if each.is_dir()), None)
    if place is None:
        raise CurveError(CurveFault.NO_FILE, f"{root}: neither {kind}/ nor lean/{kind}/ in it")
    names = symbols or tuple(sorted(each.name.upper() for each in place.iterdir() if each.is_dir()))
    return [_lean_history(place, root, kind, name, calendars, bin_s) for name in names]


def _lean_history(
    place: Path, root: Path, kind: str, symbol: str, calendars: Calendars, bin_s: int
) -> History:
    paths = sorted((place / symbol.lower()).glob("????????_trade.zip"))
    if not paths:
        raise CurveError(CurveFault.NO_FILE, f"{place / symbol.lower()}: no *_trade.zip in it")
    days = [_day_of_name(path) for path in paths]
    calendar = calendars(days[0], days[-1])
    history = History(symbol)
    for path, day in zip(paths, days, strict=True):
        session = calendar.session_on(day.isoformat())
        if session is None:
            raise CurveError(
                CurveFault.NO_SESSION,
                f"{path}: {calendar.name} has no session on {day}: "
                f"{calendar.why_closed(day.isoformat())}",
            )
        if kind == "tick":
            trades = read_trades(root, symbol, day, Skipped())
            history.days.append(day_of_trades(session, trades, bin_s))
        else:
            bars = read_lean_seconds(path, symbol, day, calendar.zone)
            history.days.append(day_of_bars(session, bars, bin_s))
    return history


def _day_of_name(path: Path) -> date:
    try:
        return date.fromisoformat(path.name[:8])
    except ValueError as error:
        raise CurveError(CurveFault.BAD_ROW, f"{path}: its name begins with no date") from error


def local_day_span(day: str, zone: str) -> tuple[int, int]:
    """[start, end) of an ISO day on the clock of `zone`, ns UTC; 23 or 25 hours on two a year."""
    first = date.fromisoformat(day)
    start, end = (
        int(datetime.combine(each, time(0), tzinfo=ZoneInfo(zone)).timestamp()) * _NS
        for each in (first, first + DAY)
    )
    return start, end


def calendar_at(calendars: Calendars, at_ns: int) -> TradingCalendar:
    """The calendar of the year about a time, a day over at each end. Raises CurveError."""
    year = year_of(at_ns)
    return calendars(date(year, 1, 1) - DAY, date(year, 12, 31) + DAY)


def year_of(at_ns: int) -> int:
    """The UTC year of a time. Raises CurveError for one that no calendar reaches."""
    if not 0 <= at_ns < _LATEST_NS:
        raise CurveError(CurveFault.BAD_ROW, f"{at_ns} ns is in no year of 1970 to 2200")
    return datetime.fromtimestamp(at_ns // _NS, UTC).year
