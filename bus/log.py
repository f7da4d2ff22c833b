"""What every bus offers: ordered partitions, offsets, acknowledged appends.

`bus.kafka` speaks to a broker, `bus.memory` is the same in one process for simulation and tests.
A Log belongs to one thread.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec

from bus.topics import Topic

BEGINNING: Final = -2
END: Final = -1

TopicPartition = tuple[Topic, int]
OnAck = Callable[[int, int], None]  # (partition, offset) of an append that is now durable


class BusFailed(Exception):
    """The broker is gone, refused us, or lost an append. The process must stop and fold again."""


class RecordTooLarge(Exception):
    """An append that the broker would never take. Nothing was written."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as read."""

    topic: Topic
    partition: int
    offset: int
    key: str
    value: bytes


class Log(Protocol):
    """One process's view of the bus."""

    def partitions(self) -> int:
        """How many partitions every topic has."""

    def append(self, topic: Topic, key: str, value: bytes, *, partition: int | None = None,
               on_ack: OnAck | None = None) -> None:  # fmt: skip
        """Append; `partition` None means that of the key. `on_ack` runs inside poll or flush.

        Raises RecordTooLarge, BusFailed.
        """

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read these partitions from these offsets (or BEGINNING, END); replaces what was read."""

    def add(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read these partitions too."""

    def poll(self, timeout_s: float) -> list[Record]:
        """What has come, at the latest after `timeout_s`; serves acknowledgements too.

        Raises BusFailed.
        """

    def end(self, topic: Topic, partition: int) -> int:
        """The offset that the next record of a partition will get."""

    def begin(self, topic: Topic, partition: int) -> int:
        """The offset of the oldest record that is kept."""

    def flush(self, timeout_s: float) -> None:
        """Wait until every append is acknowledged. Raises BusFailed if that takes too long."""

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """Remember, for this process's group, the next offset to read."""

    def committed(self, topic: Topic, partition: int) -> int | None:
        """What was last committed, or None."""

    def close(self) -> None:
        """Flush nothing, free the clients."""
