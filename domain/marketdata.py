"""Public market data: topic `marketdata`, MessagePack arrays. Prices in ticks of the instrument.

A record is a list of events of one symbol. Quantities in shares; 0 means that a side is absent.
"""

from enum import StrEnum
from typing import Final

import msgspec


class TradingPhase(StrEnum):
    """What a venue lets one do in an instrument now."""

    CLOSED = "closed"
    AUCTION = "auction"
    CONTINUOUS = "continuous"
    HALTED = "halted"


class TradeCondition(StrEnum):
    """What is special about a print. `Trade.condition` strings the letters together."""

    OPENING_AUCTION = "O"
    CLOSING_AUCTION = "C"
    REOPENING_AUCTION = "R"
    OFF_BOOK = "F"  # agreed away from any order book, and reported
    BLOCK = "B"
    ODD_LOT = "I"
    HIDDEN = "H"  # against an order that was not displayed: no displayed quantity went with it
    LATE = "L"  # it happened before its place on the tape: sold, out of sequence
    BUSTED = "X"  # the earlier print of this trade_id is void
    AVERAGE_PRICE = "A"
    PRIOR_REFERENCE = "P"  # priced elsewhere or earlier: prior reference, derivatively priced
    OTHER_SETTLEMENT = "S"  # cash, next day, seller
    EXTENDED_HOURS = "T"
    OFFICIAL = "M"  # an official open or close, which repeats a cross
    UNKNOWN = "?"  # the source said something that its reader does not know


# A print with no condition but these was made at its price at its time in the continuous market.
_REGULAR: Final = frozenset(
    (TradeCondition.OFF_BOOK, TradeCondition.BLOCK, TradeCondition.ODD_LOT, TradeCondition.HIDDEN)
)


def is_regular(condition: str) -> bool:
    """Whether a print says something of the continuous market at its time."""
    return not condition or _REGULAR.issuperset(condition)


class Quote(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="q"):
    """The best bid and offer of one venue."""

    symbol: str
    venue: str
    bid_px_ticks: int
    bid_qty: int
    ask_px_ticks: int
    ask_qty: int
    at_ns: int


class Trade(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="t"):
    """One print. `condition`: letters of TradeCondition, "" for a regular one.

    `aggressor_side`: FIX Side(54) of the order that took, "" where the source does not say.
    """

    symbol: str
    venue: str
    px_ticks: int
    qty: int
    at_ns: int
    trade_id: str = ""
    condition: str = ""
    aggressor_side: str = ""


class Depth(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """Aggregated levels of one venue, best first: ((px_ticks, qty), ...)."""

    symbol: str
    venue: str
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    at_ns: int


class TradingStatus(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="s"):
    """A venue's trading phase for an instrument."""

    symbol: str
    venue: str
    phase: TradingPhase
    at_ns: int


class Imbalance(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="i"):
    """Auction imbalance: `imbalance_qty` > 0 on the buy side; `px_ticks` indicative, 0 if none."""

    symbol: str
    venue: str
    px_ticks: int
    paired_qty: int
    imbalance_qty: int
    at_ns: int


MarketEvent = Quote | Trade | Depth | TradingStatus | Imbalance
