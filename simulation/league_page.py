"""The league as a page: `docs/league.md`, written by `headgate league` and by nobody else."""

from collections.abc import Sequence
from typing import Final

import msgspec

from simulation.estimates import Estimate
from simulation.league import DONE, REFERENCE, Cell, Entrant, Result, Standing, league_hash

HEAD: Final = ("algorithm", "cost", "std. error", "95 % interval", "sd of one order", "filled",
               f"less {REFERENCE.name}")  # fmt: skip


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What a page was made of. `seeds`: asked for, of a mid cap."""

    hash: str
    seeds: int
    version: str

    def __str__(self) -> str:
        return f"league {self.hash}, --seeds {self.seeds}, headgate {self.version}"


def stamp_of(
    played: Sequence[Cell], entrants: Sequence[Entrant], seeds: int, version: str
) -> Stamp:  # fmt: skip
    """Of what is to be played."""
    return Stamp(hash=league_hash(played, entrants), seeds=seeds, version=version)


def league_page(results: Sequence[Result], entrants: Sequence[Entrant], stamp: Stamp) -> str:
    """The whole page, the same bytes for the same results."""
    return "\n".join([*_opening(stamp), *_winners(results), *_entrants(entrants),
                      *(line for each in results for line in _cell(each))]) + "\n"  # fmt: skip


def _opening(stamp: Stamp) -> list[str]:
    return [
        "# League: what each algorithm costs, and where",
        "",
        f"Written by `headgate league`, not by hand: {stamp}.",
        "",
        "Each entrant gets the same orders in the same simulated markets (`docs/venuesim.md`), one "
        "order a seed, its side drawn. Cost is the",
        "shortfall against the mid at arrival with the martingale control variate taken off "
        "(`docs/simulate.md`), in basis points of the order's",
        "value, positive = worse, fees apart; intervals are Student's t over the seeds. The risk "
        "of one order is the standard deviation of the",
        "raw cost. The reference is a plain market-order TWAP (`simulation/market_twap.py`): equal "
        "slices at equal times, no limit, no tactics.",
        "The anchor is half the spread and the average impact of the crossover model: an order "
        "that crosses with every child (quant.md 9.2).",
        "",
    ]


def _winners(results: Sequence[Result]) -> list[str]:
    rows = [
        f"| {each.cell.preset.name} | {each.cell.size.name} | {_who(each)} |" for each in results
    ]
    return [
        "## Who wins where",
        "",
        "The cheapest by its mean, with everybody that a paired test over the same seeds does not "
        "tell from it, at 5 % over all comparisons of",
        f"a row. Who filled less than {100 * DONE:g} % is not ranked. A tie says that the seeds "
        "played do not tell its members apart, not that they",
        "cost the same: a handful of seeds tells large differences alone.",
        "",
        "| preset | order | cheapest |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _who(result: Result) -> str:
    if not result.cheapest:
        return "nobody was done"
    if len(result.cheapest) == 1:
        return f"**{result.cheapest[0]}**"
    return "tie: " + ", ".join(result.cheapest)


def _entrants(entrants: Sequence[Entrant]) -> list[str]:
    rows = [f"| {each.name} | `{each.algo}` | {_params(each)} |" for each in entrants]
    return ["## Entrants", "", "| name | algorithm | parameters |", "|---|---|---|", *rows, ""]


def _params(entrant: Entrant) -> str:
    told = [f"`{name}={value}`" for name, value in entrant.params.items()]
    if entrant.follows:
        told.append("`target_participation`: the order's even share of the volume")
    return ", ".join(told)


def _cell(result: Result) -> list[str]:
    cell = result.cell
    return [
        f"## {cell.preset.name}: {cell.size.name}",
        "",
        f"{result.seeds} seeds; the anchor is {cell.anchor_bps:.2f} bps.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|---|" + "---:|" * (len(HEAD) - 1),
        *(_standing(each) for each in result.standings),
        "",
    ]


def _standing(each: Standing) -> str:
    cost, against = each.adjusted, each.against
    return "| " + " | ".join((
        each.entrant, _number(cost.mean), _number(cost.se), _interval(cost),
        _number(each.sd_bps), f"{100 * each.done:.2f} %",
        "" if against is None else f"{_number(against.mean, signed=True)} ({_interval(against)})",
    )) + " |"  # fmt: skip


def _interval(found: Estimate) -> str:
    return f"{_number(found.low)} .. {_number(found.high)}"


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "n/a"
    return f"{value + 0.0:+.2f}" if signed else f"{value + 0.0:.2f}"
