"""The stylised facts of quant.md 8.4: whether the simulated market looks like one, over seeds.

Each fact is a figure over all seeds, its standard error by the jackknife (leave one seed out), and
a tolerance; one that misses is said to miss. `headgate facts` prints them. What is measured is in
`fact_days`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

import msgspec
import numpy as np

from simulation.fact_days import RATE, Execution, SeedFacts, measure_seed
from venuesim.activity import Floats
from venuesim.presets import Preset

# quant.md 2.7: A(u) at u = rho / chi, u = 5 for the rate and chi that are used.
A_AT_5: Final = 2.372225

Measure = Callable[[Sequence[SeedFacts]], float]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a figure that should lie in [low, high]. `only`: presets it is asked of."""

    name: str
    measure: Measure
    low: float = -math.inf
    high: float = math.inf
    only: tuple[str, ...] = ()

    @property
    def tolerance(self) -> str:
        """In words."""
        if self.low == self.high:
            return f"= {self.low:g}"
        if self.low == -math.inf:
            return f"< {self.high:g}"
        if self.high == math.inf:
            return f"> {self.low:g}"
        return f"{self.low:.3g} .. {self.high:.3g}"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as it was found. `holds` None: not asked of this preset."""

    preset: str
    fact: str
    figure: float
    error: float
    tolerance: str
    holds: bool | None


def facts(preset: Preset) -> tuple[Fact, ...]:
    """Those of 8.4 in its order, with the tolerances that it states."""
    busy = ("liquid", "mid")
    prefactor = A_AT_5 * math.sqrt(preset.impact_chi / (2 * RATE)) * preset.impact_y
    spread = preset.spread_ticks
    return (
        Fact(name="volume, first 30 min / midday 30 min", low=2.5,
             measure=lambda s: _ratio(s, lambda q: q.quiet.first_30, lambda q: q.quiet.midday_30)),
        Fact(name="volume, last 15 min / day", low=0.08, high=0.17,
             measure=lambda s: _ratio(s, lambda q: q.quiet.last_15, lambda q: q.quiet.volume)),
        Fact(name="volatility of mid / of p*, 5 min", low=0.9, high=1.1, only=busy,
             measure=lambda s: math.sqrt(
                 _ratio(s, lambda q: q.quiet.mid_300, lambda q: q.quiet.star_300))),
        Fact(name="variance of mid / of p*, 60 s", high=1.15, only=busy,
             measure=lambda s: _ratio(s, lambda q: q.quiet.mid_60, lambda q: q.quiet.star_60)),
        Fact(name="spread, ticks", low=0.85 * spread, high=1.15 * spread,
             measure=lambda s: _mean(s, lambda q: q.quiet.spread)),
        Fact(name="spread, realised (60 s) / effective", low=0.4, high=0.8,
             measure=lambda s: _ratio(s, lambda q: q.quiet.realised, lambda q: q.quiet.effective)),
        Fact(name="passive buys, gain after 60 s / half spread", high=1.0,
             measure=lambda s: _ratio(
                 s, lambda q: q.quiet.passive_buy_60, lambda q: q.quiet.half_spread)),
        Fact(name="trade price moves, lag-1 autocovariance, ticks^2", high=0.0,
             measure=lambda s: _mean(s, lambda q: q.quiet.autocovariance)),
        Fact(name="impact, exponent in Q at a fixed participation", low=0.45, high=0.6,
             measure=_exponent),
        Fact(name="impact, prefactor of the root", low=0.85 * prefactor, high=1.15 * prefactor,
             measure=_prefactor),
        Fact(name="impact, average / peak", low=0.62, high=0.70,
             measure=lambda s: _ratio(s, lambda q: _watched(q).average,
                                      lambda q: _watched(q).peak)),
        Fact(name="impact, left of the peak after T", low=0.35, high=0.6,
             measure=lambda s: _ratio(s, lambda q: _watched(q).later,
                                      lambda q: _watched(q).peak)),
        Fact(name="round trip, cost in bps", low=0.0,
             measure=lambda s: _mean(s, lambda q: q.round_trip_bps)),
        Fact(name="own fills that the tape lacks", low=0.0, high=0.0,
             measure=lambda s: _sum(s, lambda e: e.unprinted_fills)),
        Fact(name="own shares that are not accounted for", low=0.0, high=0.0,
             measure=lambda s: _sum(s, lambda e: e.missing_shares)),
        Fact(name="own cash that is not accounted for, ticks", low=0.0, high=0.0,
             measure=lambda s: round(_sum(s, lambda e: e.missing_cash), 2)),
        Fact(name="tapes that differ before the agent's first order", low=0.0, high=0.0,
             measure=lambda s: _sum(s, lambda e: e.tape_differs)),
    )  # fmt: skip


def measure_preset(preset: Preset, seeds: Sequence[int], processes: int) -> Iterator[SeedFacts]:
    """Each seed's facts as they come, in the order of the seeds whatever the processes."""
    if processes == 1:
        yield from (measure_seed(preset, seed) for seed in seeds)
        return
    # Spawned, not forked: a fork of a process with threads may hang.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(measure_seed, [preset] * len(seeds), seeds)


