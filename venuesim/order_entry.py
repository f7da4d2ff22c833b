"""A client's requests on the orders of one venue: what each is answered, at once.

It knows the client's orders, the books and the phases; not when a request comes, nor the public.
The rules are those of FIX 4.4 volume 4, appendix D; D2, F1 and so on name its scenarios.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from domain.fix_codes import CxlRejReason, ExecType, OrdStatus, TimeInForce
from domain.instruments import Instrument
from domain.marketdata import Trade
from domain.orders import settled_by_qty
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
from venuesim.book_events import BookEvent, BookRejectReason, Canceled, Rejected, Replaced
from venuesim.book_order import BookOrder, Special
from venuesim.client_orders import CancelFault, ClientOrder, ClientOrders
from venuesim.faults import Refusals
from venuesim.offer import Offer
from venuesim.requests import (
    CancelOrder,
    CancelRejected,
    MassStatusRequest,
    NewOrder,
    ReplaceOrder,
    Report,
    Request,
    StatusRequest,
)
from venuesim.venue_book import VenueBook
from venuesim.venue_day import VenueDay
from venuesim.venue_terms import VenueTerms

_IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)

Told = Report | CancelRejected | Trade
Tell = Callable[[str, Sequence[BookEvent], int], Sequence[Report | Trade]]


class OrderEntry:
    """Requests go in, answers come out. `tell` says what follows from a book's events."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        books: Mapping[str, VenueBook],
        days: Mapping[str, VenueDay],
        orders: ClientOrders,
        offer: Offer,
        refusals: Refusals,
        tell: Tell,
    ) -> None:
        self._instruments = instruments
        self._books = books
        self._days = days
        self._orders = orders
        self._offer = offer
        self._refusals = refusals
        self._tell = tell

    def do(self, request: Request, now_ns: int) -> Sequence[Told]:
        """Carry a request out, or refuse it."""
        if isinstance(request, NewOrder):
            return self._new(request, now_ns)
        if isinstance(request, CancelOrder):
            return self._cancel(request, now_ns)
        if isinstance(request, ReplaceOrder):
            return self._replace(request, now_ns)
        if isinstance(request, StatusRequest):
            return [self._orders.status(request, now_ns)]
        assert isinstance(request, MassStatusRequest)
        return self._orders.mass_status(request, now_ns)

    def _new(self, request: NewOrder, now_ns: int) -> list[Told]:
        seen = self._orders.get(request.cl_ord_id)
        if seen is not None and request.poss_resend:  # F.1.b
            return [
                self._orders.report(
                    seen, ExecType.ORDER_STATUS, now_ns, cl_ord_id=request.cl_ord_id
                )
            ]
        if seen is not None:  # F.1.a: the reject carries the status of the first order
            return [
                self._orders.report(
                    seen,
                    ExecType.REJECTED,
                    now_ns,
                    cl_ord_id=request.cl_ord_id,
                    ord_rej_reason=DUPLICATE_ORDER,
                    text=f"ClOrdID(11) {request.cl_ord_id} repeated",
                )
            ]
        admitted = admit(request, self._instruments, self._offer)
        if not isinstance(admitted, Refusal):
            admitted = self._timely(admitted, now_ns) or admitted
        if isinstance(admitted, Refusal):
            return [self._refuse(request, admitted, now_ns)]
        if self._refusals.refuses(self._orders.numbers.orders + 1):
            return [self._refuse(request, Refusal(BROKER_OPTION, "on demand"), now_ns)]
        order = self._orders.open(request, admitted.order_qty)
        order.special = admitted.special
        events = self._books[request.symbol].on_new(_book_order(order, request, admitted))
        if isinstance(events[0], Rejected):
            return [self._rejected(order, events[0], now_ns)]
        order.status = OrdStatus.NEW
        acknowledged = self._orders.report(order, ExecType.NEW, now_ns)
        return [acknowledged, *self._tell(request.symbol, events[1:], now_ns)]

    def _rejected(self, order: ClientOrder, event: Rejected, now_ns: int) -> Told:
        """What only the book could know: that an order which may not take would have."""
        assert event.reason is BookRejectReason.POST_ONLY_WOULD_CROSS
        order.status = OrdStatus.REJECTED
        return self._orders.report(
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

    def _refuse(self, request: NewOrder, refusal: Refusal, now_ns: int) -> Told:
        order = self._orders.open(request, max(0, int(request.order_qty)))
        order.status = OrdStatus.REJECTED
        return self._orders.report(
            order,
            ExecType.REJECTED,
            now_ns,
            ord_rej_reason=refusal.ord_rej_reason,
            text=refusal.text,
        )

    def _cancel(self, request: CancelOrder, now_ns: int) -> list[Told]:
        found = self._to_change(request, now_ns)
        if isinstance(found, CancelFault):
            return [self._orders.cancel_rejected(request, found, now_ns)]
        events = self._books[found.symbol].on_cancel(found.number)
        assert isinstance(events[0], Canceled)
        self._orders.rename(found, request.cl_ord_id)
        found.status = OrdStatus.CANCELED
        canceled = self._orders.report(
            found, ExecType.CANCELED, now_ns, orig_cl_ord_id=request.orig_cl_ord_id
        )
        return [canceled, *self._tell(found.symbol, events[1:], now_ns)]

    def _to_change(
        self, request: CancelOrder | ReplaceOrder, now_ns: int
    ) -> ClientOrder | CancelFault:
        found = self._orders.to_change(request)
        if isinstance(found, CancelFault):
            return found
        if self._past_cutoff(found.symbol, found.time_in_force, now_ns):
            text = f"TimeInForce(59) {found.time_in_force}: after its cut-off"
            return CancelFault(CxlRejReason.TOO_LATE, text, found)
        return found

    def _replace(self, request: ReplaceOrder, now_ns: int) -> list[Told]:
        found = self._to_change(request, now_ns)
        if isinstance(found, CancelFault):
            return [self._orders.cancel_rejected(request, found, now_ns)]
        terms = self._new_terms(request, found)
        if isinstance(terms, Refusal):
            fault = CancelFault(CxlRejReason.OTHER, terms.text, found)
            return [self._orders.cancel_rejected(request, fault, now_ns)]
        # Plain stays plain; what was special and is no more must say so.
        special = terms.special or (None if found.special is None else Special())
        events = self._books[found.symbol].on_replace(
            found.number, terms.order_qty, terms.px_ticks, request.post_only, special
        )
        if isinstance(events[0], Rejected):
            fault = CancelFault(CxlRejReason.OTHER, "the order would not rest", found)
            return [self._orders.cancel_rejected(request, fault, now_ns)]
        assert isinstance(events[0], Replaced)
        self._orders.rename(found, request.cl_ord_id)
        found.special = terms.special
        found.order_qty = events[0].order_qty  # C.3.c: never below what is done
        found.status = settled_by_qty(found.status, found.order_qty, found.cum_qty)
        replaced = self._orders.report(
            found, ExecType.REPLACED, now_ns, orig_cl_ord_id=request.orig_cl_ord_id
        )
        return [replaced, *self._tell(found.symbol, events[1:], now_ns)]

    def _new_terms(self, request: ReplaceOrder, order: ClientOrder) -> Admitted | Refusal:
        """What a replacement makes of an order, or why not: its kind it must keep."""
        book = self._books[order.symbol]
        was = book.orders[order.number].special or Special()
        if not book.phase.takes_orders:
            return Refusal(OTHER, f"{order.symbol} is {book.phase.value}")
        if request.ord_type != order.ord_type:
            return Refusal(OTHER, f"OrdType(40) {request.ord_type} is not {order.ord_type}")
        if request.time_in_force != order.time_in_force:
            tif = order.time_in_force
            return Refusal(OTHER, f"TimeInForce(59) {request.time_in_force} is not {tif}")
        instrument = self._instruments[order.symbol]
        terms = admit_replacement(request, instrument, self._offer, order.cum_qty)
        if isinstance(terms, Refusal):
            return terms
        new = terms.special or Special()
        if new.peg != was.peg:
            return Refusal(OTHER, f"ExecInst(18) {request.peg} is not {was.peg}")
        if was.triggered and new.stop_px_ticks != was.stop_px_ticks:
            return Refusal(OTHER, "StopPx(99) was reached")
        return terms


def offer_of(terms: VenueTerms, has_days: bool) -> Offer:
    """What a venue offers; without days it has no auctions."""
    auctions = terms.auctions
    return Offer(
        opening=has_days and auctions.opening and not terms.dark,
        closing=has_days and auctions.closing and not terms.dark,
        dark=terms.dark,
        self_trade=terms.self_trade,
        refresh_range=terms.refresh_range,
    )


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
