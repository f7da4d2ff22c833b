"""JSON Schema 2020-12 of the `params` of an order for one algorithm.

What JSON Schema cannot say stands beside it: `x-unit`, `x-mutable`, and for rules across
parameters `x-rules`.
"""

from algos.catalogue import Algorithm
from algos.parameters import Parameter

JsonValue = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def json_schema(algorithm: Algorithm) -> dict[str, JsonValue]:
    """The schema; every name that it does not have is refused."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"params of {algorithm.name}",
        "description": algorithm.text,
        "type": "object",
        "additionalProperties": False,
        "properties": {each.name: _property(each) for each in algorithm.parameters},
        "x-rules": [rule.text for rule in algorithm.rules],
    }


def _property(parameter: Parameter) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {
        "type": _TYPES[parameter.kind],
        "description": parameter.text,
    }
    if parameter.low is not None:
        found["exclusiveMinimum" if parameter.above_low else "minimum"] = parameter.low
    if parameter.high is not None:
        found["maximum"] = parameter.high
    if parameter.choices:
        found["enum"] = list(parameter.choices)
    if parameter.default is not None:
        found["default"] = parameter.default
    if parameter.unit:
        found["x-unit"] = parameter.unit.value
    found["x-mutable"] = parameter.mutable
    return found
