"""One simulated venue: its books, its background flow, its fees, and one client's orders.

A request waits for the venue's latency and is then done at once, so there are no pending states:
a report says what has happened. One venue has one FIX session, so a ClOrdID(11) needs no session
beside it; it is never forgotten, over restarts too. The rules are those of FIX 4.4 volume 4,
appendix D; D2, F1 and so on name its scenarios.
"""

from collections import deque
from collections.abc import Mapping, Sequence

from domain.instruments import Instrument
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradingStatus
from domain.trading_day import TradingDay
from venuesim.agenda import NEVER_NS, Agenda
from venuesim.book_events import BookEvent
from venuesim.book_feed import HEARTBEAT_NS, BookFeed
from venuesim.book_reports import BookReports
from venuesim.client_orders import ClientOrders, Numbers
from venuesim.dark_book import DarkBook
from venuesim.faults import Refusals
from venuesim.latency import Delay, DelayLine
from venuesim.order_book import OrderBook
from venuesim.order_entry import OrderEntry, offer_of
from venuesim.order_flow import BackgroundFlow
from venuesim.phases import Phase
from venuesim.random_streams import RandomStreams
from venuesim.reference_quotes import ReferenceQuotes
from venuesim.requests import Answer, MassStatusRequest, Report, Request, StatusRequest
from venuesim.venue_book import VenueBook
from venuesim.venue_day import VenueDay
from venuesim.venue_terms import VenueTerms

MarketEvent = Quote | Trade | Depth | TradingStatus | Imbalance
Output = Answer | Request | MarketEvent  # a request is put out when it is done, for the journal

__all__ = ["HEARTBEAT_NS", "MarketEvent", "Output", "Venue", "VenueTerms"]


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
        self.instruments = {each.symbol: each for each in instruments}
        self.books: dict[str, VenueBook] = {}
        self._references: dict[str, tuple[ReferenceQuotes, DarkBook]] = {}  # of a dark venue
        self._moved: dict[str, int] = {}  # symbols whose reference moved, and when
        for each in instruments:
            self._open_book(each)
        self.orders = orders or ClientOrders(Numbers(terms.name))
        self._reports = BookReports(terms, self.orders)
        self._flows = flows
        self._inbox: deque[tuple[int, Request]] = deque()
        self._days = {symbol: _day(terms, symbol, days.get(symbol, ())) for symbol in self.books}
        refusals = Refusals(terms.faults, streams, terms.name)
        offer = offer_of(terms, bool(days))
        self._entry = OrderEntry(self.instruments, self.books, self._days, self.orders, offer,
                                 refusals, self.tell)  # fmt: skip
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
        outputs = self._begin(now_ns) if self._since_ns is None else []
        for symbol in self._moved:
            outputs += self._look_at_reference(symbol, now_ns)
        self._moved.clear()
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
            min(self._moved.values(), default=NEVER_NS),
            self._flow_agenda.next_ns,
            self._day_agenda.next_ns,
            self._feed_agenda.next_ns,
        )

    def next_request_ns(self) -> int | None:
        """When the next request is due, if one waits."""
        return self._inbox[0][0] if self._inbox else None

    def on_quote(self, quote: Quote) -> None:
        """A dark venue sees a lit one's quote: what waits may trade at the next `on_timer`."""
        if quote.symbol in self._references:
            self._references[quote.symbol][0].on_quote(quote)
            self._moved.setdefault(quote.symbol, quote.at_ns)

    def halt(self, symbol: str, now_ns: int) -> list[Output]:
        """Stop matching in a symbol, by an operator's word; its orders may only be cancelled."""
        return self._enter_phase(symbol, self._days[symbol].halt(now_ns), now_ns)

    def reopen(self, symbol: str, call_ns: int, now_ns: int) -> list[Output]:
        """End a halt: collect orders for `call_ns`, uncross, trade on."""
        return self._enter_phase(symbol, self._days[symbol].reopen(now_ns, call_ns), now_ns)

    def tell(self, symbol: str, events: Sequence[BookEvent], now_ns: int) -> list[Report | Trade]:
        """What clients and the tape are told of what a book says happened."""
        told = self._reports.tell(self.instruments[symbol], events, now_ns)
        filled, self._reports.filled = self._reports.filled, []
        for filled_symbol, signed_qty in filled:
            flow = self._flows.get(filled_symbol)
            if flow is not None:
                flow.on_client_fill(signed_qty, now_ns)
        return told

    def _open_book(self, instrument: Instrument) -> None:
        symbol = instrument.symbol
        if self.terms.dark:
            quotes, book = ReferenceQuotes(self.terms.reference_stale_ns), DarkBook()
            self._references[symbol] = (quotes, book)
            self.books[symbol] = book
        else:
            self.books[symbol] = OrderBook(instrument.round_px_ticks)

    def _look_at_reference(self, symbol: str, now_ns: int) -> list[Output]:
        """Of a dark venue: what the lit market is now, before anything is traded on it."""
        if symbol not in self._references:
            return []
        quotes, book = self._references[symbol]
        return [*self.tell(symbol, book.on_reference(quotes.midpoint(now_ns)), now_ns)]

    def _begin(self, now_ns: int) -> list[Output]:
        """The first status of each symbol: readers want it before its first print."""
        self._since_ns = now_ns
        for symbol, day in self._days.items():
            day.skip_to(now_ns)
            self._day_agenda.set(symbol, day.due_ns)
        return [
            self._feeds[symbol].status(day.trading_phase, now_ns)
            for symbol, day in self._days.items()
            if day.due_ns > now_ns  # else the phase that is due says its own
        ]

    def _run_flow(self, symbol: str, until_ns: int) -> list[Output]:
        flow = self._flows[symbol]
        outputs = self._look_at_reference(symbol, until_ns)
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
        if self.terms.dark:  # it has no crosses
            return []
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
        if isinstance(request, StatusRequest | MassStatusRequest):
            return [*self._entry.do(request, now_ns)]
        looked: list[Output] = []
        if request.symbol in self.books:
            looked += self._look_at_reference(request.symbol, now_ns)
            self._touched[request.symbol] = None
        return [*looked, request, *self._entry.do(request, now_ns)]

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


def _day(terms: VenueTerms, symbol: str, days: Sequence[TradingDay]) -> VenueDay:
    halts = [each for each in terms.faults.halts if each.symbol == symbol]
    return VenueDay.start(days, halts, terms.imbalance_every_ns)
