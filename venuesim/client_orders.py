"""The client's orders at one venue, by every ClOrdID(11) they had, and the answers about them.

It remembers; it does not match. `fold` builds the same memory from the venue's journal.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypedDict, Unpack

import msgspec

from domain.fix_codes import CxlRejReason, CxlRejResponseTo, ExecType, LastLiquidityInd, OrdStatus
from domain.orders import CHILD_TERMINAL
from venuesim.admission import DUPLICATE_ORDER, UNKNOWN_ORDER
from venuesim.book_order import Special
from venuesim.requests import (
    Answer,
    CancelOrder,
    CancelRejected,
    MassStatusRequest,
    NewOrder,
    ReplaceOrder,
    Report,
    StatusRequest,
)

AVG_PX_STEP: Final = Decimal("0.000001")
SYSTEM_FAILURE: Final = 7  # ExecRestatementReason(378): "Cancel on system failure"
UNDISCLOSED: Final = "7"  # Side(54) of a report that is about no order


class ReportDetail(TypedDict, total=False):
    """What a report says beside the state of its order; see Report."""

    cl_ord_id: str
    orig_cl_ord_id: str
    last_qty: int
    last_px: Decimal
    liquidity: LastLiquidityInd
    fee: Decimal
    ord_rej_reason: int
    exec_restatement_reason: int
    text: str
    ord_status_req_id: str | None
    mass_status_req_id: str
    tot_num_reports: int
    last_rpt_requested: bool


@dataclass(slots=True, kw_only=True)
class ClientOrder:
    """One order through all its replacements. `cash`: sum of LastQty * LastPx.

    `time_in_force` and `special`: as last accepted; not kept over a restart, which ends the order.
    """

    number: int
    order_id: str
    cl_ord_id: str
    symbol: str
    side: str
    ord_type: str
    order_qty: int
    cum_qty: int = 0
    cash: Decimal = Decimal(0)
    status: OrdStatus = OrdStatus.PENDING_NEW
    time_in_force: str = "0"
    special: Special | None = None

    @property
    def leaves_qty(self) -> int:
        return 0 if self.status in CHILD_TERMINAL else self.order_qty - self.cum_qty

    @property
    def avg_px(self) -> Decimal:
        return (self.cash / self.cum_qty).quantize(AVG_PX_STEP) if self.cum_qty else Decimal(0)

    def book_fill(self, qty: int, px: Decimal) -> None:
        assert 0 < qty <= self.order_qty - self.cum_qty
        self.cum_qty += qty
        self.cash += qty * px
        filled = self.cum_qty == self.order_qty
        self.status = OrdStatus.FILLED if filled else OrdStatus.PARTIALLY_FILLED


@dataclass(slots=True)
class Numbers:
    """Counters of one venue for ever: OrderID(37) and ExecID(17) are "<venue>-<count>"."""

    venue: str
    orders: int = 0
    execs: int = 0

    def order_id(self) -> tuple[int, str]:
        self.orders += 1
        return self.orders, f"{self.venue}-{self.orders}"

    def exec_id(self) -> str:
        self.execs += 1
        return f"{self.venue}-{self.execs}"


class CancelFault(msgspec.Struct, frozen=True):
    """Why an order is not cancelled or replaced; `order` is the one meant, if there is one."""

    reason: CxlRejReason
    text: str
    order: ClientOrder | None


@dataclass(slots=True)
class ClientOrders:
    """Every order there ever was. `recovered`: those that a restart has taken off the book."""

    numbers: Numbers
    by_cl_ord_id: dict[str, ClientOrder] = field(default_factory=dict)
    by_number: dict[int, ClientOrder] = field(default_factory=dict)  # those not closed
    recovered: list[ClientOrder] = field(default_factory=list)
    unsent: list[Answer] = field(default_factory=list)

    def get(self, cl_ord_id: str) -> ClientOrder | None:
        return self.by_cl_ord_id.get(cl_ord_id)

    def open(self, request: NewOrder, order_qty: int) -> ClientOrder:
        """Take an order in under its ClOrdID."""
        number, order_id = self.numbers.order_id()
        order = ClientOrder(
            number=number,
            order_id=order_id,
            cl_ord_id=request.cl_ord_id,
            symbol=request.symbol,
            side=request.side,
            ord_type=request.ord_type,
            order_qty=order_qty,
            time_in_force=request.time_in_force,
        )
        self.by_cl_ord_id[request.cl_ord_id] = order
        self.by_number[number] = order
        return order

    def rename(self, order: ClientOrder, cl_ord_id: str) -> None:
        """An accepted cancel or replace gives the order its ClOrdID; the old ones still find it."""
        order.cl_ord_id = cl_ord_id
        self.by_cl_ord_id[cl_ord_id] = order

    def to_change(self, request: CancelOrder | ReplaceOrder) -> ClientOrder | CancelFault:
        """The order that a cancel or replace request may change, or the first thing wrong."""
        order = self.by_cl_ord_id.get(request.orig_cl_ord_id)
        if order is None:  # B.1.f; its ClOrdIDs are not used up by this
            return CancelFault(CxlRejReason.UNKNOWN_ORDER, "OrigClOrdID(41) is not known", None)
        if request.cl_ord_id in self.by_cl_ord_id:
            return CancelFault(CxlRejReason.DUPLICATE_CL_ORD_ID, "ClOrdID(11) repeated", order)
        if order.status in CHILD_TERMINAL:
            return CancelFault(CxlRejReason.TOO_LATE, f"the order is {order.status.name}", order)
        if (request.symbol, request.side) != (order.symbol, order.side):
            text = "Symbol(55) or Side(54) differ from the order's"
            return CancelFault(CxlRejReason.BROKER_OPTION, text, order)
        if request.orig_cl_ord_id != order.cl_ord_id:
            text = f"OrigClOrdID(41) was replaced by {order.cl_ord_id}"
            return CancelFault(CxlRejReason.OTHER, text, order)
        return order

    def report(
        self, order: ClientOrder, exec_type: ExecType, now_ns: int, **more: Unpack[ReportDetail]
    ) -> Report:
        """A report of `order` as it stands; `more`: fields of Report beside the order's own."""
        if order.status in CHILD_TERMINAL:
            self.by_number.pop(order.number, None)
        if "cl_ord_id" not in more:
            more["cl_ord_id"] = order.cl_ord_id
        return Report(
            order_id=order.order_id,
            exec_id=self.numbers.exec_id(),
            exec_type=exec_type,
            ord_status=order.status,
            symbol=order.symbol,
            side=order.side,
            order_qty=order.order_qty,
            cum_qty=order.cum_qty,
            leaves_qty=order.leaves_qty,
            avg_px=order.avg_px,
            at_ns=now_ns,
            **more,
        )

    def cancel_rejected(
        self, request: CancelOrder | ReplaceOrder, fault: CancelFault, now_ns: int
    ) -> CancelRejected:
        """The answer to a cancel or replace that is refused, with the order's status."""
        order = fault.order
        is_cancel = isinstance(request, CancelOrder)
        response_to = (
            CxlRejResponseTo.CANCEL_REQUEST if is_cancel else CxlRejResponseTo.REPLACE_REQUEST
        )
        return CancelRejected(
            order_id=order.order_id if order else "NONE",
            cl_ord_id=request.cl_ord_id,
            orig_cl_ord_id=request.orig_cl_ord_id,
            ord_status=order.status if order else OrdStatus.REJECTED,
            response_to=response_to,
            reason=fault.reason,
            text=fault.text,
            at_ns=now_ns,
        )

    def status(self, request: StatusRequest, now_ns: int) -> Report:
        """The answer to an OrderStatusRequest: as things stand, under the ClOrdID asked for."""
        order = self.by_cl_ord_id.get(request.cl_ord_id)
        if order is not None:
            return self.report(
                order,
                ExecType.ORDER_STATUS,
                now_ns,
                cl_ord_id=request.cl_ord_id,
                ord_status_req_id=request.ord_status_req_id,
            )
        return self._about_none(
            request.symbol,
            request.side,
            now_ns,
            cl_ord_id=request.cl_ord_id,
            ord_status_req_id=request.ord_status_req_id,
            ord_rej_reason=UNKNOWN_ORDER,
            text="ClOrdID(11) is not known",
        )

    def mass_status(self, request: MassStatusRequest, now_ns: int) -> list[Report]:
        """One report for each open order; one that says so if there is none."""
        asked = request.mass_status_req_id
        found = [each for each in self.by_number.values() if each.status not in CHILD_TERMINAL]
        if not found:
            return [
                self._about_none(
                    "NONE",
                    UNDISCLOSED,
                    now_ns,
                    cl_ord_id="NONE",
                    ord_rej_reason=UNKNOWN_ORDER,
                    mass_status_req_id=asked,
                    tot_num_reports=0,
                    last_rpt_requested=True,
                    text="no open orders",
                )
            ]
        return [
            self.report(
                order,
                ExecType.ORDER_STATUS,
                now_ns,
                mass_status_req_id=asked,
                tot_num_reports=len(found),
                last_rpt_requested=order is found[-1],
            )
            for order in found
        ]

    def unsent_answers(self) -> list[Answer]:
        """Answers that the journal holds and the session may not: sent as PossResend(97)."""
        unsent, self.unsent = self.unsent, []
        return [msgspec.structs.replace(answer, poss_resend=True) for answer in unsent]

    def cancel_recovered(self, now_ns: int) -> list[Report]:
        """Unsolicited cancels (E.1.b, no OrigClOrdID) of the orders that a restart ended."""
        recovered, self.recovered = self.recovered, []
        for order in recovered:
            order.status = OrdStatus.CANCELED
        return [
            self.report(
                order,
                ExecType.CANCELED,
                now_ns,
                exec_restatement_reason=SYSTEM_FAILURE,
                text="the venue was restarted",
            )
            for order in recovered
        ]

    def _about_none(
        self, symbol: str, side: str, now_ns: int, **more: Unpack[ReportDetail]
    ) -> Report:
        return Report(
            order_id="NONE",
            exec_id=self.numbers.exec_id(),
            exec_type=ExecType.ORDER_STATUS,
            ord_status=OrdStatus.REJECTED,
            symbol=symbol,
            side=side,
            order_qty=0,
            cum_qty=0,
            leaves_qty=0,
            avg_px=Decimal(0),
            at_ns=now_ns,
            **more,
        )


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag="sent"):
    """A line of the journal: every answer before it was handed to the FIX session's store."""

    at_ns: int


