"""Bytes to messages and back, by topic. The one place that knows the wire format."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

import msgspec

from bus.topics import SPECS, Topic
from domain.deadletters import DeadLetter, DeadLetterReason

_PATH: Final = re.compile(r"`\$\.?([^`]*)`")
_MISSING: Final = re.compile(r"required field `([^`]*)`|unknown field `([^`]*)`")
_EVENT_TAG: Final = re.compile(r"\[\d+\]\[0\]")  # where `marketdata` says what an event is
_FIELD_MAX: Final = 256  # characters of a field's name that are passed on: a sender chose them
RAW_MAX: Final = 4_096  # bytes of a bad record that its dead letter carries

_JSON: Final = msgspec.json.Encoder()
_MSGPACK: Final = msgspec.msgpack.Encoder()
_WRITERS: Final[dict[Topic, Callable[[object], bytes]]] = {
    topic: (_MSGPACK if spec.msgpack else _JSON).encode for topic, spec in SPECS.items()
}
_READERS: Final[dict[Topic, tuple[int, Any]]] = {  # by topic, (max_value_bytes, decode)
    topic: (
        spec.max_value_bytes,
        (msgspec.msgpack if spec.msgpack else msgspec.json).Decoder(spec.type).decode,
    )
    for topic, spec in SPECS.items()
}


class Undecodable(Exception):
    """A record that is not what its topic holds."""

    def __init__(self, reason: DeadLetterReason, field: str | None, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.field = field
        self.text = text


def encode(topic: Topic, message: object) -> bytes:
    """The bytes of a message (for `marketdata`: of a list of events)."""
    return _WRITERS[topic](message)


def decode(topic: Topic, value: bytes) -> Any:  # noqa: ANN401 - the topic decides, at run time
    """The message of a record (for `marketdata`: a list of events). Raises Undecodable."""
    max_value_bytes, read = _READERS[topic]
    if len(value) > max_value_bytes:
        raise Undecodable(
            DeadLetterReason.OVERSIZED,
            None,
            f"{len(value)} bytes, more than {max_value_bytes}",
        )
    try:
        return read(value)
    except msgspec.ValidationError as error:
        raise _undecodable(str(error), value) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(DeadLetterReason.NOT_DECODABLE, None, str(error)) from error


def _undecodable(text: str, value: bytes) -> Undecodable:
    missing = _MISSING.search(text)
    path = _PATH.search(text)
    field = path.group(1) if path else None
    if missing:
        field = ".".join(filter(None, (field, missing.group(1) or missing.group(2))))
    if field is None:  # the whole is not what a message is: a list, a number, FIX text
        return Undecodable(DeadLetterReason.NOT_DECODABLE, None, text)
    if field == "type" or _EVENT_TAG.fullmatch(field):
        return Undecodable(DeadLetterReason.UNKNOWN_TYPE, "type", text)
    if field.endswith("[...]"):
        field = _mapping_field(field.removesuffix("[...]"), value)
    return Undecodable(DeadLetterReason.BAD_FIELD, field[:_FIELD_MAX], text)


def _mapping_field(field: str, value: bytes) -> str:
    """`params[...]` as `params.<name>`: the first entry that is no plain value."""
    try:
        entries = msgspec.json.decode(value, type=dict[str, Any])[field]
    except (msgspec.MsgspecError, RecursionError):
        return field
    named = (
        name for name, entry in entries.items() if not isinstance(entry, bool | int | float | str)
    )
    return next((f"{field}.{name}" for name in named), field)


def dead_letter(
    by: str, topic: Topic, partition: int, offset: int, key: str, value: bytes,
    fault: Undecodable, at_ns: int,
) -> DeadLetter:  # fmt: skip
    """What to write to `deadletter` about a record that could not be used."""
    return DeadLetter(
        by=by,
        topic=topic.value,
        partition=partition,
        offset=offset,
        key=key[:256],
        reason=fault.reason,
        field=fault.field,
        text=fault.text[:512],
        value=b64encode(value[:RAW_MAX]).decode(),
        size=len(value),
        at_ns=at_ns,
    )
