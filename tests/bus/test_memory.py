"""The bus in memory keeps what every bus promises: order, offsets, acknowledgements, redelivery."""

import pytest

from bus.log import BEGINNING, END, Record, RecordTooLarge
from bus.memory import BROKER_RECORD_MAX, Broker, MemoryLog
from bus.partitioning import partition_of
from bus.topics import Topic

PARENTS, REPORTS = Topic.PARENTS, Topic.REPORTS


def values(records: list[Record]) -> list[bytes]:
    return [record.value for record in records]


def test_order_and_offsets() -> None:
    log = MemoryLog(Broker())
    for value in (b"a", b"b", b"c"):
        log.append(PARENTS, "VOD", value)
    home = partition_of("VOD", log.partitions())
    log.assign({(PARENTS, home): BEGINNING})
    assert log.poll(0) == [
        Record(PARENTS, home, offset, "VOD", value)
        for offset, value in enumerate((b"a", b"b", b"c"))
    ]
    assert log.poll(0) == []
    assert (log.begin(PARENTS, home), log.end(PARENTS, home)) == (0, 3)


def test_a_named_partition_overrides_the_key() -> None:
    log = MemoryLog(Broker(partition_count=4))
    for partition in range(4):
        log.append(Topic.EXECUTIONS, "XLON", b"state", partition=partition)
    assert [log.end(Topic.EXECUTIONS, partition) for partition in range(4)] == [1, 1, 1, 1]


def test_acknowledgements_come_in_order_at_the_next_poll_or_flush() -> None:
    log = MemoryLog(Broker())
    acks: list[tuple[int, int]] = []
    for _ in range(2):
        log.append(PARENTS, "k", b"", partition=1, on_ack=lambda *at: acks.append(at))
    assert acks == []
    log.poll(0)
    assert acks == [(1, 0), (1, 1)]
    log.append(PARENTS, "k", b"", partition=1, on_ack=lambda *at: acks.append(at))
    log.flush(0)
    assert acks[2:] == [(1, 2)]
    log.flush(0)
    assert len(acks) == 3  # once each


def test_an_acknowledgement_may_append() -> None:
    log = MemoryLog(Broker())
    acks: list[int] = []

    def once_more(partition: int, offset: int) -> None:
        acks.append(offset)
        log.append(PARENTS, "k", b"2", partition=0, on_ack=lambda _, at: acks.append(at))

    log.append(PARENTS, "k", b"1", partition=0, on_ack=once_more)
    log.flush(0)
    assert acks == [0, 1]


def test_what_is_read_from_where() -> None:
    broker = Broker()
    writer, reader = MemoryLog(broker), MemoryLog(broker)
    for value in (b"a", b"b", b"c"):
        writer.append(PARENTS, "k", value, partition=0)
    reader.assign({(PARENTS, 0): END})
    writer.append(PARENTS, "k", b"d", partition=0)
    assert values(reader.poll(0)) == [b"d"]
    reader.assign({(PARENTS, 0): 1})  # redelivery: what was read comes again
    assert values(reader.poll(0)) == [b"b", b"c", b"d"]
    reader.add({(REPORTS, 0): BEGINNING})
    writer.append(REPORTS, "k", b"r", partition=0)
    writer.append(PARENTS, "k", b"e", partition=0)
    assert values(reader.poll(0)) == [b"e", b"r"]
    reader.assign({(REPORTS, 0): BEGINNING})  # assign replaces
    writer.append(PARENTS, "k", b"f", partition=0)
    assert values(reader.poll(0)) == [b"r"]


def test_commits_belong_to_the_group_and_outlive_the_process() -> None:
    broker = Broker()
    worker = MemoryLog(broker, "worker")
    assert worker.committed(PARENTS, 0) is None
    worker.commit({(PARENTS, 0): 5})
    worker.close()
    assert MemoryLog(broker, "worker").committed(PARENTS, 0) == 5
    assert MemoryLog(broker, "tca").committed(PARENTS, 0) is None


def test_what_was_appended_outlives_its_writer() -> None:
    """As from a producer that is killed between its send and the acknowledgement."""
    broker = Broker()
    acks: list[int] = []
    killed = MemoryLog(broker)
    killed.append(PARENTS, "k", b"a", partition=0, on_ack=lambda _, at: acks.append(at))
    killed.close()
    killed.flush(0)
    assert (broker.partition(PARENTS, 0)[0].value, acks) == (b"a", [])


def test_too_large() -> None:
    log = MemoryLog(Broker())
    log.append(PARENTS, "k", b"x" * BROKER_RECORD_MAX, partition=0)
    with pytest.raises(RecordTooLarge):
        log.append(PARENTS, "k", b"x" * (BROKER_RECORD_MAX + 1), partition=0)
    assert log.end(PARENTS, 0) == 1
