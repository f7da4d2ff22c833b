"""Means over seeds with their uncertainty, and paired differences between variants.

Orders of one seed share a market, so they are not independent: each seed gives one number, the mean
over its orders weighted by their value, and what is estimated is the mean of these (quant.md 7.4:
cluster by what is shared). Intervals are Student's t with n - 1 degrees of freedom over the seeds;
variants met the same markets, so their difference is taken seed by seed.
"""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from statistics import fmean, variance
from typing import Final

import msgspec

from algos.calibration.students_t import t_quantile
from simulation.order_row import OrderRow

LEVEL: Final = 0.95


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
