"""The running system in an operator's hands: kill switch, commands, health, draining."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from bus.topics import Topic
from domain.children import NewChild
from domain.control import KillProgress
from domain.fix_codes import ExecType, OrdStatus
from domain.parents import NewParent
from domain.refusals import WaitReason
from domain.reports import ParentReport, ParentWaiting
from gateway.oms_ledger import OrderReport, RequestRejected
from headgate.metrics import build
from headgate.settings import HttpSettings, Settings
from tests.integration.reconciliation import reconcile
from tests.integration.system import MINUTE_NS, WAIT_S, System, processes_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def system(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(kafka_bootstrap, tmp_path_factory.mktemp("operations"), comp_id="DESK") as found:
        yield found


def answer_to(system: System, cl_ord_id: str, *kinds: ExecType) -> OrderReport:
    """The first ExecutionReport under this ClOrdID of one of these kinds."""

    def found() -> list[OrderReport]:
        return [
            each
            for each in system.answers
            if isinstance(each, OrderReport)
            and each.cl_ord_id == cl_ord_id
            and each.exec_type in kinds
        ]

    system.until(lambda: bool(found()), f"{kinds} for {cl_ord_id}")
    return found()[0]


def waits(system: System, order: NewParent) -> list[WaitReason]:
    return [
        each.reason
        for each in system.log.messages[Topic.REPORTS]
        if isinstance(each, ParentWaiting) and each.order_id == system.oms(order).order_id
    ]


def new_children(system: System) -> int:
    return sum(isinstance(each, NewChild) for each in system.log.messages[Topic.CHILDREN])


# -- orders over FIX


def test_an_order_is_replaced_asked_about_and_cancelled_over_fix(system: System) -> None:
    order = system.send(quantity=4_000, minutes=60, limit_px=Decimal("200.00"))
    answer_to(system, order.cl_ord_id, ExecType.NEW)
    system.wait_filled(order, 100)
    bigger = system.replace(order, quantity=6_000)
    assert answer_to(system, bigger, ExecType.REPLACED).order_qty == 6_000
    order = msgspec.structs.replace(order, cl_ord_id=bigger)
    # A limit that no offer meets, and an end of its own.
    bound = system.replace(order, limit_px=Decimal("150.00"), minutes=30)
    answer_to(system, bound, ExecType.REPLACED)
    order = msgspec.structs.replace(order, cl_ord_id=bound)
    system.until(lambda: waits(system, order)[-1:] == [WaitReason.ABOVE_LIMIT], "above its limit")
    before = system.oms(order).filled_qty
    system.client.status(bound, "IBM", order.side)
    status = answer_to(system, bound, ExecType.ORDER_STATUS)
    assert status.order_qty == 6_000
    assert (status.ord_status, status.cum_qty, status.leaves_qty) == (
        OrdStatus.PARTIALLY_FILLED, before, 6_000 - before,
    )  # fmt: skip
    last = [
        each
        for each in system.log.messages[Topic.REPORTS]
        if isinstance(each, ParentReport) and each.cl_ord_id == bound
    ][-1]
    assert last.limit_px == Decimal("150.00")
    assert last.end_ns is not None
    assert last.end_ns < (order.end_ns or 0) - 10 * MINUTE_NS
    cancel = system.cancel(order)
    system.wait_end(order)
    cancelled = answer_to(system, cancel, ExecType.CANCELED)
    assert (cancelled.cum_qty, cancelled.leaves_qty) == (before, 0)
    reconcile(system, order)


def test_a_cancel_or_replace_of_what_is_over_is_refused(system: System) -> None:
    order = system.send(quantity=100, minutes=1)
    system.wait_end(order)
    names = [system.cancel(order), system.replace(order, minutes=5)]

    def refusals() -> list[RequestRejected]:
        return [each for each in system.answers
                if isinstance(each, RequestRejected) and each.cl_ord_id in names]  # fmt: skip

    system.until(lambda: len(refusals()) == 2, "two refusals")
    assert all((each.text or "").startswith("too_late") for each in refusals())


def test_a_window_that_is_cut_short_is_traded_by_its_new_end(system: System) -> None:
    order = system.send(quantity=2_000, minutes=120)
    answer_to(system, order.cl_ord_id, ExecType.NEW)
    system.replace(order, minutes=3)
    began_ns = system.clock.now_ns()
    system.wait_end(order)
    assert system.oms(order).ord_status is OrdStatus.FILLED
    assert system.clock.now_ns() - began_ns < 10 * MINUTE_NS


# -- orders on the command line


def test_orders_on_the_command_line(system: System) -> None:
    name = system.new_id("CLI")
    new = ("order", "new", "--id", name, "--symbol", "AAPL", "--side", "sell")
    made = system.run(*new, "--quantity", "3000", "--minutes", "60")
    assert (made.returncode, made.stderr) == (0, "")
    assert f"{name}: new" in made.stdout
    again = system.run(*new, "--quantity", "3000")
    assert again.returncode == 1
    assert "duplicate_order" in again.stdout
    wrong = system.run("order", "new", "--id", name + "x", "--symbol", "AAPL", "--side", "sell",
                       "--quantity", "150")  # fmt: skip
    assert (wrong.returncode, "off_lot order_qty" in wrong.stdout) == (1, True)
    of = ("--orig", name, "--symbol", "AAPL")
    paused = system.run("order", "pause", "--id", name + "p", *of)
    assert (paused.returncode, "suspended" in paused.stdout) == (0, True)
    resumed = system.run("order", "resume", "--id", name + "r", *of)
    assert (resumed.returncode, "restated" in resumed.stdout) == (0, True)
    replaced = system.run("order", "replace", "--id", name + "q", *of, "--quantity", "2000")
    assert replaced.returncode == 0, replaced.stdout + replaced.stderr
    of = ("--orig", name + "q", "--symbol", "AAPL")
    cancelled = system.run("order", "cancel", "--id", name + "c", *of)
    assert cancelled.returncode == 0, cancelled.stdout + cancelled.stderr

    def listed() -> str:
        found = system.run("order", "list")
        assert found.returncode == 0
        return next(line for line in found.stdout.splitlines() if f"CLI {name}c" in line)

    deadline_s = time.monotonic() + WAIT_S
    while "canceled" not in listed():
        assert time.monotonic() < deadline_s, listed()
    assert "sell 2000 AAPL twap" in listed()


def test_topics_may_be_created_again(system: System) -> None:
    again = system.run("topics", "create")
    assert again.returncode == 0
    lines = again.stdout.splitlines()
    assert len(lines) == len(Topic)
    assert all(line.endswith("exists") for line in lines)


def test_an_unknown_key_of_the_settings_is_refused_by_its_name(tmp_path: Path) -> None:
    settings = tmp_path / "headgate.toml"
    settings.write_text("[worker]\nindx = 1\n")
    for command in (["worker"], ["gateway", "--role", "oms"], ["venuesim"], ["tca"], ["up"]):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "headgate", *command, "--settings", str(settings)],
            capture_output=True, text=True, check=False, timeout=WAIT_S,
        )  # fmt: skip
        assert done.returncode == 2
        assert "indx" in done.stderr
        assert "Traceback" not in done.stderr


# -- the kill switch


def test_the_kill_switch_empties_the_venues_until_it_is_lifted(system: System) -> None:
    order = system.send(quantity=20_000, minutes=30)
    system.wait_filled(order, 2_000)
    killed = system.run("kill", "--reason", "test", "--author", "op", "--wait-s", "20")
    assert killed.returncode == 0, killed.stdout + killed.stderr
    assert killed.stdout.splitlines()[-1] == "venues:ALPHA,BETA: 0 children open, 0 shares"
    told = [m for m in system.log.messages[Topic.CONTROL] if isinstance(m, KillProgress)]
    assert (told[-1].open_children, told[-1].open_qty) == (0, 0)
    system.until(lambda: waits(system, order)[-1:] == [WaitReason.KILLED], "killed")
    sent, done = new_children(system), system.oms(order).filled_qty
    refused = system.send(quantity=100, minutes=5)
    assert (answer_to(system, refused.cl_ord_id, ExecType.REJECTED).text or "").startswith("killed")
    system.kill("worker")  # it holds over a restart of either
    system.kill("venues")
    system.settle(1.0)
    system.wait_ready()
    system.settle(1.0)
    assert (new_children(system), system.oms(order).filled_qty) == (sent, done)
    other = system.run("rearm", "--reason", "another scope", "--author", "op", "--symbol", "IBM")
    assert other.returncode == 1
    assert "engaged: symbol every, venue every" in other.stderr
    system.settle(0.5)
    assert new_children(system) == sent
    assert system.run("rearm", "--reason", "all good", "--author", "op").returncode == 0
    system.wait_filled(order, done + 100)
    system.replace(order, minutes=6)
    system.wait_end(order)
    assert system.oms(order).ord_status is OrdStatus.FILLED
    reconcile(system, order)


# -- health, draining, nothing left


@pytest.mark.parametrize("name", ["venuesim", "venues", "oms", "worker", "tca"])
def test_a_process_tells_how_it_is_and_of_which_build(system: System, name: str) -> None:
    system.wait_ready()
    for path in ("/livez", "/readyz"):
        status, body = system.http(name, path)
        assert (status, msgspec.json.decode(body)["ok"]) == (200, True)
    status, body = system.http(name, "/metrics")
    assert status == 200
    [info] = re.findall(r"^headgate_build_info\{(.*)\} 1\.0$", body, re.MULTILINE)
    labels = dict(re.findall(r'(\w+)="([^"]*)"', info))
    assert (labels["process"], labels["build"]) == (name, build())
    own = msgspec.structs.replace(
        system.settings, http=HttpSettings(port=system.launcher.children[name].http_port)
    )
    # A process reads its settings from a file, as here: a Decimal may be spelled another way.
    read_back = msgspec.json.decode(msgspec.json.encode(own), type=Settings)
    assert labels["settings_hash"] == read_back.hash()
    assert system.http(name, "/secrets")[0] == 404


def test_sigterm_in_the_middle_of_an_order_drains_each_process(system: System) -> None:
    system.wait_ready()
    order = system.send(quantity=10_000, minutes=14)
    for number, name in enumerate(("worker", "venues", "oms", "tca", "venuesim"), start=1):
        system.wait_filled(order, number * 1_000)
        print(f"{name}: drained in {system.terminate(name):.2f} s")
    system.wait_end(order)
    assert system.oms(order).ord_status is OrdStatus.FILLED
    reconcile(system, order)


def test_nothing_is_left_behind(kafka_bootstrap: str, tmp_path: Path) -> None:
    with System(kafka_bootstrap, tmp_path, comp_id="LAST") as system:
        children = list(system.launcher.children.values())
        assert len(processes_of(str(tmp_path))) == len(children)
    assert [child.process.returncode for child in children] == [0] * len(children)
    assert processes_of(str(tmp_path)) == []
