"""One instrument of a recorded day, and what of it our orders may trade against.

The record gives the touch, levels behind it where it has them, prints and trading phases. Nothing
that we do changes it. What our orders can have of it:

- An arriving order takes what is displayed and not taken by us before (`recorded_side`), best
  price first, as deep as the record goes.
- A resting order has a place in the queue at its price (`queue_position`), where prints serve it:
  those behind it in the queue get nothing before it does, and all our fills by one print sum up to
  the print at most. A print beyond its price fills it, best price first.
- An opposite quote beyond its price fills it, one at its price fills it after those who are ahead
  of it there; up to the size displayed, which is then taken.

Whether a seller or a buyer made a print is what the record says, else where it stands against the
quote before its time (Lee and Ready 1991; that before its timestamp, as Holden and Jacobsen 2014
have it, because a tape in milliseconds puts the quotes that a trade made in front of it): at or
below the bid it is a seller's. Inside the spread it serves nobody, unless the rules say so; then
it is whose side is nearer. In a locked quote, and in the middle, it is nobody's.

Prices in ticks, quantities in shares, times in nanoseconds. It speaks no FIX.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from domain.instruments import Side
from domain.marketdata import (
    Depth,
    MarketEvent,
    Quote,
    Trade,
    TradeCondition,
    TradingPhase,
    is_regular,
)
from marketdata.queue_position import Place, Queue
from simulation.agenda import NEVER
from simulation.recorded_side import RecordedSide
from simulation.replay_rules import ReplayRules


class Fill(NamedTuple):
    """So much of one of our orders trades at this price."""

    venue_order_id: str
    qty: int
    px_ticks: int


class _Touch(NamedTuple):
    """The record's best prices; 0 for a side that is not there."""

    bid_px_ticks: int
    ask_px_ticks: int


_NOTHING: Final = _Touch(0, 0)


