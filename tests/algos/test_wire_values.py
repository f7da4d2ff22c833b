"""Values through FIX text and through JSON come back as they were."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.catalogue import ALGORITHMS
from algos.parameters import read_parameters
from algos.wire_values import fix_entry, fix_text, plain_decimal
from bus.codec import decode, encode
from bus.topics import Topic
from domain.fix_message import FixMessage
from domain.instruments import Side
from domain.parents import NewParent
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


@pytest.mark.parametrize("algo", ALGORITHMS)
@given(data=st.data())
@settings(deadline=None, max_examples=50)
def test_the_group_of_fix_and_json_of_kafka_say_the_same(algo: str, data: st.DataObject) -> None:
    algorithm = ALGORITHMS[algo]
    params = data.draw(params_of(algorithm))
    fields = [(35, "D"), (957, str(len(params)))]
    for parameter in algorithm.parameters:
        if parameter.name in params:
            fields += fix_entry(parameter, params[parameter.name])
    if not params:
        fields = [(35, "D")]
    order = NewParent(
        source="OMS", cl_ord_id="A", symbol="IBM", side=Side.BUY, order_qty=Decimal(1), algo=algo,
        params=params, sent_ns=0,
    )  # fmt: skip
    from_kafka = decode(Topic.PARENTS, encode(Topic.PARENTS, order))
    assert isinstance(from_kafka, NewParent)
    expected = {each.name: each.default for each in algorithm.parameters} | params
    assert read_parameters(algorithm.parameters, read_group(FixMessage(fields))) == expected
    assert read_parameters(algorithm.parameters, from_kafka.params) == expected


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_every_default_reads_back(algo: str) -> None:
    for parameter in ALGORITHMS[algo].parameters:
        if parameter.default is not None:
            value = typed_value(parameter.fix_type, fix_text(parameter.default), parameter.name)
            read = read_parameters((parameter,), {parameter.name: value})
            assert read == {parameter.name: parameter.default}
