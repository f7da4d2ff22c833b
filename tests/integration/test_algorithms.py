"""Every algorithm over the whole path: FIX in, a real Kafka, venues over FIX, FIX out, TCA.

All of them at once, on both sides of one symbol and of another, so that orders of ours stand in
each other's way too.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from algos.catalogue import ALGORITHMS
from bus.topics import Topic
from domain.fix_codes import ExecType, OrdStatus
from domain.instruments import Side
from domain.parents import NewParent, ParamValue
from domain.reports import ParentPlan, ParentReport
from tests.integration.reconciliation import reconcile
from tests.integration.system import System

pytestmark = pytest.mark.slow

QUANTITY: Final = 1_000
MINUTES: Final = 12.0
CROSS: Final[dict[str, ParamValue]] = {"completion": "cross"}
PARAMS: Final[dict[str, dict[str, ParamValue]]] = {
    "twap": {**CROSS, "style": "normal", "interval": 30},
    "vwap": {**CROSS, "style": "normal"},
    "pov": {**CROSS, "target_participation": 0.2, "style": "aggressive"},
    "is": {**CROSS, "urgency": "H", "style": "aggressive"},
    "close": {**CROSS},
    "iceberg": {**CROSS, "display_qty": 200},
    "pegged": {**CROSS, "peg": "primary"},
    "sniper": {**CROSS},
    "adaptive": {**CROSS},
    "auto": {**CROSS},
}


@pytest.fixture(scope="module")
def system(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(kafka_bootstrap, tmp_path_factory.mktemp("algorithms")) as found:
        yield found


@pytest.fixture(scope="module")
def orders(system: System) -> dict[str, NewParent]:
    """One of each, sent together, when all are over."""
    sides = (Side.BUY, Side.SELL)
    sent = {
        algo: system.send(
            quantity=QUANTITY, minutes=MINUTES, algo=algo, params=params, side=sides[number % 2]
        )
        for number, (algo, params) in enumerate(PARAMS.items())
    }
    system.wait_end(*sent.values())
    return sent


def test_every_algorithm_is_here() -> None:
    assert set(PARAMS) == set(ALGORITHMS)


@pytest.mark.parametrize("algo", PARAMS)
def test_it_completes_and_all_agree(
    system: System, orders: dict[str, NewParent], algo: str
) -> None:
    reconcile(system, orders[algo])
    assert system.oms(orders[algo]).ord_status is OrdStatus.FILLED


@pytest.mark.parametrize("algo", PARAMS)
def test_its_acceptance_says_what_is_expected_and_its_plan_why(
    system: System, orders: dict[str, NewParent], algo: str
) -> None:
    order_id = system.oms(orders[algo]).order_id
    said = [each for _, each in system.log.of(Topic.REPORTS)]
    accepted = [
        each for each in said
        if isinstance(each, ParentReport) and each.order_id == order_id
        and each.exec_type is ExecType.NEW
    ]  # fmt: skip
    plans = [each for each in said if isinstance(each, ParentPlan) and each.order_id == order_id]
    assert [each.estimate is None for each in accepted] == [False]
    assert plans[0].reason == "accepted"
    assert (accepted[0].algo == algo) is (algo != "auto")
