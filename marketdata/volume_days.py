"""Past days of every symbol of a source, binned: what curves are estimated from."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path

from domain.marketdata import Trade
from domain.sessions import TradingCalendar
from marketdata.bar_files import read_lean_seconds
from marketdata.lean import read_trades
from marketdata.tick_faults import Skipped
from marketdata.volume_bins import Bar, DayVolumes, LeftOut, day_of_bars, day_of_trades
from marketdata.volume_curve import CurveError, CurveFault

# Asked for the days that a source spans, first and last; gives their sessions.
Calendars = Callable[[date, date], TradingCalendar]


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
    """By symbol, in order of name. Bars of a symbol come by rising time."""
    kept = list(bars)
    if not kept:
        return []
    calendar = calendars(*_span(bar.start_ns for bar in kept))
    found = []
    for symbol, own in groupby(sorted(kept, key=lambda bar: bar.symbol), lambda bar: bar.symbol):
        history = History(symbol)
        for day, group in groupby(own, lambda bar: calendar.local_day(bar.start_ns)):
            session = calendar.session_on(day)
            if session is None:
                history.no_session_qty += sum(bar.qty for bar in group)
            else:
                history.days.append(day_of_bars(session, group, bin_s))
        found.append(history)
    return found


def of_trades(trades: Iterable[Trade], calendars: Calendars, bin_s: int) -> list[History]:
    """By symbol, in order of name. Trades of a symbol come by rising time."""
    kept = list(trades)
    if not kept:
        return []
    calendar = calendars(*_span(trade.at_ns for trade in kept))
    kept.sort(key=lambda trade: trade.symbol)
    return [
        _trade_history(symbol, own, calendar, bin_s)
        for symbol, own in groupby(kept, lambda trade: trade.symbol)
    ]


def of_lean(
    root: Path, kind: str, symbols: tuple[str, ...], calendars: Calendars, bin_s: int
) -> list[History]:
    """From a Lean data directory: `kind` tick or second; no symbols: all it holds."""
    place = next((each for each in (root / kind, root / "lean" / kind) if each.is_dir()), None)
    if place is None:
        raise CurveError(CurveFault.NO_FILE, f"{root}: neither {kind}/ nor lean/{kind}/ in it")
    names = symbols or tuple(sorted(each.name.upper() for each in place.iterdir()))
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


def _trade_history(
    symbol: str, trades: Iterator[Trade], calendar: TradingCalendar, bin_s: int
) -> History:
    history = History(symbol)
    for day, group in groupby(trades, lambda trade: calendar.local_day(trade.at_ns)):
        session = calendar.session_on(day)
        if session is None:
            history.no_session_qty += sum(trade.qty for trade in group)
        else:
            history.days.append(day_of_trades(session, group, bin_s))
    return history


def _day_of_name(path: Path) -> date:
    try:
        return date.fromisoformat(path.name[:8])
    except ValueError as error:
        raise CurveError(CurveFault.BAD_ROW, f"{path}: its name begins with no date") from error


def _span(times_ns: Iterable[int]) -> tuple[date, date]:
    """Days that hold all times, in any time zone."""
    known = list(times_ns)
    day_ns = 86_400 * 1_000_000_000
    epoch = date(1970, 1, 1).toordinal()
    low, high = min(known) // day_ns, max(known) // day_ns
    if low < 0 or high >= 150_000:  # the year 2380: past what calendars reach
        raise CurveError(CurveFault.BAD_ROW, "a time that is in no day of 1970 to 2380")
    return date.fromordinal(epoch + low - 1), date.fromordinal(epoch + high + 1)
