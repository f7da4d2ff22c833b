"""An OMS's own books: what its orders came to by the FIX messages it received. Pure.

Kept from the fills alone and beside what CumQty(14) and AvgPx(6) claim, so that the two can be
compared. An ExecID(17) counts once, however often it is sent.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from domain.fix_codes import ExecType, OrdStatus
from domain.fix_message import BadField, FixMessage

_STATUS_EXEC_ID: Final = "0"


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """One ExecutionReport(35=8), as received. `poss_dup`: sent again, by 43=Y or 97=Y."""

    order_id: str
    cl_ord_id: str
    orig_cl_ord_id: str | None
    exec_id: str
    exec_ref_id: str | None
    exec_type: ExecType
    ord_status: OrdStatus
    symbol: str
    side: str
    order_qty: Decimal
    cum_qty: int
    leaves_qty: int
    avg_px: Decimal
    last_qty: int
    last_px: Decimal | None
    venue: str | None
    reject_reason: str | None
    text: str | None
    transact_ns: int
    poss_dup: bool


class RequestRejected(msgspec.Struct, frozen=True, kw_only=True):
    """One OrderCancelReject(35=9), as received."""

    order_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    ord_status: OrdStatus
    response_to: str
    reject_reason: str
    text: str | None


class MessageRejected(msgspec.Struct, frozen=True, kw_only=True):
    """One BusinessMessageReject(35=j) or session Reject(35=3), as received."""

    msg_type: str
    ref_seq: int
    cl_ord_id: str | None
    reason: str
    text: str | None


Answer = OrderReport | RequestRejected | MessageRejected


def read_answer(text: str) -> Answer:
    """A message of order entry. Raises BadField."""
    message = FixMessage.parse(text)
    if message.msg_type == "8":
        return _order_report(message)
    if message.msg_type == "9":
        return RequestRejected(
            order_id=message.require(37),
            cl_ord_id=message.require(11),
            orig_cl_ord_id=message.require(41),
            ord_status=OrdStatus(message.require(39)),
            response_to=message.require(434),
            reject_reason=message.get(102) or "",
            text=message.get(58),
        )
    if message.msg_type in ("j", "3"):
        return MessageRejected(
            msg_type=message.msg_type,
            ref_seq=message.integer(45),
            cl_ord_id=message.get(379),
            reason=message.get(380 if message.msg_type == "j" else 373) or "",
            text=message.get(58),
        )
    raise BadField(35, f"{message.msg_type} is not an answer")


def _order_report(message: FixMessage) -> OrderReport:
    return OrderReport(
        order_id=message.require(37),
        cl_ord_id=message.require(11),
        orig_cl_ord_id=message.get(41),
        exec_id=message.require(17),
        exec_ref_id=message.get(19),
        exec_type=ExecType(message.require(150)),
        ord_status=OrdStatus(message.require(39)),
        symbol=message.require(55),
        side=message.require(54),
        order_qty=message.decimal(38),
        cum_qty=int(message.decimal(14)),
        leaves_qty=int(message.decimal(151)),
        avg_px=message.decimal(6),
        last_qty=0 if message.get(32) is None else int(message.decimal(32)),
        last_px=None if message.get(31) is None else message.decimal(31),
        venue=message.get(30),
        reject_reason=message.get(103),
        text=message.get(58),
        transact_ns=message.timestamp_ns(60),
        poss_dup=message.get(43) == "Y" or message.get(97) == "Y",
    )


@dataclass(slots=True)
class OmsOrder:
    """One order, under all ClOrdIDs of its chain."""

    cl_ord_id: str
    order_id: str = "NONE"
    ord_status: OrdStatus = OrdStatus.PENDING_NEW
    order_qty: Decimal = Decimal(0)
    cum_qty: int = 0
    leaves_qty: int = 0
    avg_px: Decimal = Decimal(0)
    fills: dict[str, tuple[int, Decimal]] = field(default_factory=dict)  # by ExecID: qty, px
    _replaced_by: dict[str, str] = field(default_factory=dict)  # first ExecID by a correction's

    @property
    def filled_qty(self) -> int:
        """The sum of the fills that stand."""
        return sum(qty for qty, _ in self.fills.values())

    def book(self, report: OrderReport) -> None:
        """A fill, its bust or its correction."""
        if report.exec_type is ExecType.TRADE and report.last_px is not None:
            self.fills[report.exec_id] = (report.last_qty, report.last_px)
        elif report.exec_type in (ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT):
            ref = report.exec_ref_id or ""
            first = self._replaced_by.get(ref, ref)
            self._replaced_by[report.exec_id] = first
            self.fills.pop(first, None)
            if report.exec_type is ExecType.TRADE_CORRECT and report.last_px is not None:
                self.fills[first] = (report.last_qty, report.last_px)


@dataclass(slots=True)
class Ledger:
    """Every order of one OMS by any ClOrdID(11) of its chain."""

    orders: dict[str, OmsOrder] = field(default_factory=dict)
    duplicates: int = 0
    _exec_ids: set[str] = field(default_factory=set)  # asked for membership only

    def apply(self, answer: Answer) -> bool:
        """Book an answer; False if it was booked before."""
        if isinstance(answer, OrderReport):
            return self._on_report(answer)
        if isinstance(answer, RequestRejected):
            order = self.orders.get(answer.orig_cl_ord_id)
            if order is not None and answer.order_id != "NONE":
                order.ord_status = answer.ord_status
        return True

    def _on_report(self, report: OrderReport) -> bool:
        if report.exec_id in self._exec_ids:
            self.duplicates += 1
            return False
        if report.exec_id != _STATUS_EXEC_ID:
            self._exec_ids.add(report.exec_id)
        order = self._order_of(report)
        order.book(report)
        order.order_id = report.order_id
        order.ord_status = report.ord_status
        order.order_qty = report.order_qty
        order.cum_qty = report.cum_qty
        order.leaves_qty = report.leaves_qty
        order.avg_px = report.avg_px
        return True

    def _order_of(self, report: OrderReport) -> OmsOrder:
        names = [name for name in (report.orig_cl_ord_id, report.cl_ord_id) if name]
        found = next((self.orders[name] for name in names if name in self.orders), None)
        order = found or OmsOrder(report.cl_ord_id)
        for name in names:
            self.orders.setdefault(name, order)
        return order
