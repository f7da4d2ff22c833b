"""One simulated venue: its books, its background flow, its fees, and one client's orders.

A request waits for the venue's latency and is then done at once, so there are no pending states:
a report says what has happened. One venue has one FIX session, so a ClOrdID(11) needs no session
beside it; it is never forgotten, over restarts too. The rules are those of FIX 4.4 volume 4,
appendix D; D2, F1 and so on name its scenarios.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from domain.fix_codes import CxlRejReason, ExecType, OrdStatus, TimeInForce
from domain.instruments import Instrument
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradingStatus
from domain.orders import settled_by_qty
from domain.trading_day import TradingDay
from venuesim.admission import (
    BROKER_OPTION,
    DUPLICATE_ORDER,
    EXCHANGE_CLOSED,
    OTHER,
    TOO_LATE_TO_ENTER,
    Admitted,
    Refusal,
    admit,
    admit_replacement,
)
from venuesim.agenda import NEVER_NS, Agenda
from venuesim.book_events import BookEvent, BookRejectReason, Canceled, Rejected, Replaced
from venuesim.book_feed import HEARTBEAT_NS, BookFeed
from venuesim.book_order import BookOrder, Special
from venuesim.book_reports import BookReports
from venuesim.client_orders import CancelFault, ClientOrder, ClientOrders, Numbers
from venuesim.faults import Refusals
from venuesim.latency import Delay, DelayLine
from venuesim.offer import Offer
from venuesim.order_book import OrderBook
from venuesim.order_flow import BackgroundFlow
from venuesim.phases import Phase
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
from venuesim.venue_day import VenueDay
from venuesim.venue_terms import VenueTerms

MarketEvent = Quote | Trade | Depth | TradingStatus | Imbalance
Output = Answer | Request | MarketEvent  # a request is put out when it is done, for the journal

__all__ = ["HEARTBEAT_NS", "MarketEvent", "Output", "Venue", "VenueTerms"]

_IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)


class Venue:
    """Requests and time go in; answers, market data and what to journal come out."""

    def __init__(
        self,
        terms: VenueTerms,
        instruments: list[Instrument],
        flows: Mapping[str, BackgroundFlow],
        orders: ClientOrders | None = None,
        streams: RandomStreams | None = None,
        days: Mapping[str, Sequence[TradingDay]] | None = None,
    ) -> None:
        """`streams`: what jitters and refusals are drawn from. `days`: the trading days of each
        symbol; without, it trades continuously for ever."""
        streams = streams or RandomStreams(0, "")
        days = days or {}
        delay = Delay(base_ns=terms.latency_ns, jitter=terms.latency_jitter)
        self.terms = terms
        self._way_in = DelayLine(delay, streams, terms.name)
        self._refusals = Refusals(terms.faults, streams, terms.name)
        self.instruments = {each.symbol: each for each in instruments}
        self.books = {each.symbol: OrderBook(each.round_px_ticks) for each in instruments}
        self.orders = orders or ClientOrders(Numbers(terms.name))
        self._reports = BookReports(terms, self.orders)
        self._offer = _offer(terms, bool(days))
        self._flows = flows
        self._inbox: deque[tuple[int, Request]] = deque()
        self._days = {symbol: _day(terms, symbol, days.get(symbol, ())) for symbol in self.books}
        self._feeds = {
            symbol: BookFeed(symbol, terms.name, terms.depth_levels, not terms.dark)
            for symbol in self.books
        }
        self._touched: dict[str, None] = dict.fromkeys(self.books)
        self._flow_agenda = Agenda({symbol: flow.next_ns for symbol, flow in flows.items()})
        self._day_agenda = Agenda({symbol: day.due_ns for symbol, day in self._days.items()})
        self._feed_agenda = Agenda({symbol: feed.next_ns for symbol, feed in self._feeds.items()})
        self._since_ns: int | None = None  # the first time that it was told
        for symbol, day in self._days.items():
            self.books[symbol].on_phase(day.phase)

    def on_request(self, request: Request, now_ns: int) -> None:
        """Take a request in; `on_timer` does it when the latency has passed."""
        self._inbox.append((self._way_in.arrival_ns(now_ns), request))

    def on_logon(self, now_ns: int) -> list[Output]:
        """Say what a restart left unsaid: answers lost on the way, and that its orders are gone."""
        return [*self.orders.unsent_answers(), *self.orders.cancel_recovered(now_ns)]

    def on_timer(self, now_ns: int) -> list[Output]:
        """Do all that is due, in order of time, then show what changed.

        Of what is due at one time a phase comes first, then requests, then the flow.
        """
        if self._since_ns is None:
            self._begin(now_ns)
        outputs: list[Output] = []
        while True:
            flow_ns, phase_ns = self._flow_agenda.next_ns, self._day_agenda.next_ns
            request_ns = self._inbox[0][0] if self._inbox else NEVER_NS
            if phase_ns <= min(now_ns, request_ns, flow_ns):
                outputs += self._on_day(self._day_agenda.next_key, phase_ns, now_ns)
            elif request_ns <= min(now_ns, flow_ns):
                outputs += self._do(self._inbox.popleft()[1], now_ns)
            elif flow_ns <= now_ns:
                until_ns = min(request_ns, phase_ns - 1, now_ns)
                outputs += self._run_flow(self._flow_agenda.next_key, until_ns)
            else:
                break
        return outputs + self._show(now_ns)

    def next_ns(self) -> int:
        """When `on_timer` next has something to do: a request, the flow, a phase, a heartbeat."""
        request_ns = self._inbox[0][0] if self._inbox else NEVER_NS
        return min(
            request_ns,
            self._flow_agenda.next_ns,
            self._day_agenda.next_ns,
            self._feed_agenda.next_ns,
        )

    def next_request_ns(self) -> int | None:
        """When the next request is due, if one waits."""
        return self._inbox[0][0] if self._inbox else None

    def halt(self, symbol: str, now_ns: int) -> list[Output]:
        """Stop matching in a symbol, by an operator's word; its orders may only be cancelled."""
        return self._enter_phase(symbol, self._days[symbol].halt(now_ns), now_ns)

    def reopen(self, symbol: str, call_ns: int, now_ns: int) -> list[Output]:
        """End a halt: collect orders for `call_ns`, uncross, trade on."""
        return self._enter_phase(symbol, self._days[symbol].reopen(now_ns, call_ns), now_ns)

    def tell(self, symbol: str, events: Sequence[BookEvent], now_ns: int) -> list[Output]:
        """What clients and the tape are told of what a book says happened."""
        outputs: list[Output] = []
        outputs += self._reports.tell(self.instruments[symbol], events, now_ns)
        filled, self._reports.filled = self._reports.filled, []
        for filled_symbol, signed_qty in filled:
            flow = self._flows.get(filled_symbol)
            if flow is not None:
                flow.on_client_fill(signed_qty, now_ns)
        return outputs

    def _begin(self, now_ns: int) -> None:
        self._since_ns = now_ns
        for symbol, day in self._days.items():
            day.skip_to(now_ns)
            self._day_agenda.set(symbol, day.due_ns)

    def _run_flow(self, symbol: str, until_ns: int) -> list[Output]:
        outputs: list[Output] = []
        flow = self._flows[symbol]
        for at_ns, events in flow.advance(self.books[symbol], until_ns):
            outputs += self.tell(symbol, events, at_ns)
        self._touched[symbol] = None
        self._flow_agenda.set(symbol, flow.next_ns)
        return outputs

    def _on_day(self, symbol: str, at_ns: int, now_ns: int) -> list[Output]:
        """A phase that is due, or an indication. Those of before the start happen at the start."""
        assert self._since_ns is not None
        day = self._days[symbol]
        at_ns = max(at_ns, self._since_ns)
        if day.next_ns <= at_ns:
            return self._enter_phase(symbol, day.advance(at_ns), at_ns)
        found = self.books[symbol].indicative(day.indicates())
        day.indicated(now_ns)
        self._day_agenda.set(symbol, day.due_ns)
        return [self._feeds[symbol].imbalance(found, at_ns)]

    def _enter_phase(self, symbol: str, phase: Phase | None, at_ns: int) -> list[Output]:
        """Put a book into a phase: what that uncrosses and ends, then the new status."""
        day = self._days[symbol]
        self._day_agenda.set(symbol, day.due_ns)
        if phase is None:
            return []
        outputs = self.tell(symbol, self.books[symbol].on_phase(phase), at_ns)
        self._touched[symbol] = None
        return [*outputs, self._feeds[symbol].status(day.trading_phase, at_ns)]

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
        admitted = admit(request, self.instruments, self._offer)
        if not isinstance(admitted, Refusal):
            admitted = self._timely(admitted, now_ns) or admitted
        if isinstance(admitted, Refusal):
            return [self._refuse(request, admitted, now_ns)]
        if self._refusals.refuses(self.orders.numbers.orders + 1):
            return [self._refuse(request, Refusal(BROKER_OPTION, "on demand"), now_ns)]
        order = self.orders.open(request, admitted.order_qty)
        order.special = admitted.special
        events = self.books[request.symbol].on_new(_book_order(order, request, admitted))
        if isinstance(events[0], Rejected):
            return [self._rejected(order, events[0], now_ns)]
        order.status = OrdStatus.NEW
        self._touched[request.symbol] = None
        acknowledged = self.orders.report(order, ExecType.NEW, now_ns)
        return [acknowledged, *self.tell(request.symbol, events[1:], now_ns)]

    def _rejected(self, order: ClientOrder, event: Rejected, now_ns: int) -> Output:
        """What only the book could know: that an order which may not take would have."""
        assert event.reason is BookRejectReason.POST_ONLY_WOULD_CROSS
        order.status = OrdStatus.REJECTED
        return self.orders.report(
            order,
            ExecType.REJECTED,
            now_ns,
            ord_rej_reason=OTHER,
            text="the order would not rest, ExecInst(18) 6",
        )

    def _timely(self, admitted: Admitted, now_ns: int) -> Refusal | None:
        """Why an order is not taken now, though it is at other times."""
        symbol, tif = admitted.instrument.symbol, admitted.time_in_force
        day = self._days[symbol]
        if not day.phase.takes_orders:
            return Refusal(EXCHANGE_CLOSED, f"{symbol} is {day.phase.value}")
        if day.phase.is_call and tif in _IMMEDIATE:
            return Refusal(OTHER, f"TimeInForce(59) {tif}: nothing can be taken in a call")
        if self._past_cutoff(symbol, tif, now_ns):
            return Refusal(TOO_LATE_TO_ENTER, f"TimeInForce(59) {tif}: after its cut-off")
        return None

    def _past_cutoff(self, symbol: str, tif: str, now_ns: int) -> bool:
        """Whether it is too late to enter, change or cancel an order for an auction."""
        day = self._days[symbol].day
        if day is None or tif not in (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE):
            return False
        at_open = tif == TimeInForce.AT_THE_OPENING
        return not (day.takes_at_open(now_ns) if at_open else day.takes_at_close(now_ns))

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
        found = self._to_change(request, now_ns)
        if isinstance(found, CancelFault):
            return [self.orders.cancel_rejected(request, found, now_ns)]
        events = self.books[found.symbol].on_cancel(found.number)
        assert isinstance(events[0], Canceled)
        self._touched[found.symbol] = None
        self.orders.rename(found, request.cl_ord_id)
        found.status = OrdStatus.CANCELED
        canceled = self.orders.report(
            found, ExecType.CANCELED, now_ns, orig_cl_ord_id=request.orig_cl_ord_id
        )
        return [canceled, *self.tell(found.symbol, events[1:], now_ns)]

    def _to_change(
        self, request: CancelOrder | ReplaceOrder, now_ns: int
    ) -> ClientOrder | CancelFault:
        found = self.orders.to_change(request)
        if isinstance(found, CancelFault):
            return found
        if self._past_cutoff(found.symbol, found.time_in_force, now_ns):
            text = f"TimeInForce(59) {found.time_in_force}: after its cut-off"
            return CancelFault(CxlRejReason.TOO_LATE, text, found)
        return found

    def _replace(self, request: ReplaceOrder, now_ns: int) -> list[Output]:
        found = self._to_change(request, now_ns)
        if isinstance(found, CancelFault):
            return [self.orders.cancel_rejected(request, found, now_ns)]
        terms = self._new_terms(request, found)
        if isinstance(terms, Refusal):
            fault = CancelFault(CxlRejReason.OTHER, terms.text, found)
            return [self.orders.cancel_rejected(request, fault, now_ns)]
        # Plain stays plain; what was special and is no more must say so.
        special = terms.special or (None if found.special is None else Special())
        events = self.books[found.symbol].on_replace(
            found.number, terms.order_qty, terms.px_ticks, request.post_only, special
        )
        if isinstance(events[0], Rejected):
            fault = CancelFault(CxlRejReason.OTHER, "the order would not rest", found)
            return [self.orders.cancel_rejected(request, fault, now_ns)]
        assert isinstance(events[0], Replaced)
        self._touched[found.symbol] = None
        self.orders.rename(found, request.cl_ord_id)
        found.special = terms.special
        found.order_qty = events[0].order_qty  # C.3.c: never below what is done
        found.status = settled_by_qty(found.status, found.order_qty, found.cum_qty)
        replaced = self.orders.report(
            found, ExecType.REPLACED, now_ns, orig_cl_ord_id=request.orig_cl_ord_id
        )
        return [replaced, *self.tell(found.symbol, events[1:], now_ns)]

    def _new_terms(self, request: ReplaceOrder, order: ClientOrder) -> Admitted | Refusal:
        """What a replacement makes of an order, or why not: its kind it must keep."""
        book = self.books[order.symbol]
        was = book.orders[order.number].special or Special()
        if not book.phase.takes_orders:
            return Refusal(OTHER, f"{order.symbol} is {book.phase.value}")
        if request.ord_type != order.ord_type:
            return Refusal(OTHER, f"OrdType(40) {request.ord_type} is not {order.ord_type}")
        if request.time_in_force != order.time_in_force:
            tif = order.time_in_force
            return Refusal(OTHER, f"TimeInForce(59) {request.time_in_force} is not {tif}")
        instrument = self.instruments[order.symbol]
        terms = admit_replacement(request, instrument, self._offer, order.cum_qty)
        if isinstance(terms, Refusal):
            return terms
        new = terms.special or Special()
        if new.peg != was.peg:
            return Refusal(OTHER, f"ExecInst(18) {request.peg} is not {was.peg}")
        if was.triggered and new.stop_px_ticks != was.stop_px_ticks:
            return Refusal(OTHER, "StopPx(99) was reached")
        return terms

    def _show(self, now_ns: int) -> list[Output]:
        """Status and quotes of the books that changed, and of those that are due again."""
        while self._feed_agenda.next_ns <= now_ns:
            symbol = self._feed_agenda.next_key
            self._touched[symbol] = None
            self._feed_agenda.set(symbol, NEVER_NS)
        outputs: list[Output] = []
        for symbol in self._touched:
            feed = self._feeds[symbol]
            if feed.status_due(now_ns):
                outputs.append(feed.status(self._days[symbol].trading_phase, now_ns))
            outputs += feed.quotes(self.books[symbol], now_ns)
            self._feed_agenda.set(symbol, feed.next_ns)
        self._touched.clear()
        return outputs


def _offer(terms: VenueTerms, has_days: bool) -> Offer:
    auctions = terms.auctions
    return Offer(
        opening=has_days and auctions.opening and not terms.dark,
        closing=has_days and auctions.closing and not terms.dark,
        dark=terms.dark,
        self_trade=terms.self_trade,
        refresh_range=terms.refresh_range,
    )


def _day(terms: VenueTerms, symbol: str, days: Sequence[TradingDay]) -> VenueDay:
    halts = [each for each in terms.faults.halts if each.symbol == symbol]
    return VenueDay.start(days, halts, terms.imbalance_every_ns)


def _book_order(order: ClientOrder, request: NewOrder, admitted: Admitted) -> BookOrder:
    return BookOrder(
        order.number,
        admitted.side,
        admitted.order_qty,
        admitted.px_ticks,
        admitted.time_in_force,
        request.post_only,
        admitted.special,
    )
