"""A recorded day cut into even bars: what the mid did, and what flow came with it.

Signed volume is that of the continuous book's prints (PrintKind.REGULAR): by the aggressor where
the source names it, else by Lee and Ready 1991 (above the mid that stood before the print's time a
buy, below it a sell, at it by the last price that was another). Order flow imbalance is that of the
consolidated touch, by Cont, Kukanov and Stoikov 2014. Bars lie in continuous trading, whole ones,
and not in its first and last minutes. It judges nothing: what a bar lacks is NaN.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import nan
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.instruments import Side
from domain.marketdata import MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from domain.sessions import Session
from marketdata.consolidated import TouchState, best_of
from marketdata.print_kind import PrintKind, kind_by_condition

Floats = NDArray[np.float64]

EDGE_S: Final = 300  # left out after the open and before the close (quant.md 2.8)
_NS: Final = 1_000_000_000
_NEVER_NS: Final = 1 << 63
_SIGNS: Final = {Side.BUY.value: 1, Side.SELL.value: -1}

Touch = tuple[int, int, int, int]  # bid_px_ticks, bid_qty, ask_px_ticks, ask_qty


class FlowDay(msgspec.Struct, frozen=True, kw_only=True):
    """The bars of one symbol and session, by rising time; (n,) each, NaN where it is not known.

    `run`: bars of one number follow each other without a gap. `mid`: ticks, at a bar's start.
    `mid_change`: ticks from its start to its end. `spread`: ticks, at its start. `flow_qty`: shares
    that takers bought less those that they sold. `ofi_qty`: shares of order flow imbalance.
    `depth_qty`: shares at the touch, the mean of bid and offer over its changes. `volume_qty`:
    shares of regular prints. `named`, `by_quote`, `by_tick`: how many of these had their aggressor
    named, or were signed by the quote or by the tick; `unsigned`: had nothing to go by.
    """

    session: Session
    bar_s: int
    run: NDArray[np.int64]
    mid: Floats
    mid_change: Floats
    spread: Floats
    flow_qty: Floats
    ofi_qty: Floats
    depth_qty: Floats
    volume_qty: Floats
    named: int
    by_quote: int
    by_tick: int
    unsigned: int


def flow_day(session: Session, events: Iterable[MarketEvent], bar_s: int) -> FlowDay:
    """The bars of `bar_s` seconds of one symbol's events of a day, which come by rising time."""
    cutter = _Cutter(bounds=_bounds(session, bar_s * _NS))
    for event in events:
        cutter.take(event)
    return cutter.day(session, bar_s)


