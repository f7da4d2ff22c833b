"""Parameters of algorithms: declared once, read, amended and refused here.

A fraction is a fraction: 0.1 is 10 %. A bare 10 is refused with a hint, never read as 1000 %.
A price is a Decimal, given as a number or as text; whether it is on the instrument's grid is
admission's to say.
What else is made of a declaration: JSON Schema (json_schema.py), FIXatdl (fixatdl.py), tables
(description.py) and values as FIX writes them (wire_values.py).
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

import msgspec

from domain.fix_codes import StrategyParameterType
from domain.parents import ParamValue
from domain.refusals import RejectReason

Value = bool | int | float | str | Decimal | None
Values = dict[str, Value]


class Unit(StrEnum):
    """What a number means."""

    NONE = ""
    FRACTION = "fraction"
    SECONDS = "seconds"
    SHARES = "shares"
    BPS = "basis points"
    PRICE = "currency units a share"
    TIME = "ns UTC"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter. `kind`: bool, int, float, str, or Decimal of a price. `low`, `high`: inclusive
    bounds.

    `default` None: without a value it asks for nothing. `above_low`: the lower bound itself is
    refused. `choices`: the only strings admitted, each with what it means. `mutable`: a replace
    may change it while the order works. `required`: an order without it is refused.
    """

    name: str
    kind: type
    default: bool | int | float | str | None
    unit: Unit = Unit.NONE
    low: float | None = None
    high: float | None = None
    above_low: bool = False
    choices: dict[str, str] = {}
    mutable: bool = False
    required: bool = False
    text: str

    def __post_init__(self) -> None:
        assert (self.kind is Decimal) is (self.unit is Unit.PRICE), self.name
        assert self.unit is not Unit.TIME or self.kind is int, self.name
        assert self.default is None or not self.required, self.name

    @property
    def fix_type(self) -> StrategyParameterType:
        """StrategyParameterType(959) that carries it."""
        return _UNIT_TYPES.get(self.unit) or _KIND_TYPES[self.kind]


_UNIT_TYPES: Final = {
    Unit.FRACTION: StrategyParameterType.PERCENTAGE,
    Unit.SHARES: StrategyParameterType.QTY,
    Unit.PRICE: StrategyParameterType.PRICE,
    Unit.TIME: StrategyParameterType.UTC_TIMESTAMP,
}
_KIND_TYPES: Final[dict[type, StrategyParameterType]] = {
    bool: StrategyParameterType.BOOLEAN,
    int: StrategyParameterType.INT,
    float: StrategyParameterType.FLOAT,
    str: StrategyParameterType.STRING,
}


class Rejection(msgspec.Struct, frozen=True):
    """Why a request is refused: a value, not an exception."""

    reason: RejectReason
    field: str
    text: str


_PRECEDENCE: Final = {reason: rank for rank, reason in enumerate(RejectReason)}


def foremost(faults: Iterable[Rejection | None]) -> Rejection | None:
    """Of several things wrong, the one whose reason comes first; None if nothing is."""
    found = (fault for fault in faults if fault is not None)
    return min(found, key=lambda fault: _PRECEDENCE[fault.reason], default=None)


def read_parameters(
    schema: tuple[Parameter, ...], given: Mapping[str, ParamValue]
) -> Values | Rejection:
    """Every parameter of `schema` with its given or default value, or the first thing wrong."""
    values = _with(schema, {parameter.name: parameter.default for parameter in schema}, given)
    if isinstance(values, Rejection):
        return values
    lacking = (each for each in schema if each.required and values[each.name] is None)
    missing = next(lacking, None)
    if missing is None:
        return values
    return Rejection(RejectReason.MISSING_FIELD, f"params.{missing.name}", missing.text)


def amend_parameters(
    schema: tuple[Parameter, ...], values: Values, given: Mapping[str, ParamValue]
) -> Values | Rejection:
    """`values` of a working order with what a replace gives; what is not given stays.

    A parameter that is not mutable may be repeated as it is, not changed.
    """
    amended = _with(schema, values, given)
    if isinstance(amended, Rejection):
        return amended
    for parameter in schema:
        if not parameter.mutable and amended[parameter.name] != values[parameter.name]:
            was = values[parameter.name]
            stands = "it was not given" if was is None else f"it stays {was}"
            return _bad(parameter, f"cannot be changed while the order works; {stands}")
    return amended


