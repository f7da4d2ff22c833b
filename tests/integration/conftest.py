"""A real Apache Kafka for the integration tests. A run that can have none fails, it never skips."""

from collections.abc import Iterator

import pytest

from tests.integration.kafka_broker import KafkaBroker, any_broker


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """The "host:port" of a broker that all tests of a run share; make topics of your own on it."""
    with any_broker() as bootstrap:
        yield bootstrap


@pytest.fixture
def own_kafka() -> Iterator[KafkaBroker]:
    """A started broker for one test alone, which may stop, kill and restart it."""
    with KafkaBroker() as broker:
        yield broker
