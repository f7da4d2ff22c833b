"""The books of a run are held against each other: each thing that can be wrong is found."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import msgspec
import pytest

from bus.topics import Topic
from domain.children import NewChild
from domain.executions import Execution
from domain.fix_codes import ExecType, OrdStatus
from domain.reports import ParentReport
from simulation.fix_port import FixPort
from simulation.reconciliation import reconcile
from simulation.runner import Simulation
from tests.simulation.scenarios_of_tests import ORDER, ready, scenario


@pytest.fixture(scope="module")
def played() -> Simulation:
    """A run without faults whose order fills."""
    return ready(scenario(orders=[{**ORDER, "quantity": 600, "window_s": 40}])).play()


def place(run: Simulation) -> int:
    return run.log.partition_of("MID")


def last(run: Simulation, topic: Topic, kind: type[msgspec.Struct], **fields: object) -> object:
    """The last record of a kind that has these fields."""
    wanted = fields.items()
    for each in reversed(run.records(topic)):
        if isinstance(each, kind) and all(getattr(each, name) == it for name, it in wanted):
            return each
    raise AssertionError(f"no {kind.__name__} with {fields}")


def port(run: Simulation) -> FixPort:
    assert isinstance(run.port, FixPort)
    return run.port


def lose_a_fill_of_the_venue(run: Simulation) -> None:
    port(run).fills.pop()


def trade_more_at_the_venue(run: Simulation) -> None:
    fills = port(run).fills
    fills.append(msgspec.structs.replace(fills[-1], exec_id="ALPHA-x"))


def charge_other_fees(run: Simulation) -> None:
    fills = port(run).fills
    fills[0] = msgspec.structs.replace(fills[0], fee=fills[0].fee + 1)


def send_an_order_twice(run: Simulation) -> None:
    port(run).orders.append(port(run).orders[0])


def miscount_in_tca(run: Simulation) -> None:
    ((order_id, cost),) = run.final_costs.items()
    run.final_costs[order_id] = msgspec.structs.replace(cost, cum_qty=cost.cum_qty - 1)


def forget_in_tca(run: Simulation) -> None:
    run.final_costs.clear()


def append(run: Simulation, topic: Topic, message: object, **changes: object) -> None:
    assert isinstance(message, msgspec.Struct)
    run.log.append(topic, place(run), msgspec.structs.replace(message, **changes))


def decide_a_child_twice(run: Simulation) -> None:
    append(run, Topic.CHILDREN, last(run, Topic.CHILDREN, NewChild))


def decide_more_than_was_ordered(run: Simulation) -> None:
    child = last(run, Topic.CHILDREN, NewChild)
    append(run, Topic.CHILDREN, child, cl_ord_id="more", order_qty=100)


def report_a_fill_twice(run: Simulation) -> None:
    append(run, Topic.REPORTS, last(run, Topic.REPORTS, ParentReport, exec_type=ExecType.TRADE))


def report_a_fill_that_was_none(run: Simulation) -> None:
    report = last(run, Topic.REPORTS, ParentReport, exec_type=ExecType.TRADE)
    append(run, Topic.REPORTS, report, exec_id="F.x")


def say_that_it_never_ended(run: Simulation) -> None:
    report = last(run, Topic.REPORTS, ParentReport, exec_type=ExecType.NEW)
    append(run, Topic.REPORTS, report, ord_status=OrdStatus.PARTIALLY_FILLED, cum_qty=600)


def change_an_execution(run: Simulation) -> None:
    said = last(run, Topic.EXECUTIONS, Execution, exec_type=ExecType.TRADE)
    append(run, Topic.EXECUTIONS, said, last_qty=1)


def tell_of_a_child_that_is_none(run: Simulation) -> None:
    said = last(run, Topic.EXECUTIONS, Execution, exec_type=ExecType.TRADE)
    append(run, Topic.EXECUTIONS, said, cl_ord_id="nobody")


def overfill(run: Simulation) -> None:
    said = last(run, Topic.EXECUTIONS, Execution, exec_type=ExecType.TRADE)
    append(run, Topic.EXECUTIONS, said, exec_id="over", last_qty=10_000)


def send_another_order(run: Simulation) -> None:
    run.requests = [*run.requests, run.requests[0]]


FAULTS: list[tuple[Callable[[Simulation], None], str]] = [
    (lose_a_fill_of_the_venue, "I6: ("),
    (trade_more_at_the_venue, "is not in the log"),
    (charge_other_fees, "I6: ("),
    (send_an_order_twice, "I4: "),
    (miscount_in_tca, "I7: A: "),
    (forget_in_tca, "'TCA': None"),
    (decide_a_child_twice, "was decided twice"),
    (decide_more_than_was_ordered, "I1: "),
    (report_a_fill_twice, "was reported twice"),
    (report_a_fill_that_was_none, "I7: F.x says"),
    (say_that_it_never_ended, "never ended"),
    (change_an_execution, "has two contents"),
    (tell_of_a_child_that_is_none, "was never decided"),
    (overfill, "I2: "),
    (send_another_order, "2 orders were sent, 1 answered"),
]


def test_a_good_run_has_nothing_wrong(played: Simulation) -> None:
    found = reconcile(played)
    assert found.broken == []
    assert found.exposure.checks > 5
    assert found.oms.orders


@pytest.mark.parametrize(("fault", "told"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_wrong_is_found(
    played: Simulation, fault: Callable[[Simulation], None], told: str
) -> None:
    run = replace_books(played)
    fault(run)
    assert any(told in text for text in reconcile(run).broken), reconcile(run).broken


def replace_books(played: Simulation) -> Simulation:
    """The same run with books of its own, so that a test may spoil them."""
    run = object.__new__(Simulation)
    for name in ("requests", "rejects", "dead_letters", "final_costs"):
        setattr(run, name, deepcopy(getattr(played, name)))
    run.log = replace(played.log, broker=deepcopy(played.log.broker))
    run.port = replace(port(played), fills=list(played.port.fills), orders=list(played.port.orders))
    return run
