"""The venues' market data sessions: a FIX 4.4 acceptor, and a thread a session that sends.

A QuickFIX send blocks while its peer does not read, and holds the session meanwhile. So the loop
never sends: it asks the core for as much as a session's queue takes, and a thread of the session
hands that over. Callbacks, on QuickFIX's threads, take the text and enqueue (performance.md 3d).

Market data is worth nothing later: nothing is stored, both sides count from 1 at each logon, and
what a peer asks to be sent again is gap-filled.
"""

from collections.abc import Iterable
from queue import Empty, Queue, SimpleQueue
from threading import Thread
from typing import Any, Final

import msgspec
import quickfix as fix

from domain.fix_message import FixMessage, fix_text
from domain.instruments import Instrument
from venuesim.fix_venue import CannotListen, FixEndpoint, LoggedOn, Received, data_dictionary
from venuesim.market_data_messages import Send
from venuesim.market_data_requests import MSG_TYPES
from venuesim.market_data_server import Cut, MarketDataServer, MarketEvent, Output
from venuesim.translation import msg_type

# Messages handed over and not sent yet; a subscriber this far behind gets merged quotes. It is a
# tenth of a second of a burst: what waits here is no longer the market.
QUEUE_MAX: Final = 500
# Requests that wait for the loop; a subscriber that sends so many at once is no subscriber.
INBOUND_MAX: Final = 20_000
REQUESTS_PER_TURN: Final = 200  # bounds how long a turn of the venues waits behind requests
JOIN_S: Final = 2.0  # a sender whose connection was closed comes back at once


class _LoggedOut(msgspec.Struct, frozen=True):
    venue: str


class _Flooded(msgspec.Struct, frozen=True):
    venue: str


class _Failed(msgspec.Struct, frozen=True):
    text: str


_Inbound = LoggedOn | _LoggedOut | Received | _Flooded | _Failed


class SessionFailed(Exception):
    """QuickFIX did what must not happen; the text says what."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn did at one venue, for logs and metrics: `cut` says why its session was closed."""

    venue: str
    received: int = 0
    sent: int = 0
    logged_on: bool = False
    cut: str = ""


