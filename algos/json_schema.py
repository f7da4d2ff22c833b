"""JSON Schema 2020-12 of the `params` of an order for one algorithm.

What JSON Schema cannot say stands beside it: `x-unit`, `x-mutable`, and for rules across
parameters `x-rules`.
"""

from decimal import Decimal

from algos.algorithm import Algorithm
from algos.parameters import Parameter

JsonValue = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None

_TYPES: dict[type, JsonValue] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    Decimal: ["number", "string"],  # text keeps every digit
}
# Prices as text, none of them zero: bounds of JSON Schema say nothing of text.
_PRICE = r"^(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,12})?$"


def json_schema(algorithm: Algorithm) -> dict[str, JsonValue]:
    """The schema; every name that it does not have is refused."""
    found: dict[str, JsonValue] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"params of {algorithm.name}",
        "description": algorithm.text,
        "type": "object",
        "additionalProperties": False,
        "properties": {each.name: _property(each) for each in algorithm.parameters},
        "x-rules": [rule.text for rule in algorithm.rules],
    }
    required: list[JsonValue] = [each.name for each in algorithm.parameters if each.required]
    return found | {"required": required} if required else found


def _property(parameter: Parameter) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {
        "type": _TYPES[parameter.kind],
        "description": parameter.text,
    }
    if parameter.kind is Decimal:
        found["pattern"] = _PRICE
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
