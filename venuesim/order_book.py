"""A price-time priority matching engine for one instrument at one venue. Integers only.

It knows order ids, prices in ticks and quantities in shares; it does not know clients, FIX, fees
or time. What it is handed must be valid: a quantity that is not positive is our bug.

Prices are kept as *keys*: +px for bids, -px for asks, so that on either side the best price is
the greatest key, and a taker meets a maker when the two keys sum to zero or more.
"""

from bisect import bisect_left, insort
from collections import deque
from enum import StrEnum
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce
from domain.instruments import Side

MARKET_KEY: Final = 1 << 62  # reaches every price there is
# Dead entries a level's queue may hold beyond its live ones before it is rebuilt: small enough to
# bound memory, large enough that rebuilding costs O(1) a cancel.
DEAD_SLACK: Final = 32


class BookRejectReason(StrEnum):
    """Why the book did not do what it was asked."""

    UNKNOWN_ORDER = "unknown_order"
    POST_ONLY_WOULD_CROSS = "post_only_would_cross"


class CancelCause(StrEnum):
    """Why an order left the book unfilled."""

    REQUESTED = "requested"
    NOTHING_LEFT_TO_TAKE = "nothing_left_to_take"  # the remainder of an IOC or market order
    NOT_FILLABLE = "not_fillable"  # fill or kill


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The book took the order; fills, resting or cancellation follow."""

    order_id: int


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """Nothing changed."""

    order_id: int
    reason: BookRejectReason


class Filled(msgspec.Struct, frozen=True, gc=False):
    """A trade: `qty` at the maker's price, both sides of it."""

    maker_id: int
    taker_id: int
    taker_side: Side
    px_ticks: int
    qty: int
    maker_leaves_qty: int
    taker_leaves_qty: int


class Canceled(msgspec.Struct, frozen=True, gc=False):
    """The order is gone with `qty` unfilled."""

    order_id: int
    qty: int
    cause: CancelCause


class Replaced(msgspec.Struct, frozen=True, gc=False):
    """The order has a new quantity and price; `leaves_qty` 0 means that it is done."""

    order_id: int
    order_qty: int
    leaves_qty: int
    px_ticks: int
    kept_priority: bool


BookEvent = Accepted | Rejected | Filled | Canceled | Replaced


class BookOrder:
    """One order as the book holds it. `px_ticks` None is a market order, which never rests."""

    __slots__ = (
        "leaves_qty",
        "order_id",
        "order_qty",
        "post_only",
        "px_ticks",
        "side",
        "time_in_force",
    )

    def __init__(
        self,
        order_id: int,
        side: Side,
        order_qty: int,
        px_ticks: int | None,
        time_in_force: TimeInForce = TimeInForce.DAY,
        post_only: bool = False,
    ) -> None:
        assert order_qty > 0
        assert px_ticks is None or px_ticks > 0
        self.order_id = order_id
        self.side = side
        self.order_qty = order_qty
        self.leaves_qty = order_qty
        self.px_ticks = px_ticks
        self.time_in_force = time_in_force
        self.post_only = post_only

    @property
    def cum_qty(self) -> int:
        return self.order_qty - self.leaves_qty


class _Level:
    """The orders at one price by time. An order with no leaves is dead and skipped."""

    __slots__ = ("dead", "px_ticks", "qty", "queue")

    def __init__(self, px_ticks: int) -> None:
        self.px_ticks = px_ticks
        self.qty = 0
        self.dead = 0
        self.queue: deque[BookOrder] = deque()


