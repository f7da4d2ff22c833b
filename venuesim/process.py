"""The venue simulator as a process: FIX sessions in front, market data behind, one loop.

It decides nothing: it reads requests, calls the venues, journals, sends and publishes.
"""

import gc
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from queue import Empty
from types import FrameType
from typing import Final

import structlog

from bus.codec import encode
from bus.kafka import KafkaLog
from bus.log import BusFailed, Log
from bus.topics import Topic
from domain.instruments import InstrumentTable
from domain.marketdata import Quote, Trade
from headgate import metrics
from headgate.clock import Clock
from headgate.settings import (
    Settings,
    SettingsError,
    SimVenueSettings,
    VenueSettings,
    load_instruments,
)
from headgate.telemetry import Health, StopSignal, configure_logs, serve
from venuesim.client_orders import Sent, fold
from venuesim.fix_venue import CannotListen, FixEndpoint, FixVenues, Inbound, LoggedOn
from venuesim.journal import Journal
from venuesim.live_market import live_market, ways_of_market_data
from venuesim.market_data_fix import MarketDataSessions, SessionFailed
from venuesim.requests import (
    CancelOrder,
    CancelRejected,
    NewOrder,
    ReplaceOrder,
    Report,
)
from venuesim.translation import Unreadable, answer_text, read_text
from venuesim.venue import MarketEvent, Output

ROUND_S: Final = 0.01  # the longest wait for a request; the flow goes on at this grain
REQUESTS_PER_ROUND: Final = 500  # bounds how long market data waits behind a burst of orders
FLUSH_S: Final = 5.0

logger = structlog.get_logger()


class _SessionCut:
    """SIGUSR1 asks for every FIX connection to be dropped: tests cut a session this way."""

    def __init__(self) -> None:
        self.wanted = False
        signal.signal(signal.SIGUSR1, self._cut)

    def _cut(self, number: int, frame: FrameType | None) -> None:
        self.wanted = True


class VenueSimulator:
    """The venues of this process and everything they touch."""

    def __init__(
        self,
        settings: Settings,
        names: tuple[str, ...],
        instruments: InstrumentTable,
        log: Log,
    ) -> None:
        self._clock = Clock(settings.clock)
        self._log = log
        store_dir = Path(settings.venuesim.store_dir)
        chosen = [each for each in settings.venues if each.name in names or not names]
        self._journals = {each.name: Journal(store_dir / f"{each.name}.jsonl") for each in chosen}
        orders = {name: fold(name, journal.read()) for name, journal in self._journals.items()}
        self._venues = live_market(settings, chosen, instruments, orders, self._clock.now_ns())
        self._fix = FixVenues([_endpoint(each) for each in chosen], store_dir)
        self._market_data = MarketDataSessions(
            market_data_endpoints(settings, chosen),
            {name: list(venue.instruments.values()) for name, venue in self._venues.items()},
        )
        self._under_way = ways_of_market_data(settings, chosen)
        self._is_published = settings.venuesim.publish

    def start(self) -> None:
        """Accept sessions. Raises CannotListen."""
        self._fix.start()
        self._market_data.start()

    def turn(self, timeout_s: float) -> None:
        """One turn of the loop."""
        # 1 poll: what came over FIX
        inbound = self._receive(min(timeout_s, self._until_due_s()))
        # 2 the venues do what is due
        began_s = time.perf_counter()
        now_ns = self._clock.now_ns()
        market: list[MarketEvent] = []
        logged_on = [each.venue for each in inbound if isinstance(each, LoggedOn)]
        self._hand_in(inbound, now_ns)
        for name, venue in self._venues.items():
            if venue.terms.faults.out_at(now_ns):
                self._fix.disconnect(name)
                self._market_data.disconnect(name)
            outputs = venue.on_logon(now_ns) if name in logged_on else []
            outputs += venue.on_timer(now_ns)
            # 3 journal, then answer
            self._answer(name, outputs, now_ns)
            shown = [each for each in outputs if isinstance(each, MarketEvent)]
            market += self._under_way[name].send(shown, now_ns)
        # 4 publish, one record a symbol; nothing here waits for the broker, or for a subscriber
        self._publish(market)
        self._serve(market)
        self._show_to_dark(market)
        self._log.poll(0)
        metrics.LOOP_SECONDS.observe(time.perf_counter() - began_s)

    def disconnect(self) -> None:
        """Drop the FIX connections; orders and sequence numbers stay."""
        self._fix.disconnect()
        self._market_data.disconnect()

    def stop(self) -> None:
        """Log out, close. Open orders stay open: a restart cancels them."""
        self._fix.stop()
        self._market_data.stop()
        for journal in self._journals.values():
            journal.close()
        self._log.flush(FLUSH_S)

    def _until_due_s(self) -> float:
        """Seconds of the wall until a request that waits for a latency is due."""
        due = [each.next_request_ns() for each in self._venues.values()]
        waiting = [each for each in due if each is not None]
        if not waiting:
            return ROUND_S
        return max(0.0, self._clock.wall_s(min(waiting) - self._clock.now_ns()))

    def _receive(self, timeout_s: float) -> list[Inbound]:
        found: list[Inbound] = []
        try:
            found.append(self._fix.inbound.get(timeout=timeout_s))
            while len(found) < REQUESTS_PER_ROUND:
                found.append(self._fix.inbound.get_nowait())
        except Empty:
            pass
        return found

    def _hand_in(self, inbound: list[Inbound], now_ns: int) -> None:
        for each in inbound:
            if isinstance(each, LoggedOn):
                logger.info("logged_on", venue=each.venue)
                continue
            metrics.FIX_MESSAGES.labels(each.venue, "in").inc()
            request = read_text(each.text, now_ns)
            if isinstance(request, Unreadable):
                logger.warning("not_readable", venue=each.venue, error=request.error)
                self._fix.send(each.venue, request.answer)
                continue
            self._venues[each.venue].on_request(request, now_ns)

    def _answer(self, name: str, outputs: list[Output], now_ns: int) -> None:
        """Journal what was done, send the answers, journal that they are with the session."""
        answers = [each for each in outputs if isinstance(each, Report | CancelRejected)]
        requests = (NewOrder, CancelOrder, ReplaceOrder)
        journal = self._journals[name]
        journal.append(
            each
            for each in outputs
            if isinstance(each, requests)
            or (isinstance(each, Report | CancelRejected) and not each.poss_resend)
        )
        for answer in answers:
            self._fix.send(name, answer_text(answer))
        if answers:
            journal.append([Sent(at_ns=now_ns)])
            metrics.FIX_MESSAGES.labels(name, "out").inc(len(answers))
        metrics.VENUESIM_ORDERS.labels(name).inc(sum(isinstance(e, NewOrder) for e in outputs))

    def _show_to_dark(self, market: Iterable[MarketEvent]) -> None:
        """Dark venues see what the lit ones quoted in this turn in the next one."""
        dark = [each for each in self._venues.values() if each.terms.dark]
        for event in market if dark else ():
            if isinstance(event, Quote):
                for venue in dark:
                    venue.on_quote(event)

    def _publish(self, market: Iterable[MarketEvent]) -> None:
        by_symbol: dict[str, list[MarketEvent]] = {}
        for event in market:
            by_symbol.setdefault(event.symbol, []).append(event)
            if isinstance(event, Quote):
                metrics.VENUESIM_QUOTES.labels(event.venue).inc()
            elif isinstance(event, Trade):
                metrics.VENUESIM_TRADES.labels(event.venue).inc()
        for symbol, events in by_symbol.items() if self._is_published else ():
            self._log.append(Topic.MARKETDATA, symbol, encode(Topic.MARKETDATA, events))

    def _serve(self, market: Iterable[MarketEvent]) -> None:
        """Show it to those who asked over FIX. Raises SessionFailed."""
        for done in self._market_data.turn(market):
            session = f"{done.venue} market data"
            metrics.FIX_MESSAGES.labels(session, "in").inc(done.received)
            metrics.FIX_MESSAGES.labels(session, "out").inc(done.sent)
            if done.logged_on:
                logger.info("market_data_logged_on", venue=done.venue)
            if done.cut:
                logger.warning("market_data_cut", venue=done.venue, reason=done.cut)
        for venue, server in self._market_data.servers.items():
            metrics.VENUESIM_FIX_CONFLATED.labels(venue).set(server.conflated)


