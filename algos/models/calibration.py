"""Coefficients that were fitted to data, as a value and its file: what replaces published ones.

A coefficient that the data do not bear out is in the file all the same, without a `value` and with
the reason, so that whoever falls back can say why. How they are fitted is in `algos.calibration`.
"""

import math
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from algos.models.calibration_error import CalibrationError, CalibrationFault
from marketdata.volume_curve import safe_name

FORMAT: Final = "headgate.calibration.v1"
FILE_BYTES_MAX: Final = 1 << 20  # a file of ten years' days is 50 kB
SUFFIX: Final = ".calibration.json"
ALL_SYMBOLS: Final = "*"  # the symbol of a file that is of no single one


class CoefficientName(StrEnum):
    """What is fitted. docs/models.md has each one's model and unit."""

    KYLE_LAMBDA = "kyle_lambda"
    OFI_LAMBDA = "ofi_lambda"
    PERMANENT_SHARE = "permanent_share"
    DECAY_G0 = "decay_g0"
    DECAY_TAU = "decay_tau"
    CROSSOVER_SPREAD_PAID = "crossover_spread_paid"
    CROSSOVER_Y = "crossover_y"
    ALMGREN_SPREAD_PAID = "almgren_spread_paid"
    ALMGREN_GAMMA = "almgren_gamma"
    ALMGREN_ETA = "almgren_eta"
    LINEAR_SPREAD_PAID = "linear_spread_paid"
    LINEAR_GAMMA = "linear_gamma"
    LINEAR_ETA = "linear_eta"


# What of half the spread is paid, as each model's fit has it. Who waits may earn some of it.
SPREADS_PAID: Final = (
    CoefficientName.CROSSOVER_SPREAD_PAID,
    CoefficientName.ALMGREN_SPREAD_PAID,
    CoefficientName.LINEAR_SPREAD_PAID,
)


class Refusal(StrEnum):
    """Why a coefficient is not to be used, in order of precedence."""

    NO_DATA = "no_data"  # what it is fitted to is not there: sizes of quotes, spreads
    TOO_FEW = "too_few"
    COLLINEAR = "collinear"
    INSIGNIFICANT = "insignificant"
    OUT_OF_RANGE = "out_of_range"
    AT_BOUND = "at_bound"  # of the range that it was sought in
    ITS_FELLOW = "its_fellow"  # the model's other coefficient is refused, and one without is none


