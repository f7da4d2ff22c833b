"""The league: every algorithm on the same orders in the same markets, preset by preset.

What is played is data: presets, sizes, entrants. One order a seed, its side drawn; the markets of a
seed are the same for all entrants, so differences are taken seed by seed.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from algos.calibration.students_t import t_quantile
from algos.models.impact import BPS, CrossoverModel, SizedOrder
from domain.parents import ParamValue
from domain.u_curve import U_CURVE
from simulation.estimates import Estimate, estimate
from simulation.market_twap import MARKET_TWAP
from simulation.order_row import OrderRow
from simulation.scenario import Scenario, Variant, scenario_of
from venuesim.presets import MEASURED, Preset

SYMBOL: Final = "AAA"
DAY_S: Final = 23_400
OPEN_S: Final = 1_800  # the first half hour is left to itself: the order comes then
INTERVAL_S: Final = 30.0
LEVEL: Final = 0.95
DONE: Final = 0.995  # quant.md 9.3: who fills less by the deadline is not ranked


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """`adv_fraction` of a day's volume within `days` of a session."""

    adv_fraction: float
    days: float

    @property
    def name(self) -> str:
        return f"{100 * self.adv_fraction:g} % of a day's volume in {self.days:g} of a day"

    @property
    def start_s(self) -> int:
        """Seconds from the open: all day begins with it."""
        return 0 if self.days == 1.0 else OPEN_S

    @property
    def volume_days(self) -> float:
        """What the window is of a day in volume, by the curve of the simulated market."""
        return _volume(self.start_s + self.days * DAY_S) - _volume(self.start_s)

    @property
    def participation(self) -> float:
        """Of all volume that an even order takes: p = rho / (1 + rho) (quant.md 4)."""
        rho = self.adv_fraction / self.volume_days
        return rho / (1.0 + rho)


SIZES: Final = (
    Size(adv_fraction=0.001, days=0.1),
    Size(adv_fraction=0.01, days=0.25),
    Size(adv_fraction=0.1, days=0.25),
)
# The cheaper a preset is to simulate the more seeds it gets; its costs vary the more, too.
SEEDS: Final = {"liquid": 2 / 3, "mid": 1.0, "illiquid": 4 / 3}


class Entrant(msgspec.Struct, frozen=True, kw_only=True):
    """One algorithm with parameters. `follows`: it is given the size's even participation."""

    name: str
    algo: str
    params: dict[str, ParamValue] = {}
    follows: bool = False

    def variant(self, size: Size) -> Variant:
        """What it does with an order of this size."""
        params = dict(self.params)
        if self.follows:
            params["target_participation"] = round(size.participation, 4)
        return Variant(name=self.name, algo=self.algo, params=params)


REFERENCE: Final = Entrant(name="market_twap", algo=MARKET_TWAP.name,
                           params={"interval": INTERVAL_S})  # fmt: skip
