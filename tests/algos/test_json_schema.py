"""The JSON Schema of an algorithm's parameters refuses what the worker refuses."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from algos.catalogue import ALGORITHMS
from algos.json_schema import json_schema
from algos.parameters import Parameter, Rejection, Unit, read_parameters
from domain.parents import ParamValue

NUMBERS = st.one_of(
    st.sampled_from([0, 1, 0.0, 1.0, -1, 0.5, 10, 2.5, 86_400, 86_401]),
    st.integers(-5, 200_000),
    st.floats(-2, 100_000, allow_nan=False),
)
ANYTHING = st.one_of(NUMBERS, st.booleans(), st.sampled_from(["leave", "cross", "", "0.1"]))


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_it_is_a_schema(algo: str) -> None:
    Draft202012Validator.check_schema(json_schema(ALGORITHMS[algo]))


@pytest.mark.parametrize("algo", ALGORITHMS)
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_it_admits_what_the_worker_admits(algo: str, data: st.DataObject) -> None:
    algorithm = ALGORITHMS[algo]
    names = st.sampled_from([*(each.name for each in algorithm.parameters), "tempo"])
    params = data.draw(st.dictionaries(names, ANYTHING, max_size=3))
    admitted = not isinstance(read_parameters(algorithm.parameters, params), Rejection)
    assert Draft202012Validator(json_schema(algorithm)).is_valid(params) is admitted


def test_a_price_is_text_or_a_number() -> None:
    parameters = (
        Parameter(name="px", kind=Decimal, default=None, unit=Unit.PRICE, low=0.0, above_low=True,
                  required=True, text=""),
    )  # fmt: skip
    schema = json_schema(msgspec.structs.replace(ALGORITHMS["twap"], parameters=parameters))
    cases: list[dict[str, ParamValue]] = [
        {"px": px} for px in ("10.25", 10.25, 10, "0", 0, -1, "-1", "", "1e3", "0.00", True)
    ]
    for params in [*cases, {}]:
        admitted = not isinstance(read_parameters(parameters, params), Rejection)
        assert Draft202012Validator(schema).is_valid(params) is admitted, params
