"""LOBSTER-style files to market events: one symbol and day of one venue's displayed book.

Two CSV files without header, row by row in step (LOBSTER, "Output structure", lobsterdata.com):
- message: seconds after midnight of the exchange with up to nine decimals, event type, order id,
  size, price in 1/10,000 of the currency unit, direction (1 a buy order, -1 a sell order).
- orderbook: the book after that event: ask price, ask size, bid price, bid size of level 1, then
  of level 2 and so on. A level that is not there has price 9999999999 (ask) or -9999999999 (bid).

Types: 1 a new limit order, 2 a partial cancel, 3 a deletion, 4 an execution of a displayed order,
5 one of a hidden order, 6 a cross, 7 a halt (price -1), quoting again (0), trading again (1).

The direction of an execution is that of the order that rested, so the one that took was of the
other side. A cross has no such side. Names are <SYMBOL>_<YYYY-MM-DD>_<from ms>_<to ms>_message_
<levels>.csv, and _orderbook_ for its companion; either may be in gzip (.csv.gz).
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

from domain.instruments import MAX_QTY, Side
from domain.marketdata import (
    Depth,
    MarketEvent,
    Quote,
    Trade,
    TradeCondition,
    TradingPhase,
    TradingStatus,
)
from marketdata.price_texts import PriceTexts
from marketdata.tick_faults import (
    RowFault,
    Skipped,
    Stream,
    TickFault,
    TickFile,
    bad_file,
    bad_qty,
)
from marketdata.wall_clock import midnight_ns

VENUE: Final = "NASDAQ"  # the only venue that the format is published for
UNIT: Final = Decimal("0.0001")
ZONE: Final = ZoneInfo("America/New_York")
_NAME: Final = re.compile(
    r"(?P<symbol>[^_/]+)_(?P<day>\d{4}-\d\d-\d\d)_(?P<from_ms>\d+)_(?P<to_ms>\d+)"
    r"_message_(?P<levels>\d+)\.csv(?:\.gz)?"
)
_DAY_NS: Final = 86_400_000_000_000
_NO_ASK: Final = b"9999999999"
_NO_BID: Final = b"-9999999999"
_RESTING_BUY: Final = b"1"
_RESTING_SELL: Final = b"-1"
_AGGRESSOR: Final = {_RESTING_BUY: Side.SELL.value, _RESTING_SELL: Side.BUY.value}
_PHASES: Final = {  # type 7, by price
    b"-1": TradingPhase.HALTED,
    b"0": TradingPhase.AUCTION,
    b"1": TradingPhase.CONTINUOUS,
}
_BOOK_ONLY: Final = (b"1", b"2", b"3")
_EXECUTED: Final = b"4"
_EXECUTED_HIDDEN: Final = b"5"
_CROSS: Final = b"6"
_HALT: Final = b"7"
# A cross within this of the recording's ends is that of the open or the close. Nasdaq's opening
# cross is at 9:30:00, its closing cross at 16:00:00; each prints within seconds of it.
_AUCTION_NS: Final = 60_000_000_000
_LEVELS_KEPT: Final = 4_096  # pairs of price and size of one side: those of some seconds, 1 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class LobsterDay:
    """The two files of a symbol and day, by what the message file's name says."""

    message: Path
    symbol: str
    day: date
    from_ms: int
    to_ms: int
    levels: int

    @property
    def orderbook(self) -> Path:
        return self.message.with_name(self.message.name.replace("_message_", "_orderbook_"))


def lobster_day(message: Path) -> LobsterDay | None:
    """What the name of a message file says; None for the name of another file."""
    found = _NAME.fullmatch(message.name)
    if found is None:
        return None
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:  # such as the 31st of June
        return None
    return LobsterDay(
        message=message,
        symbol=found["symbol"],
        day=day,
        from_ms=int(found["from_ms"]),
        to_ms=int(found["to_ms"]),
        levels=int(found["levels"]),
    )


