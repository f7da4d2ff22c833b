"""One simulated venue: its books, its background flow, its fees, and one client's orders.

A request waits for the venue's latency and is then done at once, so there are no pending states:
a report says what has happened. One venue has one FIX session, so a ClOrdID(11) needs no session
beside it; it is never forgotten, over restarts too. The rules are those of FIX 4.4 volume 4,
appendix D; D2, F1 and so on name its scenarios.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from domain.fix_codes import CxlRejReason, ExecType, LastLiquidityInd, OrdStatus, TimeInForce
from domain.instruments import Instrument, Side
from domain.marketdata import Quote, Trade, TradingPhase, TradingStatus
from domain.orders import settled_by_qty
from venuesim.admission import (
    BROKER_OPTION,
    DUPLICATE_ORDER,
    OTHER,
    Admitted,
    Refusal,
    admit,
    admit_px,
    admit_replace_qty,
)
from venuesim.book_events import (
    BookEvent,
    BookRejectReason,
    Canceled,
    Filled,
    Rejected,
    Replaced,
)
from venuesim.book_order import BookOrder
from venuesim.client_orders import CancelFault, ClientOrder, ClientOrders, Numbers
from venuesim.faults import Refusals, VenueFaults
from venuesim.latency import Delay, DelayLine
from venuesim.order_book import OrderBook
from venuesim.order_flow import OrderFlow
from venuesim.random_streams import RandomStreams
from venuesim.requests import (
    Answer,
    CancelOrder,
    MassStatusRequest,
    NewOrder,
    ReplaceOrder,
    Request,
    StatusRequest,
)

HEARTBEAT_NS: Final = 1_000_000_000  # a quote is repeated so often, so that "stale" means stale
STATUS_NS: Final = 10_000_000_000  # the trading status too, for readers that start late

MarketEvent = Quote | Trade | TradingStatus
Output = Answer | Request | MarketEvent  # a request is put out when it is done, for the journal


class VenueTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue charges (currency units a share, a rebate < 0), how long it takes a request to
    reach its book, with a jitter (see Delay), and what goes wrong on demand.
    """

    name: str
    taker_fee: Decimal = Decimal(0)
    maker_fee: Decimal = Decimal(0)
    latency_ns: int = 0
    latency_jitter: float = 0.0
    faults: VenueFaults = VenueFaults()


