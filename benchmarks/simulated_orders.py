"""How many orders a second `headgate simulate` plays over seeds, in one process and in two.

Start and end of the processes are in it, as they are for whoever waits for the result.
"""

import time
from contextlib import closing
from datetime import date
from typing import Final

from benchmarks.figures import Figure
from headgate.calendars import load_calendar
from headgate.settings import Settings
from simulation.scenario import Scenario, scenario_of
from simulation.seed_pool import play_all
from simulation.seed_run import Job, Played, Setup

PARENTS: Final = 40
WINDOW_S: Final = 600


def scenario(parents: int) -> Scenario:
    """TWAPs of ten minutes in two mid caps on two venues: by the full path, FIX text too."""
    return scenario_of({
        "name": "bench",
        "market": {"symbols": [{"symbol": "AAA"}, {"symbol": "BBB"}], "warm_up_s": 30},
        "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
        "generators": [{"id": "P", "count": parents, "start": "11:00", "window_s": WINDOW_S,
                        "quantity": [500, 2_000], "params": {"interval": 30}}],
    })  # fmt: skip


def measure(seeds: int, parents: int = PARENTS) -> list[Figure]:
    """Children a second of the wall with one process and with two, the same seeds."""
    found = scenario(parents)
    day = date.fromisoformat(found.market.date)
    calendar = load_calendar(found.market.calendar, day, day)
    setup = Setup(scenario=found, calendar=calendar, settings=Settings())
    alone = _rate(setup, seeds, 1)
    together = _rate(setup, seeds, 2)
    return [
        Figure(stage="simulate", name=f"child orders over {seeds} seeds, 1 process",
               value=alone, unit="orders/s",
               note=f"{parents} parents, two mid caps, two venues, {WINDOW_S} s a seed; decided, "
                    "checked, as FIX text to the venue and back, booked, reported, costed, "
                    "reconciled"),
        Figure(stage="simulate", name="... 2 processes", value=together, unit="orders/s",
               base_name="1 process", base=alone),
    ]  # fmt: skip


def _rate(setup: Setup, seeds: int, processes: int) -> float:
    began_s = time.perf_counter()
    children = 0
    with closing(play_all(setup, [Job(0, seed) for seed in range(seeds)], processes)) as results:
        for outcome in results:
            assert isinstance(outcome, Played), outcome
            assert not outcome.broken
            children += outcome.children
    return children / (time.perf_counter() - began_s)