_DONE_BY_ITS_END: Final[dict[str, ParamValue]] = {"completion": "cross"}
_RESTING: Final = _DONE_BY_ITS_END | {"style": "normal"}
# Target Close is of another benchmark and another hour, so it is not among them.
ENTRANTS: Final = (
    REFERENCE,
    Entrant(name="twap_aggressive", algo="twap", params=_RESTING | {"style": "aggressive"}),
    Entrant(name="twap_normal", algo="twap", params=_RESTING),
    Entrant(name="twap_passive", algo="twap", params=_RESTING | {"style": "passive"}),
    Entrant(name="vwap", algo="vwap", params=_RESTING),
    Entrant(name="pov", algo="pov", params=_RESTING, follows=True),
    Entrant(name="is", algo="is", params=_RESTING),
    Entrant(name="adaptive", algo="adaptive", params=_DONE_BY_ITS_END),
    Entrant(name="iceberg", algo="iceberg", params=_DONE_BY_ITS_END),
    Entrant(name="pegged", algo="pegged", params=_DONE_BY_ITS_END | {"peg": "primary"}),
    Entrant(name="sniper", algo="sniper", params=_DONE_BY_ITS_END),
)  # fmt: skip


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One preset and size."""

    preset: Preset
    size: Size

    @property
    def scenario(self) -> Scenario:
        """One order a seed, on two venues."""
        size = self.size
        return scenario_of({
            "name": "league",
            "market": {"preset": self.preset.name, "symbols": [{"symbol": SYMBOL}]},
            "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
            "generators": [{
                "id": "P", "count": 1, "start": f"open+{size.start_s}s",
                "adv_fraction": [size.adv_fraction, size.adv_fraction],
                "window_s": size.days * DAY_S,
            }],
        })  # fmt: skip

    @property
    def anchor_bps(self) -> float:
        """Half the spread and the average impact of the crossover model (quant.md 9.2): what an
        order that crosses with every child is expected to cost."""
        preset = self.preset
        half_spread = preset.spread_ticks / preset.px_ticks / 2.0
        order = SizedOrder(
            qty=self.size.adv_fraction * preset.adv_qty, adv=preset.adv_qty,
            daily_volatility=preset.daily_volatility, duration_days=self.size.volume_days,
        )  # fmt: skip
        model = CrossoverModel(y=preset.impact_y, chi=preset.impact_chi)
        return (half_spread + model.impact(order).average) * BPS

    def seeds(self, seeds: int) -> int:
        """How many, of `seeds` for a mid cap: two at least, or nothing is known of the spread."""
        return max(2, round(seeds * SEEDS[self.preset.name]))


def cells(
    presets: Sequence[Preset] = MEASURED, sizes: Sequence[Size] = SIZES
) -> Iterator[Cell]:  # fmt: skip
    """In the order of the page."""
    for preset in presets:
        for size in sizes:
            yield Cell(preset=preset, size=size)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One entrant in one cell, basis points. `adjusted`: cost with the control variate taken off.
    `sd_bps`: of the raw cost over the seeds, the risk of one order; None of fewer than two.

    `done`: filled of ordered. `against`: less the reference's, seed by seed; None of itself.
    """

    entrant: str
    adjusted: Estimate
    sd_bps: float | None
    done: float
    against: Estimate | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One cell. `standings`: the cheapest first. `cheapest`: those that no paired test tells from
    the cheapest of those that were done; one alone is a winner."""

    cell: Cell
    seeds: int
    standings: tuple[Standing, ...]
    cheapest: tuple[str, ...]


def result_of(cell: Cell, seeds: int, rows: Sequence[OrderRow]) -> Result:
    """Of all rows of a cell, one for each entrant and seed."""
    by_entrant: dict[str, dict[int, OrderRow]] = {}
    for row in rows:
        by_entrant.setdefault(row.variant, {})[row.seed] = row
    costs = {name: _costs(found) for name, found in by_entrant.items()}
    reference = costs.get(REFERENCE.name, {})
    standings = [_standing(name, found, costs[name], reference)
                 for name, found in by_entrant.items()]  # fmt: skip
    standings.sort(key=lambda each: (each.adjusted.mean is None, each.adjusted.mean, each.entrant))
    return Result(cell=cell, seeds=seeds, standings=tuple(standings),
                  cheapest=_cheapest(standings, costs))  # fmt: skip


def _costs(found: dict[int, OrderRow]) -> dict[int, float]:
    return {seed: row.is_adj_bps for seed, row in sorted(found.items())
            if row.is_adj_bps is not None}  # fmt: skip


def _standing(
    name: str, found: dict[int, OrderRow], costs: dict[int, float], reference: dict[int, float]
) -> Standing:
    raw = [row.is_bps for row in found.values() if row.is_bps is not None]
    spread = estimate(raw)
    pairs = [cost - reference[seed] for seed, cost in costs.items() if seed in reference]
    ordered = sum(row.order_qty for row in found.values())
    return Standing(
        entrant=name, adjusted=estimate(list(costs.values())),
        sd_bps=None if spread.se is None else float(spread.se * spread.n**0.5),
        done=sum(row.cum_qty for row in found.values()) / ordered if ordered else 0.0,
        against=None if name == REFERENCE.name else estimate(pairs),
    )  # fmt: skip


def _cheapest(standings: Sequence[Standing], costs: dict[str, dict[int, float]]) -> tuple[str, ...]:
    """The least mean of those that were done, and whoever the paired test does not tell from it.

    Student's t on the differences of the same seeds, at 5 % over all comparisons together
    (Bonferroni): with a dozen entrants one in twenty would be found better by luck alone.
    """
    done = [each.entrant for each in standings
            if each.done >= DONE and each.adjusted.n > 1]  # fmt: skip
    if not done:
        return ()
    first, *others = done
    level = 1.0 - (1.0 - LEVEL) / 2.0 / max(len(others), 1)
    return (first, *(each for each in others if _tied(costs[first], costs[each], level)))


def _tied(first: dict[int, float], other: dict[int, float], level: float) -> bool:
    found = estimate([cost - first[seed] for seed, cost in other.items() if seed in first])
    if found.mean is None or found.se is None:
        return True
    return abs(found.mean) <= t_quantile(level, found.n - 1) * found.se


def league_hash(played: Sequence[Cell], entrants: Sequence[Entrant]) -> str:
    """Twelve hex digits that change with anything that is played, whatever the seeds."""
    told = [
        (cell.scenario.hash(), msgspec.json.encode(cell.preset).decode(),
         [msgspec.json.encode(each.variant(cell.size)).decode() for each in entrants])
        for cell in played
    ]  # fmt: skip
    return sha256(msgspec.json.encode(told)).hexdigest()[:12]


def _volume(at_s: float) -> float:
    """What part of a day's volume the U-curve has by `at_s` seconds after the open."""
    bins = at_s / DAY_S * len(U_CURVE)
    whole = min(int(bins), len(U_CURVE))
    part = (bins - whole) * U_CURVE[whole] if whole < len(U_CURVE) else 0.0
    return (sum(U_CURVE[:whole]) + part) / sum(U_CURVE)
