"""The reference strategy: equal slices, market orders, nothing else; and nobody may order it."""

from datetime import date

import pytest

from algos.catalogue import ALGORITHMS
from bus.topics import Topic
from domain.children import NewChild
from domain.fix_codes import OrdType
from headgate.calendars import load_calendar
from headgate.settings import Settings
from simulation.case import Case, prepare
from simulation.market_twap import MARKET_TWAP
from simulation.reconciliation import reconcile
from simulation.scenario import scenario_of
from tests.algos.partition_scene import S
from tests.algos.plan_scene import planned


def test_slices_are_equal_and_evenly_spaced_from_the_start() -> None:
    schedule = planned(MARKET_TWAP, 12_000, minutes=10).schedule
    assert schedule.times_ns == tuple(30 * S * number for number in range(20))
    assert schedule.cum_qty == tuple(600 * number for number in range(1, 21))


def test_a_worker_does_not_know_it() -> None:
    assert MARKET_TWAP.name not in ALGORITHMS


@pytest.mark.slow
def test_every_child_is_a_market_order_and_the_books_agree() -> None:
    scenario = scenario_of({
        "name": "reference",
        "market": {"preset": "mid", "symbols": [{"symbol": "AAA"}], "warm_up_s": 30},
        "venues": [{"name": "ALPHA"}, {"name": "BETA"}],
        "orders": [{"id": "O", "symbol": "AAA", "side": "sell", "quantity": 4_000,
                    "algo": "market_twap", "start": "11:00", "window_s": 240}],
    })  # fmt: skip
    day = date.fromisoformat(scenario.market.date)
    calendar = load_calendar("XNYS", day, day)
    run = prepare(Case(scenario=scenario, seed=3), calendar, Settings()).play()
    assert reconcile(run).broken == []
    assert [cost.cum_qty for cost in run.finals] == [4_000]
    children = [each for each in run.records(Topic.CHILDREN) if isinstance(each, NewChild)]
    assert {each.ord_type for each in children} == {OrdType.MARKET}
    assert len(children) >= 8
    assert children[0].order_qty == 500