def read_day(
    lobster: LobsterDay, skipped: Skipped, *, tick: Decimal = UNIT, skip_bad: bool = False,
    depth_levels: int = 10, venue: str = VENUE,
) -> Stream[MarketEvent]:  # fmt: skip
    """Yield what happened by time: a print before the book that it leaves.

    A Quote where the touch changed, and a Depth where one of the first `depth_levels` did (0: no
    Depth). Raises BadTickFile: for a missing file at once, for the rest when it is reached.
    """
    messages = TickFile(lobster.message, skipped, skip_bad)
    books = TickFile(lobster.orderbook, skipped, skip_bad)
    for file in (messages, books):
        try:
            file.path.open("rb").close()
        except OSError as error:
            raise bad_file(file.path, TickFault.NO_FILE, str(error)) from error
    rows = _Rows(lobster, PriceTexts(UNIT, tick), min(depth_levels, lobster.levels), venue)
    return _events(messages, books, rows)


def _events(messages: TickFile, books: TickFile, rows: "_Rows") -> Stream[MarketEvent]:
    with _open(messages.path) as message_stream, _open(books.path) as book_stream:
        book_lines = _lines(books, book_stream)
        for number, line in _lines(messages, message_stream):
            numbered = next(book_lines, None)
            if numbered is None:
                raise books.bad(TickFault.TRUNCATED, f"ends before line {number} of its messages")
            try:
                found = rows.events(line, numbered[1])
            except _BookFault as error:
                books.pass_over(error, number, numbered[1])
                continue
            except (ValueError, RowFault) as error:
                messages.pass_over(error, number, line)
                continue
            yield from found
        numbered = next(book_lines, None)
        if numbered is not None:
            raise messages.bad(TickFault.TRUNCATED, f"ends before line {numbered[0]} of its book")


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")  # type: ignore[return-value]  # GzipFile is one in all but name


