"""Why nothing can be calibrated from what was given: a code, the field and a sentence.

CalibrationError(Exception)
    fault   a code of CalibrationFault
    field   the file, its field or line, the option, or what there is too little of
    text    what is wrong with it
"""

from enum import StrEnum


class CalibrationFault(StrEnum):
    """In the order in which input is looked at."""

    BAD_OPTION = "bad_option"
    NO_FILE = "no_file"
    OVERSIZED = "oversized"
    MALFORMED = "malformed"  # not the format, or a field missing, unknown or of the wrong type
    BAD_VALUE = "bad_value"  # a number that cannot be, or two that contradict each other
    NO_SESSION = "no_session"
    TOO_FEW = "too_few"  # rows, days, orders
    COLLINEAR = "collinear"  # the orders do not differ in what the coefficients are told apart by


class CalibrationError(Exception):
    """Input that no coefficient can be had from."""

    def __init__(self, fault: CalibrationFault, field: str, text: str) -> None:
        super().__init__(f"{fault}: {field}: {text}")
        self.fault = fault
        self.field = field
        self.text = text
