"""The file of a calibration: it comes back as it was; what does not hold together is refused."""

from pathlib import Path

import msgspec
import pytest

from algos.models.calibration import (
    FILE_BYTES_MAX,
    Calibration,
    CalibrationKind,
    Coefficient,
    CoefficientName,
    Refusal,
    file_name,
    read_calibration,
    write_calibration,
)
from algos.models.calibration_error import CalibrationError, CalibrationFault

LAMBDA = Coefficient(name=CoefficientName.KYLE_LAMBDA, unit="currency a share", n=1_140,
                     estimate=1.4e-5, se=1e-6, r_squared=0.24, value=1.4e-5)  # fmt: skip
REFUSED = Coefficient(name=CoefficientName.DECAY_TAU, unit="minutes", n=1_140, estimate=34.0,
                      se=20.0, r_squared=0.9, value=None, refused=Refusal.INSIGNIFICANT,
                      why="34 +- 20 minutes")  # fmt: skip
MADE = Calibration(
    kind=CalibrationKind.MARKET, symbol="IBM", currency="USD", as_of="2013-10-10",
    days=("2013-10-08", "2013-10-09"),
    made_from="bars", bar_s=60, coefficients=(LAMBDA, REFUSED),
)  # fmt: skip


def test_it_comes_back(tmp_path: Path) -> None:
    path = tmp_path / file_name("IBM", CalibrationKind.MARKET)
    write_calibration(MADE, path)
    assert read_calibration(path) == MADE
    assert [each.name for each in tmp_path.iterdir()] == ["IBM.market.calibration.json"]
    assert b'"format": "headgate.calibration.v1"' in path.read_bytes()


def test_what_is_to_be_used() -> None:
    assert MADE.value(CoefficientName.KYLE_LAMBDA) == 1.4e-5
    assert MADE.value(CoefficientName.DECAY_TAU) is None
    assert MADE.value(CoefficientName.CROSSOVER_Y) is None
    assert MADE.of(CoefficientName.DECAY_TAU) == REFUSED
    assert file_name("*", CalibrationKind.ORDERS) == "ALL.orders.calibration.json"
    assert file_name("BRK/B", CalibrationKind.MARKET) == "BRK_B.market.calibration.json"


def changed(of: Coefficient, **fields: object) -> tuple[Coefficient, ...]:
    return (msgspec.structs.replace(of, **fields),)


BAD: list[tuple[dict[str, object], CalibrationFault, str]] = [
    ({"format": "headgate.calibration.v2"}, CalibrationFault.MALFORMED, "format"),
    ({"symbol": ""}, CalibrationFault.MALFORMED, "symbol"),
    ({"as_of": "yesterday"}, CalibrationFault.MALFORMED, "as_of"),
    ({"days": ("x",)}, CalibrationFault.MALFORMED, "days"),
    ({"days": ("2013-10-09", "2013-10-08")}, CalibrationFault.MALFORMED, "days"),
    ({"days": ("2013-10-10",)}, CalibrationFault.BAD_VALUE, "days"),
    ({"coefficients": (LAMBDA, LAMBDA)}, CalibrationFault.MALFORMED, "coefficients"),
    ({"coefficients": changed(LAMBDA, value=None)}, CalibrationFault.BAD_VALUE,
     "kyle_lambda: value"),
    ({"coefficients": changed(REFUSED, value=1.0)}, CalibrationFault.BAD_VALUE,
     "decay_tau: value"),
    ({"coefficients": changed(LAMBDA, value=-1.0)}, CalibrationFault.BAD_VALUE,
     "kyle_lambda: value"),
    ({"coefficients": changed(LAMBDA, se=float("inf"))}, CalibrationFault.BAD_VALUE,
     "kyle_lambda: se"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "fault", "field"), BAD)
def test_what_does_not_hold_together(
    tmp_path: Path, fields: dict[str, object], fault: CalibrationFault, field: str
) -> None:
    path = tmp_path / "IBM.calibration.json"
    with pytest.raises(CalibrationError) as refused:
        write_calibration(msgspec.structs.replace(MADE, **fields), path)
    assert (refused.value.fault, refused.value.field) == (fault, f"{path}: {field}")
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{", CalibrationFault.MALFORMED),
        (b"\xff\xfe", CalibrationFault.MALFORMED),
        (b'{"symbol": "IBM"}', CalibrationFault.MALFORMED),
        (msgspec.json.encode(MADE)[:-1] + b', "more": 1}', CalibrationFault.MALFORMED),
        (b" " * (FILE_BYTES_MAX + 1), CalibrationFault.OVERSIZED),
        (None, CalibrationFault.NO_FILE),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, content: bytes | None, fault: CalibrationFault
) -> None:
    path = tmp_path / "IBM.calibration.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CalibrationError) as refused:
        read_calibration(path)
    assert (refused.value.fault, refused.value.field) == (fault, str(path))


def test_who_waits_may_earn_some_of_the_spread(tmp_path: Path) -> None:
    earned = changed(LAMBDA, name=CoefficientName.CROSSOVER_SPREAD_PAID, value=-0.2)
    path = tmp_path / "IBM.calibration.json"
    write_calibration(msgspec.structs.replace(MADE, coefficients=earned), path)
    assert read_calibration(path).value(CoefficientName.CROSSOVER_SPREAD_PAID) == -0.2
