"""What a model was given that it cannot use: a code, the field and a sentence; and the checks.

ModelError(Exception)
    fault   a code of ModelFault
    field   the name of the input, as the model calls it
    text    what was given and what it may be
"""

import math
from enum import StrEnum


class ModelFault(StrEnum):
    """In the order in which a value is looked at."""

    NOT_GIVEN = "not_given"
    NOT_FINITE = "not_finite"
    NOT_POSITIVE = "not_positive"
    NEGATIVE = "negative"
    ABOVE_BOUND = "above_bound"
    BELOW_BOUND = "below_bound"
    PERMANENT_TOO_LARGE = "permanent_too_large"
    NO_TRAJECTORY = "no_trajectory"
    WRONG_LENGTH = "wrong_length"
    INFEASIBLE = "infeasible"
    NOT_SOLVED = "not_solved"


class ModelError(Exception):
    """An input that a model refuses; the caller names it to whoever gave it."""

    def __init__(self, fault: ModelFault, field: str, text: str) -> None:
        super().__init__(f"{fault}: {field}: {text}")
        self.fault = fault
        self.field = field
        self.text = text


def positive(field: str, value: float, *, most: float = math.inf, unit: str = "") -> None:
    """Raise ModelError unless 0 < value <= most."""
    if value > 0.0:
        _bounded(field, value, most, unit)
        return
    _finite(field, value)
    raise ModelError(ModelFault.NOT_POSITIVE, field, f"{value:g} is not above 0")


def not_negative(field: str, value: float, *, most: float = math.inf, unit: str = "") -> None:
    """Raise ModelError unless 0 <= value <= most."""
    if value >= 0.0:
        _bounded(field, value, most, unit)
        return
    _finite(field, value)
    raise ModelError(ModelFault.NEGATIVE, field, f"{value:g} is below 0")


def _bounded(field: str, value: float, most: float, unit: str) -> None:
    if value == math.inf:
        _finite(field, value)
    if value > most:
        text = f"{value:g} is above {most:g}" + (f" {unit}" if unit else "")
        raise ModelError(ModelFault.ABOVE_BOUND, field, text)


def _finite(field: str, value: float) -> None:
    if not math.isfinite(value):
        raise ModelError(ModelFault.NOT_FINITE, field, f"{value} is no number to reckon with")