def _with(
    schema: tuple[Parameter, ...], values: Values, given: Mapping[str, ParamValue]
) -> Values | Rejection:
    by_name = {parameter.name: parameter for parameter in schema}
    for name in given:
        if name not in by_name:
            return _unknown(name, by_name)
    found = dict(values)
    for name, value in given.items():
        read = _read(by_name[name], value)
        if isinstance(read, Rejection):
            return read
        found[name] = read
    return found


# Terms of the order that conventional parameter sets repeat, and where they belong here.
_TERMS: Final = {
    "start_time": "start_ns, in FIX EffectiveTime(168)",
    "end_time": "end_ns, in FIX ExpireTime(126)",
    "limit_price": "limit_px, in FIX Price(44)",
    "quantity": "order_qty, in FIX OrderQty(38)",
}
_ALIKE_MIN: Final = 0.5  # of 1: below it difflib's nearest name is nearer to nothing than to it


def _unknown(name: str, known: Mapping[str, Parameter]) -> Rejection:
    """No order is taken on with an instruction that is dropped; a near miss is named."""
    near = get_close_matches(_snake(name), [*known, *_TERMS], n=1, cutoff=_ALIKE_MIN)
    hint = ""
    if near and near[0] in _TERMS:
        hint = f"; the order's own field is meant? {near[0]} is {_TERMS[near[0]]}"
    elif near:
        hint = f"; {near[0]} is meant?"
    text = f"not one of {', '.join(known)}{hint}"
    return Rejection(RejectReason.UNKNOWN_PARAMETER, f"params.{name}", text)


def _snake(name: str) -> str:
    """maxParticipation, MaxParticipation and max-participation as max_participation."""
    return "".join(
        f"_{letter.lower()}" if letter.isupper() else "_" if letter == "-" else letter
        for letter in name
    ).lstrip("_")


_KIND_WORDS: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Decimal: "a price",
}
# A price as text: what Instrument can hold, and no exponent.
_PRICE: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")


def _read(
    parameter: Parameter, value: ParamValue
) -> bool | int | float | str | Decimal | Rejection:
    read = _typed(parameter, value)
    if read is None:
        return _bad(parameter, f"{value!r} is not {_KIND_WORDS[parameter.kind]}")
    if parameter.choices and read not in parameter.choices:
        return _bad(parameter, f"{read!r} is not one of {', '.join(parameter.choices)}")
    if isinstance(read, (int, float, Decimal)) and not isinstance(read, bool):
        return _bounded(parameter, read)
    return read


def _typed(parameter: Parameter, value: ParamValue) -> Value:
    """The value in its declared type, or None if it is of another one."""
    if parameter.kind is Decimal:
        return _price(value)
    if parameter.kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if parameter.kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if type(value) is parameter.kind:
        return value
    return None


def _price(value: ParamValue) -> Decimal | None:
    """A price written as text, or as a number in the shortest form that reads back as it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Decimal(value) if _PRICE.fullmatch(value) and value.isascii() else None
    return Decimal(repr(value))


def _bounded(
    parameter: Parameter, value: int | float | Decimal
) -> int | float | Decimal | Rejection:
    low, high = parameter.low, parameter.high
    if value != value or value in (float("inf"), float("-inf")):
        return _bad(parameter, f"{value} is not a finite number")
    if low is not None and (value < low or (parameter.above_low and value == low)):
        return _bad(parameter, f"{value} is not {'above' if parameter.above_low else 'at least'} "
                               f"{low:g}")  # fmt: skip
    if high is not None and value > high:
        hint = ""
        if parameter.unit is Unit.FRACTION and 1 < value <= 100:
            hint = f"; this is a fraction, {fraction_hint(float(value))}"
        return _bad(parameter, f"{value:g} is above {high:g}{hint}")
    return value


def fraction_hint(value: float) -> str:
    """How to write `value` per cent: "0.1 is 10 %"."""
    return f"{value / 100:g} is {value:g} %"


def _bad(parameter: Parameter, text: str) -> Rejection:
    return Rejection(RejectReason.BAD_PARAMETER, f"params.{parameter.name}", text)