def findings(preset: Preset, seeds: Sequence[SeedFacts]) -> list[Finding]:
    """Every fact of the preset over these seeds."""
    return [_finding(preset, fact, seeds) for fact in facts(preset)]


def table(found: Sequence[Finding]) -> str:
    """Plain text, a line a fact."""
    head = ("preset", "fact", "figure", "error", "tolerance", "")
    rows = [head, *(_row(each) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in (2, 3) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _finding(preset: Preset, fact: Fact, seeds: Sequence[SeedFacts]) -> Finding:
    figure = fact.measure(seeds)
    left_out = [fact.measure([*seeds[:n], *seeds[n + 1 :]]) for n in range(len(seeds))]
    spread = float(np.var(left_out)) * (len(seeds) - 1) if len(seeds) > 1 else math.nan
    asked = not fact.only or preset.name in fact.only
    exact = fact.low == fact.high
    inside = fact.low <= figure <= fact.high if exact else fact.low < figure < fact.high
    return Finding(
        preset=preset.name,
        fact=fact.name,
        figure=figure,
        error=math.sqrt(spread),
        tolerance=fact.tolerance if asked else "",
        holds=inside if asked else None,
    )


def _row(found: Finding) -> tuple[str, ...]:
    error = "" if found.error == 0.0 or math.isnan(found.error) else f"{found.error:.2g}"
    said = {True: "holds", False: "MISSED", None: "not asked"}[found.holds]
    return found.preset, found.fact, f"{found.figure:.3g}", error, found.tolerance, said


def _mean(seeds: Sequence[SeedFacts], of: Callable[[SeedFacts], float]) -> float:
    return float(np.mean([of(each) for each in seeds])) if seeds else math.nan


def _ratio(seeds: Sequence[SeedFacts], above: Callable[[SeedFacts], float],
           below: Callable[[SeedFacts], float]) -> float:  # fmt: skip
    """Of the means: a mean of ratios would weigh the seeds with small denominators most."""
    return _mean(seeds, above) / _mean(seeds, below) if seeds else math.nan


def _sum(seeds: Sequence[SeedFacts], of: Callable[[Execution], float]) -> float:
    return float(sum(of(each) for seed in seeds for each in seed.executions))


def _watched(seed: SeedFacts) -> Execution:
    return next(each for each in seed.executions if each.watched)


def _peaks(seeds: Sequence[SeedFacts]) -> tuple[Floats, Floats]:
    """(sizes, mean peaks), each (m,), of the sizes that were tried."""
    qty = np.array([[each.qty for each in seed.executions] for seed in seeds]).mean(axis=0)
    peak = np.array([[each.peak for each in seed.executions] for seed in seeds]).mean(axis=0)
    return qty, peak


def _exponent(seeds: Sequence[SeedFacts]) -> float:
    """Slope of the log of the mean peak in the log of the size."""
    if not seeds:
        return math.nan
    qty, peak = _peaks(seeds)
    return float(np.polyfit(np.log(qty), np.log(peak), 1)[0])


def _prefactor(seeds: Sequence[SeedFacts]) -> float:
    """Mean of peak / sqrt(Q) over the sizes, in daily volatilities."""
    if not seeds:
        return math.nan
    qty, peak = _peaks(seeds)
    return float(np.mean(peak / np.sqrt(qty)))
