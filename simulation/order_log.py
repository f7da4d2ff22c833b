"""The topics of a simulation on the in-memory bus: messages in, offsets out, and back again."""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from bus.codec import decode, encode
from bus.memory import Broker, MemoryLog
from bus.partitioning import partition_of
from bus.topics import Topic

WRITER: Final = "simulation"  # the key of a record whose partition is given


@dataclass(slots=True)
class OrderLog:
    """One writer's and reader's view of `broker`. What is appended is durable at once."""

    broker: Broker
    _log: MemoryLog = field(init=False)

    def __post_init__(self) -> None:
        self._log = MemoryLog(self.broker)

    @property
    def partitions(self) -> range:
        """The number of each partition."""
        return range(self.broker.partition_count)

    def partition_of(self, symbol: str) -> int:
        """The partition in which all that concerns a symbol lies."""
        return partition_of(symbol, self.broker.partition_count)

    def append(self, topic: Topic, partition: int, message: msgspec.Struct) -> int:
        """Returns the offset."""
        return self._log.append_at(topic, partition, WRITER, encode(topic, message))

    def end(self, topic: Topic, partition: int) -> int:
        """The offset that the next record will get."""
        return self._log.end(topic, partition)

    def read(self, topic: Topic, partition: int) -> list[tuple[int, Any]]:
        """(offset, message) of every record, decoded anew."""
        records = self.broker.partition(topic, partition)
        return [(each.offset, decode(topic, each.value)) for each in records]

    def messages(self, topic: Topic) -> list[Any]:
        """Every message of a topic, partition after partition."""
        return [m for number in self.partitions for _, m in self.read(topic, number)]
