"""One side of a book: its price levels, what is shown at each and what is not.

Prices are kept as *keys*: +px for bids, -px for asks, so that on either side the best price is
the greatest key, and a taker meets a maker when the two keys sum to zero or more.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator

from venuesim.book_order import BookOrder, Special, tranche_qty


class Level:
    """The orders at one price by time, by their ids.

    `queue` is an OrderedDict because a plain dict that is emptied from its front has to skip the
    places of all that were there, while this one takes from either end or the middle at once.
    `qty`: shares shown; `hidden_qty`: shares that are not, of hidden orders and of icebergs'
    reserves; `peg_qty`: those of `qty` that belong to pegged orders.
    """

    __slots__ = ("hidden", "hidden_qty", "peg_qty", "px_ticks", "qty", "queue")

    def __init__(self, px_ticks: int) -> None:
        self.px_ticks = px_ticks
        self.qty = 0
        self.queue: OrderedDict[int, BookOrder] = OrderedDict()
        self.hidden: dict[int, BookOrder] = {}
        self.hidden_qty = 0
        self.peg_qty = 0

    def orders(self) -> Iterator[BookOrder]:
        """Every order by priority: those that show something, then the hidden ones."""
        yield from self.queue.values()
        yield from self.hidden.values()


class BookSide:
    """Levels by key, and the keys by rising value (the best is the last).

    `odd`: how many resting orders a taker must be careful of, see Special.odd.
    """

    __slots__ = ("keys", "levels", "odd", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}
        self.odd = 0

    def rest(self, order: BookOrder) -> None:
        """Queue an order behind all others of its price and kind."""
        px_ticks = order.px_ticks
        assert px_ticks is not None
        key = px_ticks * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(px_ticks)
            insort(self.keys, key)
        special = order.special
        if special is not None and special.odd:
            self._rest_odd(order, special, level)
            return
        level.queue[order.order_id] = order
        level.qty += order.leaves_qty

    def reduce(self, order: BookOrder, by: int) -> None:
        """Take `by` shares off a resting order without a trade; with none left it is gone.

        An iceberg loses of its reserve first.
        """
        assert order.px_ticks is not None
        key = order.px_ticks * self.sign
        level = self.levels[key]
        order.leaves_qty -= by
        special = order.special
        if special is not None and special.odd:
            self._reduce_odd(order, special, level, by)
        else:
            level.qty -= by
            if not order.leaves_qty:
                del level.queue[order.order_id]
        if not level.qty and not level.hidden_qty:
            self._drop(key)

    def trade(self, order: BookOrder, qty: int) -> bool:
        """Take a trade's shares off a resting order. True if an iceberg showed a new tranche."""
        special = order.special
        if special is None or not special.display_qty:
            self.reduce(order, qty)
            return False
        assert order.px_ticks is not None
        key = order.px_ticks * self.sign
        level = self.levels[key]
        shown = min(qty, special.shown_qty)
        order.leaves_qty -= qty
        special.shown_qty -= shown
        level.qty -= shown
        level.hidden_qty -= qty - shown
        if special.peg is not None:
            level.peg_qty -= shown
        if not order.leaves_qty:
            self.odd -= 1
            del level.queue[order.order_id]
        elif not special.shown_qty:
            self._refresh(order, special, level)
            return True
        if not level.qty and not level.hidden_qty:
            self._drop(key)
        return False

    def best(self) -> Level | None:
        """The best level that shows something."""
        if not self.odd:
            return self.levels[self.keys[-1]] if self.keys else None
        return next((level for level in self._from_best() if level.qty), None)

    def anchor(self) -> int:
        """The best price that shows an order which is not pegged; 0 if there is none."""
        levels = self.levels
        for key in reversed(self.keys):
            level = levels[key]
            if level.qty > level.peg_qty:
                return level.px_ticks
        return 0

    def available(self, reach: int, wanted: int) -> int:
        """Shares shown to a taker whose key is `reach`, counted up to `wanted`."""
        found = 0
        for key in reversed(self.keys):
            if key + reach < 0 or found >= wanted:
                break
            found += self.levels[key].qty
        return found

    def depth(self, levels: int) -> list[tuple[int, int]]:
        """The best (px_ticks, qty) shown, best first."""
        if not self.odd:
            best = (self.levels[key] for key in self.keys[-1 : -levels - 1 : -1])
            return [(level.px_ticks, level.qty) for level in best]
        found: list[tuple[int, int]] = []
        for level in self._from_best():
            if len(found) == levels:
                break
            if level.qty:
                found.append((level.px_ticks, level.qty))
        return found

    def _from_best(self) -> Iterator[Level]:
        return (self.levels[key] for key in reversed(self.keys))

    def _rest_odd(self, order: BookOrder, special: Special, level: Level) -> None:
        self.odd += 1
        shown = 0
        if special.hidden:
            level.hidden[order.order_id] = order
        else:
            level.queue[order.order_id] = order
            shown = order.leaves_qty
            if special.display_qty:
                shown = min(shown, tranche_qty(order.order_id, special.tranche, special))
                special.shown_qty = shown
        level.qty += shown
        level.hidden_qty += order.leaves_qty - shown
        if special.peg is not None:
            level.peg_qty += shown

    def _reduce_odd(self, order: BookOrder, special: Special, level: Level, by: int) -> None:
        if not order.leaves_qty:
            self.odd -= 1
        if special.hidden:
            level.hidden_qty -= by
            if not order.leaves_qty:
                del level.hidden[order.order_id]
            return
        shown = by
        if special.display_qty:
            reserve = order.leaves_qty + by - special.shown_qty
            shown -= min(by, reserve)
            special.shown_qty -= shown
            level.hidden_qty -= by - shown
        level.qty -= shown
        if special.peg is not None:
            level.peg_qty -= shown
        if not order.leaves_qty:
            del level.queue[order.order_id]

    def _refresh(self, order: BookOrder, special: Special, level: Level) -> None:
        """Show an iceberg's next tranche, behind all others at its price."""
        special.tranche += 1
        fresh = min(order.leaves_qty, tranche_qty(order.order_id, special.tranche, special))
        special.shown_qty = fresh
        level.qty += fresh
        level.hidden_qty -= fresh
        if special.peg is not None:
            level.peg_qty += fresh
        level.queue.move_to_end(order.order_id)

    def _drop(self, key: int) -> None:
        del self.levels[key]
        del self.keys[bisect_left(self.keys, key)]
