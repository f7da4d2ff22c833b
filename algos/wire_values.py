"""Values of parameters as others write them: StrategyParameterValue(960), order tickets, JSON."""

from decimal import Decimal

from algos.parameters import Parameter, Unit, Value, Values
from domain.fix_message import timestamp_text
from domain.parents import ParamValue


def fix_text(value: bool | int | float | str | Decimal) -> str:
    """Y or N, digits, plain decimals without an exponent, or the text itself."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return plain_decimal(value)
    return str(value)


def plain_decimal(value: float) -> str:
    """The shortest decimal that reads back as `value`, without an exponent or a bare end."""
    text = f"{Decimal(repr(float(value))):f}"
    return text.removesuffix(".0")


def fix_value(parameter: Parameter, value: bool | int | float | str | Decimal) -> str:
    """StrategyParameterValue(960): as `fix_text`; a time as a UTCTimestamp, cut to milliseconds."""
    if parameter.unit is Unit.TIME and isinstance(value, int):
        return timestamp_text(value)
    return fix_text(value)


def fix_entry(
    parameter: Parameter, value: bool | int | float | str | Decimal
) -> list[tuple[int, str]]:
    """One entry of StrategyParametersGrp: 958, 959, 960."""
    return [(958, parameter.name), (959, parameter.fix_type), (960, fix_value(parameter, value))]


def plain_values(values: Values) -> dict[str, ParamValue | None]:
    """As messages hold them: a price is text."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Value) -> ParamValue | None:
    return fix_text(value) if isinstance(value, Decimal) else value
