"""Trading sessions as plain data. Where they come from (exchange_calendars) is a shell's matter."""

from bisect import bisect_right

import msgspec


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One continuous session: [open_ns, close_ns), UTC nanoseconds. `date` is its ISO local day."""

    date: str
    open_ns: int
    close_ns: int


class TradingCalendar:
    """The sessions of one calendar, by rising time."""

    def __init__(self, name: str, sessions: list[Session]) -> None:
        self.name = name
        self.sessions = sorted(sessions, key=lambda session: session.open_ns)
        self._opens = [session.open_ns for session in self.sessions]

    def session_at(self, now_ns: int) -> Session | None:
        """The session that is open at `now_ns`, or None."""
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