class Coefficient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`estimate`: what the data alone say, with its standard error `se`; None: nothing.

    `value`: what is to be used, None if `refused`, for the reason that `why` has in words.
    `published`: what stands where it is refused, and what own orders are shrunk to; None: nothing.
    `n`: rows that it was fitted to: bars, or orders. `r_squared`: of the fit that it is from.
    """

    name: CoefficientName
    unit: str
    n: int
    estimate: float | None
    se: float | None
    r_squared: float | None
    value: float | None
    published: float | None = None
    refused: Refusal | None = None
    why: str = ""


class CalibrationKind(StrEnum):
    """What coefficients are of."""

    MARKET = "market"  # everybody's flow, from recorded days
    ORDERS = "orders"  # own orders


class SlopeOf(StrEnum):
    """Whose prediction realised costs are held to."""

    PUBLISHED = "published"
    CALIBRATED = "calibrated"  # out of sample: each day or run by a fit to the others


class CalibrationSlope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Realised cost on predicted, through the origin: 1 is right, above 1 costs are underestimated.

    `low`, `high`: 95 % interval, of Student's t over the `clusters`.
    """

    model: str
    of: SlopeOf
    value: float
    se: float
    low: float
    high: float
    orders: int
    clusters: int

    @property
    def holds_one(self) -> bool:
        """Whether the interval has 1 in it."""
        return self.low <= 1.0 <= self.high


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was fitted to some days. `symbol`: ALL_SYMBOLS if they are of several.

    `as_of`: ISO day; every day in `days` is before it. `made_from`: in words. `bar_s`: of the bars;
    None for what is from orders.
    """

    format: str = FORMAT
    kind: CalibrationKind
    symbol: str
    currency: str
    as_of: str
    days: tuple[str, ...]
    made_from: str
    bar_s: int | None = None
    coefficients: tuple[Coefficient, ...]
    slopes: tuple[CalibrationSlope, ...] = ()

    def of(self, name: CoefficientName) -> Coefficient | None:
        """The coefficient of that name; None if it was not sought."""
        return next((each for each in self.coefficients if each.name is name), None)

    def value(self, name: CoefficientName) -> float | None:
        """What is to be used; None where it was refused or not sought."""
        found = self.of(name)
        return None if found is None else found.value


def file_name(symbol: str, kind: CalibrationKind) -> str:
    """The name of a file, such as IBM.market.calibration.json; of several symbols, ALL."""
    name = "ALL" if symbol == ALL_SYMBOLS else safe_name(symbol)
    return f"{name}.{kind.value}{SUFFIX}"


def write_calibration(made: Calibration, path: Path) -> None:
    """Write the file whole or not at all. Raises CalibrationError if it does not hold together."""
    check_calibration(made, str(path))
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
    part.replace(path)


def read_calibration(path: Path) -> Calibration:
    """Read a file strictly. Raises CalibrationError naming it and the field."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise CalibrationError(CalibrationFault.NO_FILE, str(path), error.strerror or "") from error
    if len(content) > FILE_BYTES_MAX:
        text = f"more than {FILE_BYTES_MAX} bytes"
        raise CalibrationError(CalibrationFault.OVERSIZED, str(path), text)
    try:
        found = msgspec.json.decode(content, type=Calibration)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CalibrationError(CalibrationFault.MALFORMED, str(path), str(error)) from error
    check_calibration(found, str(path))
    return found


def check_calibration(found: Calibration, where: str) -> None:
    """Raise CalibrationError, naming `where` and the field, unless it holds together."""
    if found.format != FORMAT:
        raise _malformed(where, "format", f"{found.format!r}, not {FORMAT!r}")
    if not found.symbol:
        raise _malformed(where, "symbol", "empty")
    _check_days(found, where)
    names = [each.name for each in found.coefficients]
    if len(set(names)) != len(names):
        raise _malformed(where, "coefficients", "one is named twice")
    for each in found.coefficients:
        _check_coefficient(each, f"{where}: {each.name.value}")


def _check_days(found: Calibration, where: str) -> None:
    for name, day in (("as_of", found.as_of), *(("days", day) for day in found.days)):
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise _malformed(where, name, str(error)) from error
    if list(found.days) != sorted(set(found.days)):
        raise _malformed(where, "days", "not in rising order")
    if found.days and found.days[-1] >= found.as_of:
        text = f"{found.days[-1]} is not before as_of, {found.as_of}"
        raise CalibrationError(CalibrationFault.BAD_VALUE, f"{where}: days", text)


def _check_coefficient(each: Coefficient, where: str) -> None:
    if (each.value is None) != (each.refused is not None):
        text = "a value and a refusal exclude each other, and one of them there must be"
        raise CalibrationError(CalibrationFault.BAD_VALUE, f"{where}: value", text)
    for name in ("estimate", "se", "value", "published"):
        number = getattr(each, name)
        if number is not None and not math.isfinite(number):
            raise CalibrationError(
                CalibrationFault.BAD_VALUE, f"{where}: {name}", f"{number} is no number"
            )
    if each.value is not None and each.value < 0.0 and each.name not in SPREADS_PAID:
        raise CalibrationError(
            CalibrationFault.BAD_VALUE, f"{where}: value", f"{each.value:g} is below 0"
        )


def _malformed(where: str, field: str, text: str) -> CalibrationError:
    return CalibrationError(CalibrationFault.MALFORMED, f"{where}: {field}", text)
