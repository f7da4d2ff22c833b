"""Parents that watch the market: woken by it, no more often than they ask, and nobody else is."""

from typing import Never

import pytest

from algos.actions import Step
from algos.algorithm import Algorithm, Plan
from algos.catalogue import ALGORITHMS
from algos.due import Due
from algos.goal import Goal
from algos.parent import Parent
from algos.partition import Partition
from algos.policy import Policy
from algos.schedule import Schedule
from algos.shared_parameters import DURATION
from algos.surroundings import Surroundings
from domain.executions import VenueState
from domain.marketdata import Quote, Trade
from domain.parents import CancelParent
from domain.refusals import WaitReason
from tests.algos.partition_scene import BEGIN_NS, CALENDAR, TABLE, S, Scene, new_parent

MS = S // 1_000
THROTTLE_NS = 100 * MS


class Watched:
    """A scene with an algorithm that does nothing but look."""

    def __init__(self) -> None:
        self.looks: list[int] = []
        algorithm = Algorithm(
            name="looker", title="Looker", text="Looks.", parameters=(DURATION,), rules=(),
            plan=lambda request: Plan(schedule=Schedule((), ())),
            goal=lambda parent, around, patience_ns: Goal(target_qty=parent.terms.order_qty),
            tactic=self.look,
        )  # fmt: skip
        self.scene = Scene()
        self.scene.partition = Partition(
            number=0, instruments=TABLE, calendars={"XNYS": CALENDAR},
            policy=Policy(stale_ns=60 * S), partition_of=lambda symbol: 0,
            algorithms={**ALGORITHMS, "looker": algorithm},
        )  # fmt: skip
        self.scene.partition.take(0, BEGIN_NS)
        self.scene.venue("XA", VenueState.LIVE)

    def look(self, parent: Parent, around: Surroundings, due: Due) -> Step:
        self.looks.append((around.now_ns - BEGIN_NS) // MS)
        return Step(reason=WaitReason.NO_LIQUIDITY, watch_ns=around.now_ns + THROTTLE_NS)

    def quote(self, at_ms: int, symbol: str = "IBM") -> None:
        self.scene.step_to(BEGIN_NS + at_ms * MS)
        self.scene.show(Quote(symbol, "XA", 9_999, 500, 10_000, 500, self.scene.now_ns))
        self.scene.step_to(self.scene.now_ns)


def test_a_quote_wakes_who_watches_at_most_so_often() -> None:
    watched = Watched()
    watched.scene.ask(new_parent("A", end_s=60, algo="looker"))
    for at_ms in (10, 20, 30, 300, 310, 900):
        watched.quote(at_ms)
    watched.scene.step_to(BEGIN_NS + 2 * S)
    # at 100 for the three before it, at once at 300, at 400 for that of 310, at once at 900
    assert watched.looks == [0, 100, 300, 400, 900]


def test_a_print_wakes_too_and_another_symbol_does_not() -> None:
    watched = Watched()
    watched.scene.ask(new_parent("A", end_s=60, algo="looker"))
    watched.quote(200, "RND")
    assert watched.looks == [0]
    watched.scene.show(Trade("IBM", "XA", 10_000, 100, watched.scene.now_ns))
    watched.scene.step_to(watched.scene.now_ns)
    assert watched.looks == [0, 200]


def test_who_has_ended_watches_no_more() -> None:
    watched = Watched()
    watched.scene.ask(new_parent("A", end_s=1, algo="looker"))
    watched.scene.ask(new_parent("B", end_s=60, algo="looker"))
    watched.scene.ask(
        CancelParent(source="OMS", cl_ord_id="C", orig_cl_ord_id="B", symbol="IBM", sent_ns=0)
    )
    watched.scene.step_to(BEGIN_NS + 2 * S)
    looks = list(watched.looks)
    watched.quote(3_000)
    assert watched.looks == looks
    assert not watched.scene.partition.watches


def test_who_is_paused_is_not_woken() -> None:
    watched = Watched()
    watched.scene.ask(new_parent("A", end_s=60, algo="looker", start_s=30))
    watched.quote(3_000)
    assert watched.looks == []


class Unwalked(dict[str, dict[str, Parent]]):
    """Watchers of a symbol that nobody may look at."""

    def get(self, *key: object) -> Never:
        raise AssertionError("watchers were looked for")


@pytest.mark.parametrize("parents", [1, 200])
def test_market_data_costs_the_same_for_those_who_do_not_watch(parents: int) -> None:
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    for number in range(parents):
        scene.ask(new_parent(f"I{number}", start_s=3_600, end_s=7_200))
    progress = scene.partition._progress
    assert not progress.watchers
    progress.watchers = Unwalked()
    scene.show(Quote("IBM", "XA", 9_999, 500, 10_000, 500, BEGIN_NS))
    progress.watchers = Unwalked({"RND": {}})
    scene.show(Quote("IBM", "XA", 9_999, 500, 10_000, 500, BEGIN_NS + 1))
