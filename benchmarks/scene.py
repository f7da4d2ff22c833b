"""A partition that trades in virtual time: what the in-process stages measure.

The venue fills every child at once, at its price; the market never moves. So what is timed is ours.
"""

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from algos.partition import Partition
from algos.policy import Policy
from algos.worker import Worker
from bus.codec import decode, encode
from bus.log import Log, Record
from bus.memory import Broker, MemoryLog
from bus.topics import Topic
from domain.children import NewChild
from domain.executions import ChildSent, Execution, VenueState, VenueStateChanged
from domain.fix_codes import ExecType, OrdStatus
from domain.instruments import InstrumentTable, Side
from domain.marketdata import Quote
from domain.parents import NewParent
from domain.sessions import Session, TradingCalendar
from headgate.clock import Clock
from headgate.settings import Settings, load_instruments
from headgate.telemetry import Health

DAY: Final = "2025-03-03"
OPEN_NS: Final = 1_741_012_200 * 10**9  # 09:30 in New York
CLOSE_NS: Final = OPEN_NS + 23_400 * 10**9
SYMBOL: Final = "IBM"
VENUES: Final = ("ALPHA", "BETA")
LOT: Final = 100
INSTRUMENTS_FILE: Final = Path(__file__).parent.parent / "deploy" / "instruments.toml"


def instruments() -> InstrumentTable:
    """The shipped ones."""
    return load_instruments(INSTRUMENTS_FILE)


def calendars() -> dict[str, TradingCalendar]:
    """One day."""
    session = Session(date=DAY, open_ns=OPEN_NS, close_ns=CLOSE_NS)
    return {name: TradingCalendar(name, [session]) for name in ("XNYS", "XETR")}