def _bounds(session: Session, bar_ns: int) -> list[tuple[int, int]]:
    """(time, run) of each start of a bar; where a run ends, its end with a run of -1."""
    bounds: list[tuple[int, int]] = []
    first_ns, last_ns = session.open_ns + EDGE_S * _NS, session.close_ns - EDGE_S * _NS
    for run, (start_ns, end_ns) in enumerate(session.continuous):
        start_ns, end_ns = max(start_ns, first_ns), min(end_ns, last_ns)
        bars = max(0, (end_ns - start_ns) // bar_ns)
        bounds += [(start_ns + each * bar_ns, run) for each in range(bars)]
        if bars:
            bounds.append((start_ns + bars * bar_ns, -1))
    return bounds


@dataclass(slots=True)
class _Bar:
    """The bar that is being filled. `mid`, `spread`: at its start."""

    run: int
    mid: float
    spread: float
    flow_qty: int = 0
    ofi_qty: int = 0
    volume_qty: int = 0
    depth_qty: int = 0
    touches: int = 0
    halted: bool = False


@dataclass(slots=True, kw_only=True)
class _Cutter:
    """Takes events in; `touch` is what stands, `_before` what stood before the present instant."""

    bounds: list[tuple[int, int]]
    _place: int = 0
    _next_ns: int = 0
    _bar: _Bar | None = None
    _rows: list[tuple[float, ...]] = field(default_factory=list)
    _quotes: dict[str, Quote] = field(default_factory=dict)
    _touch: Touch | None = None
    _before: Touch | None = None
    _now_ns: int = 0
    _last_px: int = 0
    _last_sign: int = 0
    _kinds: dict[str, PrintKind] = field(default_factory=dict)
    _counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("named", "by_quote", "by_tick", "unsigned"), 0)
    )

    def __post_init__(self) -> None:
        self._next_ns = self.bounds[0][0] if self.bounds else _NEVER_NS

    def take(self, event: MarketEvent) -> None:
        """The next event."""
        at_ns = event.at_ns
        while at_ns >= self._next_ns:
            self._turn()
        if at_ns > self._now_ns:
            self._now_ns, self._before = at_ns, self._touch
        if isinstance(event, Quote):
            self._quote(event)
        elif isinstance(event, Trade):
            self._trade(event)
        elif isinstance(event, TradingStatus) and event.phase is not TradingPhase.CONTINUOUS:
            self._halt(event.venue)

    def day(self, session: Session, bar_s: int) -> FlowDay:
        """All bars; those after the last event have what stood then."""
        while self._next_ns != _NEVER_NS:
            self._turn()
        columns = np.array(self._rows, dtype=float).reshape(-1, 8).T
        run, mid, change, spread, flow, ofi, depth, volume = columns
        return FlowDay(session=session, bar_s=bar_s, run=run.astype(np.int64), mid=mid,
                       mid_change=change, spread=spread, flow_qty=flow, ofi_qty=ofi,
                       depth_qty=depth, volume_qty=volume, **self._counts)  # fmt: skip

    def _turn(self) -> None:
        """The bar ends, and the next begins."""
        _, run = self.bounds[self._place]
        touch = self._touch
        mid = (touch[0] + touch[2]) / 2 if touch is not None else nan
        if self._bar is not None:
            self._rows.append(_row(self._bar, mid, touch))
        spread = touch[2] - touch[0] if touch is not None else nan
        self._bar = None if run < 0 else _Bar(run, mid, spread)
        self._place += 1
        ended = self._place >= len(self.bounds)
        self._next_ns = _NEVER_NS if ended else self.bounds[self._place][0]

    def _quote(self, quote: Quote) -> None:
        self._quotes[quote.venue] = quote
        touch = _of_one(quote) if len(self._quotes) == 1 else _of_all(self._quotes.values())
        bar, old = self._bar, self._touch
        self._touch = touch
        if bar is None or touch is None:
            return
        bar.depth_qty += touch[1] + touch[3]
        bar.touches += 1
        if old is not None:
            bar.ofi_qty += _imbalance(old, touch)

    def _halt(self, venue: str) -> None:
        """The venue's quotes stand for nothing; a bar with a halt in it is none."""
        self._quotes.pop(venue, None)
        self._touch = _of_all(self._quotes.values())
        if self._bar is not None:
            self._bar.halted = True

    def _trade(self, trade: Trade) -> None:
        condition = trade.condition
        kind = self._kinds.get(condition)
        if kind is None:
            kind = self._kinds[condition] = kind_by_condition(condition)
        if kind is not PrintKind.REGULAR:
            return
        how, sign = self._sign(trade)
        if trade.px_ticks != self._last_px:
            self._last_sign = 1 if trade.px_ticks > self._last_px else -1
            self._last_sign = self._last_sign if self._last_px else 0
            self._last_px = trade.px_ticks
        if self._bar is None:
            return
        self._counts[how] += 1
        self._bar.volume_qty += trade.qty
        self._bar.flow_qty += sign * trade.qty

    def _sign(self, trade: Trade) -> tuple[str, int]:
        """How it is known who took, and 1 for a buyer, -1 for a seller, 0 for nobody."""
        if trade.aggressor_side in _SIGNS:
            return "named", _SIGNS[trade.aggressor_side]
        before, px_ticks = self._before, trade.px_ticks
        if before is not None:
            twice = 2 * px_ticks - before[0] - before[2]
            if twice:
                return "by_quote", 1 if twice > 0 else -1
        if self._last_px and px_ticks != self._last_px:
            return "by_tick", 1 if px_ticks > self._last_px else -1
        return ("by_tick", self._last_sign) if self._last_sign else ("unsigned", 0)


def _row(bar: _Bar, mid: float, touch: Touch | None) -> tuple[float, ...]:
    change = nan if bar.halted else mid - bar.mid
    if bar.touches:
        depth = bar.depth_qty / bar.touches / 2
    else:
        depth = (touch[1] + touch[3]) / 2 if touch is not None else nan
    return (bar.run, bar.mid, change, bar.spread, bar.flow_qty, bar.ofi_qty, depth, bar.volume_qty)


def _of_one(quote: Quote) -> Touch | None:
    """The touch of a venue; None if a side is absent or it is crossed."""
    if not quote.bid_qty or not quote.ask_qty or quote.bid_px_ticks > quote.ask_px_ticks:
        return None
    return quote.bid_px_ticks, quote.bid_qty, quote.ask_px_ticks, quote.ask_qty


def _of_all(quotes: Iterable[Quote]) -> Touch | None:
    best = best_of(quotes)
    if best.state not in (TouchState.TWO_SIDED, TouchState.LOCKED):
        return None
    return best.bid_px_ticks, best.bid_qty, best.ask_px_ticks, best.ask_qty


def _imbalance(old: Touch, new: Touch) -> int:
    """e of Cont, Kukanov and Stoikov 2014, equation 2: shares, above zero where buyers gain."""
    old_bid, old_bid_qty, old_ask, old_ask_qty = old
    bid, bid_qty, ask, ask_qty = new
    found = bid_qty if bid >= old_bid else 0
    found -= old_bid_qty if bid <= old_bid else 0
    found -= ask_qty if ask <= old_ask else 0
    return found + (old_ask_qty if ask >= old_ask else 0)
