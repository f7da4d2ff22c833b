"""The table of topics."""

from bus.codec import RAW_MAX
from bus.memory import BROKER_RECORD_MAX
from bus.topics import FOR_EVER, ORDER_RECORD_MAX, REQUEST_RECORD_MAX, SPECS, Topic, topic_name


def test_a_reject_of_the_longest_request_is_a_readable_report() -> None:
    """The request's one long field comes back as itself, as `field` and within `text`."""
    assert 3 * REQUEST_RECORD_MAX + 4_096 < ORDER_RECORD_MAX


def test_names() -> None:
    assert topic_name("headgate", Topic.PARENTS) == "headgate.parents.v1"
    assert [topic.value for topic in Topic] == [topic.name.lower() for topic in Topic]


def test_every_topic_is_specified_within_the_brokers_bounds() -> None:
    assert list(SPECS) == list(Topic)
    for spec in SPECS.values():
        assert RAW_MAX * 2 < spec.max_value_bytes < BROKER_RECORD_MAX
        assert spec.retention_ms > 0 or spec.retention_ms == FOR_EVER
    assert SPECS[Topic.CONTROL].retention_ms == FOR_EVER  # a kill switch holds until re-armed
    assert [topic for topic, spec in SPECS.items() if spec.msgpack] == [Topic.MARKETDATA]
