"""The venue access process: `children` on one side, FIX sessions to venues on the other.

One loop thread owns the log, the core and all sending. Each time round: read the log, take what
the venues sent, let the core decide, send and append in its order; then journal how much of what
the venues sent is durable. What is decided, is decided in gateway.venue_access.

A send that hangs (a venue that does not read, reliability.md section 0 finding 9) stops the
process: the restart finds that venue down and serves the others.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, Protocol

import structlog

from bus.codec import Undecodable, dead_letter, decode, encode
from bus.kafka import KafkaLog
from bus.log import BusFailed, Log, OnAck, Record
from bus.replay import ends_of, read_to
from bus.topics import CONTROL_KEY, Topic
from domain.control import KillProgress
from domain.deadletters import DeadLetter
from domain.executions import VenueState
from domain.fix_message import BadField, FixMessage
from domain.instruments import InstrumentTable
from gateway.inbound_low_water import InboundLowWater
from gateway.risk import Limits
from gateway.venue_access import VenueAccess
from gateway.venue_commands import Command, Now, Publish, SendFix
from gateway.venue_fix import (
    Arrived,
    Event,
    Failed,
    Moved,
    OrderOut,
    StoreFailed,
    Unreadable,
    VenueInitiator,
)
from gateway.venue_store import CannotStart, SessionIn, lock_store, read_acked
from gateway.venue_view import VenueView
from headgate import metrics
from headgate.clock import Clock
from headgate.settings import (
    LimitSettings,
    Settings,
    SettingsError,
    VenueSettings,
    load_instruments,
)
from headgate.telemetry import Health, StopSignal, configure_logs, serve

NAME: Final = "venues"
POLL_S: Final = 0.001  # a venue's message waits at most this long for the loop
TAKE_MAX: Final = 500  # FIX events handled before the log is looked at again
TIMER_S: Final = 0.02  # how late a timeout may be noticed
JOURNAL_S: Final = 0.1  # how much a restart asks to be sent again, at most, beside what is open
DRAIN_S: Final = 5.0  # what a stop may wait for the broker
LOGOUT_S: Final = 2.0  # ... and for the venues to say goodbye
SEND_STUCK_S: Final = 10.0  # a send takes microseconds; one of this length will not end
# Records of a partition's market data read again at a start: without a last market nothing leaves.
MARKET_BACK: Final = 1_000
# Fills that the broker has not acknowledged; beyond it the venues must wait (CP14): stop.
UNACKED_MAX: Final = 100_000

logger = structlog.get_logger()


class Stop(Protocol):
    """Set once the process is to drain and end."""

    is_set: bool


class _Failure(Exception):
    """QuickFIX or its store did what must not happen; the text says what."""


def run(settings: Settings) -> int:
    """Serve until SIGTERM (0) or until the broker, the store or QuickFIX fails for good (1)."""
    # QuickFIX gives up the interpreter lock in every call and must get it back soon.
    sys.setswitchinterval(50e-6)
    configure_logs(NAME, settings.log.level)
    stop = StopSignal()
    health = Health()
    try:
        instruments = load_instruments(Path(settings.instruments_file))
        metrics.announce("venues", settings.hash(), instruments.hash)
        server = serve(settings.http, health)
        lock = lock_store(Path(settings.venue_access.store_dir))
    except (SettingsError, CannotStart) as error:
        logger.error("cannot start", error=str(error))
        return 1
    try:
        log = KafkaLog(settings.bus, "venue-access", health.broker)
        return VenueProcess(settings, instruments, log, health).run(stop)
    except (BusFailed, CannotStart) as error:
        logger.error("cannot start", error=str(error))
        return 1
    finally:
        os.close(lock)
        if server is not None:
            server.shutdown()
            server.server_close()


def limits_of(settings: LimitSettings) -> Limits:
    """The settings' limits as the checks want them."""
    return Limits(
        max_child_qty=settings.max_child_qty,
        max_child_notional=settings.max_child_notional,
        price_collar=Decimal(str(settings.price_collar)),
        messages_per_second=settings.messages_per_second,
        stale_market_data_ns=settings.stale_market_data_ms * 1_000_000,
        stale_order_ns=settings.stale_order_ms * 1_000_000,
    )


