"""How fast a symbol trades now: prints and shares a second, weighted by age."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from marketdata.volume_history import Point

HALF_LIFE_S: Final = 300.0  # a few slices of an algorithm: shorter is noise, longer misses the hour
_DECAY_PER_NS: Final = log(2.0) / (HALF_LIFE_S * 1e9)
_ELAPSED_S_MIN: Final = 1.0  # a first print is no rate; it is spread over this at the least


@dataclass(slots=True)
class TradeRate:
    """Sums over prints, each weighted by 2^(-age / half-life).

    A rate is the sum over the integral of the weight since the first print, so that it is right
    from the start on: with prints at a constant rate it tells that rate, whatever the time.
    """

    _first_ns: int | None = None
    _last_ns: int = 0
    _prints: float = 0.0
    _shares: float = 0.0

    def add(self, points: Sequence[Point]) -> None:
        """Prints came, in order. One that goes back in time counts as of the last one's."""
        if not points:
            return
        if self._first_ns is None:
            self._first_ns = self._last_ns = points[0][0]
        last_ns, prints, shares = self._last_ns, self._prints, self._shares
        for at_ns, qty, _, _ in points:
            if at_ns > last_ns:
                decay = exp(_DECAY_PER_NS * (last_ns - at_ns))
                prints *= decay
                shares *= decay
                last_ns = at_ns
            prints += 1.0
            shares += qty
        self._last_ns, self._prints, self._shares = last_ns, prints, shares

    def remove(self, at_ns: int, qty: int) -> None:
        """A print that was added is void."""
        weight = exp(_DECAY_PER_NS * min(at_ns - self._last_ns, 0))
        self._prints = max(self._prints - weight, 0.0)
        self._shares = max(self._shares - weight * qty, 0.0)

    def rewind(self) -> None:
        """The times so far were of a clock that was wrong: start anew."""
        self._first_ns, self._prints, self._shares = None, 0.0, 0.0

    def prints_per_s(self, now_ns: int) -> float:
        """Prints a second; 0 before the first."""
        return self._prints * self._scale(now_ns)

    def shares_per_s(self, now_ns: int) -> float:
        """Shares a second; 0 before the first."""
        return self._shares * self._scale(now_ns)

    def _scale(self, now_ns: int) -> float:
        if self._first_ns is None:
            return 0.0
        now_ns = max(now_ns, self._last_ns)
        elapsed_ns = max(now_ns - self._first_ns, _ELAPSED_S_MIN * 1e9)
        weight_s = (1.0 - exp(-_DECAY_PER_NS * elapsed_ns)) / (_DECAY_PER_NS * 1e9)
        return exp(_DECAY_PER_NS * (self._last_ns - now_ns)) / weight_s
