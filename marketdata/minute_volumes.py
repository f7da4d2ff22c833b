"""How many shares of one symbol printed in each minute: what a day's curve learns from.

Counted are the prints that curves are made of: those of the continuous book, and those away from it
that are no blocks. Own ones are among them, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from marketdata.volume_history import Point

MINUTE_NS: Final = 60 * 10**9
MINUTES_MAX: Final = 2 * 1_440  # a worker restarts daily; what is older is let go


@dataclass(slots=True)
class MinuteVolumes:
    """Shares by minute since 1970, of minutes in which there were any."""

    _qty: dict[int, int] = field(default_factory=dict)

    def add(self, points: Sequence[Point]) -> None:
        """Prints came, in order."""
        minute, qty = -1, 0
        for point in points:
            at = point[0] // MINUTE_NS
            if at == minute:
                qty += point[1]
            else:
                if qty:
                    self.count(minute * MINUTE_NS, qty)
                minute, qty = at, point[1]
        if qty:
            self.count(minute * MINUTE_NS, qty)

    def count(self, at_ns: int, qty: int) -> None:
        """So many shares more; below zero: a print that was added is void."""
        minute = at_ns // MINUTE_NS
        if minute in self._qty:
            self._qty[minute] += qty
        elif qty > 0:
            if len(self._qty) >= MINUTES_MAX:
                del self._qty[min(self._qty)]
            self._qty[minute] = qty

    def between(self, start_ns: int, end_ns: int) -> float:
        """Shares in [start_ns, end_ns), a part of a minute in proportion to its time."""
        total = 0.0
        for minute in range(start_ns // MINUTE_NS, -(-end_ns // MINUTE_NS)):
            qty = self._qty.get(minute)
            if qty:
                inside_ns = min(end_ns, (minute + 1) * MINUTE_NS) - max(
                    start_ns, minute * MINUTE_NS
                )
                total += qty if inside_ns == MINUTE_NS else qty * inside_ns / MINUTE_NS
        return total
