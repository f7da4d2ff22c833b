"""Sessions of real calendars: an ordinary day, a half day, a holiday, a change of the clocks."""

from datetime import UTC, date, datetime

import pytest

from domain.sessions import SessionKind
from headgate.calendars import UnknownCalendar, exchange_zone, load_calendar, load_calendars


def utc_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("day", "open_utc", "close_utc"),
    [
        (date(2013, 10, 8), "2013-10-08T13:30", "2013-10-08T20:00"),
        (date(2013, 11, 29), "2013-11-29T14:30", "2013-11-29T18:00"),  # the day after Thanksgiving
        (date(2014, 3, 7), "2014-03-07T14:30", "2014-03-07T21:00"),  # the last of winter time
        (date(2014, 3, 10), "2014-03-10T13:30", "2014-03-10T20:00"),
        (date(2026, 3, 6), "2026-03-06T14:30", "2026-03-06T21:00"),
        (date(2026, 3, 9), "2026-03-09T13:30", "2026-03-09T20:00"),
        (date(2026, 10, 30), "2026-10-30T13:30", "2026-10-30T20:00"),
        (date(2026, 11, 2), "2026-11-02T14:30", "2026-11-02T21:00"),  # summer time is over
    ],
)
def test_session_of_a_day(day: date, open_utc: str, close_utc: str) -> None:
    (session,) = load_calendar("XNYS", day, day).sessions
    assert session.date == day.isoformat()
    assert (session.open_ns, session.close_ns) == (utc_ns(open_utc), utc_ns(close_utc))


def test_a_holiday_has_no_session() -> None:
    assert load_calendar("XNYS", date(2013, 11, 28), date(2013, 11, 28)).sessions == []


@pytest.mark.parametrize(
    ("name", "day", "kind", "open_", "close"),
    [
        ("XNYS", date(2026, 11, 25), SessionKind.FULL, "09:30", "16:00"),
        ("XNYS", date(2026, 11, 27), SessionKind.EARLY_CLOSE, "09:30", "13:00"),
        ("XNYS", date(2026, 12, 24), SessionKind.EARLY_CLOSE, "09:30", "13:00"),
        ("XHKG", date(2026, 12, 24), SessionKind.EARLY_CLOSE, "09:30", "12:00"),
        ("BVMF", date(2026, 2, 18), SessionKind.LATE_OPEN, "13:00", "18:00"),  # Ash Wednesday
        ("XETR", date(2026, 3, 27), SessionKind.FULL, "09:00", "17:30"),
        ("XETR", date(2026, 3, 30), SessionKind.FULL, "09:00", "17:30"),  # Europe changes later
    ],
)
def test_half_days_and_late_opens_are_known_as_such(
    name: str, day: date, kind: SessionKind, open_: str, close: str
) -> None:
    (session,) = load_calendar(name, day, day).sessions
    assert session.kind is kind
    assert (session.local(session.open_ns), session.local(session.close_ns)) == (open_, close)


@pytest.mark.parametrize(
    ("name", "day", "pause"),
    [
        ("XHKG", date(2026, 12, 23), ("12:00", "13:00")),
        ("XTKS", date(2026, 11, 25), ("11:30", "12:30")),
        ("XHKG", date(2026, 12, 24), None),  # a half day ends where the break would begin
        ("XNYS", date(2026, 11, 25), None),
    ],
)
def test_breaks(name: str, day: date, pause: tuple[str, str] | None) -> None:
    (session,) = load_calendar(name, day, day).sessions
    start_ns, end_ns = session.pause
    found = (session.local(start_ns), session.local(end_ns)) if start_ns < end_ns else None
    assert found == pause
    assert len(session.continuous) == (1 if pause is None else 2)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-11-26", "a holiday (Thanksgiving)"),
        ("2026-11-28", "a weekend"),
        ("2026-12-25", "a holiday (Christmas)"),
        ("2026-12-31", "not known, for the calendar reaches from 2026-11-20 to 2026-12-30"),
    ],
)
def test_days_without_a_session(day: str, why: str) -> None:
    calendar = load_calendar("XNYS", date(2026, 11, 20), date(2026, 12, 30))
    assert calendar.session_on(day) is None
    assert calendar.why_closed(day) == why


def test_a_single_day_off() -> None:
    day = date(2025, 1, 9)  # the funeral of a president
    assert load_calendar("XNYS", day, day).why_closed("2025-01-09") == "a holiday"


def test_calendars_by_name_and_zone() -> None:
    day = date(2013, 10, 8)
    found = load_calendars(["XNYS", "XETR", "XNYS"], day, day)
    assert list(found) == ["XNYS", "XETR"]
    assert exchange_zone("XNYS", day).key == "America/New_York"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownCalendar, match="'NOPE'"):
        load_calendar("NOPE", date(2013, 10, 8), date(2013, 10, 8))
