"""The contract files are up to date, and what they promise holds."""

import json
from pathlib import Path

import msgspec
import pytest

from bus.code_meanings import CODES
from bus.codec import decode, encode
from bus.contracts import check_contracts, write_contracts
from bus.field_meanings import EXCEPTIONS, MEANINGS, meaning
from bus.golden_messages import GOLDEN
from bus.message_tables import PARTS, block_names, blocks_of, messages_of
from bus.topics import ORDER_RECORD_MAX, SPECS, Topic
from domain.tca import VenueShare

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = [(topic, message) for topic in Topic for message in GOLDEN[topic]]
STRUCTS: list[type[msgspec.Struct]] = list(
    dict.fromkeys([each for topic in Topic for each in messages_of(topic)] + [VenueShare, *PARTS])
)


def test_up_to_date() -> None:
    assert check_contracts(DOCS) == [], "run `headgate schemas` and read the difference"


@pytest.mark.parametrize("topic", Topic)
def test_every_message_of_a_topic_has_an_example(topic: Topic) -> None:
    assert [type(message) for message in GOLDEN[topic]] == list(messages_of(topic))


@pytest.mark.parametrize(
    ("topic", "message"), EXAMPLES, ids=lambda each: getattr(each, "value", type(each).__name__)
)
def test_golden_bytes(topic: Topic, message: object) -> None:
    """What was once written is still read as the same, and still written so."""
    path = DOCS / "golden" / topic.value / type(message).__name__
    if SPECS[topic].msgpack:
        value = bytes.fromhex(path.with_suffix(".hex").read_text())
        assert msgspec.msgpack.decode(value) == json.loads(path.with_suffix(".json").read_text())
        expected: object = [message]
    else:
        value = path.with_suffix(".json").read_bytes().rstrip(b"\n")
        expected = message
    assert decode(topic, value) == expected
    assert encode(topic, decode(topic, value)) == value
    assert len(value) < ORDER_RECORD_MAX


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda each: each.__name__)
def test_every_field_has_a_meaning(struct: type[msgspec.Struct]) -> None:
    assert struct.__doc__
    for field in msgspec.structs.fields(struct):
        assert meaning(struct.__name__, field.name)[1], field.name


def test_no_meaning_without_a_field() -> None:
    fields = {
        (struct.__name__, field.name)
        for struct in STRUCTS
        for field in msgspec.structs.fields(struct)
    }
    assert set(EXCEPTIONS) <= fields
    assert set(MEANINGS) <= {name for _, name in fields - set(EXCEPTIONS)}


def test_every_code_has_a_meaning() -> None:
    for codes, meanings in CODES.items():
        assert list(meanings) == [code.value for code in codes]


def test_the_page_has_every_table_once() -> None:
    page = (DOCS / "messages.md").read_text()
    assert sorted(blocks_of(page)) == sorted(block_names())


def test_writing_mends_what_is_stale(tmp_path: Path) -> None:
    (tmp_path / "messages.md").write_text("<!-- generated: topics -->\nold\n<!-- end -->\n")
    assert len(write_contracts(tmp_path)) > len(EXAMPLES)
    assert check_contracts(tmp_path) == []
    gone = tmp_path / "golden" / "parents" / "GoneParent.json"
    gone.write_text("{}")
    (tmp_path / "schemas" / "parents.json").write_text("{}")
    (tmp_path / "states.md").unlink()
    stale = [tmp_path / "schemas" / "parents.json", tmp_path / "states.md", gone]
    assert check_contracts(tmp_path) == stale
    assert write_contracts(tmp_path) == stale
    assert check_contracts(tmp_path) == []
    assert "| `parents` |" in (tmp_path / "messages.md").read_text()


def test_schemas_say_what_the_codec_does() -> None:
    schema = json.loads((DOCS / "schemas" / "parents.json").read_text())
    parent = schema["$defs"]["NewParent"]
    assert parent["additionalProperties"] is False
    assert parent["properties"]["order_qty"]["type"] == ["string", "number"]
    assert "cl_ord_id" in parent["required"]
    assert set(schema["discriminator"]["mapping"]) == {
        "new_parent", "replace_parent", "cancel_parent", "pause_parent", "resume_parent",
    }  # fmt: skip
