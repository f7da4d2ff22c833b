"""The bus on a Kafka broker: the one client of ours, whatever broker it points at.

One producer and one consumer, owned by one thread. Appends are idempotent and acknowledged by all
replicas; one that fails is fatal, because the records after it may have been written: the process
must stop, restart and fold the log (reliability.md 2.2).
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
)
from confluent_kafka import TopicPartition as KafkaTopicPartition

from bus.log import BEGINNING, END, BusFailed, OnAck, Record, RecordTooLarge, TopicPartition
from bus.partitioning import partition_of
from bus.topics import SPECS, Topic, topic_name
from headgate import metrics
from headgate.settings import BusSettings

DRAIN_MAX: Final = 2_000  # records taken in one poll; bounds how long one round of a loop may be
QUERY_TIMEOUT_S: Final = 10.0  # watermarks, committed offsets
RETRY_S: Final = 0.05  # between two tries of a question that the broker cannot answer yet
QUEUE_WAIT_S: Final = 5.0  # a full local queue is back-pressure for so long, then a failed broker

Delivered = Callable[[KafkaError | None, Message], None]
_Answer = TypeVar("_Answer")

_NOT_YET: Final = (
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
)

STATISTICS_MS: Final = 2_000  # how soon a broker that is gone shows in /readyz


def client_properties(settings: BusSettings) -> dict[str, Any]:
    """What every client of ours is given; `settings.client` is passed through untouched."""
    return {
        "bootstrap.servers": settings.bootstrap_servers,
        "log_level": 2,  # what matters of the rest reaches us as failures
        "socket.keepalive.enable": True,
        # An append right behind another one must not wait for the first one's TCP acknowledgement.
        "socket.nagle.disable": True,
        # A broker that comes back is met within half a second, not within the client's ten.
        "reconnect.backoff.max.ms": 500,
        "allow.auto.create.topics": False,
        **settings.client,
    }


def producer_properties(settings: BusSettings) -> dict[str, Any]:
    """An append is durable or fatal; nothing lingers."""
    return {
        **client_properties(settings),
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 0,
        # A broker that is away for longer than this is not coming back soon: stop and fold again.
        "message.timeout.ms": 30_000,
        "queue.buffering.max.messages": 200_000,
    }


def consumer_properties(settings: BusSettings, group: str) -> dict[str, Any]:
    """Positions are ours; an offset that is no longer there is an error, never a silent jump."""
    return {
        **client_properties(settings),
        "group.id": f"{settings.prefix}.{group}",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "check.crcs": True,
        "isolation.level": "read_committed",
        # The embedded broker holds an empty fetch for the whole wait (performance.md section 4).
        "fetch.wait.max.ms": 1 if settings.embedded else 20,
        "fetch.error.backoff.ms": 5,
        "fetch.queue.backoff.ms": 5,
        "queued.max.messages.kbytes": 65_536,
        "enable.partition.eof": False,
        "statistics.interval.ms": STATISTICS_MS,
    }


class _BrokerStatistics(msgspec.Struct):
    """Of librdkafka's STATISTICS.md, what we look at. `nodeid` is -1 for bootstrap addresses."""

    nodeid: int
    state: str


class _Statistics(msgspec.Struct):
    brokers: dict[str, _BrokerStatistics]


