"""What the replay venue says of our orders: execution reports and cancel rejects, numbered."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from domain.children import CancelChild, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, Execution
from domain.fix_codes import CxlRejReason, CxlRejResponseTo, ExecType, LastLiquidityInd, OrdStatus
from domain.instruments import Instrument
from simulation.replay_order import Order

SESSION: Final = "REPLAY"


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Currency units a share; below zero is a rebate."""

    taker: Decimal = Decimal(0)
    maker: Decimal = Decimal(0)


@dataclass(slots=True, kw_only=True)
class Reports:
    """Builds the messages of one venue and day. `_seq`: MsgSeqNum(34), and what ids count by."""

    venue: str
    trade_date: str
    fees: Fees = field(default_factory=Fees)
    _seq: int = 0

    def next_order_id(self) -> str:
        """OrderID(37) for the order whose acceptance is said next."""
        return f"{self.venue}-O{self._seq + 1}"

    def execution(
        self, instrument: Instrument, order: Order, kind: ExecType, now_ns: int,
        orig: str | None = None,
    ) -> Execution:  # fmt: skip
        """An ExecutionReport(8) that is no trade."""
        self._seq += 1
        return Execution(
            venue=self.venue, session=SESSION, msg_seq_num=self._seq, trade_date=self.trade_date,
            exec_id=f"{self.venue}-{self._seq}", exec_type=kind, ord_status=order.status,
            cl_ord_id=order.cl_ord_id, orig_cl_ord_id=orig, venue_order_id=order.venue_order_id,
            symbol=order.symbol, side=order.side, order_qty=order.order_qty,
            cum_qty=order.cum_qty, leaves_qty=order.leaves_qty,
            avg_px=_avg_px(instrument, order), transact_ns=now_ns, received_ns=now_ns,
        )  # fmt: skip

    def trade(
        self, instrument: Instrument, order: Order, qty: int, px_ticks: int,
        liquidity: LastLiquidityInd, now_ns: int,
    ) -> Execution:  # fmt: skip
        """An ExecutionReport(8) of a fill that is booked on the order."""
        self._seq += 1
        rate = self.fees.taker if liquidity is LastLiquidityInd.REMOVED else self.fees.maker
        return Execution(
            venue=self.venue, session=SESSION, msg_seq_num=self._seq, trade_date=self.trade_date,
            exec_id=f"{self.venue}-{self._seq}", exec_type=ExecType.TRADE, ord_status=order.status,
            cl_ord_id=order.cl_ord_id, venue_order_id=order.venue_order_id,
            symbol=order.symbol, side=order.side, order_qty=order.order_qty,
            cum_qty=order.cum_qty, leaves_qty=order.leaves_qty,
            avg_px=_avg_px(instrument, order), last_qty=qty, last_px=instrument.px(px_ticks),
            liquidity=liquidity, fee=rate * qty, transact_ns=now_ns, received_ns=now_ns,
        )  # fmt: skip

    def rejected(self, child: NewChild, reason: int, text: str, now_ns: int) -> Execution:
        """An ExecutionReport(8) of an order that was not accepted; `reason`: OrdRejReason(103)."""
        self._seq += 1
        return Execution(
            venue=self.venue, session=SESSION, msg_seq_num=self._seq, trade_date=self.trade_date,
            exec_id=f"{self.venue}-{self._seq}", exec_type=ExecType.REJECTED,
            ord_status=OrdStatus.REJECTED, cl_ord_id=child.cl_ord_id,
            venue_order_id="NONE", symbol=child.symbol, side=child.side,
            order_qty=child.order_qty, cum_qty=0, leaves_qty=0, avg_px=Decimal(0),
            ord_rej_reason=reason, text=text, transact_ns=now_ns, received_ns=now_ns,
        )  # fmt: skip

    def cancel_rejected(
        self, request: CancelChild | ReplaceChild, order: Order | None,
        reason: CxlRejReason | None, now_ns: int, text: str | None = None,
    ) -> ChildCancelRejected:  # fmt: skip
        """An OrderCancelReject(9); without a coded reason, `text` says why."""
        self._seq += 1
        is_cancel = isinstance(request, CancelChild)
        return ChildCancelRejected(
            venue=self.venue, session=SESSION, msg_seq_num=self._seq,
            cl_ord_id=request.cl_ord_id, orig_cl_ord_id=request.orig_cl_ord_id,
            symbol=request.symbol,
            ord_status=order.status if order is not None else OrdStatus.REJECTED,
            response_to=CxlRejResponseTo.CANCEL_REQUEST
            if is_cancel
            else CxlRejResponseTo.REPLACE_REQUEST,
            reason=reason or CxlRejReason.OTHER, text=text, received_ns=now_ns,
        )  # fmt: skip


def _avg_px(instrument: Instrument, order: Order) -> Decimal:
    return instrument.px(order.notional_ticks) / order.cum_qty if order.cum_qty else Decimal(0)
