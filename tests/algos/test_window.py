"""Windows in sessions of real calendars: what is moved and told, what is refused and why."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.parameters import Rejection
from algos.schedule import TradingClock
from algos.window import Window, fit_window
from domain.refusals import RejectReason
from domain.sessions import TradingCalendar
from headgate.calendars import load_calendar

R = RejectReason


@pytest.fixture(scope="module")
def calendars() -> dict[str, TradingCalendar]:
    last = date(2026, 12, 31)
    return {name: load_calendar(name, date(2026, 3, 1), last) for name in ("XNYS", "XHKG", "XTKS")}


def ns(local: str, zone: str) -> int:
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    return int(at.astimezone(UTC).timestamp()) * 1_000_000_000


def utc(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // 10**9, UTC):%m-%d %H:%M}"


MOVED = [  # calendar, now, start, end, window in UTC, notes
    # an ordinary day in winter time: nothing moves
    ("XNYS", "2026-11-25 10:00", None, "2026-11-25 15:00", "11-25 15:00 to 11-25 20:00", ()),
    # the Fridays before, and the Mondays after, clocks change: the same hours, another UTC
    ("XNYS", "2026-03-06 09:00", None, None, "03-06 14:30 to 03-06 21:00",
     ("start moved from 09:00 to the open 09:30 America/New_York",)),
    ("XNYS", "2026-03-09 09:00", None, None, "03-09 13:30 to 03-09 20:00",
     ("start moved from 09:00 to the open 09:30 America/New_York",)),
    ("XNYS", "2026-10-30 10:00", None, "2026-10-30 16:30", "10-30 14:00 to 10-30 20:00",
     ("end moved from 16:30 to the close 16:00 America/New_York",)),
    ("XNYS", "2026-11-02 10:00", None, "2026-11-02 16:30", "11-02 15:00 to 11-02 21:00",
     ("end moved from 16:30 to the close 16:00 America/New_York",)),
    # the day after Thanksgiving
    ("XNYS", "2026-11-27 10:00", None, "2026-11-27 15:30", "11-27 15:00 to 11-27 18:00",
     ("end moved from 15:30 to the early close 13:00 America/New_York",)),
    ("XNYS", "2026-11-27 10:00", None, None, "11-27 15:00 to 11-27 18:00",
     ("ends at the early close 13:00 America/New_York",)),
    # an end on another day, and a start that is a little late
    ("XNYS", "2026-11-25 10:00:10", "2026-11-25 09:59", "2026-11-27 12:00",
     "11-25 15:00 to 11-25 21:00",
     ("start moved from 09:59 to now 10:00:10 America/New_York",
      "end moved from 2026-11-27 12:00 to the close 16:00 America/New_York")),
    # lunch in Hong Kong and Tokyo
    ("XHKG", "2026-11-25 11:00", None, "2026-11-25 14:00", "11-25 03:00 to 11-25 06:00",
     ("waits over the break from 12:00 to 13:00 Asia/Hong_Kong",)),
    ("XTKS", "2026-11-25 11:00", "2026-11-25 11:45", "2026-11-25 14:00",
     "11-25 03:30 to 11-25 05:00",
     ("start moved from 11:45 to the end of the break 12:30 Asia/Tokyo",)),
    ("XTKS", "2026-11-25 11:00", None, "2026-11-25 12:00", "11-25 02:00 to 11-25 02:30",
     ("end moved from 12:00 to the start of the break 11:30 Asia/Tokyo",)),
    ("XHKG", "2026-11-25 11:00", None, "2026-11-25 13:00", "11-25 03:00 to 11-25 04:00",
     ("end moved from 13:00 to the start of the break 12:00 Asia/Hong_Kong",)),
    ("XHKG", "2026-12-24 10:00", None, "2026-12-24 14:00", "12-24 02:00 to 12-24 04:00",
     ("end moved from 14:00 to the early close 12:00 Asia/Hong_Kong",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "now", "start", "end", "window", "notes"), MOVED)
def test_what_is_moved(
    calendars: dict[str, TradingCalendar], name: str, now: str, start: str | None, end: str | None,
    window: str, notes: tuple[str, ...],
) -> None:  # fmt: skip
    found = fitted(calendars[name], now, start, end)
    assert not isinstance(found, Rejection)
    assert f"{utc(found.start_ns)} to {utc(found.end_ns)}" == window
    assert found.notes == notes


def fitted(
    calendar: TradingCalendar, now: str, start: str | None, end: str | None
) -> Window | Rejection:
    return fit_window(
        None if start is None else ns(start, calendar.zone),
        None if end is None else ns(end, calendar.zone),
        calendar, 300, ns(now, calendar.zone),
    )  # fmt: skip


REFUSED = [  # calendar, now, start, end, reason, field, words
    ("XNYS", "2026-11-26 10:00", None, None, R.SESSION_CLOSED, "start_ns",
     "a holiday (Thanksgiving); it opens next 2026-11-27 09:30"),
    ("XNYS", "2026-11-28 10:00", None, None, R.SESSION_CLOSED, "start_ns",
     "a weekend; it opens next 2026-11-30 09:30"),
    ("XNYS", "2026-11-27 14:00", None, None, R.SESSION_CLOSED, "start_ns",
     "it closed at 13:00, an early close; it opens next 2026-11-30 09:30"),
    ("XNYS", "2026-11-25 02:00", None, None, R.SESSION_CLOSED, "start_ns", "it opens at 09:30"),
    ("XNYS", "2026-11-25 08:00", None, "2026-11-25 09:30", R.SESSION_CLOSED, "end_ns",
     "09:30 is not after the open 09:30"),
    ("XNYS", "2026-11-25 10:00", "2027-01-04 10:00", None, R.BEYOND_CALENDAR, "start_ns",
     "sessions of XNYS are known from 2026-03-01 to 2026-12-31 only"),
    ("XNYS", "2026-11-25 10:00", "2026-11-25 09:54:59", None, R.START_TOO_OLD, "start_ns",
     "301 s ago, more than 300 s"),
    ("XNYS", "2026-11-25 10:00", "2026-11-25 09:58", "2026-11-25 09:59", R.END_BEFORE_START,
     "end_ns", "09:59 America/New_York has passed: it is 2026-11-25 10:00"),
    ("XNYS", "2026-11-25 10:00", "2026-11-25 12:00", "2026-11-25 11:00", R.END_BEFORE_START,
     "end_ns", "11:00 is not after the start, 2026-11-25 12:00"),
    ("XHKG", "2026-11-25 12:10", None, "2026-11-25 12:50", R.SESSION_CLOSED, "end_ns",
     "all of the window lies in the break from 12:00 to 13:00 Asia/Hong_Kong"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "now", "start", "end", "reason", "field", "words"), REFUSED)
def test_what_is_refused(
    calendars: dict[str, TradingCalendar], name: str, now: str, start: str | None, end: str | None,
    reason: RejectReason, field: str, words: str,
) -> None:  # fmt: skip
    found = fitted(calendars[name], now, start, end)
    assert isinstance(found, Rejection)
    assert (found.reason, found.field) == (reason, field)
    assert words in found.text


@settings(deadline=None)  # the machine may be busy
@given(
    start=st.integers(0, 100), length=st.integers(1, 100), pause=st.integers(0, 100),
    rest=st.integers(1, 50), at=st.floats(0, 1, exclude_max=True),
)  # fmt: skip
def test_nothing_is_planned_in_a_break(
    start: int, length: int, pause: int, rest: int, at: float
) -> None:
    """The clock is as long as the trading in the window; it shows no time of the break."""
    end = start + length
    traded = [each for each in range(start, end) if not pause <= each < pause + rest]
    if not traded or end == pause + rest or pause < end < pause + rest:
        return  # no such window leaves fit_window
    clock = TradingClock.over(start, end, (pause, pause + rest))
    assert clock.end_ns - clock.start_ns == len(traded)
    shown = clock.wall_ns(clock.start_ns + int(at * (clock.end_ns - clock.start_ns)))
    assert shown in traded


def test_a_clock_without_a_break() -> None:
    clock = TradingClock.over(5, 9, None)
    assert [clock.wall_ns(each) for each in range(5, 9)] == [5, 6, 7, 8]
