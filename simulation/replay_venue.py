"""A venue over recorded quotes and trades: orders trade against what was displayed, no more.

The rules, in full:
- An order that crosses the recorded touch fills at it, up to its displayed size. There are no
  levels behind it. What an IMMEDIATE_OR_CANCEL leaves is cancelled; FILL_OR_KILL is all or nothing.
- Displayed size that was taken stays taken until the record changes price or size of that side.
- What a DAY order leaves rests, and fills only when the recorded opposite touch reaches its
  price: at its own price, best price first, then oldest, up to the size displayed. There is no
  queue in front of it, so this is neither generous (no trade at its price fills it) nor fair;
  queue position is not modelled here.
- The record does not react to our orders. The public quote is the recorded one less what was
  taken (a side taken whole is empty), and our fills are printed.

It reads no clock; times come in with orders and records.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, Execution
from domain.fix_codes import (
    CxlRejReason,
    CxlRejResponseTo,
    ExecType,
    LastLiquidityInd,
    OrdStatus,
    OrdType,
    TimeInForce,
)
from domain.instruments import Instrument, OffGrid, Side
from domain.marketdata import MarketEvent, Quote, Trade
from domain.orders import settled_by_qty

VenueOutput = Execution | ChildCancelRejected | MarketEvent
SESSION: Final = "REPLAY"
_DUPLICATE_ORDER: Final = 6  # OrdRejReason(103)
_UNSUPPORTED: Final = 11
_OTHER: Final = 99


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Currency units a share; below zero is a rebate."""

    taker: Decimal = Decimal(0)
    maker: Decimal = Decimal(0)


@dataclass(slots=True, kw_only=True)
class Touch:
    """One side of the record, and how much of it is not taken by us."""

    px_ticks: int = 0
    recorded_qty: int = 0
    left_qty: int = 0

    def record(self, px_ticks: int, qty: int) -> None:
        """The record speaks of this side; what was taken is back if it says something new."""
        if (px_ticks, qty) != (self.px_ticks, self.recorded_qty):
            self.px_ticks, self.recorded_qty, self.left_qty = px_ticks, qty, qty


@dataclass(slots=True, kw_only=True)
class Order:
    """One of our orders here. `px_ticks` None: at any price."""

    cl_ord_id: str
    order_id: str
    venue_order_id: str
    symbol: str
    side: Side
    order_qty: int
    px_ticks: int | None
    time_in_force: TimeInForce
    cum_qty: int = 0
    notional_ticks: int = 0
    ended: OrdStatus | None = None

    @property
    def status(self) -> OrdStatus:
        return self.ended or settled_by_qty(OrdStatus.NEW, self.order_qty, self.cum_qty)

    @property
    def leaves_qty(self) -> int:
        return 0 if self.ended else max(self.order_qty - self.cum_qty, 0)

    def reaches(self, px_ticks: int) -> bool:
        """Whether it may trade at `px_ticks`."""
        return self.px_ticks is None or (px_ticks - self.px_ticks) * self.side.sign <= 0


