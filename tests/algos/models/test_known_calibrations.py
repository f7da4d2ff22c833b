"""Which coefficients a model has: the symbol's, those of all, the published, and why."""

from pathlib import Path

import msgspec
import pytest

from algos.models.calibration import (
    Calibration,
    CalibrationKind,
    Coefficient,
    CoefficientName,
    Refusal,
    file_name,
    write_calibration,
)
from algos.models.calibration_error import CalibrationError
from algos.models.impact import AlmgrenModel, CrossoverModel, LinearModel
from algos.models.known_calibrations import (
    ChosenModel,
    KnownCalibrations,
    ModelOrigin,
    read_calibrations,
)
from domain.impact_model import ImpactModelName

CROSSOVER, ALMGREN, LINEAR = ImpactModelName
NAMES = CoefficientName
MARKET, ORDERS = CalibrationKind


def coefficient(name: CoefficientName, value: float | None) -> Coefficient:
    refused = Refusal.INSIGNIFICANT if value is None else None
    return Coefficient(name=name, unit="", n=100, estimate=value, se=0.1, r_squared=0.0,
                       value=value, refused=refused)  # fmt: skip


def calibration(symbol: str, as_of: str = "2026-03-02", **values: float | None) -> Calibration:
    return Calibration(
        kind=ORDERS, symbol=symbol, currency="USD", as_of=as_of, days=("2025-01-06",),
        made_from="a test",
        coefficients=tuple(coefficient(NAMES(name), value) for name, value in values.items()),
    )  # fmt: skip


def chosen(name: ImpactModelName, *known: Calibration) -> ChosenModel:
    return KnownCalibrations(orders={each.symbol: each for each in known}).model(name, "IBM")


OWN = calibration("IBM", crossover_spread_paid=0.5, crossover_y=0.8, almgren_gamma=0.4,
                  almgren_eta=0.2, linear_gamma=1.0, linear_eta=2.0)  # fmt: skip
ALL = calibration("*", crossover_spread_paid=None, crossover_y=1.2, almgren_gamma=0.4,
                  almgren_eta=None, linear_gamma=None, linear_eta=2.0)  # fmt: skip
REFUSED = calibration("IBM", crossover_y=None)


@pytest.mark.parametrize(
    ("name", "model"),
    [(CROSSOVER, CrossoverModel(y=0.8)), (ALMGREN, AlmgrenModel(gamma=0.4, eta=0.2)),
     (LINEAR, LinearModel(gamma=1.0, eta=2.0))],
)  # fmt: skip
def test_the_symbols_own(name: ImpactModelName, model: object) -> None:
    found = chosen(name, OWN, ALL)
    assert (found.model, found.origin, found.why) == (model, ModelOrigin.SYMBOL, "")
    assert found.spread_paid == (0.5 if name is CROSSOVER else 1.0)


@pytest.mark.parametrize(
    ("name", "known", "why"),
    [
        (CROSSOVER, (), "no calibration"),
        (CROSSOVER, (REFUSED,), "crossover_y insignificant"),
        (ALMGREN, (REFUSED,), "no almgren_gamma in the calibration"),
        (ALMGREN, (ALL,), "almgren_eta insignificant"),
        (LINEAR, (ALL,), "linear_gamma insignificant"),
        (CROSSOVER, (calibration("IBM", crossover_y=0.0),), "crossover_y zero"),
    ],
)
def test_the_published_and_why(
    name: ImpactModelName, known: tuple[Calibration, ...], why: str
) -> None:
    found = chosen(name, *known)
    assert (found.origin, found.why, found.spread_paid) == (ModelOrigin.PUBLISHED, why, 1.0)
    assert str(found) == f"{name.value}, published"


def test_those_of_all_symbols_where_the_own_are_refused() -> None:
    found = chosen(CROSSOVER, REFUSED, ALL)
    assert (found.model, found.origin) == (CrossoverModel(y=1.2), ModelOrigin.ALL_SYMBOLS)
    assert found.why == "own: crossover_y insignificant"


def test_a_directory(tmp_path: Path) -> None:
    market = msgspec.structs.replace(OWN, kind=MARKET)
    for each in (
        OWN,
        ALL,
        market,
        calibration("OLD", "2025-11-21"),
        calibration("NEW", "2026-03-03"),
    ):
        write_calibration(each, tmp_path / file_name(each.symbol, each.kind))
    found = read_calibrations(tmp_path, "2026-03-02")
    assert (found.orders, found.market) == ({"IBM": OWN, "*": ALL}, {"IBM": market})
    assert [note.partition("left out: ")[2] for note in found.notes] == [
        "as of 2026-03-03, which is after 2026-03-02", "101 days old, more than 100",
    ]  # fmt: skip


def test_a_file_under_another_name_and_no_directory(tmp_path: Path) -> None:
    write_calibration(OWN, tmp_path / file_name("SAP", ORDERS))
    with pytest.raises(CalibrationError, match=r"malformed: .*SAP\.orders\..*json: symbol"):
        read_calibrations(tmp_path, "2026-03-02")
    with pytest.raises(CalibrationError, match="no_file: "):
        read_calibrations(tmp_path / "none", "2026-03-02")


def test_the_file_keeps_which_is_which(tmp_path: Path) -> None:
    write_calibration(OWN, tmp_path / file_name("IBM", ORDERS))
    again = read_calibrations(tmp_path, "2026-03-02").orders["IBM"]
    assert msgspec.json.encode(again) == msgspec.json.encode(OWN)
