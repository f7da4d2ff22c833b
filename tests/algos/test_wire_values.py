"""Values through FIX text and through JSON come back as they were."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.catalogue import ALGORITHMS
from algos.parameters import Parameter, Rejection, Unit, Values, read_parameters
from algos.wire_values import fix_entry, fix_text, plain_decimal, plain_values
from bus.codec import decode, encode
from bus.topics import Topic
from domain.fix_message import FixMessage
from domain.instruments import Side
from domain.parents import NewParent, ParamValue
from gateway.strategy_parameters import read_parameters as read_group
from gateway.strategy_parameters import typed_value
from tests.algos.parameter_values import params_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "Y"), (False, "N"), (5, "5"), (30.0, "30"), (0.1, "0.1"), (1e-07, "0.0000001"),
        (1e16, "10000000000000000"), ("cross", "cross"),
    ],
)  # fmt: skip
def test_texts(value: bool | int | float | str, text: str) -> None:
    assert fix_text(value) == text


@given(st.floats(-1e12, 1e12).map(lambda value: round(value, 9)))
@settings(deadline=None)
def test_a_decimal_is_plain_and_reads_back(value: float) -> None:
    text = plain_decimal(value)
    assert float(text) == value
    assert "e" not in text.lower()


def read_alone(parameter: Parameter, value: ParamValue) -> Values:
    found = read_parameters((parameter,), {parameter.name: value})
    assert not isinstance(found, Rejection)
    return found


@pytest.mark.parametrize("algo", ALGORITHMS)
@given(data=st.data())
@settings(deadline=None, max_examples=50)
def test_the_group_of_fix_and_json_of_kafka_say_the_same(algo: str, data: st.DataObject) -> None:
    algorithm = ALGORITHMS[algo]
    params = data.draw(params_of(algorithm))
    fields = [(35, "D"), (957, str(len(params)))]
    for parameter in algorithm.parameters:
        if parameter.name in params:
            (read,) = read_alone(parameter, params[parameter.name]).values()
            assert read is not None
            fields += fix_entry(parameter, read)
    if not params:
        fields = [(35, "D")]
    order = NewParent(
        source="OMS", cl_ord_id="A", symbol="IBM", side=Side.BUY, order_qty=Decimal(1), algo=algo,
        params=params, sent_ns=0,
    )  # fmt: skip
    from_kafka = decode(Topic.PARENTS, encode(Topic.PARENTS, order))
    assert isinstance(from_kafka, NewParent)
    expected = read_parameters(algorithm.parameters, params)
    assert not isinstance(expected, Rejection)
    assert read_parameters(algorithm.parameters, read_group(FixMessage(fields))) == expected
    assert read_parameters(algorithm.parameters, from_kafka.params) == expected


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_every_default_reads_back(algo: str) -> None:
    for parameter in ALGORITHMS[algo].parameters:
        if parameter.default is not None:
            value = typed_value(parameter.fix_type, fix_text(parameter.default), parameter.name)
            assert read_alone(parameter, value) == {parameter.name: parameter.default}


PRICE = Parameter(name="px", kind=Decimal, default=None, unit=Unit.PRICE, text="")
TIME = Parameter(name="at", kind=int, default=None, unit=Unit.TIME, text="")


@pytest.mark.parametrize(
    ("parameter", "value", "kind", "text"),
    [
        (PRICE, Decimal("10.250000000001"), "8", "10.250000000001"),
        (PRICE, Decimal("1E+3"), "8", "1000"),
        (TIME, 1_500_000_000, "19", "19700101-00:00:01.500"),
    ],
)
def test_prices_and_times_come_through_a_group(
    parameter: Parameter, value: Decimal | int, kind: str, text: str
) -> None:
    assert fix_entry(parameter, value) == [(958, parameter.name), (959, kind), (960, text)]
    given = typed_value(kind, text, parameter.name)
    assert read_alone(parameter, given) == {parameter.name: value}


def test_messages_hold_a_price_as_text() -> None:
    values: Values = {"px": Decimal("10.50"), "at": 5, "none": None, "flag": True}
    assert plain_values(values) == {"px": "10.50", "at": 5, "none": None, "flag": True}
