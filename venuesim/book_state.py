"""What a book remembers: where every open order is. It matches nothing."""

from collections.abc import Iterator
from typing import Final

from domain.fix_codes import TimeInForce
from domain.instruments import Side
from venuesim.book_order import BookOrder
from venuesim.book_side import BookSide
from venuesim.pegs import Grid, Reference
from venuesim.phases import Phase
from venuesim.stops import Stops

MARKET_KEY: Final = 1 << 62  # reaches every price there is
GOOD_TILL: Final = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL)
IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
AUCTION_ONLY: Final = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE)


class BookState:
    """One book's orders. `orders` holds every open one; what is closed is forgotten.

    An open order stands at a price of its side, or waits: in `stops` for its stop price, in `pool`
    for an auction, in `parked` for continuous trading (a peg has no reference in a call; a minimum
    quantity means nothing in an auction). `pegs`: every peg by its turn, and the reference that
    they follow. `careful`: something beyond plain continuous matching is going on.
    """

    __slots__ = ("asks", "bids", "careful", "grid", "last_px_ticks", "orders", "parked",
                 "pegged_to", "pegs", "phase", "pool", "seq", "stops")  # fmt: skip

    def __init__(self, grid: Grid, last_px_ticks: int) -> None:
        self.orders: dict[int, BookOrder] = {}
        self.phase = Phase.CONTINUOUS
        self.last_px_ticks = last_px_ticks
        self.grid = grid
        self.bids = BookSide(1)
        self.asks = BookSide(-1)
        self.stops = Stops()
        self.pool: dict[int, BookOrder] = {}
        self.parked: dict[int, BookOrder] = {}
        self.pegs: dict[int, BookOrder] = {}
        self.pegged_to = Reference(0, 0)
        self.seq = 0
        self.careful = False

    def side(self, side: Side) -> BookSide:
        """Where orders of this side rest."""
        return self.bids if side is Side.BUY else self.asks

    def opposite(self, order: BookOrder) -> BookSide:
        """What an order takes from."""
        return self.asks if order.side is Side.BUY else self.bids

    def next_seq(self) -> int:
        """The next place in time."""
        self.seq += 1
        return self.seq

    def rest(self, order: BookOrder) -> None:
        """Put an order at its price, behind all others there."""
        self.seq += 1
        order.seq = self.seq
        (self.bids if order.side is Side.BUY else self.asks).rest(order)
        self.orders[order.order_id] = order

    def wait_in(self, place: dict[int, BookOrder], order: BookOrder) -> None:
        """Let an order wait in `pool` or `parked`."""
        order.seq = self.next_seq()
        self.orders[order.order_id] = order
        place[order.order_id] = order

    def wait_for_stop(self, order: BookOrder) -> None:
        """Let an order wait for its stop price."""
        order.seq = self.next_seq()
        self.orders[order.order_id] = order
        self.stops.add(order)

    def waits(self, order_id: int) -> bool:
        """Whether an open order stands at no price."""
        return order_id in self.stops or order_id in self.pool or order_id in self.parked

    def shrink(self, order: BookOrder, by: int) -> None:
        """Take shares off an open order where it is; it stays in `orders`."""
        if self.waits(order.order_id):
            order.leaves_qty -= by
            if not order.leaves_qty:
                self._stop_waiting(order)
        elif by:
            self.side(order.side).reduce(order, by)

    def take_out(self, order: BookOrder) -> None:
        """Remove an open order from wherever it is, and forget it."""
        if self.waits(order.order_id):
            self._stop_waiting(order)
        else:
            self.side(order.side).reduce(order, order.leaves_qty)
        self.forget(order.order_id)

    def forget(self, order_id: int) -> None:
        """An order is closed."""
        del self.orders[order_id]
        self.pegs.pop(order_id, None)

    def reference(self) -> Reference:
        """What pegs follow now."""
        return Reference(self.bids.anchor(), self.asks.anchor())

    def resting(self) -> Iterator[BookOrder]:
        """Every order that stands at a price, by side and level."""
        for side in (self.bids, self.asks):
            for level in list(side.levels.values()):
                yield from list(level.orders())

    def _stop_waiting(self, order: BookOrder) -> None:
        if order.order_id in self.stops:
            self.stops.remove(order)
        elif self.pool.pop(order.order_id, None) is None:
            del self.parked[order.order_id]


def reach_of(order: BookOrder) -> int:
    """The key of a taker."""
    return MARKET_KEY if order.px_ticks is None else order.px_ticks * order.side.sign
