"""The worker's shell on the log in memory: the claim protocol, its crash points, bad records."""

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest

from algos.worker import SupersededError, Worker
from bus.codec import Undecodable, decode, encode
from bus.log import OnAck, Record
from bus.memory import Broker, MemoryLog
from bus.partitioning import partition_of
from bus.topics import CONTROL_KEY, SPECS, Topic
from domain.children import Claim, NewChild
from domain.deadletters import DeadLetter, DeadLetterReason
from domain.executions import Execution, VenueState, VenueStateChanged
from domain.fencing import Fence
from domain.fix_codes import ExecType, OrdStatus
from domain.marketdata import Quote
from domain.parents import NewParent
from domain.reports import ParentReport
from headgate.clock import Clock, ClockSettings
from headgate.settings import Settings, WorkerSettings
from headgate.telemetry import Health
from tests.algos.partition_scene import BEGIN_NS, CALENDAR, DAY, TABLE, S, new_parent

PARTITION = partition_of("IBM", 4)
ORDER_QTY = 1_000


class Killed(Exception):
    """The process is gone."""


class DyingLog(MemoryLog):
    """Dies at an append: before it is written, or after."""

    def __init__(self, broker: Broker, appends_left: int, *, written: bool) -> None:
        super().__init__(broker)
        self.appends_left = appends_left
        self.written = written

    def append(self, topic: Topic, key: str, value: bytes, *, partition: int | None = None,
               on_ack: OnAck | None = None) -> None:  # fmt: skip
        self.appends_left -= 1
        if self.appends_left < 0:
            if self.written:
                super().append(topic, key, value, partition=partition)
            raise Killed
        super().append(topic, key, value, partition=partition, on_ack=on_ack)


class RacingLog(MemoryLog):
    """Lets something happen when its worker first reads where the log ends, so after its claim."""

    def __init__(self, broker: Broker, meanwhile: Callable[[], object]) -> None:
        super().__init__(broker)
        self.meanwhile: Callable[[], object] | None = meanwhile

    def end(self, topic: Topic, partition: int) -> int:
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return super().end(topic, partition)


class Bench:
    """A broker, a clock that only we move, and a venue that fills what it is sent."""

    def __init__(self) -> None:
        self.broker = Broker(partition_count=4)
        self.now_ns = BEGIN_NS
        self.filled: dict[str, int] = {}

    def worker(self, log: MemoryLog | None = None, index: int = 0, count: int = 1) -> Worker:
        return Worker(
            Settings(worker=WorkerSettings(index=index, count=count)), TABLE, {"XNYS": CALENDAR},
            Clock(ClockSettings(), lambda: self.now_ns),
            MemoryLog(self.broker) if log is None else log, Health(),
        )  # fmt: skip

    def started(self) -> Worker:
        worker = self.worker()
        worker.take_partitions()
        return worker

    def put(self, topic: Topic, message: object, partition: int = PARTITION) -> int:
        return self.put_bytes(topic, encode(topic, message), partition)

    def put_bytes(self, topic: Topic, value: bytes, partition: int = PARTITION) -> int:
        MemoryLog(self.broker).append(topic, "IBM", value, partition=partition)
        return len(self.broker.partition(topic, partition)) - 1

    def ready(self) -> None:
        """One venue, live, with a market."""
        live = VenueStateChanged(venue="XA", state=VenueState.LIVE, at_ns=self.now_ns)
        self.put(Topic.EXECUTIONS, live)
        self.quote()

    def quote(self) -> None:
        self.put(Topic.MARKETDATA, [Quote("IBM", "XA", 9_999, 900, 10_000, 900, self.now_ns)])

    def messages(self, topic: Topic, partition: int = PARTITION) -> list[object]:
        """What rightful workers wrote."""
        fence = Fence()
        found: list[object] = []
        for record in self.broker.partition(topic, partition):
            try:
                message = decode(topic, record.value)
            except Undecodable:
                continue
            if topic not in (Topic.CHILDREN, Topic.REPORTS) or fence.admits(
                partition, message, record.offset
            ):
                found.append(message)
        return found

    def children(self) -> list[NewChild]:
        return [each for each in self.messages(Topic.CHILDREN) if isinstance(each, NewChild)]

    def reports(self) -> list[ParentReport]:
        return [each for each in self.messages(Topic.REPORTS) if isinstance(each, ParentReport)]

    def dead_letters(self) -> list[DeadLetter]:
        return [
            each
            for number in range(4)
            for each in self.messages(Topic.DEADLETTER, number)
            if isinstance(each, DeadLetter)
        ]

    def fill_all(self) -> None:
        """The venue fills every child that it has not seen."""
        for child in self.children():
            if child.cl_ord_id in self.filled:
                continue
            self.filled[child.cl_ord_id] = child.order_qty
            self.put(Topic.EXECUTIONS, filled(child))

    def trade(self, worker: Worker, seconds: int) -> None:
        """Let a worker and the venue go on for so long."""
        for _ in range(seconds):
            self.quote()
            worker.turn(0)
            self.fill_all()
            worker.turn(0)
            self.now_ns += S

    def whole_life(self, worker: Worker) -> None:
        worker.take_partitions()
        self.trade(worker, 60)


