"""Read what the log holds at this moment, and say where to go on: the start of every process."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from bus.log import BusFailed, Log, Record, TopicPartition
from bus.topics import Topic

POLL_S: Final = 0.1
# A broker that has sent nothing for a minute of polls will not send the rest.
SILENT_POLLS_MAX: Final = 600


def ends_of(log: Log, topics: Iterable[Topic], partitions: Iterable[int]) -> dict[
    TopicPartition, int
]:  # fmt: skip
    """The offset after the last record, by partition, as of now."""
    numbers = list(partitions)
    return {
        (topic, partition): log.end(topic, partition) for topic in topics for partition in numbers
    }


def read_to(
    log: Log, ends: dict[TopicPartition, int], beat: Callable[[], None] = lambda: None, *,
    at_most: int | None = None,
) -> Iterator[Record]:  # fmt: skip
    """Every record before `ends`, each partition in order, from the oldest kept.

    `at_most`: of each partition only the last so many. What else the log was reading is dropped:
    assign anew afterwards. `beat` is called while it waits. Raises BusFailed.
    """
    starts = {}
    for where, end in ends.items():
        begin = log.begin(*where)
        starts[where] = begin if at_most is None else max(begin, end - at_most)
    left = {where for where, end in ends.items() if starts[where] < end}
    log.assign({where: starts[where] for where in ends if where in left})
    silent_polls = 0
    while left:
        records = log.poll(POLL_S)
        for record in records:
            where = (record.topic, record.partition)
            if record.offset < ends[where]:
                yield record
            if record.offset + 1 >= ends[where]:
                left.discard(where)
        beat()
        silent_polls = 0 if records else silent_polls + 1
        if silent_polls > SILENT_POLLS_MAX:
            raise BusFailed(f"the log fell silent before its end: {sorted(left)} are not read")
