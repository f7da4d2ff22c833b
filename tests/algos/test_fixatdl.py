"""FIXatdl of every algorithm: what the standard asks for, and what a ticket made from it sends."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.admission import RuleTerms, rule_values
from algos.catalogue import ALGORITHMS
from algos.fixatdl import PROVIDER_ID, TYPES, fixatdl
from algos.parameters import Rejection, Unit, read_parameters
from algos.rules import broken_rule
from algos.wire_values import plain_decimal
from domain.fix_codes import StrategyParameterType
from domain.fix_message import FixMessage, timestamp_text
from domain.instruments import Side
from domain.parents import NewParent, ParamValue
from gateway.oms_translation import translate
from tests.algos.order_ticket import CORE, LAY, TAG_959, TYPE, VAL, NotSent, Ticket
from tests.algos.parameter_values import params_of, required_of

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,255}")
DAY_NS = 86_400 * 10**9
TIMES = {"start_time": "20261124-14:30:00", "end_time": "20261124-15:00:00"}
DECLARED = Path(__file__).resolve().parents[2] / "fixconfig" / "atdl"


def ticket(algo: str) -> Ticket:
    return Ticket.of(fixatdl(ALGORITHMS[algo]))


def fill_in(form: Ticket, params: dict[str, ParamValue]) -> None:
    """What a user enters; a control without a value is cleared."""
    form.controls.clear()
    enter(form, params)


def enter(form: Ticket, params: dict[str, ParamValue]) -> None:
    """What a user enters; other controls stay."""
    for name, value in params.items():
        pairs = {each.attrib["wireValue"]: each.attrib["enumID"]
                 for each in form.parameters()[name].findall(f"{CORE}EnumPair")}  # fmt: skip
        if isinstance(value, bool):
            form.controls[f"c_{name}"] = "true" if value else "false"
        elif form.parameters()[name].attrib[TYPE] == "UTCTimestamp_t":
            assert isinstance(value, int)
            form.controls[f"c_{name}"] = timestamp_text(value)
        elif isinstance(value, str):
            form.controls[f"c_{name}"] = pairs.get(value, value)
        else:
            form.controls[f"c_{name}"] = plain_decimal(value)


def order_of(fields: list[tuple[int, str]], qty: int) -> NewParent:
    head = [(35, "D"), (11, "A"), (55, "IBM"), (54, "1"), (38, str(qty)), (40, "1"),
            (60, "20261124-14:00:00")]  # fmt: skip
    found = translate(FixMessage([*head, *fields]), "OMS")
    assert isinstance(found, NewParent)
    return found


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_the_document_is_made_as_the_standard_says(algo: str) -> None:
    form = ticket(algo)
    assert form.root.tag == f"{CORE}Strategies"
    assert form.root.attrib == {"strategyIdentifierTag": "847", "changeStrategyOnCxlRpl": "false",
                                "tag957Support": "true"}  # fmt: skip
    assert form.strategy.attrib["providerID"] == PROVIDER_ID
    assert form.strategy.attrib["fixMsgType"] == "D"
    order = [f"{CORE}Description", f"{CORE}Parameter", f"{LAY}StrategyLayout", f"{VAL}StrategyEdit"]
    tags = [each.tag for each in form.strategy]
    assert tags == sorted(tags, key=order.index)
    controls = list(form.root.iter(f"{LAY}Control"))
    assert all(NAME.fullmatch(each.attrib["ID"]) for each in controls)
    assert [each.attrib["parameterRef"] for each in controls] == list(form.parameters())
    for each in controls:
        items = [item.attrib["enumID"] for item in each.findall(f"{LAY}ListItem")]
        pairs = form.parameters()[each.attrib["parameterRef"]].findall(f"{CORE}EnumPair")
        assert items == [pair.attrib["enumID"] for pair in pairs]
        assert not items or each.get("initValue") in (None, *items)


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_it_says_what_is_declared(algo: str) -> None:
    found = ticket(algo).parameters()
    times = {"start_time", "end_time"}
    assert set(found) - times == {each.name for each in ALGORITHMS[algo].parameters}
    for each in ALGORITHMS[algo].parameters:
        stated = found[each.name].attrib
        assert NAME.fullmatch(each.name)
        assert stated[TYPE] == TYPES[each.fix_type]
        assert stated["mutableOnCxlRpl"] == ("true" if each.mutable else "false")
        assert stated["use"] == ("required" if each.required else "optional")
        if each.unit is not Unit.TIME:
            assert ("minValue" in stated, "maxValue" in stated) == (
                each.low is not None, each.high is not None,
            )  # fmt: skip
    assert (found["start_time"].attrib["fixTag"], found["end_time"].attrib["fixTag"]) == (
        "168", "126",
    )  # fmt: skip


def test_types_are_those_that_order_entry_reads() -> None:
    assert {TYPES[each]: each.value for each in StrategyParameterType} == TAG_959


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_an_untouched_ticket_sends_the_defaults(algo: str) -> None:
    form, required = ticket(algo), required_of(ALGORITHMS[algo])
    enter(form, required)
    order = order_of(form.send({"FIX_OrderQty": "100"}, own_fields=False), 100)
    assert order.algo == algo
    defaults = {each.name: each.default for each in ALGORITHMS[algo].parameters} | required
    assert read_parameters(ALGORITHMS[algo].parameters, order.params) == defaults


@pytest.mark.parametrize("own_fields", [True, False])
@pytest.mark.parametrize("algo", ALGORITHMS)
def test_times_come_through_either_way(algo: str, own_fields: bool) -> None:
    form = ticket(algo)
    enter(form, required_of(ALGORITHMS[algo]))
    form.controls |= {f"c_{name}": text for name, text in TIMES.items()}
    order = order_of(form.send({"FIX_OrderQty": "100"}, own_fields=own_fields), 100)
    assert (order.start_ns, order.end_ns) == (1795530600 * 10**9, 1795532400 * 10**9)
    assert not set(TIMES) & set(order.params)


@pytest.mark.parametrize("algo", ALGORITHMS)
@given(data=st.data())
@settings(deadline=None, max_examples=50)
def test_what_is_entered_is_what_arrives_or_what_both_refuse(
    algo: str, data: st.DataObject
) -> None:
    algorithm = ALGORITHMS[algo]
    params, qty = data.draw(params_of(algorithm)), data.draw(st.integers(1, 10**9))
    with_end = data.draw(st.booleans())
    form = ticket(algo)
    fill_in(form, params)
    if with_end:
        form.controls["c_end_time"] = TIMES["end_time"]
    known = [rule for rule in algorithm.rules if rule.for_tickets]
    read = read_parameters(algorithm.parameters, params)
    assert not isinstance(read, Rejection)
    kept = RuleTerms(order_qty=qty, side=Side.BUY, limit_px=None, window_ns=DAY_NS,
                     end_time=1 if with_end else None)  # fmt: skip
    broken = broken_rule(tuple(known), rule_values(read, kept))
    if broken is not None:
        with pytest.raises(NotSent, match=re.escape(broken.text)):
            form.send({"FIX_OrderQty": str(qty)}, own_fields=True)
        return
    order = order_of(form.send({"FIX_OrderQty": str(qty)}, own_fields=True), qty)
    assert order.params == params
    assert read_parameters(algorithm.parameters, order.params) == read


@pytest.mark.parametrize(
    ("control", "shown", "said"),
    [
        ("c_interval", "0.5", "interval is below 1"),
        ("c_max_participation", "10", "max_participation is above 1"),
        ("c_max_participation", "0", "max_participation is not above 0"),
    ],
)
def test_a_ticket_of_twap_refuses_what_the_worker_would(
    control: str, shown: str, said: str
) -> None:
    form = ticket("twap")
    form.controls[control] = shown
    with pytest.raises(NotSent, match=said):
        form.send({"FIX_OrderQty": "100"}, own_fields=True)


def test_an_end_before_the_start_is_not_sent() -> None:
    form = ticket("twap")
    form.controls |= {"c_start_time": TIMES["end_time"], "c_end_time": TIMES["start_time"]}
    with pytest.raises(NotSent, match="the end is not after the start"):
        form.send({"FIX_OrderQty": "100"}, own_fields=True)
