"""The order entry process: FIX sessions to OMSs on one side, `parents` and `reports` on the other.

One loop thread owns the log and the core. Each time round: read the log, fold, queue what OMSs must
hear; take what OMSs sent, decide, append, answer; then journal what is durable and what was told.
What is decided, is decided in gateway.order_entry.
"""

import fcntl
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, Protocol

import structlog

from bus.codec import Undecodable, dead_letter, decode, encode
from bus.kafka import KafkaLog
from bus.log import BusFailed, Log, Record
from bus.replay import ends_of, read_to
from bus.topics import REQUEST_RECORD_MAX, Topic
from domain.fix_message import fix_text
from domain.parents import NewParent, ParentRequest
from gateway.inbound_mark import InboundMark, MarkJournal, first_to_ask_for
from gateway.oms_answers import Reply
from gateway.oms_fix import (
    Arrived,
    Event,
    Failed,
    LoggedOff,
    LoggedOn,
    OmsAcceptor,
    Reset,
    Seen,
    Sent,
)
from gateway.order_entry import AppendRequest, OrderEntry
from gateway.told_marks import ToldMarks
from headgate import metrics
from headgate.clock import Clock
from headgate.settings import OmsSettings, Settings
from headgate.telemetry import Health, StopSignal, configure_logs, serve

POLL_S: Final = 0.001  # an OMS's message waits at most this long for the loop
TAKE_MAX: Final = 500  # FIX events handled before the log is looked at again
SETTLE_S: Final = 0.1  # how often the marks are journalled
# An append that is not acknowledged for so long means that the broker is away: nothing new is
# taken until it answers. Statuses still are, from memory.
ACK_LATE_S: Final = 1.0
DRAIN_S: Final = 5.0  # what a stop may wait for the broker and for each session
WAITING_MAX: Final = 100_000  # reports queued for an OMS that does not read; then we start afresh
_NO_PARTITION: Final = -1  # of an answer that no record of `reports` stands behind

logger = structlog.get_logger()


class Stop(Protocol):
    """Set once the process is to drain and end."""

    is_set: bool


def run(settings: Settings) -> int:
    """Serve until SIGTERM (0) or until the broker, the store or a session fails for good (1)."""
    # QuickFIX gives up the interpreter lock in every call and must get it back soon.
    sys.setswitchinterval(50e-6)
    configure_logs("oms", settings.log.level)
    health = Health()
    metrics.announce("oms", settings.hash(), "")
    serve(settings.http, health)
    stop = StopSignal()
    try:
        with _StoreLock(settings.oms):
            process = OmsProcess(settings, KafkaLog(settings.bus, "oms", health.broker), health)
            return process.run(stop)
    except (BusFailed, StoreInUse) as error:
        logger.error("cannot start", error=str(error))
        return 1


class StoreInUse(Exception):
    """Another process serves these sessions."""


