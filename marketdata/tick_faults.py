"""What may be wrong with a file of market data, and what is done about it.

A fault of a row ends the reading with BadTickFile, which names file and line, or the row is left
out and counted, as the reader's caller wishes. A fault of the file (it is not there, it ends too
early, it is something else) always ends it: a day that stops at noon is no day. Either way no
event is made of it, so no book is.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Final, TypeVar
from zipfile import BadZipFile
from zlib import error as ZlibError

from domain.instruments import MAX_QTY
from marketdata.feed import FeedFailed

BLOCK_BYTES: Final = 1 << 16  # read at a time: some 2,000 rows, so memory is flat in the file
# No row of any format is longer than a full book of 200 levels; a "line" beyond it is not text.
LINE_MAX: Final = 1 << 15
_SHOWN: Final = 120  # characters of a bad row that the error shows


_Item = TypeVar("_Item")
# What a reader yields. Whoever leaves it before its end closes it, so that its files are closed.
Stream = Generator[_Item, None, None]
Block = tuple[int, list[bytes]]  # (number of the first line, lines without their ends)


class TickFault(StrEnum):
    """Why a file or a row is not used."""

    # Of the file: never skipped.
    NO_FILE = "no_file"
    TRUNCATED = "truncated"
    WRONG_FORMAT = "wrong_format"
    # Of a row.
    BAD_ROW = "bad_row"  # a column too many or too few, a cell that is not what it should be
    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_SYMBOL = "unknown_symbol"
    TIME_BACK = "time_back"  # before the row above
    OUTSIDE_DAY = "outside_day"
    BAD_PRICE = "bad_price"  # zero or negative
    BAD_QTY = "bad_qty"
    OFF_GRID = "off_grid"  # no whole number of the instrument's ticks
    CROSSED = "crossed"  # the bid above the ask
    # Of a row that the source itself calls doubtful: always skipped, never an error.
    SUSPICIOUS = "suspicious"
    # Of a print that is used, marked TradeCondition.UNKNOWN.
    UNKNOWN_CONDITION = "unknown_condition"


class BadTickFile(FeedFailed):
    """A file that is not there or not usable; the text names file, line and why."""

    def __init__(self, fault: TickFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


def bad_file(path: Path, fault: TickFault, text: str) -> BadTickFile:
    """The error about `path`."""
    return BadTickFile(fault, f"{path}: {fault.value}: {text}")


class RowFault(Exception):
    """A row that yields no event. Raised and caught within a reader."""

    def __init__(self, fault: TickFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


def bad_qty() -> RowFault:
    """The fault of a quantity that is not from 1 to MAX_QTY."""
    return RowFault(TickFault.BAD_QTY, f"a quantity that is not above zero, or above {MAX_QTY:,}")


@dataclass(slots=True)
class Skipped:
    """How often each fault was passed over. UNKNOWN_CONDITION counts events that are used."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, fault: TickFault) -> None:
        self.counts[fault.value] = self.counts.get(fault.value, 0) + 1

    def of(self, fault: TickFault) -> int:
        return self.counts.get(fault.value, 0)

    @property
    def rows(self) -> int:
        """Rows that yielded no event."""
        return sum(self.counts.values()) - self.of(TickFault.UNKNOWN_CONDITION)


@dataclass(slots=True)
class TickFile:
    """One file that is being read: where faults of its rows go."""

    path: Path
    skipped: Skipped
    skip_bad: bool = False

    def pass_over(self, error: Exception, number: int, row: object) -> None:
        """Count the fault of a row. Raises BadTickFile instead if bad rows are not skipped."""
        fault = error.fault if isinstance(error, RowFault) else TickFault.BAD_ROW
        if not self.skip_bad:
            raise self.bad(fault, f"line {number}: {error}: {_shown(row)}") from error
        self.skipped.add(fault)

    def bad(self, fault: TickFault, text: str) -> BadTickFile:
        """An error about the file."""
        return bad_file(self.path, fault, text)

    def blocks(self, stream: IO[bytes]) -> Iterator[Block]:
        """Yield the lines, a block at a time.

        Raises BadTickFile if the archive ends or breaks before its content does.
        """
        number, rest = 1, b""
        while block := self._read(stream, number):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if len(rest) > LINE_MAX:
                raise self.bad(TickFault.WRONG_FORMAT, f"line {number + len(lines)}: no end of it")
            if b"\r" in block:
                lines = [line.removesuffix(b"\r") for line in lines]
            yield number, lines
            number += len(lines)
        if rest:
            yield number, [rest.removesuffix(b"\r")]

    def _read(self, stream: IO[bytes], number: int) -> bytes:
        try:
            return stream.read(BLOCK_BYTES)
        except (EOFError, BadZipFile, ZlibError, OSError) as error:
            raise self.bad(TickFault.TRUNCATED, f"after line {number - 1}: {error}") from error


def _shown(row: object) -> str:
    text = row.decode("utf-8", "replace") if isinstance(row, bytes) else str(row)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