def run(settings: Settings, venue_names: tuple[str, ...] = ()) -> int:
    """Simulate these venues (all of the settings if none is named) until told to stop."""
    configure_logs("venuesim", settings.log.level)
    known = [each.name for each in settings.venues]
    unknown = [name for name in venue_names if name not in known]
    if unknown or not known:
        logger.error("unknown_venues", venues=unknown, known=known)
        return 2
    try:
        instruments = load_instruments(Path(settings.instruments_file))
        metrics.announce("venuesim", settings.hash(), instruments.hash)
        log = KafkaLog(settings.bus, group="venuesim")
        return serve_venues(settings, venue_names, instruments, log)
    except SettingsError as error:
        logger.error("cannot start", error=str(error))
        return 2
    except BusFailed as error:
        logger.error("bus_failed", error=str(error))
        return 1


def serve_venues(
    settings: Settings, venue_names: tuple[str, ...], instruments: InstrumentTable, log: Log
) -> int:
    """The loop, on any bus. Raises BusFailed after it has stopped the FIX sessions."""
    stop, cut, health = StopSignal(), _SessionCut(), Health()
    http = serve(settings.http, health)
    simulator = VenueSimulator(settings, venue_names, instruments, log)
    try:
        simulator.start()
        health.clear("start")
        gc.freeze()  # what is there now stays; the collector need not look at it again
        logger.info("started", venues=venue_names, settings=settings.hash())
        while not stop.is_set:
            simulator.turn(ROUND_S)
            health.beat()
            if cut.wanted:
                cut.wanted = False
                logger.info("cut", reason="SIGUSR1")
                simulator.disconnect()
    except CannotListen as error:
        logger.error("cannot_listen", error=str(error))
        return 1
    except SessionFailed as error:
        logger.error("session_failed", error=str(error))
        return 1
    finally:
        simulator.stop()
        if http is not None:
            http.shutdown()
    log.close()
    return 0


def market_data_endpoints(settings: Settings, venues: list[VenueSettings]) -> list[FixEndpoint]:
    """Of the venues that serve market data in FIX. Raises SettingsError."""
    found = []
    for each in venues:
        own = settings.venuesim.venues.get(each.name, SimVenueSettings())
        if own.market_data_port:
            endpoint = FixEndpoint(
                venue=each.name,
                port=own.market_data_port,
                comp_id=own.market_data_comp_id or f"{each.comp_id}-MD",
                client_comp_id=own.market_data_client_comp_id or f"{each.our_comp_id}-MD",
            )
            if (endpoint.comp_id, endpoint.client_comp_id) == (each.comp_id, each.our_comp_id):
                raise SettingsError(f"venuesim.venues.{each.name}: two sessions of the same ids")
            found.append(endpoint)
    return found


def _endpoint(venue: VenueSettings) -> FixEndpoint:
    return FixEndpoint(
        venue=venue.name,
        port=venue.port,
        comp_id=venue.comp_id,
        client_comp_id=venue.our_comp_id,
    )
