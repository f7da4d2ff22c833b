"""Venue access over real FIX: QuickFIX on both sides, the venue simulator behind one of them.

The bus is in memory, so that a test reads every record; each process of ours is a thread here.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from bus.codec import decode, encode
from bus.log import Record
from bus.memory import Broker, MemoryLog
from bus.topics import CONTROL_KEY, Topic
from domain.children import CancelChild, Claim, NewChild
from domain.control import EngageKillSwitch, KillProgress
from domain.executions import (
    ChildRefused,
    ChildSent,
    Execution,
    VenueState,
    VenueStateChanged,
)
from domain.fix_codes import ExecType, OrdType, TimeInForce
from domain.instruments import Instrument, InstrumentTable, Side, TickBand
from domain.marketdata import Quote
from domain.refusals import RefusalReason
from gateway.venue_process import VenueProcess
from gateway.venue_store import CannotStart, lock_store
from headgate.settings import (
    Settings,
    VenueAccessSettings,
    VenueSettings,
    VenueSimSettings,
)
from headgate.telemetry import Health
from venuesim.process import VenueSimulator

WAIT_S = 20.0
SYMBOL = "IBM"
IBM = Instrument(
    symbol=SYMBOL, currency="USD", lot=1, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS", venues=("XA",), max_order_qty=10**6, max_order_notional=Decimal(10**9),
)  # fmt: skip
INSTRUMENTS = InstrumentTable([IBM])
T = TypeVar("T")


class PacedLog(MemoryLog):
    """A MemoryLog whose poll waits, as a broker's would."""

    def poll(self, timeout_s: float) -> list[Record]:
        found = super().poll(timeout_s)
        if not found:
            time.sleep(timeout_s)
        return found


@dataclass(slots=True)
class Flag:
    is_set: bool = False


@dataclass
class Running:
    """A loop of ours in a thread."""

    loop: Callable[[Flag], object]
    stop_flag: Flag = field(default_factory=Flag)
    result: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.result.append(self.loop(self.stop_flag))

    def stop(self) -> object:
        self.stop_flag.is_set = True
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        return self.result[0] if self.result else None