def my_venues(settings: Settings) -> list[VenueSettings]:
    """The venues that this instance connects to. Raises CannotStart."""
    chosen = settings.venue_access.venues
    known = [venue.name for venue in settings.venues]
    for name in chosen:
        if name not in known:
            raise CannotStart(f"venue_access.venues: {name!r} is not in venues")
    return [venue for venue in settings.venues if not chosen or venue.name in chosen]


@dataclass(slots=True)
class VenueProcess:
    """The loop. `log` belongs to it."""

    settings: Settings
    instruments: InstrumentTable
    log: Log
    health: Health
    events: "SimpleQueue[Event]" = field(default_factory=SimpleQueue)
    core: VenueAccess = field(init=False)
    clock: Clock = field(init=False)
    initiator: VenueInitiator = field(init=False)
    view: VenueView = field(init=False)
    inbound: dict[str, SessionIn] = field(default_factory=dict)  # by venue
    _venues: list[VenueSettings] = field(default_factory=list)
    _unacked: int = 0
    _timer_s: float = 0.0
    _journal_s: float = 0.0
    _sending_since_s: float | None = None

    def __post_init__(self) -> None:
        self.view = VenueView(self.health)

    def run(self, stop: Stop) -> int:
        """Fold, serve, drain."""
        self._open()
        self._fold()
        self.initiator.start()
        threading.Thread(target=self._watch_sends, name="send watch", daemon=True).start()
        code = 0
        try:
            self._perform(self.core.start(self._now()))
            self.health.clear("start")
            logger.info("serving", venues=list(self.inbound))
            while not stop.is_set:
                self._turn(POLL_S)
            self._drain()
        except (BusFailed, StoreFailed, _Failure) as error:
            logger.error("stopping", error=str(error))
            code = 1
        finally:
            self.initiator.stop()
        self._journal()
        self.log.close()
        logger.info("ended", code=code)
        return code

    # -- start ---------------------------------------------------------------------------------

    def _open(self) -> None:
        """Make the sessions, each wound back to what is durable."""
        settings = self.settings
        self.clock = Clock(settings.clock)
        self._venues = my_venues(settings)
        store = Path(settings.venue_access.store_dir)
        self.initiator = VenueInitiator(self._venues, store, self.events)
        self.core = VenueAccess(
            by=NAME,
            sessions={each.name: self.initiator.name(each.name) for each in self._venues},
            venues=tuple(each.name for each in settings.venues),
            instruments=self.instruments,
            limits=limits_of(settings.venue_access.limits),
            status_timeout_ns=settings.venue_access.status_timeout_ms * 1_000_000,
        )
        for venue in self._venues:
            self._wind_back(venue.name, store)
            self.view.show_state(venue.name, VenueState.DOWN)

    def _wind_back(self, venue: str, store: Path) -> None:
        path = store / f"{self.initiator.name(venue)}.acked"
        acked, expected = read_acked(path), self.initiator.expected(venue)
        if acked + 1 > expected:
            raise CannotStart(
                f"{venue}: the session store expects message {expected}, but {acked} were taken:"
                f" it was lost. Restore it, or remove it and {path} to start the session anew"
            )
        if acked + 1 < expected:
            logger.info("asking again", venue=venue, first=acked + 1, expected=expected)
            self.initiator.expect(venue, acked + 1)
        self.inbound[venue] = SessionIn(path, InboundLowWater(acked), acked)

    def _fold(self) -> None:
        """Read `control`, `children` and `executions` as they stand, then go on from there."""
        partitions = range(self.log.partitions())
        folded = (Topic.CONTROL, Topic.CHILDREN, Topic.EXECUTIONS)
        ends = {topic: ends_of(self.log, (topic,), partitions) for topic in folded}
        for topic in folded:
            for record in read_to(self.log, ends[topic], self.health.beat):
                self._fold_record(record)
        live = ends[Topic.CONTROL] | ends[Topic.CHILDREN]
        for partition in partitions:
            end = self.log.end(Topic.MARKETDATA, partition)
            begin = self.log.begin(Topic.MARKETDATA, partition)
            live[Topic.MARKETDATA, partition] = max(begin, end - MARKET_BACK)
        self.log.assign(live)

    def _fold_record(self, record: Record) -> None:
        try:
            message = decode(record.topic, record.value)
        except Undecodable:
            return  # it was buried when it came
        if record.topic is Topic.CHILDREN:
            self.core.fold_child(record.partition, record.offset, message)
        elif record.topic is Topic.EXECUTIONS:
            self.core.fold_execution(message)
        else:
            self.core.fold_control(message)

    # -- the loop ------------------------------------------------------------------------------

    def _turn(self, timeout_s: float) -> None:
        """Once round."""
        records = self.log.poll(timeout_s)
        started_s = time.monotonic()
        for record in records:
            self._on_record(record)
        self._take_events()
        now_s = time.monotonic()
        if now_s - self._timer_s >= TIMER_S:
            self._timer_s = now_s
            self._perform(self.core.on_timer(self._now()))
        if now_s - self._journal_s >= JOURNAL_S:
            self._journal_s = now_s
            self._journal()
            self.view.show(self.core, self.inbound)
        self.health.beat()
        metrics.LOOP_SECONDS.observe(time.monotonic() - started_s)

    def _now(self) -> Now:
        return Now(self.clock.now_ns(), time.monotonic_ns())

    def _on_record(self, record: Record) -> None:
        try:
            message = decode(record.topic, record.value)
        except Undecodable as fault:
            # Every reader of orders buries what it cannot read; of quotes, the worker alone.
            if record.topic is not Topic.MARKETDATA:
                self._bury(record, fault)
            return
        if record.topic is Topic.MARKETDATA:
            self.core.on_market_events(message)
        elif record.topic is Topic.CHILDREN:
            now = self._now()
            self._perform(self.core.on_child(record.partition, record.offset, message, now))
        elif record.topic is Topic.CONTROL:
            self._perform(self.core.on_control(message, self._now()))

    def _bury(self, record: Record, fault: Undecodable) -> None:
        letter = dead_letter(NAME, record.topic, record.partition, record.offset, record.key,
                             record.value, fault, self.clock.now_ns())  # fmt: skip
        self._append(Topic.DEADLETTER, record.key, None, letter, None)
        metrics.DEAD_LETTERS.labels(record.topic.value, fault.reason).inc()

    def _take_events(self) -> None:
        for _ in range(TAKE_MAX):
            try:
                event = self.events.get_nowait()
            except Empty:
                return
            self.on_event(event)

    def on_event(self, event: Event) -> None:
        """What a FIX session saw. Raises _Failure."""
        match event:
            case Arrived():
                self._on_arrived(event)
            case OrderOut():
                self.core.on_order_out(event.venue, event.msg_seq_num, event.cl_ord_id)
            case Moved():
                logger.info("session", venue=event.venue, event_name=event.event.value)
                self._perform(self.core.on_session(event.venue, event.event, self._now()))
            case Unreadable():
                logger.error("refused a message of the venue's", venue=event.venue)
                self.core.on_unreadable(event.venue)
            case Failed():
                raise _Failure(event.text)

    def _on_arrived(self, arrived: Arrived) -> None:
        """Let the core read it; its number is done once all that came of it is durable."""
        session = self.inbound[arrived.venue]
        session.water.saw(arrived.msg_seq_num, arrived.msg_type)
        now = self._now()
        if arrived.msg_type in ("8", "9", "j", "3"):
            metrics.FIX_MESSAGES.labels(arrived.venue, "in").inc()
            commands = self.core.on_message(arrived.venue, arrived.text, now)
            self._perform(commands, session.water, arrived.msg_seq_num)
            return
        if arrived.msg_type not in ("0", "4", "A"):
            return
        try:
            self._on_session_message(arrived, session, now)
        except BadField as error:
            # Nothing of ours is in it; what it leaves unmarked is asked for again at a restart.
            logger.error("a session message cannot be read", venue=arrived.venue, error=str(error))
            self.core.on_unreadable(arrived.venue)

    def _on_session_message(self, arrived: Arrived, session: SessionIn, now: Now) -> None:
        """A Heartbeat(0), SequenceReset(4) or Logon(A). Raises BadField."""
        message = FixMessage.parse(arrived.text)
        if arrived.msg_type == "0":
            self._perform(self.core.on_heartbeat(arrived.venue, message.get(112), now))
        elif arrived.msg_type == "4":
            _on_sequence_reset(session, message)
        elif message.get(141) == "Y":
            logger.error("the venue counts its messages anew", venue=arrived.venue)
            session.count_anew(arrived.msg_seq_num)
            self.core.on_reset(arrived.venue)

    # -- effects -------------------------------------------------------------------------------

    def _perform(self, commands: list[Command], water: InboundLowWater | None = None,
                 msg_seq_num: int = 0) -> None:  # fmt: skip
        """Send and append in the order given."""
        for command in commands:
            if isinstance(command, SendFix):
                self._send(command)
            else:
                self._publish(command, water, msg_seq_num)

    def _send(self, command: SendFix) -> None:
        self._sending_since_s = time.monotonic()
        self.initiator.send(command.venue, command.msg_type, command.fields)
        self._sending_since_s = None
        metrics.FIX_MESSAGES.labels(command.venue, "out").inc()
        if command.msg_type in ("D", "F", "G"):
            metrics.VENUE_CHILDREN_SENT.labels(command.venue, command.msg_type).inc()

    def _publish(self, command: Publish, water: InboundLowWater | None, msg_seq_num: int) -> None:
        record = command.record
        on_ack = self._on_ack(water, msg_seq_num)
        if isinstance(record, KillProgress):
            self._append(Topic.CONTROL, CONTROL_KEY, None, record, on_ack())
        elif isinstance(record, DeadLetter):
            metrics.DEAD_LETTERS.labels(record.topic, record.reason).inc()
            self._append(Topic.DEADLETTER, record.key, None, record, on_ack())
        elif command.symbol is None:
            self.view.count(record)
            one = command.partition
            for partition in range(self.log.partitions()) if one is None else (one,):
                self._append(Topic.EXECUTIONS, "", partition, record, on_ack())
        else:
            self.view.count(record)
            self._append(Topic.EXECUTIONS, command.symbol, None, record, on_ack())

    def _on_ack(self, water: InboundLowWater | None, msg_seq_num: int) -> Callable[[], OnAck]:
        """Makes what is called when one append is durable."""

        def acknowledged(partition: int, offset: int) -> None:
            self._unacked -= 1
            if water is not None:
                water.acknowledged(msg_seq_num)

        def begun() -> OnAck:
            self._unacked += 1
            if water is not None:
                water.appended(msg_seq_num)
            return acknowledged

        return begun

    def _append(self, topic: Topic, key: str, partition: int | None, record: object,
                on_ack: OnAck | None) -> None:  # fmt: skip
        self.log.append(topic, key, encode(topic, record), partition=partition, on_ack=on_ack)
        if self._unacked > UNACKED_MAX:
            raise _Failure(f"{self._unacked} records are not acknowledged")

    def _journal(self) -> None:
        for session in self.inbound.values():
            session.write()

    def _watch_sends(self) -> None:
        """Stop the process if a send hangs: only that frees the loop, and the other venues."""
        while True:
            time.sleep(1.0)
            since_s = self._sending_since_s
            if since_s is not None and time.monotonic() - since_s > SEND_STUCK_S:
                logger.error("a send hangs: a venue does not read")
                sys.stderr.flush()
                os._exit(1)

    # -- stop ----------------------------------------------------------------------------------

    def _drain(self) -> None:
        """Take no more children; log out, take what still comes, make it durable."""
        logger.info("draining")
        self.log.assign({})
        self._take_events()
        self.initiator.log_out()
        deadline = time.monotonic() + LOGOUT_S
        while self.initiator.is_logged_on() and time.monotonic() < deadline:
            self.log.poll(0.0)
            self._take_events()
            time.sleep(POLL_S)
        self._take_events()
        self.log.flush(DRAIN_S)
        self._journal()


def _on_sequence_reset(session: SessionIn, message: FixMessage) -> None:
    new_seq_no = message.integer(36)
    if message.get(123) == "Y":
        session.water.gap_filled(new_seq_no)
    else:
        session.count_anew(new_seq_no - 1)
