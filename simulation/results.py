"""Results as files: `orders.parquet`, `fills.parquet` and `summary.json`, the same bytes for the
same results whatever process they came from and in whatever order.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from simulation.order_row import FillRow, OrderRow
from simulation.seed_run import Failed, Outcome, Played
from simulation.summary import Summary

ORDERS: Final = "orders.parquet"
FILLS: Final = "fills.parquet"
SUMMARY: Final = "summary.json"


class CannotWrite(Exception):
    """The directory of results cannot be made or written to."""


def in_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """By variant, then by seed."""
    return sorted(outcomes, key=lambda each: (each.job.variant, each.job.seed))


def write_results(
    out: Path, outcomes: Sequence[Outcome], summary: Summary, *, keeps_fills: bool
) -> list[Path]:
    """Write the files into `out`, which is made. Raises CannotWrite."""
    played = [each for each in in_order(outcomes) if isinstance(each, Played)]
    about = {"headgate.scenario": summary.scenario, "headgate.scenario_hash": summary.scenario_hash,
             "headgate.partial": str(summary.partial).lower()}  # fmt: skip
    written = [out / ORDERS, out / SUMMARY]
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_orders(out / ORDERS, [row for each in played for row in each.rows], about)
        if keeps_fills:
            _write(out / FILLS, FillRow, [row for each in played for row in each.fills], about)
            written.append(out / FILLS)
        text = msgspec.json.format(msgspec.json.encode(summary), indent=2)
        (out / SUMMARY).write_bytes(text + b"\n")
    except OSError as error:
        raise CannotWrite(f"--out: {error}") from error
    return written


def write_orders(path: Path, rows: Sequence[OrderRow], about: dict[str, str]) -> None:
    """Write one file of rows, with `about` as its metadata. Raises OSError."""
    _write(path, OrderRow, rows, about)


def failures(outcomes: Sequence[Outcome]) -> list[Failed]:
    """The jobs that came to nothing."""
    return [each for each in in_order(outcomes) if isinstance(each, Failed)]


def _write(
    path: Path, kind: type[OrderRow] | type[FillRow], rows: Sequence[OrderRow | FillRow],
    about: dict[str, str],
) -> None:  # fmt: skip
    import pyarrow as pa  # here, because no trading process may load it
    import pyarrow.parquet as pq

    schema = pa.schema(_fields(kind), metadata=about)
    columns = {name: [getattr(row, name) for row in rows] for name in schema.names}
    pq.write_table(pa.table(columns, schema=schema), path, compression="zstd")


def _fields(kind: type[OrderRow] | type[FillRow]) -> list[Any]:
    """pyarrow fields from the struct's; one that may be None is nullable."""
    import pyarrow as pa

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    fields = []
    for name, of in kind.__annotations__.items():
        plain = next(each for each in (str, int, float, bool) if of == each or of == each | None)
        fields.append(pa.field(name, kinds[plain], nullable=of != plain))
    return fields
