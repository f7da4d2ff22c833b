"""Order entry's FIX sessions: a QuickFIX acceptor that only translates and enqueues.

Callbacks run on QuickFIX's threads. None lets an exception out (it would end the process from a C++
thread), none keeps a Message, none calls back into QuickFIX. What they saw is in `events`, in order
of arrival; the loop thread does the rest. Each session has one sender thread, because a peer that
stops reading blocks the send for as long as it likes (reliability.md section 0, finding 9).
"""

import hmac
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Final

import msgspec
import quickfix as fix

from headgate.dictionary import dictionary_path
from headgate.settings import OmsSessionSettings, OmsSettings

# Session messages that arrive in the order of MsgSeqNum(34); Logon, ResendRequest and SequenceReset
# are acted on even when a gap lies before them and say nothing about what was received.
_IN_ORDER_ADMIN: Final = frozenset("013")


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """An application message, as text."""

    session: str
    seq: int
    text: str


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A session message that needs nothing from us."""

    session: str
    seq: int


class Reset(msgspec.Struct, frozen=True, gc=False):
    """The OMS's Logon(A) said ResetSeqNumFlag(141)=Y: its messages are counted anew."""

    session: str


class LoggedOn(msgspec.Struct, frozen=True, gc=False):
    session: str


class LoggedOff(msgspec.Struct, frozen=True, gc=False):
    session: str


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A message is in the session's store, and on the wire if the OMS is logged on."""

    session: str
    partition: int
    token: int


class Failed(msgspec.Struct, frozen=True, gc=False):
    """Something that must not happen did: the process has to stop."""

    text: str


Event = Arrived | Seen | Reset | LoggedOn | LoggedOff | Sent | Failed


class OmsApplication(fix.Application):  # type: ignore[misc]  # quickfix has no types
    """Turns callbacks into events."""

    def __init__(self, settings: OmsSettings, events: "SimpleQueue[Event]") -> None:
        super().__init__()
        self._sessions = {session.comp_id: session for session in settings.sessions}
        self._events = events

    def onCreate(self, session_id: fix.SessionID) -> None:
        """Nothing to do: sessions are known from the settings."""

    def onLogon(self, session_id: fix.SessionID) -> None:
        self._put(LoggedOn, session_id)

    def onLogout(self, session_id: fix.SessionID) -> None:
        self._put(LoggedOff, session_id)

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Nothing to add to session messages."""

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Reports may be sent again at any time: they say what happened, not what to do."""

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        granted = True
        try:
            header = message.getHeader()
            kind = header.getField(35)
            session = session_id.getTargetCompID().getString()
            if kind in _IN_ORDER_ADMIN:
                self._events.put(Seen(session, int(header.getField(34))))
            elif kind == "A":
                granted = _may_log_on(self._sessions.get(session), message)
                if _field(message, 141) == "Y":
                    self._events.put(Reset(session))
        except BaseException as error:
            self._events.put(Failed(f"fromAdmin: {error!r}"))
        if not granted:
            raise fix.RejectLogon("Username(553) or Password(554) is wrong")

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        try:
            session = session_id.getTargetCompID().getString()
            seq = int(message.getHeader().getField(34))
            self._events.put(Arrived(session, seq, message.toString()))
        except BaseException as error:
            self._events.put(Failed(f"fromApp: {error!r}"))

    def _put(self, kind: type[LoggedOn] | type[LoggedOff], session_id: fix.SessionID) -> None:
        try:
            self._events.put(kind(session_id.getTargetCompID().getString()))
        except BaseException as error:
            self._events.put(Failed(f"{kind.__name__}: {error!r}"))


def _may_log_on(session: OmsSessionSettings | None, logon: fix.Message) -> bool:
    if session is None:
        return False
    given = [_field(logon, 553), _field(logon, 554)]
    asked = [session.username, session.password]
    # Both are compared, each in a time that does not depend on how much of it is right.
    checks = [
        hmac.compare_digest(there.encode("utf-8", "surrogateescape"), ours.encode())
        for there, ours in zip(given, asked, strict=True)
        if ours is not None
    ]
    return all(checks)