@dataclass
class Market:
    """A venue, the bus, and venue access between them."""

    settings: Settings
    broker: Broker = field(default_factory=lambda: Broker(partition_count=2))
    numbers: int = 0

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.broker, "test")
        self.simulator = VenueSimulator(
            self.settings, (), INSTRUMENTS, MemoryLog(self.broker, "venuesim")
        )
        self.venue = Running(self._venue_loop)
        self.access = self.start_access()

    def _venue_loop(self, stop: Flag) -> None:
        self.simulator.start()
        while not stop.is_set:
            self.simulator.turn(0.01)
        self.simulator.stop()

    def start_access(self) -> Running:
        process = VenueProcess(
            self.settings, INSTRUMENTS, PacedLog(self.broker, "venues"), Health()
        )
        return Running(process.run)

    def stop(self) -> None:
        self.access.stop()
        self.venue.stop()

    def records(self, topic: Topic, kind: type[T]) -> list[T]:
        """Every record of a kind, partition by partition."""
        found = []
        for partition in range(2):
            for record in list(self.broker.partition(topic, partition)):
                message = decode(topic, record.value)
                events = message if topic is Topic.MARKETDATA else [message]
                found += [each for each in events if isinstance(each, kind)]
        return found

    def executions(self, cl_ord_id: str, exec_type: ExecType) -> list[Execution]:
        return [each for each in self.records(Topic.EXECUTIONS, Execution)
                if each.cl_ord_id == cl_ord_id and each.exec_type is exec_type]  # fmt: skip

    def state(self) -> VenueState | None:
        found = self.records(Topic.EXECUTIONS, VenueStateChanged)
        return found[-1].state if found else None

    def quote(self) -> Quote:
        quotes = wait(lambda: [q for q in self.records(Topic.MARKETDATA, Quote)
                               if q.bid_qty and q.ask_qty])  # fmt: skip
        return quotes[-1]

    def claim(self) -> None:
        self._children(Claim(partition=0, worker="w", build="b", settings_hash="s",
                             instruments_hash="i", at_ns=time.time_ns()))  # fmt: skip

    def new(self, side: Side, px: Decimal, qty: int = 100) -> NewChild:
        """A worker decides a child; its claim is the partition's first record."""
        self.numbers += 1
        child = NewChild(
            claim=0, order_id="P", parent_qty=1_000_000, cl_ord_id=f"C{self.numbers}",
            venue="XA", symbol=SYMBOL, side=side, order_qty=qty, ord_type=OrdType.LIMIT, px=px,
            time_in_force=TimeInForce.DAY, algo="twap", decided_ns=time.time_ns(),
        )  # fmt: skip
        self._children(child)
        return child

    def resting(self) -> NewChild:
        """A bid far below the market, accepted by the venue."""
        child = self.new(Side.BUY, IBM.px(self.quote().bid_px_ticks * 9 // 10))
        wait(lambda: self.executions(child.cl_ord_id, ExecType.NEW))
        return child

    def cancel(self, child: NewChild) -> None:
        self.numbers += 1
        self._children(CancelChild(
            claim=0, order_id="P", cl_ord_id=f"C{self.numbers}", orig_cl_ord_id=child.cl_ord_id,
            venue="XA", symbol=SYMBOL, side=child.side, order_qty=child.order_qty,
            decided_ns=time.time_ns(),
        ))  # fmt: skip

    def _children(self, record: Claim | NewChild | CancelChild) -> None:
        self.log.append(Topic.CHILDREN, SYMBOL, encode(Topic.CHILDREN, record))


def wait(found: Callable[[], T], what: str = "") -> T:
    """The first value that is true. Polls: the processes are real."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {WAIT_S} s in vain {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    port = free_port()
    settings = Settings(  # QuickFIX knows sessions by name in the whole process: one a test
        venues=(VenueSettings(name="XA", port=port, comp_id=f"VENUE{port}"),),
        venue_access=VenueAccessSettings(store_dir=str(tmp_path / "access")),
        venuesim=VenueSimSettings(store_dir=str(tmp_path / "sim"),
                                  start_px={SYMBOL: Decimal("100.00")}),
    )  # fmt: skip
    (tmp_path / "access").mkdir(mode=0o700)
    found = Market(settings)
    wait(lambda: found.state() is VenueState.LIVE, "for LIVE")
    found.quote()  # without a market nothing leaves, so it must have been read before a child is
    told = len(found.records(Topic.EXECUTIONS, VenueStateChanged))
    found.claim()
    wait(lambda: len(found.records(Topic.EXECUTIONS, VenueStateChanged)) > told)
    yield found
    found.stop()


def test_an_order_is_sent_filled_and_booked_once(market: Market) -> None:
    quote = market.quote()
    child = market.new(Side.BUY, IBM.px(quote.ask_px_ticks + 50))
    wait(lambda: sum(each.last_qty for each in market.executions(child.cl_ord_id, ExecType.TRADE))
         == child.order_qty)  # fmt: skip
    sent = market.records(Topic.EXECUTIONS, ChildSent)
    assert [each.cl_ord_id for each in sent] == [child.cl_ord_id]
    assert not market.records(Topic.EXECUTIONS, ChildRefused)


def test_a_cut_session_comes_back_and_nothing_is_sent_twice(market: Market) -> None:
    child = market.resting()
    changes = len(market.records(Topic.EXECUTIONS, VenueStateChanged))
    market.simulator.disconnect()
    wait(lambda: len(market.records(Topic.EXECUTIONS, VenueStateChanged)) > changes)
    wait(lambda: market.state() is VenueState.LIVE)
    status = market.executions(child.cl_ord_id, ExecType.ORDER_STATUS)
    assert len(status) == 1
    market.cancel(child)
    wait(lambda: any(each.exec_type is ExecType.CANCELED
                     for each in market.records(Topic.EXECUTIONS, Execution)))  # fmt: skip
    sent = [each.cl_ord_id for each in market.records(Topic.EXECUTIONS, ChildSent)]
    assert sent == [child.cl_ord_id, f"C{market.numbers}"]


def test_a_restart_adopts_what_the_venue_has_and_frees_what_it_never_had(market: Market) -> None:
    child = market.resting()
    assert market.access.stop() == 0
    never_sent = market.new(Side.BUY, Decimal(90))
    store = Path(market.settings.venue_access.store_dir)
    journal = next(store.glob("*.acked"))
    journal.write_text("1\n")  # as if everything after the logon had been lost
    before = market.records(Topic.EXECUTIONS, Execution)
    market.access = market.start_access()
    refused = wait(lambda: market.records(Topic.EXECUTIONS, ChildRefused))
    wait(lambda: market.state() is VenueState.LIVE)
    assert [(each.cl_ord_id, each.reason) for each in refused] == [
        (never_sent.cl_ord_id, RefusalReason.NOT_SENT)
    ]
    after = market.records(Topic.EXECUTIONS, Execution)
    reports = [each for each in after if each.exec_type is not ExecType.ORDER_STATUS]
    assert reports == before  # all of it was sent again, and nothing booked again
    market.cancel(child)
    wait(lambda: any(each.exec_type is ExecType.CANCELED
                     for each in market.records(Topic.EXECUTIONS, Execution)))  # fmt: skip


def test_a_kill_switch_brings_everything_down(market: Market) -> None:
    children = [market.resting() for _ in range(3)]
    order = EngageKillSwitch(author="ops", reason="drill", at_ns=time.time_ns())
    market.log.append(Topic.CONTROL, CONTROL_KEY, encode(Topic.CONTROL, order))
    wait(lambda: any(each.open_children == 0
                     for each in market.records(Topic.CONTROL, KillProgress)))  # fmt: skip
    ended = [each.orig_cl_ord_id for each in market.records(Topic.EXECUTIONS, Execution)
             if each.exec_type is ExecType.CANCELED]  # fmt: skip
    assert sorted(filter(None, ended)) == [each.cl_ord_id for each in children]
    told = [each.open_children for each in market.records(Topic.CONTROL, KillProgress)]
    assert told[0] == 3
    assert told == sorted(told, reverse=True)
    late = market.new(Side.BUY, Decimal(90))
    refused = wait(lambda: market.records(Topic.EXECUTIONS, ChildRefused))
    assert (refused[-1].cl_ord_id, refused[-1].reason) == (late.cl_ord_id, RefusalReason.KILLED)


def test_a_second_instance_is_refused(market: Market) -> None:
    store = Path(market.settings.venue_access.store_dir)
    held = lock_store(store)
    with pytest.raises(CannotStart, match="in use"):
        lock_store(store)
    assert held >= 0


def test_a_lost_store_is_not_taken_for_a_new_day(market: Market) -> None:
    market.resting()
    assert market.access.stop() == 0
    store = Path(market.settings.venue_access.store_dir)
    for path in store.glob("*.seqnums"):
        path.unlink()
    process = VenueProcess(
        msgspec.structs.replace(market.settings), INSTRUMENTS, MemoryLog(market.broker), Health()
    )
    with pytest.raises(CannotStart, match="it was lost"):
        process.run(Flag())
    market.access = Running(lambda stop: 0)
