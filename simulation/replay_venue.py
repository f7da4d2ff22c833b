"""A venue over recorded quotes and trades: orders trade against what was displayed and printed.

What orders can have of the record is `recorded_market`'s to say; this is the venue around it: it
accepts, rejects, cancels, replaces and reports. The rules, in full, are in docs/replay.md.

- The record does not react to our orders. The public sees it as recorded, less what we took: an
  order that never trades leaves no trace. An aggressive fill adds a print of ours to the tape; of a
  print that a resting order of ours took part in, our part is shown as ours, the rest as it was.
- What IMMEDIATE_OR_CANCEL and market orders leave is cancelled; FILL_OR_KILL is all or nothing.
  While the venue does not trade continuously, all three are cancelled whole.
- What a DAY limit order leaves rests, and expires at the close.
- A replace that lowers the quantity alone keeps the order's place, any other loses it.
- Our own orders never trade with each other.

It reads no clock; times come in with orders and records.
"""

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, Execution
from domain.fix_codes import (
    CxlRejReason,
    ExecType,
    LastLiquidityInd,
    OrdStatus,
    OrdType,
    TimeInForce,
)
from domain.instruments import Instrument, InstrumentTable, OffGrid
from domain.marketdata import Depth, MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from simulation.agenda import NEVER
from simulation.recorded_market import Fill, RecordedMarket
from simulation.replay_order import Order, not_offered
from simulation.replay_reports import SESSION, Fees, Reports
from simulation.replay_rules import ReplayRules

__all__ = ["SESSION", "Fees", "ReplayRules", "ReplayVenue", "VenueOutput"]

VenueOutput = Execution | ChildCancelRejected | MarketEvent
_UNKNOWN_SYMBOL: Final = 1  # OrdRejReason(103)
_EXCHANGE_CLOSED: Final = 2
_DUPLICATE_ORDER: Final = 6
_UNSUPPORTED: Final = 11
_OTHER: Final = 99
# A record is of one day: good till cancel is good till its close.
_RESTING: Final = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL)


