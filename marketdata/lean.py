"""Lean tick files to market events: one symbol and day of the consolidated US tape.

A quote row holds one side: the national best bid or the national best offer, with the exchange
that sets it. The last row of each side makes the quote; a book per exchange would be wrong. The
venue of every quote is NBBO, that of a trade its exchange letter.

The files count prices in 1/10,000 of the currency unit, and so do the events unless `tick` says
otherwise: they belong to an instrument whose finest tick is 0.0001 (`US_TICKS`). That is the grid
of the US tape: orders of one dollar or more are priced in cents (Regulation NMS, rule 612), prints
need not be.

As one row moves one side, the pair is crossed for moments (0.03 % of the time of regular hours).
That is no fault of the file; such a pair yields no quote and is counted.
"""

from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile
from zoneinfo import ZoneInfo

from domain.instruments import MAX_QTY, TickBand
from domain.marketdata import Quote, Trade, TradeCondition
from marketdata.price_texts import PriceTexts
from marketdata.tick_faults import (
    BadTickFile,
    Block,
    RowFault,
    Skipped,
    Stream,
    TickFault,
    TickFile,
    bad_qty,
)
from marketdata.wall_clock import midnight_ns

VENUE: Final = "NBBO"
UNIT: Final = Decimal("0.0001")
US_TICKS: Final = (TickBand(tick=UNIT), TickBand(from_px=Decimal(1), tick=Decimal("0.01")))

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
_KNOWN: Final = 0xBFFFFFFF  # 0x40000000 and what is above 32 bits has no meaning in Lean
_OFF_EXCHANGE: Final = b"D"


def read_day(data_dir: Path, symbol: str, day: date, skipped: Skipped | None = None, *,
             tick: Decimal = UNIT, skip_bad: bool = False) -> Stream[Quote | Trade]:  # fmt: skip
    """Yield the quotes and trades of `symbol` on `day` by time; quotes before trades of their ms.

    `data_dir` holds tick/<symbol>/<yyyymmdd>_{quote,trade}.zip, itself or under lean/. `tick`: of
    the events, in currency units. Raises BadTickFile, for a missing file at once, for a bad row
    when it is reached, unless `skip_bad`.
    """
    counts = skipped if skipped is not None else Skipped()
    quotes = TickFile(tick_file(data_dir, symbol, day, "quote"), counts, skip_bad)
    trades = read_trades(data_dir, symbol, day, counts, tick=tick, skip_bad=skip_bad)
    return _by_time(_Reader(quotes, symbol, day, tick).quotes(), trades)


def read_trades(data_dir: Path, symbol: str, day: date, skipped: Skipped | None = None, *,
                tick: Decimal = UNIT, skip_bad: bool = False) -> Stream[Trade]:  # fmt: skip
    """Yield the trades alone, as `read_day` does; there need be no quotes."""
    counts = skipped if skipped is not None else Skipped()
    file = TickFile(tick_file(data_dir, symbol, day, "trade"), counts, skip_bad)
    return _Reader(file, symbol, day, tick).trades()


def tick_file(data_dir: Path, symbol: str, day: date, kind: str) -> Path:
    """Find the zip of `kind` (quote or trade). Raises BadTickFile naming the paths tried."""
    name = Path("tick", symbol.lower(), f"{day:%Y%m%d}_{kind}.zip")
    tried = (data_dir / name, data_dir / "lean" / name)
    for path in tried:
        if path.is_file():
            return path
    fault = TickFault.NO_FILE
    text = f"no {kind} file of {symbol} on {day}: neither {tried[0]} nor {tried[1]}"
    raise BadTickFile(fault, f"{fault.value}: {text}")


def _by_time(quotes: Stream[Quote], trades: Stream[Trade]) -> Stream[Quote | Trade]:
    """Merge; heapq.merge with a key costs a third of the reading."""
    with closing(quotes), closing(trades):
        quote = next(quotes, None)
        for trade in trades:
            trade_ns = trade.at_ns
            while quote is not None and quote.at_ns <= trade_ns:
                yield quote
                quote = next(quotes, None)
            yield trade
        if quote is not None:
            yield quote
            yield from quotes


