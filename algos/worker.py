"""The worker process: owns partitions, and for each runs the core in algos.partition.

Taking a partition is the claim protocol of ARCHITECTURE.md: append a Claim to `children`, whose
offset is the fencing token; append the token to `reports`; read all four order topics up to there,
fold, and only then decide. A later claim than ours means that somebody took over: stop for good.
"""

import gc
import os
import socket
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from algos.blotter import Unusable
from algos.child_limits import ChildLimits
from algos.models.calibration_error import CalibrationError
from algos.models.known_calibrations import KnownCalibrations, read_calibrations
from algos.pace import Pace
from algos.partition import Command, Partition
from algos.policy import Policy
from algos.worker_metrics import count, set_gauges
from bus.codec import Undecodable, dead_letter, decode, encode
from bus.kafka import KafkaLog
from bus.log import BusFailed, Log, Record, TopicPartition
from bus.partitioning import partition_of
from bus.replay import ends_of, read_to
from bus.topics import CONTROL_KEY, Topic
from domain.children import CancelChild, Claim, NewChild, ReplaceChild
from domain.deadletters import DeadLetter
from domain.fencing import Fence
from domain.fix_codes import ExecType
from domain.instruments import InstrumentTable
from domain.reports import ParentReport
from domain.sessions import TradingCalendar
from headgate import metrics
from headgate.calendars import UnknownCalendar, load_calendars
from headgate.clock import Clock
from headgate.settings import Settings, SettingsError, WorkerSettings, load_instruments
from headgate.telemetry import Health, StopSignal, configure_logs, serve
from marketdata.known_profiles import KnownProfiles, read_profiles
from marketdata.symbol_profile import ProfileError
from marketdata.volume_curve import CurveError

logger = structlog.get_logger()

FLUSH_S: Final = 10.0  # an append that is not durable by then never will be: stop and fold again
IDLE_POLL_S: Final = 0.05  # the longest wait for records, so that health and signals are looked at
# How far back market data is read at the start: enough batches for the volume since a parent's
# start, bounded so that a restart takes seconds. What is not reached makes caps tighter, not wider.
MARKETDATA_TAIL: Final = 50_000
CALENDAR_DAYS: Final = 10  # sessions known on either side of today; the process restarts daily
GAUGES_EVERY_S: Final = 1.0

# The order in which the log is folded: each kind of record refers to those before it.
FOLDED: Final = (
    Topic.DEADLETTER,
    Topic.CONTROL,
    Topic.PARENTS,
    Topic.REPORTS,
    Topic.CHILDREN,
    Topic.EXECUTIONS,
)


NEW_TERMS: Final = (ExecType.NEW, ExecType.REPLACED)


class SupersededError(Exception):
    """Another worker has claimed a partition of ours after us."""


