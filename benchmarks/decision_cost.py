"""What a decision costs by itself: the goal, the bounds on what is due, the tactic, the checks.

A decision that sends a child, for one parent of each algorithm; nothing is published or booked. The
least disturbed of several rounds, in processor time.
"""

import time
from typing import Final

import msgspec

from algos.catalogue import ALGORITHMS
from algos.decision import decide
from algos.parent import Parent
from algos.partition import Partition
from algos.selector import AUTO
from algos.surroundings import Surroundings
from benchmarks.figures import Figure, Goal
from benchmarks.scene import CLOSE_NS, OPEN_NS, VENUES, live_partition, parent, quote
from domain.marketdata import Trade
from domain.parents import ParamValue

GOAL_US: Final = 20.0  # what the project set itself for a decision
ROUNDS: Final = 9
LATER_NS: Final = 7_200 * 10**9  # into the window: something is due of every algorithm
NEEDED: Final[dict[str, dict[str, ParamValue]]] = {"pov": {"target_participation": 0.1}}


def measure(calls: int) -> list[Figure]:
    """Every algorithm as it is by default, and the styles of one."""
    figures = [_figure(name, {}, calls) for name in ALGORITHMS if name != AUTO]
    styles: list[str] = ["normal", "passive"]
    return figures + [_figure("twap", {"style": style}, calls) for style in styles]


def _figure(algo: str, params: dict[str, ParamValue], calls: int) -> Figure:
    made, around = _scene(algo, NEEDED.get(algo, {}) | params)
    taken_us, sends = _timed(made, around, calls)
    words = "".join(f", {name}={value}" for name, value in params.items())
    return Figure(
        stage="decision", name=f"{algo}{words}: decide()", unit="us", value=taken_us,
        base_name="the goal", base=GOAL_US, headroom=True, goal=Goal(at_least=1.0),
        note="" if sends else "nothing was due",
    )  # fmt: skip


def _timed(made: Parent, around: Surroundings, calls: int) -> tuple[float, bool]:
    taken = []
    for _ in range(ROUNDS):
        began_ns = time.process_time_ns()
        for _ in range(calls):
            found = decide(made, around)
        taken.append((time.process_time_ns() - began_ns) / calls / 1e3)
    return min(taken), bool(found.actions)


def _scene(algo: str, params: dict[str, ParamValue]) -> tuple[Parent, Surroundings]:
    """A parent two hours into its day, of which nothing is done yet, and what it sees."""
    partition = live_partition()
    base = parent(0, 1_000, CLOSE_NS)
    partition.on_parent(msgspec.structs.replace(base, algo=algo, params=params), 0, OPEN_NS)
    now_ns = OPEN_NS + LATER_NS
    _market(partition, now_ns)
    made = partition.blotter.parents[next(iter(partition.blotter.parents))]
    partition._progress._count_volume(made, now_ns)
    return made, partition._progress._around(made, now_ns)


def _market(partition: Partition, now_ns: int) -> None:
    for number, at_ns in enumerate(range(OPEN_NS, now_ns, 10 * 10**9)):
        venue = VENUES[number % 2]
        partition.on_market([quote(venue, at_ns)], at_ns)
        partition.on_market([Trade("IBM", venue, 18_500, 1_000, at_ns, f"T{number}")], at_ns)
