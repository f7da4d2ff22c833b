"""The table of topics."""

from bus.codec import RAW_MAX
from bus.memory import BROKER_RECORD_MAX
from bus.topics import SPECS, Topic, topic_name


def test_names() -> None:
    assert topic_name("headgate", Topic.PARENTS) == "headgate.parents.v1"
    assert [topic.value for topic in Topic] == [topic.name.lower() for topic in Topic]


def test_every_topic_is_specified_within_the_brokers_bounds() -> None:
    assert list(SPECS) == list(Topic)
    for spec in SPECS.values():
        assert RAW_MAX * 2 < spec.max_value_bytes < BROKER_RECORD_MAX
        assert spec.retention_ms > 0
    assert [topic for topic, spec in SPECS.items() if spec.msgpack] == [Topic.MARKETDATA]