def filled(child: NewChild) -> Execution:
    return Execution(
        venue="XA", session="S", msg_seq_num=1, trade_date=DAY, exec_id=f"e{child.cl_ord_id}",
        exec_type=ExecType.TRADE, ord_status=OrdStatus.FILLED, cl_ord_id=child.cl_ord_id,
        venue_order_id="V", symbol="IBM", side=child.side, order_qty=child.order_qty,
        cum_qty=child.order_qty, leaves_qty=0, avg_px=Decimal(100), last_qty=child.order_qty,
        last_px=Decimal(100), transact_ns=child.decided_ns, received_ns=child.decided_ns,
    )  # fmt: skip


def test_an_order_goes_through() -> None:
    bench = Bench()
    worker = bench.started()
    bench.ready()
    bench.put(Topic.PARENTS, new_parent())
    bench.trade(worker, 45)
    last = bench.reports()[-1]
    assert (last.ord_status, last.cum_qty) == (OrdStatus.FILLED, ORDER_QTY)
    assert sum(bench.filled.values()) == ORDER_QTY


# CP1 to CP3: dead before an append or after it, at every append there is after the eight claims.
@pytest.mark.parametrize("written", [False, True], ids=["lost", "written"])
@pytest.mark.parametrize("appends", range(8, 25))
def test_a_worker_dies_at_an_append(appends: int, written: bool) -> None:
    bench = Bench()
    bench.ready()
    bench.put(Topic.PARENTS, new_parent())
    doomed = bench.worker(DyingLog(bench.broker, appends, written=written))
    with pytest.raises(Killed):
        bench.whole_life(doomed)
    heir = bench.started()
    bench.trade(heir, 60)
    children = bench.children()
    assert len({child.cl_ord_id for child in children}) == len(children)
    assert sum(bench.filled.values()) == ORDER_QTY
    last = bench.reports()[-1]
    assert (last.ord_status, last.cum_qty) == (OrdStatus.FILLED, ORDER_QTY)
    accepted = [each for each in bench.reports() if each.exec_type is ExecType.NEW]
    assert len(accepted) == 1


# CP4: paused past a take-over, then writing what it had decided.
def test_a_zombies_records_are_ignored() -> None:
    bench = Bench()
    bench.ready()
    old = bench.started()
    bench.put(Topic.PARENTS, new_parent())
    old.turn(0)
    [child] = bench.children()
    zombie_child = msgspec.structs.replace(
        child, cl_ord_id=child.cl_ord_id[:-1] + "2", decided_ns=bench.now_ns + S
    )
    [accepted] = bench.reports()
    bench.started()
    bench.put(Topic.CHILDREN, zombie_child)
    bench.put(
        Topic.REPORTS,
        msgspec.structs.replace(
            accepted, exec_type=ExecType.CANCELED, ord_status=OrdStatus.CANCELED, exec_id="zombie"
        ),
    )
    heir = bench.started()
    [parent] = heir.cores[PARTITION].blotter.live_parents.values()
    assert parent.open_qty == child.order_qty
    assert list(parent.open_children) == [child.cl_ord_id]
    with pytest.raises(SupersededError):
        old.turn(0)