def _lines(file: TickFile, stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    for first, lines in file.blocks(stream):
        yield from enumerate(lines, first)


class _BookFault(RowFault):
    """The fault is in the row of the orderbook file."""


class _Rows:
    """Pairs of rows, top to bottom, to events; holds the last time and the last book."""

    def __init__(
        self, lobster: LobsterDay, prices: PriceTexts, depth_levels: int, venue: str
    ) -> None:
        self._symbol = lobster.symbol
        self._venue = venue
        self._prices = prices
        self._asks = _Levels(prices, _NO_ASK)
        self._bids = _Levels(prices, _NO_BID)
        self._levels = lobster.levels
        self._depth_cells = 4 * depth_levels
        self._midnight_ns = midnight_ns(lobster.day, ZONE)
        self._open_by_ns = lobster.from_ms * 1_000_000 + _AUCTION_NS
        self._close_from_ns = lobster.to_ms * 1_000_000 - _AUCTION_NS
        self._last_ns = 0
        self._touch: list[bytes] = []
        self._depth: list[bytes] = []
        self._trades = 0

    def events(self, message: bytes, book: bytes) -> list[MarketEvent]:
        """What a pair of rows says. Raises RowFault, ValueError; then nothing has changed."""
        time_text, kind, _, size, price, direction = message.split(b",")
        since_ns = _since_midnight_ns(time_text)
        if since_ns < self._last_ns:
            raise RowFault(TickFault.TIME_BACK, "time is before the last row's")
        if since_ns >= _DAY_NS:
            raise RowFault(TickFault.OUTSIDE_DAY, "time is past the day")
        at_ns = self._midnight_ns + since_ns
        found: list[MarketEvent] = []
        if kind not in _BOOK_ONLY:
            found.append(self._public(kind, since_ns, size, price, direction))
        cells = book.split(b",")
        if len(cells) != 4 * self._levels:
            raise _BookFault(TickFault.BAD_ROW, f"{len(cells)} cells, not {4 * self._levels}")
        touch = cells[:4]
        changed = touch != self._touch
        if changed:
            found.append(self._quote(touch, at_ns))
        depth = cells[: self._depth_cells]
        if depth != self._depth:
            found.append(self._book(depth, at_ns))
        self._last_ns, self._touch, self._depth = since_ns, touch, depth
        if kind in (_EXECUTED, _EXECUTED_HIDDEN, _CROSS):
            self._trades += 1
        return found

    def _public(
        self, kind: bytes, since_ns: int, size: bytes, price: bytes, direction: bytes
    ) -> MarketEvent:
        at_ns = self._midnight_ns + since_ns
        if kind == _HALT:
            phase = _PHASES.get(price)
            if phase is None:
                raise RowFault(TickFault.UNKNOWN_EVENT, "a halt of no known kind")
            return TradingStatus(self._symbol, self._venue, phase, at_ns)
        if kind not in (_EXECUTED, _EXECUTED_HIDDEN, _CROSS):
            raise RowFault(TickFault.UNKNOWN_EVENT, "an event of no known type")
        px, qty = self._prices[price], int(size)
        if px <= 0:
            raise RowFault(TickFault.BAD_PRICE, "a price that is not above zero")
        if not 0 < qty <= MAX_QTY:
            raise bad_qty()
        aggressor = _AGGRESSOR.get(direction)
        if aggressor is None:
            raise RowFault(TickFault.BAD_ROW, "a direction that is neither 1 nor -1")
        condition = ""
        if kind == _EXECUTED_HIDDEN:
            condition = TradeCondition.HIDDEN.value
        elif kind == _CROSS:
            condition, aggressor = self._cross(since_ns).value, ""
        trade_id = str(self._trades + 1)
        return Trade(self._symbol, self._venue, px, qty, at_ns, trade_id, condition, aggressor)

    def _cross(self, since_ns: int) -> TradeCondition:
        if since_ns <= self._open_by_ns:
            return TradeCondition.OPENING_AUCTION
        if since_ns >= self._close_from_ns:
            return TradeCondition.CLOSING_AUCTION
        return TradeCondition.REOPENING_AUCTION

    def _quote(self, touch: list[bytes], at_ns: int) -> Quote:
        ask_px, ask_qty = self._asks[touch[0], touch[1]]
        bid_px, bid_qty = self._bids[touch[2], touch[3]]
        if bid_px > ask_px > 0:
            raise _BookFault(TickFault.CROSSED, "the bid is above the ask")
        return Quote(self._symbol, self._venue, bid_px, bid_qty, ask_px, ask_qty, at_ns)

    def _book(self, cells: list[bytes], at_ns: int) -> Depth:
        asks = tuple(self._asks[each] for each in zip(cells[::4], cells[1::4], strict=True))
        bids = tuple(self._bids[each] for each in zip(cells[2::4], cells[3::4], strict=True))
        if (0, 0) in asks:
            asks = tuple(each for each in asks if each[1])
        if (0, 0) in bids:
            bids = tuple(each for each in bids if each[1])
        if not _rising(asks) or not _rising(bids[::-1]):
            raise _BookFault(TickFault.BAD_ROW, "levels that are not best first")
        return Depth(self._symbol, self._venue, bids, asks, at_ns)


class _Levels(dict[tuple[bytes, bytes], tuple[int, int]]):
    """`levels[price, size]` as (px_ticks, qty) of one side, (0, 0) for a level that is not there.

    Of ten levels an event moves one: the others are looked up. Raises _BookFault.
    """

    def __init__(self, prices: PriceTexts, absent: bytes) -> None:
        super().__init__()
        self._prices = prices
        self._absent = absent

    def __missing__(self, cells: tuple[bytes, bytes]) -> tuple[int, int]:
        level = self._converted(*cells)
        if len(self) >= _LEVELS_KEPT:
            self.clear()
        self[cells] = level
        return level

    def _converted(self, price: bytes, size: bytes) -> tuple[int, int]:
        if price == self._absent:
            return 0, 0
        try:
            px, qty = self._prices[price], int(size)
        except ValueError as error:
            raise _BookFault(TickFault.BAD_ROW, str(error)) from error
        except RowFault as error:
            raise _BookFault(error.fault, str(error)) from error
        if px <= 0:
            raise _BookFault(TickFault.BAD_PRICE, "a level at a price that is not above zero")
        if not 0 < qty <= MAX_QTY:
            raise _BookFault(TickFault.BAD_QTY, "a level without quantity, or beyond any")
        return px, qty


def _rising(levels: tuple[tuple[int, int], ...]) -> bool:
    return all(one[0] < two[0] for one, two in pairwise(levels))


def _since_midnight_ns(text: bytes) -> int:
    """Seconds with up to nine decimals, exactly. Raises ValueError."""
    seconds, _, fraction = text.partition(b".")
    if len(fraction) > 9 or (fraction and not fraction.isdigit()):
        raise ValueError(f"a time of {text!r}")
    return int(seconds) * 1_000_000_000 + (int(fraction.ljust(9, b"0")) if fraction else 0)
