"""Volatility of the mid, from its logarithmic returns over SAMPLE_S seconds.

Sampled at fixed times, the last mid before each; a mid that was not known at the end of some
second (a market that is stale, one-sided or crossed) breaks the chain, so no return reaches over a
gap.
Ten seconds: short enough for minutes of an order, long enough that the bounce of a quote between
two prices is small beside what the price does (quant.md 8.2: about 0.7 bps a root second).
"""

from dataclasses import dataclass, field
from math import log, sqrt
from typing import Final

from marketdata.decaying_mean import DecayingMeans, decay_of

SAMPLE_S: Final = 10
HALF_LIFE_S: Final = 600.0  # 87 samples' worth of weight: a standard error of about 8 %


@dataclass(slots=True)
class Volatility:
    """Two estimates: weighted by age, and realised over all that was seen.

    Both as the relative change of a root second: 0.00007 is 0.7 bps. Times the root of the
    session's seconds it is the daily one.
    """

    _variance: DecayingMeans = field(  # the first of its two; the other is not used
        default_factory=lambda: DecayingMeans(decay_of(HALF_LIFE_S / SAMPLE_S))
    )
    _sum_squares: float = 0.0
    _returns: int = 0
    _mid: float | None = None

    def sample(self, mid: float | None) -> None:
        """The mid at the next sample's time, in ticks; None if there is none."""
        if mid is not None and self._mid is not None:
            square = log(mid / self._mid) ** 2
            self._variance.add(square / SAMPLE_S, 0.0, 1.0)
            self._sum_squares += square
            self._returns += 1
        else:
            self._variance.lapse(1)
        self._mid = mid

    def hold(self, samples: int) -> None:
        """The mid did not move over so many more samples."""
        if self._mid is None:
            self._variance.lapse(samples)
        else:
            self._variance.hold(0.0, 0.0, samples)
            self._returns += samples

    def lapse(self, samples: int) -> None:
        """The mid was not known for a while, so many samples among it, none perhaps."""
        self._variance.lapse(samples)
        self._mid = None

    @property
    def per_sqrt_s(self) -> float | None:
        """Weighted by age; None before the first return."""
        variance = self._variance.values
        return None if variance is None else sqrt(variance[0])

    @property
    def realised_per_sqrt_s(self) -> float | None:
        """Root of (sum of squared returns over the seconds they span); None before the first."""
        if not self._returns:
            return None
        return sqrt(self._sum_squares / (self._returns * SAMPLE_S))

    @property
    def realised_variance(self) -> float:
        """Sum of squared returns (Andersen, Bollerslev, Diebold and Labys 2003)."""
        return self._sum_squares

    def daily(self, session_s: float) -> float | None:
        """Of a session of so many seconds, weighted by age: 0.02 is 2 % a day."""
        per_sqrt_s = self.per_sqrt_s
        return None if per_sqrt_s is None else per_sqrt_s * sqrt(session_s)
