"""Sessions: half-open intervals, breaks, what comes next, and why a day has none."""

import pytest

from domain.sessions import Session, SessionKind, TradingCalendar

MONDAY = Session(date="2026-11-23", open_ns=100, close_ns=200)
TUESDAY = Session(date="2026-11-24", open_ns=300, close_ns=400)
CALENDAR = TradingCalendar("XNYS", [TUESDAY, MONDAY])  # in any order
PAUSED = Session(date="2026-11-23", open_ns=100, close_ns=200, break_start_ns=140, break_end_ns=150)


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
    assert not empty.knows("2026-11-23")


@pytest.mark.parametrize(
    ("now_ns", "pausing"), [(139, False), (140, True), (149, True), (150, False)]
)
def test_a_break_is_half_open(now_ns: int, pausing: bool) -> None:
    assert PAUSED.in_break(now_ns) is pausing
    assert not MONDAY.in_break(now_ns)


def test_continuous_trading_stops_for_the_break() -> None:
    assert MONDAY.continuous == ((100, 200),)
    assert PAUSED.continuous == ((100, 140), (150, 200))
    assert [PAUSED.trading_ns(*window) for window in ((0, 999), (130, 160), (141, 149))] == [
        90, 20, 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("open_ns", "start_ns", "end_ns", "close_ns"),
    [(100, None, None, 100), (100, 90, 110, 200), (100, 150, 140, 200), (100, 150, 210, 200)],
)
def test_times_that_do_not_follow_each_other(
    open_ns: int, start_ns: int | None, end_ns: int | None, close_ns: int
) -> None:
    with pytest.raises(ValueError, match="2026-11-23"):
        Session(date="2026-11-23", open_ns=open_ns, close_ns=close_ns,
                break_start_ns=start_ns, break_end_ns=end_ns)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "early", "late"),
    [
        (SessionKind.FULL, False, False),
        (SessionKind.EARLY_CLOSE, True, False),
        (SessionKind.LATE_OPEN, False, True),
        (SessionKind.LATE_OPEN_EARLY_CLOSE, True, True),
    ],
)
def test_kinds(kind: SessionKind, early: bool, late: bool) -> None:
    session = Session(date="2026-11-23", open_ns=0, close_ns=1, kind=kind)
    assert (session.early_close, session.late_open) == (early, late)


def test_local_time_names_the_day_only_where_it_is_another() -> None:
    open_ns = 1_795_789_800 * 10**9  # 2026-11-27 09:30 in New York
    session = Session(date="2026-11-27", open_ns=open_ns, close_ns=open_ns + 12_600 * 10**9,
                      zone="America/New_York")  # fmt: skip
    assert session.local(session.close_ns) == "13:00"
    assert session.local(open_ns + 5 * 10**9) == "09:30:05"
    assert session.local(open_ns - 86_400 * 10**9) == "2026-11-26 09:30"


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-11-26", "a holiday (Thanksgiving)"),
        ("2026-11-25", "a holiday"),
        ("2026-11-28", "a weekend"),
        ("2026-11-27", "no trading day"),
        ("2026-12-01", "not known, for the calendar reaches from 2026-11-23 to 2026-11-30"),
    ],
)
def test_why_a_day_is_closed(day: str, why: str) -> None:
    calendar = TradingCalendar(
        "XNYS", [MONDAY, TUESDAY], last="2026-11-30",
        holidays={"2026-11-26": "Thanksgiving", "2026-11-25": ""},
    )  # fmt: skip
    assert calendar.why_closed(day) == why
    assert calendar.session_on(day) is None
    assert calendar.session_on("2026-11-24") is TUESDAY
