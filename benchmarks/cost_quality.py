"""What TWAP costs by preset and size: beside the model's anchor, and beside plain market orders.

The league in small (simulation/league.py): the same orders in the same markets. Nothing is timed.
"""

from typing import Final

from benchmarks.figures import Figure
from benchmarks.quality_runs import PROCESSES
from headgate.settings import Settings
from simulation.league import ENTRANTS, REFERENCE, SIZES, Result, Standing, cells
from simulation.league_command import play

STAGE: Final = "cost"
# 1 % of a day in a quarter of it: the size of quant.md 9.2 at which spread and impact weigh alike.
PLAYED: Final = SIZES[1:2]
PLAYERS: Final = tuple(
    each for each in ENTRANTS if each.name in (REFERENCE.name, "twap_aggressive", "twap_normal")
)


def measure(seeds: int) -> list[Figure]:
    """Adjusted means over the seeds of each preset."""
    figures: list[Figure] = []
    for cell in cells(sizes=PLAYED):
        figures += _figures(play(cell, PLAYERS, seeds, PROCESSES, Settings()))
    return figures


def _figures(result: Result) -> list[Figure]:
    by_name = {each.entrant: each for each in result.standings}
    reference = by_name[REFERENCE.name]
    where = f"{result.cell.preset.name}, {result.cell.size.name}"
    figures = [_against_anchor(where, reference, result)]
    for each in result.standings:
        if each is not reference:
            figures.append(_against_reference(where, each, reference))
    return figures


def _against_anchor(where: str, each: Standing, result: Result) -> Figure:
    """The reference crosses with every child, which is what the anchor is of."""
    cost = each.adjusted
    return Figure(
        stage=STAGE, name=f"{where}: {each.entrant}", value=cost.mean or 0.0, unit="bps",
        base_name="the model's anchor", base=result.cell.anchor_bps,
        note=f"standard error {cost.se or 0.0:.2f} bps, {cost.n} seeds",
    )  # fmt: skip


def _against_reference(where: str, each: Standing, reference: Standing) -> Figure:
    less = each.against
    assert less is not None
    interval = "" if less.low is None or less.high is None else (
        f" ({less.low:+.2f} .. {less.high:+.2f})"
    )  # fmt: skip
    return Figure(
        stage=STAGE, name=f"{where}: {each.entrant}", value=each.adjusted.mean or 0.0, unit="bps",
        base_name=REFERENCE.name, base=reference.adjusted.mean,
        note=f"less {REFERENCE.name}, seed by seed: {less.mean or 0.0:+.2f} bps{interval}; "
             f"{100 * each.done:.2f} % filled",
    )  # fmt: skip
