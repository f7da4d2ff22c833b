"""An OMS over a real FIX 4.4 session: for the demo, the command line and tests.

QuickFIX keeps its sequence numbers and asks for what it missed. Callbacks only enqueue; the
caller's thread reads answers with `poll`, which books them in `ledger`.
"""

from pathlib import Path
from queue import Empty, Queue
from threading import Event
from typing import Final

import msgspec
import quickfix as fix

from domain.fix_codes import OrdType
from domain.fix_message import Fields, fix_text, timestamp_text
from domain.instruments import Side
from domain.parents import CancelParent, NewParent, ParamValue, ReplaceParent
from gateway.oms_ledger import Answer, Ledger, read_answer
from gateway.oms_reports import number, strategy
from headgate.dictionary import dictionary_path

_TYPES: Final[dict[type, str]] = {bool: "13", int: "1", float: "6", str: "14"}


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Who logs on where. `store_dir` keeps the sequence numbers over a restart."""

    host: str = "127.0.0.1"
    port: int
    comp_id: str
    target_comp_id: str = "HEADGATE"
    store_dir: str
    username: str | None = None
    password: str | None = None
    heartbeat_s: int = 10
    reconnect_s: int = 1


class OmsClient:
    """One OMS session. Not safe for more than one calling thread."""

    def __init__(self, login: Login) -> None:
        self.ledger = Ledger()
        # Not SimpleQueue: in CPython 3.11 its timed get can wait for ever if a signal comes.
        self._texts: Queue[str | BaseException] = Queue()
        self._session_id = fix.SessionID("FIX.4.4", login.comp_id, login.target_comp_id)
        Path(login.store_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
        # A message with a repeating group must be built against the dictionary, or its fields are
        # taken for fields of the body and sorted.
        self._dictionary = fix.DataDictionary(str(dictionary_path()))
        self._settings = _session_settings(login, self._session_id)
        self._stores = fix.FileStoreFactory(self._settings)
        self._application = _ClientApplication(login, self._texts)
        self._initiator: fix.SocketInitiator | None = fix.SocketInitiator(
            self._application, self._stores, self._settings
        )

    def start(self) -> None:
        assert self._initiator is not None, "a client that was stopped cannot be started again"
        self._initiator.start()

    def stop(self) -> None:
        """Log out and close. Call it before the process ends."""
        if self._initiator is not None:
            self._initiator.stop(True)
        # QuickFIX registers one session per id: this one must be gone before the next is made.
        self._initiator = None

    def wait_logged_on(self, timeout_s: float) -> bool:
        return self._application.logged_on.wait(timeout_s)

    @property
    def logged_on(self) -> bool:
        return self._application.logged_on.is_set()

    def new_order(self, new: NewParent, *, poss_resend: bool = False) -> None:
        """Send NewOrderSingle(35=D). `source` is ignored: the session says who asks."""
        fields: Fields = [
            (11, new.cl_ord_id),
            *_optional(1, new.account),
            (55, new.symbol),
            (54, new.side.value),
            (60, timestamp_text(new.sent_ns)),
            (38, number(new.order_qty)),
            (40, new.ord_type.value),
            *_optional(44, None if new.limit_px is None else number(new.limit_px)),
            *strategy(new.algo),
            *_optional_time(168, new.start_ns),
            *_optional_time(126, new.end_ns),
            *_parameters(new.params),
        ]
        self.send("D", [(97, "Y"), *fields] if poss_resend else fields)

    def replace(self, request: ReplaceParent, side: Side, ord_type: OrdType) -> None:
        """Send OrderCancelReplaceRequest(35=G)."""
        fields: Fields = [
            (41, request.orig_cl_ord_id),
            (11, request.cl_ord_id),
            (55, request.symbol),
            (54, side.value),
            (60, timestamp_text(request.sent_ns)),
            *_optional(38, None if request.order_qty is None else number(request.order_qty)),
            (40, ord_type.value),
            *_optional(44, None if request.limit_px is None else number(request.limit_px)),
            *_optional_time(126, request.end_ns),
            *_parameters(request.params),
        ]
        self.send("G", fields)

    def cancel(self, request: CancelParent, side: Side) -> None:
        """Send OrderCancelRequest(35=F)."""
        fields: Fields = [
            (41, request.orig_cl_ord_id),
            (11, request.cl_ord_id),
            (55, request.symbol),
            (54, side.value),
            (60, timestamp_text(request.sent_ns)),
        ]
        self.send("F", fields)

    def status(self, cl_ord_id: str, symbol: str, side: Side) -> None:
        """Send OrderStatusRequest(35=H)."""
        self.send("H", [(11, cl_ord_id), (55, symbol), (54, side.value)])

    def mass_status(self, request_id: str) -> None:
        """Send OrderMassStatusRequest(35=AF) for all orders."""
        self.send("AF", [(584, request_id), (585, "7")])

    def send(self, msg_type: str, fields: Fields) -> None:
        """Send any message. While logged off it is stored, and sent when the peer asks."""
        message = fix.Message(fix_text(msg_type, fields), self._dictionary, False)
        if not fix.Session.sendToTarget(message, self._session_id):
            raise ConnectionError(f"{self._session_id}: the message store failed")

    def poll(self, timeout_s: float) -> list[Answer]:
        """The new answers, booked in `ledger`; waits up to `timeout_s` for the first.

        An ExecutionReport that was received before is left out. Raises what a callback could not.
        """
        found: list[Answer] = []
        wait_s = timeout_s
        while True:
            try:
                item = self._texts.get(wait_s > 0, wait_s if wait_s > 0 else None)
            except Empty:
                return found
            if isinstance(item, BaseException):
                raise item
            answer = read_answer(item)
            if self.ledger.apply(answer):
                found.append(answer)
            wait_s = 0.0


class _ClientApplication(fix.Application):  # type: ignore[misc]  # quickfix has no types
    """Turns callbacks into texts."""

    def __init__(self, login: Login, texts: "Queue[str | BaseException]") -> None:
        super().__init__()
        self._login = login
        self._texts = texts
        self.logged_on = Event()

    def onCreate(self, session_id: fix.SessionID) -> None:
        """Nothing to do."""

    def onLogon(self, session_id: fix.SessionID) -> None:
        self.logged_on.set()

    def onLogout(self, session_id: fix.SessionID) -> None:
        self.logged_on.clear()

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        try:
            if message.getHeader().getField(35) == "A" and self._login.password is not None:
                message.setField(553, self._login.username or "")
                message.setField(554, self._login.password)
        except BaseException as error:
            self._texts.put(error)

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Requests may be sent again: order entry knows them by ClOrdID(11)."""

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        try:
            if message.getHeader().getField(35) == "3":
                self._texts.put(message.toString())
        except BaseException as error:
            self._texts.put(error)

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        try:
            self._texts.put(message.toString())
        except BaseException as error:
            self._texts.put(error)


