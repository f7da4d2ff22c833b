"""What the worker's core costs, in process: a decision, a child, a restart."""

import gc
import time
from typing import Final

from algos.partition import Partition
from benchmarks.figures import Figure, Goal, mid, quantile
from benchmarks.scene import (
    CLOSE_NS,
    OPEN_NS,
    WorkerScene,
    answers,
    collector_as_in_the_worker,
    live_partition,
    parent,
)
from domain.children import NewChild

SLICE_TARGET_US: Final = 5_000.0  # the brief: a slice in less than 5 ms
SLICES: Final = 1_000  # of a parent, the most there are
TURNS: Final = 20


def decisions(children: int) -> list[Figure]:
    """From the timer to the child, and the price of a child's whole life as they add up."""
    window = max(min(1_000, children // 4), 1)
    with collector_as_in_the_worker():
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
