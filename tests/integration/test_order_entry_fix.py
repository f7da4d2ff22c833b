"""Order entry as a process on a real Kafka, against an OMS that is not QuickFIX."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

from bus.admin import create_topics
from bus.codec import decode, encode
from bus.kafka import KafkaLog
from bus.log import BEGINNING, BusFailed, OnAck, Record
from bus.memory import Broker, MemoryLog
from bus.topics import Topic
from domain.fix_codes import ExecType, OrdStatus, OrdType
from domain.fix_message import timestamp_text
from domain.instruments import Side
from domain.parents import CancelParent, NewParent, ReplaceParent
from domain.reports import ParentReport
from gateway.inbound_mark import MarkJournal
from gateway.oms_client import Login, OmsClient
from gateway.oms_ledger import Answer, OrderReport, RequestRejected
from gateway.oms_process import OmsProcess
from headgate.settings import BusSettings, OmsSessionSettings, OmsSettings, Settings
from headgate.telemetry import Health
from tests.integration.kafka_broker import PORTS
from tests.integration.scripted_oms import ScriptedOms

ROOT = Path(__file__).resolve().parents[2]
RUN = (
    "import sys; from pathlib import Path; from gateway.oms_process import run; "
    "from headgate.settings import load_settings; "
    "sys.exit(run(load_settings(Path(sys.argv[1]), {})))"
)
WAIT_S = 30.0
COUNTER = iter(range(1_000_000))
Pairs = list[tuple[int, object]]


def free_port() -> int:
    """A port that no outgoing connection can be given before the process listens on it."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class OrderEntryProcess:
    """`gateway.oms_process` in a process of its own, on topics of its own."""

    def __init__(self, directory: Path, bootstrap: str) -> None:
        self.directory = directory
        self.prefix = f"oe-{os.getpid()}-{next(COUNTER)}"
        self.bus = BusSettings(bootstrap_servers=bootstrap, prefix=self.prefix, partitions=2)
        create_topics(self.bus)
        self.port = free_port()
        self.settings = directory / "headgate.toml"
        self.settings.write_text(
            f'[bus]\nbootstrap_servers = "{bootstrap}"\nprefix = "{self.prefix}"\npartitions = 2\n'
            f'[oms]\nport = {self.port}\nstore_dir = "{directory / "store"}"\n'
            '[[oms.sessions]]\ncomp_id = "OMS"\n'
            '[[oms.sessions]]\ncomp_id = "SAFE"\nusername = "desk"\npassword = "secret"\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "subprocess.Popen[bytes]":
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN, str(self.settings)], cwd=ROOT, stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        return self.process

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(WAIT_S)

    def terminate(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def log(self) -> str:
        return (self.directory / "log").read_text()


class Worker:
    """The bus as the worker has it: reads `parents`, writes `reports`."""

    def __init__(self, bus: BusSettings) -> None:
        self.log = KafkaLog(bus, "test-worker")
        self.parents: list[NewParent | CancelParent | ReplaceParent] = []
        self._execs = 0
        where = [(Topic.PARENTS, partition) for partition in range(self.log.partitions())]
        self.log.assign(dict.fromkeys(where, BEGINNING))

    def wait_parents(self, count: int) -> None:
        deadline = time.monotonic() + WAIT_S
        while len(self.parents) < count:
            assert time.monotonic() < deadline, self.parents
            self._take(self.log.poll(0.1))

    def settle(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._take(self.log.poll(0.05))

    def report(self, cl_ord_id: str, kind: str, status: str, cum: int = 0, last: int = 0,
               orig: str | None = None, qty: int = 1000) -> str:  # fmt: skip
        self._execs += 1
        exec_id = f"P-{cl_ord_id}-{self._execs}"
        closed = status in ("4", "8", "C")
        report = ParentReport(
            claim=1, order_id="P1", source="FIX:OMS", cl_ord_id=cl_ord_id, orig_cl_ord_id=orig,
            exec_id=exec_id, exec_type=ExecType(kind), ord_status=OrdStatus(status), symbol="IBM",
            side=Side.BUY, order_qty=Decimal(qty), cum_qty=cum,
            leaves_qty=0 if closed else qty - cum,
            avg_px=Decimal("10.5" if cum else 0), algo="twap", last_qty=last,
            last_px=Decimal("10.5") if last else None, venue="XSIM" if last else None,
            transact_ns=time.time_ns(),
        )  # fmt: skip
        self.log.append(Topic.REPORTS, "IBM", encode(Topic.REPORTS, report))
        self.log.flush(WAIT_S)
        return exec_id

    def _take(self, records: list[Record]) -> None:
        self.parents += [decode(Topic.PARENTS, record.value) for record in records]


@pytest.fixture
def entry(tmp_path: Path, kafka_bootstrap: str) -> Iterator[OrderEntryProcess]:
    process = OrderEntryProcess(tmp_path, kafka_bootstrap)
    process.start()
    yield process
    print(process.log())  # shown if the test fails
    if process.process is not None and process.process.poll() is None:
        process.kill()


@pytest.fixture
def worker(entry: OrderEntryProcess) -> Iterator[Worker]:
    found = Worker(entry.bus)
    yield found
    found.log.close()


def order(cl_ord_id: str, *changed: tuple[int, object]) -> Pairs:
    """A TWAP of 1000 IBM; None takes a field out."""
    fields: dict[int, object] = {
        11: cl_ord_id, 55: "IBM", 54: 1, 60: timestamp_text(time.time_ns()), 38: 1000, 40: 1,
        847: 1000, **dict(changed),
    }  # fmt: skip
    return [(tag, value) for tag, value in fields.items() if value is not None]


def test_an_order_and_what_may_be_said_of_it(entry: OrderEntryProcess, worker: Worker) -> None:
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        oms.send("F", [(11, "C0"), (41, "A"), (55, "IBM"), (54, 1), (60, "20261122-15:00:00")])
        unknown = oms.answer("9", 11, "C0")
        assert (unknown.get(37), unknown.get(39), unknown.get(102)) == ("NONE", "8", "1")
        group: Pairs = [(957, 2), (958, "slices"), (959, 1), (960, 5),
                        (958, "max_participation"), (959, 11), (960, "0.05")]  # fmt: skip
        oms.send("D", [*order("A"), *group])
        worker.wait_parents(1)
        [new] = worker.parents
        assert isinstance(new, NewParent)
        assert (new.source, new.algo, new.order_qty) == ("FIX:OMS", "twap", Decimal(1000))
        assert new.params == {"slices": 5, "max_participation": 0.05}
        oms.send("H", [(11, "A"), (55, "IBM"), (54, 1)])
        assert oms.answer("8", 150, "I").get(39) == "A"
        worker.report("A", "0", "0")
        assert oms.answer("8", 150, "0").get(37) == "P1"
        worker.report("A", "F", "1", cum=400, last=400)
        fill = oms.answer("8", 150, "F")
        assert [fill.get(tag) for tag in (14, 151, 32, 31, 6, 30)] == [
            "400", "600", "400", "10.5", "10.5", "XSIM"
        ]  # fmt: skip
        oms.send("D", order("A", (38, 2000)))
        duplicate = oms.answer("8", 150, "8")
        assert [duplicate.get(tag) for tag in (39, 103, 38, 14)] == ["1", "6", "1000", "400"]
        oms.send("D", [(97, "Y"), *order("A")])
        assert oms.answer("8", 150, "I").get(39) == "1"
        oms.send("D", [(97, "Y"), *order("B", (847, 77))])
        worker.wait_parents(2)
        assert getattr(worker.parents[1], "algo", None) == "847=77"
        oms.send("D", order("C", (38, "abcd"), (126, "20261122-21:00:00")))
        assert oms.answer("3", 371, 38).get(373) == "6"
    assert entry.terminate() == 0, entry.log()


BAD_FIELDS: dict[str, tuple[Pairs, str]] = {
    "no such tag": ([(9999, 1)], "0"),
    "user-defined tag": ([(5001, 1)], "0"),
    "required tag missing": ([(54, None)], "1"),
    "not for this type": ([(132, "10")], "2"),
    "no value": ([(1, "")], "4"),
    "value out of range": ([(54, "Z")], "5"),
    "wrong type": ([(38, "1e5x")], "6"),
    "wrong time": ([(126, "tomorrow")], "6"),
}
DOUBLE_FIELDS: dict[str, tuple[Pairs, str]] = {
    "tag twice": ([(55, "IBM")], "13"),
    "header in body": ([(50, "desk")], "14"),
    "group count": ([(957, 2), (958, "a"), (959, 1), (960, 1)], "16"),
}
CODED: dict[str, tuple[Pairs, str]] = {
    "market with price": ([(44, "10")], "malformed Price(44)"),
    "limit without price": ([(40, "2")], "missing_field Price(44)"),
    "no symbol": ([(55, None)], "missing_field Symbol(55)"),
    "no quantity": ([(38, None)], "missing_field OrderQty(38)"),
    "parameter of no algorithm": ([(847, None), (849, "0.1")], "missing_field TargetStrategy(847)"),
    "short sale": ([(54, "5")], "unsupported Side(54)"),
    "immediate": ([(59, "3")], "unsupported TimeInForce(59)"),
    "percent of volume": ([(18, "D")], "unsupported ExecInst(18)"),
    "parameter text": ([(848, "slices")], "malformed TargetStrategyParameters(848)"),
    "parameter twice": ([(848, "a=1;a=2")], "bad_parameter TargetStrategyParameters(848)"),
    "long parameters": ([(848, "a=" + "x" * 5_000)], "field_too_long TargetStrategyParameters"),
    "whole message": ([(58, "x" * 300_000)], "oversized BodyLength(9)"),
}


def test_bad_input_is_refused_by_name_and_the_session_goes_on(
    entry: OrderEntryProcess, worker: Worker
) -> None:
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        for name, (changed, reason) in BAD_FIELDS.items():
            seq = oms.send("D", order("bad", *changed))
            assert oms.answer("3", 45, seq).get(373) == reason, name
        for name, (added, reason) in DOUBLE_FIELDS.items():
            seq = oms.send("D", [*order("bad"), *added])
            assert oms.answer("3", 45, seq).get(373) == reason, name
        for name, (changed, said) in CODED.items():
            oms.send("D", order(f"bad {name}", *changed))
            reject = oms.answer("8", 11, f"bad {name}")
            assert (reject.get(150), reject.get(39), reject.get(37)) == ("8", "8", "NONE"), name
            assert (reject.get(58) or "").startswith(said), (name, reject)
        seq = oms.send("D", [*order("big"), (957, 150), *_big_group()])
        assert (oms.answer("8", 11, "big").get(58) or "").startswith("oversized")
        oms.send("D", order("x" * 65))
        assert (oms.answer("j", 372, "D").get(58) or "").startswith("field_too_long ClOrdID(11)")
        seq = oms.send("ZZ", [])
        assert oms.answer("3", 45, seq).get(373) == "11"
        oms.send("q", [(11, "q"), (530, 7), (60, timestamp_text(time.time_ns()))])
        assert oms.answer("j", 372, "q").get(380) == "3"
        oms.send("D", [*order("data"), (354, 7), (355, "abc\x011=2")])  # legal, SOH and all
        oms.send("D", order("any", (847, None)))  # the worker chooses, or refuses it
        oms.send("D", order("good", (110, "50")))
        worker.wait_parents(3)
    asked = [each for each in worker.parents if isinstance(each, NewParent)]
    assert [each.cl_ord_id for each in asked] == ["data", "any", "good"]
    assert [each.algo for each in asked] == ["twap", "", "twap"]
    assert asked[-1].params == {"min_fill_qty": 50.0}
    assert [each.account for each in asked] == [None, None, None]


def _big_group() -> Pairs:
    """150 parameters of 500 characters: each is within its bound, the record is not."""
    fields: Pairs = []
    for number in range(150):
        fields += [(958, f"p{number}"), (959, 14), (960, "v" * 500)]
    return fields


def test_reports_reach_an_oms_that_was_away_once(entry: OrderEntryProcess, worker: Worker) -> None:
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        oms.send("D", order("A"))
        worker.wait_parents(1)
        worker.report("A", "0", "0")
        oms.answer("8", 150, "0")
        oms.drop()
        away = [worker.report("A", "F", "1", cum=100 * n, last=100) for n in range(1, 4)]
        time.sleep(0.5)  # let them be stored while nobody is logged on
        entry.kill()
        away += [worker.report("A", "F", "1", cum=100 * n, last=100) for n in range(4, 6)]
        entry.start()
        oms.logon()
        oms.wait(lambda got: got.get(17) == away[-1])
        oms.settle(1.0)
        told = [got.get(17) for got in oms.got if got.get(35) == "8" and got.get(150) == "F"]
        assert list(dict.fromkeys(told)) == away
        late = [got for got in oms.got if got.get(17) in away[3:]]
        assert late
        assert all(got.get(97) == "Y" for got in late)


def test_what_another_instance_told_is_not_taken_for_told(
    entry: OrderEntryProcess, worker: Worker
) -> None:
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        oms.send("D", order("A"))
        worker.wait_parents(1)
        entry.kill()
        away = worker.report("A", "F", "1", cum=100, last=100)
        other = KafkaLog(entry.bus, "oms")  # an instance for other sessions, on the same bus
        ends = {(Topic.REPORTS, each): other.end(Topic.REPORTS, each) for each in range(2)}
        other.commit(ends)
        other.close()
        oms.drop()
        entry.start()
        oms.logon()
        assert oms.answer("8", 17, away).get(97) == "Y"


def test_who_lost_its_store_tells_everything_again(
    entry: OrderEntryProcess, worker: Worker
) -> None:
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        oms.send("D", order("A"))
        worker.wait_parents(1)
        told = worker.report("A", "F", "1", cum=100, last=100)
        assert oms.answer("8", 17, told).get(97) is None
        oms.settle(0.5)  # its mark is written
    entry.kill()
    shutil.rmtree(entry.directory / "store")
    entry.start()
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        assert oms.answer("8", 17, told).get(97) == "Y"


def test_a_killed_gateway_loses_no_order_and_takes_none_twice(
    entry: OrderEntryProcess, worker: Worker
) -> None:
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        for number in range(60):
            oms.send("D", order(f"A{number}"))
            if number % 20 == 19:
                entry.kill()
                oms.drop()
                entry.start()
                oms.logon()
        deadline = time.monotonic() + WAIT_S
        while len(worker.parents) < 60:
            assert time.monotonic() < deadline, worker.parents
            oms.settle(0.1)  # answers the gateway's ResendRequests
            worker.settle(0.1)
        oms.settle(1.0)
        worker.settle(0.5)
        duplicates = [got for got in oms.got if got.get(35) == "8" and got.get(103) == "6"]
    assert [parent.cl_ord_id for parent in worker.parents] == [f"A{n}" for n in range(60)]
    assert duplicates == []


def test_who_may_not_log_on_does_not(entry: OrderEntryProcess) -> None:
    with ScriptedOms(entry.port, "SAFE") as oms:
        oms.connect()
        oms.send("A", [(98, 0), (108, 30), (553, "desk"), (554, "wrong")])
        oms.wait_closed()
    with ScriptedOms(entry.port, "NOBODY") as oms:
        oms.connect()
        oms.send("A", [(98, 0), (108, 30)])
        oms.wait_closed()
    with ScriptedOms(entry.port, "SAFE") as oms:
        oms.next_out = 2
        oms.logon((553, "desk"), (554, "secret"))


def test_a_store_serves_one_process(entry: OrderEntryProcess) -> None:
    with ScriptedOms(entry.port) as oms:
        oms.logon()
        first = entry.process
        second = entry.start()
        assert second.wait(WAIT_S) == 1
        assert "is in use" in entry.log()
        entry.process = first
        oms.send("1", [(112, "still")])
        oms.answer("0", 112, "still")


def test_our_own_oms_keeps_its_books(
    entry: OrderEntryProcess, worker: Worker, tmp_path: Path
) -> None:
    login = Login(port=entry.port, comp_id="OMS", store_dir=str(tmp_path / "oms"))
    client = OmsClient(login)
    client.start()
    assert client.wait_logged_on(WAIT_S)
    new = NewParent(
        source="", cl_ord_id="A", symbol="IBM", side=Side.BUY, order_qty=Decimal(1000), algo="twap",
        params={"slices": 5, "max_participation": 0.1, "passive": True, "style": "calm"},
        end_ns=2 * 10**18, sent_ns=10**18,
    )  # fmt: skip
    client.new_order(new)
    worker.wait_parents(1)
    taken = worker.parents[0]
    assert isinstance(taken, NewParent)
    assert (taken.params, taken.end_ns, taken.sent_ns) == (new.params, new.end_ns, new.sent_ns)
    worker.report("A", "0", "0")
    worker.report("A", "F", "1", cum=400, last=400)
    client.replace(
        ReplaceParent(source="", cl_ord_id="B", orig_cl_ord_id="A", symbol="IBM",
                      order_qty=Decimal(500), params={"max_participation": 0.2}, sent_ns=10**18),
        Side.BUY, OrdType.MARKET,
    )  # fmt: skip
    worker.wait_parents(2)
    amended = worker.parents[1]
    assert isinstance(amended, ReplaceParent)
    assert amended.params == {"max_participation": 0.2}
    worker.report("B", "5", "1", cum=400, orig="A", qty=500)
    _wait(client, lambda answer: isinstance(answer, OrderReport) and answer.exec_type == "5")
    client.stop()
    worker.report("B", "F", "2", cum=500, last=100, qty=500)
    client = OmsClient(login)  # a new process of the OMS: only its sequence numbers are kept
    client.start()
    assert client.wait_logged_on(WAIT_S)
    _wait(client, lambda answer: isinstance(answer, OrderReport) and answer.cum_qty == 500)
    book = client.ledger.orders["B"]
    assert (book.ord_status, book.cum_qty, book.filled_qty) == (OrdStatus.FILLED, 500, 100)
    client.cancel(
        CancelParent(source="", cl_ord_id="C", orig_cl_ord_id="Z", symbol="IBM", sent_ns=10**18),
        Side.BUY,
    )
    _wait(client, lambda answer: isinstance(answer, RequestRejected))
    client.stop()


def _wait(client: OmsClient, wanted: Callable[[Answer], bool]) -> Answer:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for answer in client.poll(0.2):
            if wanted(answer):
                return answer
    raise AssertionError("the answer did not come")


class DeafLog(MemoryLog):
    """A bus that takes appends and acknowledges nothing, until it fails."""

    failed = False

    def append(self, topic: Topic, key: str, value: bytes, *, partition: int | None = None,
               on_ack: OnAck | None = None) -> None:  # fmt: skip
        super().append(topic, key, value, partition=partition)

    def poll(self, timeout_s: float) -> list[Record]:
        if self.failed:
            raise BusFailed("gone")
        time.sleep(timeout_s)
        return super().poll(timeout_s)


class Running:
    """A stop signal that nobody gives."""

    is_set = False


def test_while_the_log_does_not_answer_nothing_is_taken(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "store").mkdir()
    settings = Settings(oms=OmsSettings(port=port, store_dir=str(tmp_path / "store")))
    log = DeafLog(Broker(), "oms")
    codes: list[int] = []
    process = OmsProcess(settings, log, Health())
    thread = Thread(target=lambda: codes.append(process.run(Running())))
    thread.start()
    with ScriptedOms(port) as oms:
        oms.logon()
        oms.send("D", order("A"))
        oms.settle(1.5)  # the append is late by now
        oms.send("D", order("B"))
        refused = oms.answer("j", 372, "D")
        assert (refused.get(379), refused.get(380)) == ("B", "4")
        oms.send("H", [(11, "A"), (55, "IBM"), (54, 1)])
        assert oms.answer("8", 11, "A").get(39) == "A"
        log.failed = True
        oms.wait_closed()
    thread.join(WAIT_S)
    assert codes == [1]
    # A is asked for again, B was answered and is not.
    assert MarkJournal(tmp_path / "store" / "OMS.acked").read() == (1, [3, 4])


def test_a_reset_forgets_what_was_answered_before_the_restart(tmp_path: Path) -> None:
    port, log = free_port(), MemoryLog(Broker(), "oms")
    session = OmsSessionSettings(comp_id="RESET")  # QuickFIX knows sessions by name
    settings = Settings(oms=OmsSettings(port=port, store_dir=str(tmp_path), sessions=(session,)))
    (tmp_path / "RESET.acked").write_text("1 3\n")
    stop = Running()
    process = OmsProcess(settings, log, Health())
    thread = Thread(target=process.run, args=(stop,))
    thread.start()
    with ScriptedOms(port, "RESET") as oms:
        oms.logon((141, "Y"))
        oms.send("D", order("A"))
        again: Pairs = [(43, "Y"), (122, timestamp_text(time.time_ns()))]
        oms.send("D", [*again, *order("B")])
        oms.send("H", [(11, "B"), (55, "IBM"), (54, 1)])
        assert oms.answer("8", 11, "B").get(39) == "A"
    stop.is_set = True
    thread.join(WAIT_S)
    assert MarkJournal(tmp_path / "RESET.acked").read() == (4, [])
