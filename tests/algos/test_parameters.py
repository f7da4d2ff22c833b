"""Parameters: every kind, every bound, and hints where a number was surely meant otherwise."""

from decimal import Decimal

import msgspec
import pytest

from algos.admission import above_house_cap, off_tick_parameter
from algos.catalogue import ALGORITHMS
from algos.parameters import (
    Parameter,
    Rejection,
    Unit,
    Value,
    amend_parameters,
    foremost,
    read_parameters,
)
from algos.twap import PARAMETERS
from domain.parents import ParamValue
from domain.refusals import RejectReason
from tests.venuesim.instruments import IBM

TWAP = ALGORITHMS["twap"]
SCHEMA = (
    Parameter(name="flag", kind=bool, default=False, text=""),
    Parameter(name="count", kind=int, default=None, low=1, high=10, text=""),
    Parameter(name="share", kind=float, default=0.1, unit=Unit.FRACTION, low=0.0, high=1.0,
              above_low=True, text=""),
    Parameter(name="mode", kind=str, default="a", choices={"a": "", "b": ""}, text=""),
    Parameter(name="px", kind=Decimal, default=None, unit=Unit.PRICE, low=0.0, above_low=True,
              text=""),
    Parameter(name="at", kind=int, default=None, unit=Unit.TIME, text=""),
)  # fmt: skip

TAKEN: list[tuple[str, ParamValue, Value]] = [
    ("flag", True, True),
    ("count", 10, 10),
    ("count", 3.0, 3),
    ("share", 1, 1.0),
    ("share", 0.25, 0.25),
    ("mode", "b", "b"),
    ("px", "10.250000000001", Decimal("10.250000000001")),
    ("px", 10.1, Decimal("10.1")),  # as it was written, not as a double has it
    ("px", 10, Decimal(10)),
    ("at", 1_795_530_600 * 10**9, 1_795_530_600 * 10**9),
]


@pytest.mark.parametrize(("name", "given", "read"), TAKEN)
def test_taken(name: str, given: ParamValue, read: Value) -> None:
    values = read_parameters(SCHEMA, {name: given})
    assert not isinstance(values, Rejection)
    defaults = {"flag": False, "count": None, "share": 0.1, "mode": "a", "px": None, "at": None}
    assert values == defaults | {name: read}
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
    ("px", True, "True is not a price"),
    ("px", "10.1.1", "'10.1.1' is not a price"),
    ("px", "1e1", "'1e1' is not a price"),
    ("px", "-1", "'-1' is not a price"),
    ("px", "\u0663", "'\u0663' is not a price"),
    ("px", 0, "0 is not above 0"),
    ("px", -1, "-1 is not above 0"),
    ("px", float("nan"), "NaN is not a finite number"),
    ("px", float("inf"), "Infinity is not a finite number"),
    ("at", "20261124-14:30:00", "'20261124-14:30:00' is not a whole number"),
]


@pytest.mark.parametrize(("name", "given", "text"), REFUSED)
def test_refused(name: str, given: ParamValue, text: str) -> None:
    found = read_parameters(SCHEMA, {name: given})
    assert found == Rejection(RejectReason.BAD_PARAMETER, f"params.{name}", text)


def test_what_is_required_is_missed_by_name() -> None:
    rate = Parameter(name="rate", kind=float, default=None, required=True, text="how fast")
    found = read_parameters((*SCHEMA, rate), {"count": 3})
    assert found == Rejection(RejectReason.MISSING_FIELD, "params.rate", "how fast")
    assert not isinstance(read_parameters((*SCHEMA, rate), {"rate": 1}), Rejection)


def test_prices_are_on_the_instruments_grid() -> None:
    only_px = msgspec.structs.replace(TWAP, parameters=SCHEMA)
    values = read_parameters(SCHEMA, {"px": "10.25"})
    assert not isinstance(values, Rejection)
    assert off_tick_parameter(only_px, values, IBM) is None
    values["px"] = Decimal("10.251")
    found = off_tick_parameter(only_px, values, IBM)
    assert found == Rejection(
        RejectReason.BAD_PARAMETER, "params.px", "10.251 is off the tick 0.01"
    )


