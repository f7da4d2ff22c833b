"""A child takes what its venue says: every legal row, replays, bundles, busts."""

from decimal import Decimal

import pytest

from algos.child import Child
from domain.executions import Execution
from domain.fix_codes import ExecType, OrdStatus, TimeInForce
from domain.instruments import Side
from domain.orders import CHILD_TERMINAL, CHILD_TRANSITIONS, IllegalTransition

QTY = 1_000
TRADES = (ExecType.TRADE, ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT)
# How a child comes into each status: (ExecType, shares).
WAYS = {
    OrdStatus.PENDING_NEW: [],
    OrdStatus.NEW: [(ExecType.NEW, 0)],
    OrdStatus.PARTIALLY_FILLED: [(ExecType.TRADE, 400)],
    OrdStatus.FILLED: [(ExecType.TRADE, QTY)],
    OrdStatus.CANCELED: [(ExecType.CANCELED, 0)],
    OrdStatus.EXPIRED: [(ExecType.EXPIRED, 0)],
    OrdStatus.DONE_FOR_DAY: [(ExecType.DONE_FOR_DAY, 0)],
    OrdStatus.REJECTED: [(ExecType.REJECTED, 0)],
}


def new_child() -> Child:
    return Child(
        cl_ord_id="X", order_id="P", venue="XA", order_qty=QTY, px_ticks=10_000,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL, decided_ns=0,
    )  # fmt: skip


def said(kind: ExecType, *, qty: int = 0, exec_id: str = "e", ref: str | None = None,
         status: OrdStatus = OrdStatus.NEW, order_qty: int = QTY,
         cum_qty: int = 0) -> Execution:  # fmt: skip
    return Execution(
        venue="XA", session="S", msg_seq_num=1, trade_date="20231114", exec_id=exec_id,
        exec_type=kind, ord_status=status, cl_ord_id="X", venue_order_id="V", symbol="IBM",
        side=Side.BUY, order_qty=order_qty, cum_qty=cum_qty, leaves_qty=0, avg_px=Decimal(0),
        last_qty=qty, last_px=Decimal(100) if qty else None, exec_ref_id=ref, transact_ns=0,
        received_ns=0,
    )  # fmt: skip


def child_in(status: OrdStatus) -> Child:
    child = new_child()
    for number, (kind, qty) in enumerate(WAYS[status]):
        child.apply(said(kind, qty=qty, exec_id=f"w{number}"))
    assert child.status is status
    return child


@pytest.mark.parametrize(
    ("status", "kind"), list(CHILD_TRANSITIONS), ids=lambda value: value.name
)  # fmt: skip
def test_every_row(status: OrdStatus, kind: ExecType) -> None:
    child = child_in(status)
    before_qty = child.cum_qty
    qty = 100 if kind in (ExecType.TRADE, ExecType.TRADE_CORRECT) else 0
    report = said(kind, qty=qty, ref="none")
    assert child.apply(report)
    assert child.cum_qty == before_qty + qty
    assert child.leaves_qty == (0 if child.closed else QTY - child.cum_qty)
    if kind not in TRADES and kind is not ExecType.ORDER_STATUS:
        assert child.status is CHILD_TRANSITIONS[status, kind]
    elif status in CHILD_TERMINAL:
        assert child.status is status
    else:
        assert not child.closed
    after = (child.status, child.cum_qty)
    if kind is not ExecType.ORDER_STATUS:
        assert not child.apply(report), "a replay is nothing"
    assert (child.status, child.cum_qty) == after


@pytest.mark.parametrize("status", WAYS, ids=lambda value: value.name)
@pytest.mark.parametrize("kind", ExecType, ids=lambda value: value.name)
def test_every_other_pair_changes_nothing(status: OrdStatus, kind: ExecType) -> None:
    if (status, kind) in CHILD_TRANSITIONS:
        return
    child = child_in(status)
    before = (child.status, child.cum_qty, dict(child.executions))
    with pytest.raises(IllegalTransition):
        child.apply(said(kind, qty=100))
    assert (child.status, child.cum_qty, child.executions) == before


