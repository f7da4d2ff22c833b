"""An OMS's books: fills once, busts and corrections, chains of ids."""

from decimal import Decimal

import pytest

from domain.fix_codes import OrdStatus
from domain.fix_message import BadField, fix_text
from gateway.oms_ledger import Ledger, MessageRejected, OrderReport, RequestRejected, read_answer


def report(exec_id: str, **fields: str) -> str:
    found = {"37": "P1", "11": "X", "17": exec_id, "150": "F", "39": "1", "55": "IBM", "54": "1",
             "38": "100", "14": "0", "151": "100", "6": "0", "60": "20231114-22:13:20",
             **{key.removeprefix("t"): value for key, value in fields.items()}}  # fmt: skip
    return fix_text("8", [(int(tag), value) for tag, value in found.items()])


def apply(ledger: Ledger, *texts: str) -> list[bool]:
    return [ledger.apply(read_answer(text)) for text in texts]


def test_a_fill_counts_once_however_often_it_comes() -> None:
    ledger = Ledger()
    fill = report("e1", t32="40", t31="10.5", t14="40", t151="60", t6="10.5")
    assert apply(ledger, fill, fill.replace("\x0135=8\x01", "\x0135=8\x0197=Y\x01")) == [
        True,
        False,
    ]
    order = ledger.orders["X"]
    assert (order.fills, order.filled_qty) == ({"e1": (40, Decimal("10.5"))}, 40)
    assert ledger.duplicates == 1
    assert (order.cum_qty, order.leaves_qty, order.avg_px) == (40, 60, Decimal("10.5"))


def test_busts_and_corrections_leave_what_stands() -> None:
    ledger = Ledger()
    apply(
        ledger,
        report("C", t32="10", t31="100"),
        report("D", t32="90", t31="110"),
        report("E", t150="H", t19="C"),
        report("F", t150="G", t19="D", t32="90", t31="100"),
        report("G", t150="G", t19="F", t32="80", t31="120"),  # of the correction
    )
    order = ledger.orders["X"]
    assert (order.fills, order.filled_qty) == ({"D": (80, Decimal(120))}, 80)


def test_a_chain_is_one_order_and_statuses_count_each_time() -> None:
    ledger = Ledger()
    apply(
        ledger, report("e1", t150="0", t39="0"), report("e2", t150="5", t39="0", t11="Y", t41="X")
    )
    assert ledger.orders["Y"] is ledger.orders["X"]
    assert apply(ledger, report("0", t150="I"), report("0", t150="I")) == [True, True]


def test_a_refused_request_says_the_status() -> None:
    ledger = Ledger()
    apply(ledger, report("e1", t39="6"))
    text = fix_text("9", [(37, "P1"), (11, "Y"), (41, "X"), (39, "2"), (434, "1"), (102, "0")])
    assert isinstance(read_answer(text), RequestRejected)
    apply(ledger, text)
    assert ledger.orders["X"].ord_status is OrdStatus.FILLED


def test_rejects_of_messages_are_read() -> None:
    answer = read_answer(fix_text("j", [(45, "7"), (372, "D"), (379, "X"), (380, "4"), (58, "no")]))
    assert answer == MessageRejected(msg_type="j", ref_seq=7, cl_ord_id="X", reason="4", text="no")
    assert isinstance(read_answer(report("e1")), OrderReport)
    with pytest.raises(BadField):
        read_answer(fix_text("B", []))