class _StoreLock:
    """The session store, ours alone: two acceptors on one store would corrupt both."""

    def __init__(self, settings: OmsSettings) -> None:
        self._dir = Path(settings.store_dir)

    def __enter__(self) -> None:
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.umask(0o077)
        self._file = os.open(self._dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreInUse(f"{self._dir} is in use") from error

    def __exit__(self, *exc: object) -> None:
        os.close(self._file)


@dataclass(slots=True)
class _SessionIn:
    """What one session has sent us and how far that is durable."""

    mark: InboundMark
    journal: MarkJournal
    answered: frozenset[int]  # answered before the restart; ignored when they come again

    def count_anew(self) -> None:
        """The OMS begins to count again: nothing of the old count can come again."""
        self.mark.count_anew()
        self.answered = frozenset()
        self.journal.write(self.mark)


@dataclass(slots=True)
class OmsProcess:
    """The loop. `log` belongs to it."""

    settings: Settings
    log: Log
    health: Health
    events: "SimpleQueue[Event]" = field(default_factory=SimpleQueue)
    core: OrderEntry = field(init=False)
    clock: Clock = field(init=False)
    acceptor: OmsAcceptor = field(init=False)
    _sessions: dict[str, _SessionIn] = field(default_factory=dict)
    _told: dict[str, ToldMarks] = field(default_factory=dict)  # by session
    _appended_s: dict[tuple[str, int], float] = field(default_factory=dict)  # not acknowledged
    _retold: list[tuple[int, int, Reply]] = field(default_factory=list)
    _settled_s: float = 0.0

    def __post_init__(self) -> None:
        self.clock = Clock(self.settings.clock)
        sessions = [session.comp_id for session in self.settings.oms.sessions]
        self.core = OrderEntry(sessions, fits)

    def run(self, stop: Stop) -> int:
        """Fold, serve, drain."""
        try:
            self._fold()
            self._open_sessions()
            self.acceptor.start()
        except (BusFailed, OSError, _SessionFailed) as error:
            logger.error("cannot start", error=str(error))
            return 1
        self.health.clear("start")
        logger.info("serving", port=self.settings.oms.port, sessions=list(self._sessions))
        code = 0
        try:
            while not stop.is_set:
                self._turn(POLL_S)
            self._drain()
        except BusFailed as error:
            logger.error("the bus failed", error=str(error))
            self._refuse_queued()
            code = 1
        except _SessionFailed as error:
            logger.error("a session failed", error=str(error))
            code = 1
        return self._close(code)

    def _turn(self, timeout_s: float) -> None:
        """Once round."""
        for record in self.log.poll(timeout_s):
            self._on_record(record)
        self._take_events()
        self.health.beat()
        now_s = time.monotonic()
        if now_s - self._settled_s >= SETTLE_S:
            self._settled_s = now_s
            self._settle()

    # -- start ---------------------------------------------------------------------------------

    def _fold(self) -> None:
        """Read `parents` and `reports` whole; keep for sending what is not marked as told."""
        partitions = range(self.log.partitions())
        ends = ends_of(self.log, (Topic.PARENTS, Topic.REPORTS), partitions)
        for session in self.settings.oms.sessions:
            path = Path(self.settings.oms.store_dir) / f"{session.comp_id}.told"
            marks = ToldMarks(path, [ends[Topic.REPORTS, partition] for partition in partitions])
            self._told[session.comp_id] = marks
        for record in read_to(self.log, ends, self.health.beat):
            self._on_record(record, folding=True)
        self.log.assign(ends)

    def _open_sessions(self) -> None:
        """Wind every session back to what is durable; queue what may not have been told."""
        self.acceptor = OmsAcceptor(self.settings.oms, self.events)
        for session in self.acceptor.senders:
            path = Path(self.settings.oms.store_dir) / f"{session}.acked"
            journal = MarkJournal(path)
            mark, answered = journal.read()
            expected = self.acceptor.expected(session)
            first = first_to_ask_for(expected, mark)
            if first < expected:
                logger.info("asking again", session=session, first=first, expected=expected)
                self.acceptor.expect(session, first)
            self._sessions[session] = _SessionIn(
                InboundMark(mark=first - 1), journal, frozenset(answered)
            )
            metrics.OMS_SESSIONS_UP.labels(session).set(0)
        for partition, token, reply in self._retold:
            self._wait_for_room(reply.session)
            self._send(reply, partition, token, poss_resend=True)
        self._retold.clear()

    def _wait_for_room(self, session: str) -> None:
        """Without a mark there are days of reports to tell again: more than may be queued."""
        sender = self.acceptor.senders[session]
        while sender.waiting >= WAITING_MAX and sender.is_alive:
            self.health.beat()
            time.sleep(POLL_S)

    # -- the log -------------------------------------------------------------------------------

    def _on_record(self, record: Record, *, folding: bool = False) -> None:
        """Fold one record; send what an OMS must hear of it, unless it was told before."""
        replies: list[Reply] = []
        try:
            message = decode(record.topic, record.value)
            if record.topic is Topic.PARENTS:
                self.core.on_parent(message)
            else:
                replies = self.core.on_report(record.partition, message)
        except Undecodable as fault:
            if record.topic is Topic.REPORTS and not folding:  # `parents` is the worker's to bury
                self._bury(record, fault)
        for reply in replies:  # one report leads to one message at most
            told = self._told[reply.session]
            if told.is_told(record.partition, record.offset):
                continue
            token = told.began(record.partition, record.offset)
            if folding:
                self._retold.append((record.partition, token, reply))
            else:
                self._send(reply, record.partition, token)

    def _bury(self, record: Record, fault: Undecodable) -> None:
        letter = dead_letter("oms", record.topic, record.partition, record.offset, record.key,
                             record.value, fault, self.clock.now_ns())  # fmt: skip
        self.log.append(Topic.DEADLETTER, record.key, encode(Topic.DEADLETTER, letter))

    # -- FIX -----------------------------------------------------------------------------------

    def _take_events(self) -> None:
        for _ in range(TAKE_MAX):
            try:
                event = self.events.get_nowait()
            except Empty:
                return
            self._on_event(event)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Arrived):
            self._on_arrived(event)
        elif isinstance(event, Sent):
            if event.partition != _NO_PARTITION:
                self._told[event.session].done(event.partition, event.token)
        elif isinstance(event, Seen):
            self._sessions[event.session].mark.saw(event.seq)
        elif isinstance(event, Reset):
            logger.warning("the OMS counts its messages anew", session=event.session)
            self._sessions[event.session].count_anew()
        elif isinstance(event, LoggedOn | LoggedOff):
            up = isinstance(event, LoggedOn)
            metrics.OMS_SESSIONS_UP.labels(event.session).set(up)
            logger.info("logged on" if up else "logged off", session=event.session)
        else:
            raise _SessionFailed(event.text)

    def _on_arrived(self, arrived: Arrived, *, available: bool = True) -> None:
        session = self._sessions[arrived.session]
        metrics.FIX_MESSAGES.labels(arrived.session, "in").inc()
        if arrived.seq in session.answered and "\x0143=Y\x01" in arrived.text:
            session.mark.saw(arrived.seq)
            metrics.OMS_DUPLICATES.labels("answered").inc()
            return
        token = session.mark.began(arrived.seq)
        commands = self.core.on_message(
            arrived.session, arrived.text, self.clock.now_ns(),
            bus_available=available and self._in_time(),
        )  # fmt: skip
        if not commands:
            metrics.OMS_DUPLICATES.labels("request").inc()
        requests = [each.request for each in commands if isinstance(each, AppendRequest)]
        for request in requests:
            self._append(arrived.session, session.mark, token, request)
        if not requests:
            session.mark.done(token)
            if session.mark.pending:  # answered, with something not yet durable before it
                session.journal.write(session.mark)
        for reply in commands:
            if isinstance(reply, Reply):
                if reply.reason is not None:
                    metrics.OMS_REFUSED.labels(reply.reason).inc()
                self._send(reply, _NO_PARTITION, 0)

    def _append(self, session: str, mark: InboundMark, token: int, request: ParentRequest) -> None:
        metrics.OMS_REQUESTS.labels(session, _kind(request)).inc()
        if isinstance(request, NewParent):
            metrics.OMS_PARENTS.labels(session).inc()
        key = (session, token)
        self._appended_s[key] = time.monotonic()

        def durable(partition: int, offset: int) -> None:
            mark.done(token)
            self._appended_s.pop(key, None)

        value = encode(Topic.PARENTS, request)
        self.log.append(Topic.PARENTS, request.symbol, value, on_ack=durable)

    def _in_time(self) -> bool:
        """Whether the broker acknowledges: the oldest append that is open is not late."""
        oldest_s = next(iter(self._appended_s.values()), None)
        return oldest_s is None or time.monotonic() - oldest_s < ACK_LATE_S

    def _send(self, reply: Reply, partition: int, token: int, *, poss_resend: bool = False) -> None:
        fields = [(97, "Y"), *reply.fields] if poss_resend else reply.fields
        sender = self.acceptor.senders[reply.session]
        if sender.waiting > WAITING_MAX:
            raise _SessionFailed(f"{reply.session} does not read: {sender.waiting} reports wait")
        sender.send(fix_text(reply.msg_type, fields), partition, token)
        metrics.FIX_MESSAGES.labels(reply.session, "out").inc()
        if partition != _NO_PARTITION:
            metrics.OMS_REPORTS_SENT.labels(reply.session).inc()

    # -- what is done --------------------------------------------------------------------------

    def _settle(self) -> None:
        """Journal what came in and is durable, and what was told."""
        self._write_marks()
        if self._in_time():
            self.health.clear("bus")
        else:
            self.health.block("bus", "the broker does not acknowledge")

    def _drain(self) -> None:
        """Take what has come, make it durable, tell what there is to tell."""
        logger.info("draining")
        self._turn(0.0)
        self.log.flush(DRAIN_S)

    def _refuse_queued(self) -> None:
        """The bus is gone: what OMSs sent meanwhile is refused, and nothing of it is kept."""
        while True:
            try:
                event = self.events.get_nowait()
            except Empty:
                return
            if isinstance(event, Arrived):
                self._on_arrived(event, available=False)

    def _close(self, code: int) -> int:
        """Log out, end the senders, write the marks. What comes now is asked for again."""
        drained = [sender.stop(DRAIN_S) for sender in self.acceptor.senders.values()]
        if not all(drained):  # a send that hangs holds its session: stop() would wait on it too
            logger.error("a session does not take its reports")
            self._write_marks()
            sys.stderr.flush()
            os._exit(1)
        self.acceptor.stop()
        while not self.events.empty():
            event = self.events.get_nowait()
            if isinstance(event, Sent):
                self._on_event(event)
            elif isinstance(event, Failed):
                code = 1
        self._write_marks()
        self.log.close()
        logger.info("ended", code=code)
        return code

    def _write_marks(self) -> None:
        for session in self._sessions.values():
            session.journal.write(session.mark)
        for marks in self._told.values():
            marks.write()


class _SessionFailed(Exception):
    """QuickFIX, its store or a peer did what must not happen; the text says what."""


def fits(request: ParentRequest) -> bool:
    """Whether readers of `parents` would take this request."""
    return len(encode(Topic.PARENTS, request)) <= REQUEST_RECORD_MAX


def _kind(request: ParentRequest) -> str:
    return str(request.__struct_config__.tag)
