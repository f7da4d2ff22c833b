"""Past days of every symbol of a recording, measured as they are read, for profiles."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from domain.marketdata import MarketEvent
from domain.sessions import Session
from marketdata.profile_estimator import DayMeter, MeasuredDay
from marketdata.symbol_profile import ProfileError, ProfileFault
from marketdata.volume_days import DAY, Calendars, local_day_span, year_of


@dataclass(slots=True)
class _Open:
    """The local day [start_ns, end_ns) of one symbol that is being read; no meter: no session."""

    name: str
    start_ns: int
    end_ns: int
    meter: DayMeter | None


@dataclass(slots=True, kw_only=True)
class ProfileDays:
    """`calendars`: of the exchange. Bins of volume curves are `bin_s` long, of norms `norm_s`."""

    calendars: Calendars
    bin_s: int
    norm_s: int
    _found: dict[str, list[MeasuredDay]] = field(default_factory=dict)
    _open: dict[str, _Open] = field(default_factory=dict)

    def measure(self, events: Iterable[MarketEvent]) -> dict[str, list[MeasuredDay]]:
        """By symbol, oldest day first. Events come by rising time; a day of each symbol is held.

        Raises ProfileError for days that overlap, CurveError for volumes that cannot be binned.
        """
        for event in events:
            day = self._open.get(event.symbol)
            if day is None or not day.start_ns <= event.at_ns < day.end_ns:
                day = self._next(event.symbol, event.at_ns)
            if day.meter is not None:
                day.meter.on_event(event)
        for symbol in self._open:
            self._close(symbol)
        return self._found

    def _next(self, symbol: str, at_ns: int) -> _Open:
        self._close(symbol)
        last = self._open.get(symbol)
        year = year_of(at_ns)
        calendar = self.calendars(date(year, 1, 1) - DAY, date(year, 12, 31) + DAY)
        name = calendar.local_day(at_ns)
        if last is not None and name <= last.name:
            raise ProfileError(
                ProfileFault.BAD_VALUE,
                f"{symbol}: {name} comes after {last.name}: sources overlap, or are not in order",
            )
        start_ns, end_ns = local_day_span(name, calendar.zone)
        session = calendar.session_on(name)
        if session is not None and not _within(session, start_ns, end_ns):
            raise ProfileError(
                ProfileFault.NO_SESSION,
                f"{calendar.name}: the session of {name} lies on two days of its exchange",
            )
        self._found.setdefault(symbol, [])
        meter = None if session is None else DayMeter(session=session, symbol=symbol)
        found = self._open[symbol] = _Open(name, start_ns, end_ns, meter)
        return found

    def _close(self, symbol: str) -> None:
        day = self._open.get(symbol)
        if day is not None and day.meter is not None:
            self._found[symbol].append(day.meter.measured(self.bin_s, self.norm_s))
            day.meter = None


def _within(session: Session, start_ns: int, end_ns: int) -> bool:
    return start_ns <= session.open_ns < session.close_ns <= end_ns
