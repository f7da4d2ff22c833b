"""Files of volume bars: three foreign formats, and a plain one of ours as CSV or Parquet.

A bar says how much traded in [start, end). Formats differ in whether its time is its start or its
end and on which clock it is; each reader says so. A bad row ends the reading with file and line: a
curve with a hole in it looks like any other. Only volumes are read, prices are not looked at.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator
from csv import Error as CsvError
from csv import reader as csv_reader
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError
from zoneinfo import ZoneInfo

from marketdata.volume_bins import Bar
from marketdata.volume_curve import CurveError, CurveFault

QTY_MAX: Final = 10**15  # shares of a bar; beyond it, something else was read as a volume
_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN: Final = 120  # characters of a bad row that the error shows
INTRADAY_HEAD: Final = ["symbol", "date", "bin_start", "volume"]
_LEAN_COLUMNS: Final = 6

Row = tuple[str, list[str]]  # (file and line, its cells)


def read_intraday(path: Path, zone: str, bar_s: int) -> Iterator[Bar]:
    """`symbol,date,bin_start,volume` with a head: stamped at the START, on the clock of `zone`."""
    where = ZoneInfo(zone)

    def bar(cells: list[str], at: str) -> Bar:
        symbol, day, start, volume = cells
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(start), tzinfo=where)
        return _bar(symbol, _ns(local), bar_s, volume, at)

    rows = _csv_rows(path, ",")
    _expect_head(rows, INTRADAY_HEAD, path)
    return _rising(_bars(rows, bar))


def read_minute_ends(path: Path, symbol: str, bar_s: int) -> Iterator[Bar]:
    """`YYYYMMDD HHMMSS;open;high;low;close;volume`, no head: stamped at the END of the bar, UTC."""

    def bar(cells: list[str], at: str) -> Bar:
        stamp, _, _, _, _, volume = cells
        end = datetime.strptime(stamp, "%Y%m%d %H%M%S").replace(tzinfo=UTC)
        return _bar(symbol, _ns(end) - bar_s * _NS, bar_s, volume, at)

    return _rising(_bars(_csv_rows(path, ";"), bar))


def read_lean_seconds(path: Path, symbol: str, day: date, zone: str) -> Iterator[Bar]:
    """A zip of `ms,open,high,low,close,volume`: stamped at the START, ms of the local day.

    Local days are counted from the offset at noon, for clocks change before any market opens.
    """
    noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(zone))
    midnight_ns = _ns(noon) - 12 * 3_600 * _NS

    def bar(cells: list[str], at: str) -> Bar:
        if len(cells) != _LEAN_COLUMNS:
            raise ValueError(f"{len(cells)} columns, not {_LEAN_COLUMNS}")
        ms = int(cells[0])
        if not 0 <= ms < 86_400_000:
            raise ValueError("time is outside the day")
        return _bar(symbol, midnight_ns + ms * 1_000_000, 1, cells[-1], at)

    return _rising(_bars(_zip_rows(path), bar))


def read_bars(path: Path, bar_s: int) -> Iterator[Bar]:
    """Our plain schema: columns `symbol`, `volume`, and `start` or `end`, of which there is one.

    Times are ISO 8601 with their offset from UTC, or whole ns UTC; Parquet may hold timestamps with
    a time zone. Other columns are not looked at. CSV, CSV.gz or Parquet by the file's name.
    """
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path, ",")
    where, head = next(rows, (str(path), []))
    stamps = [name for name in ("start", "end") if name in head]
    missing = [name for name in ("symbol", "volume") if name not in head]
    if missing or len(stamps) != 1:
        raise CurveError(
            CurveFault.BAD_ROW,
            f"{where}: columns {', '.join(head) or 'none'}: needs symbol, volume, and one of start "
            "and end",
        )
    columns = [head.index(name) for name in ("symbol", stamps[0], "volume")]
    back_ns = bar_s * _NS if stamps[0] == "end" else 0

    def bar(cells: list[str], at: str) -> Bar:
        if len(cells) != len(head):
            raise ValueError(f"{len(cells)} columns, not {len(head)}")
        symbol, stamp, volume = (cells[column] for column in columns)
        return _bar(symbol, _stamp_ns(stamp) - back_ns, bar_s, volume, at)

    return _rising(_bars(rows, bar))


def _bar(symbol: str, start_ns: int, bar_s: int, volume: str, where: str) -> Bar:
    qty = int(volume)
    if not symbol:
        raise ValueError("no symbol")
    if not 0 <= qty <= QTY_MAX:
        raise ValueError(f"volume {volume} is not 0 to {QTY_MAX}")
    return Bar(symbol, start_ns, start_ns + bar_s * _NS, qty, where)


def _bars(rows: Iterable[Row], bar: Callable[[list[str], str], Bar]) -> Iterator[Bar]:
    for where, cells in rows:
        try:
            yield bar(cells, where)
        except ValueError as error:
            shown = ",".join(cells)[:_SHOWN]
            raise CurveError(CurveFault.BAD_ROW, f"{where}: {error}: {shown!r}") from error


def _rising(bars: Iterable[Bar]) -> Iterator[Bar]:
    """The same, refusing a bar that begins before the one of its symbol above has ended."""
    ends: dict[str, int] = {}
    for bar in bars:
        if bar.start_ns < ends.get(bar.symbol, bar.start_ns):
            raise CurveError(
                CurveFault.BAD_ROW,
                f"{bar.where}: time goes back, or the bar overlaps the one of {bar.symbol} above",
            )
        ends[bar.symbol] = bar.end_ns
        yield bar


def _expect_head(rows: Iterator[Row], head: list[str], path: Path) -> None:
    where, cells = next(rows, (str(path), []))
    if cells != head:
        raise CurveError(
            CurveFault.BAD_ROW, f"{where}: the head is {','.join(cells)!r}, not {','.join(head)!r}"
        )


def _csv_rows(path: Path, delimiter: str) -> Iterator[Row]:
    """Rows that are not empty, with their place. Raises CurveError naming it."""
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else (
            path.open("r", encoding="utf-8", newline="")
        ) as file:  # fmt: skip
            lines = csv_reader(file, delimiter=delimiter, strict=True)
            for cells in lines:
                number = lines.line_num
                if cells:
                    yield f"{path}, line {number}", cells
    except (OSError, EOFError, ZlibError, UnicodeDecodeError, CsvError) as error:
        if isinstance(error, FileNotFoundError):
            raise CurveError(CurveFault.NO_FILE, f"{path}: there is no such file") from error
        raise CurveError(CurveFault.BAD_ROW, f"{path}, after line {number}: {error}") from error


def _zip_rows(path: Path) -> Iterator[Row]:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) != 1:
                raise CurveError(CurveFault.BAD_ROW, f"{path}: holds {len(names)} files, not one")
            text = archive.read(names[0]).decode("ascii")
    except (BadZipFile, OSError, EOFError, ZlibError, UnicodeDecodeError) as error:
        fault = CurveFault.NO_FILE if isinstance(error, FileNotFoundError) else CurveFault.BAD_ROW
        raise CurveError(fault, f"{path}: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        yield f"{path}, line {number}", line.split(",")


def _parquet_rows(path: Path) -> Iterator[Row]:
    """The head, then every row as text, as a CSV would have it."""
    import pyarrow.parquet  # no process that trades needs it
    from pyarrow import ArrowException

    try:
        file = pyarrow.parquet.ParquetFile(path)
        wanted = [name for name in file.schema_arrow.names
                  if name in ("symbol", "start", "end", "volume")]  # fmt: skip
        yield f"{path}, schema", wanted
        number = 0
        for batch in file.iter_batches(columns=wanted):
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield f"{path}, row {number}", [_cell(each) for each in cells]
    except (OSError, ArrowException) as error:
        fault = CurveFault.NO_FILE if isinstance(error, FileNotFoundError) else CurveFault.BAD_ROW
        raise CurveError(fault, f"{path}: {error}") from error


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _stamp_ns(text: str) -> int:
    """ns UTC of an ISO time with an offset, or of whole ns. Raises ValueError."""
    if text.lstrip("-").isdecimal():
        return int(text)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return _ns(at)


def _ns(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * 1_000