@dataclass(slots=True, kw_only=True)
class ReplayVenue:
    """One venue and one instrument, on one day. `trade_date` as FIX has it: YYYYMMDD."""

    name: str
    instrument: Instrument
    trade_date: str
    fees: Fees = field(default_factory=Fees)
    _bid: Touch = field(default_factory=Touch)
    _ask: Touch = field(default_factory=Touch)
    _orders: dict[str, Order] = field(default_factory=dict)  # by every ClOrdID they had
    _resting: dict[str, Order] = field(default_factory=dict)  # by venue_order_id, oldest first
    _seq: int = 0

    def on_market(self, event: MarketEvent) -> Sequence[VenueOutput]:
        """Take a recorded event in. Returns what the public sees of it, and our fills."""
        if type(event) is not Quote:
            return (event,)
        bid, ask = self._bid, self._ask
        bid.record(event.bid_px_ticks, event.bid_qty)
        ask.record(event.ask_px_ticks, event.ask_qty)
        out: list[VenueOutput] = [self._quote(event.at_ns)]
        if self._resting:
            for order in sorted(self._resting.values(), key=_aggressiveness):
                out += self._fill(order, LastLiquidityInd.ADDED, event.at_ns)
        return out

    def on_child(self, child: ChildCommand, now_ns: int) -> list[VenueOutput]:
        """An order, a cancel or a replace arrives."""
        if type(child) is NewChild:
            return self._on_new(child, now_ns)
        if type(child) is ReplaceChild:
            return self._on_replace(child, now_ns)
        assert type(child) is CancelChild
        return self._on_cancel(child, now_ns)

    def on_close(self, now_ns: int) -> list[VenueOutput]:
        """The session ends: what rests expires."""
        expired: list[VenueOutput] = []
        for order in list(self._resting.values()):
            expired.append(self._end(order, ExecType.EXPIRED, OrdStatus.EXPIRED, now_ns))
        return expired

    def _on_new(self, child: NewChild, now_ns: int) -> list[VenueOutput]:
        try:
            order = self._order(child)
        except OffGrid as error:
            return [self._rejected(child, _OTHER, str(error), now_ns)]
        if child.cl_ord_id in self._orders:
            return [self._rejected(child, _DUPLICATE_ORDER, "ClOrdID(11) repeated", now_ns)]
        opposite = self._opposite(order.side)
        if child.post_only and opposite.left_qty and order.reaches(opposite.px_ticks):
            return [self._rejected(child, _UNSUPPORTED, "would take liquidity", now_ns)]
        self._orders[child.cl_ord_id] = order
        out: list[VenueOutput] = [self._execution(order, ExecType.NEW, now_ns)]
        return out + self._arrive(order, now_ns)

    def _order(self, child: NewChild) -> Order:
        px = child.px if child.ord_type is OrdType.LIMIT else None
        return Order(
            cl_ord_id=child.cl_ord_id, order_id=child.order_id,
            venue_order_id=f"{self.name}-O{self._seq + 1}", symbol=child.symbol, side=child.side,
            order_qty=self.instrument.fill_qty(Decimal(child.order_qty), "order_qty"),
            px_ticks=self.instrument.px_ticks(px, "px") if px is not None else None,
            time_in_force=child.time_in_force,
        )  # fmt: skip

    def _arrive(self, order: Order, now_ns: int) -> list[VenueOutput]:
        """Take what is displayed; then end or rest, as its TimeInForce(59) says."""
        touch = self._opposite(order.side)
        kill = order.time_in_force is TimeInForce.FILL_OR_KILL and not (
            order.reaches(touch.px_ticks) and touch.left_qty >= order.leaves_qty
        )
        out = [] if kill else self._fill(order, LastLiquidityInd.REMOVED, now_ns)
        if not order.leaves_qty:
            return out
        if order.time_in_force is TimeInForce.DAY:
            self._resting[order.venue_order_id] = order
        else:
            out.append(self._end(order, ExecType.CANCELED, OrdStatus.CANCELED, now_ns))
        return out

    def _fill(self, order: Order, liquidity: LastLiquidityInd, now_ns: int) -> list[VenueOutput]:
        touch = self._opposite(order.side)
        qty = min(order.leaves_qty, touch.left_qty)
        if not qty or not order.reaches(touch.px_ticks):
            return []
        rests = liquidity is LastLiquidityInd.ADDED and order.px_ticks is not None
        px_ticks = order.px_ticks if rests and order.px_ticks is not None else touch.px_ticks
        touch.left_qty -= qty
        order.cum_qty += qty
        order.notional_ticks += qty * px_ticks
        assert touch.left_qty >= 0
        assert order.cum_qty <= order.order_qty
        if not order.leaves_qty:
            self._resting.pop(order.venue_order_id, None)
        fill = self._trade(order, qty, px_ticks, liquidity, now_ns)
        trade = Trade(order.symbol, self.name, px_ticks, qty, now_ns, fill.exec_id)
        return [fill, trade, self._quote(now_ns)]

    def _on_cancel(self, cancel: CancelChild, now_ns: int) -> list[VenueOutput]:
        order = self._orders.get(cancel.orig_cl_ord_id)
        if order is None or not order.leaves_qty:
            return [self._cancel_rejected(cancel, order, CxlRejResponseTo.CANCEL_REQUEST, now_ns)]
        self._orders[cancel.cl_ord_id] = order
        order.cl_ord_id = cancel.cl_ord_id
        return [
            self._end(order, ExecType.CANCELED, OrdStatus.CANCELED, now_ns, cancel.orig_cl_ord_id)
        ]

    def _on_replace(self, replace: ReplaceChild, now_ns: int) -> list[VenueOutput]:
        order = self._orders.get(replace.orig_cl_ord_id)
        if order is None or not order.leaves_qty:
            return [self._cancel_rejected(replace, order, CxlRejResponseTo.REPLACE_REQUEST, now_ns)]
        self._orders[replace.cl_ord_id] = order
        order.cl_ord_id = replace.cl_ord_id
        order.order_qty = max(replace.order_qty, order.cum_qty)
        order.px_ticks = self.instrument.px_ticks(replace.px, "px")
        self._resting.pop(order.venue_order_id)
        out: list[VenueOutput] = [
            self._execution(order, ExecType.REPLACED, now_ns, replace.orig_cl_ord_id)
        ]
        return out + self._arrive(order, now_ns)

    def _end(
        self, order: Order, kind: ExecType, status: OrdStatus, now_ns: int, orig: str | None = None
    ) -> Execution:
        order.ended = status
        self._resting.pop(order.venue_order_id, None)
        return self._execution(order, kind, now_ns, orig)

    def _opposite(self, side: Side) -> Touch:
        return self._ask if side is Side.BUY else self._bid

    def _quote(self, at_ns: int) -> Quote:
        bid, ask = self._bid, self._ask
        return Quote(
            self.instrument.symbol, self.name, bid.px_ticks, bid.left_qty, ask.px_ticks,
            ask.left_qty, at_ns,
        )  # fmt: skip

    def _trade(
        self, order: Order, qty: int, px_ticks: int, liquidity: LastLiquidityInd, now_ns: int
    ) -> Execution:
        rate = self.fees.taker if liquidity is LastLiquidityInd.REMOVED else self.fees.maker
        return msgspec.structs.replace(
            self._execution(order, ExecType.TRADE, now_ns),
            last_qty=qty, last_px=self.instrument.px(px_ticks), liquidity=liquidity,
            fee=rate * qty,
        )  # fmt: skip

    def _execution(
        self, order: Order, kind: ExecType, now_ns: int, orig: str | None = None
    ) -> Execution:
        self._seq += 1
        average = self.instrument.px(order.notional_ticks) / order.cum_qty if order.cum_qty else 0
        return Execution(
            venue=self.name, session=SESSION, msg_seq_num=self._seq, trade_date=self.trade_date,
            exec_id=f"{self.name}-{self._seq}", exec_type=kind, ord_status=order.status,
            cl_ord_id=order.cl_ord_id, orig_cl_ord_id=orig, venue_order_id=order.venue_order_id,
            symbol=order.symbol, side=order.side, order_qty=order.order_qty,
            cum_qty=order.cum_qty, leaves_qty=order.leaves_qty, avg_px=Decimal(average),
            transact_ns=now_ns, received_ns=now_ns,
        )  # fmt: skip

    def _rejected(self, child: NewChild, reason: int, text: str, now_ns: int) -> Execution:
        self._seq += 1
        return Execution(
            venue=self.name, session=SESSION, msg_seq_num=self._seq, trade_date=self.trade_date,
            exec_id=f"{self.name}-{self._seq}", exec_type=ExecType.REJECTED,
            ord_status=OrdStatus.REJECTED, cl_ord_id=child.cl_ord_id,
            venue_order_id="NONE", symbol=child.symbol, side=child.side,
            order_qty=child.order_qty, cum_qty=0, leaves_qty=0, avg_px=Decimal(0),
            ord_rej_reason=reason, text=text, transact_ns=now_ns, received_ns=now_ns,
        )  # fmt: skip

    def _cancel_rejected(
        self, request: CancelChild | ReplaceChild, order: Order | None,
        response_to: CxlRejResponseTo, now_ns: int,
    ) -> ChildCancelRejected:  # fmt: skip
        self._seq += 1
        return ChildCancelRejected(
            venue=self.name, session=SESSION, msg_seq_num=self._seq,
            cl_ord_id=request.cl_ord_id, orig_cl_ord_id=request.orig_cl_ord_id,
            symbol=request.symbol,
            ord_status=order.status if order is not None else OrdStatus.REJECTED,
            response_to=response_to,
            reason=CxlRejReason.UNKNOWN_ORDER if order is None else CxlRejReason.TOO_LATE,
            received_ns=now_ns,
        )  # fmt: skip


def _aggressiveness(order: Order) -> float:
    """Sorts the most willing first; `sorted` keeps the oldest first among equals."""
    return float("-inf") if order.px_ticks is None else -order.px_ticks * order.side.sign
