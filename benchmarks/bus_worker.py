"""What one worker reads from a broker: quotes through poll, decode and apply.

The embedded broker runs in a process of its own, so that its work is not ours. It keeps 5 MiB a
partition and hands out one message set a fetch: throughput here is a floor for the client's side.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final

from confluent_kafka import Producer

from benchmarks.figures import Figure, Goal, mid
from benchmarks.scene import OPEN_NS, SYMBOL, VENUES, live_partition, quote
from bus.codec import decode, encode
from bus.embedded import EmbeddedBroker
from bus.kafka import KafkaLog, producer_properties
from bus.topics import Topic, topic_name
from headgate.settings import BusSettings

GOAL_QUOTES_S: Final = 500_000.0  # performance.md 9, first release
PARTITIONS: Final = 4
REPEATS: Final = 3


def measure(quotes: int) -> list[Figure]:
    """`quotes` a partition, ten a record and one a record."""
    found = []
    for batch, count in ((10, quotes), (1, quotes // 2)):
        with _broker() as settings:
            _fill(settings, count, batch)
            taken = [_consume(settings, count, batch) for _ in range(REPEATS)]
        name = f"poll, decode, apply: {batch} a record"
        own = mid([total / cpu_s for total, _, cpu_s in taken])
        wall = mid([total / wall_s for total, wall_s, _ in taken])
        goal = Goal(at_least=1.0) if batch > 1 else None
        found += [
            _figure(f"{name}, a CPU second", own, goal),
            _figure(f"{name}, a second of the wall", wall, None),
        ]
    return found


def _figure(name: str, quotes_s: float, goal: Goal | None) -> Figure:
    return Figure(stage="bus worker", name=name, value=quotes_s, unit="quotes/s",
                  base_name="the goal", base=GOAL_QUOTES_S, goal=goal)  # fmt: skip


@contextlib.contextmanager
def _broker() -> Iterator[BusSettings]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bus_worker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        bootstrap = process.stdout.readline().strip()
        yield BusSettings(bootstrap_servers=bootstrap, embedded=True)
    finally:
        process.stdin.close()  # it ends when we do
        process.wait(10)
        process.stdout.close()


def _fill(settings: BusSettings, quotes: int, batch: int) -> None:
    """As a feed does that lets its records gather: large message sets."""
    producer = Producer(producer_properties(settings) | {"linger.ms": 50})
    name = topic_name(settings.prefix, Topic.MARKETDATA)
    for first in range(0, quotes, batch):
        events = [quote(VENUES[i % 2], OPEN_NS + i, i % 7) for i in range(first, first + batch)]
        value = encode(Topic.MARKETDATA, events)
        for partition in range(PARTITIONS):
            producer.produce(name, value, SYMBOL, partition=partition)
        producer.poll(0)
    assert producer.flush(30) == 0, "the broker took too long"


def _consume(settings: BusSettings, quotes: int, batch: int) -> tuple[int, float, float]:
    """(quotes, seconds of the wall, seconds of CPU of all threads of this process)"""
    core = live_partition()
    log = KafkaLog(settings, "bench")
    ends = {(Topic.MARKETDATA, each): log.end(Topic.MARKETDATA, each)
            for each in range(PARTITIONS)}  # fmt: skip
    begins = {where: log.begin(*where) for where in ends}
    left = sum(ends.values()) - sum(begins.values())
    assert left == quotes // batch * PARTITIONS, "the broker forgot some"
    total = left * batch
    log.assign(begins)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    while left > 0:
        for record in log.poll(0.05):
            core.on_market(decode(record.topic, record.value), 0)
            left -= 1
        core.next_wake_ns()
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    log.close()
    return total, wall_s, cpu_s


def main() -> None:
    """Be the broker until standard input ends."""
    broker = EmbeddedBroker()
    print(broker.bootstrap_servers, flush=True)
    sys.stdin.read()
    broker.stop()


if __name__ == "__main__":
    main()
