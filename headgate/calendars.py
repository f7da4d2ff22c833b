"""Trading calendars from exchange_calendars, as plain data for the cores."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from domain.sessions import Session, SessionKind, TradingCalendar

# A schedule must begin and end on trading days; no exchange closes for longer at a time.
_MARGIN = timedelta(days=14)

_KEPT = 32  # calendars of one process: its exchanges, and a few spans of each


class UnknownCalendar(Exception):
    """No calendar has this name, or it does not reach these days."""


@lru_cache(maxsize=_KEPT)
def load_calendar(name: str, first: date, last: date) -> TradingCalendar:
    """The sessions of calendar `name` on local days `first` to `last`, both included.

    Loading pandas takes about a second the first time, a calendar a sixth of one; calendars are
    kept, and not to be changed. Raises UnknownCalendar.
    """
    with _quiet():
        return _calendar(name, first, last)


def _calendar(name: str, first: date, last: date) -> TradingCalendar:
    found = _exchange_calendar(name, first, last)
    schedule = found.schedule.loc[first.isoformat() : last.isoformat()]
    zone = str(found.tz)
    early, late = set(found.early_closes), set(found.late_opens)
    return TradingCalendar(
        name,
        [
            _session(row, zone, _kind(row.Index in early, row.Index in late))
            for row in schedule.itertuples()
        ],
        zone=zone,
        first=first.isoformat(),
        last=last.isoformat(),
        holidays=_holidays(found, first, last),
    )


def load_calendars(names: Iterable[str], first: date, last: date) -> dict[str, TradingCalendar]:
    """The calendars of `names`, each once. Raises UnknownCalendar."""
    return {name: load_calendar(name, first, last) for name in dict.fromkeys(names)}


def exchange_zone(name: str, day: date) -> ZoneInfo:
    """The local time zone of calendar `name` on `day`. Raises UnknownCalendar."""
    with _quiet():
        return ZoneInfo(str(_exchange_calendar(name, day, day).tz))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that exchange_calendars draws from newer pandas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _session(row: Any, zone: str, kind: SessionKind) -> Session:  # noqa: ANN401  # a pandas row
    has_break = row.break_start == row.break_start  # NaT equals nothing, itself included
    return Session(
        date=f"{row.Index:%Y-%m-%d}", open_ns=int(row.open.value), close_ns=int(row.close.value),
        kind=kind, zone=zone,
        break_start_ns=int(row.break_start.value) if has_break else None,
        break_end_ns=int(row.break_end.value) if has_break else None,
    )  # fmt: skip


def _kind(early: bool, late: bool) -> SessionKind:
    if early and late:
        return SessionKind.LATE_OPEN_EARLY_CLOSE
    return SessionKind.EARLY_CLOSE if early else SessionKind.LATE_OPEN if late else SessionKind.FULL


def _holidays(found: Any, first: date, last: date) -> dict[str, str]:  # noqa: ANN401  # untyped
    """ISO day -> name of the days that the exchange rests beside its weekends."""
    stamp = type(found.first_session)  # pandas' own, which some calendars insist on
    adhoc = (str(day)[:10] for day in found.adhoc_holidays)  # stamps, or text, by calendar
    days = {day: "" for day in adhoc if first.isoformat() <= day <= last.isoformat()}
    if found.regular_holidays is not None:
        named = found.regular_holidays.holidays(stamp(first), stamp(last), return_name=True)
        days |= {f"{day:%Y-%m-%d}": str(name) for day, name in named.items()}
    return days


def _exchange_calendar(name: str, first: date, last: date) -> Any:  # noqa: ANN401  # it has no types
    import exchange_calendars  # here, because most commands never need it
    from exchange_calendars.errors import CalendarError

    try:
        return exchange_calendars.get_calendar(name, start=first - _MARGIN, end=last + _MARGIN)
    except (CalendarError, ValueError) as error:
        raise UnknownCalendar(f"calendar {name!r}: {error}") from error
