"""Public market data: topic `marketdata`, MessagePack arrays. Prices in ticks of the instrument.

A record is a list of events of one symbol. Quantities in shares; 0 means that a side is absent.
"""

from enum import StrEnum

import msgspec


class TradingPhase(StrEnum):
    """What a venue lets one do in an instrument now."""

    CLOSED = "closed"
    AUCTION = "auction"
    CONTINUOUS = "continuous"
    HALTED = "halted"


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
    """One print. `condition`: the source's sale conditions, "" for a regular one."""

    symbol: str
    venue: str
    px_ticks: int
    qty: int
    at_ns: int
    trade_id: str = ""
    condition: str = ""


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
