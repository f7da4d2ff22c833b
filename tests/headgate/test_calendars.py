"""Sessions of real calendars: an ordinary day, a half day, a holiday, a change of the clocks."""

from datetime import UTC, date, datetime

import pytest

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
    ],
)
def test_session_of_a_day(day: date, open_utc: str, close_utc: str) -> None:
    (session,) = load_calendar("XNYS", day, day).sessions
    assert session.date == day.isoformat()
    assert (session.open_ns, session.close_ns) == (utc_ns(open_utc), utc_ns(close_utc))


def test_a_holiday_has_no_session() -> None:
    assert load_calendar("XNYS", date(2013, 11, 28), date(2013, 11, 28)).sessions == []


def test_calendars_by_name_and_zone() -> None:
    day = date(2013, 10, 8)
    found = load_calendars(["XNYS", "XETR", "XNYS"], day, day)
    assert list(found) == ["XNYS", "XETR"]
    assert exchange_zone("XNYS", day).key == "America/New_York"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownCalendar, match="'NOPE'"):
        load_calendar("NOPE", date(2013, 10, 8), date(2013, 10, 8))
