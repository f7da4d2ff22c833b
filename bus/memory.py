"""The bus in one process: ordered partitions, offsets, redelivery. Deterministic.

`Broker` holds the records; each `MemoryLog` is one process's view. Acknowledgements come at the
next poll or flush of the log that appended. A log that is dropped without flush has still written
what it appended, as a producer that is killed after its send may have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bus.log import BEGINNING, END, OnAck, Record, RecordTooLarge, TopicPartition
from bus.partitioning import partition_of
from bus.topics import Topic

BROKER_RECORD_MAX = 1_048_576  # Kafka's default message.max.bytes


@dataclass(slots=True)
class Broker:
    """The records of every partition, and what groups have committed."""

    partition_count: int = 4
    records: dict[TopicPartition, list[Record]] = field(default_factory=dict)
    commits: dict[tuple[str, Topic, int], int] = field(default_factory=dict)

    def partition(self, topic: Topic, partition: int) -> list[Record]:
        found = self.records.get((topic, partition))
        if found is None:
            found = self.records[topic, partition] = []
        return found


class MemoryLog:
    """One process's view of a Broker."""

    def __init__(self, broker: Broker, group: str = "memory") -> None:
        self._broker = broker
        self._group = group
        self._positions: dict[TopicPartition, int] = {}
        self._acks: list[tuple[OnAck, int, int]] = []

    def partitions(self) -> int:
        return self._broker.partition_count

    def append(self, topic: Topic, key: str, value: bytes, *, partition: int | None = None,
               on_ack: OnAck | None = None) -> None:  # fmt: skip
        where = partition_of(key, self.partitions()) if partition is None else partition
        offset = self.append_at(topic, where, key, value)
        if on_ack is not None:
            self._acks.append((on_ack, where, offset))

    def append_at(self, topic: Topic, partition: int, key: str, value: bytes) -> int:
        """Append, durable at once. Returns the offset."""
        if len(value) > BROKER_RECORD_MAX:
            raise RecordTooLarge(f"{topic.value}: {len(value)} bytes")
        records = self._broker.partition(topic, partition)
        offset = len(records)
        records.append(Record(topic, partition, offset, key, value))
        return offset

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        self._positions = {}
        self.add(positions)

    def add(self, positions: Mapping[TopicPartition, int]) -> None:
        for (topic, partition), offset in positions.items():
            start = {BEGINNING: 0, END: self.end(topic, partition)}.get(offset, offset)
            self._positions[topic, partition] = start

    def poll(self, timeout_s: float) -> list[Record]:
        self._serve_acks()
        found: list[Record] = []
        for (topic, partition), position in self._positions.items():
            found += self._broker.partition(topic, partition)[position:]
            self._positions[topic, partition] = self.end(topic, partition)
        return found

    def end(self, topic: Topic, partition: int) -> int:
        return len(self._broker.partition(topic, partition))

    def begin(self, topic: Topic, partition: int) -> int:
        return 0

    def flush(self, timeout_s: float) -> None:
        self._serve_acks()

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        for (topic, partition), offset in positions.items():
            self._broker.commits[self._group, topic, partition] = offset

    def committed(self, topic: Topic, partition: int) -> int | None:
        return self._broker.commits.get((self._group, topic, partition))

    def close(self) -> None:
        self._acks.clear()

    def _serve_acks(self) -> None:
        while self._acks:
            acks, self._acks = self._acks, []
            for on_ack, partition, offset in acks:
                on_ack(partition, offset)
