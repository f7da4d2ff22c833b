"""The FIX market data sessions' wire: a QuickFIX initiator that only translates and enqueues.

Callbacks run on QuickFIX's threads. None lets an exception out but UnsupportedMessageType (any
other would end the process from a C++ thread), none keeps a Message, none calls back into QuickFIX.
What they saw is in `events`, in order of arrival.

Both sides count from 1 at each logon (ResetOnLogon sends ResetSeqNumFlag(141)=Y) and store nothing:
a subscription does not outlive its connection, so nothing that came before is worth sending again.
"""

from collections.abc import Callable
from queue import Queue
from typing import Final

import msgspec
import quickfix as fix

from domain.fix_message import SOH, fix_text
from headgate.dictionary import dictionary_path
from headgate.settings import FixFeedSettings
from marketdata.fix_outputs import SendFix

# Messages that wait for the loop: seconds of a busy market. What is beyond it is dropped, and the
# core sees the jump of MsgSeqNum(34). A callback may not wait for the loop instead: it holds the
# session, and the loop may be about to send.
EVENTS_MAX: Final = 50_000
READ: Final = frozenset({"W", "X", "Y", "f", "j"})  # application messages that the core reads


class LoggedOn(msgspec.Struct, frozen=True, gc=False):
    """The session is there; its Logon(A) has arrived before."""

    venue: str


class LoggedOut(msgspec.Struct, frozen=True, gc=False):
    """It is gone, or did not come about."""

    venue: str


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """A message came, of the session or of the application, as text."""

    venue: str
    text: str


class Failed(msgspec.Struct, frozen=True, gc=False):
    """Something that must not happen did: the process has to stop."""

    text: str


Event = LoggedOn | LoggedOut | Arrived | Failed


class _Application(fix.Application):  # type: ignore[misc]  # quickfix has no types
    def __init__(self, venues: dict[str, str], events: "Queue[Event]") -> None:
        super().__init__()
        self._venues = venues  # by the text of the SessionID
        self._events = events

    def onCreate(self, session_id: fix.SessionID) -> None:
        """Nothing to do: sessions are known from the settings."""

    def onLogon(self, session_id: fix.SessionID) -> None:
        self._put("onLogon", lambda: LoggedOn(self._venues[session_id.toString()]))

    def onLogout(self, session_id: fix.SessionID) -> None:
        self._put("onLogout", lambda: LoggedOut(self._venues[session_id.toString()]))

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Nothing to add."""

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Nothing to add."""

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self._arrived("fromAdmin", message, session_id)

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        if self._arrived("fromApp", message, session_id) not in READ:
            raise fix.UnsupportedMessageType()

    def _arrived(self, where: str, message: fix.Message, session_id: fix.SessionID) -> str:
        """MsgType(35) of the message that was enqueued."""
        try:
            text = message.toString()
            if self._events.qsize() < EVENTS_MAX:
                self._events.put(Arrived(self._venues[session_id.toString()], text))
            start = text.index(f"{SOH}35=") + 4
            return str(text[start : text.index(SOH, start)])
        except BaseException as error:
            self._events.put(Failed(f"{where}: {error!r}"))
            return "W"  # the process is about to stop: no answer to the venue is right

    def _put(self, where: str, made: Callable[[], Event]) -> None:
        try:
            self._events.put(made())
        except BaseException as error:
            self._events.put(Failed(f"{where}: {error!r}"))


class FixClient:
    """The initiator of all market data sessions. Owned by the loop's thread."""

    def __init__(self, sessions: tuple[FixFeedSettings, ...]) -> None:
        # Not SimpleQueue: in CPython 3.11 its timed get can wait for ever if a signal comes.
        self.events: Queue[Event] = Queue()
        self._ids = {
            each.venue: fix.SessionID("FIX.4.4", each.our_comp_id, each.comp_id)
            for each in sessions
        }
        names = {session_id.toString(): venue for venue, session_id in self._ids.items()}
        # All are kept: QuickFIX holds bare references to them.
        self._application = _Application(names, self.events)
        self._settings = _session_settings(sessions, self._ids)
        self._store = fix.MemoryStoreFactory()
        self._dictionary = fix.DataDictionary(str(dictionary_path()))
        self._initiator = fix.ThreadedSocketInitiator(
            self._application, self._store, self._settings
        )

    def start(self) -> None:
        """Connect, and go on trying."""
        self._initiator.start()

    def send(self, venue: str, message: SendFix) -> None:
        """Send; nothing happens if the session is gone, as its next logon asks for all anew."""
        text = fix_text(message.msg_type, message.fields)
        # With the dictionary, or QuickFIX would sort the fields of a group by their tags.
        fix.Session.sendToTarget(fix.Message(text, self._dictionary, False), self._ids[venue])

    def stop(self) -> None:
        """Disconnect. A process that ends without this crashes."""
        self._initiator.stop(True)


def _session_settings(
    sessions: tuple[FixFeedSettings, ...], ids: dict[str, fix.SessionID]
) -> fix.SessionSettings:
    everywhere = {
        "ConnectionType": "initiator",
        "NonStopSession": "Y",
        "UseDataDictionary": "Y",
        "DataDictionary": str(dictionary_path()),
        # Strict where a wrong reading would cost, tolerant of what a venue adds. QuickFIX does not
        # look inside groups: the core checks each field that it reads.
        "ValidateUserDefinedFields": "N",
        "AllowUnknownMsgFields": "Y",
        "ResetOnLogon": "Y",
        "ResetOnLogout": "Y",
        "ResetOnDisconnect": "Y",
        "PersistMessages": "N",
        "LogonTimeout": "5",
        "LogoutTimeout": "2",
    }
    found = fix.SessionSettings()
    for_all = fix.Dictionary()  # the initiator reads this one for all its sessions, nowhere else
    for_all.setString("SocketNodelay", "Y")
    found.set(for_all)
    for each in sessions:
        table = fix.Dictionary()
        own = {
            "SocketConnectHost": each.host,
            "SocketConnectPort": str(each.port),
            "ReconnectInterval": str(each.reconnect_s),
            "HeartBtInt": str(each.heartbeat_s),
        }
        for key, value in (everywhere | own).items():
            table.setString(key, value)
        found.set(ids[each.venue], table)
    return found
