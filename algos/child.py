"""One order at one venue, as the worker knows it: a fold over what its venue said."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from domain.executions import Execution
from domain.fix_codes import ExecType, LastLiquidityInd, OrdStatus, TimeInForce
from domain.orders import CHILD_TERMINAL, next_child_status, settled_by_qty

TRADES: Final = (ExecType.TRADE, ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT)


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution that stands. `px` and `fee` in currency units."""

    qty: int
    px: Decimal
    fee: Decimal
    liquidity: LastLiquidityInd | None


@dataclass(slots=True, kw_only=True)
class Child:
    """State of one child. Only `apply`, `refuse` and the cancel marks change it.

    `executions`: by (trade date, ExecID), the fill that it made, if one that stands.
    """

    cl_ord_id: str
    order_id: str
    venue: str
    order_qty: int
    px_ticks: int | None
    time_in_force: TimeInForce
    decided_ns: int
    status: OrdStatus = OrdStatus.PENDING_NEW
    cum_qty: int = 0
    executions: dict[tuple[str, str], Fill | None] = field(default_factory=dict)
    cancel_asked_ns: int | None = None

    @property
    def closed(self) -> bool:
        """Whether its end is known."""
        return self.status in CHILD_TERMINAL

    @property
    def leaves_qty(self) -> int:
        """Shares that may still fill: all that is not filled, until its end is known."""
        return 0 if self.closed else max(self.order_qty - self.cum_qty, 0)

    def apply(self, execution: Execution) -> bool:
        """Take a venue's report in; False if it was taken in before (a re-send, a redelivery).

        Raises IllegalTransition, leaving the child as it was. A fill beyond the quantity is taken:
        it is a real trade.
        """
        identity = (execution.trade_date, execution.exec_id)
        if execution.exec_type is not ExecType.ORDER_STATUS and identity in self.executions:
            return False
        status = next_child_status(self.status, execution.exec_type)
        self._book(execution, identity)
        if execution.exec_type is ExecType.ORDER_STATUS:
            status = self._status_told(execution, status)
        if execution.exec_type in (ExecType.REPLACED, ExecType.RESTATED):
            self.order_qty = execution.order_qty
        self.status = settled_by_qty(status, self.order_qty, self.cum_qty)
        if status is OrdStatus.REJECTED:
            self.status = status
        elif execution.exec_type in TRADES and execution.ord_status in (
            OrdStatus.CANCELED, OrdStatus.EXPIRED,
        ):  # fmt: skip
            # A venue may bundle an IOC's fill and its end into one report (fix.md X-I.1.b). The
            # bust of a filled order leaves it open again (J.1.a), unless the venue says it is over.
            self.status = execution.ord_status
        return True

    def refuse(self) -> None:
        """Venue access did not send it: nothing of it can trade."""
        if not self.closed:
            self.status = OrdStatus.REJECTED

    def _book(self, execution: Execution, identity: tuple[str, str]) -> None:
        kind = execution.exec_type
        fill = None
        if kind in (ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT):
            referred = (execution.trade_date, execution.exec_ref_id or "")
            undone = self.executions.get(referred)
            self.cum_qty -= 0 if undone is None else undone.qty
            self.executions[referred] = None
        if kind in (ExecType.TRADE, ExecType.TRADE_CORRECT) and execution.last_qty > 0:
            assert execution.last_px is not None
            fill = Fill(
                qty=execution.last_qty,
                px=execution.last_px,
                fee=execution.fee or Decimal(0),
                liquidity=execution.liquidity,
            )
            self.cum_qty += fill.qty
        self.executions[identity] = fill

    def _status_told(self, execution: Execution, status: OrdStatus) -> OrdStatus:
        """A status answer ends an order that is over at the venue, once its fills are all here."""
        ended = execution.ord_status in CHILD_TERMINAL and execution.ord_status not in (
            OrdStatus.FILLED, OrdStatus.REJECTED,
        )  # fmt: skip
        if ended and execution.cum_qty == self.cum_qty and status not in CHILD_TERMINAL:
            return execution.ord_status
        if status is OrdStatus.PENDING_NEW and execution.ord_status is OrdStatus.NEW:
            return OrdStatus.NEW
        return status
