"""Means over seeds with their uncertainty, and paired differences between variants.

Orders of one seed share a market, so they are not independent: each seed gives one number, the mean
over its orders weighted by their value, and what is estimated is the mean of these (quant.md 7.4:
cluster by what is shared). Intervals are Student's t with n - 1 degrees of freedom over the seeds;
variants met the same markets, so their difference is taken seed by seed.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import exp, lgamma, log, sqrt
from statistics import fmean, variance
from typing import Final

import msgspec

from simulation.order_row import OrderRow

LEVEL: Final = 0.95
_STEPS_MAX: Final = 300  # of the continued fraction, which takes some tens
_TINY: Final = 1e-300


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of `n` seeds. `se`: its standard error; `low`, `high`: its 95 % interval. None where
    fewer than two seeds say nothing of it."""

    n: int
    mean: float | None
    se: float | None
    low: float | None
    high: float | None


def estimate(values: Sequence[float]) -> Estimate:
    """The estimate of a sample of independent numbers."""
    n = len(values)
    if n < 2:
        return Estimate(n=n, mean=values[0] if n else None, se=None, low=None, high=None)
    mean, se = fmean(values), sqrt(variance(values) / n)
    half = t_quantile((1 + LEVEL) / 2, n - 1) * se
    return Estimate(n=n, mean=mean, se=se, low=mean - half, high=mean + half)


def by_seed(rows: Sequence[OrderRow], cost: Callable[[OrderRow], float | None]) -> dict[int, float]:
    """The mean cost of each seed's orders, weighted by their value at arrival. A seed one of whose
    orders has no cost, though it was not rejected, is left out rather than made to look better."""
    sums: dict[int, tuple[float, float]] = {}
    gone: dict[int, None] = {}
    for row in rows:
        if row.reject_reason is not None:
            continue
        bps, value = cost(row), row.order_qty * (row.arrival_px or 0.0)
        if bps is None:
            gone[row.seed] = None
            continue
        total, weight = sums.get(row.seed, (0.0, 0.0))
        sums[row.seed] = (total + value * bps, weight + value)
    return {seed: total / weight for seed, (total, weight) in sorted(sums.items())
            if seed not in gone}  # fmt: skip


def paired(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Estimate:
    """The mean of `theirs` - `ours` over the seeds that both have."""
    return estimate([theirs[seed] - each for seed, each in ours.items() if seed in theirs])


def variance_reduction(raw: Mapping[int, float], adjusted: Mapping[int, float]) -> float | None:
    """How many times smaller the variance of the adjusted cost is, over the seeds of both."""
    seeds = [seed for seed in raw if seed in adjusted]
    if len(seeds) < 2:
        return None
    after = variance([adjusted[seed] for seed in seeds])
    return variance([raw[seed] for seed in seeds]) / after if after > 0.0 else None


@cache
def t_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t for 0.5 < probability < 1, to about 1e-10, by bisection."""
    assert 0.5 < probability < 1.0
    assert freedom >= 1
    low, high = 0.0, 1.0
    while t_cdf(high, freedom) < probability:
        low, high = high, high * 2.0
    for _ in range(80):  # halves the interval each time, past a double's precision
        middle = (low + high) / 2.0
        if t_cdf(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def t_cdf(t: float, freedom: int) -> float:
    """P(T <= t) for t >= 0: 1 - I_x(n/2, 1/2) / 2 with x = n / (n + t^2), Abramowitz and Stegun,
    Handbook of Mathematical Functions, 26.7.1 with 26.5.2."""
    x = freedom / (freedom + t * t)
    return 1.0 - _incomplete_beta(freedom / 2.0, 0.5, x) / 2.0


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised I_x(a, b), by the continued fraction 26.5.8 where it converges fast."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1.0 - x))
    return front / (a * _beta_fraction(a, b, x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The denominator 1 + d1/(1 + d2/(1 + ...)) of 26.5.8, from below by its partial quotients."""
    value = 1.0
    for step in range(_STEPS_MAX, 0, -1):
        m, odd = divmod(step, 2)
        if odd:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        value = 1.0 + d / (value if abs(value) > _TINY else _TINY)
    return value
