"""Bars and prints of any zone into local days: clock changes, holidays, evenings, order."""

from datetime import UTC, date, datetime

import pytest

from domain.sessions import Session, TradingCalendar
from marketdata.volume_bins import Bar
from marketdata.volume_curve import CurveError, CurveFault
from marketdata.volume_days import local_day_span, of_bars

NEW_YORK = "America/New_York"


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def session(day: str, open_utc: str) -> Session:
    open_ns = utc(f"{day}T{open_utc}")
    return Session(date=day, open_ns=open_ns, close_ns=open_ns + 23_400 * 10**9, zone=NEW_YORK)


CALENDAR = TradingCalendar(
    "XNYS", [session("2026-03-06", "14:30"), session("2026-03-09", "13:30")], zone=NEW_YORK
)


def calendars(first: date, last: date) -> TradingCalendar:
    return CALENDAR


def bar(start: str, qty: int, symbol: str = "IBM") -> Bar:
    return Bar(symbol, utc(start), utc(start) + 60 * 10**9, qty, "bars.csv, line 7")


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [
        ("2026-03-07", "2026-03-07T05:00", 24),
        ("2026-03-08", "2026-03-08T05:00", 23),  # the clock is put forward
        ("2026-11-01", "2026-11-01T04:00", 25),  # and back
    ],
)
def test_local_days(day: str, start: str, hours: int) -> None:
    assert local_day_span(day, NEW_YORK) == (utc(start), utc(start) + hours * 3_600 * 10**9)


def test_bars_fall_into_the_exchanges_days() -> None:
    """The evening of Friday is Saturday in UTC, and Sunday has no session."""
    bars = [bar("2026-03-06T14:30", 1), bar("2026-03-07T00:30", 2), bar("2026-03-08T14:30", 4),
            bar("2026-03-09T13:30", 8), bar("2026-03-09T13:31", 16)]  # fmt: skip
    [history] = of_bars(bars, calendars, 900)
    assert [day.session.date for day in history.days] == ["2026-03-06", "2026-03-09"]
    assert [day.bin_qty[0] for day in history.days] == [1, 24]
    assert history.no_session_qty == 4
    assert history.left_out.outside_session == 6


def test_symbols_may_come_in_turn() -> None:
    bars = [bar("2026-03-06T14:30", 1, "B"), bar("2026-03-06T14:30", 2, "A"),
            bar("2026-03-06T14:31", 4, "B")]  # fmt: skip
    found = of_bars(bars, calendars, 900)
    assert [(each.symbol, each.days[0].total_qty) for each in found] == [("A", 2), ("B", 5)]


def test_a_day_that_comes_twice_is_refused() -> None:
    bars = [bar("2026-03-06T14:30", 1), bar("2026-03-09T13:30", 8), bar("2026-03-06T14:31", 1)]
    with pytest.raises(CurveError, match="IBM: 2026-03-06 comes after 2026-03-09") as caught:
        of_bars(bars, calendars, 900)
    assert caught.value.fault is CurveFault.BAD_ROW


def test_a_session_over_midnight_is_refused() -> None:
    """As of futures, which open on the evening before."""
    overnight = TradingCalendar("CMES", [session("2026-03-06", "00:30")], zone=NEW_YORK)
    with pytest.raises(CurveError, match="CMES: the session of 2026-03-06 lies on two days"):
        of_bars([bar("2026-03-06T14:30", 1)], lambda first, last: overnight, 900)


def test_a_time_that_is_none() -> None:
    with pytest.raises(CurveError, match="is in no year of 1970 to 2200"):
        of_bars([Bar("IBM", -1, 1, 1, "x")], calendars, 900)
