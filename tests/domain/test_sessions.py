"""Sessions: half-open intervals, and what comes next."""

import pytest

from domain.sessions import Session, TradingCalendar

MONDAY = Session(date="2026-11-23", open_ns=100, close_ns=200)
TUESDAY = Session(date="2026-11-24", open_ns=300, close_ns=400)
CALENDAR = TradingCalendar("XNYS", [TUESDAY, MONDAY])  # in any order


@pytest.mark.parametrize(
    ("now_ns", "at", "following"),
    [
        (99, None, MONDAY),
        (100, MONDAY, MONDAY),
        (199, MONDAY, MONDAY),
        (200, None, TUESDAY),  # the close is not in the session
        (299, None, TUESDAY),
        (399, TUESDAY, TUESDAY),
        (400, None, None),
    ],
)
def test_session_at(now_ns: int, at: Session | None, following: Session | None) -> None:
    assert CALENDAR.session_at(now_ns) == at
    assert CALENDAR.next_session(now_ns) == following


def test_no_sessions() -> None:
    empty = TradingCalendar("NONE", [])
    assert empty.session_at(0) is None
    assert empty.next_session(0) is None
