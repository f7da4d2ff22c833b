"""What own orders cost, from where it is kept, as the own-order models want it.

Two stores have it: topic `tca`, one ParentCost a finished parent, read from the broker or from a
file of its records (one JSON message a line, as Kafka's own tools print them); and the
`orders.parquet` of `headgate simulate`. Neither knows a symbol's volatility, daily volume or
spread: these come from its profile. An order's duration is in volume time, others' volume while it
worked over a day's; it is left out where that volume is not known, and counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from algos.calibration.own_orders import OwnOrder
from algos.models.calibration_error import CalibrationError, CalibrationFault
from algos.models.impact import BPS, SizedOrder
from algos.models.model_error import ModelError
from bus.log import Log
from bus.replay import ends_of, read_to
from bus.topics import Topic
from domain.tca import ParentCost
from marketdata.symbol_profile import SymbolProfile

LINE_MAX: Final = 1 << 16  # a ParentCost of twenty venues is 3 kB
FILLED_MIN: Final = (
    0.9  # of the order: what is cut short for its price would make impact look small
)
_NS: Final = 1_000_000_000
_COLUMNS: Final = [
    "variant", "seed", "order_id", "symbol", "reject_reason", "order_qty", "cum_qty", "market_qty",
    "start_ns", "is_bps", "is_adj_bps",
]  # fmt: skip


class StoredCost(msgspec.Struct, frozen=True, kw_only=True):
    """One finished order of a store. `cost_bps`: against arrival; None: there was no arrival price.

    `market_qty`: all shares that printed while it worked. `day`: ISO, UTC, on which it began; None
    if it never did.
    """

    order_id: str
    cluster: str
    day: str | None
    symbol: str
    order_qty: int
    cum_qty: int
    market_qty: int
    cost_bps: float | None


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """`left_out`: how many orders for which reason, in words."""

    orders: tuple[OwnOrder, ...]
    days: tuple[str, ...]
    symbols: tuple[str, ...]
    left_out: dict[str, int]


def gathered(costs: Iterable[StoredCost], profiles: Mapping[str, SymbolProfile]) -> Gathered:
    """Those that the models can be fitted to, each once: of an order the last that was stored."""
    last = {each.order_id: each for each in costs}
    left_out: Counter[str] = Counter()
    found: list[tuple[StoredCost, OwnOrder]] = []
    for each in last.values():
        made = _own_order(each, profiles.get(each.symbol))
        if isinstance(made, str):
            left_out[made] += 1
        else:
            found.append((each, made))
    return Gathered(
        orders=tuple(order for _, order in found),
        days=tuple(sorted({cost.day for cost, _ in found if cost.day is not None})),
        symbols=tuple(sorted({cost.symbol for cost, _ in found})),
        left_out=dict(sorted(left_out.items())),
    )


def _own_order(cost: StoredCost, profile: SymbolProfile | None) -> OwnOrder | str:
    """As the models want it, or why not."""
    if profile is None:
        return "no profile of the symbol"
    if profile.daily_volatility is None:
        return "no volatility in the profile"
    if cost.cum_qty < FILLED_MIN * cost.order_qty or not cost.cum_qty:
        return f"less than {FILLED_MIN:.0%} filled"
    if cost.cost_bps is None:
        return "no arrival price"
    others_qty = cost.market_qty - cost.cum_qty
    if others_qty <= 0:
        return "others' volume not known"
    try:
        order = SizedOrder(
            qty=float(cost.cum_qty), adv=float(profile.adv_qty),
            daily_volatility=profile.daily_volatility,
            duration_days=others_qty / profile.adv_qty,
            half_spread=(profile.relative_spread or 0.0) / 2.0,
        )  # fmt: skip
    except ModelError as error:
        return f"{error.field}: {error.fault}"
    return OwnOrder(cluster=cost.cluster, order=order, cost=cost.cost_bps / BPS)


def of_simulation(path: Path) -> Iterator[StoredCost]:
    """The rows of an `orders.parquet`. Raises CalibrationError.

    A seed is a cluster: its variants, and other scenarios, may have met the same market. The cost
    is the implementation shortfall, less what the market did by itself where the run knows that
    (docs/simulate.md).
    """
    import pyarrow as pa  # here, because no trading process may load it
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        fault = CalibrationFault.NO_FILE if not path.is_file() else CalibrationFault.MALFORMED
        raise CalibrationError(fault, str(path), str(error).splitlines()[0]) from error
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        text = "no such column: it is no orders.parquet of headgate simulate"
        raise CalibrationError(CalibrationFault.MALFORMED, f"{path}: {missing[0]}", text)
    for row in table.select(_COLUMNS).to_pylist():
        if row["reject_reason"] is None:
            cost = row["is_adj_bps"] if row["is_adj_bps"] is not None else row["is_bps"]
            yield StoredCost(
                order_id=f"{path}/{row['variant']}/{row['seed']}/{row['order_id']}",
                cluster=str(row["seed"]), day=_day(row["start_ns"]),
                symbol=row["symbol"], order_qty=row["order_qty"], cum_qty=row["cum_qty"],
                market_qty=row["market_qty"], cost_bps=cost,
            )  # fmt: skip


def of_records(path: Path) -> Iterator[StoredCost]:
    """The records of topic `tca` in a file, one JSON message a line. Raises CalibrationError."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_MAX + 1):
                number += 1
                if len(line) > LINE_MAX:
                    raise _bad_line(path, number, f"more than {LINE_MAX} bytes")
                if line.strip():
                    yield from _of_message(line, f"{path}: line {number}")
    except OSError as error:
        raise CalibrationError(CalibrationFault.NO_FILE, str(path), error.strerror or "") from error


def of_log(log: Log) -> Iterator[StoredCost]:
    """The records that topic `tca` holds now. Raises CalibrationError, BusFailed."""
    for record in read_to(log, ends_of(log, [Topic.TCA], range(log.partitions()))):
        where = f"{record.topic.value}[{record.partition}] offset {record.offset}"
        yield from _of_message(record.value, where)


def _of_message(content: bytes, where: str) -> Iterator[StoredCost]:
    try:
        cost = msgspec.json.decode(content, type=ParentCost)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CalibrationError(CalibrationFault.MALFORMED, where, str(error)) from error
    if not cost.final:
        return
    day = _day(cost.start_ns)
    yield StoredCost(
        order_id=cost.order_id, cluster=day or "", day=day, symbol=cost.symbol,
        order_qty=cost.order_qty, cum_qty=cost.cum_qty, market_qty=cost.market_qty,
        cost_bps=cost.arrival_slippage_bps,
    )  # fmt: skip


def _day(at_ns: int | None) -> str | None:
    if at_ns is None:
        return None
    return datetime.fromtimestamp(at_ns // _NS, UTC).date().isoformat()


def _bad_line(path: Path, number: int, text: str) -> CalibrationError:
    return CalibrationError(CalibrationFault.MALFORMED, f"{path}: line {number}", text)
