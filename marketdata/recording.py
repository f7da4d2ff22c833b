"""Recorded days of one directory as one stream of events by time, whatever their format.

Symbols are those of the instrument table; prices come out on its grid.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Final

from domain.file_format import FileFormat
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from marketdata import lean, lobster, plain_files
from marketdata.lobster import LobsterDay, lobster_day
from marketdata.tick_faults import Skipped, Stream, TickFault, TickFile, bad_file

_DAY_NS: Final = 86_400_000_000_000

Events = Stream[MarketEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What to read: of all that `path` holds in `format` these symbols and days; empty: all.

    `skip_bad`: bad rows are counted in `skipped` and left out, else the first one is an error.
    """

    path: Path
    format: FileFormat
    symbols: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    skip_bad: bool = False
    skipped: Skipped = field(default_factory=Skipped)

    def events(self, instruments: InstrumentTable) -> Events:
        """Yield by rising time. Raises BadTickFile: for files and symbols at once, for rows then.

        A symbol that the table lacks is an error, or where it was not asked for and bad rows are
        skipped, left out and counted.
        """
        if not self.path.exists():
            raise bad_file(self.path, TickFault.NO_FILE, "there is no such file or directory")
        if self.format is FileFormat.LOBSTER:
            return self._lobster(instruments)
        if self.format is FileFormat.PLAIN:
            return self._plain(instruments)
        return self._lean(instruments)

    def _lean(self, instruments: InstrumentTable) -> Events:
        root = next((p for p in (self.path / "tick", self.path / "lean" / "tick") if p.is_dir()),
                    None)  # fmt: skip
        if root is None:
            raise bad_file(self.path, TickFault.NO_FILE, "neither tick/ nor lean/tick/ in it")
        found = self.symbols or tuple(
            sorted(each.name.upper() for each in root.iterdir() if each.is_dir())
        )
        symbols = [symbol for symbol in found if self._is_known(symbol, instruments)]
        days = self.days or _days_of(root, symbols)
        if not symbols or not days:
            raise bad_file(root, TickFault.NO_FILE, f"no day of {', '.join(symbols) or 'any'}")
        for symbol in symbols:  # told now, not when their day has come
            for day in days:
                for kind in ("quote", "trade"):
                    lean.tick_file(self.path, symbol, day, kind)
        return _in_turn(self._lean_day(day, symbols, instruments) for day in sorted(days))

    def _lean_day(self, day: date, symbols: Sequence[str], instruments: InstrumentTable) -> Events:
        return by_time(
            [
                lean.read_day(self.path, symbol, day, self.skipped, tick=instruments[symbol].tick,
                              skip_bad=self.skip_bad)
                for symbol in symbols
            ]
        )  # fmt: skip

    def _lobster(self, instruments: InstrumentTable) -> Events:
        found = [lobster_day(path) for path in self._files("*_message_*")]
        wanted = [
            each
            for each in found
            if each is not None
            and (not self.days or each.day in self.days)
            and (not self.symbols or each.symbol in self.symbols)
        ]
        known = {each.symbol: self._is_known(each.symbol, instruments) for each in wanted}
        by_day: dict[date, list[LobsterDay]] = {}
        for each in wanted:
            if known[each.symbol]:
                by_day.setdefault(each.day, []).append(each)
        for symbol in self.symbols:
            for day in self.days or sorted(by_day):
                if symbol not in [each.symbol for each in by_day.get(day, ())]:
                    text = f"no messages of {symbol} on {day}"
                    raise bad_file(self.path, TickFault.NO_FILE, text)
        if not by_day:
            raise bad_file(self.path, TickFault.NO_FILE, "no message file of LOBSTER's naming")
        return _in_turn(self._lobster_day(by_day[day], instruments) for day in sorted(by_day))

    def _lobster_day(self, found: Sequence[LobsterDay], instruments: InstrumentTable) -> Events:
        return by_time(
            [
                lobster.read_day(each, self.skipped, tick=instruments[each.symbol].tick,
                                 skip_bad=self.skip_bad)
                for each in sorted(found, key=lambda each: each.symbol)
            ]
        )  # fmt: skip

    def _plain(self, instruments: InstrumentTable) -> Events:
        for symbol in self.symbols:
            self._is_known(symbol, instruments)
        paths = [path for path in self._files("*") if plain_files.suffix(path)]
        if not paths:
            kinds = ", ".join(plain_files.SUFFIXES)
            raise bad_file(self.path, TickFault.NO_FILE, f"no file that ends in one of {kinds}")
        events = by_time(
            [
                plain_files.read_file(
                    TickFile(path, self.skipped, self.skip_bad), instruments, self.symbols
                )
                for path in paths
            ]
        )
        return events if not self.days else _on_days(events, frozenset(self.days))

    def _files(self, pattern: str) -> list[Path]:
        """The file that was named, or those of the directory, in order of their names."""
        return [self.path] if self.path.is_file() else sorted(self.path.glob(pattern))

    def _is_known(self, symbol: str, instruments: InstrumentTable) -> bool:
        if instruments.get(symbol) is not None:
            return True
        if symbol in self.symbols or not self.skip_bad:
            text = f"{symbol} is not in the instrument table"
            raise bad_file(self.path, TickFault.UNKNOWN_SYMBOL, text)
        self.skipped.add(TickFault.UNKNOWN_SYMBOL)
        return False


def by_time(streams: Sequence[Events]) -> Events:
    """Merge streams, each by rising time; at one instant the earlier stream comes first."""
    return streams[0] if len(streams) == 1 else _merged(streams)


def _merged(streams: Sequence[Events]) -> Events:
    with ExitStack() as closed:
        for stream in streams:
            closed.enter_context(closing(stream))
        yield from merge(*streams, key=attrgetter("at_ns"))


def _in_turn(streams: Iterable[Events]) -> Events:
    """One after the other: files are opened when their day has come."""
    for stream in streams:
        yield from stream


def _on_days(events: Events, days: frozenset[date]) -> Events:
    """Those of `days` in UTC, as the times of a plain file are."""
    numbers = {(day - date(1970, 1, 1)).days for day in days}
    with closing(events):
        yield from (event for event in events if event.at_ns // _DAY_NS in numbers)


def _days_of(root: Path, symbols: Sequence[str]) -> tuple[date, ...]:
    """The days that each of `symbols` has."""
    common: set[date] | None = None
    for symbol in symbols:
        found = (_day_of(path) for path in (root / symbol.lower()).glob("*_trade.zip"))
        days = {day for day in found if day is not None}
        common = days if common is None else common & days
    return tuple(sorted(common or ()))


def _day_of(archive: Path) -> date | None:
    """The day that a name begins with; None for another file."""
    try:
        return date.fromisoformat(archive.name.removesuffix("_trade.zip"))
    except ValueError:
        return None
