"""The checker of the log finds what it is there to find."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bus.log import Record
from bus.topics import Topic
from domain.children import Claim, NewChild, ReplaceChild
from domain.executions import Execution
from domain.fix_codes import ExecType, OrdStatus, OrdType, TimeInForce
from domain.instruments import Side
from tests.integration.invariants import check_log, check_venues
from tests.integration.system import LogReader


class WrittenLog(LogReader):
    """A log of one partition, made of the messages given."""

    def __init__(self, children: list[Any], executions: list[Any]) -> None:
        self.records = {topic: [] for topic in Topic}
        self.messages = {topic: [] for topic in Topic}
        for topic, messages in ((Topic.CHILDREN, children), (Topic.EXECUTIONS, executions)):
            self.messages[topic] = messages
            self.records[topic] = [Record(topic, 0, n, "IBM", b"") for n in range(len(messages))]


def claim() -> Claim:
    return Claim(partition=0, worker="w", build="b", settings_hash="s", instruments_hash="i",
                 at_ns=0)  # fmt: skip


def child(name: str, qty: int, at_ns: int, token: int = 0) -> NewChild:
    return NewChild(
        claim=token, order_id="P", parent_qty=1_000, cl_ord_id=name, venue="ALPHA", symbol="IBM",
        side=Side.BUY, order_qty=qty, ord_type=OrdType.LIMIT, px=Decimal(10),
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL, algo="twap", decided_ns=at_ns,
    )  # fmt: skip


def ended(name: str, qty: int, at_ns: int) -> Execution:
    return Execution(
        venue="ALPHA", session="A", msg_seq_num=1, trade_date="20261123", exec_id=f"E{at_ns}",
        exec_type=ExecType.CANCELED, ord_status=OrdStatus.CANCELED, cl_ord_id=name,
        venue_order_id="1", symbol="IBM", side=Side.BUY, order_qty=qty, cum_qty=0, leaves_qty=0,
        avg_px=Decimal(0), transact_ns=at_ns, received_ns=at_ns,
    )  # fmt: skip


def test_quantity_used_again_once_its_end_is_known_is_fine() -> None:
    log = WrittenLog([claim(), child("A", 600, 1), child("B", 600, 3)], [ended("A", 600, 2)])
    assert set(check_log(log).children) == {"A", "B"}


def test_quantity_used_again_before_its_end_is_known_is_found() -> None:
    log = WrittenLog([claim(), child("A", 600, 1), child("B", 600, 3)], [ended("A", 600, 4)])
    with pytest.raises(AssertionError, match="I1"):
        check_log(log)


def test_a_superseded_workers_child_does_not_count() -> None:
    log = WrittenLog([claim(), child("A", 600, 1), claim(), child("B", 600, 3)], [])
    checked = check_log(log)
    assert (list(checked.children), checked.fenced) == (["A"], 1)


def test_a_child_that_the_venue_was_sent_twice_is_found() -> None:
    checked = check_log(WrittenLog([claim(), child("A", 600, 1)], []))
    asked = {"type": "new_order", "cl_ord_id": "A", "symbol": "IBM", "side": "1",
             "order_qty": "600", "px": "10"}  # fmt: skip
    assert check_venues(checked, [("ALPHA", asked)]) == {}
    with pytest.raises(AssertionError, match="I4"):
        check_venues(checked, [("ALPHA", asked), ("ALPHA", asked)])


def replace(name: str, orig: str, qty: int, at_ns: int) -> ReplaceChild:
    return ReplaceChild(
        claim=0, order_id="P", parent_qty=1_000, cl_ord_id=name, orig_cl_ord_id=orig,
        venue="ALPHA", symbol="IBM", side=Side.BUY, order_qty=qty, px=Decimal(10),
        decided_ns=at_ns,
    )  # fmt: skip


def replaced(name: str, qty: int, at_ns: int) -> Execution:
    return msgspec.structs.replace(
        ended(name, qty, at_ns), exec_type=ExecType.REPLACED, ord_status=OrdStatus.NEW
    )


def test_the_larger_quantity_of_a_replace_counts_until_its_answer() -> None:
    down = [claim(), child("A", 900, 1), replace("R", "A", 300, 2)]
    checked = check_log(WrittenLog([*down, child("B", 700, 4)], [replaced("R", 300, 3)]))
    assert [each.new.cl_ord_id for each in checked.of("P")] == ["A", "B"]
    with pytest.raises(AssertionError, match="I1"):
        check_log(WrittenLog([*down, child("B", 700, 3)], [replaced("R", 300, 4)]))


def test_a_replace_beyond_the_parent_is_found() -> None:
    log = WrittenLog([claim(), child("A", 600, 1), replace("R", "A", 1_100, 2)], [])
    with pytest.raises(AssertionError, match="I1"):
        check_log(log)
