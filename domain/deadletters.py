"""A record that could not be used, where it was and why: topic `deadletter`."""

from enum import StrEnum

import msgspec


class DeadLetterReason(StrEnum):
    """Why a record could not be used."""

    OVERSIZED = "oversized"
    NOT_DECODABLE = "not_decodable"  # not JSON (or not MessagePack)
    UNKNOWN_TYPE = "unknown_type"
    BAD_FIELD = "bad_field"  # a field is missing, unknown or of the wrong type: `field` names it
    ILLEGAL_TRANSITION = "illegal_transition"
    UNKNOWN_CHILD = "unknown_child"  # an execution of an order that is not ours


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, tag="dead_letter"):
    """`value`: the record's bytes, base64, cut to 4,096 bytes; `size` is its whole length."""

    by: str
    topic: str
    partition: int
    offset: int
    key: str
    reason: DeadLetterReason
    field: str | None
    text: str
    value: str
    size: int
    at_ns: int
