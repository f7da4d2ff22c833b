"""Recorded days of one directory as one stream of events by time, whatever their format.

Symbols are those of the instrument table; prices come out on its grid.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import merge
from operator import attrgetter
from pathlib import Path

from domain.file_format import FileFormat
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from marketdata import lean
from marketdata.tick_faults import Skipped, TickFault, bad_file


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

    def events(self, instruments: InstrumentTable) -> Iterator[MarketEvent]:
        """Yield by rising time. Raises BadTickFile: for files and symbols at once, for rows then.

        A symbol that the table lacks is an error, or where it was not asked for and bad rows are
        skipped, left out and counted.
        """
        if not self.path.exists():
            raise bad_file(self.path, TickFault.NO_FILE, "there is no such file or directory")
        return self._lean(instruments)

    def _lean(self, instruments: InstrumentTable) -> Iterator[MarketEvent]:
        root = next((p for p in (self.path / "tick", self.path / "lean" / "tick") if p.is_dir()),
                    None)  # fmt: skip
        if root is None:
            raise bad_file(self.path, TickFault.NO_FILE, "neither tick/ nor lean/tick/ in it")
        found = self.symbols or tuple(sorted(each.name.upper() for each in root.iterdir()))
        symbols = [symbol for symbol in found if self._is_known(symbol, instruments)]
        days = self.days or _days_of(root, symbols)
        if not symbols or not days:
            raise bad_file(root, TickFault.NO_FILE, f"no day of {', '.join(symbols) or 'any'}")
        for symbol in symbols:  # told now, not when their day has come
            for day in days:
                for kind in ("quote", "trade"):
                    lean.tick_file(self.path, symbol, day, kind)
        return _in_turn(self._lean_day(day, symbols, instruments) for day in sorted(days))

    def _lean_day(
        self, day: date, symbols: Sequence[str], instruments: InstrumentTable
    ) -> Iterator[MarketEvent]:
        return by_time(
            [
                lean.read_day(self.path, symbol, day, self.skipped, tick=instruments[symbol].tick,
                              skip_bad=self.skip_bad)
                for symbol in symbols
            ]
        )  # fmt: skip

    def _is_known(self, symbol: str, instruments: InstrumentTable) -> bool:
        if instruments.get(symbol) is not None:
            return True
        if symbol in self.symbols or not self.skip_bad:
            text = f"{symbol} is not in the instrument table"
            raise bad_file(self.path, TickFault.UNKNOWN_SYMBOL, text)
        self.skipped.add(TickFault.UNKNOWN_SYMBOL)
        return False


def by_time(streams: Sequence[Iterator[MarketEvent]]) -> Iterator[MarketEvent]:
    """Merge streams, each by rising time; at one instant the earlier stream comes first."""
    return streams[0] if len(streams) == 1 else merge(*streams, key=attrgetter("at_ns"))


def _in_turn(streams: Iterable[Iterator[MarketEvent]]) -> Iterator[MarketEvent]:
    """One after the other: files are opened when their day has come."""
    for stream in streams:
        yield from stream


def _days_of(root: Path, symbols: Sequence[str]) -> tuple[date, ...]:
    """The days that each of `symbols` has."""
    common: set[date] | None = None
    for symbol in symbols:
        names = (path.name for path in (root / symbol.lower()).glob("*_trade.zip"))
        days = {datetime.strptime(name[:8], "%Y%m%d").date() for name in names}  # noqa: DTZ007
        common = days if common is None else common & days
    return tuple(sorted(common or ()))