def test_an_unknown_parameter_comes_before_a_bad_one() -> None:
    found = read_parameters(SCHEMA, {"count": 0, "tempo": 1})
    assert isinstance(found, Rejection)
    assert (found.reason, found.field) == (RejectReason.UNKNOWN_PARAMETER, "params.tempo")


NEAR: list[tuple[str, str]] = [
    ("size_jiter", "; size_jitter is meant?"),
    ("maxParticipation", "; max_participation is meant?"),
    ("participation", "; max_participation is meant?"),
    ("min-child-qty", "; min_child_qty is meant?"),
    ("Completion", "; completion is meant?"),
    ("end_time", "; the order's own field is meant? end_time is end_ns, in FIX ExpireTime(126)"),
    ("StartTime", "; the order's own field is meant? start_time is start_ns, in FIX "
                  "EffectiveTime(168)"),
    ("limit_price", "; the order's own field is meant? limit_price is limit_px, in FIX Price(44)"),
    ("quantity", "; the order's own field is meant? quantity is order_qty, in FIX OrderQty(38)"),
    ("wobble", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "hint"), NEAR)
def test_an_unknown_parameter_is_refused_with_the_nearest_name(name: str, hint: str) -> None:
    found = read_parameters(PARAMETERS, {name: 1})
    known = ", ".join(each.name for each in PARAMETERS)
    assert found == Rejection(
        RejectReason.UNKNOWN_PARAMETER, f"params.{name}", f"not one of {known}{hint}"
    )


def test_what_is_amended_and_what_stays() -> None:
    values = read_parameters(PARAMETERS, {"interval": 60, "duration": 600})
    assert not isinstance(values, Rejection)
    amended = amend_parameters(PARAMETERS, values, {"completion": "cross", "duration": 600})
    assert amended == values | {"completion": "cross"}
    assert values["completion"] == "leave"


AMENDED: list[tuple[dict[str, ParamValue], ParamValue, str]] = [
    ({"duration": 600}, 601, "cannot be changed while the order works; it stays 600.0"),
    ({}, 600, "cannot be changed while the order works; it was not given"),
]


@pytest.mark.parametrize(("given", "value", "text"), AMENDED)
def test_what_cannot_be_amended(given: dict[str, ParamValue], value: ParamValue, text: str) -> None:
    values = read_parameters(PARAMETERS, given)
    assert not isinstance(values, Rejection)
    assert amend_parameters(PARAMETERS, values, {"duration": value}) == Rejection(
        RejectReason.BAD_PARAMETER, "params.duration", text
    )


def test_an_amendment_is_read_like_an_order() -> None:
    values = read_parameters(PARAMETERS, {})
    assert not isinstance(values, Rejection)
    for name, value in [("tempo", 1), ("interval", 0.5), ("max_participation", 10)]:
        assert amend_parameters(PARAMETERS, values, {name: value}) == read_parameters(
            PARAMETERS, {name: value}
        )


def test_the_house_cap() -> None:
    assert above_house_cap({"max_participation": 0.5}, 0.5) is None
    assert above_house_cap({"max_participation": None}, 0.5) is None
    assert above_house_cap({}, 0.5) is None
    above = above_house_cap({"max_participation": 0.5, "target_participation": 0.6}, 0.5)
    assert above is not None
    assert above.field == "params.target_participation"
    found = above_house_cap({"max_participation": 1.0}, 0.5)
    assert found is not None
    assert found.text == "1 is above the house cap 0.5; this is a fraction, 0.01 is 1 %"


def test_the_foremost_fault_is_the_one_whose_reason_comes_first() -> None:
    late = Rejection(RejectReason.KILLED, "symbol", "")
    early = Rejection(RejectReason.MALFORMED, "source", "")
    assert foremost([late, None, early]) is early
    assert foremost([None]) is None


TWAP_BOUNDS: list[tuple[str, ParamValue]] = [
    ("duration", 0.5), ("duration", 86_401), ("interval", 0.5), ("interval", 86_401),
    ("size_jitter", -0.1), ("size_jitter", 0.95),
    ("time_jitter", 1.1), ("min_child_qty", 0), ("max_child_qty", 0),
    ("max_participation", 0), ("completion", "stop"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), TWAP_BOUNDS)
def test_bounds_of_twap(name: str, value: ParamValue) -> None:
    found = read_parameters(PARAMETERS, {name: value})
    assert isinstance(found, Rejection)
    assert found.field == f"params.{name}"
