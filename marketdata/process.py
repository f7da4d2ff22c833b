"""The market data process: one feed in front, topic `marketdata` behind, one loop.

It decides nothing: it polls the feed, hands events to the outbox, publishes what the broker takes.
"""

import gc
import time
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter

from bus.codec import encode
from bus.kafka import KafkaLog
from bus.log import BusFailed, Log
from bus.topics import SPECS, Topic
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from headgate import metrics
from headgate.clock import Clock
from headgate.settings import Settings, SettingsError, load_instruments
from headgate.telemetry import Health, StopSignal, configure_logs, serve
from marketdata.feed import Feed, FeedFailed
from marketdata.fix_feed import FixFeed
from marketdata.outbox import FULL_EVENTS, Outbox
from marketdata.replay_feed import ReplayFeed

ROUND_S: Final = 0.01  # the longest wait for an event: acknowledgements and signals are looked at
BATCH_MAX: Final = 500  # events of a record: 25 kB of quotes; more gains nothing on the broker
# Records that the broker has not acknowledged yet. Beyond it the broker is behind: what comes
# meanwhile waits in the outbox, where it can be conflated, and not in the client's queue.
IN_FLIGHT_MAX: Final = 256
FLUSH_S: Final = 10.0
_RECORD_MAX: Final = SPECS[Topic.MARKETDATA].max_value_bytes

logger = structlog.get_logger()


class Publisher:
    """The loop's state: a feed, what waits, and how much the broker owes us."""

    def __init__(self, feed: Feed, log: Log, clock: Clock) -> None:
        self._feed = feed
        self._log = log
        self._clock = clock
        # A feed that can wait is held back instead, and nothing of it is conflated.
        self._outbox = Outbox(lag_events=FULL_EVENTS) if feed.can_wait else Outbox()
        self._in_flight = 0
        self._seen: dict[str, int] = {}  # by metric's label, what was counted already

    @property
    def done(self) -> bool:
        """Whether the feed is and all it gave is published."""
        return self._feed.done and not len(self._outbox)

    def turn(self) -> None:
        """One turn of the loop. Raises FeedFailed, BusFailed."""
        # 1 poll: what has come or is due
        self._wait()
        began_s = time.perf_counter()
        now_ns = self._clock.now_ns()
        outbox = self._outbox
        if not (len(outbox) if self._feed.can_wait else outbox.is_full):
            # 2 what cannot be published at once is conflated there
            outbox.offer(self._feed.poll(now_ns))
        # 3 publish
        self._publish(now_ns)
        self._log.poll(0)
        self._count()
        metrics.LOOP_SECONDS.observe(time.perf_counter() - began_s)

    def stop(self, timeout_s: float) -> None:
        """Stop the feed, publish what waits and wait for its acknowledgements. Raises BusFailed."""
        self._outbox.offer(self._feed.stop())
        deadline_s = time.monotonic() + timeout_s
        while len(self._outbox) and time.monotonic() < deadline_s:
            self._publish(self._clock.now_ns())
            self._log.poll(ROUND_S)
        self._log.flush(timeout_s)
        self._count()

    def _wait(self) -> None:
        """Until an event is due or may be there; not at all while some wait for the broker."""
        if len(self._outbox):
            if self._in_flight >= IN_FLIGHT_MAX:
                self._log.poll(ROUND_S)
            return
        due_ns = self._feed.next_due_ns()
        timeout_s = ROUND_S
        if due_ns is not None:
            timeout_s = min(max(self._clock.wall_s(due_ns - self._clock.now_ns()), 0.0), ROUND_S)
        if timeout_s > 0:
            self._feed.wait(timeout_s)

    def _publish(self, now_ns: int) -> None:
        newest_ns = 0
        while self._in_flight < IN_FLIGHT_MAX:
            taken = self._outbox.take(BATCH_MAX)
            if taken is None:
                break
            symbol, events = taken
            self._append(symbol, events)
            newest_ns = max(newest_ns, events[-1].at_ns)
        if newest_ns:
            metrics.MARKETDATA_AGE_SECONDS.set((now_ns - newest_ns) / 1e9)

    def _append(self, symbol: str, events: list[MarketEvent]) -> None:
        """One record, or two where deep books make it longer than readers take."""
        value = encode(Topic.MARKETDATA, events)
        if len(value) > _RECORD_MAX and len(events) > 1:
            half = len(events) // 2
            self._append(symbol, events[:half])
            self._append(symbol, events[half:])
            return
        self._in_flight += 1
        self._log.append(Topic.MARKETDATA, symbol, value, on_ack=self._acknowledged)
        metrics.MARKETDATA_EVENTS.labels(symbol).inc(len(events))

    def _acknowledged(self, partition: int, offset: int) -> None:
        self._in_flight -= 1

    def _count(self) -> None:
        """Bring the counters of what was left out up to date."""
        metrics.MARKETDATA_WAITING_EVENTS.set(len(self._outbox))
        for symbol, count in self._outbox.conflated.items():
            self._count_one(metrics.MARKETDATA_CONFLATED.labels(symbol), f"c {symbol}", count)
        for reason, count in self._feed.skipped.items():
            self._count_one(metrics.MARKETDATA_SKIPPED.labels(reason), f"s {reason}", count)

    def _count_one(self, counter: Counter, key: str, count: int) -> None:
        counter.inc(count - self._seen.get(key, 0))
        self._seen[key] = count