class _BookSide:
    """One side: levels by key, and the keys by rising value (the best is the last)."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    def rest(self, order: BookOrder) -> None:
        """Queue an order behind all others of its price."""
        assert order.px_ticks is not None
        key = order.px_ticks * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = _Level(order.px_ticks)
            insort(self.keys, key)
        level.queue.append(order)
        level.qty += order.leaves_qty

    def reduce(self, order: BookOrder, by: int) -> None:
        """Take `by` shares off a resting order; with none left it loses its place."""
        assert order.px_ticks is not None
        key = order.px_ticks * self.sign
        level = self.levels[key]
        order.leaves_qty -= by
        level.qty -= by
        if not level.qty:
            del self.levels[key]
            del self.keys[bisect_left(self.keys, key)]
        elif not order.leaves_qty:
            level.dead += 1
            if level.dead > DEAD_SLACK and 2 * level.dead > len(level.queue):
                level.queue = deque(each for each in level.queue if each.leaves_qty)
                level.dead = 0

    def available(self, reach: int, wanted: int) -> int:
        """Shares a taker whose key is `reach` can have, counted up to `wanted`."""
        found = 0
        for key in reversed(self.keys):
            if key + reach < 0 or found >= wanted:
                break
            found += self.levels[key].qty
        return found

    def depth(self, levels: int) -> list[tuple[int, int]]:
        """The best (px_ticks, qty), best first."""
        return [
            (level.px_ticks, level.qty)
            for level in (self.levels[key] for key in self.keys[-1 : -levels - 1 : -1])
        ]


class OrderBook:
    """The book. `orders` holds the resting orders only; what is closed is forgotten."""

    __slots__ = ("_asks", "_bids", "orders")

    def __init__(self) -> None:
        self.orders: dict[int, BookOrder] = {}
        self._bids = _BookSide(1)
        self._asks = _BookSide(-1)

    def on_new(self, order: BookOrder) -> list[BookEvent]:
        """Match an order and rest what may rest. The book owns `order` from now on."""
        assert order.order_id not in self.orders
        buy = order.side is Side.BUY
        opposite = self._asks if buy else self._bids
        px_ticks = order.px_ticks
        reach = MARKET_KEY if px_ticks is None else px_ticks if buy else -px_ticks
        crosses = bool(opposite.keys) and opposite.keys[-1] + reach >= 0
        if crosses and order.post_only:
            return [Rejected(order.order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        events: list[BookEvent] = [Accepted(order.order_id)]
        tif = order.time_in_force
        if (
            tif is TimeInForce.FILL_OR_KILL
            and opposite.available(reach, order.leaves_qty) < order.leaves_qty
        ):
            events.append(Canceled(order.order_id, order.leaves_qty, CancelCause.NOT_FILLABLE))
            return events
        if crosses:
            self._take(order, opposite, reach, events)
        if order.leaves_qty:
            if tif is TimeInForce.DAY and px_ticks is not None:
                (self._bids if buy else self._asks).rest(order)
                self.orders[order.order_id] = order
            else:
                events.append(
                    Canceled(order.order_id, order.leaves_qty, CancelCause.NOTHING_LEFT_TO_TAKE)
                )
        return events

    def on_cancel(self, order_id: int) -> list[BookEvent]:
        """Take a resting order out."""
        order = self.orders.pop(order_id, None)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        qty = order.leaves_qty
        self._side(order.side).reduce(order, qty)
        return [Canceled(order_id, qty, CancelCause.REQUESTED)]

    def on_replace(
        self, order_id: int, order_qty: int, px_ticks: int, post_only: bool = False
    ) -> list[BookEvent]:
        """Give a resting order a new total quantity and price, and whether it may only rest.

        Less at the same price keeps the place in the queue; a new price or more goes to its end
        and may trade. No more than is done already: the order ends as it is.
        """
        order = self.orders.get(order_id)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        assert px_ticks > 0
        cum_qty = order.cum_qty
        order_qty = max(order_qty, cum_qty)
        leaves_qty = order_qty - cum_qty
        side = self._side(order.side)
        if leaves_qty and (px_ticks != order.px_ticks or order_qty > order.order_qty):
            return self._requeue(order, order_qty, px_ticks, post_only)
        side.reduce(order, order.leaves_qty - leaves_qty)
        order.order_qty, order.post_only = order_qty, post_only
        if not leaves_qty:
            del self.orders[order_id]
        assert order.px_ticks is not None
        return [Replaced(order_id, order_qty, leaves_qty, order.px_ticks, True)]

    def touch(self) -> tuple[int, int, int, int]:
        """(bid_px_ticks, bid_qty, ask_px_ticks, ask_qty); 0, 0 for a side that is empty."""
        bids, asks = self._bids, self._asks
        bid = bids.levels[bids.keys[-1]] if bids.keys else None
        ask = asks.levels[asks.keys[-1]] if asks.keys else None
        return (
            bid.px_ticks if bid else 0,
            bid.qty if bid else 0,
            ask.px_ticks if ask else 0,
            ask.qty if ask else 0,
        )

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """The best (px_ticks, qty) of a side, best first."""
        return self._side(side).depth(levels)

    def _side(self, side: Side) -> _BookSide:
        return self._bids if side is Side.BUY else self._asks

    def _requeue(
        self, old: BookOrder, order_qty: int, px_ticks: int, post_only: bool
    ) -> list[BookEvent]:
        """Replace with loss of priority: the old entry dies, a new one comes in as a taker."""
        buy = old.side is Side.BUY
        opposite = self._asks if buy else self._bids
        reach = px_ticks if buy else -px_ticks
        crosses = bool(opposite.keys) and opposite.keys[-1] + reach >= 0
        if crosses and post_only:
            return [Rejected(old.order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        order = BookOrder(old.order_id, old.side, order_qty, px_ticks, old.time_in_force, post_only)
        order.leaves_qty = order_qty - old.cum_qty
        own = self._side(old.side)
        own.reduce(old, old.leaves_qty)
        del self.orders[old.order_id]
        events: list[BookEvent] = [
            Replaced(order.order_id, order_qty, order.leaves_qty, px_ticks, False)
        ]
        if crosses:
            self._take(order, opposite, reach, events)
        if order.leaves_qty:
            own.rest(order)
            self.orders[order.order_id] = order
        return events

    def _take(self, taker: BookOrder, side: _BookSide, reach: int, events: list[BookEvent]) -> None:
        """Fill `taker` against `side` as far as its price reaches: best price, then first come."""
        keys, levels, orders = side.keys, side.levels, self.orders
        taker_id, taker_side, leaves = taker.order_id, taker.side, taker.leaves_qty
        while leaves and keys and keys[-1] + reach >= 0:
            level = levels[keys[-1]]
            queue, px_ticks = level.queue, level.px_ticks
            while leaves and level.qty:
                maker = queue[0]
                available = maker.leaves_qty
                if not available:
                    queue.popleft()
                    level.dead -= 1
                    continue
                qty = available if available < leaves else leaves
                leaves -= qty
                level.qty -= qty
                maker.leaves_qty = available - qty
                events.append(
                    Filled(
                        maker.order_id, taker_id, taker_side, px_ticks, qty, available - qty, leaves
                    )
                )
                if available == qty:
                    queue.popleft()
                    del orders[maker.order_id]
            if not level.qty:
                del levels[keys.pop()]
        taker.leaves_qty = leaves
