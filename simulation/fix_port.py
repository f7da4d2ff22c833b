"""Venue access and simulated venues in virtual time, by their very cores.

A child goes through gateway.venue_access (fence, book, pre-trade checks, session states, FIX
fields), as FIX text over a wire with latency to venuesim.translation and venuesim.venue; the
answers come back the same way. It stands in for two shells (gateway.venue_process,
venuesim.process) and the FIX engine between them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from heapq import heappop, heappush
from typing import Final

from domain.children import ChildRecord
from domain.executions import VenueState
from domain.fix_codes import ExecType, LastLiquidityInd
from domain.fix_message import Fields, FixMessage, fix_text
from domain.marketdata import MarketEvent, Quote
from gateway.venue_access import VenueAccess
from gateway.venue_commands import Command, Now, Publish, SendFix
from gateway.venue_session import SessionEvent
from simulation.agenda import NEVER, Agenda
from simulation.fix_session import FixSession, Outgoing
from simulation.mischief import Mischief
from simulation.venue_port import PortOutput, VenueFill
from venuesim.latency import DelayLine
from venuesim.requests import CancelRejected, MassStatusRequest, NewOrder, Report, Request
from venuesim.translation import Unreadable, answer_text, read_text
from venuesim.venue import Output, Venue

# How often venue access looks at its timers: as its process does while something is to be asked,
# and once a second else, which is far below every timeout it has.
BUSY_TIMER_NS: Final = 20_000_000
IDLE_TIMER_NS: Final = 1_000_000_000
_APPLICATION_NOT_AVAILABLE: Final = "4"  # BusinessRejectReason(380)
_SETTLED: Final = (VenueState.LIVE, VenueState.DOWN)  # a session that needs no timer of its own

Outputs = list[PortOutput]
Exogenous = Callable[[str, int], float | None]
VenueClock = Callable[[Venue, int], int]  # (engine, now_ns): when it is to be looked at next


@dataclass(slots=True, kw_only=True)
class Link:
    """One venue and all that is between it and us; a matching engine for each symbol.

    `stalled`: market data held back, if any is.
    """

    name: str
    engines: dict[str, Venue]
    session: FixSession
    market_data: DelayLine
    mischief: Mischief
    is_dark: bool = False
    is_out: bool = False
    stalled: list[MarketEvent] | None = None


@dataclass(slots=True)
class MarketTimes:
    """Which engine is next. Each is in the heap once that counts; the others are out of date."""

    _heap: list[tuple[int, int, Link, str]] = field(default_factory=list)
    _due: dict[tuple[str, str], int] = field(default_factory=dict)
    _count: int = 0

    def set(self, link: Link, symbol: str, at_ns: int) -> None:
        """An engine is next due at `at_ns`; NEVER: not at all."""
        if self._due.get((link.name, symbol)) == at_ns:
            return
        self._due[link.name, symbol] = at_ns
        if at_ns < NEVER:
            self._count += 1
            heappush(self._heap, (at_ns, self._count, link, symbol))

    def next_ns(self) -> int:
        """When the next one is due; NEVER if none is."""
        heap = self._heap
        while heap and self._due[heap[0][2].name, heap[0][3]] != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else NEVER

    def pop(self) -> tuple[Link, str]:
        """The engine that `next_ns` spoke of."""
        _, _, link, symbol = heappop(self._heap)
        self._due[link.name, symbol] = NEVER
        return link, symbol


@dataclass(slots=True, kw_only=True)
class FixPort:
    """See the module. `efficient`: see VenuePort.exogenous."""

    access: VenueAccess
    links: dict[str, Link]
    clock: VenueClock
    efficient: Exogenous
    fills: list[VenueFill] = field(default_factory=list)
    orders: list[tuple[str, str]] = field(default_factory=list)
    market_events: int = 0
    repeated: int = 0
    dark: list[Link] = field(init=False)
    _agenda: Agenda[Outputs] = field(default_factory=Agenda)
    _markets: MarketTimes = field(default_factory=MarketTimes)
    _timer_ns: int = 0

    def __post_init__(self) -> None:
        self.dark = [each for each in self.links.values() if each.is_dark]

    def exogenous(self, symbol: str, now_ns: int) -> float | None:
        """The price that no order moves."""
        return self.efficient(symbol, now_ns)

    def start(self, now_ns: int) -> Outputs:
        """Log on to every venue, and let every market begin."""
        outputs = self._perform(self.access.start(Now(now_ns, now_ns)), now_ns)
        for link in self.links.values():
            outputs += self._connect(link, now_ns)
            for symbol in link.engines:
                self._markets.set(link, symbol, now_ns)
        self._timer_ns = now_ns
        return outputs

    def next_ns(self) -> int:
        """The next message, market event or timer."""
        return min(self._markets.next_ns(), self._agenda.next_ns(), self._timer_ns)

    def quiet_run(self, until_ns: int) -> dict[str, list[MarketEvent]]:
        """Its venues answer to every event."""
        return {}

    def on_timer(self, now_ns: int) -> Outputs:
        """One of the things that are due: markets first, then messages, then timeouts."""
        if self._markets.next_ns() <= now_ns:
            return self._step(*self._markets.pop(), now_ns)
        if self._agenda.next_ns() <= now_ns:
            return self._agenda.pop(now_ns)
        outputs = self._perform(self.access.on_timer(Now(now_ns, now_ns)), now_ns)
        self._set_timer(now_ns)
        return outputs

    def on_child(self, partition: int, offset: int, record: ChildRecord, now_ns: int) -> Outputs:
        """Venue access reads a record of `children`."""
        now = Now(now_ns, now_ns)
        outputs = self._perform(self.access.on_child(partition, offset, record, now), now_ns)
        self._set_timer(now_ns)
        return outputs

    # -- faults

    def disconnect(self, venue: str, now_ns: int) -> Outputs:
        """The network between us and a venue fails; the venue trades on."""
        session = self.links[venue].session
        if not session.is_up:
            return []
        session.cut()
        return self._moved(venue, SessionEvent.LOGGED_OUT, now_ns)

    def reconnect(self, venue: str, now_ns: int) -> Outputs:
        """The network is back."""
        link = self.links[venue]
        return [] if link.session.is_up or link.is_out else self._connect(link, now_ns)

    def go_out(self, venue: str, now_ns: int) -> Outputs:
        """A venue stops: no session, no trading, no market data. Its orders stay in its book."""
        link = self.links[venue]
        link.is_out = True
        for symbol in link.engines:
            self._markets.set(link, symbol, NEVER)
        return self.disconnect(venue, now_ns)

    def come_back(self, venue: str, now_ns: int) -> Outputs:
        """A venue goes on where it stopped."""
        link = self.links[venue]
        link.is_out = False
        for symbol in link.engines:
            self._markets.set(link, symbol, now_ns)
        return self.reconnect(venue, now_ns)

    def stall(self, venue: str, now_ns: int) -> Outputs:
        """A venue's market data is held back from now on."""
        link = self.links[venue]
        link.stalled = [] if link.stalled is None else link.stalled
        return []

    def unstall(self, venue: str, now_ns: int) -> Outputs:
        """What was held back comes all at once, in its order."""
        link = self.links[venue]
        held, link.stalled = link.stalled or [], None
        return self._public(held)

    # -- the venues

    def _step(self, link: Link, symbol: str, now_ns: int) -> Outputs:
        """Let an engine do all that is due."""
        venue = link.engines[symbol]
        outputs = self._said(link, venue.on_timer(now_ns), now_ns)
        self._markets.set(link, symbol, self.clock(venue, now_ns))
        return outputs

    def _said(self, link: Link, said: Sequence[Output], now_ns: int) -> Outputs:
        """Send answers on their way; market data too, or at once where it takes no time."""
        market: list[MarketEvent] = []
        for each in said:
            if isinstance(each, Report | CancelRejected):
                self._book(link.name, each)
                self._answer(link, answer_text(each), now_ns)
            elif isinstance(each, NewOrder):
                self.orders.append((link.name, each.cl_ord_id))
            elif isinstance(each, MarketEvent):
                market.append(each)
                if self.dark and isinstance(each, Quote):
                    self._refer(each, now_ns)
        if not market:
            return []
        if link.stalled is not None:
            link.stalled += market
            return []
        at_ns = link.market_data.arrival_ns(now_ns)
        if at_ns <= now_ns:
            return self._public(market)
        self._agenda.at(at_ns, partial(self._arrive, link, market))
        return []

    def _refer(self, quote: Quote, now_ns: int) -> None:
        """Dark venues see lit quotes at once, whatever our own market data goes through."""
        for link in self.dark:
            engine = link.engines.get(quote.symbol)
            if engine is not None:
                engine.on_quote(quote)
                if not link.is_out:
                    self._markets.set(link, quote.symbol, now_ns)

    def _arrive(self, link: Link, market: list[MarketEvent], now_ns: int) -> Outputs:
        if link.stalled is None:
            return self._public(market)
        link.stalled += market
        return []

    def _public(self, market: list[MarketEvent]) -> Outputs:
        self.market_events += len(market)
        self.access.on_market_events(market)
        return [*market]

    def _book(self, venue: str, answer: Report | CancelRejected) -> None:
        """The venue's own book of our trades."""
        if not isinstance(answer, Report) or answer.exec_type is not ExecType.TRADE:
            return
        assert answer.last_px is not None
        self.fills.append(VenueFill(
            venue=venue, exec_id=answer.exec_id, cl_ord_id=answer.cl_ord_id,
            symbol=answer.symbol, qty=answer.last_qty, px=answer.last_px,
            fee=answer.fee or Decimal(0), added=answer.liquidity is LastLiquidityInd.ADDED,
            at_ns=answer.at_ns, exo_px_ticks=self.exogenous(answer.symbol, answer.at_ns),
        ))  # fmt: skip

    # -- the sessions

    def _connect(self, link: Link, now_ns: int) -> Outputs:
        """Log on; the venue re-sends what we have not received, and says what it left unsaid."""
        outputs = self._moved(link.name, SessionEvent.LOGON_SENT, now_ns)
        link.session.connect()
        for message in link.session.resent():
            self._to_us(link, message, now_ns)
        for venue in link.engines.values():
            outputs += self._said(link, venue.on_logon(now_ns), now_ns)
        return outputs + self._moved(link.name, SessionEvent.LOGGED_ON, now_ns)

    def _moved(self, venue: str, event: SessionEvent, now_ns: int) -> Outputs:
        commands = self.access.on_session(venue, event, Now(now_ns, now_ns))
        outputs = self._perform(commands, now_ns)
        self._timer_ns = min(self._timer_ns, now_ns + BUSY_TIMER_NS)
        return outputs

    def _answer(self, link: Link, text: str, now_ns: int) -> None:
        message = link.session.venues(text, now_ns)
        if link.session.is_up:
            self._to_us(link, message, now_ns)

    def _to_us(self, link: Link, message: Outgoing, now_ns: int) -> None:
        at_ns = link.session.to_us.arrival_ns(now_ns)
        self._agenda.at(at_ns, partial(self._receive, link, message))
        if link.mischief.duplicates():
            again = link.session.repeated(message)
            delayed_ns = at_ns + link.mischief.duplicate_delay_ns
            self._agenda.at(delayed_ns, partial(self._receive_again, link, again))

    def _receive(self, link: Link, message: Outgoing, now_ns: int) -> Outputs:
        if not link.session.carries(message):
            return []
        link.session.receive(message)
        return self._read(link, message.text, now_ns)

    def _receive_again(self, link: Link, message: Outgoing, now_ns: int) -> Outputs:
        """A duplicate: it may come over any later connection, and moves no sequence number."""
        self.repeated += 1
        return self._read(link, message.text, now_ns) if link.session.is_up else []

    def _read(self, link: Link, text: str, now_ns: int) -> Outputs:
        venue, now = link.name, Now(now_ns, now_ns)
        if "\x0135=0\x01" in text:
            test_req_id = FixMessage.parse(text).get(112)
            commands = self.access.on_heartbeat(venue, test_req_id, now)
        else:
            commands = self.access.on_message(venue, text, now)
        outputs = self._perform(commands, now_ns)
        self._set_timer(now_ns)
        return outputs

    def _send(self, send: SendFix, now_ns: int) -> None:
        """Hand a message to the session; without a connection it is dropped, as DoNotSend says."""
        link = self.links[send.venue]
        message = link.session.ours(fix_text(send.msg_type, send.fields), now_ns)
        if send.msg_type in ("D", "F", "G"):
            self.access.on_order_out(send.venue, message.seq, _value(send.fields, 11))
        if link.session.is_up:
            at_ns = link.session.to_venue.arrival_ns(now_ns)
            self._agenda.at(at_ns, partial(self._at_venue, link, send.msg_type, message))

    def _at_venue(self, link: Link, msg_type: str, message: Outgoing, now_ns: int) -> Outputs:
        if not link.session.carries(message):
            return []
        if msg_type == "1":  # the venue's FIX engine answers a TestRequest(1)
            test_req_id = FixMessage.parse(message.text).require(112)
            self._answer(link, fix_text("0", [(112, test_req_id)]), now_ns)
            return []
        if msg_type == "Q":  # the venue takes note of a DontKnowTrade(Q)
            return []
        if msg_type == "D" and link.mischief.rejects():
            self._answer(link, _turned_away(message), now_ns)
            return []
        request = read_text(message.text, now_ns)
        if isinstance(request, Unreadable):
            self._answer(link, request.answer, now_ns)
            return []
        outputs: Outputs = []
        for symbol in self._asked(link, request):
            link.engines[symbol].on_request(request, now_ns)
            outputs += self._step(link, symbol, now_ns)
        return outputs

    def _asked(self, link: Link, request: Request) -> list[str]:
        """Whose business a request is: its symbol's engine, or that of all; an unknown symbol is
        for any of them to refuse."""
        if isinstance(request, MassStatusRequest):
            return list(link.engines)
        known = request.symbol in link.engines
        return [request.symbol if known else next(iter(link.engines))]

    # -- effects

    def _perform(self, commands: Sequence[Command], now_ns: int) -> Outputs:
        """Send what is to be sent; what is to be published comes out."""
        outputs: Outputs = []
        for command in commands:
            if isinstance(command, Publish):
                outputs.append(command)
            else:
                self._send(command, now_ns)
        return outputs

    def _set_timer(self, now_ns: int) -> None:
        """Soon while a venue is to be asked something, later while orders are open, else never."""
        sessions = self.access.venues.values()
        if self.access.kills.engaged or any(
            each.questions or each.state not in _SETTLED for each in sessions
        ):
            at_ns = now_ns + BUSY_TIMER_NS
        elif self.access.book.open:
            at_ns = now_ns + IDLE_TIMER_NS
        else:
            at_ns = NEVER
        self._timer_ns = at_ns if self._timer_ns <= now_ns else min(self._timer_ns, at_ns)


def _turned_away(order: Outgoing) -> str:
    """BusinessMessageReject(j): the venue's door is shut, its market never saw the order."""
    cl_ord_id = FixMessage.parse(order.text).require(11)
    about: list[tuple[int, object]] = [(45, order.seq), (372, "D"), (379, cl_ord_id)]
    return fix_text("j", [*about, (380, _APPLICATION_NOT_AVAILABLE), (58, "turned away")])


def _value(fields: Fields, tag: int) -> str:
    return next(value for number, value in fields if number == tag)
