"""The days of a recording as bars of flow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from domain.marketdata import MarketEvent
from domain.sessions import Session
from marketdata.flow_bars import FlowDay, flow_day
from marketdata.volume_days import Calendars, calendar_at, local_day_span


def flow_days(events: Iterable[MarketEvent], calendars: Calendars, bar_s: int) -> Iterator[FlowDay]:
    """Yield the days of one symbol's events, which come by rising time.

    A day on which its exchange has no session yields nothing. Raises CurveError for a time that no
    calendar reaches.
    """
    days = _LocalDays(calendars)
    for _, of_day in groupby(events, days.start_ns_of):
        session = days.session  # that of the day whose first event was read
        if session is not None:
            yield flow_day(session, of_day, bar_s)


@dataclass(slots=True)
class _LocalDays:
    """Finds the exchange's day of each event; `session`: that of the last one."""

    calendars: Calendars
    session: Session | None = None
    _start_ns: int = 0
    _end_ns: int = 0

    def start_ns_of(self, event: MarketEvent) -> int:
        """When the event's day began: it names the day."""
        at_ns = event.at_ns
        if not self._start_ns <= at_ns < self._end_ns:
            calendar = calendar_at(self.calendars, at_ns)
            name = calendar.local_day(at_ns)
            self._start_ns, self._end_ns = local_day_span(name, calendar.zone)
            self.session = calendar.session_on(name)
        return self._start_ns