def _field(message: fix.Message, tag: int) -> str:
    return str(message.getField(tag)) if message.isSetField(tag) else ""


class SessionSender:
    """Sends one session's messages in order, from a thread of its own."""

    def __init__(self, session_id: fix.SessionID, events: "SimpleQueue[Event]") -> None:
        self._session_id = session_id
        self._session = session_id.getTargetCompID().getString()
        self._events = events
        self._queue: SimpleQueue[tuple[str, int, int] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=f"send {session_id}", daemon=True)
        self._thread.start()

    def send(self, text: str, partition: int, token: int) -> None:
        """Send `text`; Sent follows when it is stored."""
        self._queue.put((text, partition, token))

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    @property
    def is_alive(self) -> bool:
        """False once a send has failed."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float) -> bool:
        """Send what is queued, then end; False if that takes too long."""
        self._queue.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                text, partition, token = item
                # True while logged off too: it is stored, and sent when the OMS asks for it.
                if not fix.Session.sendToTarget(fix.Message(text, False), self._session_id):
                    self._events.put(Failed(f"{self._session_id}: the message store failed"))
                    return
                self._events.put(Sent(self._session, partition, token))
        except BaseException as error:
            self._events.put(Failed(f"{self._session_id}: {error!r}"))


class OmsAcceptor:
    """The FIX acceptor of all OMS sessions."""

    def __init__(self, settings: OmsSettings, events: "SimpleQueue[Event]") -> None:
        store = Path(settings.store_dir)
        self._ids = {
            session.comp_id: fix.SessionID("FIX.4.4", settings.comp_id, session.comp_id)
            for session in settings.sessions
        }
        self._settings = _session_settings(settings, store, list(self._ids.values()))
        self._stores = fix.FileStoreFactory(self._settings)
        self._application = OmsApplication(settings, events)
        self._acceptor = fix.ThreadedSocketAcceptor(self._application, self._stores, self._settings)
        self.senders = {
            comp_id: SessionSender(session_id, events) for comp_id, session_id in self._ids.items()
        }

    def expected(self, session: str) -> int:
        """The MsgSeqNum that QuickFIX expects next from this OMS."""
        return int(self._session(session).getExpectedTargetNum())

    def expect(self, session: str, seq: int) -> None:
        """Ask the OMS to send again from `seq` when it logs on. Before `start` only."""
        self._session(session).setNextTargetMsgSeqNum(seq)

    def start(self) -> None:
        """Listen. Raises OSError if the port cannot be had."""
        try:
            self._acceptor.start()
        except fix.FIXException as error:
            self._acceptor.stop(True)
            raise OSError(str(error)) from error

    def stop(self) -> None:
        self._acceptor.stop(True)

    def _session(self, comp_id: str) -> fix.Session:
        return fix.Session.lookupSession(self._ids[comp_id])


def _session_settings(
    settings: OmsSettings, store: Path, ids: list[fix.SessionID]
) -> fix.SessionSettings:
    everywhere: Mapping[str, str] = {
        "ConnectionType": "acceptor",
        "SocketAcceptPort": str(settings.port),
        "SocketReuseAddress": "Y",
        "SocketNodelay": "Y",
        "NonStopSession": "Y",
        "FileStorePath": str(store),
        "UseDataDictionary": "Y",
        "DataDictionary": str(dictionary_path()),
        "ValidateUserDefinedFields": "Y",
        "ValidateFieldsOutOfOrder": "Y",
        "ValidateFieldsHaveValues": "Y",
        "AllowUnknownMsgFields": "N",
        "ResetOnLogon": "N",
        "ResetOnLogout": "N",
        "ResetOnDisconnect": "N",
        "PersistMessages": "Y",
        "RefreshOnLogon": "N",
        "SendRedundantResendRequests": "N",
        "CheckLatency": "Y",
        "MaxLatency": "120",
    }
    found = fix.SessionSettings()
    for session_id in ids:
        table = fix.Dictionary()
        for key, value in everywhere.items():
            table.setString(key, value)
        found.set(session_id, table)
    return found
