"""Trading sessions as plain data. Where they come from (exchange_calendars) is a shell's matter.

The phases of a day (pre-open, auctions) are in `domain.trading_day`.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec


class SessionKind(StrEnum):
    """How a session's times stand to those of its exchange's ordinary day."""

    FULL = "full"
    EARLY_CLOSE = "early_close"
    LATE_OPEN = "late_open"
    LATE_OPEN_EARLY_CLOSE = "late_open_early_close"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One day's session: [open_ns, close_ns), UTC nanoseconds, less its break.

    `date` is its ISO local day, `zone` the IANA name of the exchange's time zone. In
    [break_start_ns, break_end_ns) nothing trades, as at midday in Hong Kong or Tokyo; both None
    where the exchange has no break that day.
    """

    date: str
    open_ns: int
    close_ns: int
    kind: SessionKind = SessionKind.FULL
    zone: str = "UTC"
    break_start_ns: int | None = None
    break_end_ns: int | None = None

    def __post_init__(self) -> None:
        start_ns, end_ns = self.pause
        if not (
            self.open_ns < self.close_ns and self.open_ns <= start_ns <= end_ns <= self.close_ns
        ):
            raise ValueError(f"session {self.date}: open, break and close do not follow each other")

    @property
    def pause(self) -> tuple[int, int]:
        """The break, [start, end); empty, at the close, where there is none."""
        if self.break_start_ns is None or self.break_end_ns is None:
            return self.close_ns, self.close_ns
        return self.break_start_ns, self.break_end_ns

    @property
    def continuous(self) -> tuple[tuple[int, int], ...]:
        """The stretches [start_ns, end_ns) of continuous trading: one, or two about a break."""
        start_ns, end_ns = self.pause
        parts = ((self.open_ns, start_ns), (end_ns, self.close_ns))
        return tuple(part for part in parts if part[0] < part[1])

    @property
    def early_close(self) -> bool:
        """Whether it ends before its exchange's ordinary close."""
        return self.kind in (SessionKind.EARLY_CLOSE, SessionKind.LATE_OPEN_EARLY_CLOSE)

    @property
    def late_open(self) -> bool:
        """Whether it begins after its exchange's ordinary open."""
        return self.kind in (SessionKind.LATE_OPEN, SessionKind.LATE_OPEN_EARLY_CLOSE)

    def in_break(self, now_ns: int) -> bool:
        """Whether `now_ns` lies in the break."""
        start_ns, end_ns = self.pause
        return start_ns <= now_ns < end_ns

    def trading_ns(self, start_ns: int, end_ns: int) -> int:
        """How much of [start_ns, end_ns) is continuous trading, in ns."""
        return sum(
            max(0, min(end_ns, stop_ns) - max(start_ns, begin_ns))
            for begin_ns, stop_ns in self.continuous
        )

    def local(self, at_ns: int) -> str:
        """`at_ns` on the exchange's clock: 13:00, 13:00:05, with the day where it is another."""
        text = local_time(at_ns, self.zone)
        return text.removeprefix(f"{self.date} ")


def local_time(at_ns: int, zone: str) -> str:
    """`at_ns` as 2026-11-27 13:00 on the clock of `zone`; seconds where they are not zero."""
    at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).astimezone(ZoneInfo(zone))
    return f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"


class TradingCalendar:
    """The sessions of one calendar, by rising time.

    `first`, `last`: the ISO local days it was made for; what lies outside is not known, not closed.
    None: the days of its first and last session. `holidays`: ISO day -> its name, "" if it has
    none; days without a session that are no holidays are the exchange's ordinary rest days.
    """

    def __init__(
        self, name: str, sessions: list[Session], *, zone: str | None = None,
        first: str | None = None, last: str | None = None,
        holidays: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.sessions = sorted(sessions, key=lambda session: session.open_ns)
        self.zone = zone or (self.sessions[0].zone if sessions else "UTC")
        self.first = first or (self.sessions[0].date if sessions else "")
        self.last = last or (self.sessions[-1].date if sessions else "")
        self.holidays = dict(holidays or {})
        self._opens = [session.open_ns for session in self.sessions]
        self._by_date = {session.date: session for session in self.sessions}

    def session_at(self, now_ns: int) -> Session | None:
        """The session that is open at `now_ns`, its break included, or None."""
        index = bisect_right(self._opens, now_ns) - 1
        if index < 0 or now_ns >= self.sessions[index].close_ns:
            return None
        return self.sessions[index]

    def next_session(self, now_ns: int) -> Session | None:
        """The session open at `now_ns`, or the first that opens after it; None past the horizon."""
        session = self.session_at(now_ns)
        if session is not None:
            return session
        index = bisect_right(self._opens, now_ns)
        return self.sessions[index] if index < len(self.sessions) else None

    def session_on(self, day: str) -> Session | None:
        """The session of an ISO local day, None if there is none or the day is not known."""
        return self._by_date.get(day)

    def local_day(self, now_ns: int) -> str:
        """The ISO day that it is at the exchange."""
        return local_time(now_ns, self.zone)[:10]

    def knows(self, day: str) -> bool:
        """Whether an ISO local day lies within the calendar's horizon."""
        return self.first <= day <= self.last

    def why_closed(self, day: str) -> str:
        """Why an ISO local day has no session, in words."""
        if not self.knows(day):
            return f"not known, for the calendar reaches from {self.first} to {self.last}"
        if day in self.holidays:
            name = self.holidays[day]
            return f"a holiday ({name})" if name else "a holiday"
        weekday = date.fromisoformat(day).weekday()
        return "a weekend" if weekday >= 5 else "no trading day"
