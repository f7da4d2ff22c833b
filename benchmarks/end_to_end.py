"""Order entry -> child at the venue -> fill at the OMS, on the running system: real processes.

Small orders that are due at once go in over FIX, one every `PERIOD_S`; between them one record is
written to the same broker and read back, which is the base. Closed loop: an order is sent when the
one before it has been answered. The records of the log say afterwards where the time went.
"""

import contextlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # stubs

from benchmarks.figures import Figure, Goal, mid, quantile
from bus.admin import create_topics
from bus.codec import decode
from bus.kafka import KafkaLog, client_properties, consumer_properties, producer_properties
from bus.log import BEGINNING
from bus.topics import Topic
from domain.children import NewChild
from domain.executions import ChildSent, Execution
from domain.fix_codes import ExecType
from domain.instruments import Side
from domain.parents import NewParent
from domain.reports import ParentReport
from gateway.oms_client import Login, OmsClient
from gateway.oms_ledger import OrderReport
from headgate.clock import Clock
from headgate.demo import demo_clock
from headgate.launcher import Launcher, LaunchError, free_port
from headgate.settings import BusSettings, Settings, load_settings
from headgate.up import in_run_dir
from tests.integration.kafka_broker import any_broker

SETTINGS: Final = Path(__file__).parent.parent / "deploy" / "headgate.toml"
PERIOD_S: Final = 0.1  # ten orders a second: a loaded system is another figure
WARM_UP: Final = 10
ANSWER_S: Final = 5.0
READY_S: Final = 60.0
LOG_SHOWN: Final = 2_000  # of each process that did not come up
BARE_TOPIC: Final = "headgate.bench-bare.v1"
BARE_VALUE: Final = b"x" * 300  # an order record is a few hundred bytes
SYMBOLS: Final = (("IBM", 100), ("AAPL", 100), ("SAP", 1))  # and their lots
CROSSINGS: Final = 4  # parents, children, executions, reports
STEPS: Final = (
    ("order entry: FIX in, to the worker's answer", "sent", "accepted"),
    ("acceptance durable, child read and sent to the venue", "accepted", "child_sent"),
    ("FIX to the venue, fill, FIX back", "child_sent", "fill_read"),
    ("fill to the worker, booked and reported", "fill_read", "fill_reported"),
    ("report to order entry, FIX to the OMS", "fill_reported", "fill_told"),
)


class BareHop:
    """One record produced and consumed with our own client settings, and nothing else."""

    def __init__(self, settings: BusSettings) -> None:
        made = {"allow.auto.create.topics": True} if settings.embedded else {}
        self._producer = Producer(producer_properties(settings) | made)
        if not settings.embedded:
            admin = AdminClient(client_properties(settings))
            with contextlib.suppress(Exception):  # it is there from the run before
                admin.create_topics([NewTopic(BARE_TOPIC, 1, 1)])[BARE_TOPIC].result(10)
        self._consumer = Consumer(consumer_properties(settings, "bench-bare") | made)
        while self._producer.list_topics(BARE_TOPIC, timeout=10).topics[BARE_TOPIC].error:
            time.sleep(0.05)
        _, high = self._consumer.get_watermark_offsets(TopicPartition(BARE_TOPIC, 0), 10)
        self._consumer.assign([TopicPartition(BARE_TOPIC, 0, high)])
        self.once_ms()

    def once_ms(self) -> float:
        """From before the append until it has been read."""
        began_s = time.perf_counter()
        self._producer.produce(BARE_TOPIC, BARE_VALUE, partition=0)
        self._producer.poll(0)
        while True:
            message = self._consumer.poll(1.0)
            if message is not None and message.error() is None:
                took_s = time.perf_counter() - began_s
                self._producer.flush(5)
                return took_s * 1e3

    def close(self) -> None:
        self._consumer.close()


class Taken(msgspec.Struct, kw_only=True):
    """What one run gave, in ms."""

    to_accepted: list[float] = []
    to_fill: dict[str, float] = {}  # by ClOrdID(11)
    to_venue: list[float] = []
    bare: list[float] = []
    steps: dict[str, list[float]] = {}
    unanswered: int = 0
    missed: int = 0