@contextlib.contextmanager
def collector_as_in_the_worker() -> Iterator[None]:
    """Collect garbage as seldom as the worker does."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1_000)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def quote(venue: str, at_ns: int, moved: int = 0) -> Quote:
    """A touch a cent wide."""
    return Quote(SYMBOL, venue, 18_500 + moved, 100_000, 18_501 + moved, 100_000, at_ns)


def live_partition(policy: Policy | None = None) -> Partition:
    """One that owns its partition, with quotes that never go stale and two live venues."""
    partition = Partition(
        number=0, instruments=instruments(), calendars=calendars(),
        policy=policy or Policy(stale_ns=CLOSE_NS), partition_of=lambda _: 0,
    )  # fmt: skip
    partition.take(0, OPEN_NS)
    for venue in VENUES:
        live = VenueStateChanged(venue=venue, state=VenueState.LIVE, at_ns=OPEN_NS)
        partition.on_execution(live, OPEN_NS)
        partition.on_market([quote(venue, OPEN_NS)], OPEN_NS)
    return partition


def parent(number: int, slices: int, end_ns: int) -> NewParent:
    """One of one lot a slice; slices of different parents fall on different times."""
    return NewParent(
        source="OMS", cl_ord_id=f"P{number}", symbol=SYMBOL, side=Side.BUY,
        order_qty=Decimal(slices * LOT), algo="twap", start_ns=OPEN_NS, end_ns=end_ns,
        params={"interval": 1.0, "size_jitter": 0.0}, sent_ns=OPEN_NS,
    )  # fmt: skip


def idle_parents(partition: Partition, count: int) -> None:
    """Accept parents whose first slice is an hour away."""
    later_ns = OPEN_NS + 3_600 * 10**9
    for number in range(count):
        base = parent(number, 100, CLOSE_NS)
        waiting = NewParent(
            source=base.source, cl_ord_id=base.cl_ord_id, symbol=base.symbol, side=base.side,
            order_qty=base.order_qty, algo=base.algo, start_ns=later_ns, end_ns=base.end_ns,
            params=base.params, sent_ns=base.sent_ns,
        )  # fmt: skip
        partition.on_parent(waiting, number, OPEN_NS)
    assert len(partition.blotter.live_parents) == count


def answers(child: NewChild, number: int, now_ns: int) -> list[Execution]:
    """What a venue says of a child that it fills at once: New, then the fill."""
    return [_execution(child, 2 * number, now_ns, 0), _execution(child, 2 * number + 1, now_ns,
                                                                 child.order_qty)]  # fmt: skip


def _execution(child: NewChild, number: int, now_ns: int, filled_qty: int) -> Execution:
    return Execution(
        venue=child.venue, session="bench", msg_seq_num=number, trade_date="20250303",
        exec_id=f"E{number}", exec_type=ExecType.TRADE if filled_qty else ExecType.NEW,
        ord_status=OrdStatus.FILLED if filled_qty else OrdStatus.NEW, cl_ord_id=child.cl_ord_id,
        venue_order_id=f"O{number}", symbol=child.symbol, side=child.side,
        order_qty=child.order_qty, cum_qty=filled_qty, leaves_qty=child.order_qty - filled_qty,
        avg_px=child.px or Decimal(0), last_qty=filled_qty,
        last_px=child.px if filled_qty else None, transact_ns=now_ns, received_ns=now_ns,
    )  # fmt: skip


@dataclass(slots=True)
class VirtualTime:
    """The wall of a benchmark: it stands where it was put."""

    now_ns: int = OPEN_NS

    def __call__(self) -> int:
        return self.now_ns


@dataclass(slots=True)
class WorkerScene:
    """The real worker over the in-memory bus, with a venue that answers every child."""

    broker: Broker = field(default_factory=lambda: Broker(partition_count=1))
    time: VirtualTime = field(default_factory=VirtualTime)
    fills: int = 0

    def worker(self) -> Worker:
        """A fresh one, which has taken nothing yet."""
        health = Health()
        clock = Clock(Settings().clock, self.time)
        return Worker(Settings(), instruments(), calendars(), clock, self.log(), health)

    def log(self) -> MemoryLog:
        return MemoryLog(self.broker)

    def records(self) -> int:
        """Records of the topics that a restart folds."""
        topics = (Topic.PARENTS, Topic.REPORTS, Topic.CHILDREN, Topic.EXECUTIONS)
        return sum(len(self.broker.partition(topic, 0)) for topic in topics)

    def trade(self, parents: int, slices: int) -> None:
        """Fill the log: every parent completes but for its last slices."""
        outside = self.log()
        worker = self.worker()
        worker.take_partitions()
        outside.assign({(Topic.CHILDREN, 0): outside.end(Topic.CHILDREN, 0)})
        for venue in VENUES:
            _append(outside, VenueStateChanged(venue=venue, state=VenueState.LIVE, at_ns=OPEN_NS))
        end_ns = OPEN_NS + slices * 2 * 10**9
        for number in range(parents):
            value = encode(Topic.PARENTS, parent(number, slices, end_ns))
            outside.append(Topic.PARENTS, SYMBOL, value)
        core = worker.cores[0]
        self._quotes(worker)
        for _ in range(2 * slices * parents):
            worker.turn(0.0)
            for record in outside.poll(0.0):
                self._answer(outside, record)
            wake_ns = core.next_wake_ns()
            if wake_ns is None or wake_ns >= end_ns - 10 * 10**9:
                return
            self.time.now_ns = max(self.time.now_ns, wake_ns)
            self._quotes(worker)

    def _quotes(self, worker: Worker) -> None:
        at_ns = self.time.now_ns
        worker.cores[0].on_market([quote(venue, at_ns) for venue in VENUES], at_ns)

    def _answer(self, outside: Log, record: Record) -> None:
        child = decode(Topic.CHILDREN, record.value)
        if not isinstance(child, NewChild):
            return
        now_ns = self.time.now_ns
        _append(outside, ChildSent(venue=child.venue, session="bench", cl_ord_id=child.cl_ord_id,
                                   order_id=child.order_id, symbol=child.symbol,
                                   sent_ns=now_ns))  # fmt: skip
        for execution in answers(child, self.fills, now_ns):
            _append(outside, execution)
        self.fills += 1


def _append(log: Log, record: ChildSent | Execution | VenueStateChanged) -> None:
    log.append(Topic.EXECUTIONS, SYMBOL, encode(Topic.EXECUTIONS, record), partition=0)