class KafkaLog:
    """One process's view of the bus. See bus.log.Log."""

    def __init__(
        self, settings: BusSettings, group: str, on_broker: Callable[[bool], None] | None = None
    ) -> None:
        if not settings.bootstrap_servers:
            raise BusFailed("bus.bootstrap_servers is not set")
        self._settings = settings
        self._producer = Producer(producer_properties(settings) | {"error_cb": self._on_error})
        self._on_broker = on_broker
        self._consumer = Consumer(
            consumer_properties(settings, group)
            | {"error_cb": self._on_error, "stats_cb": self._on_statistics}
        )
        self._names = {topic: topic_name(settings.prefix, topic) for topic in Topic}
        self._topics = {name: topic for topic, name in self._names.items()}
        self._positions: dict[TopicPartition, int] = {}
        self._appends = {topic: metrics.BUS_APPENDS.labels(topic.value) for topic in Topic}
        self._acks = {topic: metrics.BUS_ACK_SECONDS.labels(topic.value) for topic in Topic}
        self._reads = {topic: metrics.BUS_RECORDS.labels(topic.value) for topic in Topic}
        self._failure: str | None = None
        self._partitions: int | None = None
        self.unacknowledged = 0

    def partitions(self) -> int:
        if self._partitions is None:
            self._partitions = 4 if self._settings.embedded else self._count_partitions()
        return self._partitions

    def append(self, topic: Topic, key: str, value: bytes, *, partition: int | None = None,
               on_ack: OnAck | None = None) -> None:  # fmt: skip
        where = partition_of(key, self.partitions()) if partition is None else partition
        if topic is Topic.MARKETDATA and on_ack is None:
            callback = None  # a callback a quote costs as much as the quote (performance.md 4)
        else:
            self.unacknowledged += 1
            callback = self._callback(topic, on_ack)
        try:
            self._enqueue(topic, where, key, value, callback)
        except BaseException:
            self.unacknowledged -= callback is not None
            raise
        self._appends[topic].inc()

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        self._positions = dict(positions)
        self._consumer.assign([self._at(where, offset) for where, offset in positions.items()])

    def add(self, positions: Mapping[TopicPartition, int]) -> None:
        new = {where: offset for where, offset in positions.items() if where not in self._positions}
        self._positions.update(new)
        self._consumer.incremental_assign([self._at(where, at) for where, at in new.items()])

    def poll(self, timeout_s: float) -> list[Record]:
        self._producer.poll(0)
        self._check()
        # poll() has a single message's latency, the drain behind it a batch's throughput.
        first = self._consumer.poll(timeout_s)
        self._producer.poll(0)
        if first is None:
            self._check()
            return []
        messages = [first, *self._consumer.consume(DRAIN_MAX - 1, 0)]
        records = [self._record(message) for message in messages]
        for topic, count in Counter([record.topic for record in records]).items():
            self._reads[topic].inc(count)  # a count a record costs as much as its decoding
        return records

    def end(self, topic: Topic, partition: int) -> int:
        return self._watermarks(topic, partition)[1]

    def begin(self, topic: Topic, partition: int) -> int:
        return self._watermarks(topic, partition)[0]

    def flush(self, timeout_s: float) -> None:
        left = self._producer.flush(timeout_s)
        self._check()
        if left:
            raise BusFailed(f"{left} appends were not acknowledged within {timeout_s} s")

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        try:
            self._consumer.commit(
                offsets=[self._at(where, offset) for where, offset in positions.items()],
                asynchronous=True,
            )
        except KafkaException as error:
            raise BusFailed(f"commit: {error}") from error

    def committed(self, topic: Topic, partition: int) -> int | None:
        try:
            at = self._at((topic, partition), 0)
            found = _answered(lambda: self._consumer.committed([at], QUERY_TIMEOUT_S))
        except KafkaException as error:
            raise BusFailed(f"committed offset of {topic.value}: {error}") from error
        return found[0].offset if found[0].offset >= 0 else None

    def close(self) -> None:
        self._consumer.close()

    def _enqueue(self, topic: Topic, partition: int, key: str, value: bytes,
                 callback: Delivered | None) -> None:  # fmt: skip
        deadline = time.monotonic() + QUEUE_WAIT_S
        while True:
            try:
                self._producer.produce(
                    self._names[topic], value, key, partition=partition, on_delivery=callback
                )
                return
            except BufferError as error:
                if time.monotonic() > deadline:
                    raise BusFailed(f"{topic.value}: the local queue stays full") from error
                self._producer.poll(0.05)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                    raise RecordTooLarge(f"{topic.value}: {len(value)} bytes") from error
                raise BusFailed(f"append to {topic.value}: {error}") from error

    def _callback(self, topic: Topic, on_ack: OnAck | None) -> Delivered:
        def delivered(error: KafkaError | None, message: Message) -> None:
            self.unacknowledged -= 1
            if error is not None:
                self._failure = f"append to {message.topic()} failed: {error}"
                return
            self._acks[topic].observe(message.latency() or 0.0)
            if on_ack is not None:
                partition, offset = message.partition(), message.offset()
                assert partition is not None
                assert offset is not None
                on_ack(partition, offset)

        return delivered

    def _record(self, message: Message) -> Record:
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise BusFailed(f"{message.topic()}: the log no longer holds our position: {error}")
            raise BusFailed(f"read of {message.topic()}: {error}")
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None
        assert partition is not None
        assert offset is not None
        key, value = message.key(), message.value()
        return Record(
            self._topics[topic],
            partition,
            offset,
            key.decode("utf-8", "replace") if isinstance(key, bytes) else key or "",
            value.encode() if isinstance(value, str) else value or b"",
        )

    def _at(self, where: TopicPartition, offset: int) -> KafkaTopicPartition:
        """END is asked for now: left to the client it would be the end at its first fetch."""
        if offset == END:
            offset = self._watermarks(*where)[1]
        elif offset == BEGINNING:
            offset = OFFSET_BEGINNING
        return KafkaTopicPartition(self._names[where[0]], where[1], offset)

    def _watermarks(self, topic: Topic, partition: int) -> tuple[int, int]:
        at = KafkaTopicPartition(self._names[topic], partition)
        try:
            low, high = _answered(lambda: self._consumer.get_watermark_offsets(at, QUERY_TIMEOUT_S))
        except KafkaException as error:
            raise BusFailed(f"offsets of {topic.value}[{partition}]: {error}") from error
        return low, high

    def _count_partitions(self) -> int:
        try:
            metadata = self._consumer.list_topics(timeout=QUERY_TIMEOUT_S)
        except KafkaException as error:
            raise BusFailed(f"no broker at {self._settings.bootstrap_servers}: {error}") from error
        counts = {}
        for topic in SPECS:
            found = metadata.topics.get(self._names[topic])
            if found is None:
                raise BusFailed(f"topic {self._names[topic]} is missing: `headgate topics create`")
            counts[topic] = len(found.partitions)
        if len(set(counts.values())) != 1:
            raise BusFailed(f"topics must have the same number of partitions: {counts}")
        return counts[Topic.PARENTS]

    def _on_statistics(self, text: str) -> None:
        """Say whether any broker is connected. Runs inside poll."""
        if self._on_broker is not None:
            found = msgspec.json.decode(text, type=_Statistics).brokers.values()
            self._on_broker(any(each.nodeid >= 0 and each.state == "UP" for each in found))

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._failure = f"the client failed for good: {error}"

    def _check(self) -> None:
        if self._failure is not None:
            raise BusFailed(self._failure)


def _answered(ask: Callable[[], _Answer]) -> _Answer:
    """What `ask` returns, asked again while the broker says that it cannot tell yet.

    The partitions of a topic just made, or of a broker just started, have no leader at first.
    """
    deadline_s = time.monotonic() + QUERY_TIMEOUT_S
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in _NOT_YET or time.monotonic() > deadline_s:
                raise
            time.sleep(RETRY_S)
