"""What the worker's core costs, in process: a quote, a decision, a child, a restart."""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from typing import Final

from algos.partition import Partition
from benchmarks.figures import Figure, Goal, mid, quantile
from benchmarks.scene import (
    CLOSE_NS,
    OPEN_NS,
    VENUES,
    WorkerScene,
    answers,
    idle_parents,
    live_partition,
    parent,
    quote,
)
from bus.codec import decode, encode
from bus.topics import Topic
from domain.children import NewChild

BATCH: Final = 10  # quotes a record, as the venues' feed may send
IDLE: Final = 2_000  # parents
REPEATS: Final = 9
SLICE_TARGET_US: Final = 5_000.0  # the brief: a slice in less than 5 ms
MARKET_DATA_TARGET_US: Final = 10_000.0  # ... a market data update in less than 10 ms
SLICES: Final = 1_000  # of a parent, the most there are
TURNS: Final = 20


def market_data(quotes: int, idle: int = IDLE) -> list[Figure]:
    """Decode and apply, without and with parents that wait for their time."""
    records = _quote_records(quotes, BATCH)
    single = _quote_records(quotes, 1)
    quiet, busy = live_partition(), live_partition()
    idle_parents(busy, idle)
    taken: dict[str, list[float]] = {"quiet": [], "busy": [], "single": []}
    for _ in range(REPEATS):  # side by side, so that a neighbour hits all alike
        taken["quiet"].append(_feed(quiet, records) / quotes)
        taken["busy"].append(_feed(busy, records) / quotes)
        taken["single"].append(_feed(quiet, single) / quotes)
    each_us = _feed_each(busy, single)
    stage = "market data"
    none = min(taken["quiet"])  # the round that neighbours disturbed least
    return [
        Figure(stage=stage, name=f"decode + apply a quote, {BATCH} a record", unit="ns",
               value=none),
        Figure(stage=stage, name=f"... with {idle:,} parents of which none is due", unit="ns",
               value=min(taken["busy"]), base_name="no parents", base=none,
               goal=Goal(at_most=1.1)),
        Figure(stage=stage, name="... one a record", value=min(taken["single"]), unit="ns",
               base_name=f"{BATCH} a record", base=none),
        Figure(stage=stage, name="one record p99.9, own processor time", unit="us",
               value=quantile(each_us, 0.999), base_name="the brief's 10 ms",
               base=MARKET_DATA_TARGET_US, headroom=True, goal=Goal(at_least=1.0)),
    ]  # fmt: skip


def decisions(children: int) -> list[Figure]:
    """From the timer to the child, and the price of a child's whole life as they add up."""
    window = max(min(1_000, children // 4), 1)
    with _collector_as_in_the_worker():
        old, young = _trading(children), _trading(2 * window)
        decided_us, own_us, _ = _trade_out(old, children - window)
        _trade_out(young, window)
        first_us: list[float] = []
        last_us: list[float] = []
        for _ in range(min(TURNS, window)):  # in turns, so that a neighbour hits both alike
            first_us += _trade_out(young, window // min(TURNS, window))[2]
            last_us += _trade_out(old, window // min(TURNS, window))[2]
    first, last = mid(first_us), mid(last_us)
    return [
        _decision("p50", quantile(decided_us, 0.5)),
        _decision("p99", quantile(decided_us, 0.99), Goal(at_least=1.0)),
        _decision("p99.9, own processor time", quantile(own_us, 0.999), Goal(at_least=10.0),
                  "the goal is 500 us in process; of our own processor time, because on a shared "
                  "machine the wall's tail is the neighbours'"),
        Figure(stage="per child", value=first, unit="us",
               name=f"decided, accepted, filled, reported: the second {window:,}"),
        Figure(stage="per child", name=f"... the last {window:,} of {children:,}",
               value=last, unit="us", base_name="the second", base=first,
               goal=Goal(at_most=1.5)),
    ]  # fmt: skip


def _trading(children: int) -> Partition:
    """A partition with parents enough for so many children."""
    partition = live_partition()
    for number in range(children // SLICES + 1):
        partition.on_parent(parent(number, SLICES, CLOSE_NS), number, OPEN_NS)
    return partition


def _decision(name: str, value: float, goal: Goal | None = None, note: str = "") -> Figure:
    return Figure(stage="decision", name=f"timer -> TWAP child {name}", unit="us", value=value,
                  base_name="the brief's 5 ms", base=SLICE_TARGET_US, headroom=True, goal=goal,
                  note=note)  # fmt: skip


def fold(children: int) -> list[Figure]:
    """Restart: the worker takes a partition whose log holds so many children."""
    slices = min(SLICES, children)
    scene = WorkerScene()
    scene.trade(max(children // slices, 1), slices)
    records = scene.records()
    taken = []
    for _ in range(3):
        worker = scene.worker()
        began_s = time.perf_counter()
        worker.take_partitions()
        taken.append(records / (time.perf_counter() - began_s))
        gc.unfreeze()
    return [
        Figure(stage="restart", name=f"fold of {records:,} records of the order topics",
               value=mid(taken), unit="records/s",
               note=f"{scene.fills:,} children; from the in-memory bus, so without the network")
    ]  # fmt: skip


@contextlib.contextmanager
def _collector_as_in_the_worker() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1_000)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def _quote_records(quotes: int, batch: int) -> list[bytes]:
    found = []
    for first in range(0, quotes, batch):
        events = [quote(VENUES[i % 2], OPEN_NS + i, i % 7) for i in range(first, first + batch)]
        found.append(encode(Topic.MARKETDATA, events))
    return found


def _feed(partition: Partition, records: list[bytes]) -> float:
    """Nanoseconds for all of them, with the look at the timers that each round takes."""
    began_ns = time.perf_counter_ns()
    for value in records:
        partition.on_market(decode(Topic.MARKETDATA, value), OPEN_NS)
        partition.next_wake_ns()
    return float(time.perf_counter_ns() - began_ns)


def _feed_each(partition: Partition, records: list[bytes]) -> list[float]:
    clock: Callable[[], int] = time.thread_time_ns
    taken = []
    for value in records:
        began_ns = clock()
        partition.on_market(decode(Topic.MARKETDATA, value), OPEN_NS)
        taken.append((clock() - began_ns) / 1e3)
    return taken


Taken = tuple[list[float], list[float], list[float]]


def _trade_out(partition: Partition, children: int) -> Taken:
    """(us of each decision that sent a child, of that our processor's, us of each child's life)"""
    decided_us: list[float] = []
    own_us: list[float] = []
    life_us: list[float] = []
    while len(life_us) < children:
        now_ns = partition.next_wake_ns()
        if now_ns is None or now_ns >= CLOSE_NS:
            break
        began_ns, own_ns = time.perf_counter_ns(), time.thread_time_ns()
        commands = partition.on_timer(now_ns)
        own_ns = time.thread_time_ns() - own_ns
        decided_ns = time.perf_counter_ns() - began_ns
        sent = [each for each in commands if isinstance(each, NewChild)]
        if not sent:
            continue
        own_us.append(own_ns / 1e3 / len(sent))
        decided_us.append(decided_ns / 1e3 / len(sent))
        for child in sent:
            said = answers(child, partition.blotter.parents[child.order_id].children, now_ns)
            began_ns = time.perf_counter_ns()
            for execution in said:
                partition.on_execution(execution, now_ns)
            told_ns = time.perf_counter_ns() - began_ns
            life_us.append((decided_ns / len(sent) + told_ns) / 1e3)
    return decided_us, own_us, life_us
