"""Venue access's FIX sessions: a QuickFIX initiator that only translates and enqueues.

Callbacks run on QuickFIX's threads. None lets an exception out but DoNotSend and
UnsupportedMessageType (any other would end the process from a C++ thread), none keeps a Message,
none calls back into QuickFIX. What they saw is in `events`, in order of arrival.
"""

from pathlib import Path
from queue import SimpleQueue
from typing import Final

import msgspec
import quickfix as fix

from domain.fix_message import SOH, fix_text
from gateway.venue_session import SessionEvent
from headgate.dictionary import dictionary_path
from headgate.settings import VenueSettings

_READABLE: Final = frozenset({"8", "9", "j"})  # application messages that venue access reads
# A stale order is as bad as a second one: what a venue asks for again after it was away is not
# sent. QuickFIX fills the gap, and the order is asked after (reliability.md 5.5, CP7).
_NEVER_SENT_AGAIN: Final = frozenset({"D", "G"})
_CARRIES_CL_ORD_ID: Final = frozenset({"D", "F", "G"})


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A session was logged on or off, or asked to be."""

    venue: str
    event: SessionEvent


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """A message came: of the session or of the application, as text."""

    venue: str
    msg_type: str
    msg_seq_num: int
    text: str


class OrderOut(msgspec.Struct, frozen=True, gc=False):
    """An order, cancel or replace has got its MsgSeqNum(34)."""

    venue: str
    msg_seq_num: int
    cl_ord_id: str


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """QuickFIX refused a message of the venue's, as its Reject(3) or j that is leaving says."""

    venue: str


class Failed(msgspec.Struct, frozen=True, gc=False):
    """Something that must not happen did: the process has to stop."""

    text: str


Event = Moved | Arrived | OrderOut | Unreadable | Failed


class VenueApplication(fix.Application):  # type: ignore[misc]  # quickfix has no types
    """Turns callbacks into events."""

    def __init__(self, venues: dict[str, str], events: "SimpleQueue[Event]") -> None:
        super().__init__()
        self._venues = venues  # by the text of the SessionID
        self._events = events

    def onCreate(self, session_id: fix.SessionID) -> None:
        """Nothing to do: sessions are known from the settings."""

    def onLogon(self, session_id: fix.SessionID) -> None:
        self._moved(session_id, SessionEvent.LOGGED_ON)

    def onLogout(self, session_id: fix.SessionID) -> None:
        self._moved(session_id, SessionEvent.LOGGED_OUT)

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        try:
            kind = message.getHeader().getField(35)
            if kind == "A":
                self._moved(session_id, SessionEvent.LOGON_SENT)
            elif kind == "3":
                self._events.put(Unreadable(self._venue(session_id)))
        except BaseException as error:
            self._events.put(Failed(f"toAdmin: {error!r}"))

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        is_stale = False
        try:
            text = message.toString()
            kind = _field(text, 35)
            if kind in _CARRIES_CL_ORD_ID:
                seq = int(_field(text, 34))
                self._events.put(OrderOut(self._venue(session_id), seq, _field(text, 11)))
                is_stale = kind in _NEVER_SENT_AGAIN and _field(text, 43) == "Y"
            elif kind == "j":
                self._events.put(Unreadable(self._venue(session_id)))
        except BaseException as error:
            self._events.put(Failed(f"toApp: {error!r}"))
        if is_stale:
            raise fix.DoNotSend()

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self._arrived("fromAdmin", message, session_id)

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        kind = self._arrived("fromApp", message, session_id)
        if kind not in _READABLE:
            raise fix.UnsupportedMessageType()

    def _arrived(self, where: str, message: fix.Message, session_id: fix.SessionID) -> str:
        try:
            text = message.toString()
            kind = _field(text, 35)
            seq = int(_field(text, 34))
            self._events.put(Arrived(self._venue(session_id), kind, seq, text))
            return kind
        except BaseException as error:
            self._events.put(Failed(f"{where}: {error!r}"))
            return "8"  # the process is about to stop: no answer to the venue is right

    def _moved(self, session_id: fix.SessionID, event: SessionEvent) -> None:
        try:
            self._events.put(Moved(self._venue(session_id), event))
        except BaseException as error:
            self._events.put(Failed(f"{event}: {error!r}"))

    def _venue(self, session_id: fix.SessionID) -> str:
        return self._venues[session_id.toString()]


def _field(text: str, tag: int) -> str:
    """The first value of a field, or nothing; a tenth of the cost of asking QuickFIX."""
    start = text.find(f"{SOH}{tag}=")
    if start < 0:
        return ""
    start += len(str(tag)) + 2
    return text[start : text.index(SOH, start)]


