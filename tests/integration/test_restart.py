"""Kill any process in the middle of an order: the order completes and every share is told once."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bus.topics import Topic
from domain.children import ReplaceChild
from domain.fix_codes import OrdStatus
from domain.parents import NewParent
from headgate.launcher import free_port
from tests.integration.kafka_broker import KafkaBroker
from tests.integration.reconciliation import reconcile
from tests.integration.system import WAIT_S, System

pytestmark = pytest.mark.slow

QUANTITY = 20_000
A_THIRD = QUANTITY // 3
BROKER_AWAY_S = 3.0


@pytest.fixture(scope="module")
def system(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(kafka_bootstrap, tmp_path_factory.mktemp("restart")) as found:
        yield found


def completes(system: System, order: NewParent) -> None:
    system.wait_end(order)
    reconcile(system, order)
    assert system.oms(order).ord_status is OrdStatus.FILLED


@pytest.mark.parametrize("name", ["worker", "venues", "oms", "venuesim"])
def test_kill_in_the_middle_of_an_order(system: System, name: str) -> None:
    system.wait_ready()
    order = system.send(quantity=QUANTITY)
    system.wait_filled(order, A_THIRD)
    system.kill(name)
    completes(system, order)


def test_kill_while_an_order_rests_and_is_re_priced(system: System) -> None:
    system.wait_ready()
    order = system.send(
        quantity=QUANTITY, algo="pegged",
        params={"peg": "mid", "method": "synthetic", "reprice_interval": 0.5,
                "completion": "cross"},
    )  # fmt: skip
    for number, name in enumerate(("worker", "venues"), start=1):
        system.wait_filled(order, number * A_THIRD)
        system.kill(name)
    completes(system, order)
    commands = [each for _, each in system.log.of(Topic.CHILDREN)]
    order_id = system.oms(order).order_id
    assert any(isinstance(each, ReplaceChild) and each.order_id == order_id for each in commands)


def test_cut_the_venues_connections(system: System) -> None:
    system.wait_ready()
    order = system.send(quantity=QUANTITY)
    for shares in (A_THIRD, 2 * A_THIRD):
        system.wait_filled(order, shares)
        system.signal("venuesim", signal.SIGUSR1)
    completes(system, order)


def test_kill_all_of_them_in_turn(system: System) -> None:
    system.wait_ready()
    order = system.send(quantity=QUANTITY, minutes=16)
    for number, name in enumerate(("worker", "venues", "oms", "venuesim", "tca"), start=1):
        system.wait_filled(order, number * QUANTITY // 8)
        system.kill(name)
    completes(system, order)


def test_a_second_worker_takes_over_and_the_first_one_ends(system: System) -> None:
    system.wait_ready()
    order = system.send(quantity=QUANTITY)
    system.wait_filled(order, A_THIRD)
    supervised = system.launcher.children["worker"]
    first, restarts = supervised.process, supervised.restarts
    supervised.http_port = free_port()
    supervised.process = system.launcher.spawn("worker", supervised.http_port)
    try:
        system.until(lambda: first.poll() is not None, "the end of the superseded worker")
    finally:
        first.kill()
    assert first.wait(WAIT_S) == 1
    assert "superseded" in system.process_log("worker")
    completes(system, order)
    assert supervised.restarts == restarts


def test_a_paused_worker_wakes_up_superseded(system: System) -> None:
    system.wait_ready()
    order = system.send(quantity=QUANTITY)
    system.wait_filled(order, A_THIRD)
    supervised = system.launcher.children["worker"]
    first = supervised.process
    first.send_signal(signal.SIGSTOP)
    try:
        supervised.http_port = free_port()
        supervised.process = system.launcher.spawn("worker", supervised.http_port)
        system.wait_filled(order, 2 * A_THIRD)  # by the second worker
        first.send_signal(signal.SIGCONT)
        system.until(lambda: first.poll() is not None, "the end of the superseded worker")
    finally:
        first.kill()
    assert first.wait(WAIT_S) == 1
    completes(system, order)


def test_the_broker_is_killed_in_the_middle_of_an_order(
    own_kafka: KafkaBroker, tmp_path: Path
) -> None:
    with System(own_kafka.bootstrap, tmp_path, comp_id="OMS2") as system:
        order = system.send(quantity=QUANTITY, minutes=60)
        system.wait_filled(order, QUANTITY // 20)
        own_kafka.kill()
        system.settle(BROKER_AWAY_S)
        own_kafka.restart()
        system.wait_filled(order, system.oms(order).filled_qty + QUANTITY // 20)
        # However long that took: from here on it need not be slow.
        system.replace(order, minutes=14)
        completes(system, order)