class _Sender(Thread):
    """Hands messages over to one session, in order. Its queue holds what the core gave it room for.

    A message of a connection that is over is dropped: `connection` counts them.
    """

    def __init__(self, session_id: Any, failures: "SimpleQueue[_Inbound]") -> None:  # noqa: ANN401  # no stubs
        super().__init__(name=f"market data {session_id.toString()}", daemon=True)
        self._session_id = session_id
        self._failures = failures
        self._dictionary = fix.DataDictionary(str(data_dictionary()))
        self._queue: Queue[tuple[int, str] | None] = Queue()
        self.connection = 0

    @property
    def room(self) -> int:
        return QUEUE_MAX - self._queue.qsize()

    def put(self, text: str) -> None:
        """Text "" closes the connection."""
        self._queue.put((self.connection, text))

    def end(self) -> None:
        self._queue.put(None)

    def run(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                connection, text = item
                if connection == self.connection:
                    self._hand_over(text)
        except BaseException as error:  # the thread would end, and the session fall silent
            self._failures.put(_Failed(f"sender: {error!r}"))

    def _hand_over(self, text: str) -> None:
        if text:
            # With the dictionary, or QuickFIX would sort the fields of a group by their tags.
            message = fix.Message(text, self._dictionary, False)
            fix.Session.sendToTarget(message, self._session_id)
            return
        session = fix.Session.lookupSession(self._session_id)
        if session is not None:
            session.disconnect()


class MarketDataSessions:
    """All market data sessions of this process and the cores behind them. Owned by the loop."""

    def __init__(
        self, endpoints: list[FixEndpoint], instruments: dict[str, list[Instrument]]
    ) -> None:
        self.servers = {each.venue: MarketDataServer(instruments[each.venue]) for each in endpoints}
        self._inbound: SimpleQueue[_Inbound] = SimpleQueue()
        self._ids = {
            each.venue: fix.SessionID("FIX.4.4", each.comp_id, each.client_comp_id)
            for each in endpoints
        }
        names = {session_id.toString(): venue for venue, session_id in self._ids.items()}
        self._senders = {
            venue: _Sender(session_id, self._inbound) for venue, session_id in self._ids.items()
        }
        # All are kept: QuickFIX holds bare references to them.
        self._application = _Application(names, self._inbound)
        self._settings = _session_settings(endpoints, self._ids)
        self._store = fix.MemoryStoreFactory()
        self._acceptor = (
            fix.ThreadedSocketAcceptor(self._application, self._store, self._settings)
            if endpoints
            else None
        )

    def start(self) -> None:
        """Listen. Raises CannotListen."""
        if self._acceptor is None:
            return
        try:
            self._acceptor.start()
        except fix.FIXException as error:
            raise CannotListen(str(error)) from error
        for sender in self._senders.values():
            sender.start()

    def turn(self, events: Iterable[MarketEvent]) -> list[Done]:
        """Answer what came, show what the venues put out. Raises SessionFailed."""
        done = self._take_requests()
        for venue, server in self.servers.items():
            self._give(venue, server.on_room(self._senders[venue].room), done)
        for event in events:
            found = self.servers.get(event.venue)
            if found is not None:
                self._give(event.venue, found.on_event(event), done)
        return done

    def disconnect(self, venue: str | None = None) -> None:
        """Cut a venue's connection, or every one, as a network does."""
        for name, sender in self._senders.items():
            if venue in (None, name):
                sender.put("")

    def stop(self) -> None:
        """Log out and stop. A process that ends without this crashes."""
        if self._acceptor is None:
            return
        self._acceptor.stop(True)
        for sender in self._senders.values():
            sender.end()
            if sender.is_alive():
                sender.join(JOIN_S)

    def _take_requests(self) -> list[Done]:
        done: list[Done] = []
        for _ in range(REQUESTS_PER_TURN):
            try:
                inbound = self._inbound.get_nowait()
            except Empty:
                break
            if isinstance(inbound, _Failed):
                raise SessionFailed(inbound.text)
            server, sender = self.servers[inbound.venue], self._senders[inbound.venue]
            if isinstance(inbound, LoggedOn):
                sender.connection += 1
                server.on_logon()
                done.append(Done(venue=inbound.venue, logged_on=True))
            elif isinstance(inbound, _LoggedOut):
                sender.connection += 1
                server.on_logout()
            elif isinstance(inbound, _Flooded):
                server.on_logout()
                self._give(inbound.venue, [Cut("it asks faster than it can be answered")], done)
            else:
                outputs = server.on_room(sender.room)
                # Strictly: an id that is not UTF-8 must not become another one.
                outputs += server.on_request(FixMessage.parse_strictly(inbound.text))
                done.append(Done(venue=inbound.venue, received=1))
                self._give(inbound.venue, outputs, done)
        return done

    def _give(self, venue: str, outputs: list[Output], done: list[Done]) -> None:
        sender = self._senders[venue]
        for each in outputs:
            if isinstance(each, Cut):
                sender.connection += 1  # what waits for it is dropped
                sender.put("")
                done.append(Done(venue=venue, cut=each.reason))
            else:
                assert isinstance(each, Send)
                sender.put(fix_text(each.msg_type, each.fields))
        sent = sum(isinstance(each, Send) for each in outputs)
        if sent:
            done.append(Done(venue=venue, sent=sent))


class _Application(fix.Application):  # type: ignore[misc]  # quickfix has no stubs
    def __init__(self, venues: dict[str, str], inbound: "SimpleQueue[_Inbound]") -> None:
        super().__init__()
        self._venues = venues
        self._inbound = inbound
        self._flooded: set[str] = set()

    def onCreate(self, session_id: Any) -> None:  # noqa: ANN401  # quickfix has no stubs
        """Nothing to do."""

    def onLogon(self, session_id: Any) -> None:  # noqa: ANN401  # quickfix has no stubs
        venue = self._venues[session_id.toString()]
        self._flooded.discard(venue)
        self._inbound.put(LoggedOn(venue))

    def onLogout(self, session_id: Any) -> None:  # noqa: ANN401  # quickfix has no stubs
        self._inbound.put(_LoggedOut(self._venues[session_id.toString()]))

    def toAdmin(self, message: Any, session_id: Any) -> None:  # noqa: ANN401  # no stubs
        """Nothing to add."""

    def fromAdmin(self, message: Any, session_id: Any) -> None:  # noqa: ANN401  # no stubs
        """Nothing to check."""

    def toApp(self, message: Any, session_id: Any) -> None:  # noqa: ANN401  # no stubs
        """Nothing to add."""

    def fromApp(self, message: Any, session_id: Any) -> None:  # noqa: ANN401  # no stubs
        text = message.toString()
        if msg_type(text) not in MSG_TYPES:
            raise fix.UnsupportedMessageType  # QuickFIX answers with 35=j, 380=3
        venue = self._venues[session_id.toString()]
        if self._inbound.qsize() < INBOUND_MAX:
            self._inbound.put(Received(venue, text))
        elif venue not in self._flooded:
            self._flooded.add(venue)
            self._inbound.put(_Flooded(venue))


def _session_settings(endpoints: list[FixEndpoint], ids: dict[str, Any]) -> fix.SessionSettings:
    everywhere = {
        "ConnectionType": "acceptor",
        "StartTime": "00:00:00",
        "EndTime": "00:00:00",
        "NonStopSession": "Y",
        "ResetOnLogon": "Y",
        "ResetOnLogout": "Y",
        "ResetOnDisconnect": "Y",
        "PersistMessages": "N",
        "SocketReuseAddress": "Y",
        "SocketNodelay": "Y",
        "UseDataDictionary": "Y",
        "DataDictionary": str(data_dictionary()),
    }
    found = fix.SessionSettings()
    for each in endpoints:
        table = fix.Dictionary()
        for key, value in (everywhere | {"SocketAcceptPort": str(each.port)}).items():
            table.setString(key, value)
        found.set(ids[each.venue], table)
    return found
