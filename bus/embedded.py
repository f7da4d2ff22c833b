"""A broker inside this process: librdkafka's own, in memory, speaking the real protocol.

For demos and tests, never for money: it holds at most 5 MiB a partition and then forgets the
oldest records without a word, makes every topic on first use with 4 partitions, has no admin
interface, fences nobody, and is gone with the process that started it.
"""

import time

from confluent_kafka import Producer

from bus.log import BusFailed
from bus.topics import Topic, topic_name

PARTITIONS = 4  # the broker's own default for topics that it makes; it cannot be told otherwise


MAKE_TIMEOUT_S = 10.0


class EmbeddedBroker:
    """Runs from construction, with every topic made, until `stop`."""

    def __init__(self, prefix: str = "headgate") -> None:
        # The broker lives as long as the client that was configured with it.
        self._client: Producer | None = Producer(
            {
                "bootstrap.servers": "embedded",
                "test.mock.num.brokers": 1,
                "allow.auto.create.topics": True,
                "log_level": 0,
            }
        )
        brokers = self._client.list_topics(timeout=MAKE_TIMEOUT_S).brokers.values()
        self.bootstrap_servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
        for topic in Topic:
            self._make(topic_name(prefix, topic))

    def _make(self, name: str) -> None:
        """Asking for a topic's metadata makes it."""
        assert self._client is not None
        deadline = time.monotonic() + MAKE_TIMEOUT_S
        while time.monotonic() < deadline:
            found = self._client.list_topics(name, timeout=MAKE_TIMEOUT_S).topics.get(name)
            if found is not None and found.error is None and len(found.partitions) == PARTITIONS:
                return
        raise BusFailed(f"the embedded broker did not make {name}")

    def stop(self) -> None:
        """Every client of it loses its connection."""
        self._client = None
