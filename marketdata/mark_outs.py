"""How the price went after our passive fills, by venue: who is picked off there should stay away.

A mark-out is the move of the mid against us, MARK_NS after the fill, in half-spreads as they were
at the fill: at 1 the price took back all that the fill had earned. A venue whose mean is beyond
LOSS_MAX is left alone for a while and judged afresh after it (quant.md 5.5, 6.5). Whoever decides
for the symbol has it judge what is due, so that a quote costs nothing. Times in ns.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from domain.instruments import Side
from marketdata.decaying_mean import DecayingMeans, decay_of

MARK_NS: Final = 5_000_000_000  # most of what a fill gives away is gone within seconds
HALF_LIFE_FILLS: Final = 20.0
FILLS_MIN: Final = 10  # before that a mean says nothing: one fill's deviation is about its size
# The usual loss is 0.35 to 0.5 of a half-spread (quant.md 9.2). Beyond one, resting there pays the
# other side; half more, so that chance alone does not do it.
LOSS_MAX: Final = 1.5
COOL_NS: Final = 120_000_000_000
WAITING_MAX: Final = 256  # fills within MARK_NS; more are not judged


@dataclass(slots=True)
class _Venue:
    losses: DecayingMeans = field(default_factory=lambda: DecayingMeans(decay_of(HALF_LIFE_FILLS)))
    fills: int = 0
    cool_until_ns: int = 0


@dataclass(slots=True)
class MarkOuts:
    """One symbol's. `waiting`: (due_ns, venue, side, mid, half-spread) of fills, oldest first."""

    waiting: deque[tuple[int, str, Side, float, float]] = field(default_factory=deque)
    _venues: dict[str, _Venue] = field(default_factory=dict)

    def on_fill(self, venue: str, side: Side, mid: float, half_spread: float, at_ns: int) -> None:
        """A resting order of ours was filled while the mid, in ticks, was there."""
        if half_spread > 0.0 and len(self.waiting) < WAITING_MAX:
            self.waiting.append((at_ns + MARK_NS, venue, side, mid, half_spread))

    def is_due(self, now_ns: int) -> bool:
        """Whether a fill is to be judged now."""
        return bool(self.waiting) and self.waiting[0][0] <= now_ns

    def judge(self, mid: float | None, now_ns: int) -> None:
        """Judge what is due by the mid now. What cannot be judged in time is let go."""
        while self.waiting and self.waiting[0][0] <= now_ns:
            due_ns, name, side, mid_then, half_spread = self.waiting.popleft()
            if mid is None or now_ns > due_ns + MARK_NS:
                continue
            venue = self._venues.setdefault(name, _Venue())
            venue.losses.add((mid_then - mid) * side.sign / half_spread, 0.0, 1.0)
            venue.fills += 1
            mean = venue.losses.values
            if venue.fills >= FILLS_MIN and mean is not None and mean[0] > LOSS_MAX:
                self._venues[name] = _Venue(cool_until_ns=now_ns + COOL_NS)

    def cools(self, venue: str, now_ns: int) -> bool:
        """Whether nothing of ours should rest at `venue` now."""
        found = self._venues.get(venue)
        return found is not None and now_ns < found.cool_until_ns

    def loss(self, venue: str) -> float | None:
        """Mean loss after a fill at `venue`, in half-spreads; None before the first was judged."""
        found = self._venues.get(venue)
        values = None if found is None else found.losses.values
        return None if values is None else values[0]
