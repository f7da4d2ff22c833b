"""What the market data process asks of a source of events: a recorded day, a FIX session.

A Feed belongs to one thread, the loop's. Engines with threads of their own translate and enqueue;
`wait` waits on that queue and `poll` empties it.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.marketdata import MarketEvent


class FeedFailed(Exception):
    """The source cannot go on; the text names the file and the line, or the session."""


class Feed(Protocol):
    """A source of market data. Times are the engine's, ns UTC."""

    @property
    def can_wait(self) -> bool:
        """Whether events that are not polled now lose nothing by it.

        The process then polls no faster than the broker takes, and nothing is conflated. A live
        market does not wait.
        """

    @property
    def done(self) -> bool:
        """Whether there will never be another event."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """What was dropped since the start, by reason: only for a metric."""

    def start(self) -> None:
        """Begin: log on, open files. Raises FeedFailed."""

    def wait(self, timeout_s: float) -> None:
        """Return when an event may be there, after `timeout_s` (of the wall) at the latest."""

    def poll(self, now_ns: int) -> Sequence[MarketEvent]:
        """What has come, or is due at `now_ns`; of each symbol and venue by time. Never blocks.

        The events are true (no crossed or zero price) and on the instrument table's grid. Bounded:
        what is more comes at the next poll. Raises FeedFailed.
        """

    def next_due_ns(self) -> int | None:
        """When the next event is due, if that is known; None: whenever `wait` says so."""

    def not_ready(self) -> str | None:
        """Why this process does not serve all it should, for /readyz; None: it does."""

    def stop(self) -> Sequence[MarketEvent]:
        """Log out, close. Returns what is still to be published, such as quotes withdrawn."""
