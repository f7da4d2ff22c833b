"""A day's volume in bins: what bars and prints of one symbol add up to.

Prints that say nothing of the market at their time (late, average price, extended hours and the
like) and off-exchange blocks are left out and counted; crosses go into bins of their own.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.marketdata import Trade, TradeCondition, is_regular
from domain.sessions import Session
from marketdata.volume_curve import CurveError, CurveFault

# Off-exchange prints above either are blocks, arranged elsewhere and earlier (quant.md 3.4).
BLOCK_MEDIANS: Final = 5.0
BLOCK_DAY_FRACTION: Final = 0.005
_NS: Final = 1_000_000_000


class Bar(msgspec.Struct, frozen=True, gc=False):
    """`qty` shares traded in [start_ns, end_ns). `where`: file and line, for errors."""

    symbol: str
    start_ns: int
    end_ns: int
    qty: int
    where: str


class LeftOut(msgspec.Struct, kw_only=True):
    """Shares of a day that are in no bin, by why."""

    outside_session: int = 0
    special: int = 0  # late, average price, official and other prints by their condition
    block: int = 0


@dataclass(slots=True, frozen=True)
class DayVolumes:
    """One session's volume: `bin_qty` (n,) shares, and the crosses; 0 where there was none."""

    session: Session
    bin_s: int
    bin_qty: NDArray[np.float64]
    opening_qty: float
    closing_qty: float
    left_out: LeftOut

    @property
    def total_qty(self) -> float:
        """All shares in bins."""
        return float(self.bin_qty.sum()) + self.opening_qty + self.closing_qty


def bin_edges(session: Session, bin_s: int) -> tuple[tuple[int, int], ...]:
    """The bins [start_s, end_s) of a session, seconds after its open; a break begins a new one,
    and the last before a break or the close may be short.
    """
    edges: list[tuple[int, int]] = []
    for start_ns, end_ns in session.continuous:
        start_s, end_s = (start_ns - session.open_ns) // _NS, (end_ns - session.open_ns) // _NS
        edges += [(each, min(each + bin_s, end_s)) for each in range(start_s, end_s, bin_s)]
    return tuple(edges)


@dataclass(slots=True)
class _Binning:
    """Finds the bin of a time; `-1`: none."""

    session: Session
    bin_s: int
    edges: tuple[tuple[int, int], ...] = field(init=False)
    starts_ns: NDArray[np.int64] = field(init=False)
    ends_ns: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.edges = bin_edges(self.session, self.bin_s)
        both = np.array(self.edges, dtype=np.int64) * _NS + self.session.open_ns
        self.starts_ns, self.ends_ns = both[:, 0], both[:, 1]

    def of(self, at_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The bin of each time: (n,) to (n,)."""
        found = np.searchsorted(self.starts_ns, at_ns, side="right") - 1
        inside = (found >= 0) & (at_ns < self.ends_ns[np.maximum(found, 0)])
        return np.where(inside, found, -1)

    def sums(self, bins: NDArray[np.int64], qty: NDArray[np.int64]) -> NDArray[np.float64]:
        """Shares by bin, of those that are in one."""
        inside = bins >= 0
        sums = np.bincount(bins[inside], weights=qty[inside], minlength=len(self.edges))
        return sums.astype(np.float64)


def day_of_bars(session: Session, bars: Iterable[Bar], bin_s: int) -> DayVolumes:
    """A day from bars. Bars outside continuous trading are left out, for a bar does not say what
    of it was a cross. Raises CurveError for a bar that lies in no single bin.
    """
    kept = list(bars)
    binning = _Binning(session, bin_s)
    start_ns = np.array([bar.start_ns for bar in kept], dtype=np.int64)
    end_ns = np.array([bar.end_ns for bar in kept], dtype=np.int64)
    qty = np.array([bar.qty for bar in kept], dtype=np.int64)
    first, last = binning.of(start_ns), binning.of(end_ns - 1)
    for index in np.flatnonzero(first != last):
        bar = kept[int(index)]
        raise CurveError(
            CurveFault.BAR_STRADDLES,
            f"{bar.where}: the bar from {session.local(bar.start_ns)} to "
            f"{session.local(bar.end_ns)} lies in no single bin of {bin_s} s "
            "(--bin-minutes makes them longer)",
        )
    return DayVolumes(
        session=session, bin_s=bin_s, bin_qty=binning.sums(first, qty), opening_qty=0.0,
        closing_qty=0.0, left_out=LeftOut(outside_session=int(qty[first < 0].sum())),
    )  # fmt: skip


def day_of_trades(session: Session, trades: Iterable[Trade], bin_s: int) -> DayVolumes:
    """A day from prints. The closing cross is printed after the close and counts all the same;
    a print that was busted later does not.
    """
    kept = _unbusted(trades)
    sums = Counter[str]()
    continuous: list[Trade] = []
    for trade in kept:
        if TradeCondition.OPENING_AUCTION in trade.condition:
            sums["opening"] += trade.qty
        elif TradeCondition.CLOSING_AUCTION in trade.condition:
            sums["closing"] += trade.qty
        elif is_regular(trade.condition):
            continuous.append(trade)
        else:
            sums["special"] += trade.qty
    binning = _Binning(session, bin_s)
    bins = binning.of(np.array([trade.at_ns for trade in continuous], dtype=np.int64))
    qty = np.array([trade.qty for trade in continuous], dtype=np.int64)
    block = _blocks(continuous, qty, int(qty[bins >= 0].sum()) + sums["opening"] + sums["closing"])
    return DayVolumes(
        session=session, bin_s=bin_s, bin_qty=binning.sums(np.where(block, -1, bins), qty),
        opening_qty=float(sums["opening"]), closing_qty=float(sums["closing"]),
        left_out=LeftOut(
            outside_session=int(qty[(bins < 0) & ~block].sum()), special=sums["special"],
            block=int(qty[block].sum()),
        ),
    )  # fmt: skip


def _unbusted(trades: Iterable[Trade]) -> list[Trade]:
    """The prints that stood: without busts and those that they void. A bust without an id voids
    nothing: it does not say which.
    """
    kept: list[Trade] = []
    busted: set[tuple[str, str]] = set()
    for trade in trades:
        if TradeCondition.BUSTED not in trade.condition:
            kept.append(trade)
        elif trade.trade_id:
            busted.add((trade.venue, trade.trade_id))
    if not busted:
        return kept
    return [trade for trade in kept if (trade.venue, trade.trade_id) not in busted]


def _blocks(trades: list[Trade], qty: NDArray[np.int64], day_qty: int) -> NDArray[np.bool_]:
    """Which prints are blocks away from the exchanges: (n,)."""
    if not trades:
        return np.zeros(0, dtype=bool)
    bound = min(BLOCK_MEDIANS * median(qty.tolist()), BLOCK_DAY_FRACTION * day_qty)
    marked = np.array([TradeCondition.BLOCK in trade.condition for trade in trades])
    away = np.array([TradeCondition.OFF_BOOK in trade.condition for trade in trades])
    return np.asarray(marked | (away & (qty > bound)))
