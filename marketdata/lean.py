"""Lean tick files to market events: one symbol and day of the consolidated US tape.

A quote row holds one side: the national best bid or the national best offer, with the exchange
that sets it. The last row of each side makes the quote; a book per exchange would be wrong. The
venue of every quote is NBBO, that of a trade its exchange letter.

The files count prices in 1/10,000 of the currency unit, and so do the events: they belong to an
instrument whose finest tick is 0.0001 (`US_TICKS`). That is the grid of the US tape: orders of
one dollar or more are priced in cents (Regulation NMS, rule 612), prints need not be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile
from zoneinfo import ZoneInfo

from domain.instruments import TickBand
from domain.marketdata import Quote, Trade, TradeCondition

VENUE: Final = "NBBO"
US_TICKS: Final = (TickBand(tick=Decimal("0.0001")),
                   TickBand(from_px=Decimal(1), tick=Decimal("0.01")))  # fmt: skip

_ZONE: Final = ZoneInfo("America/New_York")
_DAY_MS: Final = 86_400_000
_NS_PER_MS: Final = 1_000_000
_SUSPICIOUS: Final = b"1"

# Lean's TradeConditionFlags that say more of a print than that it is regular. The rest (sweeps,
# crosses, stopped or bunched trades and the like) were made in the continuous market at their time.
_CONDITIONS: Final = (
    (0x40, TradeCondition.OPENING_AUCTION),
    (0x80, TradeCondition.CLOSING_AUCTION),
    (0x100, TradeCondition.REOPENING_AUCTION),
    (0x80000000, TradeCondition.ODD_LOT),
    (0x800 | 0x4000, TradeCondition.LATE),
    (0x100000, TradeCondition.AVERAGE_PRICE),
    (0x200 | 0x2000000, TradeCondition.PRIOR_REFERENCE),
    (0x2 | 0x4 | 0x8, TradeCondition.OTHER_SETTLEMENT),
    (0x400 | 0x2000, TradeCondition.EXTENDED_HOURS),
    (0x1000000 | 0x4000000, TradeCondition.OFFICIAL),
)
_OFF_EXCHANGE: Final = b"D"


class BadTickFile(Exception):
    """A tick file that is not there or not readable; the text names the file and the line."""


@dataclass(slots=True, kw_only=True)
class Skipped:
    """Rows marked suspicious by the source, which yield no event."""

    quotes: int = 0
    trades: int = 0


def read_day(data_dir: Path, symbol: str, day: date,
             skipped: Skipped | None = None) -> Iterator[Quote | Trade]:  # fmt: skip
    """Yield the quotes and trades of `symbol` on `day` by time; quotes before trades of their ms.

    `data_dir` holds tick/<symbol>/<yyyymmdd>_{quote,trade}.zip, itself or under lean/. Raises
    BadTickFile, for a missing file at once, for a bad row when it is reached.
    """
    counts = skipped if skipped is not None else Skipped()
    midnight_ns = _midnight_ns(day)
    quote_rows = _rows(tick_file(data_dir, symbol, day, "quote"))
    trade_rows = _rows(tick_file(data_dir, symbol, day, "trade"))
    return merge(
        _quotes(quote_rows, symbol, midnight_ns, counts),
        _trades(trade_rows, symbol, midnight_ns, counts),
        key=attrgetter("at_ns"),
    )


def tick_file(data_dir: Path, symbol: str, day: date, kind: str) -> Path:
    """Find the zip of `kind` (quote or trade). Raises BadTickFile naming the paths tried."""
    name = Path("tick", symbol.lower(), f"{day:%Y%m%d}_{kind}.zip")
    tried = (data_dir / name, data_dir / "lean" / name)
    for path in tried:
        if path.is_file():
            return path
    raise BadTickFile(f"no {kind} file of {symbol} on {day}: neither {tried[0]} nor {tried[1]}")


@dataclass(slots=True)
class _Rows:
    path: Path
    lines: list[bytes]

    def bad(self, number: int, why: str) -> BadTickFile:
        return BadTickFile(f"{self.path}, line {number}: {why}: {self.lines[number - 1]!r}")


def _rows(path: Path) -> _Rows:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) != 1:
                raise BadTickFile(f"{path}: holds {len(names)} files, not one")
            return _Rows(path, archive.read(names[0]).splitlines())
    except (BadZipFile, OSError, EOFError) as error:
        raise BadTickFile(f"{path}: {error}") from error


def _midnight_ns(day: date) -> int:
    """UTC of local midnight by the offset of local noon.

    The files count what a clock on the wall shows; on the two days a year when clocks change,
    they do so before any market opens.
    """
    noon = datetime.combine(day, time(12), tzinfo=_ZONE)
    offset = noon.utcoffset()
    assert offset is not None
    midnight = datetime.combine(day, time(0), tzinfo=UTC) - offset
    return (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) * _NS_PER_MS


def _quotes(rows: _Rows, symbol: str, midnight_ns: int, skipped: Skipped) -> Iterator[Quote]:
    bid_px = bid_qty = ask_px = ask_qty = last_ms = 0
    for number, line in enumerate(rows.lines, 1):
        try:
            ms_text, row_bid_px, row_bid_qty, row_ask_px, row_ask_qty, _, _, suspicious = (
                line.split(b",")
            )
            if suspicious == _SUSPICIOUS:
                skipped.quotes += 1
                continue
            ms = int(ms_text)
            if row_bid_px != b"0":
                bid_px, bid_qty = int(row_bid_px), int(row_bid_qty)
            if row_ask_px != b"0":
                ask_px, ask_qty = int(row_ask_px), int(row_ask_qty)
        except ValueError as error:
            raise rows.bad(number, str(error)) from error
        if ms < last_ms or ms >= _DAY_MS:
            raise rows.bad(number, "time is before the last row's or past the day")
        if bid_px < 0 or bid_qty < 0 or ask_px < 0 or ask_qty < 0:
            raise rows.bad(number, "a number below zero")
        last_ms = ms
        yield Quote(symbol, VENUE, bid_px, bid_qty, ask_px, ask_qty, midnight_ns + ms * _NS_PER_MS)


def _trades(rows: _Rows, symbol: str, midnight_ns: int, skipped: Skipped) -> Iterator[Trade]:
    conditions: dict[tuple[bytes, bytes], str] = {}
    last_ms = 0
    for number, line in enumerate(rows.lines, 1):
        try:
            ms_text, px_text, qty_text, exchange, flags, suspicious = line.split(b",")
            if suspicious == _SUSPICIOUS:
                skipped.trades += 1
                continue
            ms, px, qty = int(ms_text), int(px_text), int(qty_text)
            condition = conditions.get((flags, exchange))
            if condition is None:
                condition = conditions[flags, exchange] = _condition(flags, exchange)
        except ValueError as error:
            raise rows.bad(number, str(error)) from error
        if ms < last_ms or ms >= _DAY_MS:
            raise rows.bad(number, "time is before the last row's or past the day")
        if px <= 0 or qty <= 0:
            raise rows.bad(number, "a price or quantity that is not above zero")
        last_ms = ms
        yield Trade(
            symbol, exchange.decode("ascii", "replace"), px, qty, midnight_ns + ms * _NS_PER_MS,
            str(number), condition,
        )  # fmt: skip


def _condition(flags: bytes, exchange: bytes) -> str:
    """The letters of TradeCondition for the source's hexadecimal flags."""
    value = int(flags, 16)
    letters = "".join(letter for mask, letter in _CONDITIONS if value & mask)
    return letters + (TradeCondition.OFF_BOOK if exchange == _OFF_EXCHANGE else "")