class Worker:
    """The shell around the cores of the owned partitions."""

    def __init__(
        self, settings: Settings, instruments: InstrumentTable,
        calendars: dict[str, TradingCalendar], clock: Clock, log: Log, health: Health,
        profiles: KnownProfiles | None = None, calibrations: KnownCalibrations | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._clock = clock
        self._log = log
        self._health = health
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._instruments = instruments
        count = log.partitions()
        limits = settings.venue_access.limits
        policy = Policy(
            stale_ns=settings.worker.stale_market_data_ms * 1_000_000,
            stale_ns_by_venue={
                venue.name: venue.stale_market_data_ms * 1_000_000
                for venue in settings.venues
                if venue.stale_market_data_ms is not None
            },
            start_past_bound_s=settings.worker.start_past_bound_s,
            reject_backoff_ns=settings.worker.reject_backoff_ms * 1_000_000,
            max_participation_cap=settings.worker.max_participation_cap,
            default_algo=settings.worker.default_algo,
            offers={venue.name: venue.offer for venue in settings.venues},
            impact_model=settings.worker.impact_model,
            refuse_below=settings.worker.refuse_below,
            auctions={venue.name: venue.auctions for venue in settings.venues},
            child_limits=ChildLimits(
                max_qty=limits.max_child_qty, max_notional=limits.max_child_notional
            ),
        )
        # What venue access takes a second; each worker keeps to its part of it.
        pace = Pace(per_second=limits.messages_per_second, senders=settings.worker.count)
        self.cores = {
            number: Partition(
                number=number,
                instruments=instruments,
                calendars=calendars,
                policy=policy,
                partition_of=lambda key: partition_of(key, count),
                profiles=profiles,
                calibrations=calibrations,
                pace=pace,
            )
            for number in range(settings.worker.index, count, settings.worker.count)
        }
        self._claims: dict[int, int] = {}
        self._fences = {Topic.CHILDREN: Fence(), Topic.REPORTS: Fence()}
        self._in_flight: Counter[int] = Counter()  # by partition, acceptances not yet durable
        self._buried: set[tuple[str, int, int]] = set()
        self._market_ends: dict[TopicPartition, int] = {}
        self._gauges_s = 0.0
        self._gauges_ns = clock.now_ns()

    # -- taking over

    def take_partitions(self) -> None:
        """Claim, fold, decide: after this the cores are live and the log is read from there on."""
        began_s = time.monotonic()
        for number in self.cores:
            self._claim(number)
        ends = self._fold()
        self._fold_market()
        gc.collect()
        gc.freeze()  # what was folded stays; the collector need not walk it again
        self._log.assign(ends)
        for number, core in self.cores.items():
            self._publish(core, core.take(self._claims[number], self._clock.now_ns()))
        self._log.flush(FLUSH_S)
        self._log.add(self._market_ends)
        metrics.WORKER_FOLD_SECONDS.observe(time.monotonic() - began_s)
        metrics.WORKER_PARTITIONS.set(len(self.cores))
        logger.info("partitions taken", claims=self._claims,
                    seconds=round(time.monotonic() - began_s, 3))  # fmt: skip

    def _claim(self, number: int) -> None:
        acked: list[int] = []
        claim = Claim(
            partition=number,
            worker=self._name,
            build=metrics.build(),
            settings_hash=self._settings.hash(),
            instruments_hash=self._instruments.hash,
            at_ns=self._clock.now_ns(),
        )
        self._log.append(
            Topic.CHILDREN, "", encode(Topic.CHILDREN, claim), partition=number,
            on_ack=lambda _, offset: acked.append(offset),
        )  # fmt: skip
        self._log.flush(FLUSH_S)
        self._claims[number] = acked[0]
        token = Claim(
            partition=number, worker=claim.worker, build=claim.build,
            settings_hash=claim.settings_hash, instruments_hash=claim.instruments_hash,
            at_ns=claim.at_ns, claim=acked[0],
        )  # fmt: skip
        self._log.append(Topic.REPORTS, "", encode(Topic.REPORTS, token), partition=number)
        self._log.flush(FLUSH_S)

    def _fold(self) -> dict[TopicPartition, int]:
        """Read the order topics to their ends, one after the other; where reading goes on."""
        ends: dict[TopicPartition, int] = {}
        for topic in FOLDED:
            numbers: Iterable[int] = self.cores
            if topic is Topic.CONTROL:
                numbers = [partition_of(CONTROL_KEY, self._log.partitions())]
            found = ends_of(self._log, (topic,), numbers)
            for record in read_to(self._log, found, self._health.beat):
                self._fold_record(record)
                metrics.WORKER_FOLD_RECORDS.inc()
            if topic is not Topic.DEADLETTER:
                ends.update(found)
        return ends

    def _fold_record(self, record: Record) -> None:
        message = self._decoded(record)
        if message is None:
            return
        if record.topic is Topic.CONTROL:
            for each in self.cores.values():
                each.fold_control(message)
            return
        if isinstance(message, DeadLetter):
            self._buried.add((message.topic, message.partition, message.offset))
            return
        core = self.cores[record.partition]
        if record.topic is Topic.PARENTS:
            core.fold_parent(record.offset, message)
        elif record.topic is Topic.EXECUTIONS:
            try:
                core.fold_execution(message)
            except Unusable as error:
                self._bury(record, Undecodable(error.reason, None, str(error)))
        elif self._counts(record, message):
            if record.topic is Topic.REPORTS:
                core.fold_report(message)
            else:
                core.fold_child(message)

    def _counts(self, record: Record, message: Claim | Command) -> bool:
        """Whether it is one of the rightful worker's. Raises SupersededError for a later claim."""
        if isinstance(message, Claim):
            self._check_claim(record, message)
        return self._fences[record.topic].admits(record.partition, message, record.offset)

    def _fold_market(self) -> None:
        """Read recent market data; `run` goes on from where this ends."""
        ends = ends_of(self._log, (Topic.MARKETDATA,), self.cores)
        for record in read_to(self._log, ends, self._health.beat, at_most=MARKETDATA_TAIL):
            events = self._decoded(record)
            if events is not None:
                self.cores[record.partition].fold_market(events)
        self._market_ends = ends

    # -- the loop

    def run(self, stop: StopSignal) -> None:
        """Until told to stop: 1 poll, 2 apply and decide, 3 append; positions live in the log."""
        self.take_partitions()
        self._health.clear("start")
        while not stop.is_set:
            self.turn(self._wait_s())
        self._log.flush(FLUSH_S)

    def turn(self, timeout_s: float) -> None:
        """One round of the loop."""
        records = self._log.poll(timeout_s)
        began_s = time.perf_counter()
        for record in records:
            self._apply(record)
        now_ns = self._clock.now_ns()
        for core in self.cores.values():
            wake_ns = core.next_wake_ns()
            if wake_ns is not None and wake_ns <= now_ns:
                decided_s = time.perf_counter()
                commands = core.on_timer(now_ns)
                metrics.WORKER_DECISION_SECONDS.observe(time.perf_counter() - decided_s)
                self._publish(core, commands)
        self._health.beat()
        if records:
            metrics.LOOP_SECONDS.observe(time.perf_counter() - began_s)
        if began_s - self._gauges_s > GAUGES_EVERY_S:
            self._gauges_s = began_s
            passed_s = (now_ns - self._gauges_ns) / 1e9
            self._gauges_ns = now_ns
            set_gauges(list(self.cores.values()), now_ns, passed_s)

    def _wait_s(self) -> float:
        wakes = [core.next_wake_ns() for core in self.cores.values()]
        due = [wake_ns for wake_ns in wakes if wake_ns is not None]
        if not due:
            return IDLE_POLL_S
        return min(max(self._clock.wall_s(min(due) - self._clock.now_ns()), 0.0), IDLE_POLL_S)

    def _apply(self, record: Record) -> None:
        message = self._decoded(record)
        if message is None:
            return
        topic = record.topic
        if topic is Topic.MARKETDATA:
            self.cores[record.partition].on_market(message, 0)
            return
        metrics.WORKER_EVENTS.labels(topic.value).inc()
        now_ns = self._clock.now_ns()
        if topic is Topic.CONTROL:
            for each in self.cores.values():
                self._publish(each, each.on_control(message, now_ns))
            return
        core = self.cores[record.partition]
        if topic is Topic.PARENTS:
            self._publish(core, core.on_parent(message, record.offset, now_ns))
        elif topic is Topic.EXECUTIONS:
            try:
                self._publish(core, core.on_execution(message, now_ns))
            except Unusable as error:
                self._bury(record, Undecodable(error.reason, None, str(error)))
        elif isinstance(message, Claim):
            self._check_claim(record, message)

    def _check_claim(self, record: Record, claim: Claim) -> None:
        token = record.offset if claim.claim is None else claim.claim
        if token > self._claims[record.partition]:
            raise SupersededError(f"partition {record.partition} was claimed by {claim.worker}")

    def _publish(self, core: Partition, commands: list[Command]) -> None:
        """Append, in order. A parent's terms are durable before any child under them is appended.

        Else a crash could leave a child of an order that nobody accepted, or one beyond its terms.
        All that a core says goes to its own partition, also about an order that was put there
        under the wrong key: there it is found again after a restart.
        """
        for command in commands:
            topic = Topic.REPORTS
            on_ack = None
            if isinstance(command, (NewChild, CancelChild, ReplaceChild)):
                topic = Topic.CHILDREN
                if self._in_flight[core.number]:
                    self._log.flush(FLUSH_S)
            elif isinstance(command, ParentReport) and command.exec_type in NEW_TERMS:
                self._in_flight[core.number] += 1
                on_ack = self._durable
            value = encode(topic, command)
            self._log.append(topic, command.symbol, value, partition=core.number, on_ack=on_ack)
            count(command)

    def _durable(self, partition: int, _: int) -> None:
        self._in_flight[partition] -= 1

    # -- what cannot be used

    def _decoded(self, record: Record) -> Any:  # noqa: ANN401  # a union that the topic decides
        """The message, or None after a dead letter was written about it."""
        try:
            return decode(record.topic, record.value)
        except Undecodable as error:
            self._bury(record, error)
            return None

    def _bury(self, record: Record, fault: Undecodable) -> None:
        """Write a dead letter, once: it goes to the partition of the record's number.

        What several workers read is the business of the one that owns that partition number.
        """
        if record.partition not in self.cores:
            return
        place = (record.topic.value, record.partition, record.offset)
        if place in self._buried:
            return
        self._buried.add(place)
        metrics.DEAD_LETTERS.labels(record.topic.value, fault.reason.value).inc()
        letter = dead_letter(
            f"worker-{self._settings.worker.index}", record.topic, record.partition,
            record.offset, record.key, record.value, fault, self._clock.now_ns(),
        )  # fmt: skip
        self._log.append(
            Topic.DEADLETTER, record.key, encode(Topic.DEADLETTER, letter),
            partition=record.partition,
        )  # fmt: skip


def run(settings: Settings) -> int:
    """Own partitions until SIGTERM (0), the broker fails or another worker takes over (1)."""
    configure_logs("worker", settings.log.level)
    gc.set_threshold(100_000, 50, 1_000)  # a full collection walks every order (performance.md 5)
    health = Health()
    stop = StopSignal()
    clock = Clock(settings.clock)
    try:
        instruments = load_instruments(Path(settings.instruments_file))
        metrics.announce("worker", settings.hash(), instruments.hash)
        serve(settings.http, health)
        calendars = _calendars(instruments, clock)
        profiles = read_worker_profiles(settings.worker, instruments, calendars, clock.now_ns())
        log = KafkaLog(
            settings.bus, group=f"worker-{settings.worker.index}", on_broker=health.broker
        )
        Worker(
            settings, instruments, calendars, clock, log, health, profiles,
            read_worker_calibrations(settings.worker, clock.now_ns()),
        ).run(stop)  # fmt: skip
        log.close()
    except (
        SettingsError, UnknownCalendar, ProfileError, CurveError, CalibrationError,
    ) as error:  # fmt: skip
        logger.error("cannot start", error=str(error))
        return 2
    except BusFailed as error:
        logger.error("bus failed", error=str(error))
        return 1
    except SupersededError as error:
        logger.error("superseded", error=str(error))
        return 1
    return 0


def _calendars(instruments: InstrumentTable, clock: Clock) -> dict[str, TradingCalendar]:
    """The sessions about today of every calendar that an instrument names."""
    today = datetime.fromtimestamp(clock.now_ns() / 1e9, UTC).date()
    names = [instrument.calendar for instrument in instruments.by_symbol.values()]
    span = timedelta(days=CALENDAR_DAYS)
    return load_calendars(names, today - span, today + span)


def read_worker_profiles(
    settings: WorkerSettings, instruments: InstrumentTable,
    calendars: dict[str, TradingCalendar], now_ns: int,
) -> KnownProfiles:  # fmt: skip
    """The profiles fit for the session that is open or comes next, and what is missing, said.

    Raises ProfileError and CurveError for files that cannot be used at all.
    """
    if not settings.profiles:
        logger.warning("no profiles: worker.profiles names no directory")
        return KnownProfiles()
    days = {}
    for name, calendar in calendars.items():
        session = calendar.next_session(now_ns)
        days[name] = calendar.local_day(now_ns) if session is None else session.date
    symbols = {each.symbol: each.calendar for each in instruments.by_symbol.values()}
    found = read_profiles(Path(settings.profiles), days, symbols, settings.profiles_stale_days)
    for note in found.notes:
        logger.warning("profiles", note=note)
    logger.info("profiles read", symbols=len(found.by_symbol), market_curves=len(found.market))
    return found


def read_worker_calibrations(settings: WorkerSettings, now_ns: int) -> KnownCalibrations:
    """The fitted coefficients that may be used today, and what was left out, said.

    Raises CalibrationError for files that cannot be used at all.
    """
    if not settings.calibrations:
        return KnownCalibrations()
    day = datetime.fromtimestamp(now_ns / 1e9, UTC).date().isoformat()
    found = read_calibrations(Path(settings.calibrations), day, settings.calibrations_stale_days)
    for note in found.notes:
        logger.warning("calibrations", note=note)
    logger.info("calibrations read", orders=len(found.orders), market=len(found.market))
    return found