@pytest.mark.parametrize("end", [OrdStatus.CANCELED, OrdStatus.EXPIRED])
def test_a_fill_and_the_end_of_an_ioc_in_one_report(end: OrdStatus) -> None:
    child = new_child()
    child.apply(said(ExecType.TRADE, qty=300, status=end))
    assert (child.status, child.cum_qty, child.leaves_qty) == (end, 300, 0)
    child.apply(said(ExecType.NEW, exec_id="late"))
    assert child.status is end


def test_an_overfill_is_booked() -> None:
    child = new_child()
    child.apply(said(ExecType.TRADE, qty=QTY + 50))
    assert (child.status, child.cum_qty, child.leaves_qty) == (OrdStatus.FILLED, QTY + 50, 0)


def test_a_bust_opens_a_filled_order_unless_the_venue_says_it_is_over() -> None:
    for status, closed in ((OrdStatus.PARTIALLY_FILLED, False), (OrdStatus.CANCELED, True)):
        child = child_in(OrdStatus.FILLED)
        child.apply(said(ExecType.TRADE_CANCEL, ref="w0", status=status))
        assert (child.cum_qty, child.closed) == (0, closed)
        assert child.leaves_qty == (0 if closed else QTY)


def test_a_bust_that_comes_before_its_fill() -> None:
    child = child_in(OrdStatus.NEW)
    child.apply(said(ExecType.TRADE_CANCEL, exec_id="b", ref="f"))
    assert not child.apply(said(ExecType.TRADE, qty=100, exec_id="f"))
    assert child.cum_qty == 0


def test_a_correction_replaces_the_fill() -> None:
    child = child_in(OrdStatus.PARTIALLY_FILLED)
    child.apply(said(ExecType.TRADE_CORRECT, qty=250, exec_id="c", ref="w0"))
    assert child.cum_qty == 250


@pytest.mark.parametrize("kind", [ExecType.REPLACED, ExecType.RESTATED])
def test_the_venue_may_change_the_quantity(kind: ExecType) -> None:
    child = child_in(OrdStatus.PARTIALLY_FILLED)
    child.apply(said(kind, order_qty=600))
    assert (child.order_qty, child.leaves_qty) == (600, 200)
    child.apply(said(ExecType.RESTATED, order_qty=400, exec_id="r2"))
    assert child.status is OrdStatus.FILLED


STATUS_ANSWERS = [
    # from, the venue's status and CumQty(14), and what the child is then
    (OrdStatus.PENDING_NEW, OrdStatus.NEW, 0, OrdStatus.NEW),
    (OrdStatus.PENDING_NEW, OrdStatus.CANCELED, 0, OrdStatus.CANCELED),
    (OrdStatus.PARTIALLY_FILLED, OrdStatus.CANCELED, 400, OrdStatus.CANCELED),
    (OrdStatus.PARTIALLY_FILLED, OrdStatus.CANCELED, 500, OrdStatus.PARTIALLY_FILLED),
    (OrdStatus.PARTIALLY_FILLED, OrdStatus.EXPIRED, 400, OrdStatus.EXPIRED),
    (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED, QTY, OrdStatus.PARTIALLY_FILLED),
    (OrdStatus.PENDING_NEW, OrdStatus.REJECTED, 0, OrdStatus.PENDING_NEW),
    (OrdStatus.CANCELED, OrdStatus.NEW, 0, OrdStatus.CANCELED),
]


@pytest.mark.parametrize(("status", "told", "cum_qty", "after"), STATUS_ANSWERS)
def test_a_status_answer(
    status: OrdStatus, told: OrdStatus, cum_qty: int, after: OrdStatus
) -> None:
    """It ends an order that is over at the venue, once its fills are all here; it books none."""
    child = child_in(status)
    child.apply(said(ExecType.ORDER_STATUS, status=told, cum_qty=cum_qty, exec_id="0"))
    assert child.status is after


def test_what_was_not_sent_cannot_trade() -> None:
    child = new_child()
    child.refuse()
    assert (child.status, child.leaves_qty) == (OrdStatus.REJECTED, 0)
    done = child_in(OrdStatus.FILLED)
    done.refuse()
    assert done.status is OrdStatus.FILLED
