"""Parameters of algorithms: declared once, read and refused here.

A fraction is a fraction: 0.1 is 10 %. A bare 10 is refused with a hint, never read as 1000 %.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from domain.parents import ParamValue
from domain.refusals import RejectReason

Values = dict[str, bool | int | float | str | None]


class Unit(StrEnum):
    """What a number means."""

    NONE = ""
    FRACTION = "fraction"
    SECONDS = "seconds"
    SHARES = "shares"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter. `kind`: bool, int, float or str. `low`, `high`: inclusive bounds.

    `above_low`: the lower bound itself is refused. `choices`: the only strings admitted.
    """

    name: str
    kind: type
    default: bool | int | float | str | None
    unit: Unit = Unit.NONE
    low: float | None = None
    high: float | None = None
    above_low: bool = False
    choices: tuple[str, ...] = ()
    text: str


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
    by_name = {parameter.name: parameter for parameter in schema}
    for name in given:
        if name not in by_name:
            known = ", ".join(by_name)
            return Rejection(
                RejectReason.UNKNOWN_PARAMETER, f"params.{name}", f"not one of {known}"
            )
    values: Values = {parameter.name: parameter.default for parameter in schema}
    for name, value in given.items():
        read = _read(by_name[name], value)
        if isinstance(read, Rejection):
            return read
        values[name] = read
    return values


_KIND_WORDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _read(parameter: Parameter, value: ParamValue) -> bool | int | float | str | Rejection:
    read = _typed(parameter, value)
    if read is None:
        return _bad(parameter, f"{value!r} is not {_KIND_WORDS[parameter.kind]}")
    if parameter.choices and read not in parameter.choices:
        return _bad(parameter, f"{read!r} is not one of {', '.join(parameter.choices)}")
    if isinstance(read, (int, float)) and not isinstance(read, bool):
        return _bounded(parameter, read)
    return read


def _typed(parameter: Parameter, value: ParamValue) -> bool | int | float | str | None:
    """The value in its declared type, or None if it is of another one."""
    if parameter.kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if parameter.kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if type(value) is parameter.kind:
        return value
    return None


def _bounded(parameter: Parameter, value: int | float) -> int | float | Rejection:
    low, high = parameter.low, parameter.high
    if value != value or value in (float("inf"), float("-inf")):
        return _bad(parameter, f"{value} is not a finite number")
    if low is not None and (value < low or (parameter.above_low and value == low)):
        return _bad(parameter, f"{value} is not {'above' if parameter.above_low else 'at least'} "
                               f"{low:g}")  # fmt: skip
    if high is not None and value > high:
        hint = ""
        if parameter.unit is Unit.FRACTION and 1 < value <= 100:
            hint = f"; a fraction is meant, {value / 100:g} for {value:g} %"
        return _bad(parameter, f"{value:g} is above {high:g}{hint}")
    return value


def _bad(parameter: Parameter, text: str) -> Rejection:
    return Rejection(RejectReason.BAD_PARAMETER, f"params.{parameter.name}", text)