class Venue:
    """Requests and time go in; answers, market data and what to journal come out."""

    def __init__(
        self,
        terms: VenueTerms,
        instruments: list[Instrument],
        flows: dict[str, OrderFlow],
        orders: ClientOrders | None = None,
        streams: RandomStreams | None = None,
    ) -> None:
        """`streams`: what jitters and refusals are drawn from."""
        streams = streams or RandomStreams(0, "")
        delay = Delay(base_ns=terms.latency_ns, jitter=terms.latency_jitter)
        self.terms = terms
        self._way_in = DelayLine(delay, streams, terms.name)
        self._refusals = Refusals(terms.faults, streams, terms.name)
        self.instruments = {each.symbol: each for each in instruments}
        self.books = {each.symbol: OrderBook() for each in instruments}
        self.orders = orders or ClientOrders(Numbers(terms.name))
        self._flows = flows
        self._inbox: deque[tuple[int, Request]] = deque()
        self._trades = 0
        self._touches: dict[str, tuple[int, int, int, int]] = {}
        self._quoted_ns: dict[str, int] = {}
        self._status_ns: int | None = None

    def on_request(self, request: Request, now_ns: int) -> None:
        """Take a request in; `on_timer` does it when the latency has passed."""
        self._inbox.append((self._way_in.arrival_ns(now_ns), request))

    def on_logon(self, now_ns: int) -> list[Output]:
        """Say what a restart left unsaid: answers lost on the way, and that its orders are gone."""
        return [*self.orders.unsent_answers(), *self.orders.cancel_recovered(now_ns)]

    def on_timer(self, now_ns: int) -> list[Output]:
        """Do all that is due, in order of time, then quote each touch that moved."""
        outputs = self._statuses(now_ns)
        while True:
            symbol, flow_ns = self._next_flow(now_ns)
            request_ns = self._inbox[0][0] if self._inbox else now_ns
            if self._inbox and request_ns <= min(now_ns, flow_ns):
                outputs += self._do(self._inbox.popleft()[1], now_ns)
            elif symbol is not None and flow_ns <= now_ns:
                outputs += self._run_flow(symbol, min(request_ns, now_ns))
            else:
                break
        return outputs + self._quotes(now_ns)

    def next_request_ns(self) -> int | None:
        """When the next request is due, if one waits."""
        return self._inbox[0][0] if self._inbox else None

    def _next_flow(self, now_ns: int) -> tuple[str | None, int]:
        """The symbol whose flow is next, and when."""
        if not self._flows:
            return None, now_ns
        symbol, flow = min(self._flows.items(), key=lambda item: item[1].next_ns)
        return symbol, flow.next_ns

    def _run_flow(self, symbol: str, until_ns: int) -> list[Output]:
        outputs: list[Output] = []
        for at_ns, events in self._flows[symbol].advance(self.books[symbol], until_ns):
            outputs += self._fills(symbol, events, at_ns)
        return outputs

    def _do(self, request: Request, now_ns: int) -> list[Output]:
        if isinstance(request, NewOrder):
            return [request, *self._new(request, now_ns)]
        if isinstance(request, CancelOrder):
            return [request, *self._cancel(request, now_ns)]
        if isinstance(request, ReplaceOrder):
            return [request, *self._replace(request, now_ns)]
        if isinstance(request, StatusRequest):
            return [self.orders.status(request, now_ns)]
        assert isinstance(request, MassStatusRequest)
        return [*self.orders.mass_status(request, now_ns)]

    def _new(self, request: NewOrder, now_ns: int) -> list[Output]:
        seen = self.orders.get(request.cl_ord_id)
        if seen is not None and request.poss_resend:  # F.1.b
            return [
                self.orders.report(seen, ExecType.ORDER_STATUS, now_ns, cl_ord_id=request.cl_ord_id)
            ]
        if seen is not None:  # F.1.a: the reject carries the status of the first order
            return [
                self.orders.report(
                    seen,
                    ExecType.REJECTED,
                    now_ns,
                    cl_ord_id=request.cl_ord_id,
                    ord_rej_reason=DUPLICATE_ORDER,
                    text=f"ClOrdID(11) {request.cl_ord_id} repeated",
                )
            ]
        admitted = admit(request, self.instruments)
        if isinstance(admitted, Refusal):
            return [self._refuse(request, admitted, now_ns)]
        if self._refusals.refuses(self.orders.numbers.orders + 1):
            return [self._refuse(request, Refusal(BROKER_OPTION, "on demand"), now_ns)]
        order = self.orders.open(request, admitted.order_qty)
        events = self.books[request.symbol].on_new(self._book_order(order, request, admitted))
        if isinstance(events[0], Rejected):
            assert events[0].reason is BookRejectReason.POST_ONLY_WOULD_CROSS
            order.status = OrdStatus.REJECTED
            return [
                self.orders.report(
                    order,
                    ExecType.REJECTED,
                    now_ns,
                    ord_rej_reason=OTHER,
                    text="the order would not rest, ExecInst(18) 6",
                )
            ]
        order.status = OrdStatus.NEW
        outputs: list[Output] = [self.orders.report(order, ExecType.NEW, now_ns)]
        outputs += self._fills(request.symbol, events, now_ns)
        if isinstance(events[-1], Canceled):  # I.1.a, I.1.b: Canceled, not Expired
            order.status = OrdStatus.CANCELED
            text = events[-1].cause.value.replace("_", " ")
            outputs.append(self.orders.report(order, ExecType.CANCELED, now_ns, text=text))
        return outputs

    def _book_order(self, order: ClientOrder, request: NewOrder, admitted: Admitted) -> BookOrder:
        return BookOrder(
            order.number,
            admitted.side,
            admitted.order_qty,
            admitted.px_ticks,
            admitted.time_in_force,
            request.post_only,
        )

    def _refuse(self, request: NewOrder, refusal: Refusal, now_ns: int) -> Output:
        order = self.orders.open(request, max(0, int(request.order_qty)))
        order.status = OrdStatus.REJECTED
        return self.orders.report(
            order,
            ExecType.REJECTED,
            now_ns,
            ord_rej_reason=refusal.ord_rej_reason,
            text=refusal.text,
        )

    def _cancel(self, request: CancelOrder, now_ns: int) -> list[Output]:
        found = self.orders.to_change(request)
        if isinstance(found, CancelFault):
            return [self.orders.cancel_rejected(request, found, now_ns)]
        events = self.books[found.symbol].on_cancel(found.number)
        assert isinstance(events[0], Canceled)
        self.orders.rename(found, request.cl_ord_id)
        found.status = OrdStatus.CANCELED
        return [
            self.orders.report(
                found, ExecType.CANCELED, now_ns, orig_cl_ord_id=request.orig_cl_ord_id
            )
        ]

    def _replace(self, request: ReplaceOrder, now_ns: int) -> list[Output]:
        found = self.orders.to_change(request)
        if isinstance(found, CancelFault):
            return [self.orders.cancel_rejected(request, found, now_ns)]
        terms = self._new_terms(request, found)
        if isinstance(terms, Refusal):
            fault = CancelFault(CxlRejReason.OTHER, terms.text, found)
            return [self.orders.cancel_rejected(request, fault, now_ns)]
        order_qty, px_ticks = terms
        events = self.books[found.symbol].on_replace(
            found.number, order_qty, px_ticks, request.post_only
        )
        if isinstance(events[0], Rejected):
            fault = CancelFault(CxlRejReason.OTHER, "the order would not rest", found)
            return [self.orders.cancel_rejected(request, fault, now_ns)]
        assert isinstance(events[0], Replaced)
        self.orders.rename(found, request.cl_ord_id)
        found.order_qty = events[0].order_qty  # C.3.c: never below what is done
        found.status = settled_by_qty(found.status, found.order_qty, found.cum_qty)
        replaced = self.orders.report(
            found, ExecType.REPLACED, now_ns, orig_cl_ord_id=request.orig_cl_ord_id
        )
        return [replaced, *self._fills(found.symbol, events, now_ns)]

    def _new_terms(self, request: ReplaceOrder, order: ClientOrder) -> tuple[int, int] | Refusal:
        """(OrderQty, price in ticks) of a replacement, or why not."""
        instrument = self.instruments[order.symbol]
        if request.ord_type != order.ord_type:
            return Refusal(OTHER, f"OrdType(40) {request.ord_type} is not {order.ord_type}")
        if request.time_in_force != TimeInForce.DAY:
            return Refusal(OTHER, f"TimeInForce(59) {request.time_in_force} would not rest")
        order_qty = admit_replace_qty(instrument, request.order_qty, order.cum_qty)
        if isinstance(order_qty, Refusal):
            return order_qty
        px_ticks = admit_px(instrument, request.px)
        return px_ticks if isinstance(px_ticks, Refusal) else (order_qty, px_ticks)

    def _fills(self, symbol: str, events: Sequence[BookEvent], now_ns: int) -> list[Output]:
        """A print for each trade, and a report for each client's side of one."""
        outputs: list[Output] = []
        for event in events:
            if not isinstance(event, Filled):
                continue
            self._trades += 1
            trade_id = f"{now_ns}-{self._trades}"  # unique over restarts, for time goes on
            outputs.append(
                Trade(symbol, self.terms.name, event.px_ticks, event.qty, now_ns, trade_id)
            )
            if event.maker_id > 0:
                outputs.append(self._fill(event.maker_id, event, LastLiquidityInd.ADDED, now_ns))
            if event.taker_id > 0:
                outputs.append(self._fill(event.taker_id, event, LastLiquidityInd.REMOVED, now_ns))
        return outputs

    def _fill(self, number: int, event: Filled, liquidity: LastLiquidityInd, now_ns: int) -> Output:
        order = self.orders.by_number[number]
        px = self.instruments[order.symbol].px(event.px_ticks)
        added = liquidity is LastLiquidityInd.ADDED
        fee = (self.terms.maker_fee if added else self.terms.taker_fee) * event.qty
        order.book_fill(event.qty, px)
        flow = self._flows.get(order.symbol)
        if flow is not None:
            flow.on_client_fill(Side(order.side).sign * event.qty, now_ns)
        return self.orders.report(
            order,
            ExecType.TRADE,
            now_ns,
            last_qty=event.qty,
            last_px=px,
            liquidity=liquidity,
            fee=fee,
        )

    def _statuses(self, now_ns: int) -> list[Output]:
        if self._status_ns is not None and now_ns - self._status_ns < STATUS_NS:
            return []
        self._status_ns = now_ns
        return [
            TradingStatus(symbol, self.terms.name, TradingPhase.CONTINUOUS, now_ns)
            for symbol in self.books
        ]

    def _quotes(self, now_ns: int) -> list[Output]:
        outputs: list[Output] = []
        for symbol, book in self.books.items():
            touch = book.touch()
            fresh = now_ns - self._quoted_ns.get(symbol, -HEARTBEAT_NS) < HEARTBEAT_NS
            if touch != self._touches.get(symbol) or not fresh:
                self._touches[symbol] = touch
                self._quoted_ns[symbol] = now_ns
                outputs.append(Quote(symbol, self.terms.name, *touch, now_ns))
        return outputs
