"""Declare the topics on a broker: created where missing, brought to their settings where not."""

from confluent_kafka import KafkaError, KafkaException

# These are public, but the client's stubs do not re-export them.
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # see above
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)

from bus.kafka import QUERY_TIMEOUT_S, client_properties
from bus.log import BusFailed
from bus.topics import SPECS, Topic, topic_name
from headgate.settings import BusSettings


def create_topics(settings: BusSettings) -> list[str]:
    """Make every topic; run again it changes nothing. A line a topic. Raises BusFailed."""
    admin = AdminClient(client_properties(settings))
    done = []
    try:
        existing = admin.list_topics(timeout=QUERY_TIMEOUT_S).topics
        wanted = {topic: topic_name(settings.prefix, topic) for topic in Topic}
        for name in wanted.values():
            if name in existing:
                _check_partitions(name, len(existing[name].partitions), settings.partitions)
        new = [_new_topic(topic, name, settings)
               for topic, name in wanted.items() if name not in existing]  # fmt: skip
        if new:
            for future in admin.create_topics(new).values():
                _created(future)
        for topic, name in wanted.items():
            if name in existing:
                _configure(admin, topic, name, settings.replication_factor)
            done.append(f"{name}: {'exists' if name in existing else 'created'}")
    except KafkaException as error:
        raise BusFailed(f"topics on {settings.bootstrap_servers}: {error}") from error
    return done


def topic_config(topic: Topic, replication_factor: int) -> dict[str, str]:
    """The broker's settings of a topic. What is acknowledged survives the loss of any one replica:
    all but one must have it (reliability.md 2.2, broker side)."""
    return {
        "min.insync.replicas": str(max(1, replication_factor - 1)),
        "unclean.leader.election.enable": "false",
        "cleanup.policy": "delete",
        "retention.ms": str(SPECS[topic].retention_ms),
        "max.message.bytes": str(max(SPECS[topic].max_value_bytes * 2, 1_048_576)),
    }


def _new_topic(topic: Topic, name: str, settings: BusSettings) -> NewTopic:
    return NewTopic(
        name,
        num_partitions=settings.partitions,
        replication_factor=settings.replication_factor,
        config=topic_config(topic, settings.replication_factor),
    )


def _created(future: object) -> None:
    try:
        future.result(QUERY_TIMEOUT_S)  # type: ignore[attr-defined]  # the client has no stubs
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def _check_partitions(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise BusFailed(
            f"{name} has {found} partitions, bus.partitions is {wanted}: keys would move"
        )


def _configure(admin: AdminClient, topic: Topic, name: str, replication_factor: int) -> None:
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    for key, value in topic_config(topic, replication_factor).items():
        resource.add_incremental_config(
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        )
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(QUERY_TIMEOUT_S)
