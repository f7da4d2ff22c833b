"""What the background brings to a venue's auctions: market orders, and a curve about p*.

Supply and demand are linear in the price around p* (quant.md 8.2): limits lie evenly over
`HALF_WIDTH` daily volatilities on either side of it. Before the close the market orders come over
ten minutes, so that there is an imbalance to be shown; the curve comes a second before the cross,
for it knows the price. A function of the streams, like all that comes to a book.
"""

from typing import Final

import msgspec
import numpy as np

from venuesim.activity import BLOCK_NS, SECOND_NS, Activity
from venuesim.presets import Preset
from venuesim.random_streams import EventClass, RandomStreams

HALF_WIDTH: Final = 0.1  # 15 bps of a liquid symbol: what closing crosses stray in an ordinary day
LEVELS: Final = 10  # limit orders a side
MARKET_SHARE: Final = 0.6  # of the cross: market orders; the rest is the curve's
WAVES: Final = 10  # a market order a side each; before the close, one a minute
WAVE_SD: Final = 0.5  # of a wave's size: the imbalance of all is a sixth of their volume
OPENING_LEAD_NS: Final = BLOCK_NS  # before the open, within any call
CURVE_LEAD_NS: Final = SECOND_NS


class AuctionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`sign` +1: buys. `offset_sd`: the limit, from p* in daily volatilities; None: any price."""

    at_ns: int
    sign: int
    qty: int
    offset_sd: float | None


class AuctionInterest:
    """The auctions of one symbol at one venue that has `share` of the symbol."""

    def __init__(self, preset: Preset, streams: RandomStreams, venue: str, share: float,
                 lot: int) -> None:  # fmt: skip
        self._preset = preset
        self._streams = streams
        self._venue = venue
        self._share = share
        self._lot = lot

    def opening(self, day: Activity) -> list[AuctionOrder]:
        """Orders before the opening cross, by rising time."""
        open_ns = day.session.open_ns
        stream = self._streams.block(EventClass.AUCTION, open_ns // BLOCK_NS, f"{self._venue}/open")
        qty = self._qty(day, self._preset.open_share)
        step_ns = (OPENING_LEAD_NS - 2 * CURVE_LEAD_NS) // WAVES
        orders = []
        for wave in range(WAVES):
            orders += self._wave(stream, qty, open_ns - OPENING_LEAD_NS + wave * step_ns)
        return [*orders, *self._curve(qty, open_ns - CURVE_LEAD_NS)]

    def closing(self, day: Activity, start_ns: int, end_ns: int) -> list[AuctionOrder]:
        """Orders for the closing cross that come in a block of the day, by rising time."""
        close_ns = day.session.close_ns
        if end_ns <= close_ns - WAVES * BLOCK_NS:
            return []
        number = start_ns // BLOCK_NS
        stream = self._streams.block(EventClass.AUCTION, number, f"{self._venue}/close")
        qty = self._qty(day, self._preset.close_share)
        orders = self._wave(stream, qty, start_ns)
        if end_ns == close_ns:
            orders += self._curve(qty, close_ns - CURVE_LEAD_NS)
        return orders

    def _qty(self, day: Activity, share: float) -> float:
        """Shares of a cross. `adv_qty` is of continuous trading, `share` of the whole day."""
        preset = self._preset
        level = day.clock_s(day.session.close_ns) / day.length_s
        continuous = 1.0 - preset.open_share - preset.close_share
        return self._share * preset.adv_qty * level * share / continuous

    def _wave(self, stream: np.random.Generator, qty: float, at_ns: int) -> list[AuctionOrder]:
        """A market order a side. The curve's second is left to the curve."""
        sizes = 1.0 + WAVE_SD * stream.standard_normal(2)
        wanted = self._lots(qty * MARKET_SHARE / WAVES * np.maximum(sizes, 0.0))
        return [
            AuctionOrder(at_ns=at_ns, sign=sign, qty=each, offset_sd=None)
            for sign, each in zip((1, -1), wanted, strict=True)
            if each
        ]

    def _curve(self, qty: float, at_ns: int) -> list[AuctionOrder]:
        """Limits evenly about p*. Half of a side's can trade at p*, so a side has twice of it."""
        offsets = HALF_WIDTH * (2 * (np.arange(LEVELS) + 0.5) / LEVELS - 1)
        total = 2 * qty * (1.0 - MARKET_SHARE)
        each = np.diff(np.round(np.linspace(0.0, total / self._lot, LEVELS + 1))) * self._lot
        return [
            AuctionOrder(at_ns=at_ns, sign=sign, qty=int(size), offset_sd=float(offset))
            for offset, size in zip(offsets, each, strict=True)
            for sign in (1, -1)
            if size
        ]

    def _lots(self, qty: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[int]:
        return [int(each) for each in np.round(qty / self._lot) * self._lot]
