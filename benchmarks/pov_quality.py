"""How near POV comes to the share of the volume that it was asked for (quant.md 4, 9.3)."""

from typing import Final

from benchmarks.figures import Figure, Goal
from benchmarks.quality_runs import Runs, runs
from simulation.order_row import OrderRow
from simulation.scenario import Scenario, scenario_of

STAGE: Final = "POV quality"
TARGETS: Final = (0.05, 0.1, 0.2)
GOAL_POINTS: Final = 0.5  # percentage points of all volume
FILLS_MIN: Final = 50
WINDOW_S: Final = 2_400


def measure(seeds: int) -> list[Figure]:
    """The worst order of each share asked for, of those that have fills enough to be judged."""
    found = runs(scenario(), seeds, keeps_fills=False)
    return [_figure(target, _judged(found, target)) for target in TARGETS]


def scenario() -> Scenario:
    """One order of each share in a liquid name of its own, far too large for its window."""
    return scenario_of({
        "name": "pov-quality",
        "market": {"preset": "liquid", "warm_up_s": 30,
                   "symbols": [{"symbol": _symbol(each)} for each in TARGETS]},
        "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
        "generators": [
            {"id": f"P{round(100 * each)}", "count": 1, "symbols": [_symbol(each)], "algo": "pov",
             "start": "11:00", "window_s": WINDOW_S, "adv_fraction": [0.2, 0.2],
             "params": {"target_participation": each}}
            for each in TARGETS
        ],
    })  # fmt: skip


def _symbol(target: float) -> str:
    return f"P{round(100 * target)}"


def _judged(found: Runs, target: float) -> list[OrderRow]:
    return [row for row in found.rows
            if row.symbol == _symbol(target) and row.fills >= FILLS_MIN]  # fmt: skip


def _figure(target: float, rows: list[OrderRow]) -> Figure:
    shares = [row.participation for row in rows if row.participation is not None]
    off = [100.0 * abs(each - target) for each in shares]
    realised = ", ".join(f"{100 * each:.2f}" for each in shares)
    return Figure(
        stage=STAGE, name=f"{100 * target:g} % of all volume: the worst of {len(off)} orders",
        value=max(off, default=float("inf")), unit="points", base_name="the goal",
        base=GOAL_POINTS, goal=Goal(at_most=1.0),
        note=f"realised {realised} %; {min((row.fills for row in rows), default=0)} fills at the "
             "least",
    )  # fmt: skip
