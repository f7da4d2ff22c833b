"""The venues' FIX 4.4 acceptor. QuickFIX stays in this file.

Callbacks run on QuickFIX's threads: they take the text and enqueue, nothing else. An exception
that left one would kill its session or the process (performance.md 3d).
"""

import sys
import sysconfig
from pathlib import Path
from queue import Queue
from typing import Any, Final

import msgspec
import quickfix as fix

from venuesim.translation import MSG_TYPES, msg_type

DICTIONARY: Final = "FIX44.xml"
# QuickFIX gives up the GIL at every call; with Python's default of 5 ms each of them would wait
# so long for a busy thread of ours (performance.md 3c).
SWITCH_INTERVAL_S: Final = 50e-6


class CannotListen(Exception):
    """QuickFIX could not open a port; the environment's fault."""


class FixEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where one session of a venue is accepted: that of its orders, or that of its market data."""

    venue: str
    port: int
    comp_id: str
    client_comp_id: str


class LoggedOn(msgspec.Struct, frozen=True):
    """The client of a venue has logged on."""

    venue: str


class Received(msgspec.Struct, frozen=True):
    """A message for a venue, as text."""

    venue: str
    text: str


Inbound = LoggedOn | Received


class FixVenues:
    """One acceptor with a session for each venue. Owned by the loop's thread."""

    def __init__(self, endpoints: list[FixEndpoint], store_dir: Path) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        store_dir.mkdir(parents=True, exist_ok=True)
        settings_path = store_dir / f"fix_{'_'.join(each.venue for each in endpoints)}.cfg"
        settings_path.write_text(session_settings(endpoints, store_dir))
        # Not SimpleQueue: in CPython 3.11 its timed get can wait for ever if a signal comes.
        self.inbound: Queue[Inbound] = Queue()
        self._sessions = {
            each.venue: fix.SessionID("FIX.4.4", each.comp_id, each.client_comp_id)
            for each in endpoints
        }
        # All three are kept: QuickFIX holds bare references to them.
        self._application = _Application(
            {self._sessions[venue].toString(): venue for venue in self._sessions}, self.inbound
        )
        self._settings = fix.SessionSettings(str(settings_path))
        self._store = fix.FileStoreFactory(self._settings)
        self._acceptor = fix.ThreadedSocketAcceptor(self._application, self._store, self._settings)

    def start(self) -> None:
        """Listen. Raises CannotListen, when a port is taken above all."""
        try:
            self._acceptor.start()
        except fix.FIXException as error:
            raise CannotListen(str(error)) from error

    def send(self, venue: str, text: str) -> None:
        """Hand a message to the venue's session, which stores it and sends it now or on logon."""
        fix.Session.sendToTarget(fix.Message(text, False), self._sessions[venue])

    def disconnect(self, venue: str | None = None) -> None:
        """Cut a venue's connection, or every one, without a Logout, as a network does."""
        chosen = self._sessions.values() if venue is None else [self._sessions[venue]]
        for session_id in chosen:
            session = fix.Session.lookupSession(session_id)
            if session is not None:
                session.disconnect()

    def stop(self) -> None:
        """Log out and stop. A process that ends without this crashes."""
        self._acceptor.stop(True)


class _Application(fix.Application):  # type: ignore[misc]  # quickfix has no stubs
    def __init__(self, venues: dict[str, str], inbound: Queue[Inbound]) -> None:
        super().__init__()
        self._venues = venues
        self._inbound = inbound

    def onCreate(self, session_id: Any) -> None:  # noqa: ANN401  # quickfix has no stubs
        """Nothing to do."""

    def onLogon(self, session_id: Any) -> None:  # noqa: ANN401  # quickfix has no stubs
        self._inbound.put(LoggedOn(self._venues[session_id.toString()]))

    def onLogout(self, session_id: Any) -> None:  # noqa: ANN401  # quickfix has no stubs
        """Orders stay as they are: logging out does not affect them (FIX 4.4 volume 2)."""

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
        self._inbound.put(Received(self._venues[session_id.toString()], text))


def session_settings(endpoints: list[FixEndpoint], store_dir: Path) -> str:
    """The QuickFIX settings of the acceptor: sessions that never reset by themselves."""
    lines = [
        "[DEFAULT]",
        "ConnectionType=acceptor",
        "BeginString=FIX.4.4",
        "StartTime=00:00:00",
        "EndTime=00:00:00",
        "NonStopSession=Y",
        "ResetOnLogon=N",
        "ResetOnLogout=N",
        "ResetOnDisconnect=N",
        "PersistMessages=Y",
        "SocketReuseAddress=Y",
        "SocketNodelay=Y",
        "UseDataDictionary=Y",
        "ValidateUserDefinedFields=N",  # self-trade prevention has no tags in FIX 4.4
        f"DataDictionary={data_dictionary()}",
        f"FileStorePath={store_dir / 'fix'}",
    ]
    for each in endpoints:
        lines += [
            "[SESSION]",
            f"SenderCompID={each.comp_id}",
            f"TargetCompID={each.client_comp_id}",
            f"SocketAcceptPort={each.port}",
        ]
    return "\n".join(lines) + "\n"


def data_dictionary() -> Path:
    """The FIX44.xml that quickfix installed: what a venue speaks, without our extensions."""
    return Path(sysconfig.get_path("data")) / "share" / "quickfix" / DICTIONARY