class StoreFailed(Exception):
    """QuickFIX could not store a message: what it would send is no longer what it knows."""


class VenueInitiator:
    """The FIX initiator of all venue sessions. Owned by the loop's thread."""

    def __init__(self, venues: list[VenueSettings], store: Path,
                 events: "SimpleQueue[Event]") -> None:  # fmt: skip
        self._ids = {
            venue.name: fix.SessionID("FIX.4.4", venue.our_comp_id, venue.comp_id)
            for venue in venues
        }
        self._settings = _session_settings(venues, self._ids, store)
        self._stores = fix.FileStoreFactory(self._settings)
        names = {session_id.toString(): name for name, session_id in self._ids.items()}
        self._application = VenueApplication(names, events)
        self._initiator = fix.ThreadedSocketInitiator(
            self._application, self._stores, self._settings
        )

    def name(self, venue: str) -> str:
        """The session's name, as its store's files are called."""
        return str(session_name_of(self._ids[venue]))

    def expected(self, venue: str) -> int:
        """The MsgSeqNum(34) that QuickFIX expects next from this venue."""
        return int(self._session(venue).getExpectedTargetNum())

    def expect(self, venue: str, msg_seq_num: int) -> None:
        """Ask the venue to send again from here when it is logged on. Before `start` only."""
        self._session(venue).setNextTargetMsgSeqNum(msg_seq_num)

    def start(self) -> None:
        self._initiator.start()

    def send(self, venue: str, msg_type: str, fields: list[tuple[int, str]]) -> None:
        """Store and send. A session that is logged off stores only. Raises StoreFailed."""
        message = fix.Message(fix_text(msg_type, fields), False)
        if not fix.Session.sendToTarget(message, self._ids[venue]):
            raise StoreFailed(f"{venue}: the FIX message store refused a message")

    def log_out(self) -> None:
        """Say goodbye to every venue; `is_logged_on` tells when they have answered."""
        for session_id in self._ids.values():
            fix.Session.lookupSession(session_id).logout()

    def is_logged_on(self) -> bool:
        """Whether any session still is."""
        return bool(self._initiator.isLoggedOn())

    def stop(self) -> None:
        """Disconnect, and free the sessions: QuickFIX keeps a register of them by their names."""
        self._initiator.stop(True)
        del self._initiator

    def _session(self, venue: str) -> fix.Session:
        return fix.Session.lookupSession(self._ids[venue])


def session_name_of(session_id: fix.SessionID) -> str:
    """As QuickFIX names the files of a session's store."""
    return "-".join(
        (session_id.getBeginString().getString(), session_id.getSenderCompID().getString(),
         session_id.getTargetCompID().getString())
    )  # fmt: skip


def _session_settings(
    venues: list[VenueSettings], ids: dict[str, fix.SessionID], store: Path
) -> fix.SessionSettings:
    everywhere = {
        "ConnectionType": "initiator",
        "NonStopSession": "Y",
        "FileStorePath": str(store),
        "UseDataDictionary": "Y",
        "DataDictionary": str(dictionary_path()),
        # Strict where a wrong reading would cost, tolerant of what a venue adds.
        "ValidateUserDefinedFields": "N",
        "AllowUnknownMsgFields": "Y",
        "ValidateFieldsOutOfOrder": "Y",
        "ValidateFieldsHaveValues": "Y",
        "ResetOnLogon": "N",
        "ResetOnLogout": "N",
        "ResetOnDisconnect": "N",
        "PersistMessages": "Y",
        "RefreshOnLogon": "N",
        "SendRedundantResendRequests": "N",
        "CheckLatency": "Y",
        "MaxLatency": "120",
        "LogonTimeout": "5",
        "LogoutTimeout": "2",
    }
    found = fix.SessionSettings()
    # The initiator reads this one for all its sessions, and nowhere else: with Nagle's algorithm
    # an order right behind another one waits for the first one's TCP acknowledgement.
    for_all = fix.Dictionary()
    for_all.setString("SocketNodelay", "Y")
    found.set(for_all)
    for venue in venues:
        table = fix.Dictionary()
        own = {
            "SocketConnectHost": venue.host,
            "SocketConnectPort": str(venue.port),
            "ReconnectInterval": str(venue.reconnect_s),
            "HeartBtInt": str(venue.heartbeat_s),
        }
        for key, value in (everywhere | own).items():
            table.setString(key, value)
        found.set(ids[venue.name], table)
    return found