def run(settings: Settings) -> int:
    """Publish until SIGTERM or the feed's end (0); 1 if feed or bus fail, 2 for bad settings."""
    configure_logs("marketdata", settings.log.level)
    try:
        instruments = load_instruments(Path(settings.instruments_file))
        metrics.announce("marketdata", settings.hash(), instruments.hash)
        feed = open_feed(settings, instruments)
        health = Health()
        log = KafkaLog(settings.bus, group="marketdata", on_broker=health.broker)
        return serve_feed(settings, feed, log, health)
    except SettingsError as error:
        logger.error("cannot start", error=str(error))
        return 2
    except FeedFailed as error:
        logger.error("feed failed", error=str(error))
        return 1
    except BusFailed as error:
        logger.error("bus failed", error=str(error))
        return 1


def open_feed(settings: Settings, instruments: InstrumentTable) -> Feed:
    """The one feed that the settings name. Raises SettingsError, FeedFailed."""
    chosen = settings.marketdata
    if chosen.fix and chosen.replay.path:
        raise SettingsError("marketdata: either fix or replay.path, not both")
    clock = Clock(settings.clock)
    if chosen.fix:
        return FixFeed(chosen.fix, instruments, clock.now_ns())
    if not chosen.replay.path:
        raise SettingsError("no feed: neither marketdata.fix nor marketdata.replay.path is set")
    return ReplayFeed(chosen.replay, instruments, clock)


def serve_feed(settings: Settings, feed: Feed, log: Log, health: Health) -> int:
    """The loop, on any bus. Raises FeedFailed, BusFailed."""
    stop = StopSignal()
    http = serve(settings.http, health)
    publisher = Publisher(feed, log, Clock(settings.clock))
    try:
        feed.start()
        health.clear("start")
        gc.freeze()  # what is there now stays; the collector need not look at it again
        logger.info("started", settings=settings.hash())
        while not stop.is_set and not publisher.done:
            publisher.turn()
            health.beat()
            reason = feed.not_ready()
            if reason is None:
                health.clear("feed")
            else:
                health.block("feed", reason)
    finally:  # also when the feed fails: its quotes are withdrawn
        publisher.stop(FLUSH_S)
        if http is not None:
            http.shutdown()
    log.close()
    logger.info("ended", skipped=dict(feed.skipped))
    return 0
