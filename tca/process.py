"""TCA as a process: reads the log, feeds the core, publishes on `tca`. It decides nothing.

It commits no positions: every start folds `reports`, `children` and its own `tca` from their
beginnings, then market data from as far back as there is some, and goes on from there.
"""

import time
from pathlib import Path
from typing import Final

import structlog

from bus.codec import Undecodable, dead_letter, decode, encode
from bus.kafka import KafkaLog
from bus.log import BEGINNING, BusFailed, Log, Record, TopicPartition
from bus.topics import Topic
from domain.tca import ParentCost
from headgate import metrics
from headgate.clock import Clock
from headgate.settings import Settings, SettingsError, load_instruments
from headgate.telemetry import Health, StopSignal, configure_logs, serve
from tca.costs import Costs

POLL_S: Final = 0.05  # the grain of live figures; a record is read as it comes
FLUSH_S: Final = 10.0
_ORDER_TOPICS: Final = (Topic.REPORTS, Topic.CHILDREN, Topic.TCA)

logger = structlog.get_logger()


class TcaProcess:
    """One reader of all partitions, on any bus."""

    def __init__(self, log: Log, costs: Costs) -> None:
        self._log = log
        self._costs = costs
        self._positions: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._folding = True
        log.assign(self._from_beginning(_ORDER_TOPICS))

    @property
    def caught_up(self) -> bool:
        """Whether all that was there at the start is read."""
        return not self._ends and not self._folding

    def turn(self, timeout_s: float, now_ns: int) -> None:
        """One turn of the loop."""
        # 1 poll
        records = self._log.poll(timeout_s)
        started_s = time.perf_counter()
        # 2 the core applies
        said: list[ParentCost] = []
        for record in records:
            said += self._apply(record, now_ns)
        self._advance()
        # Before it has caught up, a market that is still being read would look quiet.
        if self.caught_up:
            said += self._costs.on_timer(now_ns)
        # 3 append
        for cost in said:
            self._log.append(Topic.TCA, cost.symbol, encode(Topic.TCA, cost))
            _measure(cost)
        metrics.TCA_PARENTS_LIVE.set(self._costs.live_count)
        metrics.LOOP_SECONDS.observe(time.perf_counter() - started_s)

    def _from_beginning(self, topics: tuple[Topic, ...]) -> dict[TopicPartition, int]:
        """Where to read, having noted how far that has to go until all is folded."""
        found = [(topic, each) for topic in topics for each in range(self._log.partitions())]
        for topic, partition in found:
            end = self._log.end(topic, partition)
            if end > self._log.begin(topic, partition):
                self._ends[topic, partition] = end
        return dict.fromkeys(found, BEGINNING)

    def _advance(self) -> None:
        """Once the orders are folded, so that every interval is known, read market data."""
        if self._folding and not self._ends:
            self._folding = False
            self._log.add(self._from_beginning((Topic.MARKETDATA,)))

    def _apply(self, record: Record, now_ns: int) -> list[ParentCost]:
        where = (record.topic, record.partition)
        is_old = self._folding
        if record.offset + 1 >= self._ends.get(where, 0):
            self._ends.pop(where, None)
        try:
            return self._feed(record)
        except Undecodable as fault:
            # What was there before this start, an earlier one has told of.
            if not is_old:
                self._refuse(record, fault, now_ns)
            return []

    def _feed(self, record: Record) -> list[ParentCost]:
        message = decode(record.topic, record.value)
        if record.topic is Topic.MARKETDATA:
            return self._costs.on_market(message)
        if record.topic is Topic.REPORTS:
            return self._costs.on_report(record.partition, message)
        if record.topic is Topic.CHILDREN:
            self._costs.on_child(record.partition, record.offset, message)
        elif self._folding:
            self._costs.on_published(message)
        return []

    def _refuse(self, record: Record, fault: Undecodable, now_ns: int) -> None:
        letter = dead_letter(
            "tca", record.topic, record.partition, record.offset, record.key, record.value, fault,
            now_ns,
        )  # fmt: skip
        self._log.append(Topic.DEADLETTER, record.key, encode(Topic.DEADLETTER, letter))
        metrics.DEAD_LETTERS.labels(record.topic.value, fault.reason.value).inc()
        logger.warning("dead letter", topic=record.topic.value, offset=record.offset,
                       reason=fault.reason.value, text=fault.text)  # fmt: skip


def run(settings: Settings) -> int:
    """Follow the log until SIGTERM (0) or until the broker fails for good (1)."""
    configure_logs("tca", settings.log.level)
    health, stop = Health(), StopSignal()
    serve(settings.http, health)
    try:
        instruments = load_instruments(Path(settings.instruments_file))
        metrics.announce("tca", settings.hash(), instruments.hash)
        costs = Costs(instruments, settings.tca.publish_interval_ms * 1_000_000)
        log = KafkaLog(settings.bus, group="tca", on_broker=health.broker)
        follow(TcaProcess(log, costs), Clock(settings.clock), health, stop)
        log.flush(FLUSH_S)
        log.close()
    except SettingsError as error:
        logger.error("cannot start", error=str(error))
        return 1
    except BusFailed as error:
        logger.error("the bus failed", error=str(error))
        return 1
    logger.info("ended")
    return 0


def follow(process: TcaProcess, clock: Clock, health: Health, stop: StopSignal) -> None:
    """Turn until told to stop. Raises BusFailed."""
    while not stop.is_set:
        process.turn(POLL_S, clock.now_ns())
        health.beat()
        if process.caught_up:
            health.clear("start")


def _measure(cost: ParentCost) -> None:
    if not cost.final:
        return
    metrics.TCA_PARENTS.labels(cost.algo).inc()
    if cost.arrival_slippage_bps is not None:
        metrics.TCA_ARRIVAL_SLIPPAGE_BPS.labels(cost.algo).observe(cost.arrival_slippage_bps)
    if cost.vwap_slippage_bps is not None:
        metrics.TCA_VWAP_SLIPPAGE_BPS.labels(cost.algo).observe(cost.vwap_slippage_bps)
