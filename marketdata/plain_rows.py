"""Our own flat schema of market data: one row an event. The columns, and row to event and back.

docs/feeds.md describes it for those who write such files. Files (CSV, Parquet) are opened in
marketdata.plain_files; here a row is a sequence of texts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from domain.instruments import MAX_QTY, Instrument, InstrumentTable, Side
from domain.marketdata import (
    Depth,
    Imbalance,
    MarketEvent,
    Quote,
    Trade,
    TradeCondition,
    TradingPhase,
    TradingStatus,
)
from marketdata.price_texts import PriceTexts
from marketdata.tick_faults import RowFault, Skipped, TickFault, bad_qty

REQUIRED: Final = ("event", "symbol", "venue", "at")
PRICES: Final = ("bid_px", "ask_px", "px")
QUANTITIES: Final = ("bid_qty", "ask_qty", "qty", "paired_qty", "imbalance_qty")
COLUMNS: Final = (
    *REQUIRED, "bid_px", "bid_qty", "ask_px", "ask_qty", "px", "qty", "trade_id", "condition",
    "aggressor_side", "phase", "paired_qty", "imbalance_qty", "bids", "asks",
)  # fmt: skip

_SIDES: Final = {"buy": Side.BUY.value, "sell": Side.SELL.value, "": ""}
_SIDE_NAMES: Final = {value: name for name, value in _SIDES.items()}
_LETTERS: Final = frozenset(each.value for each in TradeCondition)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_NS: Final = 2**63 - 1
_ABSENT: Final = ("", "0")  # a quantity of a side that is absent
LEVELS_MAX: Final = 1_000  # of a side in one cell; deeper than any public book

Cells = Sequence[str]


def column_fault(columns: Sequence[str]) -> str | None:
    """What is wrong with the columns of a file; None: nothing."""
    unknown = [name for name in columns if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        return f"columns missing: {', '.join(missing)}"
    if unknown:
        return f"columns unknown: {', '.join(repr(name) for name in unknown)}"
    if len(set(columns)) != len(columns):
        return "a column is there twice"
    return None


class RowReader:
    """Rows of one file, top to bottom, to events. `columns`: of the file, without column_fault.

    `symbols`: which rows are wanted; empty: all.
    """

    def __init__(
        self, columns: Sequence[str], instruments: InstrumentTable, skipped: Skipped,
        symbols: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._width = len(columns)
        at = {name: columns.index(name) if name in columns else self._width for name in COLUMNS}
        self._event, self._symbol, self._venue, self._at = (at[name] for name in REQUIRED)
        self._at_of = at
        self._makers: Mapping[str, Callable[[Cells, str, int, PriceTexts], MarketEvent]] = {
            "quote": self._quote,
            "trade": self._trade,
            "depth": self._depth,
            "status": self._status,
            "imbalance": self._imbalance,
        }
        self._prices = {
            symbol: PriceTexts(Decimal(1), found.tick)
            for symbol, found in instruments.by_symbol.items()
        }
        self._wanted = frozenset(symbols)
        self._skipped = skipped
        self._last_ns = 0
        self._quote_at = tuple(at[name] for name in ("bid_px", "bid_qty", "ask_px", "ask_qty"))
        self._trade_at = tuple(
            at[name] for name in ("px", "qty", "trade_id", "condition", "aggressor_side")
        )

    def event(self, row: list[str]) -> MarketEvent | None:
        """The event of a row; None if its symbol is not wanted. Raises RowFault, ValueError."""
        if len(row) != self._width:
            raise RowFault(TickFault.BAD_ROW, f"{len(row)} cells, not {self._width}")
        row.append("")  # what every column that the file lacks reads
        symbol = row[self._symbol]
        prices = self._prices.get(symbol)
        if self._wanted and symbol not in self._wanted:
            return None
        if prices is None:
            raise RowFault(TickFault.UNKNOWN_SYMBOL, f"{symbol!r} is not in the instrument table")
        make = self._makers.get(row[self._event])
        if make is None:
            raise RowFault(TickFault.UNKNOWN_EVENT, f"no event is called {row[self._event]!r}")
        at_ns = _at_ns(row[self._at])
        if at_ns > _LAST_NS:
            raise RowFault(TickFault.OUTSIDE_DAY, "a time that nanoseconds in 63 bits do not reach")
        if at_ns < self._last_ns:
            raise RowFault(TickFault.TIME_BACK, "time is before the last row's")
        event = make(row, symbol, at_ns, prices)
        self._last_ns = at_ns
        return event

    def _quote(self, row: Cells, symbol: str, at_ns: int, prices: PriceTexts) -> Quote:
        bid_px_at, bid_qty_at, ask_px_at, ask_qty_at = self._quote_at
        bid_px, bid_qty = _side(prices, row[bid_px_at], row[bid_qty_at])
        ask_px, ask_qty = _side(prices, row[ask_px_at], row[ask_qty_at])
        if bid_px > ask_px > 0:
            raise RowFault(TickFault.CROSSED, "the bid is above the ask")
        return Quote(symbol, row[self._venue], bid_px, bid_qty, ask_px, ask_qty, at_ns)

    def _trade(self, row: Cells, symbol: str, at_ns: int, prices: PriceTexts) -> Trade:
        px_at, qty_at, trade_id_at, condition_at, side_at = self._trade_at
        px, qty = _side(prices, row[px_at], row[qty_at])
        if not qty:
            raise RowFault(TickFault.BAD_QTY, "a trade of nothing")
        side = _SIDES.get(row[side_at])
        if side is None:
            raise RowFault(TickFault.BAD_ROW, f"aggressor_side {row[side_at]!r}: buy or sell")
        letters = row[condition_at]
        condition = self._condition(letters) if letters else ""
        return Trade(symbol, row[self._venue], px, qty, at_ns, row[trade_id_at], condition, side)

    def _condition(self, letters: str) -> str:
        """`letters`, with UNKNOWN for those that TradeCondition lacks; these are counted."""
        known = "".join(each for each in letters if each in _LETTERS)
        if len(known) == len(letters):
            return known
        self._skipped.add(TickFault.UNKNOWN_CONDITION)
        return known.replace(TradeCondition.UNKNOWN, "") + TradeCondition.UNKNOWN

    def _depth(self, row: Cells, symbol: str, at_ns: int, prices: PriceTexts) -> Depth:
        bids = _levels(prices, row[self._at_of["bids"]], -1)
        asks = _levels(prices, row[self._at_of["asks"]], 1)
        if bids and asks and bids[0][0] > asks[0][0]:
            raise RowFault(TickFault.CROSSED, "the best bid is above the best ask")
        return Depth(symbol, row[self._venue], bids, asks, at_ns)

    def _status(self, row: Cells, symbol: str, at_ns: int, prices: PriceTexts) -> TradingStatus:
        return TradingStatus(
            symbol, row[self._venue], TradingPhase(row[self._at_of["phase"]]), at_ns
        )

    def _imbalance(self, row: Cells, symbol: str, at_ns: int, prices: PriceTexts) -> Imbalance:
        at = self._at_of
        px_text = row[at["px"]]
        paired_qty = int(row[at["paired_qty"]])
        imbalance_qty = int(row[at["imbalance_qty"]])
        if not 0 <= paired_qty <= MAX_QTY or abs(imbalance_qty) > MAX_QTY:
            raise RowFault(TickFault.BAD_QTY, f"quantities below zero, or above {MAX_QTY:,}")
        return Imbalance(
            symbol, row[self._venue], prices[px_text] if px_text else 0, paired_qty,
            imbalance_qty, at_ns,
        )  # fmt: skip


def cells(event: MarketEvent, instrument: Instrument) -> dict[str, str]:
    """The row of an event, by column; a column that is not there is empty."""
    row = {"symbol": event.symbol, "venue": event.venue, "at": str(event.at_ns)}
    px = instrument.px
    if isinstance(event, Quote):
        row["event"] = "quote"
        if event.bid_qty:
            row |= {"bid_px": _text(px(event.bid_px_ticks)), "bid_qty": str(event.bid_qty)}
        if event.ask_qty:
            row |= {"ask_px": _text(px(event.ask_px_ticks)), "ask_qty": str(event.ask_qty)}
    elif isinstance(event, Trade):
        row |= {"event": "trade", "px": _text(px(event.px_ticks)), "qty": str(event.qty),
                "trade_id": event.trade_id, "condition": event.condition,
                "aggressor_side": _SIDE_NAMES[event.aggressor_side]}  # fmt: skip
    elif isinstance(event, Depth):
        row |= {"event": "depth", "bids": _level_text(event.bids, instrument),
                "asks": _level_text(event.asks, instrument)}  # fmt: skip
    elif isinstance(event, TradingStatus):
        row |= {"event": "status", "phase": event.phase.value}
    else:
        row |= {"event": "imbalance", "paired_qty": str(event.paired_qty),
                "imbalance_qty": str(event.imbalance_qty)}  # fmt: skip
        if event.px_ticks:
            row["px"] = _text(px(event.px_ticks))
    return row


def _side(prices: PriceTexts, px_text: str, qty_text: str) -> tuple[int, int]:
    """(px_ticks, qty); (0, 0) where the quantity is none."""
    if qty_text in _ABSENT:
        return 0, 0
    qty = int(qty_text)
    if not 0 < qty <= MAX_QTY:
        raise bad_qty()
    px = prices[px_text] if px_text else 0
    if px <= 0:
        raise RowFault(TickFault.BAD_PRICE, "a quantity at a price that is not above zero")
    return px, qty


def _levels(prices: PriceTexts, text: str, step: int) -> tuple[tuple[int, int], ...]:
    """The levels of one side, best first; `step`: the sign of the way from one to the next."""
    found: list[tuple[int, int]] = []
    for part in text.split(" ", LEVELS_MAX) if text else ():
        px_text, colon, qty_text = part.partition(":")
        px, qty = _side(prices, px_text, qty_text)
        if not colon or not qty:
            raise RowFault(TickFault.BAD_ROW, f"a level {part!r}, not price:quantity")
        if found and (px - found[-1][0]) * step <= 0:
            raise RowFault(TickFault.BAD_ROW, "levels that are not best first")
        found.append((px, qty))
    return tuple(found)


def _at_ns(text: str) -> int:
    if text.isdecimal():
        return int(text)
    return iso_ns(text)


def iso_ns(text: str) -> int:
    """ISO 8601 with an offset or Z, to nine digits of a second, in ns UTC. Raises ValueError."""
    head, point, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    if digits > 9 or (point and not digits):
        raise ValueError(f"{text!r} is no time: nine digits of a second are the most")
    when = datetime.fromisoformat(head + tail[digits:])
    if when.tzinfo is None:
        raise ValueError(f"{text!r} is no time: it lacks its offset from UTC")
    since = when - _EPOCH
    fraction_ns = int(tail[:digits].ljust(9, "0")) if digits else 0
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + fraction_ns


def _level_text(levels: Sequence[tuple[int, int]], instrument: Instrument) -> str:
    return " ".join(f"{_text(instrument.px(px))}:{qty}" for px, qty in levels)


def _text(px: Decimal) -> str:
    return f"{px:f}"