@dataclass(slots=True, kw_only=True)
class RecordedMarket:
    """See the module. `phase`: CONTINUOUS until the record says otherwise.

    `_queues`: by the side of our resting orders, by price.
    """

    rules: ReplayRules
    phase: TradingPhase = TradingPhase.CONTINUOUS
    bid: RecordedSide = field(default_factory=lambda: RecordedSide(sign=1))
    ask: RecordedSide = field(default_factory=lambda: RecordedSide(sign=-1))
    _queues: dict[Side, dict[int, Queue]] = field(
        default_factory=lambda: {Side.BUY: {}, Side.SELL: {}}
    )
    _resting: dict[str, tuple[Side, Queue, Place]] = field(default_factory=dict)
    _before: _Touch = field(default=_NOTHING)  # what stood before the time of the last quote
    _quoted_ns: int = -1

    # -- the record

    def on_quote(self, quote: Quote) -> bool:
        """The touch. False if it cannot be true (crossed, a price or size below zero): ignored."""
        if not _can_be(quote):
            return False
        self._keep_before(quote.at_ns)
        self.bid.record(quote.bid_px_ticks, quote.bid_qty)
        self.ask.record(quote.ask_px_ticks, quote.ask_qty)
        return True

    def on_quiet(self, events: Sequence[MarketEvent]) -> None:
        """Quotes and prints while nothing of ours is there, or missing: the last quote counts,
        and the one that stood before its time."""
        last: Quote | None = None
        for event in reversed(events):
            if isinstance(event, Quote) and _can_be(event):
                if last is None:
                    last = event
                elif event.at_ns < last.at_ns:
                    self.on_quote(event)
                    break
        if last is not None:
            self.on_quote(last)

    def on_depth(self, depth: Depth) -> bool:
        """The levels. False if they are no book (crossed, not sorted, below zero): ignored."""
        if not _is_true(depth):
            return False
        self._keep_before(depth.at_ns)
        self.bid.record_levels(depth.bids)
        self.ask.record_levels(depth.asks)
        return True

    def on_trade(self, trade: Trade) -> list[Fill]:
        """A print. Our fills by it sum up to its quantity at most."""
        if not self._resting or not self._serves(trade):
            return []
        side = self._served_side(trade)
        if side is None:
            return []
        fills, left = [], trade.qty
        for queue in self._best_first(side):
            beyond = (queue.px_ticks - trade.px_ticks) * side.sign
            if beyond < 0 or not left:
                break
            served = queue.through(left) if beyond else queue.on_print(left, trade.at_ns)
            fills += self._filled(queue, served)
            left -= sum(qty for _, qty in served)
        return fills

    def refill(self, now_ns: int) -> bool:
        """Give back what was taken long enough ago. Returns whether there was any."""
        bid, ask = self.bid.refill(now_ns), self.ask.refill(now_ns)
        return bid or ask

    @property
    def is_met(self) -> bool:
        """Whether orders of ours may meet any event, or what is behind the touch depends on it."""
        return bool(self._resting or self.bid.deeper or self.ask.deeper)

    @property
    def is_depleted(self) -> bool:
        """Whether the public sees less than the record says."""
        return bool(self.bid.taken or self.ask.taken)

    def next_refill_ns(self) -> int:
        """When something next comes back, unless the record takes it away before."""
        sides = (self.bid.taken, self.ask.taken)
        return min((each.until_ns for side in sides for each in side.values()), default=NEVER)

    def match(self, now_ns: int) -> list[Fill]:
        """What is displayed may have changed: bring the queues up to it, and let orders at rest
        trade with what is offered to them."""
        fills: list[Fill] = []
        if not self._resting:
            return fills
        for side, own in ((Side.BUY, self.bid), (Side.SELL, self.ask)):
            for queue in self._best_first(side):
                displayed = own.displayed_qty(queue.px_ticks)
                if displayed is not None:
                    queue.on_displayed(displayed, now_ns)
                else:
                    queue.settle(now_ns)
                fills += self._meet(side, queue, now_ns)
        return fills

    # -- our orders

    def opposite(self, side: Side) -> RecordedSide:
        """What an order of `side` takes from."""
        return self.ask if side is Side.BUY else self.bid

    def reachable(self, side: Side, px_ticks: int | None) -> list[tuple[int, int]]:
        """(px_ticks, qty) that an order with this limit (None: none) can take now."""
        if self.phase is not TradingPhase.CONTINUOUS:
            return []
        levels = self.opposite(side).levels()
        if px_ticks is None:
            return levels
        sign = side.sign
        return [level for level in levels if (level[0] - px_ticks) * sign <= 0]

    def take(
        self, side: Side, px_ticks: int | None, qty: int, now_ns: int
    ) -> list[tuple[int, int]]:
        """Take up to `qty` of what can be reached. Returns (px_ticks, qty) by level."""
        taken: list[tuple[int, int]] = []
        for px, shown in self.reachable(side, px_ticks):
            part = min(qty, shown)
            self.opposite(side).take(px, part, now_ns + self.rules.depletion_ns)
            taken.append((px, part))
            qty -= part
            if not qty:
                break
        return taken

    def rest(self, venue_order_id: str, side: Side, px_ticks: int, qty: int) -> None:
        """Join the queue at a price."""
        queues = self._queues[side]
        queue = queues.get(px_ticks)
        if queue is None:
            queue = queues[px_ticks] = Queue(
                px_ticks=px_ticks, rule=self.rules.cancels, match_ns=self.rules.match_ns
            )
        own = self.bid if side is Side.BUY else self.ask
        place = queue.join(venue_order_id, qty, own.displayed_qty(px_ticks))
        self._resting[venue_order_id] = (side, queue, place)

    def reduce(self, venue_order_id: str, leaves_qty: int) -> None:
        """Make a resting order smaller; it keeps its place."""
        self._resting[venue_order_id][2].leaves_qty = leaves_qty

    def leave(self, venue_order_id: str) -> None:
        """Take an order out of its queue; nothing if it stands in none."""
        found = self._resting.pop(venue_order_id, None)
        if found is None:
            return
        side, queue, place = found
        queue.places.remove(place)
        if not queue.places:
            del self._queues[side][queue.px_ticks]

    def ahead_qty(self, venue_order_id: str) -> int | None:
        """Others' shares in front of a resting order; None while its price is not displayed."""
        return self._resting[venue_order_id][2].ahead_qty

    # -- inside

    def _keep_before(self, at_ns: int) -> None:
        if at_ns != self._quoted_ns:
            self._quoted_ns, self._before = at_ns, self._touch()

    def _touch(self) -> _Touch:
        bid, ask = self.bid, self.ask
        return _Touch(bid.px_ticks if bid.qty else 0, ask.px_ticks if ask.qty else 0)

    def _best_first(self, side: Side) -> list[Queue]:
        queues = self._queues[side]
        return [queues[px] for px in sorted(queues, reverse=side is Side.BUY)]

    def _meet(self, side: Side, queue: Queue, now_ns: int) -> list[Fill]:
        """Our orders of one queue against the opposite levels that reach their price."""
        fills: list[Fill] = []
        for px, qty in self.reachable(side, queue.px_ticks):
            served = queue.offered(qty) if px == queue.px_ticks else queue.through(qty)
            if served:
                total = sum(part for _, part in served)
                until_ns = now_ns + self.rules.depletion_ns
                self.opposite(side).take(px, total, until_ns)
                fills += self._filled(queue, served)
        return fills

    def _filled(self, queue: Queue, served: list[tuple[Place, int]]) -> list[Fill]:
        """Book what the places got. Orders at rest trade at their own price."""
        fills = []
        for place, qty in served:
            place.leaves_qty -= qty
            assert place.leaves_qty >= 0
            fills.append(Fill(place.venue_order_id, qty, queue.px_ticks))
            if not place.leaves_qty:
                self.leave(place.venue_order_id)
        return fills

    def _serves(self, trade: Trade) -> bool:
        """Whether it traded in the continuous market, against a book."""
        if self.phase is not TradingPhase.CONTINUOUS or trade.qty <= 0 or trade.px_ticks <= 0:
            return False
        if not trade.condition:
            return True
        off_book = TradeCondition.OFF_BOOK in trade.condition
        return is_regular(trade.condition) and (self.rules.off_book_prints or not off_book)

    def _served_side(self, trade: Trade) -> Side | None:
        """The side of resting orders that it served; None if it served none that we know."""
        touch = self._before if trade.at_ns == self._quoted_ns else self._touch()
        bid, ask, px = touch.bid_px_ticks, touch.ask_px_ticks, trade.px_ticks
        at_bid, at_ask = px <= bid, bool(ask) and px >= ask
        if not at_bid and not at_ask and not self.rules.inside_prints:
            return None
        if trade.aggressor_side:
            return Side.BUY if trade.aggressor_side == Side.SELL else Side.SELL
        if at_bid != at_ask:
            return Side.BUY if at_bid else Side.SELL
        if at_bid or not bid or not ask or 2 * px == bid + ask:
            return None
        return Side.BUY if 2 * px < bid + ask else Side.SELL


def _can_be(quote: Quote) -> bool:
    bid_qty, ask_qty = quote.bid_qty, quote.ask_qty
    if bid_qty > 0 and ask_qty > 0:
        return 0 < quote.bid_px_ticks <= quote.ask_px_ticks
    return bid_qty >= 0 and ask_qty >= 0 and quote.bid_px_ticks >= 0 and quote.ask_px_ticks >= 0


def _is_true(depth: Depth) -> bool:
    """Positive, best first, and not crossed."""
    for levels, sign in ((depth.bids, 1), (depth.asks, -1)):
        ranks = [px * sign for px, _ in levels]
        if ranks != sorted(set(ranks), reverse=True):
            return False
        if any(px <= 0 or qty <= 0 for px, qty in levels):
            return False
    return not depth.bids or not depth.asks or depth.bids[0][0] <= depth.asks[0][0]
