"""FIX market data sessions as the feed of the market data process. It decides nothing.

One thread, the loop's, owns the cores: QuickFIX's threads only enqueue.
"""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from queue import Empty
from typing import Final

import structlog

from domain.fix_message import BadField, FixMessage
from domain.instruments import Instrument, InstrumentTable
from domain.marketdata import MarketEvent
from headgate import metrics
from headgate.settings import FixFeedSettings, SettingsError
from marketdata.feed import FeedFailed
from marketdata.fix_client import Arrived, Event, Failed, FixClient, LoggedOn
from marketdata.fix_outputs import FeedTerms, Note, Now, Output, SendFix
from marketdata.fix_session import FixSession
from marketdata.fix_subscription import SECOND_NS, State

# Messages read in one turn of the loop: some 20 ms of work, then what came of them is published.
TAKE_MAX: Final = 500
# A session that has said nothing for so many heartbeats may be dead: QuickFIX will know after 2.4.
QUIET_HEARTBEATS: Final = 2
# QuickFIX gives up the GIL at every call; with Python's default of 5 ms each of them would wait
# so long for a busy thread of ours (performance.md 3c).
SWITCH_INTERVAL_S: Final = 50e-6

logger = structlog.get_logger()


class FixFeed:
    """The sessions of `marketdata.fix`. Raises SettingsError."""

    can_wait = False
    done = False

    def __init__(
        self, sessions: tuple[FixFeedSettings, ...], instruments: InstrumentTable, now_ns: int
    ) -> None:
        venues = [each.venue for each in sessions]
        if len(set(venues)) != len(venues):
            raise SettingsError("marketdata.fix: a venue is named twice")
        prefix = f"{time.time_ns():x}"  # MDReqID(262): no run has those of another
        self.sessions = {
            each.venue: FixSession.of(_terms(each, prefix), _instruments(each, instruments))
            for each in sessions
        }
        self._client = FixClient(sessions)
        self._ready: list[MarketEvent] = []
        self._first: Event | None = None
        self._on: dict[str, bool] = dict.fromkeys(venues, False)
        self._skipped: dict[str, int] = {}
        self._known = frozenset(instruments.by_symbol)
        self._told: dict[tuple[str, str, str], int] = {}
        self._now_ns = now_ns

    @property
    def skipped(self) -> Mapping[str, int]:
        return self._skipped

    def start(self) -> None:
        """Withdraw what an earlier run left, and connect."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        now = Now(self._now_ns, time.monotonic_ns())
        for venue, session in self.sessions.items():
            self._perform(venue, session.on_start(now))
        self._client.start()

    def wait(self, timeout_s: float) -> None:
        """Until something arrives."""
        if self._first is None and not self._ready:
            try:
                self._first = self._client.events.get(timeout=timeout_s)
            except Empty:
                return

    def poll(self, now_ns: int) -> Sequence[MarketEvent]:
        """What came since. Raises FeedFailed."""
        self._now_ns = now_ns
        now = Now(now_ns, time.monotonic_ns())
        for _ in range(TAKE_MAX):
            event = self._next()
            if event is None:
                break
            self._on_event(event, now)
        for venue, session in self.sessions.items():
            self._perform(venue, session.on_timer(now))
            for state, count in session.states().items():
                metrics.MARKETDATA_FIX_SYMBOLS.labels(venue, state.value).set(count)
        ready, self._ready = self._ready, []
        return ready

    def next_due_ns(self) -> int | None:
        """What comes is not known before; timers are looked at in every turn."""
        return None

    def not_ready(self) -> str | None:
        """Which sessions are down, and which symbols have no book until somebody looks."""
        down = [venue for venue, is_on in self._on.items() if not is_on]
        if down:
            return f"no market data session: {', '.join(down)}"
        lost = {venue: each.states()[State.GIVEN_UP] for venue, each in self.sessions.items()}
        named = [f"{venue} {count}" for venue, count in lost.items() if count]
        return f"symbols given up: {', '.join(named)}" if named else None

    def stop(self) -> Sequence[MarketEvent]:
        """Disconnect. What was published is withdrawn: nobody keeps it up to date."""
        self._client.stop()
        now = Now(self._now_ns, time.monotonic_ns())
        for venue, session in self.sessions.items():
            self._perform(venue, session.on_logout(now))
        return self._ready

    def _next(self) -> Event | None:
        first, self._first = self._first, None
        if first is not None:
            return first
        try:
            return self._client.events.get_nowait()
        except Empty:
            return None

    def _on_event(self, event: Event, now: Now) -> None:
        """Raises FeedFailed."""
        if isinstance(event, Failed):
            raise FeedFailed(event.text)
        venue, session = event.venue, self.sessions[event.venue]
        if isinstance(event, Arrived):
            metrics.FIX_MESSAGES.labels(venue, "in").inc()
            try:
                message = FixMessage.parse(event.text)
            except BadField as error:  # its number is then missing, which the core will notice
                self._noted(Note(venue, "", "malformed", str(error)))
                return
            self._perform(venue, session.on_message(message, now))
            return
        is_on = isinstance(event, LoggedOn)
        if is_on != self._on[venue]:
            logger.info("session", venue=venue, logged_on=is_on)
        self._on[venue] = is_on
        self._perform(venue, session.on_logon(now) if is_on else session.on_logout(now))

    def _perform(self, venue: str, outputs: Iterable[Output]) -> None:
        for each in outputs:
            if isinstance(each, SendFix):
                self._client.send(venue, each)
                metrics.FIX_MESSAGES.labels(venue, "out").inc()
            elif isinstance(each, Note):
                self._noted(each)
            else:
                self._ready.append(each)

    def _noted(self, note: Note) -> None:
        """Count all; log alarms, and of the rest the first, second, fourth and so on of a kind."""
        self._skipped[note.reason] = self._skipped.get(note.reason, 0) + 1
        symbol = (
            note.symbol if note.symbol in self._known else ""
        )  # others are as many as one likes
        key = note.venue, symbol, note.reason
        count = self._told[key] = self._told.get(key, 0) + 1
        if note.is_alarm or count & (count - 1) == 0:
            log = logger.error if note.is_alarm else logger.warning
            log("market_data_fault", venue=note.venue, symbol=note.symbol, reason=note.reason,
                text=note.text, count=count)  # fmt: skip


def _terms(settings: FixFeedSettings, prefix: str) -> FeedTerms:
    return FeedTerms(
        venue=settings.venue,
        depth=settings.depth,
        imbalances=settings.imbalances,
        statuses=settings.statuses,
        quiet_ns=QUIET_HEARTBEATS * settings.heartbeat_s * SECOND_NS,
        id_prefix=prefix,
    )


def _instruments(settings: FixFeedSettings, table: InstrumentTable) -> list[Instrument]:
    """The instruments that a session asks for. Raises SettingsError."""
    traded = [each for each in table.by_symbol.values() if settings.venue in each.venues]
    named = [each for each in traded if each.symbol in settings.symbols]
    missing = set(settings.symbols) - {each.symbol for each in named}
    if missing or not traded:
        what = ", ".join(sorted(missing)) or "no instrument"
        raise SettingsError(f"marketdata.fix: {what} is traded at {settings.venue}")
    return named or traded
