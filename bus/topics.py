"""The topics: what each holds, how it is written, how long it is kept."""

from enum import StrEnum
from typing import Final

import msgspec

from domain.children import ChildRecord
from domain.control import ControlRecord
from domain.deadletters import DeadLetter
from domain.executions import ExecutionRecord
from domain.marketdata import MarketEvent
from domain.parents import ParentRequest
from domain.reports import ReportRecord
from domain.tca import ParentCost

DAY_MS: Final = 86_400_000
FOR_EVER: Final = -1  # as retention.ms says it
CONTROL_KEY: Final = "control"  # all of `control` is one ordered sequence


class Topic(StrEnum):
    """The name between the prefix and the version: `headgate.parents.v1`."""

    PARENTS = "parents"
    CHILDREN = "children"
    EXECUTIONS = "executions"
    REPORTS = "reports"
    MARKETDATA = "marketdata"
    TCA = "tca"
    CONTROL = "control"
    DEADLETTER = "deadletter"

    # Enum's own is a Python function; topics are looked up several times a record.
    __hash__ = str.__hash__


class TopicSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a topic holds and how long. `max_value_bytes`: a longer record is refused by readers."""

    type: object  # a msgspec-decodable type: the union of the topic's messages
    retention_ms: int
    max_value_bytes: int
    msgpack: bool = False


# An order record is a few hundred bytes; 64 KiB leaves room for a plan of 1,500 slices and is far
# below the broker's 1 MB, so that a dead letter about it still fits.
ORDER_RECORD_MAX: Final = 65_536
# A request is a few hundred bytes too. A reject echoes what was asked, at worst three times (as
# itself, as `field` and within `text`), and must be a readable report still.
REQUEST_RECORD_MAX: Final = 16_384
# A batch of 1,000 quotes is about 50 kB.
MARKETDATA_RECORD_MAX: Final = 262_144

SPECS: Final[dict[Topic, TopicSpec]] = {
    Topic.PARENTS: TopicSpec(
        type=ParentRequest, retention_ms=7 * DAY_MS, max_value_bytes=REQUEST_RECORD_MAX
    ),
    Topic.CHILDREN: TopicSpec(
        type=ChildRecord, retention_ms=7 * DAY_MS, max_value_bytes=ORDER_RECORD_MAX
    ),
    Topic.EXECUTIONS: TopicSpec(
        type=ExecutionRecord, retention_ms=7 * DAY_MS, max_value_bytes=ORDER_RECORD_MAX
    ),
    Topic.REPORTS: TopicSpec(
        type=ReportRecord, retention_ms=7 * DAY_MS, max_value_bytes=ORDER_RECORD_MAX
    ),
    Topic.MARKETDATA: TopicSpec(
        type=list[MarketEvent],
        retention_ms=DAY_MS,
        max_value_bytes=MARKETDATA_RECORD_MAX,
        msgpack=True,
    ),
    Topic.TCA: TopicSpec(
        type=ParentCost, retention_ms=30 * DAY_MS, max_value_bytes=ORDER_RECORD_MAX
    ),
    Topic.CONTROL: TopicSpec(  # kept for ever: a kill switch holds until it is re-armed
        type=ControlRecord, retention_ms=FOR_EVER, max_value_bytes=ORDER_RECORD_MAX
    ),
    Topic.DEADLETTER: TopicSpec(
        type=DeadLetter, retention_ms=30 * DAY_MS, max_value_bytes=ORDER_RECORD_MAX
    ),
}


def topic_name(prefix: str, topic: Topic) -> str:
    """The broker's name of a topic. A breaking change of a message raises the version."""
    return f"{prefix}.{topic.value}.v1"