def measure(broker: str, orders: int) -> list[Figure]:
    """On `broker`: "embedded" or "kafka"."""
    with contextlib.ExitStack() as held:
        bootstrap = held.enter_context(any_broker()) if broker == "kafka" else ""
        run_dir = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="headgate-bench-")))
        settings = _settings(bootstrap, run_dir)
        if bootstrap:
            create_topics(settings.bus)
        launcher = Launcher(settings, run_dir)
        held.callback(launcher.stop)
        launcher.start()
        try:
            launcher.wait_ready(READY_S)
        except LaunchError as error:  # the logs go with the directory
            logs = [path.read_text()[-LOG_SHOWN:] for path in sorted(run_dir.glob("*.log"))]
            raise LaunchError("\n".join([str(error), *logs])) from error
        return _figures(broker, _take(launcher, orders))


def _settings(bootstrap: str, run_dir: Path) -> Settings:
    replace = msgspec.structs.replace
    settings = in_run_dir(load_settings(SETTINGS, env={}), run_dir)
    prefix = f"bench{time.time_ns() // 10**6}"
    return replace(
        settings,
        bus=replace(settings.bus, bootstrap_servers=bootstrap, prefix=prefix),
        clock=demo_clock(1.0),
        oms=replace(settings.oms, port=free_port()),
        venues=tuple(replace(venue, port=free_port()) for venue in settings.venues),
        venuesim=replace(settings.venuesim, latency_ms=0),  # ours, not the venue's
    )


def _take(launcher: Launcher, orders: int) -> Taken:
    settings = launcher.settings
    client = OmsClient(Login(port=settings.oms.port, comp_id="OMS",
                             target_comp_id=settings.oms.comp_id,
                             store_dir=str(launcher.run_dir / "client")))  # fmt: skip
    clock = Clock(settings.clock)
    taken = Taken()
    bare = BareHop(settings.bus)
    client.start()
    try:
        assert client.wait_logged_on(15.0), "the OMS could not log on"
        time.sleep(2.0)  # for quotes of every symbol
        told: dict[str, int] = {}
        for number in range(WARM_UP + orders):
            began_s = time.perf_counter()
            _order(client, clock, number, taken, told)
            taken.bare.append(bare.once_ms())
            if number + 1 == WARM_UP:
                taken = Taken()
                told.clear()
            time.sleep(max(0.0, PERIOD_S - (time.perf_counter() - began_s)))
    finally:
        client.stop()
        bare.close()
    _read_steps(settings, told, taken)
    return taken


def _order(
    client: OmsClient, clock: Clock, number: int, taken: Taken, told: dict[str, int]
) -> None:
    """Send one and wait for its fill; `told`: when the OMS heard of it, engine's time."""
    symbol, lot = SYMBOLS[number % len(SYMBOLS)]
    side = Side.BUY if number // len(SYMBOLS) % 2 else Side.SELL
    cl_ord_id = f"B{number:05d}"
    now_ns = clock.now_ns()
    order = NewParent(
        source="OMS", cl_ord_id=cl_ord_id, symbol=symbol, side=side, order_qty=Decimal(lot),
        algo="twap", start_ns=now_ns, end_ns=now_ns + 60 * 10**9,
        params={"time_jitter": 0.0}, sent_ns=now_ns,
    )  # fmt: skip
    began_s = time.perf_counter()
    client.new_order(order)
    deadline_s = began_s + ANSWER_S
    while time.perf_counter() < deadline_s:
        for answer in client.poll(0.5):
            if not isinstance(answer, OrderReport) or answer.cl_ord_id != cl_ord_id:
                continue
            took_ms = (time.perf_counter() - began_s) * 1e3
            if answer.exec_type is ExecType.NEW:
                taken.to_accepted.append(took_ms)
            elif answer.exec_type is ExecType.TRADE:
                taken.to_fill[cl_ord_id] = took_ms
                told[cl_ord_id] = clock.now_ns()
                return
            elif answer.exec_type is ExecType.REJECTED:
                raise RuntimeError(f"{cl_ord_id} was refused: {answer.text}")
    taken.unanswered += 1


