"""FIX 4.4's words for market data: against the dictionaries, and there and back again."""

import sysconfig
import xml.etree.ElementTree as ElementTree
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import fix_market_data
from domain.fix_market_data import (
    PHASE_OF,
    STATUS_OF,
    MDEntryType,
    MDReqRejReason,
    MDUpdateAction,
    MDUpdateType,
    SubscriptionRequestType,
    condition_fields,
    condition_of,
    date_and_time,
    entry_ns,
)
from domain.marketdata import TradeCondition, TradingPhase, is_regular
from headgate.dictionary import dictionary_path

SHIPPED = ElementTree.parse(
    Path(sysconfig.get_path("data")) / "share" / "quickfix" / "FIX44.xml"
).getroot()
OURS = ElementTree.parse(dictionary_path()).getroot()
FIELDS = {each.attrib["name"]: each for each in SHIPPED.iterfind("fields/field")}
NUMBERS = {name: int(each.attrib["number"]) for name, each in FIELDS.items()}


def enumerated(name: str) -> set[str]:
    return {value.attrib["enum"] for value in FIELDS[name].iterfind("value")}


def fields_of(root: ElementTree.Element, msg_type: str) -> tuple[set[int], dict[int, set[int]]]:
    """The fields of a message's body, and those of each group by its NumInGroup field."""
    components = {each.attrib["name"]: each for each in root.iterfind("components/component")}
    body: set[int] = set()
    groups: dict[int, set[int]] = {}

    def read(node: ElementTree.Element, into: set[int]) -> None:
        for each in node:
            name = each.attrib["name"]
            if each.tag == "component":
                read(components[name], into)
            elif each.tag == "group":
                into.add(NUMBERS[name])
                read(each, groups.setdefault(NUMBERS[name], set()))
            else:
                into.add(NUMBERS[name])

    read(
        next(m for m in root.iterfind("messages/message") if m.attrib["msgtype"] == msg_type), body
    )
    return body, groups


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SubscriptionRequestType, "SubscriptionRequestType"),
        (MDUpdateType, "MDUpdateType"),
        (MDEntryType, "MDEntryType"),
        (MDUpdateAction, "MDUpdateAction"),
        (MDReqRejReason, "MDReqRejReason"),
    ],
)
def test_the_values_are_those_of_fix_44(kind: type[StrEnum], name: str) -> None:
    assert {each.value for each in kind} <= enumerated(name)
    if kind is not MDEntryType:  # of which we take four
        assert {each.value for each in kind} == enumerated(name)


def test_the_tables_hold_what_fix_44_has() -> None:
    assert set(PHASE_OF) <= enumerated("SecurityTradingStatus")
    assert fix_market_data.UNKNOWN_SECURITY in enumerated("SecurityTradingStatus")
    assert {fix_market_data.MORE_BUYERS, fix_market_data.MORE_SELLERS} <= enumerated(
        "TradeCondition"
    )
    assert fix_market_data.CANCELLATION in enumerated("DeleteReason")
    assert fix_market_data.OVERLAY_LAST in enumerated("ApplQueueResolution")
    for value in enumerated("TradeCondition"):
        assert "?" not in condition_of(value, "")
    assert FIELDS["TradingSessionSubID"].attrib["type"] == "STRING"  # its values are the parties'
    assert not list(FIELDS["TradingSessionSubID"].iterfind("value"))


# What we write and read, and nothing else, by message: (body, by group).
SENT: list[tuple[str, set[int], dict[int, set[int]]]] = [
    ("V", {262, 263, 264, 265, 266, 267, 146, 286, 386, 546, 547}, {267: {269}, 146: {55}}),
    ("W", {262, 55, 268}, {268: {269, 270, 271, 272, 273, 277, 625}}),
    ("X", {262, 268, 814},
     {268: {279, 285, 269, 278, 55, 270, 271, 272, 273, 277, 625}}),
    ("Y", {262, 281, 58}, {}),
    ("e", {324, 55, 263}, {}),
    ("f", {324, 55, 325, 326, 60}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("msg_type", "body", "groups"), SENT, ids=lambda each: str(each)[:1])
def test_the_shipped_dictionary_has_every_field(
    msg_type: str, body: set[int], groups: dict[int, set[int]]
) -> None:
    found, found_groups = fields_of(SHIPPED, msg_type)
    assert body <= found
    for count, fields in groups.items():
        assert fields <= found_groups[count]


def test_fix_44_has_no_field_for_what_we_say_is_lost() -> None:
    names = {FIELDS[name].attrib["name"] for name in NUMBERS}
    assert "AggressorSide" not in names
    for msg_type in ("W", "X"):
        body, groups = fields_of(SHIPPED, msg_type)
        assert 83 not in body | groups[268]  # RptSeq(83)
        assert 54 not in groups[268]  # Side(54)
    assert 278 not in fields_of(SHIPPED, "W")[1][268]  # MDEntryID(278)


def test_our_dictionary_takes_rpt_seq_as_well() -> None:
    assert 83 in fields_of(OURS, "W")[0]
    assert 83 in fields_of(OURS, "X")[1][268]


@pytest.mark.parametrize("phase", TradingPhase)
def test_a_phase_comes_back(phase: TradingPhase) -> None:
    assert PHASE_OF[STATUS_OF[phase]] is phase


UNSAYABLE = {
    TradeCondition.PRIOR_REFERENCE, TradeCondition.OFFICIAL, TradeCondition.EXTENDED_HOURS,
    TradeCondition.UNKNOWN,
}  # fmt: skip
DROPPED = {
    TradeCondition.OFF_BOOK, TradeCondition.ODD_LOT, TradeCondition.HIDDEN, TradeCondition.BUSTED,
}  # fmt: skip


@pytest.mark.parametrize("condition", TradeCondition)
def test_a_condition_comes_back_or_is_said_not_to(condition: TradeCondition) -> None:
    said = condition_fields(condition.value)
    if condition in UNSAYABLE:
        assert said is None
        return
    assert said is not None
    found = dict(said)
    back = condition_of(str(found.get(277, "")), str(found.get(625, "")))
    assert back == ("" if condition in DROPPED else condition.value)


@given(st.sets(st.sampled_from(sorted(set(TradeCondition) - UNSAYABLE)), max_size=4))
def test_no_print_becomes_regular_on_the_way(conditions: set[TradeCondition]) -> None:
    condition = "".join(sorted(conditions - {TradeCondition.BUSTED}))
    said = condition_fields(condition)
    if said is None:  # two auctions at once: the print is kept back
        assert not is_regular(condition)
        return
    found = dict(said)
    back = condition_of(str(found.get(277, "")), str(found.get(625, "")))
    assert is_regular(back) == is_regular(condition)


@pytest.mark.parametrize(
    ("condition", "session", "letters"),
    [
        ("E", "", "O"), ("E", "6", "R"), ("E M", "4", "CL"), ("K", "", "OL"), ("F", "", ""),
        ("H", "", "B"), ("N", "", "P"), ("A D", "", "S"), ("Z", "", "?"), ("", "9", ""),
        ("", "5", "T"),
    ],
)  # fmt: skip
def test_a_condition_is_read(condition: str, session: str, letters: str) -> None:
    assert condition_of(condition, session) == letters


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_comes_back_to_the_millisecond(at_ms: int) -> None:
    assert entry_ns(*date_and_time(at_ms * 1_000_000 + 999_999)) == at_ms * 1_000_000