def _session_settings(login: Login, session_id: fix.SessionID) -> fix.SessionSettings:
    table = fix.Dictionary()
    for key, value in {
        "ConnectionType": "initiator",
        "SocketConnectHost": login.host,
        "SocketConnectPort": str(login.port),
        "HeartBtInt": str(login.heartbeat_s),
        "ReconnectInterval": str(login.reconnect_s),
        "NonStopSession": "Y",
        "FileStorePath": login.store_dir,
        "UseDataDictionary": "Y",
        "DataDictionary": str(dictionary_path()),
        "ResetOnLogon": "N",
        "ResetOnLogout": "N",
        "ResetOnDisconnect": "N",
        "PersistMessages": "Y",
    }.items():
        table.setString(key, value)
    found = fix.SessionSettings()
    for_all = fix.Dictionary()  # what the initiator reads for all its sessions, and nowhere else
    for_all.setString("SocketNodelay", "Y")
    found.set(for_all)
    found.set(session_id, table)
    return found


def _parameters(params: dict[str, ParamValue]) -> Fields:
    if not params:
        return []
    fields: Fields = [(957, str(len(params)))]
    for name, value in params.items():
        fields += [(958, name), (959, _TYPES[type(value)]), (960, _parameter_text(value))]
    return fields


def _parameter_text(value: ParamValue) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    return format(value, ".10f").rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _optional(tag: int, value: str | None) -> Fields:
    return [] if value is None else [(tag, value)]


def _optional_time(tag: int, at_ns: int | None) -> Fields:
    return [] if at_ns is None else [(tag, timestamp_text(at_ns))]
