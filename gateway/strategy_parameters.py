"""Algorithm parameters in FIX: TargetStrategyParameters(848), 957-960, and fields of their own.

All of them fill one map of names to typed values; whether a name or value suits the algorithm is
the worker's to say, once, for FIX and Kafka alike.
"""

import re
from collections.abc import Callable
from typing import Final

from domain.fix_codes import StrategyParameterType
from domain.fix_message import BadField, FixMessage, read_decimal, read_timestamp_ns
from domain.parents import ParamValue
from domain.refusals import RejectReason
from gateway.instruction_fields import read_fields
from gateway.oms_fields import (
    ID_MAX,
    PARAMETERS_MAX,
    PARAMETERS_TEXT_MAX,
    TEXT_MAX,
    field_name,
    shown,
)
from gateway.refused import Refused

# Entries of the group that are terms of the order: an order ticket made from our FIXatdl may send
# them either way (FIXatdl 1.1, Transport of Strategy Parameters).
TERM_TAGS: Final[dict[str, int]] = {"start_time": 168, "end_time": 126}
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}\.[0-9]{1,12}")
_BOOLEANS: Final = {"Y": True, "N": False}


def read_parameters(message: FixMessage) -> dict[str, ParamValue]:
    """The parameters of a request, in order of fields of their own, 848, 957. Raises Refused.

    Without the entries that `term_time_ns` reads.
    """
    found: dict[str, ParamValue] = {}
    for name, value, field in read_fields(message):
        _put(found, name, value, field)
    for name, text in _pairs(message.get(848)):
        _put(found, name, untyped_value(text), field_name(848))
    for entry in _entries(message):
        name = entry.get(958, "")
        if name in TERM_TAGS:
            continue
        _put(found, name, typed_value(entry.get(959), entry.get(960), name), _named(958, name))
    return found


def term_time_ns(message: FixMessage, tag: int) -> int | None:
    """The time that an entry of the group gives instead of field `tag`. Raises Refused."""
    found: dict[str, ParamValue] = {}
    for entry in _entries(message):
        name = entry.get(958, "")
        if TERM_TAGS.get(name) != tag:
            continue
        if entry.get(959) != StrategyParameterType.UTC_TIMESTAMP:
            raise Refused(RejectReason.BAD_PARAMETER, _named(959, name), "19, a UTCTimestamp")
        _put(found, name, typed_value(entry[959], entry.get(960), name), _named(958, name))
    if found and message.get(tag) is not None:
        (name,) = found
        raise Refused(
            RejectReason.BAD_PARAMETER, _named(958, name), f"{field_name(tag)} is given too"
        )
    return next((at_ns for at_ns in found.values() if isinstance(at_ns, int)), None)


def typed_value(kind: str | None, text: str | None, name: str) -> ParamValue:
    """The value of one entry of the 957 group; no StrategyParameterType(959) means untyped."""
    if text is None:
        raise Refused(RejectReason.MISSING_FIELD, _named(960, name), "missing")
    _check_text(text, _named(960, name))
    if kind is None:
        return untyped_value(text)
    read = _TYPES.get(kind)
    if read is None:
        raise Refused(
            RejectReason.BAD_PARAMETER, _named(959, name), f"type {shown(kind, 16)} is not known"
        )
    try:
        return read(text)
    except (BadField, ValueError) as error:
        said = error.text if isinstance(error, BadField) else str(error)
        raise Refused(RejectReason.BAD_PARAMETER, _named(960, name), said) from error


def untyped_value(text: str) -> ParamValue:
    """A value without a type: Y or N, an integer, a decimal, else text."""
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _pairs(text: str | None) -> list[tuple[str, str]]:
    if text is None:
        return []
    field = field_name(848)
    if len(text) > PARAMETERS_TEXT_MAX:
        raise Refused(
            RejectReason.FIELD_TOO_LONG, field, f"more than {PARAMETERS_TEXT_MAX} characters"
        )
    pairs = []
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        if not equals:
            raise Refused(RejectReason.MALFORMED, field, f"{shown(part, 32)} is not name=value")
        _check_text(value, field)
        pairs.append((name.strip(), value.strip()))
    return pairs


def _entries(message: FixMessage) -> list[dict[int, str]]:
    try:
        entries = message.groups(957, 958)
    except BadField as error:
        raise Refused(RejectReason.MALFORMED, field_name(error.tag), error.text) from error
    if len(entries) > PARAMETERS_MAX:
        raise Refused(
            RejectReason.FIELD_TOO_LONG, field_name(957), f"more than {PARAMETERS_MAX} parameters"
        )
    return entries


def _put(found: dict[str, ParamValue], name: str, value: ParamValue, field: str) -> None:
    if not name or len(name) > ID_MAX or not (name.isascii() and name.isprintable()):
        raise Refused(RejectReason.MALFORMED, field, "a parameter's name is 1 to 64 ASCII letters")
    if name in found:
        raise Refused(RejectReason.BAD_PARAMETER, field, f"parameter {name} is given twice")
    if len(found) >= PARAMETERS_MAX:
        raise Refused(RejectReason.FIELD_TOO_LONG, field, f"more than {PARAMETERS_MAX} parameters")
    found[name] = value


def _check_text(text: str, field: str) -> None:
    if len(text) > TEXT_MAX:
        raise Refused(RejectReason.FIELD_TOO_LONG, field, f"more than {TEXT_MAX} characters")
    if not (text.isascii() and text.isprintable()):
        raise Refused(RejectReason.MALFORMED, field, "not printable ASCII")


def _named(tag: int, name: str) -> str:
    return f"{field_name(tag)} of {shown(name, ID_MAX)}"


def _read_int(text: str) -> ParamValue:
    if not _INTEGER.fullmatch(text):
        raise ValueError("not an integer")
    return int(text)


def _read_float(text: str) -> ParamValue:
    return float(read_decimal(960, text))


def _read_price(text: str) -> ParamValue:
    """As text: a double would make a price of too many digits one that is on the grid."""
    return f"{read_decimal(960, text):f}"


def _read_qty(text: str) -> ParamValue:
    qty = read_decimal(960, text)
    return int(qty) if qty == qty.to_integral_value() else float(qty)


def _read_boolean(text: str) -> ParamValue:
    if text not in _BOOLEANS:
        raise ValueError("not Y or N")
    return _BOOLEANS[text]


def _read_string(text: str) -> ParamValue:
    return text


def _read_timestamp(text: str) -> ParamValue:
    return read_timestamp_ns(960, text)


_TYPES: Final[dict[str, Callable[[str], ParamValue]]] = {
    StrategyParameterType.INT: _read_int,
    StrategyParameterType.FLOAT: _read_float,
    StrategyParameterType.QTY: _read_qty,
    StrategyParameterType.PRICE: _read_price,
    StrategyParameterType.PERCENTAGE: _read_float,
    StrategyParameterType.BOOLEAN: _read_boolean,
    StrategyParameterType.STRING: _read_string,
    StrategyParameterType.UTC_TIMESTAMP: _read_timestamp,
}
