"""Stop orders that wait for the last trade: buys for a price at or above, sells at or below."""

from bisect import bisect_left, insort

from domain.instruments import Side
from venuesim.book_order import BookOrder

_Key = tuple[int, int, int]  # (stop price towards the market, place in time, order id)


class Stops:
    """The stop orders of one book. They neither show nor trade; the book elects them."""

    __slots__ = ("_by_id", "_keys")

    def __init__(self) -> None:
        self._keys: dict[Side, list[_Key]] = {Side.BUY: [], Side.SELL: []}
        self._by_id: dict[int, BookOrder] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._by_id

    def add(self, order: BookOrder) -> None:
        """Let an order wait; `seq` is its place in time."""
        self._by_id[order.order_id] = order
        insort(self._keys[order.side], _key(order))

    def remove(self, order: BookOrder) -> None:
        """Take an order out that waits."""
        del self._by_id[order.order_id]
        keys = self._keys[order.side]
        del keys[bisect_left(keys, _key(order))]

    def elect(self, px_ticks: int) -> list[BookOrder]:
        """Take out what a trade at `px_ticks` reaches: nearest stop price first, then by time.

        Buys come before sells; one trade reaches both only if they came in out of reach of an
        older last trade.
        """
        found: list[BookOrder] = []
        for side, keys in self._keys.items():
            while keys and keys[0][0] <= px_ticks * side.sign:
                found.append(self._by_id.pop(keys.pop(0)[2]))
        return found


def reached(order: BookOrder, px_ticks: int) -> bool:
    """Whether a last trade at `px_ticks` (0: none yet) has reached the order's stop price."""
    assert order.special is not None
    sign = order.side.sign
    return px_ticks > 0 and order.special.stop_px_ticks * sign <= px_ticks * sign


def _key(order: BookOrder) -> _Key:
    assert order.special is not None
    return (order.special.stop_px_ticks * order.side.sign, order.seq, order.order_id)
