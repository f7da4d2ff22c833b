"""Algorithm parameters by ParticipationRate(849), TargetStrategyParameters(848) and 957-960."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fix_message import Fields, FixMessage
from domain.parents import ParamValue, ReplaceParent
from domain.refusals import RejectReason
from gateway.oms_fields import PARAMETERS_MAX, PARAMETERS_TEXT_MAX, TEXT_MAX
from gateway.oms_translation import Amendment, translate
from gateway.refused import Refused
from gateway.strategy_parameters import read_parameters, term_time_ns

NAME = st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True)
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="=;"),
               min_size=1, max_size=40)  # fmt: skip


def message(*fields: tuple[int, str]) -> FixMessage:
    return FixMessage([(35, "D"), *fields])


def group(*entries: tuple[str, str | None, str | None]) -> Fields:
    fields: Fields = [(957, str(len(entries)))]
    for name, kind, value in entries:
        fields.append((958, name))
        fields += [] if kind is None else [(959, kind)]
        fields += [] if value is None else [(960, value)]
    return fields


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("1", "-5", -5), ("6", "0.25", 0.25), ("7", "100", 100), ("7", "0.5", 0.5),
        ("8", "10.25", "10.25"), ("11", "0.05", 0.05), ("13", "Y", True), ("13", "N", False),
        ("14", "5", "5"), ("19", "19700101-00:00:01.5", 1_500_000_000),
        (None, "5", 5), (None, "0.5", 0.5), (None, "N", False), (None, "passive", "passive"),
    ],
)  # fmt: skip
def test_a_value_has_the_type_it_is_given(kind: str | None, text: str, value: ParamValue) -> None:
    found = read_parameters(message(*group(("p", kind, text))))
    assert found == {"p": value}
    assert type(found["p"]) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "reason", "said"),
    [
        ("1", "5.0", RejectReason.BAD_PARAMETER, "StrategyParameterValue(960) of p"),
        ("1", "٣", RejectReason.MALFORMED, "StrategyParameterValue(960) of p"),
        ("6", "1e5", RejectReason.BAD_PARAMETER, "StrategyParameterValue(960) of p"),
        ("6", "NaN", RejectReason.BAD_PARAMETER, "StrategyParameterValue(960) of p"),
        ("7", "x", RejectReason.BAD_PARAMETER, "StrategyParameterValue(960) of p"),
        ("13", "true", RejectReason.BAD_PARAMETER, "StrategyParameterValue(960) of p"),
        ("14", "a" * (TEXT_MAX + 1), RejectReason.FIELD_TOO_LONG,
         "StrategyParameterValue(960) of p"),
        ("19", "10:00", RejectReason.BAD_PARAMETER, "StrategyParameterValue(960) of p"),
        ("99", "1", RejectReason.BAD_PARAMETER, "StrategyParameterType(959) of p"),
        ("1", None, RejectReason.MISSING_FIELD, "StrategyParameterValue(960) of p"),
    ],
)  # fmt: skip
def test_an_ill_typed_value_is_refused_by_name(
    kind: str, text: str | None, reason: RejectReason, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        read_parameters(message(*group(("p", kind, text))))
    assert (refused.value.reason, refused.value.field) == (reason, said)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ([(847, "1"), (849, "0.1"), (848, "max_participation=0.2")], "bad_parameter", 848),
        ([(849, "0.1")], "missing_field", 847),
        ([(110, "x")], "malformed", 110),
        ([(111, "x")], "malformed", 111),
        ([(111, "100"), (1138, "100")], "bad_parameter", 1138),
        ([(111, "100"), (848, "display_qty=100")], "bad_parameter", 848),
        ([(18, "G")], "unsupported", 18),
        ([(18, "1 L")], "unsupported", 18),
        ([(18, "R M")], "bad_parameter", 18),
        ([(211, "1")], "missing_field", 836),
        ([(211, "0.01"), (836, "0")], "unsupported", 836),
        ([(836, "2")], "missing_field", 211),
        ([(389, "1")], "missing_field", 842),
        ([(388, "0")], "missing_field", 389),
        ([(388, "1"), (389, "1"), (842, "2")], "unsupported", 388),
        ([(847, "1"), (18, "D")], "unsupported", 18),
        ([(18, "6"), (848, "passive_only=N")], "bad_parameter", 848),
        ([(848, "a=1"), *group(("a", "1", "1"))], "bad_parameter", 958),
        (group(("a", "1", "1"), ("a", "1", "1")), "bad_parameter", 958),
        ([(848, "a=1;a=1")], "bad_parameter", 848),
        ([(848, "a")], "malformed", 848),
        ([(848, "=1")], "malformed", 848),
        ([(848, "é=1")], "malformed", 848),
        ([(848, "a" * (PARAMETERS_TEXT_MAX + 1))], "field_too_long", 848),
        ([(849, "10%")], "malformed", 849),
        ([(957, "2"), (958, "a"), (960, "1")], "malformed", 957),
        ([(957, "0"), (958, "a"), (960, "1")], "malformed", 957),
        (group(*[(f"p{i}", "1", "1") for i in range(PARAMETERS_MAX + 1)]), "field_too_long", 957),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(fields: Fields, reason: str, field: int) -> None:
    with pytest.raises(Refused) as refused:
        read_parameters(message(*fields))
    assert refused.value.reason.value == reason
    assert f"({field})" in refused.value.field


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ([(847, "1000"), (849, "0.05")], {"max_participation": 0.05}),
        ([(847, "1"), (849, "0.05")], {"max_participation": 0.05}),
        ([(847, "2"), (849, "0.05")], {"target_participation": 0.05}),
        ([(847, "2"), (18, "D"), (849, "0.05")], {"target_participation": 0.05}),
        ([(110, "500")], {"min_fill_qty": 500}),
        ([(110, "0.5")], {"min_fill_qty": 0.5}),  # the worker says that it is not whole
        ([(111, "500")], {"display_qty": 500}),
        ([(1138, "500")], {"display_qty": 500}),
        ([(18, "6")], {"passive_only": True}),
        ([(18, "1 2 e 6")], {"passive_only": True}),
        ([(18, "1")], {}),
        ([(18, "1 M")], {"peg": "mid"}),
        ([(18, "R"), (54, "1"), (211, "1"), (836, "2")], {"peg": "primary", "peg_offset": 1}),
        ([(18, "P"), (54, "2"), (211, "1"), (836, "2")], {"peg": "market", "peg_offset": -1}),
        ([(54, "2"), (388, "0"), (389, "-2"), (842, "2")], {"discretion": 2}),
    ],
)
def test_a_field_of_its_own_stands_for_a_parameter(
    fields: Fields, params: dict[str, ParamValue]
) -> None:
    assert read_parameters(message(*fields)) == params


def test_at_the_close_is_said_of_a_target_close_order_alone() -> None:
    fields = [(11, "A"), (55, "IBM"), (54, "1"), (38, "100"), (40, "1"),
              (60, "19700101-00:00:01"), (59, "7")]  # fmt: skip
    assert translate(message((847, "1001"), *fields), "OMS")
    with pytest.raises(Refused, match=r"TimeInForce\(59\): 7 is not supported"):
        translate(message((847, "1000"), *fields), "OMS")


@given(st.dictionaries(NAME, TEXT, max_size=20))
def test_every_text_parameter_comes_through_a_group(params: dict[str, str]) -> None:
    entries = [(name, "14", text) for name, text in params.items()]
    assert read_parameters(message(*group(*entries))) == params


@given(st.dictionaries(NAME, st.integers(-(10**17), 10**17), max_size=20))
def test_every_integer_comes_through_848(params: dict[str, int]) -> None:
    text = ";".join(f"{name}={value}" for name, value in params.items())
    assert read_parameters(message((848, text))) == params


@given(st.text(max_size=60), st.text(max_size=3), st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str, kind: str, name: str, value: str) -> None:
    for fields in ([(848, text)], group((name, kind, value)), [(849, text)]):
        with suppress(Refused):
            assert all(name.isascii() for name in read_parameters(message(*fields)))


START: Fields = [(958, "start_time"), (959, "19"), (960, "19700101-00:00:01")]


@pytest.mark.parametrize(
    ("fields", "at_ns"),
    [([(957, "1"), *START], 10**9), ([(957, "1"), (958, "p"), (959, "1"), (960, "1")], None),
     ([], None)],
)  # fmt: skip
def test_a_time_of_the_group_stands_for_its_field(fields: Fields, at_ns: int | None) -> None:
    assert term_time_ns(message(*fields), 168) == at_ns
    assert term_time_ns(message(*fields), 126) is None
    assert "start_time" not in read_parameters(message(*fields))


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ([(168, "19700101-00:00:01"), (957, "1"), *START], "bad_parameter", 958),
        ([(957, "2"), *START, *START], "bad_parameter", 958),
        (group(("start_time", "14", "19700101-00:00:01")), "bad_parameter", 959),
        (group(("start_time", None, "19700101-00:00:01")), "bad_parameter", 959),
        (group(("start_time", "19", "noon")), "bad_parameter", 960),
        (group(("start_time", "19", None)), "missing_field", 960),
    ],
)  # fmt: skip
def test_such_a_time_is_refused(fields: Fields, reason: str, field: int) -> None:
    with pytest.raises(Refused) as refused:
        term_time_ns(message(*fields), 168)
    assert refused.value.reason.value == reason
    assert f"({field})" in refused.value.field


def test_a_replace_carries_parameters_and_an_end_of_the_group() -> None:
    entries = group(("end_time", "19", "19700101-00:00:02"), ("interval", "6", "60"))
    fields = [(11, "B"), (41, "A"), (55, "IBM"), (54, "1"), (40, "1"), (59, "6"),
              (60, "19700101-00:00:01"), *entries]  # fmt: skip
    found = translate(FixMessage([(35, "G"), *fields]), "OMS")
    assert isinstance(found, Amendment)
    assert isinstance(found.request, ReplaceParent)
    assert (found.request.end_ns, found.request.params) == (2 * 10**9, {"interval": 60.0})