# CP5: the later claim wins, whether the earlier worker is running or still folding.
def test_the_later_of_two_claims_wins() -> None:
    bench = Bench()
    first = bench.started()
    second = bench.started()
    with pytest.raises(SupersededError):
        first.turn(0)
    bench.ready()
    bench.put(Topic.PARENTS, new_parent())
    bench.trade(second, 45)
    assert sum(bench.filled.values()) == ORDER_QTY


def test_a_claim_that_comes_while_folding_stops_the_earlier_worker() -> None:
    bench = Bench()
    later: list[Worker] = []
    earlier = bench.worker(RacingLog(bench.broker, lambda: later.append(bench.started())))
    with pytest.raises(SupersededError):
        earlier.take_partitions()
    later[0].turn(0)
    claims = [each for each in (decode(Topic.CHILDREN, record.value)
              for record in bench.broker.partition(Topic.CHILDREN, PARTITION))
              if isinstance(each, Claim)]  # fmt: skip
    assert len(claims) == 2


def test_terms_are_durable_before_a_child_under_them() -> None:
    """Also when the child is decided later than they were said."""
    flushed: list[int] = []

    class WatchedLog(MemoryLog):
        def flush(self, timeout_s: float) -> None:
            super().flush(timeout_s)
            flushed.append(len(bench.children()))

        def poll(self, timeout_s: float) -> list[Record]:
            """Without acknowledgements: those come with a flush only."""
            acks, self._acks = self._acks, []
            records = super().poll(timeout_s)
            self._acks = acks
            return records

    bench = Bench()
    worker = bench.worker(WatchedLog(bench.broker))
    worker.take_partitions()
    bench.put(Topic.PARENTS, new_parent())
    worker.turn(0)
    assert bench.reports()
    bench.ready()
    worker.turn(0)
    flushed.clear()
    bench.now_ns += S
    worker.turn(0)
    assert len(bench.children()) == 1
    assert flushed == [0]


def bad(message: object, **changes: object) -> bytes:
    raw = msgspec.json.decode(msgspec.json.encode(message))
    return msgspec.json.encode({**raw, **changes})


def order(**changes: object) -> bytes:
    return bad(new_parent(), **changes)


STRANGER = filled(
    NewChild(
        claim=0, order_id="x", parent_qty=1, cl_ord_id="stranger", venue="XA", symbol="IBM",
        side=new_parent().side, order_qty=1, ord_type=new_parent().ord_type, px=None,
        time_in_force=msgspec.convert("3", type=NewChild.__annotations__["time_in_force"]),
        algo="twap", decided_ns=0,
    )
)  # fmt: skip
R = DeadLetterReason
BAD = [
    ("not JSON", Topic.PARENTS, b"8=FIX.4.4", R.NOT_DECODABLE, None),
    ("no bytes", Topic.PARENTS, b"", R.NOT_DECODABLE, None),
    ("not UTF-8", Topic.PARENTS, b'{"type":"\xff"}', R.NOT_DECODABLE, None),
    ("a list", Topic.PARENTS, b"[]", R.NOT_DECODABLE, None),
    ("unknown type", Topic.PARENTS, order(type="buy_all"), R.UNKNOWN_TYPE, "type"),
    ("unknown field", Topic.PARENTS, order(qty=1), R.BAD_FIELD, "qty"),
    ("ill-typed side", Topic.PARENTS, order(side="5"), R.BAD_FIELD, "side"),
    ("ill-typed quantity", Topic.PARENTS, order(order_qty="many"), R.BAD_FIELD, "order_qty"),
    ("ill-typed time", Topic.PARENTS, order(start_ns=-1), R.BAD_FIELD, "start_ns"),
    ("ill-typed parameter", Topic.PARENTS, order(params={"interval": None}), R.BAD_FIELD,
     "params.interval"),
    ("oversized", Topic.PARENTS, order(account="x" * SPECS[Topic.PARENTS].max_value_bytes),
     R.OVERSIZED, None),
    ("not JSON", Topic.EXECUTIONS, b"{", R.NOT_DECODABLE, None),
    ("missing field", Topic.EXECUTIONS, b'{"type":"child_sent"}', R.BAD_FIELD, "venue"),
    ("unknown child", Topic.EXECUTIONS, msgspec.json.encode(STRANGER), R.UNKNOWN_CHILD, None),
    ("not MessagePack", Topic.MARKETDATA, b"\xc1", R.NOT_DECODABLE, None),
    ("unknown event", Topic.MARKETDATA, msgspec.msgpack.encode([["z", "IBM"]]), R.UNKNOWN_TYPE,
     "type"),
    ("not JSON", Topic.CHILDREN, b"?", R.NOT_DECODABLE, None),
    ("not JSON", Topic.REPORTS, b"?", R.NOT_DECODABLE, None),
]  # fmt: skip


