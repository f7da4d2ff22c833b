"""Many parents of all algorithms at once: every share is accounted for, and every order ends."""

from datetime import date

import pytest

from algos.catalogue import ALGORITHMS
from headgate.calendars import load_calendar
from headgate.command_settings import shipped
from headgate.settings import Settings
from simulation.scenario import Scenario, read_scenario
from simulation.seed_run import Job, Played, Setup, play

NAMES = ("all-algorithms", "two-thousand-parents")


def _scenario(name: str) -> Scenario:
    return read_scenario(shipped(f"scenarios/{name}.toml"))


@pytest.mark.parametrize(("name", "parents"), list(zip(NAMES, (20, 2_000), strict=True)))
def test_the_shipped_ones_have_so_many_parents_and_every_algorithm(name: str, parents: int) -> None:
    scenario = _scenario(name)
    assert sum(each.count for each in scenario.generators) == parents
    assert sorted(each.algo for each in scenario.generators) == sorted(ALGORITHMS)
    assert len({each.start for each in scenario.generators}) == 1


@pytest.mark.slow
def test_twenty_of_all_algorithms_end_with_every_share_accounted_for() -> None:
    """The two thousand take half a minute: `headgate simulate two-thousand-parents`."""
    scenario = _scenario(NAMES[0])
    day = date.fromisoformat(scenario.market.date)
    setup = Setup(scenario=scenario, calendar=load_calendar("XNYS", day, day), settings=Settings())
    found = play(setup, Job(0, 1))
    assert isinstance(found, Played), found
    assert found.broken == ()
    assert [row.status for row in found.rows] == ["filled"] * 20
    assert {row.algo for row in found.rows} >= ALGORITHMS.keys() - {"auto"}
