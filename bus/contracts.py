"""What we promise to those who read and write our topics, as files: `headgate schemas [--check]`.

In the directory of documents: `schemas/<topic>.json` (JSON Schema 2020-12), `golden/<topic>/` (an
example of every message, as our codec writes it), the tables in `messages.md`, and `states.md`.
"""

import inspect
import json
from pathlib import Path
from typing import Any, Final

import msgspec

from bus.codec import encode
from bus.golden_messages import GOLDEN
from bus.message_tables import fill
from bus.state_diagrams import state_diagrams
from bus.topics import SPECS, Topic, topic_name

DOCS: Final = Path("docs")
_MESSAGES: Final = "messages.md"
_DECIMAL: Final = {"type": "string", "format": "decimal"}


def write_contracts(directory: Path = DOCS) -> list[Path]:
    """Write every file that is missing or out of date; which ones. Raises OSError."""
    stale = check_contracts(directory)
    wanted = contracts(directory)
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
        else:
            path.unlink()
    return stale


def check_contracts(directory: Path = DOCS) -> list[Path]:
    """The files that are missing, out of date or of a message that is gone. Raises OSError."""
    wanted = contracts(directory)
    stale = [path for path, value in wanted.items()
             if not path.is_file() or path.read_bytes() != value]  # fmt: skip
    found = sorted([*directory.glob("schemas/*.json"), *directory.glob("golden/*/*")])
    return stale + [path for path in found if path not in wanted]


def contracts(directory: Path) -> dict[Path, bytes]:
    """The content of every file. Raises OSError if there is no `messages.md` to fill."""
    files: dict[Path, bytes] = {}
    for topic in Topic:
        files[directory / "schemas" / f"{topic.value}.json"] = _pretty(json_schema(topic))
        for message in GOLDEN[topic]:
            files |= _golden(directory / "golden" / topic.value, topic, message)
    page = directory / _MESSAGES
    files[page] = fill(page.read_text()).encode()
    files[directory / "states.md"] = state_diagrams().encode()
    return files


def json_schema(topic: Topic) -> dict[str, Any]:
    """The JSON Schema of a topic's records (of `marketdata`: of what the MessagePack holds)."""
    found = msgspec.json.schema(SPECS[topic].type)
    schema = _tidy(found, decimals_as_numbers=topic in (Topic.PARENTS, Topic.CONTROL))
    assert isinstance(schema, dict)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": topic_name("headgate", topic),
    }
    return head | schema


def _tidy(value: object, *, decimals_as_numbers: bool) -> object:
    """Docstrings without their indent; where others write, decimals as JSON numbers too."""
    if isinstance(value, dict):
        if decimals_as_numbers and value == _DECIMAL:
            return {"type": ["string", "number"], "format": "decimal"}
        return {
            key: inspect.cleandoc(inner)
            if key == "description" and isinstance(inner, str)
            else _tidy(inner, decimals_as_numbers=decimals_as_numbers)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_tidy(inner, decimals_as_numbers=decimals_as_numbers) for inner in value]
    return value


def _golden(directory: Path, topic: Topic, message: object) -> dict[Path, bytes]:
    """JSON as on the wire; MessagePack as hex, with the JSON of the same for people."""
    name = type(message).__name__
    if not SPECS[topic].msgpack:
        return {directory / f"{name}.json": encode(topic, message) + b"\n"}
    record = [message]
    return {
        directory / f"{name}.hex": encode(topic, record).hex().encode() + b"\n",
        directory / f"{name}.json": msgspec.json.encode(record) + b"\n",
    }


def _pretty(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
