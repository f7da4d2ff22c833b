"""One order at one venue, as the worker knows it: a fold over what we asked and its venue said.

Live, questions and answers alternate; after a restart all questions are folded first, then all
answers. Both give the same child: a question counts until its own answer, and an order that has
ended otherwise than filled stays so.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from domain.executions import Execution
from domain.fix_codes import (
    ExecType,
    LastLiquidityInd,
    OrdStatus,
    PegInstruction,
    TimeInForce,
)
from domain.orders import CHILD_TERMINAL, next_child_status, settled_by_qty

TRADES: Final = (ExecType.TRADE, ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT)
RESTING: Final = (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)
IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
AUCTION: Final = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE)
_TELLS_TERMS: Final = (*RESTING, OrdStatus.FILLED)  # a status answer about an order that is there


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution that stands. `px` and `fee` in currency units."""

    qty: int
    px: Decimal
    fee: Decimal
    liquidity: LastLiquidityInd | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a replace that its venue has not answered. `order_qty`: with what is done."""

    order_qty: int
    px_ticks: int


@dataclass(slots=True, kw_only=True)
class Child:
    """State of one child. Only `apply`, `refuse`, the replace and the cancel marks change it.

    `cl_ord_id`: the first of its chain. `order_qty`, `px_ticks`: as its venue last confirmed them;
    of a peg `px_ticks` is the limit. `display_qty`: 0 shows nothing, None all; `tranche_qty`: what
    an iceberg has left of what it shows at once. `entries`: how often it went to the end of its
    queue: by a tranche that was filled, a new price or more shares. `executions`: by (trade date,
    ExecID), the fill that it made, if one that stands. `asked`: replaces without an answer, by
    their ClOrdID(11); `answered`: those with one. `replace_asked_ns`, `replace_refused_ns`: of the
    last, None if none.
    """

    cl_ord_id: str
    order_id: str
    venue: str
    order_qty: int
    px_ticks: int | None
    time_in_force: TimeInForce
    decided_ns: int
    post_only: bool = False
    display_qty: int | None = None
    min_qty: int = 0
    peg: PegInstruction | None = None
    peg_offset_ticks: int = 0
    status: OrdStatus = OrdStatus.PENDING_NEW
    cum_qty: int = 0
    tranche_qty: int = 0
    entries: int = 0
    executions: dict[tuple[str, str], Fill | None] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    answered: dict[str, None] = field(default_factory=dict)
    replace_asked_ns: int | None = None
    replace_refused_ns: int | None = None
    cancel_asked_ns: int | None = None

    def __post_init__(self) -> None:
        self.tranche_qty = self.display_qty or 0

    @property
    def closed(self) -> bool:
        """Whether its end is known. A filled order that may yet be replaced up has none (C.1.c)."""
        return self.status in CHILD_TERMINAL and not self.leaves_qty

    @property
    def leaves_qty(self) -> int:
        """Shares that may still fill, until its end is known: of replaces under way the largest
        quantity counts, for they may be in force already, or never be.
        """
        if self.status in CHILD_TERMINAL and self.status is not OrdStatus.FILLED:
            return 0
        if not self.asked:
            return max(self.order_qty - self.cum_qty, 0)
        asked_qty = max(each.order_qty for each in self.asked.values())
        return max(self.order_qty - self.cum_qty, asked_qty - self.cum_qty, 0)

    @property
    def limits(self) -> tuple[int | None, ...]:
        """Every limit in ticks that may be in force at its venue now; None is any price."""
        return (self.px_ticks, *(each.px_ticks for each in self.asked.values()))

    @property
    def for_auction(self) -> bool:
        """Whether it only trades in a cross, and stands in no book before."""
        return self.time_in_force in AUCTION

    @property
    def rests(self) -> bool:
        """Whether it stands in its venue's continuous book, as far as we were told."""
        waits = self.time_in_force in IMMEDIATE or self.for_auction
        return self.status in RESTING and not waits

    @property
    def displayed_qty(self) -> int:
        """Shares of it that its venue shows, where we know at which price: not of a peg.

        Of an iceberg the tranche, if its venue shows tranches of one size; one that draws their
        sizes shows up to its range more or less.
        """
        if not self.rests or self.peg is not None:
            return 0
        left_qty = max(self.order_qty - self.cum_qty, 0)
        return left_qty if self.display_qty is None else min(left_qty, self.tranche_qty)

    def ask_replace(self, cl_ord_id: str, asked: Asked, decided_ns: int) -> None:
        """A replace goes to the venue."""
        self.asked[cl_ord_id] = asked
        self.replace_asked_ns = decided_ns

    def refuse_replace(self, cl_ord_id: str, at_ns: int) -> bool:
        """A replace came to nothing; False if none of this id was under way."""
        if self.asked.pop(cl_ord_id, None) is None:
            return False
        self.answered[cl_ord_id] = None
        self.replace_refused_ns = at_ns
        return True

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
        self._take_terms(execution)
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
        if self.status not in CHILD_TERMINAL:
            self.status = OrdStatus.REJECTED

    def _take_terms(self, execution: Execution) -> None:
        """New terms are in force. A status answer under the id of a replace says so, too: where a
        venue counts its messages anew it may be all that we are ever told.
        """
        kind, cl_ord_id = execution.exec_type, execution.cl_ord_id
        told = kind is ExecType.ORDER_STATUS and execution.ord_status in _TELLS_TERMS
        if kind is ExecType.REPLACED or told:
            asked = self.asked.pop(cl_ord_id, None)
            if asked is not None:
                self.answered[cl_ord_id] = None
                if asked.px_ticks != self.px_ticks or execution.order_qty > self.order_qty:
                    self._enter_queue()
                self.px_ticks, self.order_qty = asked.px_ticks, execution.order_qty
                return
        if kind is ExecType.RESTATED or (
            kind is ExecType.REPLACED and cl_ord_id not in self.answered
        ):
            self.order_qty = execution.order_qty

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
            self.tranche_qty -= fill.qty
            if self.display_qty and self.tranche_qty <= 0:
                self._enter_queue()
        self.executions[identity] = fill

    def _enter_queue(self) -> None:
        """It went to the end of its queue, an iceberg with a whole tranche."""
        self.tranche_qty = self.display_qty or 0
        self.entries += 1

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
