"""The code tables of order entry, row by row, and what is echoed to a counterparty."""

import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import pytest

from domain.fix_codes import CxlRejResponseTo, ExecType, OrdStatus
from domain.fix_message import FixMessage
from domain.instruments import Side
from domain.refusals import RejectReason
from domain.reports import ParentReport, ParentRequestRejected
from gateway.oms_fields import (
    CXL_REJ_REASONS,
    NAMES,
    ORD_REJ_REASONS,
    READ_TAGS,
    fix_field,
    reject_text,
    shown,
)
from gateway.oms_reports import average_px, cancel_reject, execution_report, number, strategy
from headgate.dictionary import dictionary_path

DICTIONARY = ElementTree.parse(dictionary_path()).getroot()
FIELDS = {int(each.attrib["number"]): each for each in DICTIONARY.iterfind("fields/field")}


def enumerated(tag: int) -> set[str]:
    return {value.attrib["enum"] for value in FIELDS[tag].iterfind("value")}


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reason_has_a_code_that_fix_44_knows(reason: RejectReason) -> None:
    assert str(ORD_REJ_REASONS[reason]) in enumerated(103)
    assert CXL_REJ_REASONS[reason].value in enumerated(102)


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reason_is_told_with_its_field(reason: RejectReason) -> None:
    report = ParentReport(
        claim=1, order_id="P1", source="FIX:OMS", cl_ord_id="X", exec_id="e1",
        exec_type=ExecType.REJECTED, ord_status=OrdStatus.REJECTED, symbol="IBM", side=Side.BUY,
        order_qty=Decimal(150), algo="twap", reason=reason, field="order_qty", text="why",
        transact_ns=0,
    )  # fmt: skip
    message = FixMessage([(35, "8"), *execution_report(report)])
    assert message.get(103) == str(ORD_REJ_REASONS[reason])
    assert message.get(58) == f"{reason.value} OrderQty(38): why"
    refused = ParentRequestRejected(
        claim=1, order_id="P1", source="FIX:OMS", cl_ord_id="Y", orig_cl_ord_id="X", exec_id="e2",
        symbol="IBM", ord_status=OrdStatus.NEW, response_to=CxlRejResponseTo.REPLACE_REQUEST,
        reason=reason, field="limit_px", text="why", transact_ns=0,
    )  # fmt: skip
    message = FixMessage([(35, "9"), *cancel_reject(refused)])
    assert message.get(102) == CXL_REJ_REASONS[reason].value
    assert message.get(434) == "2"
    assert message.get(58) == f"{reason.value} Price(44): why"


@pytest.mark.parametrize(("tag", "name"), NAMES.items())
def test_names_are_those_of_the_dictionary(tag: int, name: str) -> None:
    assert FIELDS[tag].attrib["name"] == name


@pytest.mark.parametrize("msg_type", READ_TAGS)
def test_every_field_that_is_read_is_in_the_dictionary(msg_type: str) -> None:
    assert READ_TAGS[msg_type] <= set(FIELDS)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("algo", "TargetStrategy(847)"),
        ("end_ns", "ExpireTime(126)"),
        ("params.slices", "StrategyParameterName(958)=slices"),
        (
            "params.display_qty",
            "StrategyParameterName(958)=display_qty or MaxFloor(111) or DisplayQty(1138)",
        ),
        ("something_else", "something_else"),
    ],
)
def test_our_fields_are_said_in_fix_words(field: str, said: str) -> None:
    assert fix_field(field) == said


def test_what_is_echoed_is_printable_ascii_and_bounded() -> None:
    assert shown("a\x01b\xe9c", 4) == "a?b?"
    assert len(reject_text(RejectReason.MALFORMED, "x" * 600, "y" * 600)) == 512


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("10.50", "10.5"), ("100", "100"), ("0", "0"), ("-0.0030", "-0.003")],
)
def test_numbers_have_no_exponent_and_no_trailing_zeros(value: str, text: str) -> None:
    assert number(Decimal(value)) == text


def test_an_average_price_is_rounded_to_eight_decimals() -> None:
    assert average_px(Decimal(100) / Decimal(3)) == "33.33333333"


@pytest.mark.parametrize(
    ("algo", "fields"),
    [("twap", [(847, "1000")]), ("847=77", [(847, "77")]), ("nothing_of_ours", [])],
)
def test_an_algorithm_without_a_number_has_no_strategy(
    algo: str, fields: list[tuple[int, str]]
) -> None:
    assert strategy(algo) == fields


def test_a_fill_carries_its_venue_liquidity_and_fee() -> None:
    report = ParentReport(
        claim=1, order_id="P1", source="FIX:OMS", cl_ord_id="X", exec_id="e1",
        exec_type=ExecType.TRADE, ord_status=OrdStatus.PARTIALLY_FILLED, symbol="IBM",
        side=Side.SELL, order_qty=Decimal(1000), cum_qty=100, leaves_qty=900,
        avg_px=Decimal("10.25"), limit_px=Decimal(10), algo="twap", start_ns=0, end_ns=10**9,
        last_qty=100, last_px=Decimal("10.250"), venue="XSIM", venue_exec_id="v9",
        fee=Decimal("-0.20"), transact_ns=10**18,
    )  # fmt: skip
    message = FixMessage([(35, "8"), *execution_report(report)])
    said = {tag: message.get(tag) for tag in (40, 44, 32, 31, 30, 527, 12, 13, 6, 168, 126, 60)}
    assert said == {
        40: "2", 44: "10", 32: "100", 31: "10.25", 30: "XSIM", 527: "v9", 12: "-0.2", 13: "3",
        6: "10.25", 168: "19700101-00:00:00.000", 126: "19700101-00:00:01.000",
        60: "20010909-01:46:40.000",
    }  # fmt: skip
