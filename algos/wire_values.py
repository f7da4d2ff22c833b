"""Values of parameters as FIX writes them: StrategyParameterValue(960), also of order tickets."""

from decimal import Decimal

from algos.parameters import Parameter


def fix_text(value: bool | int | float | str) -> str:
    """Y or N, digits, plain decimals without an exponent, or the text itself."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return plain_decimal(value)
    return str(value)


def plain_decimal(value: float) -> str:
    """The shortest decimal that reads back as `value`, without an exponent or a bare end."""
    text = f"{Decimal(repr(float(value))):f}"
    return text.removesuffix(".0")


def fix_entry(parameter: Parameter, value: bool | int | float | str) -> list[tuple[int, str]]:
    """One entry of StrategyParametersGrp: 958, 959, 960."""
    return [(958, parameter.name), (959, parameter.fix_type), (960, fix_text(value))]
