"""Files of our own flat schema: CSV, CSV in gzip, Parquet. Read and written a block at a time.

What the rows mean is in marketdata.plain_rows. Parquet needs pyarrow, imported only here and when
such a file is opened: it is large, and no trading process needs it.
"""

import csv
import gzip
from collections.abc import Iterable, Sequence
from contextlib import closing
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol
from zlib import error as ZlibError

from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from marketdata.plain_rows import COLUMNS, PRICES, QUANTITIES, RowReader, cells, column_fault
from marketdata.tick_faults import RowFault, Stream, TickFault, TickFile

SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")
ROWS_AT_ONCE: Final = 8_192  # of Parquet: a few MB
ROW_GROUP: Final = 65_536  # rows of a Parquet row group that we write; readers hold one at a time
# The first hundred bytes decide between a foreign file and one that was cut.
_MAGIC: Final = {".parquet": b"PAR1", ".csv.gz": b"\x1f\x8b"}

Rows = Stream[tuple[int, list[str]]]  # (number of the line or row, its cells)


def read_file(
    file: TickFile, instruments: InstrumentTable, symbols: Sequence[str] = ()
) -> Stream[MarketEvent]:
    """Yield the events of a file by time; of `symbols` only, where there are some.

    The columns are looked at now, the rest as it is read. Raises BadTickFile.
    """
    rows = _parquet_rows(file) if suffix(file.path) == ".parquet" else _csv_rows(file)
    number, columns = next(rows, (1, []))
    fault = column_fault(columns)
    if fault is not None:
        rows.close()
        raise file.bad(TickFault.WRONG_FORMAT, f"line {number}: {fault}")
    return _events(file, rows, RowReader(columns, instruments, file.skipped, symbols))


def suffix(path: Path) -> str:
    """Which of SUFFIXES a name ends in; "" for none."""
    return next((each for each in SUFFIXES if path.name.endswith(each)), "")


def _events(file: TickFile, rows: Rows, reader: RowReader) -> Stream[MarketEvent]:
    read = reader.event
    with closing(rows):
        for number, row in rows:
            try:
                event = read(row)
            except (ValueError, RowFault) as error:
                file.pass_over(error, number, ",".join(row))
                continue
            if event is not None:
                yield event


def _csv_rows(file: TickFile) -> Rows:
    """The header, then the rows, each with its line number."""
    number = 0
    try:
        with _open_text(file.path) as stream:
            reader = csv.reader(stream, strict=True)
            for row in reader:
                number = reader.line_num
                yield number, row
    except (EOFError, ZlibError) as error:
        raise file.bad(TickFault.TRUNCATED, f"after line {number}: {error}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise file.bad(TickFault.WRONG_FORMAT, f"after line {number}: {error}") from error


def _open_text(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _parquet_rows(file: TickFile) -> Rows:
    """The names of the columns, then the rows as texts, each with its number from 1."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(file.path)
    except (OSError, pa.ArrowException) as error:
        raise file.bad(_foreign_or_cut(file.path), str(error)) from error
    number = 0
    with table:
        yield 1, list(table.schema_arrow.names)
        for field in table.schema_arrow:
            _check_type(file, field)
        try:
            for batch in table.iter_batches(ROWS_AT_ONCE):
                columns = [_texts(column) for column in batch.columns]
                for row in zip(*columns, strict=True):
                    number += 1
                    yield number, list(row)
        except (OSError, pa.ArrowException) as error:
            raise file.bad(TickFault.TRUNCATED, f"after row {number}: {error}") from error


def _check_type(file: TickFile, field: Any) -> None:  # noqa: ANN401  # pyarrow ships no types
    """Prices are decimals, never doubles; quantities whole. Texts are read as CSV's are."""
    import pyarrow as pa

    found = field.type
    good = pa.types.is_string(found) or pa.types.is_large_string(found)
    if field.name in PRICES:
        good = good or pa.types.is_decimal(found)
    elif field.name in QUANTITIES:
        good = good or pa.types.is_integer(found)
    elif field.name == "at":
        good = good or pa.types.is_integer(found) or found == pa.timestamp("ns", "UTC")
    if not good:
        raise file.bad(TickFault.WRONG_FORMAT, f"column {field.name} is of type {found}")


def _texts(column: Any) -> list[str]:  # noqa: ANN401  # pyarrow ships no types
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return [text or "" for text in column.cast(pa.string()).to_pylist()]


def _foreign_or_cut(path: Path) -> TickFault:
    with path.open("rb") as stream:
        cut = stream.read(4) == _MAGIC[".parquet"]
    return TickFault.TRUNCATED if cut else TickFault.WRONG_FORMAT


class _Sink(Protocol):
    def write(self, row: dict[str, str]) -> None: ...

    def close(self) -> None: ...


class PlainWriter:
    """Writes events to a file of our schema; the name says which kind.

    It grows under another name and gets its own when it is whole: what is there is never half a
    file. Raises ValueError for a name that ends in none of SUFFIXES.
    """

    def __init__(self, path: Path, instruments: InstrumentTable) -> None:
        kind = suffix(path)
        if not kind:
            raise ValueError(f"{path}: its name must end in one of {', '.join(SUFFIXES)}")
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._instruments = instruments
        self._sink: _Sink = (
            _ParquetSink(self._partial) if kind == ".parquet"
            else _CsvSink(self._partial, compressed=kind == ".csv.gz")
        )  # fmt: skip

    def write(self, events: Iterable[MarketEvent]) -> int:
        """Append events, which come by time. Returns how many."""
        count = 0
        for event in events:
            self._sink.write(cells(event, self._instruments[event.symbol]))
            count += 1
        return count

    def __enter__(self) -> "PlainWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        self._sink.close()
        if error is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink()


class _CsvSink:
    def __init__(self, path: Path, *, compressed: bool) -> None:
        # Without name and time in gzip's header the same events give the same bytes.
        self._raw = path.open("wb")
        packed = gzip.GzipFile("", "wb", 6, self._raw, 0) if compressed else None
        self._binary: IO[bytes] = self._raw if packed is None else packed  # type: ignore[assignment]  # GzipFile is one in all but name
        self._text = TextIOWrapper(self._binary, encoding="utf-8", newline="")
        self._rows = csv.DictWriter(self._text, COLUMNS, restval="", lineterminator="\n")
        self._rows.writeheader()

    def write(self, row: dict[str, str]) -> None:
        self._rows.writerow(row)

    def close(self) -> None:
        self._text.close()
        self._raw.close()


class _ParquetSink:
    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._schema = pa.schema([(name, _arrow_type(name)) for name in COLUMNS])
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, str]] = []

    def write(self, row: dict[str, str]) -> None:
        self._rows.append(row)
        if len(self._rows) == ROW_GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        arrays = [
            pa.array([row.get(field.name) or None for row in self._rows], pa.string()).cast(
                field.type
            )
            for field in self._schema
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._rows.clear()


def _arrow_type(column: str) -> Any:  # noqa: ANN401  # pyarrow ships no types
    import pyarrow as pa

    if column in PRICES:
        return pa.decimal128(27, 12)  # MAX_PX in MIN_TICK, and room for what Decimal has
    if column == "at" or column in QUANTITIES:
        return pa.int64()
    return pa.string()
