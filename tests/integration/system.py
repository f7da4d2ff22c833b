"""The whole system as real processes on a real Kafka, with an OMS in front and a log reader beside.

It is what `headgate demo` runs, but for the broker, and with every record kept for the checks.
One thread: whoever waits for something calls `until`, which supervises and reads meanwhile.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypedDict, Unpack

import msgspec

from bus.admin import create_topics
from bus.codec import Undecodable, decode
from bus.kafka import KafkaLog
from bus.log import BEGINNING, Record
from bus.topics import Topic
from domain.fix_codes import OrdStatus, OrdType
from domain.instruments import Side
from domain.orders import PARENT_TERMINAL
from domain.parents import CancelParent, NewParent, ParamValue, ReplaceParent
from domain.tca import ParentCost
from gateway.oms_client import Login, OmsClient
from gateway.oms_ledger import Answer, OmsOrder
from headgate.clock import Clock
from headgate.command_settings import shipped
from headgate.demo import Demo, demo_settings
from headgate.launcher import STOP_S, Launcher
from headgate.settings import HttpSettings, OmsSessionSettings, Settings, load_settings

SPEED: Final = 60.0
READY_S: Final = 60.0
WAIT_S: Final = 40.0
MINUTE_NS: Final = 60 * 10**9
READ: Final = tuple(topic for topic in Topic if topic is not Topic.MARKETDATA)
_RUNS = count()


class LogReader:
    """Every record of the log but market data, in the order of each partition."""

    def __init__(self, settings: Settings) -> None:
        self._log = KafkaLog(settings.bus, "test-reader")
        self._log.assign(
            {(topic, each): BEGINNING for topic in READ for each in range(self._log.partitions())}
        )
        self.records: dict[Topic, list[Record]] = {topic: [] for topic in READ}
        self.messages: dict[Topic, list[Any]] = {topic: [] for topic in READ}

    def poll(self, timeout_s: float) -> None:
        for record in self._log.poll(timeout_s):
            try:
                message = decode(record.topic, record.value)
            except Undecodable:
                message = None  # tests put rubbish there
            self.records[record.topic].append(record)
            self.messages[record.topic].append(message)

    def append(self, topic: Topic, key: str, value: bytes, partition: int | None = None) -> int:
        """Append anything; its offset."""
        offsets: list[int] = []
        self._log.append(topic, key, value, partition=partition,
                         on_ack=lambda _, offset: offsets.append(offset))  # fmt: skip
        self._log.flush(WAIT_S)
        return offsets[0]

    def of(self, topic: Topic) -> list[tuple[Record, Any]]:
        """Records with their messages, without those that cannot be read."""
        both = zip(self.records[topic], self.messages[topic], strict=True)
        return [(record, message) for record, message in both if message is not None]

    def close(self) -> None:
        self._log.close()


class Wanted(TypedDict, total=False):
    """How an order differs from the usual one."""

    symbol: str
    side: Side
    quantity: int
    minutes: float
    algo: str
    params: dict[str, ParamValue]
    limit_px: Decimal


class System:
    """Use it as a context manager: everything is up inside and gone behind it."""

    def __init__(
        self, bootstrap: str, directory: Path, *, speed: float = SPEED, comp_id: str = "OMS",
        others: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """`comp_id`: of the OMS, one of a kind in this process; `others`: who may log on too."""
        self.run_dir = directory
        self.comp_id = comp_id
        settings = system_settings(bootstrap, directory, speed, (comp_id, *others))
        create_topics(settings.bus)
        self.launcher = Launcher(settings, directory)
        self.settings = settings
        self.clock = Clock(settings.clock)
        self.answers: list[Answer] = []
        self._ids = count(1)

    def __enter__(self) -> "System":
        os.environ["PYTHONFAULTHANDLER"] = "1"  # for the processes; see `terminate`
        try:
            self.launcher.start()
            self.client = OmsClient(
                Login(port=self.settings.oms.port, comp_id=self.comp_id,
                      store_dir=str(self.run_dir / "client"))
            )  # fmt: skip
            self.client.start()
            self.log = LogReader(self.settings)
            self.launcher.wait_ready(READY_S)
            assert self.client.wait_logged_on(WAIT_S), "the OMS could not log on"
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if hasattr(self, "client"):
            self.client.stop()
        if hasattr(self, "log"):
            self.log.close()
        self.launcher.stop()

    # -- processes

    def pid(self, name: str) -> int:
        return self.launcher.children[name].process.pid

    def signal(self, name: str, number: int) -> None:
        self.launcher.children[name].process.send_signal(number)

    def kill(self, name: str) -> None:
        """SIGKILL; `until` starts it again half a second after its last start at the earliest."""
        process = self.launcher.children[name].process
        process.kill()
        process.wait(WAIT_S)

    def terminate(self, name: str) -> float:
        """SIGTERM; the seconds until it ended well. One that does not says where it hangs."""
        process = self.launcher.children[name].process
        began_s = time.monotonic()
        process.terminate()
        try:
            code = process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # faulthandler writes every thread's stack
            process.wait(WAIT_S)
            code = None
        assert code == 0, f"{name} ended with {code}\n{self.process_log(name)[-4_000:]}"
        return time.monotonic() - began_s

    def wait_ready(self) -> None:
        """Until every process serves (again)."""
        self.until(
            lambda: all(self.launcher.ready(name)[0] for name in self.launcher.children),
            "all processes ready",
        )

    def http(self, name: str, path: str) -> tuple[int, str]:
        """Status and body of one of a process's own endpoints."""
        url = f"http://127.0.0.1:{self.launcher.children[name].http_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def process_log(self, name: str) -> str:
        return (self.run_dir / f"{name}.log").read_text()

    # -- orders

    def new_id(self, prefix: str = "T") -> str:
        return f"{prefix}-{next(self._ids)}"

    def order(self, **wanted: Unpack[Wanted]) -> NewParent:
        """From now on, if not told otherwise a TWAP that crosses at its end; not sent yet."""
        now_ns = self.clock.now_ns()
        limit_px = wanted.get("limit_px")
        params: dict[str, ParamValue] = {"completion": "cross", "interval": 10}
        return NewParent(
            source=f"FIX:{self.comp_id}", cl_ord_id=self.new_id(), algo=wanted.get("algo", "twap"),
            symbol=wanted.get("symbol", "IBM"), side=wanted.get("side", Side.BUY),
            order_qty=Decimal(wanted.get("quantity", 20_000)),
            ord_type=OrdType.MARKET if limit_px is None else OrdType.LIMIT, limit_px=limit_px,
            start_ns=now_ns, end_ns=now_ns + int(wanted.get("minutes", 10) * MINUTE_NS),
            params=wanted.get("params", params), sent_ns=now_ns,
        )  # fmt: skip

    def send(self, **wanted: Unpack[Wanted]) -> NewParent:
        """Send an order over FIX; see `order`."""
        order = self.order(**wanted)
        self.client.new_order(order)
        return order

    def cancel(self, order: NewParent) -> str:
        request = CancelParent(
            source=order.source, cl_ord_id=self.new_id("C"), orig_cl_ord_id=order.cl_ord_id,
            symbol=order.symbol, sent_ns=self.clock.now_ns(),
        )  # fmt: skip
        self.client.cancel(request, order.side)
        return request.cl_ord_id

    def replace(
        self, order: NewParent, *, quantity: int | None = None, limit_px: Decimal | None = None,
        minutes: float | None = None,
    ) -> str:  # fmt: skip
        """Ask for new terms over FIX; the request's ClOrdID. `minutes`: the new end, from now."""
        now_ns = self.clock.now_ns()
        request = ReplaceParent(
            source=order.source, cl_ord_id=self.new_id("R"), orig_cl_ord_id=order.cl_ord_id,
            symbol=order.symbol, order_qty=None if quantity is None else Decimal(quantity),
            limit_px=limit_px,
            end_ns=None if minutes is None else now_ns + int(minutes * MINUTE_NS), sent_ns=now_ns,
        )  # fmt: skip
        self.client.replace(request, order.side, order.ord_type)
        return request.cl_ord_id

    def oms(self, order: NewParent) -> OmsOrder:
        """What the OMS has of its order; an empty one before the first answer."""
        return self.client.ledger.orders.get(order.cl_ord_id) or OmsOrder(order.cl_ord_id)

    def final_cost(self, order: NewParent) -> ParentCost | None:
        """TCA's last word on the order."""
        order_id = self.oms(order).order_id
        costs: list[ParentCost] = self.log.messages[Topic.TCA]
        found = [cost for cost in costs if cost.final and cost.order_id == order_id]
        return found[-1] if found else None

    def wait_filled(self, order: NewParent, qty: int) -> None:
        """Until the OMS knows of so many shares."""
        self.until(lambda: self.oms(order).filled_qty >= qty, f"{qty} shares of {order.cl_ord_id}")

    def wait_end(self, *orders: NewParent, timeout_s: float = 3 * WAIT_S) -> None:
        """Until the orders are over for the OMS and TCA has its last word on each."""
        self.until(lambda: all(self.ended(order) for order in orders), "the orders' ends",
                   timeout_s)  # fmt: skip

    def ended(self, order: NewParent) -> bool:
        found = self.oms(order)
        if found.ord_status not in PARENT_TERMINAL:
            return False
        return found.ord_status is OrdStatus.REJECTED or self.final_cost(order) is not None

    # -- waiting

    def pump(self, timeout_s: float = 0.02) -> None:
        """Supervise, and read what the OMS and the log have."""
        self.launcher.supervise()
        self.answers += self.client.poll(0.0)
        self.log.poll(timeout_s)

    def settle(self, seconds: float) -> None:
        deadline_s = time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            self.pump()

    def until(self, condition: Callable[[], bool], what: str, timeout_s: float = WAIT_S) -> None:
        """Pump until it holds; an AssertionError with the state of affairs if it does not."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, (
                f"{what}: not within {timeout_s} s\n{self.state()}"
            )
            self.pump()

    def state(self) -> str:
        """For failures: orders, what the workers said last, and the ends of the processes' logs."""
        said = [
            f"{name}: {order.ord_status.name} {order.filled_qty} of {order.order_qty}"
            for name, order in self.client.ledger.orders.items()
        ]
        said += [f"{topic}: {message}" for topic in (Topic.REPORTS, Topic.EXECUTIONS, Topic.TCA)
                 for message in self.log.messages[topic][-6:]]  # fmt: skip
        for name in self.launcher.children:
            said += [f"-- {name}", *self.process_log(name).splitlines()[-8:]]
        return "\n".join(said)

    # -- the command line

    def settings_file(self) -> Path:
        """Settings for commands that talk to this system."""
        path = self.run_dir / "cli.json"
        own = msgspec.structs.replace(self.settings, http=HttpSettings(port=0))
        path.write_bytes(msgspec.json.encode(own))
        return path

    def run(self, *arguments: str, timeout_s: float = WAIT_S) -> "subprocess.CompletedProcess[str]":
        """A `headgate` command against this system; the system is pumped meanwhile."""
        command = [sys.executable, "-P", "-m", "headgate", *arguments]
        process = subprocess.Popen(
            [*command, "--settings", str(self.settings_file())],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            self.until(lambda: process.poll() is not None, " ".join(arguments), timeout_s)
        finally:
            if process.poll() is None:
                process.kill()
            out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    # -- the venues

    def journal(self) -> list[tuple[str, dict[str, Any]]]:
        """What the venues were asked and did, by their own journals: (venue, entry)."""
        entries = []
        for venue in self.settings.venues:
            path = Path(self.settings.venuesim.store_dir) / f"{venue.name}.jsonl"
            for line in path.read_text().splitlines() if path.exists() else ():
                entries.append((venue.name, json.loads(line, parse_float=Decimal)))
        return entries


def system_settings(
    bootstrap: str, directory: Path, speed: float, sessions: tuple[str, ...]
) -> Settings:
    """The demo's settings on a real broker, under a prefix of their own."""
    replace = msgspec.structs.replace
    settings = demo_settings(
        load_settings(shipped("headgate.toml"), {}), Demo(speed=speed, quantity=0, minutes=0),
        directory,
    )  # fmt: skip
    prefix = f"sys-{os.getpid()}-{time.time_ns()}-{next(_RUNS)}"
    return replace(
        settings,
        bus=replace(settings.bus, bootstrap_servers=bootstrap, prefix=prefix, partitions=4),
        oms=replace(
            settings.oms, sessions=tuple(OmsSessionSettings(comp_id=name) for name in sessions)
        ),
    )


def processes_of(marker: str) -> list[int]:
    """Living processes whose command line has `marker` in it."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal() and int(path.name) != os.getpid():
            try:
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                state = (path / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if marker in command and state != "Z":
                found.append(int(path.name))
    return found
