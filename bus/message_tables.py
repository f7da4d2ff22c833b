"""The tables of docs/messages.md, made from the messages themselves and what is written of them."""

import inspect
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import inspect as types

from bus.code_meanings import CODES
from bus.field_meanings import meaning
from bus.topics import DAY_MS, FOR_EVER, SPECS, Topic
from domain import fix_codes
from domain.instruments import Side
from domain.reports import OrderEstimate

_BLOCK: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_PLAIN: Final[dict[type[types.Type], str]] = {
    types.StrType: "string",
    types.IntType: "integer",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.NoneType: "null",
    types.DecimalType: "decimal",
}

_FIX_CODES: Final[tuple[type[StrEnum], ...]] = (
    Side,
    fix_codes.OrdType,
    fix_codes.TimeInForce,
    fix_codes.ExecType,
    fix_codes.OrdStatus,
    fix_codes.CxlRejReason,
    fix_codes.CxlRejResponseTo,
    fix_codes.LastLiquidityInd,
)


# What stands inside a message and has a table of its own; other parts are told where they stand.
PARTS: Final[tuple[type[msgspec.Struct], ...]] = (OrderEstimate,)


def messages_of(topic: Topic) -> tuple[type[msgspec.Struct], ...]:
    """The messages of a topic, in the order of their union."""
    found = types.type_info(SPECS[topic].type)
    if isinstance(found, types.ListType):
        found = found.item_type
    members = found.types if isinstance(found, types.UnionType) else (found,)
    return tuple(each.cls for each in members if isinstance(each, types.StructType))


def fill(page: str) -> str:
    """The page with every generated block as it should be now."""
    return fill_blocks(page, dict(_blocks()))


def fill_blocks(page: str, blocks: Mapping[str, str]) -> str:
    """The page with the named content in every block. Raises KeyError for a block without any."""

    def block(match: re.Match[str]) -> str:
        return match.group(1) + blocks[match.group(2)] + match.group(3)

    return _BLOCK.sub(block, page)


def blocks_of(page: str) -> list[str]:
    """The names of the generated blocks that a page has."""
    return [match.group(2) for match in _BLOCK.finditer(page)]


def block_names() -> list[str]:
    """The names of all generated blocks."""
    return [name for name, _ in _blocks()]


def _blocks() -> Iterator[tuple[str, str]]:
    yield "topics", _topic_table()
    done: list[type[msgspec.Struct]] = []
    for topic in Topic:
        for message in messages_of(topic):
            if message not in done:
                done.append(message)
                yield message.__name__, _field_table(message)
    for part in PARTS:
        yield part.__name__, _field_table(part)
    for codes in CODES:
        yield codes.__name__, _code_table(codes)
    yield "FixCodes", _fix_code_table()


def _topic_table() -> str:
    lines = ["| topic | messages | kept | longest value | format |", "|---|---|---|---|---|"]
    for topic, spec in SPECS.items():
        names = ", ".join(message.__name__ for message in messages_of(topic))
        kept = "for ever" if spec.retention_ms == FOR_EVER else f"{spec.retention_ms // DAY_MS} d"
        lines.append(
            f"| `{topic.value}` | {names} | {kept} "
            f"| {spec.max_value_bytes // 1024} KiB | {'MessagePack' if spec.msgpack else 'JSON'} |"
        )
    return "\n".join(lines) + "\n"


def _field_table(message: type[msgspec.Struct]) -> str:
    found = types.type_info(message)
    assert isinstance(found, types.StructType)
    doc = " ".join(inspect.getdoc(message).split("\n\n")[0].split())  # type: ignore[union-attr]  # a test demands docstrings
    lines = [doc, "", "| field | type | unit | default | meaning |", "|---|---|---|---|---|"]
    tag = f"`{found.tag}`"
    if message in PARTS:
        pass  # it is known by where it stands
    elif found.array_like:
        lines.append(f"| [0] | string | | required | {tag}, says which event this is |")
    else:
        lines.append(f"| `type` | string | | required | {tag}, says which message this is |")
    for place, field in enumerate(found.fields, start=1):
        unit, text = meaning(message.__name__, field.name)
        name = f"[{place}] `{field.name}`" if found.array_like else f"`{field.name}`"
        lines.append(f"| {name} | {_type(field.type)} | {unit} | {_default(field)} | {text} |")
    return "\n".join(lines) + "\n"


def _type(found: types.Type) -> str:
    if isinstance(found, types.UnionType):
        return " or ".join(_type(member) for member in found.types)
    if isinstance(found, types.EnumType):
        return f"{found.cls.__name__}"
    if isinstance(found, types.VarTupleType | types.ListType):
        return f"list of ({_type(found.item_type)})"
    if isinstance(found, types.TupleType):
        return ", ".join(_type(item) for item in found.item_types)
    if isinstance(found, types.DictType):
        return f"object of ({_type(found.value_type)})"
    if isinstance(found, types.StructType):
        return found.cls.__name__
    return _PLAIN[type(found)]


def _default(field: types.Field) -> str:
    if field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        return "empty"
    return f"`{msgspec.json.encode(field.default).decode()}`"


def _code_table(codes: type[StrEnum]) -> str:
    lines = ["| code | meaning |", "|---|---|"]
    lines += [f"| `{code.value}` | {CODES[codes][code.value]} |" for code in codes]
    return "\n".join(lines) + "\n"


def _fix_code_table() -> str:
    lines = ["| field | codes |", "|---|---|"]
    for codes in _FIX_CODES:
        doc = (codes.__doc__ or "").removeprefix("FIX ").removeprefix("4.4 ")
        name = doc.partition(")")[0] + ")"
        values = ", ".join(f"`{code.value}` {_words(code.name)}" for code in codes)
        lines.append(f"| {name} | {values} |")
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
