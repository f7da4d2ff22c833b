"""A midpoint book: everything in it is hidden and trades at the middle of the lit market, or not.

Priority is time alone, for there is one price. A limit says at which midpoints an order may trade;
none means at any. A minimum quantity holds for every single trade, of either side. Half a tick goes
to the order that was there first. Orders of one owner who minds pass each other by. Nothing trades
while the reference is missing, stale, locked or crossed; when it comes back or moves, the orders
that wait meet in their order of time.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce
from domain.instruments import Side
from venuesim.auction import AuctionPrice
from venuesim.book_events import (
    Accepted,
    BookEvent,
    BookRejectReason,
    CancelCause,
    Canceled,
    Filled,
    Rejected,
    Replaced,
)
from venuesim.book_order import BookOrder, Special, self_trades
from venuesim.book_state import GOOD_TILL
from venuesim.phases import Phase
from venuesim.reference_quotes import NO_REFERENCE, Midpoint

_NOTHING_SHOWN: Final = (0, 0, 0, 0)


class DarkBook:
    """The book. `orders`: every open order by id, by its place in time."""

    __slots__ = ("_midpoint", "orders", "phase")

    def __init__(self) -> None:
        self.orders: dict[int, BookOrder] = {}
        self.phase = Phase.CONTINUOUS
        self._midpoint = NO_REFERENCE

    def on_reference(self, midpoint: Midpoint) -> list[BookEvent]:
        """The lit market moved, or may no longer be traded on."""
        events: list[BookEvent] = []
        if midpoint != self._midpoint:
            self._midpoint = midpoint
            self._meet(events)
        return events

    def on_new(self, order: BookOrder) -> list[BookEvent]:
        """Trade an order with those that wait, and let it wait. The book owns it from now on."""
        assert order.order_qty > 0
        assert order.order_id not in self.orders
        if not self.phase.takes_orders:
            return [Rejected(order.order_id, BookRejectReason.WRONG_PHASE)]
        order.leaves_qty = order.order_qty
        events: list[BookEvent] = [Accepted(order.order_id)]
        self._enter(order, events)
        return events

    def rest(self, order: BookOrder) -> Sequence[BookEvent]:
        """As `on_new`."""
        return self.on_new(order)

    def on_cancel(self, order_id: int) -> list[BookEvent]:
        """Take an open order out, in any phase."""
        order = self.orders.pop(order_id, None)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        return [Canceled(order_id, order.leaves_qty, CancelCause.REQUESTED)]

    def remove(self, order_id: int) -> Sequence[BookEvent]:
        """As `on_cancel`; an order that is not there is no fault."""
        return self.on_cancel(order_id) if order_id in self.orders else ()

    def on_replace(
        self, order_id: int, order_qty: int, px_ticks: int | None, post_only: bool = False,
        special: Special | None = None,
    ) -> list[BookEvent]:  # fmt: skip
        """Less at the same terms keeps the place in time; anything else loses it, and may trade."""
        assert not post_only
        order = self.orders.get(order_id)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        if not self.phase.takes_orders:
            return [Rejected(order_id, BookRejectReason.WRONG_PHASE)]
        cum_qty = order.cum_qty
        order_qty = max(order_qty, cum_qty)
        least = order.special.min_qty if order.special else 0
        same = special is None or special.min_qty == least
        kept = order_qty == cum_qty or (
            same and px_ticks == order.px_ticks and order_qty <= order.order_qty
        )
        leaves_qty = order_qty - cum_qty
        events: list[BookEvent] = [Replaced(order_id, order_qty, leaves_qty, px_ticks or 0, kept)]
        changed = msgspec.structs.replace(
            order, order_qty=order_qty, leaves_qty=leaves_qty, px_ticks=px_ticks,
            special=special or order.special,
        )  # fmt: skip
        if not kept or not leaves_qty:
            del self.orders[order_id]
        if kept and leaves_qty:
            self.orders[order_id] = changed
        elif leaves_qty:
            self._enter(changed, events)
        return events

    def on_phase(self, phase: Phase) -> list[BookEvent]:
        """Trade in continuous phases only; at the close all but good till cancel expire."""
        self.phase = phase
        events: list[BookEvent] = []
        if phase is Phase.CONTINUOUS:
            self._meet(events)
        elif phase is Phase.CLOSED:
            kept = TimeInForce.GOOD_TILL_CANCEL
            for order in [e for e in self.orders.values() if e.time_in_force is not kept]:
                events.append(Canceled(order.order_id, order.leaves_qty, CancelCause.EXPIRED))
                del self.orders[order.order_id]
        return events

    def indicative(self, phase: Phase) -> AuctionPrice:
        """There are no auctions here."""
        return AuctionPrice(0, 0, 0)

    def touch(self) -> tuple[int, int, int, int]:
        """Nothing is shown."""
        return _NOTHING_SHOWN

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """Nothing is shown."""
        return []

    @property
    def _trades(self) -> bool:
        """Whether anything may trade now: what comes in a call waits for its end."""
        return self._midpoint.fault is None and self.phase is Phase.CONTINUOUS

    def _enter(self, order: BookOrder, events: list[BookEvent]) -> None:
        meetings = self._meetings(order, self.orders.values())
        tif = order.time_in_force
        traded = sum(qty for _, qty in meetings)
        if tif is TimeInForce.FILL_OR_KILL and traded < order.leaves_qty:
            cause = self._midpoint.fault or CancelCause.NOT_FILLABLE
            events.append(Canceled(order.order_id, order.leaves_qty, cause))
            return
        self._trade(order, meetings, events)
        if order.leaves_qty and tif in GOOD_TILL:
            self.orders[order.order_id] = order
        elif order.leaves_qty:
            cause = self._midpoint.fault or CancelCause.NOTHING_LEFT_TO_TAKE
            events.append(Canceled(order.order_id, order.leaves_qty, cause))
        if meetings:
            self._meet(events)

    def _meet(self, events: list[BookEvent]) -> None:
        """Let those that wait trade with each other, each with those that came before it.

        A trade may leave an order less than its minimum quantity, which then is all that is left
        and suits others: so it goes on until nothing trades.
        """
        if not self._trades:
            return
        seen = -1
        while seen != len(events):
            seen = len(events)
            before: list[BookOrder] = []
            for order in list(self.orders.values()):
                self._trade(order, self._meetings(order, before), events)
                if order.leaves_qty:
                    before.append(order)
                else:
                    self.orders.pop(order.order_id, None)

    def _meetings(
        self, taker: BookOrder, makers: Iterable[BookOrder]
    ) -> list[tuple[BookOrder, int]]:
        """Whom `taker` trades with, and how much, by the makers' time."""
        found: list[tuple[BookOrder, int]] = []
        if not self._trades or not self._may_trade(taker):
            return found
        left = taker.leaves_qty
        wanted = taker.special.min_qty if taker.special else 0
        for maker in makers:
            if not left:
                break
            if maker.side is taker.side or not maker.leaves_qty or self_trades(taker, maker):
                continue
            qty = min(left, maker.leaves_qty)
            if qty >= min(wanted, left) and qty >= maker.min_qty and self._may_trade(maker):
                found.append((maker, qty))
                left -= qty
        return found

    def _may_trade(self, order: BookOrder) -> bool:
        """Whether the midpoint is within the order's limit."""
        if order.px_ticks is None:
            return True
        return (2 * order.px_ticks - self._midpoint.twice_px_ticks) * order.side.sign >= 0

    def _trade(
        self, taker: BookOrder, meetings: list[tuple[BookOrder, int]], events: list[BookEvent]
    ) -> None:
        twice = self._midpoint.twice_px_ticks
        for maker, qty in meetings:
            # Half a tick goes to the maker: down if it buys, up if it sells.
            px_ticks = twice // 2 if maker.side is Side.BUY else -(-twice // 2)
            maker.leaves_qty -= qty
            taker.leaves_qty -= qty
            events.append(
                Filled(maker.order_id, taker.order_id, taker.side, px_ticks, qty,
                       maker.leaves_qty, taker.leaves_qty)
            )  # fmt: skip
            if not maker.leaves_qty:
                del self.orders[maker.order_id]