OURS = (Topic.CHILDREN, Topic.REPORTS)  # which a worker reads at its start only
BURIED = [
    pytest.param(when, *row[1:], id=f"{row[1].value}, {row[0]}, {when}")
    for row in BAD
    for when in ("live", "before the start")
    if row[1] not in OURS or when != "live"
]


@pytest.mark.parametrize(("when", "topic", "value", "reason", "field"), BURIED)
def test_a_bad_record_is_one_dead_letter(
    when: str, topic: Topic, value: bytes, reason: DeadLetterReason, field: str | None
) -> None:
    bench = Bench()
    worker = bench.started() if when == "live" else None
    offset = bench.put_bytes(topic, value)
    worker = worker or bench.started()
    worker.turn(0)
    [letter] = bench.dead_letters()
    assert (letter.topic, letter.partition, letter.offset) == (topic.value, PARTITION, offset)
    assert (letter.reason, letter.field) == (reason, field)
    assert letter.size == len(value)
    heir = bench.started()
    bench.ready()
    bench.put(Topic.PARENTS, new_parent())
    bench.trade(heir, 45)
    bench.started()
    assert len(bench.dead_letters()) == 1
    assert sum(bench.filled.values()) == ORDER_QTY


def test_a_report_that_no_status_allows_is_a_dead_letter() -> None:
    bench = Bench()
    bench.ready()
    worker = bench.started()
    bench.put(Topic.PARENTS, new_parent())
    worker.turn(0)
    [child] = bench.children()
    reject = msgspec.structs.replace(
        filled(child), last_qty=0, last_px=None, cum_qty=0, exec_id="r1",
        exec_type=ExecType.REJECTED, ord_status=OrdStatus.REJECTED,
    )  # fmt: skip
    bench.put(Topic.EXECUTIONS, reject)
    bench.put(
        Topic.EXECUTIONS,
        msgspec.structs.replace(reject, exec_id="r2", exec_type=ExecType.REPLACED),
    )
    worker.turn(0)
    bench.started()
    [letter] = bench.dead_letters()
    assert letter.reason is R.ILLEGAL_TRANSITION


def test_one_of_several_workers_buries_what_all_read() -> None:
    bench = Bench()
    control = partition_of(CONTROL_KEY, 4)
    workers = [bench.worker(index=index, count=2) for index in range(2)]
    for each in workers:
        each.take_partitions()
    bench.put_bytes(Topic.CONTROL, b"stop!", control)
    for each in [*workers, bench.worker(index=0, count=2), bench.worker(index=1, count=2)]:
        if each not in workers:
            each.take_partitions()
        each.turn(0)
    assert [letter.topic for letter in bench.dead_letters()] == ["control"]


def test_an_order_under_the_wrong_key_is_refused_where_it_lies() -> None:
    bench = Bench()
    worker = bench.started()
    wrong = (PARTITION + 1) % 4
    bench.put(Topic.PARENTS, new_parent(), wrong)
    worker.turn(0)
    [report] = bench.messages(Topic.REPORTS, wrong)
    assert isinstance(report, ParentReport)
    assert (report.reason, report.field) == ("wrong_partition", "key")
    heir = bench.started()
    heir.turn(0)
    assert len(bench.messages(Topic.REPORTS, wrong)) == 1


def test_the_shape_of_orders() -> None:
    assert isinstance(decode(Topic.PARENTS, order()), NewParent)
