"""KafkaLog on the embedded broker: what we rely on of the client, seen to be so."""

import time
from collections.abc import Iterator

import pytest

from bus.embedded import PARTITIONS, EmbeddedBroker
from bus.kafka import KafkaLog, client_properties
from bus.log import BEGINNING, END, BusFailed, Record, RecordTooLarge
from bus.partitioning import partition_of
from bus.topics import Topic
from headgate.settings import BusSettings

WITHIN_S = 10.0


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker()
    yield broker
    broker.stop()


def settings(broker: EmbeddedBroker) -> BusSettings:
    return BusSettings(bootstrap_servers=broker.bootstrap_servers, embedded=True)


def read(log: KafkaLog, count: int) -> list[Record]:
    found: list[Record] = []
    deadline = time.monotonic() + WITHIN_S
    while len(found) < count and time.monotonic() < deadline:
        found += log.poll(0.1)
    return found


def test_what_is_appended_is_read_in_order_from_its_key_s_partition(broker: EmbeddedBroker) -> None:
    log = KafkaLog(settings(broker), "t")
    acks: list[tuple[int, int]] = []
    for number in range(3):
        log.append(Topic.PARENTS, "IBM", b"%d" % number, on_ack=lambda *at: acks.append(at))
    log.flush(WITHIN_S)
    place = partition_of("IBM", PARTITIONS)
    assert acks == [(place, 0), (place, 1), (place, 2)]
    assert (log.begin(Topic.PARENTS, place), log.end(Topic.PARENTS, place)) == (0, 3)
    log.assign({(Topic.PARENTS, each): BEGINNING for each in range(PARTITIONS)})
    assert [(each.key, each.value, each.offset) for each in read(log, 3)] == [
        ("IBM", b"0", 0), ("IBM", b"1", 1), ("IBM", b"2", 2),
    ]  # fmt: skip
    log.close()


def test_end_means_only_what_comes_after(broker: EmbeddedBroker) -> None:
    log = KafkaLog(settings(broker), "t")
    log.append(Topic.CONTROL, "", b"old", partition=0)
    log.flush(WITHIN_S)
    log.assign({(Topic.CONTROL, 0): END})
    log.poll(0.5)
    log.append(Topic.CONTROL, "", b"new", partition=0)
    assert [each.value for each in read(log, 1)] == [b"new"]
    log.close()


def test_positions_are_remembered_by_group(broker: EmbeddedBroker) -> None:
    log = KafkaLog(settings(broker), "one")
    assert log.committed(Topic.REPORTS, 0) is None
    log.commit({(Topic.REPORTS, 0): 7})
    deadline = time.monotonic() + WITHIN_S
    while log.committed(Topic.REPORTS, 0) is None and time.monotonic() < deadline:
        log.poll(0.05)
    assert log.committed(Topic.REPORTS, 0) == 7
    assert KafkaLog(settings(broker), "other").committed(Topic.REPORTS, 0) is None
    log.close()


def test_a_record_that_no_broker_takes_is_refused_and_the_log_goes_on(
    broker: EmbeddedBroker,
) -> None:
    log = KafkaLog(settings(broker), "t")
    with pytest.raises(RecordTooLarge):
        log.append(Topic.PARENTS, "IBM", b"x" * 2_000_000)
    log.append(Topic.PARENTS, "IBM", b"y")
    log.flush(WITHIN_S)
    log.close()


def test_an_offset_that_is_gone_is_an_error_and_no_jump(broker: EmbeddedBroker) -> None:
    log = KafkaLog(settings(broker), "t")
    log.assign({(Topic.PARENTS, 0): 99})
    with pytest.raises(BusFailed, match="no longer holds our position"):
        read(log, 1)
    log.close()


def test_a_broker_that_is_gone_is_said_and_its_appends_fail(broker: EmbeddedBroker) -> None:
    said: list[bool] = []
    log = KafkaLog(settings(broker), "t", said.append)
    log.assign({(Topic.PARENTS, 0): BEGINNING})
    deadline = time.monotonic() + WITHIN_S
    while True not in said and time.monotonic() < deadline:
        log.poll(0.1)
    broker.stop()
    while said[-1] and time.monotonic() < deadline:
        log.poll(0.1)
    assert said[-1] is False
    log.append(Topic.PARENTS, "IBM", b"lost")
    with pytest.raises(BusFailed, match="not acknowledged"):
        log.flush(0.5)
    log.close()


def test_client_properties_pass_through_untouched() -> None:
    given: dict[str, str | int | float | bool] = {
        "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512",
        "ssl.ca.location": "/run/ca.pem",
    }  # fmt: skip
    properties = client_properties(BusSettings(bootstrap_servers="b:1", client=given))
    assert given.items() <= properties.items()
