"""Events that wait to be published, conflated where a symbol's reader lags. It knows no bus.

Behind `lag_events` waiting events of one symbol, quotes and depths that a newer one of the same
venue has superseded are dropped and counted: a reader then gets the newest market instead of an
old one. Trades, trading status and imbalances are never dropped, and what survives keeps its
order. After every batch that is taken whole, the last Quote and Depth of each venue are those
that the unconflated stream would have left.

Its bound: superseded events make room, trades do not. At `full_events` it is full: whoever fills
it stops until some were taken (a recorded day waits, a FIX session is held back by TCP).
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.marketdata import Depth, MarketEvent, Quote

LAG_EVENTS: Final = 1_000  # of one symbol: a tenth of a second of the busiest, one or two records
FULL_EVENTS: Final = 200_000  # of all symbols: some 50 MB, and more than a burst at an opening has


@dataclass(slots=True)
class _Waiting:
    """One symbol's events, oldest first. `conflate_at`: how many may wait before the next look.

    Twice what the last look left: so looking costs O(1) an event, however many trades wait.
    """

    conflate_at: int
    events: deque[MarketEvent] = field(default_factory=deque)


@dataclass(slots=True, kw_only=True)
class Outbox:
    """By symbol, what waits. `conflated`: events dropped so far, by symbol."""

    lag_events: int = LAG_EVENTS
    full_events: int = FULL_EVENTS
    conflated: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _count: int = 0

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether `offer` should not be called now."""
        return self._count >= self.full_events

    def offer(self, events: Iterable[MarketEvent]) -> None:
        """Take events in; those of one symbol and venue come by time."""
        waiting = self._waiting
        for event in events:
            found = waiting.get(event.symbol)
            if found is None:
                found = waiting[event.symbol] = _Waiting(self.lag_events)
            found.events.append(event)
            self._count += 1
            if len(found.events) > found.conflate_at:
                self._conflate(event.symbol, found)

    def take(self, batch_max: int) -> tuple[str, list[MarketEvent]] | None:
        """The oldest at most `batch_max` events of one symbol, symbols in turn; None if none is."""
        symbol = next(iter(self._waiting), None)
        if symbol is None:
            return None
        found = self._waiting.pop(symbol)
        oldest = found.events.popleft
        batch = [oldest() for _ in range(min(batch_max, len(found.events)))]
        self._count -= len(batch)
        if found.events:  # to the back of the turn
            self._waiting[symbol] = found
        return symbol, batch

    def _conflate(self, symbol: str, waiting: _Waiting) -> None:
        kept = conflated(waiting.events)
        dropped = len(waiting.events) - len(kept)
        if dropped:
            self._count -= dropped
            self.conflated[symbol] = self.conflated.get(symbol, 0) + dropped
        waiting.events = kept
        waiting.conflate_at = max(self.lag_events, 2 * len(kept))


def conflated(events: Sequence[MarketEvent]) -> deque[MarketEvent]:
    """One symbol's events without quotes and depths that a later one of their venue supersedes."""
    seen: set[tuple[type, str]] = set()
    kept: deque[MarketEvent] = deque()
    for event in reversed(events):
        if isinstance(event, Quote | Depth):
            key = (type(event), event.venue)
            if key in seen:
                continue
            seen.add(key)
        kept.appendleft(event)
    return kept
