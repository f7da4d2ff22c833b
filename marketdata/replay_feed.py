"""Recorded days as a feed of the market data process: the shell around marketdata.replay."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from datetime import time as clock_time
from pathlib import Path

from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from headgate.calendars import UnknownCalendar, exchange_zone
from headgate.clock import Clock
from headgate.settings import ReplaySettings, SettingsError
from marketdata.recording import Recording
from marketdata.replay import DailyWindow, Replay


class ReplayFeed:
    """See marketdata.feed.Feed."""

    def __init__(
        self, settings: ReplaySettings, instruments: InstrumentTable, clock: Clock
    ) -> None:
        """Raises SettingsError, BadTickFile."""
        recording = recording_of(settings)
        self._clock = clock
        self._stay = settings.stay
        self._skipped = recording.skipped
        self._recorded = recording.events(instruments)
        events: Iterator[MarketEvent] = self._recorded
        if settings.start or settings.end:
            events = _window(settings, instruments).of(events)
        self._replay = Replay(events=events, speed=settings.speed, rebase=settings.rebase)
        self.can_wait = settings.speed == 0

    @property
    def done(self) -> bool:
        return self._replay.done and not self._stay

    @property
    def skipped(self) -> Mapping[str, int]:
        return self._skipped.counts

    def start(self) -> None:
        self._replay.start(self._clock.now_ns())

    def wait(self, timeout_s: float) -> None:
        time.sleep(timeout_s)

    def poll(self, now_ns: int) -> Sequence[MarketEvent]:
        return self._replay.due(now_ns)

    def next_due_ns(self) -> int | None:
        return self._replay.next_due_ns()

    def not_ready(self) -> str | None:
        return None

    def stop(self) -> Sequence[MarketEvent]:
        self._recorded.close()
        return ()


def recording_of(settings: ReplaySettings) -> Recording:
    """What the settings name. Raises SettingsError."""
    return Recording(
        path=Path(settings.path),
        format=settings.format,
        symbols=settings.symbols,
        days=tuple(_day(text) for text in settings.days),
        skip_bad=settings.skip_bad,
    )


def _window(settings: ReplaySettings, instruments: InstrumentTable) -> DailyWindow:
    """Times are those of the first symbol's exchange."""
    symbol = settings.symbols[0] if settings.symbols else next(iter(instruments.by_symbol))
    day = _day(settings.days[0]) if settings.days else date(2000, 1, 3)
    try:
        zone = exchange_zone(instruments[symbol].calendar, day)
    except UnknownCalendar as error:
        raise SettingsError(f"marketdata.replay.start: {error}") from error
    return DailyWindow(
        zone=zone, start=_time("start", settings.start), end=_time("end", settings.end)
    )


def _time(name: str, text: str) -> clock_time | None:
    if not text:
        return None
    try:
        found = clock_time.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"marketdata.replay.{name}: {error}") from error
    if found.tzinfo is not None:
        raise SettingsError(f"marketdata.replay.{name}: a zone; times are those of the exchange")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"marketdata.replay.days: {text!r}: {error}") from error
