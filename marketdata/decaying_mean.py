"""Means in which the weight of what is past halves every so many steps."""

from dataclasses import dataclass


@dataclass(slots=True)
class DecayingMeans:
    """Two means under the same weights. `decay`: what a step leaves of a weight.

    A value is the weighted sum over the sum of weights, so it is a mean from the first step on.
    """

    decay: float
    _first: float = 0.0
    _second: float = 0.0
    _weight: float = 0.0

    @property
    def values(self) -> tuple[float, float] | None:
        """The means; None of nothing."""
        if self._weight <= 0.0:
            return None
        return self._first / self._weight, self._second / self._weight

    def add(self, first: float, second: float, weight: float) -> None:
        """One step, in which these totals came with `weight`: of one half covered, a half."""
        decay = self.decay
        self._first = self._first * decay + first
        self._second = self._second * decay + second
        self._weight = self._weight * decay + weight

    def hold(self, first: float, second: float, steps: int) -> None:
        """As many steps with the same values and full weight, as if added one by one."""
        left = self.decay**steps
        weight = (1.0 - left) / (1.0 - self.decay)
        self._first = self._first * left + first * weight
        self._second = self._second * left + second * weight
        self._weight = self._weight * left + weight

    def lapse(self, steps: int) -> None:
        """As many steps about which nothing is known."""
        left = self.decay**steps
        self._first *= left
        self._second *= left
        self._weight *= left


def decay_of(half_life_steps: float) -> float:
    """What a step leaves of a weight, for a half-life in steps."""
    return float(2.0 ** (-1.0 / half_life_steps))
