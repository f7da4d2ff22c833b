"""Why a market data event is skipped: it cannot be true, or it comes out of its order.

A skipped event changes no book and no sum; it is counted by its fault. These are the feed's
mistakes, never ours, so nothing is raised.
"""

from enum import StrEnum
from itertools import pairwise
from typing import Final

from domain.instruments import MAX_QTY
from domain.marketdata import Depth, Imbalance, Quote, Trade

TIME_END_NS: Final = 1 << 63  # the year 2262; histories keep times in 63 bits


class EventFault(StrEnum):
    """In order of precedence: an event with several faults is counted under the first."""

    BAD_QTY = "bad_qty"  # below zero; of a print or a level also zero, of a print above MAX_QTY
    BAD_PX = "bad_px"  # zero or below, of a side that is there
    UNORDERED = "unordered"  # levels of depth that are not best first
    CROSSED = "crossed"  # a venue's own bid above its own offer
    BAD_TIME = "bad_time"  # of a print: before 1970 or past TIME_END_NS
    TIME_BACK = "time_back"  # earlier than what the venue has said already
    DUPLICATE = "duplicate"  # a print that came before, by venue, trade_id and time
    UNKNOWN_BUST = "unknown_bust"  # a bust of a print that never came


def quote_fault(quote: Quote) -> EventFault | None:
    """What is wrong with a quote in itself. A locked one may be true, an empty side too."""
    bid_qty, ask_qty = quote.bid_qty, quote.ask_qty
    if bid_qty < 0 or ask_qty < 0:
        return EventFault.BAD_QTY
    if (bid_qty and quote.bid_px_ticks <= 0) or (ask_qty and quote.ask_px_ticks <= 0):
        return EventFault.BAD_PX
    if bid_qty and ask_qty and quote.bid_px_ticks > quote.ask_px_ticks:
        return EventFault.CROSSED
    return None


def depth_fault(depth: Depth) -> EventFault | None:
    """What is wrong with a ladder in itself."""
    levels = (*depth.bids, *depth.asks)
    if any(qty <= 0 for _, qty in levels):
        return EventFault.BAD_QTY
    if any(px_ticks <= 0 for px_ticks, _ in levels):
        return EventFault.BAD_PX
    if any(above[0] <= below[0] for above, below in pairwise(depth.bids)) or any(
        near[0] >= far[0] for near, far in pairwise(depth.asks)
    ):
        return EventFault.UNORDERED
    if depth.bids and depth.asks and depth.bids[0][0] > depth.asks[0][0]:
        return EventFault.CROSSED
    return None


def trade_fault(trade: Trade) -> EventFault | None:
    """What is wrong with a print in itself."""
    if not 0 < trade.qty <= MAX_QTY:
        return EventFault.BAD_QTY
    if trade.px_ticks <= 0:
        return EventFault.BAD_PX
    return None if 0 <= trade.at_ns < TIME_END_NS else EventFault.BAD_TIME


def imbalance_fault(imbalance: Imbalance) -> EventFault | None:
    """What is wrong with an auction imbalance: its indicative price may be 0, that is none."""
    if imbalance.paired_qty < 0:
        return EventFault.BAD_QTY
    return EventFault.BAD_PX if imbalance.px_ticks < 0 else None
