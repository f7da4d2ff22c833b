"""Which coefficients an impact model has: those fitted to own orders, or the published, and why.

A symbol's own file comes first, then the one of all symbols; a model is taken whole from one file,
or as published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from algos.models.calibration import (
    ALL_SYMBOLS,
    SUFFIX,
    Calibration,
    CalibrationKind,
    CoefficientName,
    file_name,
    read_calibration,
)
from algos.models.calibration_error import CalibrationError, CalibrationFault
from algos.models.impact import (
    IMPACT_MODELS,
    AlmgrenModel,
    CrossoverModel,
    ImpactModel,
    LinearModel,
)
from domain.impact_model import ImpactModelName

STALE_DAYS: Final = 100  # a quarter and a week: own orders are calibrated again each quarter
_SPREADS: Final = {
    ImpactModelName.CROSSOVER: CoefficientName.CROSSOVER_SPREAD_PAID,
    ImpactModelName.ALMGREN: CoefficientName.ALMGREN_SPREAD_PAID,
    ImpactModelName.LINEAR: CoefficientName.LINEAR_SPREAD_PAID,
}


class ModelOrigin(StrEnum):
    """Whose coefficients they are, from the best to the least."""

    SYMBOL = "symbol"
    ALL_SYMBOLS = "all_symbols"
    PUBLISHED = "published"


class ChosenModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model and its coefficients' origin. `why`: why they are no better; empty for a symbol's.

    `spread_paid`: of half the spread, by what own orders paid; 1.0, all of it, where that is not
    known.
    """

    name: ImpactModelName
    model: ImpactModel
    spread_paid: float = 1.0
    origin: ModelOrigin = ModelOrigin.PUBLISHED
    why: str = "no calibration"

    def __str__(self) -> str:
        return f"{self.name.value}, {self.origin.value}"


# What stands where nothing else is said.
PUBLISHED: Final = ChosenModel(
    name=ImpactModelName.CROSSOVER, model=IMPACT_MODELS[ImpactModelName.CROSSOVER]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCalibrations:
    """Those that may be used, by symbol: `orders` and `market`, by kind. `notes`: what was left
    out, and why, in words.
    """

    orders: Mapping[str, Calibration] = field(default_factory=dict)
    market: Mapping[str, Calibration] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def model(self, name: ImpactModelName, symbol: str) -> ChosenModel:
        """The model for orders in a symbol."""
        why = "no calibration"
        for key, origin in (
            (symbol, ModelOrigin.SYMBOL),
            (ALL_SYMBOLS, ModelOrigin.ALL_SYMBOLS),
        ):
            made = self.orders.get(key)
            if made is not None:
                model = _fitted(name, made)
                if not isinstance(model, str):
                    spread = made.value(_SPREADS[name])
                    return ChosenModel(
                        name=name, model=model, spread_paid=1.0 if spread is None else spread,
                        origin=origin, why="" if origin is ModelOrigin.SYMBOL else f"own: {why}",
                    )  # fmt: skip
                why = model
        return ChosenModel(name=name, model=IMPACT_MODELS[name], why=why)


def _fitted(name: ImpactModelName, made: Calibration) -> ImpactModel | str:
    """The model with its fitted coefficients, or why there is none."""
    if name is ImpactModelName.CROSSOVER:
        y = made.value(CoefficientName.CROSSOVER_Y)
        if y:
            return CrossoverModel(y=y)
        return _lacks(made, CoefficientName.CROSSOVER_Y)
    first, second = {
        ImpactModelName.ALMGREN: (CoefficientName.ALMGREN_GAMMA, CoefficientName.ALMGREN_ETA),
        ImpactModelName.LINEAR: (CoefficientName.LINEAR_GAMMA, CoefficientName.LINEAR_ETA),
    }[name]
    gamma, eta = made.value(first), made.value(second)
    if gamma is None or eta is None:
        return _lacks(made, first if gamma is None else second)
    if name is ImpactModelName.ALMGREN:
        return AlmgrenModel(gamma=gamma, eta=eta)
    return LinearModel(gamma=gamma, eta=eta)


def _lacks(made: Calibration, name: CoefficientName) -> str:
    found = made.of(name)
    if found is None:
        return f"no {name.value} in the calibration"
    refused = "zero" if found.refused is None else found.refused.value
    return f"{name.value} {refused}"


def read_calibrations(directory: Path, day: str, stale_days: int = STALE_DAYS) -> KnownCalibrations:
    """The calibrations of a directory that may be used on an ISO `day`.

    One that is older than `stale_days` calendar days, or of a later day, is left out and noted.
    Raises CalibrationError for a directory or file that cannot be read, or is named after another.
    """
    if not directory.is_dir():
        raise CalibrationError(CalibrationFault.NO_FILE, str(directory), "no such directory")
    found: dict[CalibrationKind, dict[str, Calibration]] = {each: {} for each in CalibrationKind}
    notes: list[str] = []
    for path, made in _files(directory):
        age = (date.fromisoformat(day) - date.fromisoformat(made.as_of)).days
        if age < 0:
            notes.append(f"{path}: left out: as of {made.as_of}, which is after {day}")
        elif age > stale_days:
            notes.append(f"{path}: left out: {age} days old, more than {stale_days}")
        else:
            found[made.kind][made.symbol] = made
    return KnownCalibrations(orders=found[CalibrationKind.ORDERS],
                             market=found[CalibrationKind.MARKET], notes=tuple(notes))  # fmt: skip


def _files(directory: Path) -> Iterator[tuple[Path, Calibration]]:
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        made = read_calibration(path)
        name = file_name(made.symbol, made.kind)
        if path.name != name:
            text = f"is of {made.symbol}, {made.kind.value}, whose file is named {name}"
            raise CalibrationError(CalibrationFault.MALFORMED, f"{path}: symbol", text)
        yield path, made
