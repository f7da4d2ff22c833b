"""The broker the other integration tests stand on is real, durable, and refuses to be absent."""

import time
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.integration import kafka_broker
from tests.integration.kafka_broker import KafkaBroker, NoKafkaError, any_broker, kafka_jars

DEADLINE_S = 60.0


def create_topic(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for created in admin.create_topics([NewTopic(topic, num_partitions=1)]).values():
        created.result(DEADLINE_S)


def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    failures: list[object] = []
    producer = Producer(
        {"bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True, "linger.ms": 0}
    )
    for value in values:
        producer.produce(
            topic,
            key=b"ABC",
            value=value,
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
    assert producer.flush(DEADLINE_S) == 0
    assert failures == []


def consume(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    deadline = time.monotonic() + DEADLINE_S
    records: list[Message] = []
    while len(records) < count and time.monotonic() < deadline:
        record = consumer.poll(1.0)
        if record is not None and record.error() is None:
            records.append(record)
    consumer.close()
    assert [record.offset() for record in records] == list(range(count))
    return [record.value() for record in records]


def test_acknowledged_records_are_read_in_order(kafka_bootstrap: str) -> None:
    topic = f"test-broker-{time.time_ns()}"
    values = [f"record {n}".encode() for n in range(1000)]
    create_topic(kafka_bootstrap, topic)
    produce(kafka_bootstrap, topic, values)
    assert consume(kafka_bootstrap, topic, len(values)) == values


def test_a_topic_nobody_created_is_refused(kafka_bootstrap: str) -> None:
    topic = f"test-broker-{time.time_ns()}"
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    assert admin.list_topics(topic, timeout=10).topics[topic].error is not None
    assert topic not in admin.list_topics(timeout=10).topics


@pytest.mark.slow
def test_acknowledged_records_survive_a_kill(own_kafka: KafkaBroker) -> None:
    address = own_kafka.bootstrap
    create_topic(address, "survivor")
    produce(address, "survivor", [b"before"])
    own_kafka.kill()
    own_kafka.restart()
    assert own_kafka.bootstrap == address
    produce(address, "survivor", [b"after"])
    assert consume(address, "survivor", 2) == [b"before", b"after"]
    own_kafka.restart()
    assert consume(address, "survivor", 2) == [b"before", b"after"]


def test_a_closed_broker_leaves_nothing() -> None:
    broker = KafkaBroker()
    broker.close()
    assert not broker.directory.exists()


def test_a_machine_that_can_have_no_broker_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(NoKafkaError, match="needs 'mvn', which is not installed"):
        kafka_jars()


@pytest.mark.slow
def test_a_named_broker_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = kafka_broker._free_ports(1)
    monkeypatch.setenv("HEADGATE_TEST_KAFKA", f"127.0.0.1:{port}")
    with pytest.raises(NoKafkaError, match="no broker answers there"), any_broker():
        pass