@dataclass(slots=True)
class Trail:
    """When each order was where, in the engine's time, by its ClOrdID(11)."""

    at: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    children: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _by_order: dict[str, str] = field(default_factory=dict)
    _by_child: dict[str, str] = field(default_factory=dict)

    def apply(self, message: object) -> None:
        """Take in a record; parents first, then reports, children and executions."""
        if isinstance(message, NewParent):
            self.at[message.cl_ord_id]["sent"] = message.sent_ns
        elif isinstance(message, ParentReport):
            self._on_report(message)
        elif isinstance(message, NewChild):
            cl_ord_id = self._by_order[message.order_id]
            self._by_child[message.cl_ord_id] = cl_ord_id
            self.children[cl_ord_id] += 1
        elif isinstance(message, ChildSent):
            self._first(message.cl_ord_id, "child_sent", message.sent_ns)
        elif isinstance(message, Execution) and message.exec_type is ExecType.TRADE:
            self._first(message.cl_ord_id, "fill_read", message.received_ns)

    def _on_report(self, report: ParentReport) -> None:
        self._by_order[report.order_id] = report.cl_ord_id
        if report.exec_type is ExecType.NEW:
            self.at[report.cl_ord_id]["accepted"] = report.transact_ns
        elif report.exec_type is ExecType.TRADE:
            self.at[report.cl_ord_id].setdefault("fill_reported", report.transact_ns)

    def _first(self, child: str, step: str, at_ns: int) -> None:
        self.at[self._by_child[child]].setdefault(step, at_ns)


def _read_steps(settings: Settings, told: dict[str, int], taken: Taken) -> None:
    """The way of each order; one whose first child found nothing waited for the market, not us."""
    trail = Trail()
    for message in _log(settings):
        trail.apply(message)
    for cl_ord_id, told_ns in told.items():
        if trail.children[cl_ord_id] > 1:
            del taken.to_fill[cl_ord_id]
            taken.missed += 1
            continue
        times = trail.at[cl_ord_id] | {"fill_told": told_ns}
        taken.to_venue.append((times["child_sent"] - times["sent"]) / 1e6)
        for name, first, last in STEPS:
            taken.steps.setdefault(name, []).append((times[last] - times[first]) / 1e6)


def _log(settings: Settings) -> Iterator[Any]:
    log = KafkaLog(settings.bus, "bench")
    for topic in (Topic.PARENTS, Topic.REPORTS, Topic.CHILDREN, Topic.EXECUTIONS):
        left = {(topic, each): log.end(topic, each) for each in range(log.partitions())}
        left = {where: end for where, end in left.items() if end > 0}
        log.assign(dict.fromkeys(left, BEGINNING))
        while left:
            for record in log.poll(0.1):
                yield decode(topic, record.value)
                if record.offset + 1 >= left.get((topic, record.partition), 0):
                    left.pop((topic, record.partition), None)
    log.close()


def _figures(broker: str, taken: Taken) -> list[Figure]:
    stage = f"end to end, {broker}"
    bare50, bare99 = quantile(taken.bare, 0.5), quantile(taken.bare, 0.99)
    fills = list(taken.to_fill.values())
    fill50, fill99 = quantile(fills, 0.5), quantile(fills, 0.99)
    real = broker == "kafka"
    note = (
        f"{len(fills)} orders; left out: {taken.missed} whose first child found nothing at the "
        f"venue, {taken.unanswered} without a fill in {ANSWER_S:g} s"
    )
    if not real:
        note += "; no claim: the embedded broker holds empty fetches (performance.md 4)"
    found = [
        Figure(stage=stage, name="bare produce -> consume p50", value=bare50, unit="ms"),
        Figure(stage=stage, name="bare produce -> consume p99", value=bare99, unit="ms"),
        Figure(stage=stage, name="order -> acceptance at the OMS p50", unit="ms",
               value=quantile(taken.to_accepted, 0.5), base_name="bare p50", base=bare50),
        Figure(stage=stage, name="order -> child at the venue p50", unit="ms",
               value=quantile(taken.to_venue, 0.5), base_name="bare p50", base=bare50),
        Figure(stage=stage, name="order -> child at the venue p99", unit="ms",
               value=quantile(taken.to_venue, 0.99), base_name="bare p99", base=bare99),
        Figure(stage=stage, name="order -> fill at the OMS p50", unit="ms", value=fill50,
               base_name="bare p50", base=bare50),
        Figure(stage=stage, name="order -> fill at the OMS p99", unit="ms", value=fill99,
               base_name="bare p99", base=bare99, goal=Goal(at_most=1.5) if real else None,
               note=note),
        Figure(stage=stage, name=f"... a crossing of the bus ({CROSSINGS}) p50", unit="ms",
               value=fill50 / CROSSINGS, base_name="bare p50", base=bare50),
        Figure(stage=stage, name=f"... a crossing of the bus ({CROSSINGS}) p99", unit="ms",
               value=fill99 / CROSSINGS, base_name="bare p99", base=bare99),
    ]  # fmt: skip
    found += [
        Figure(stage=stage, name=f"step: {name} p50", value=mid(values), unit="ms",
               base_name="bare p50", base=bare50)
        for name, values in taken.steps.items()
    ]  # fmt: skip
    return found
