"""Trading calendars from exchange_calendars, as plain data for the cores."""

import warnings
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.sessions import Session, TradingCalendar

# A schedule must begin and end on trading days; no exchange closes for longer at a time.
_MARGIN = timedelta(days=14)


class UnknownCalendar(Exception):
    """No calendar has this name, or it does not reach these days."""


def load_calendar(name: str, first: date, last: date) -> TradingCalendar:
    """The sessions of calendar `name` on local days `first` to `last`, both included.

    Loading pandas takes about a second the first time. Raises UnknownCalendar.
    """
    found = _exchange_calendar(name, first, last)
    schedule = found.schedule.loc[first.isoformat() : last.isoformat()]
    return TradingCalendar(
        name,
        [
            Session(date=f"{day:%Y-%m-%d}", open_ns=int(open_.value), close_ns=int(close.value))
            for day, open_, close in zip(
                schedule.index, schedule["open"], schedule["close"], strict=True
            )
        ],
    )


def load_calendars(names: Iterable[str], first: date, last: date) -> dict[str, TradingCalendar]:
    """The calendars of `names`, each once. Raises UnknownCalendar."""
    return {name: load_calendar(name, first, last) for name in dict.fromkeys(names)}


def exchange_zone(name: str, day: date) -> ZoneInfo:
    """The local time zone of calendar `name` on `day`. Raises UnknownCalendar."""
    return ZoneInfo(str(_exchange_calendar(name, day, day).tz))


def _exchange_calendar(name: str, first: date, last: date) -> Any:  # noqa: ANN401  # it has no types
    import exchange_calendars  # here, because most commands never need it
    from exchange_calendars.errors import CalendarError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # between the library and pandas
            return exchange_calendars.get_calendar(name, start=first - _MARGIN, end=last + _MARGIN)
    except (CalendarError, ValueError) as error:
        raise UnknownCalendar(f"calendar {name!r}: {error}") from error
