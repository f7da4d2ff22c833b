"""Recorded events in the engine's time: when each is due, and what time it then bears.

Deterministic: the same events and start give the same output at every speed. It reads no clock;
`now_ns` comes in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from domain.marketdata import MarketEvent

POLL_MAX: Final = 2_000  # events of one poll: some milliseconds of a loop's turn
# A silence longer than this is a closed market, from one day to the next. It is cut to GAP_NS, so
# that days follow each other; in the busiest hours of the least liquid share something is quoted.
SILENCE_MAX_NS: Final = 3_600 * 1_000_000_000
GAP_NS: Final = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class Replay:
    """Events by rising time, played from `start` on.

    `speed`: recorded seconds a second of the engine's time; 0: all are due at once. `rebase`:
    events bear the time at which they are due; else they keep what was recorded.
    """

    events: Iterator[MarketEvent]
    speed: float = 1.0
    rebase: bool = True
    _next: MarketEvent | None = None
    # A stretch without a long silence: its recorded beginning is due at _due_from_ns.
    _recorded_from_ns: int = 0
    _due_from_ns: int = 0
    _next_due_ns: int = 0

    def start(self, now_ns: int) -> None:
        """The first event is due now."""
        self._due_from_ns = self._next_due_ns = now_ns
        self._next = next(self.events, None)
        if self._next is not None:
            self._recorded_from_ns = self._next.at_ns

    @property
    def done(self) -> bool:
        """Whether every event was given."""
        return self._next is None

    def next_due_ns(self) -> int | None:
        """When the next event is due; None after the last."""
        return None if self._next is None else self._next_due_ns

    def due(self, now_ns: int) -> list[MarketEvent]:
        """The events due by `now_ns` that were not given yet, at most POLL_MAX."""
        found: list[MarketEvent] = []
        while self._next is not None and self._next_due_ns <= now_ns and len(found) < POLL_MAX:
            event = self._next
            found.append(
                msgspec.structs.replace(event, at_ns=self._next_due_ns) if self.rebase else event
            )
            self._next = next(self.events, None)
            if self._next is not None and self.speed:
                self._schedule(event.at_ns, self._next.at_ns)
        return found

    def _schedule(self, last_ns: int, next_ns: int) -> None:
        if next_ns - last_ns > SILENCE_MAX_NS:
            self._recorded_from_ns = next_ns
            self._due_from_ns = self._next_due_ns + GAP_NS
        elapsed_ns = next_ns - self._recorded_from_ns
        if self.speed != 1.0:
            elapsed_ns = int(elapsed_ns / self.speed)
        self._next_due_ns = self._due_from_ns + elapsed_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyWindow:
    """A part of every day, by the clock on the wall of an exchange. None: no limit."""

    zone: ZoneInfo
    start: time | None = None
    end: time | None = None

    def of(self, events: Iterable[MarketEvent]) -> Iterator[MarketEvent]:
        """Yield those of `events`, which come by rising time, within [start, end) of their day."""
        from_ns = to_ns = day_end_ns = 0
        for event in events:
            if event.at_ns >= day_end_ns:
                from_ns, to_ns, day_end_ns = self._day(event.at_ns)
            if from_ns <= event.at_ns < to_ns:
                yield event

    def _day(self, at_ns: int) -> tuple[int, int, int]:
        """(start, end, midnight) of the day of `at_ns`, ns UTC."""
        day = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).astimezone(self.zone).date()
        midnight_ns = _utc_ns(datetime.combine(day + timedelta(days=1), time(0), self.zone))
        start = time(0) if self.start is None else self.start
        from_ns = _utc_ns(datetime.combine(day, start, self.zone))
        to_ns = midnight_ns
        if self.end is not None:
            to_ns = _utc_ns(datetime.combine(day, self.end, self.zone))
        return from_ns, to_ns, midnight_ns


def _utc_ns(local: datetime) -> int:
    return int(local.timestamp()) * 1_000_000_000
