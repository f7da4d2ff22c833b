"""Parameters: every kind, every bound, and hints where a number was surely meant otherwise."""

import pytest

from algos.parameters import Parameter, Rejection, Unit, foremost, read_parameters
from algos.twap import PARAMETERS
from domain.parents import ParamValue
from domain.refusals import RejectReason

SCHEMA = (
    Parameter(name="flag", kind=bool, default=False, text=""),
    Parameter(name="count", kind=int, default=None, low=1, high=10, text=""),
    Parameter(name="share", kind=float, default=0.1, unit=Unit.FRACTION, low=0.0, high=1.0,
              above_low=True, text=""),
    Parameter(name="mode", kind=str, default="a", choices={"a": "", "b": ""}, text=""),
)  # fmt: skip

TAKEN: list[tuple[str, ParamValue, ParamValue]] = [
    ("flag", True, True),
    ("count", 10, 10),
    ("count", 3.0, 3),
    ("share", 1, 1.0),
    ("share", 0.25, 0.25),
    ("mode", "b", "b"),
]


@pytest.mark.parametrize(("name", "given", "read"), TAKEN)
def test_taken(name: str, given: ParamValue, read: ParamValue) -> None:
    values = read_parameters(SCHEMA, {name: given})
    assert not isinstance(values, Rejection)
    assert values == {"flag": False, "count": None, "share": 0.1, "mode": "a"} | {name: read}
    assert type(values[name]) is type(read)


REFUSED: list[tuple[str, ParamValue, str]] = [
    ("flag", 1, "1 is not true or false"),
    ("flag", "true", "'true' is not true or false"),
    ("count", 2.5, "2.5 is not a whole number"),
    ("count", True, "True is not a whole number"),
    ("count", "3", "'3' is not a whole number"),
    ("count", 0, "0 is not at least 1"),
    ("count", 11, "11 is above 10"),
    ("share", "0.1", "'0.1' is not a number"),
    ("share", False, "False is not a number"),
    ("share", 0.0, "0.0 is not above 0"),
    ("share", -0.1, "-0.1 is not above 0"),
    ("share", 10, "10 is above 1; this is a fraction, 0.1 is 10 %"),
    ("share", 1_000, "1000 is above 1"),
    ("share", float("nan"), "nan is not a finite number"),
    ("share", float("inf"), "inf is not a finite number"),
    ("mode", "c", "'c' is not one of a, b"),
    ("mode", 1, "1 is not text"),
]


@pytest.mark.parametrize(("name", "given", "text"), REFUSED)
def test_refused(name: str, given: ParamValue, text: str) -> None:
    found = read_parameters(SCHEMA, {name: given})
    assert found == Rejection(RejectReason.BAD_PARAMETER, f"params.{name}", text)


def test_an_unknown_parameter_comes_before_a_bad_one() -> None:
    found = read_parameters(SCHEMA, {"count": 0, "tempo": 1})
    assert isinstance(found, Rejection)
    assert (found.reason, found.field) == (RejectReason.UNKNOWN_PARAMETER, "params.tempo")


def test_the_foremost_fault_is_the_one_whose_reason_comes_first() -> None:
    late = Rejection(RejectReason.KILLED, "symbol", "")
    early = Rejection(RejectReason.MALFORMED, "source", "")
    assert foremost([late, None, early]) is early
    assert foremost([None]) is None


TWAP_BOUNDS: list[tuple[str, ParamValue]] = [
    ("interval", 0.5), ("interval", 86_401), ("size_jitter", -0.1), ("size_jitter", 0.95),
    ("time_jitter", 1.1), ("min_child_qty", 0), ("max_participation", 0), ("completion", "stop"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), TWAP_BOUNDS)
def test_bounds_of_twap(name: str, value: ParamValue) -> None:
    found = read_parameters(PARAMETERS, {name: value})
    assert isinstance(found, Rejection)
    assert found.field == f"params.{name}"
