"""An order as a book holds it: plain, or with the special terms that lit venues offer."""

from enum import StrEnum
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce
from domain.instruments import Side

_MASK: Final = (1 << 64) - 1


class PegKind(StrEnum):
    """What a pegged order follows: FIX ExecInst(18)."""

    PRIMARY = "R"  # the best price of its own side
    MARKET = "P"  # the best price of the other side
    MIDPOINT = "M"


class SelfTradeMode(StrEnum):
    """What happens where two orders of one owner would trade: the mode of the newer one holds."""

    NONE = ""
    CANCEL_NEWEST = "N"
    CANCEL_OLDEST = "O"
    CANCEL_BOTH = "B"
    DECREMENT = "D"  # the smaller is cancelled, the larger is reduced by as much


class Special(msgspec.Struct, gc=False):
    """What an order asks for beyond side, quantity, price and time in force.

    `display_qty`: an iceberg shows so many shares, and then a new tranche of so many give or take
    `refresh_range`; 0: shows all. `hidden`: shows nothing, and comes after all that is shown at
    its price. `min_qty`: no trade at entry unless so many shares can be had at once; at rest, which
    only a hidden order may with it, no trade with a taker that has less left. `peg`: the price
    follows the market, `peg_offset_ticks` added to it, and no further than the order's price.
    `stop_px_ticks`: waits outside the book until the last trade reaches it. `owner` and
    `self_trade`: see SelfTradeMode; "" has no owner.

    The book alone writes the last five.
    """

    display_qty: int = 0
    refresh_range: int = 0
    hidden: bool = False
    min_qty: int = 0
    peg: PegKind | None = None
    peg_offset_ticks: int = 0
    stop_px_ticks: int = 0
    owner: str = ""
    self_trade: SelfTradeMode = SelfTradeMode.NONE
    limit_px_ticks: int | None = None  # of a peg
    shown_qty: int = 0  # of an iceberg: what is left of its tranche
    tranche: int = 0
    triggered: bool = False
    odd: bool = False  # a taker that meets it must be careful: not all of it is shown, or it moves

    def __post_init__(self) -> None:
        assert self.display_qty >= 0
        assert self.min_qty >= 0
        assert 0 <= self.refresh_range < max(self.display_qty, 1)
        assert not (self.hidden and self.display_qty), "an iceberg shows something"
        self.odd = bool(self.hidden or self.display_qty or self.min_qty or self.peg)


class BookOrder(msgspec.Struct, eq=False, gc=False):
    """One order. `px_ticks` None is a market order, which never rests in continuous trading.

    The book sets `leaves_qty` when it takes the order, and `seq`, its place in time, when it
    rests. Of a pegged order `px_ticks` is the limit when it comes in (None: no limit) and then
    where it stands (None: nowhere, for want of a reference).
    """

    order_id: int
    side: Side
    order_qty: int
    px_ticks: int | None
    time_in_force: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    special: Special | None = None
    leaves_qty: int = 0
    seq: int = 0

    @property
    def cum_qty(self) -> int:
        return self.order_qty - self.leaves_qty

    @property
    def hidden(self) -> bool:
        return self.special is not None and self.special.hidden

    @property
    def min_qty(self) -> int:
        """The least that may trade at once; never more than is left."""
        return 0 if self.special is None else min(self.special.min_qty, self.leaves_qty)

    @property
    def pegged(self) -> bool:
        return self.special is not None and self.special.peg is not None


def self_trades(taker: BookOrder, maker: BookOrder) -> bool:
    """Whether both have one owner who does not want them to trade: the taker's mode decides."""
    mine, other = taker.special, maker.special
    return (
        mine is not None
        and other is not None
        and mine.owner != ""
        and mine.owner == other.owner
        and mine.self_trade is not SelfTradeMode.NONE
    )


def tranche_qty(order_id: int, tranche: int, special: Special) -> int:
    """How many shares an iceberg shows as its `tranche`-th (from 0), if it has so many left.

    Uniform over display_qty -+ refresh_range; a function of order and tranche alone, so that the
    same requests give the same book (the mixer is splitmix64's: Steele, Lea, Flood, OOPSLA 2014).
    """
    if not special.refresh_range:
        return special.display_qty
    mixed = (order_id * 0x9E3779B97F4A7C15 + tranche * 0xD1B54A32D192ED03) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    mixed ^= mixed >> 31
    width = 2 * special.refresh_range + 1
    return special.display_qty - special.refresh_range + mixed % width