JournalEntry = NewOrder | CancelOrder | ReplaceOrder | Report | CancelRejected | Sent


def fold(venue: str, entries: Iterable[JournalEntry]) -> ClientOrders:
    """The memory of a venue from its journal. Orders that were open come out as `recovered`."""
    orders = ClientOrders(Numbers(venue))
    ord_types: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, NewOrder):
            ord_types.setdefault(entry.cl_ord_id, entry.ord_type)
        elif isinstance(entry, Report):
            orders.unsent.append(entry)
            _fold_report(orders, entry, ord_types)
        elif isinstance(entry, CancelRejected):
            orders.unsent.append(entry)
        elif isinstance(entry, Sent):
            orders.unsent.clear()
    orders.recovered = [
        each for each in orders.by_number.values() if each.status not in CHILD_TERMINAL
    ]
    return orders


def _fold_report(orders: ClientOrders, report: Report, ord_types: dict[str, str]) -> None:
    numbers = orders.numbers
    numbers.execs = max(numbers.execs, _count(report.exec_id))
    if report.exec_type is ExecType.ORDER_STATUS:
        return
    if report.ord_rej_reason == DUPLICATE_ORDER:  # about a request, not about the order
        return
    order = orders.by_cl_ord_id.get(report.orig_cl_ord_id or report.cl_ord_id)
    if order is None:
        number = _count(report.order_id)
        numbers.orders = max(numbers.orders, number)
        order = ClientOrder(
            number=number,
            order_id=report.order_id,
            cl_ord_id=report.cl_ord_id,
            symbol=report.symbol,
            side=report.side,
            ord_type=ord_types.pop(report.cl_ord_id, ""),
            order_qty=report.order_qty,
        )
        orders.by_cl_ord_id[report.cl_ord_id] = order
        orders.by_number[number] = order
    if report.last_qty and report.last_px is not None:
        order.cash += report.last_qty * report.last_px
    order.cum_qty, order.order_qty = report.cum_qty, report.order_qty
    order.status = report.ord_status
    orders.rename(order, report.cl_ord_id)
    if order.status in CHILD_TERMINAL:
        orders.by_number.pop(order.number, None)


def _count(text: str) -> int:
    return int(text.rpartition("-")[2])
