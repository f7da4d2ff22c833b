"""Reading the log to its end, on the in-memory bus."""

from bus.log import BEGINNING
from bus.memory import Broker, MemoryLog
from bus.replay import ends_of, read_to
from bus.topics import Topic


def filled() -> MemoryLog:
    log = MemoryLog(Broker(partition_count=2))
    for number in range(5):
        log.append(Topic.PARENTS, "", bytes([number]), partition=0)
    log.append(Topic.CHILDREN, "", b"c", partition=1)
    return log


def test_reads_all_up_to_the_ends_and_no_further() -> None:
    log = filled()
    ends = ends_of(log, (Topic.PARENTS, Topic.CHILDREN), (0, 1))
    log.append(Topic.PARENTS, "", b"later", partition=0)
    found = [(record.topic, record.offset) for record in read_to(log, ends)]
    assert sorted(found) == [(Topic.CHILDREN, 0), *((Topic.PARENTS, each) for each in range(5))]


def test_goes_on_from_the_ends_without_loss() -> None:
    log = filled()
    ends = ends_of(log, (Topic.PARENTS,), (0,))
    list(read_to(log, ends))
    log.append(Topic.PARENTS, "", b"later", partition=0)
    log.assign(ends)
    assert [record.value for record in log.poll(0)] == [b"later"]


def test_reads_only_the_tail_if_asked() -> None:
    log = filled()
    ends = ends_of(log, (Topic.PARENTS,), (0, 1))
    assert [record.offset for record in read_to(log, ends, at_most=2)] == [3, 4]


def test_an_empty_log_is_read_at_once() -> None:
    log = MemoryLog(Broker(partition_count=2))
    beats: list[int] = []
    ends = ends_of(log, tuple(Topic), (0, 1))
    assert list(read_to(log, ends, lambda: beats.append(1))) == []
    log.assign(dict.fromkeys(ends, BEGINNING))
