"""What a place in the book is worth: the chance of a fill there, times what it saves.

A resting order saves what lies between its price and the other side's, if it is filled in time;
else it crosses after all. So the best place has the largest product of the two: joining the touch,
bidding one step inside the spread, or keeping the place that one has (quant.md 5.1, 5.2). All in
ticks.
"""

from math import erfc, sqrt
from typing import Final

import msgspec

from algos.models.fill_chance import FLOW_FIT, Waiting, fill_chance
from algos.models.post_or_cross import Touch, break_even
from algos.parent import Parent
from algos.patience import UNIT_S, usual_volatility
from algos.surroundings import Surroundings
from domain.instruments import Side

# quant.md 9.2: the realised spread is 0.5 to 0.65 of the effective one. The rest of the half-spread
# is what a passive fill loses soon after.
ADVERSE_FRACTION: Final = 0.42
STANDS_NS: Final = 2_000_000  # quant.md 5.5: nothing new while the best prices moved within 2 ms
HORIZON_S: Final = 60.0  # of an order whose patience has no end
_NS: Final = 1e9


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A price at a venue; `ahead_qty`: others' shares that would be served first."""

    venue: str
    px_ticks: int
    ahead_qty: int


class BookSide(msgspec.Struct, frozen=True, kw_only=True):
    """The market as one order sees it. `own_px_ticks`: the best price of others on its own side;
    `other_px_ticks`: what it would take at; `step_ticks`: from one price to the next there.
    `own_qty`: others' shares at the best price, at one venue. `stands`: no quote has changed within
    STANDS_NS: one that has may be about to go on, and is bettered by those who know.
    `flow_qty_per_s`: shares a second that trade against its side at one venue; before the first
    print a queue as is shown now is taken to be served in the usual time (patience.UNIT_S).
    """

    side: Side
    own_px_ticks: int
    other_px_ticks: int
    step_ticks: int
    flow_qty_per_s: float
    sd_ticks: float | None
    own_qty: int = 0
    stands: bool = True

    @property
    def spread_ticks(self) -> int:
        """Between the two."""
        return (self.other_px_ticks - self.own_px_ticks) * self.side.sign

    def saved_ticks(self, px_ticks: int) -> int:
        """What a fill at this price saves against taking."""
        return (self.other_px_ticks - px_ticks) * self.side.sign

    def behind_ticks(self, px_ticks: int) -> int:
        """How far this price is behind the touch; 0 at it or before it."""
        return max((self.own_px_ticks - px_ticks) * self.side.sign, 0)


def book_side(parent: Parent, around: Surroundings) -> BookSide | None:
    """What `parent` sees; None where a side lacks, or the market is locked or crossed."""
    market, side, now_ns = around.market, parent.side, around.now_ns
    quotes = market.counted_quotes(now_ns)
    own: int | None = None
    own_qty = 0
    other: int | None = None
    for quote in quotes:
        px_ticks, qty = market.others_touch(quote.venue, side.other)
        if qty and (own is None or (px_ticks - own) * side.sign > 0):
            own, own_qty = px_ticks, qty
        px_ticks, qty = market.others_touch(quote.venue, side)
        if qty and (other is None or (px_ticks - other) * side.sign < 0):
            other = px_ticks
    if own is None or other is None or (other - own) * side.sign <= 0:
        return None
    volatility = usual_volatility(around)
    flow = market.tape.rate.shares_per_s(now_ns) / 2.0 / len(quotes)
    return BookSide(
        side=side, own_px_ticks=own, other_px_ticks=other,
        step_ticks=parent.instrument.step_ticks(own),
        flow_qty_per_s=flow or own_qty / UNIT_S,
        sd_ticks=None if volatility is None else volatility * other,
        own_qty=own_qty, stands=all(now_ns - each.at_ns >= STANDS_NS for each in quotes),
    )  # fmt: skip


def worth(book: BookSide, place: Place, qty: int, left_s: float) -> float:
    """Ticks a share that an order of `qty` is expected to save there in the time left."""
    behind = book.behind_ticks(place.px_ticks)
    chance = fill_chance(
        FLOW_FIT,
        Waiting(
            ahead_qty=place.ahead_qty, qty=qty, flow_qty_per_s=book.flow_qty_per_s, left_s=left_s,
            spread_steps=book.spread_ticks / book.step_ticks,
        ),
    )  # fmt: skip
    return chance * _reached(book, behind, left_s) * book.saved_ticks(place.px_ticks)


def _reached(book: BookSide, behind_ticks: int, left_s: float) -> float:
    """The chance that the price comes back so far: that of a Brownian motion's greatest move."""
    if behind_ticks <= 0:
        return 1.0
    if book.sd_ticks is None or book.sd_ticks <= 0.0 or left_s <= 0.0:
        return 0.0
    return erfc(behind_ticks / (book.sd_ticks * sqrt(2.0 * left_s)))


def crosses_at_once(book: BookSide, place: Place, qty: int, left_s: float, drift: float) -> bool:
    """Whether resting does not pay: the chance of a fill is below the break-even of quant.md 5.1.

    `drift`: ticks that the price is expected to go against us, by the microprice.
    """
    half = book.spread_ticks / 2.0
    needed = break_even(Touch(half_spread=half, adverse=ADVERSE_FRACTION * half, drift=drift))
    if needed <= 0.0:
        return False
    chance = worth(book, place, qty, left_s) / max(book.saved_ticks(place.px_ticks), 1)
    return chance < needed


def drift_ticks(parent: Parent, around: Surroundings) -> float:
    """How far the microprice is beyond the mid, against the order; 0 where it is not known."""
    if not around.market.keeps_statistics:
        return 0.0
    statistics = around.market.statistics
    micro, mid = statistics.microprice_px_ticks, statistics.mid_px_ticks
    return 0.0 if micro is None or mid is None else (micro - mid) * parent.side.sign