@dataclass(slots=True, kw_only=True)
class ReplayVenue:
    """One venue on one day. `busy`: the instruments in which something of ours rests or is missing,
       or of which the record has depth, so that every event of theirs matters.
    `trade_date` as FIX has it: YYYYMMDD. `close_ns`: when DAY orders
       expire, if the record has no trading phases to say so.
    """

    name: str
    instruments: InitVar[InstrumentTable]
    trade_date: str
    fees: Fees = field(default_factory=Fees)
    rules: ReplayRules = field(default_factory=ReplayRules)
    close_ns: int | None = None
    meeting: dict[str, None] = field(default_factory=dict)
    depleted: dict[str, None] = field(default_factory=dict)
    _books: dict[str, "_Book"] = field(init=False)
    _orders: dict[str, Order] = field(default_factory=dict)  # by every ClOrdID they had
    _resting: dict[str, Order] = field(default_factory=dict)  # by venue_order_id, oldest first
    _refill_ns: int = NEVER  # not after the time at which something comes back
    _reports: Reports = field(init=False)

    def __post_init__(self, instruments: InstrumentTable) -> None:
        self._reports = Reports(venue=self.name, trade_date=self.trade_date, fees=self.fees)
        self._books = {
            symbol: _Book(instrument=each, market=RecordedMarket(rules=self.rules))
            for symbol, each in instruments.by_symbol.items()
            if self.name in each.venues
        }

    # -- the record

    def on_market(self, event: MarketEvent) -> Sequence[VenueOutput]:
        """Take a recorded event in, whatever venue it names. Returns what the public sees of it,
        and what it did to our orders. Events of instruments that do not trade here pass through."""
        book = self._books.get(event.symbol)
        if book is None:
            return (event,)
        said = self._on_event(book, event)
        self._note(book)
        return said

    def _on_event(self, book: "_Book", event: MarketEvent) -> Sequence[VenueOutput]:
        if isinstance(event, Quote):
            return self._displayed(book, event) if book.market.on_quote(event) else (event,)
        if isinstance(event, Trade):
            fills = book.market.on_trade(event)
            return self._printed(book, event, fills) if fills else (event,)
        if isinstance(event, Depth):
            return self._displayed(book, event) if book.market.on_depth(event) else (event,)
        if isinstance(event, TradingStatus):
            book.market.phase = event.phase
            if event.phase is TradingPhase.CLOSED:
                return [event, *self._expire(event.symbol, event.at_ns)]
        return (event,)

    def on_quiet(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        """Quotes and prints of an instrument that is in neither `meeting` nor `depleted`: the
        public sees them as they are, and only what stands at the end matters."""
        book = self._books.get(symbol)
        if book is not None:
            book.market.on_quiet(events)

    def _note(self, book: "_Book") -> None:
        """Bring `meeting` and `depleted` up to a book."""
        symbol = book.instrument.symbol
        for noted, holds in (
            (self.meeting, book.market.is_met), (self.depleted, book.market.is_depleted)
        ):  # fmt: skip
            if holds:
                noted[symbol] = None
            else:
                noted.pop(symbol, None)

    def next_ns(self) -> int:
        """When `on_timer` next may have something to do; NEVER if it will not."""
        close_ns = self.close_ns
        return self._refill_ns if close_ns is None or self._refill_ns < close_ns else close_ns

    def on_timer(self, now_ns: int) -> Sequence[VenueOutput]:
        """Show again what was taken long enough ago; expire what rests at the close."""
        out: list[VenueOutput] = []
        if self._refill_ns <= now_ns:
            for symbol in list(self.depleted):
                book = self._books[symbol]
                if book.market.refill(now_ns):
                    for shown in book.shown(self.name, now_ns):
                        out += self._displayed(book, shown)
                self._note(book)
            refills = [self._books[symbol].market.next_refill_ns() for symbol in self.depleted]
            self._refill_ns = min(refills, default=NEVER)
        if self.close_ns is not None and now_ns >= self.close_ns:
            out += self.on_close(now_ns)
        return out

    def on_close(self, now_ns: int) -> list[VenueOutput]:
        """The session ends: what rests expires, and nothing more is accepted."""
        self.close_ns = None
        out: list[VenueOutput] = []
        for symbol, book in self._books.items():
            book.market.phase = TradingPhase.CLOSED
            out += self._expire(symbol, now_ns)
            self._note(book)
        return out

    # -- our orders

    def on_child(self, child: ChildCommand, now_ns: int) -> list[VenueOutput]:
        """An order, a cancel or a replace arrives."""
        if type(child) is NewChild:
            said = self._on_new(child, now_ns)
        elif type(child) is ReplaceChild:
            said = self._on_replace(child, now_ns)
        else:
            assert type(child) is CancelChild
            said = self._on_cancel(child, now_ns)
        book = self._books.get(child.symbol)
        if book is not None:
            self._note(book)
        return said

    def ahead_qty(self, cl_ord_id: str) -> int | None:
        """The estimate of others' shares in front of a resting order; None: not known yet."""
        order = self._orders[cl_ord_id]
        return self._books[order.symbol].market.ahead_qty(order.venue_order_id)

    def _on_new(self, child: NewChild, now_ns: int) -> list[VenueOutput]:
        book = self._books.get(child.symbol)
        if book is None:
            elsewhere = f"{child.symbol} does not trade at {self.name}"
            return [self._reports.rejected(child, _UNKNOWN_SYMBOL, elsewhere, now_ns)]
        try:
            order = self._order(child, book.instrument)
        except OffGrid as error:
            return [self._reports.rejected(child, _OTHER, str(error), now_ns)]
        if child.cl_ord_id in self._orders:
            return [self._reports.rejected(child, _DUPLICATE_ORDER, "ClOrdID(11) repeated", now_ns)]
        text = not_offered(child)
        if text is not None:
            return [self._reports.rejected(child, _UNSUPPORTED, text, now_ns)]
        if book.market.phase is TradingPhase.CLOSED:
            return [
                self._reports.rejected(child, _EXCHANGE_CLOSED, "the session has ended", now_ns)
            ]
        if child.post_only and _would_take(book.market, order):
            return [self._reports.rejected(child, _UNSUPPORTED, "would take liquidity", now_ns)]
        self._orders[child.cl_ord_id] = order
        out: list[VenueOutput] = [
            self._reports.execution(book.instrument, order, ExecType.NEW, now_ns)
        ]
        self._arrive(book, order, now_ns, out)
        return out

    def _order(self, child: NewChild, instrument: Instrument) -> Order:
        px = child.px if child.ord_type is OrdType.LIMIT else None
        return Order(
            cl_ord_id=child.cl_ord_id,
            venue_order_id=self._reports.next_order_id(), symbol=child.symbol, side=child.side,
            order_qty=instrument.fill_qty(Decimal(child.order_qty), "order_qty"),
            px_ticks=instrument.px_ticks(px, "px") if px is not None else None,
            time_in_force=child.time_in_force, post_only=child.post_only,
        )  # fmt: skip

    def _arrive(self, book: "_Book", order: Order, now_ns: int, out: list[VenueOutput]) -> None:
        """Take what is displayed; then end or rest, as its TimeInForce(59) says."""
        market = book.market
        kill = order.time_in_force is TimeInForce.FILL_OR_KILL and (
            sum(qty for _, qty in market.reachable(order.side, order.px_ticks)) < order.leaves_qty
        )
        taken = [] if kill else market.take(order.side, order.px_ticks, order.leaves_qty, now_ns)
        for px_ticks, qty in taken:
            out += self._trade(book, order, qty, px_ticks, LastLiquidityInd.REMOVED, now_ns)
        if taken:
            self._deplete(now_ns)
            out += book.shown(self.name, now_ns)
        if not order.leaves_qty:
            return
        if order.time_in_force in _RESTING and order.px_ticks is not None:
            self._resting[order.venue_order_id] = order
            market.rest(order.venue_order_id, order.side, order.px_ticks, order.leaves_qty)
        else:
            out.append(self._end(book, order, ExecType.CANCELED, OrdStatus.CANCELED, now_ns))

    def _displayed(self, book: "_Book", event: MarketEvent) -> Sequence[VenueOutput]:
        """What the public sees of a quote or depth; resting orders may meet what it offers."""
        public = book.public(event)
        fills = book.market.match(event.at_ns)
        if not fills:
            return (public,)
        self._deplete(event.at_ns)
        out: list[VenueOutput] = [public]
        for fill in fills:
            order = self._resting[fill.venue_order_id]
            added = LastLiquidityInd.ADDED
            out += self._trade(book, order, fill.qty, fill.px_ticks, added, event.at_ns)
        out += book.shown(self.name, event.at_ns)
        return out

    def _deplete(self, now_ns: int) -> None:
        """We took of what a book displays: it comes back in its time."""
        self._refill_ns = min(self._refill_ns, now_ns + self.rules.depletion_ns)

    def _printed(self, book: "_Book", trade: Trade, fills: Sequence[Fill]) -> list[VenueOutput]:
        """Resting orders took part in a print: the tape's volume stays what it was."""
        out: list[VenueOutput] = []
        for fill in fills:
            order = self._resting[fill.venue_order_id]
            out += self._trade(
                book, order, fill.qty, fill.px_ticks, LastLiquidityInd.ADDED, trade.at_ns
            )
        rest = trade.qty - sum(fill.qty for fill in fills)
        assert rest >= 0
        if rest:
            out.append(msgspec.structs.replace(trade, qty=rest))
        return out

    def _trade(
        self, book: "_Book", order: Order, qty: int, px_ticks: int, liquidity: LastLiquidityInd,
        now_ns: int,
    ) -> tuple[Execution, Trade]:  # fmt: skip
        """Book a fill. Returns its report and its print."""
        order.book(qty, px_ticks)
        if not order.leaves_qty:
            self._resting.pop(order.venue_order_id, None)
        fill = self._reports.trade(book.instrument, order, qty, px_ticks, liquidity, now_ns)
        return fill, Trade(order.symbol, self.name, px_ticks, qty, now_ns, fill.exec_id)

    def _on_cancel(self, cancel: CancelChild, now_ns: int) -> list[VenueOutput]:
        order = self._orders.get(cancel.orig_cl_ord_id)
        reason = self._request_reason(cancel, order)
        if order is None or reason is not None:
            return [self._reports.cancel_rejected(cancel, order, reason, now_ns)]
        self._orders[cancel.cl_ord_id] = order
        order.cl_ord_id = cancel.cl_ord_id
        book = self._books[order.symbol]
        return [
            self._end(
                book, order, ExecType.CANCELED, OrdStatus.CANCELED, now_ns, cancel.orig_cl_ord_id
            )
        ]

    def _on_replace(self, replace: ReplaceChild, now_ns: int) -> list[VenueOutput]:
        order = self._orders.get(replace.orig_cl_ord_id)
        reason = self._request_reason(replace, order)
        if order is None or reason is not None:
            return [self._reports.cancel_rejected(replace, order, reason, now_ns)]
        book = self._books[order.symbol]
        try:
            px_ticks = book.instrument.px_ticks(replace.px, "px")
        except OffGrid as error:
            return [self._reports.cancel_rejected(replace, order, None, now_ns, str(error))]
        keeps_place = px_ticks == order.px_ticks and replace.order_qty <= order.order_qty
        self._orders[replace.cl_ord_id] = order
        order.cl_ord_id = replace.cl_ord_id
        order.order_qty = max(replace.order_qty, order.cum_qty)
        order.px_ticks = px_ticks
        out: list[VenueOutput] = [
            self._reports.execution(
                book.instrument, order, ExecType.REPLACED, now_ns, replace.orig_cl_ord_id
            )
        ]
        if keeps_place and order.leaves_qty:
            book.market.reduce(order.venue_order_id, order.leaves_qty)
            return out
        self._leave(book, order)
        if order.post_only and _would_take(book.market, order):
            out.append(self._end(book, order, ExecType.CANCELED, OrdStatus.CANCELED, now_ns))
        elif order.leaves_qty:
            self._arrive(book, order, now_ns, out)
        return out

    def _request_reason(
        self, request: CancelChild | ReplaceChild, order: Order | None
    ) -> CxlRejReason | None:
        """Why a cancel or replace cannot be; None if it can."""
        if order is None:
            return CxlRejReason.UNKNOWN_ORDER
        if not order.leaves_qty:
            return CxlRejReason.TOO_LATE
        return CxlRejReason.DUPLICATE_CL_ORD_ID if request.cl_ord_id in self._orders else None

    def _expire(self, symbol: str, now_ns: int) -> list[VenueOutput]:
        book = self._books[symbol]
        return [
            self._end(book, order, ExecType.EXPIRED, OrdStatus.EXPIRED, now_ns)
            for order in list(self._resting.values())
            if order.symbol == symbol
        ]

    def _end(
        self, book: "_Book", order: Order, kind: ExecType, status: OrdStatus, now_ns: int,
        orig: str | None = None,
    ) -> Execution:  # fmt: skip
        self._leave(book, order)
        order.ended = status
        return self._reports.execution(book.instrument, order, kind, now_ns, orig)

    def _leave(self, book: "_Book", order: Order) -> None:
        self._resting.pop(order.venue_order_id, None)
        book.market.leave(order.venue_order_id)


@dataclass(slots=True, kw_only=True)
class _Book:
    """An instrument here, and its market as the public sees it."""

    instrument: Instrument
    market: RecordedMarket

    def public(self, event: MarketEvent) -> MarketEvent:
        """A recorded quote or depth, less what we took."""
        if not self.market.is_depleted:
            return event
        if isinstance(event, Depth):
            bids, asks = self.market.bid.levels(), self.market.ask.levels()
            return msgspec.structs.replace(event, bids=tuple(bids), asks=tuple(asks))
        return self.touch(event.venue, event.at_ns)

    def touch(self, venue: str, at_ns: int) -> Quote:
        """The touch less what we took; a side taken whole has quantity 0."""
        bid, ask = self.market.bid.best(), self.market.ask.best()
        return Quote(self.instrument.symbol, venue, bid[0], bid[1], ask[0], ask[1], at_ns)

    def shown(self, venue: str, at_ns: int) -> list[MarketEvent]:
        """The touch, and the depth where the record has it, after we took of it."""
        bid, ask = self.market.bid, self.market.ask
        shown: list[MarketEvent] = [self.touch(venue, at_ns)]
        if bid.deeper or ask.deeper:
            levels = tuple(bid.levels()), tuple(ask.levels())
            shown.append(Depth(self.instrument.symbol, venue, *levels, at_ns))
        return shown


def _would_take(market: RecordedMarket, order: Order) -> bool:
    return bool(market.reachable(order.side, order.px_ticks))