class _Reader:
    """One zip of a day: `quotes` or `trades` goes through its rows once."""

    def __init__(self, file: TickFile, symbol: str, day: date, tick: Decimal) -> None:
        self._file = file
        self._symbol = symbol
        self._midnight_ns = midnight_ns(day, _ZONE)
        self._prices = PriceTexts(UNIT, tick)
        self._conditions: dict[tuple[bytes, bytes], str] = {}
        self._name = _only_name(file)  # now, so that what is no archive is told at once

    def quotes(self) -> Stream[Quote]:
        file, symbol, prices = self._file, self._symbol, self._prices
        midnight_ns = self._midnight_ns
        bid = ask = (0, 0)
        last_ms = 0
        with closing(_blocks(file, self._name)) as blocks:
            for first, lines in blocks:
                for number, line in enumerate(lines, first):
                    try:
                        ms_text, bid_px, bid_qty, ask_px, ask_qty, _, _, doubt = line.split(b",")
                        if doubt == _SUSPICIOUS:
                            file.skipped.add(TickFault.SUSPICIOUS)
                            continue
                        ms = int(ms_text)
                        if not last_ms <= ms < _DAY_MS:
                            raise _bad_time(ms)
                        new_bid = bid if bid_px == b"0" else _side(prices, bid_px, bid_qty)
                        new_ask = ask if ask_px == b"0" else _side(prices, ask_px, ask_qty)
                    except (ValueError, RowFault) as error:
                        file.pass_over(error, number, line)
                        continue
                    last_ms, bid, ask = ms, new_bid, new_ask
                    if bid[0] > ask[0] > 0:
                        file.skipped.add(TickFault.CROSSED)
                        continue
                    at_ns = midnight_ns + ms * _NS_PER_MS
                    yield Quote(symbol, VENUE, bid[0], bid[1], ask[0], ask[1], at_ns)

    def trades(self) -> Stream[Trade]:
        file, symbol, prices = self._file, self._symbol, self._prices
        midnight_ns = self._midnight_ns
        last_ms = 0
        with closing(_blocks(file, self._name)) as blocks:
            for first, lines in blocks:
                for number, line in enumerate(lines, first):
                    try:
                        ms_text, px_text, qty_text, exchange, flags, suspicious = line.split(b",")
                        if suspicious == _SUSPICIOUS:
                            file.skipped.add(TickFault.SUSPICIOUS)
                            continue
                        ms, px, qty = int(ms_text), prices[px_text], int(qty_text)
                        if not last_ms <= ms < _DAY_MS:
                            raise _bad_time(ms)
                        if px <= 0:
                            raise RowFault(TickFault.BAD_PRICE, "a price that is not above zero")
                        if not 0 < qty <= MAX_QTY:
                            raise bad_qty()
                        condition = self._condition(flags, exchange)
                    except (ValueError, RowFault) as error:
                        file.pass_over(error, number, line)
                        continue
                    last_ms = ms
                    yield Trade(
                        symbol, exchange.decode("ascii", "replace"), px, qty,
                        midnight_ns + ms * _NS_PER_MS, str(number), condition,
                    )  # fmt: skip

    def _condition(self, flags: bytes, exchange: bytes) -> str:
        key = (flags, exchange)
        found = self._conditions.get(key)
        if found is None:
            found = self._conditions[key] = _condition(flags, exchange)
        if TradeCondition.UNKNOWN in found:
            self._file.skipped.add(TickFault.UNKNOWN_CONDITION)
        return found


def _only_name(file: TickFile) -> str:
    try:
        with ZipFile(file.path) as archive:
            names = archive.namelist()
    except (BadZipFile, OSError) as error:
        raise file.bad(_archive_fault(file.path), str(error)) from error
    if len(names) != 1:
        raise file.bad(TickFault.WRONG_FORMAT, f"holds {len(names)} files, not one")
    return names[0]


def _blocks(file: TickFile, name: str) -> Stream[Block]:
    try:
        archive = ZipFile(file.path)
    except (BadZipFile, OSError) as error:
        raise file.bad(TickFault.TRUNCATED, str(error)) from error
    with archive:
        try:
            stream = archive.open(name)
        except (BadZipFile, OSError) as error:  # not where the archive's end says it is
            raise file.bad(TickFault.TRUNCATED, str(error)) from error
        except (NotImplementedError, RuntimeError) as error:  # a strange method, a password
            raise file.bad(TickFault.WRONG_FORMAT, str(error)) from error
        with stream:
            yield from file.blocks(stream)


def _archive_fault(path: Path) -> TickFault:
    """A zip says where its files are at its end: one that begins as a zip and does not was cut."""
    with path.open("rb") as file:
        return TickFault.TRUNCATED if file.read(2) == b"PK" else TickFault.WRONG_FORMAT


def _side(prices: PriceTexts, px_text: bytes, qty_text: bytes) -> tuple[int, int]:
    """(px_ticks, qty); a side without quantity is absent."""
    px, qty = prices[px_text], int(qty_text)
    if 0 < qty <= MAX_QTY:
        return px, qty
    if qty:
        raise bad_qty()
    return 0, 0


def _bad_time(ms: int) -> RowFault:
    if ms >= _DAY_MS:
        return RowFault(TickFault.OUTSIDE_DAY, "time is past the day")
    return RowFault(TickFault.TIME_BACK, "time is before the last row's")


def _condition(flags: bytes, exchange: bytes) -> str:
    """The letters of TradeCondition for the source's hexadecimal flags."""
    value = int(flags, 16)
    letters = "".join(letter for mask, letter in _CONDITIONS if value & mask)
    if value & ~_KNOWN:
        letters += TradeCondition.UNKNOWN
    return letters + (TradeCondition.OFF_BOOK if exchange == _OFF_EXCHANGE else "")
