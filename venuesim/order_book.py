"""A matching engine for one instrument at one venue. Integers only.

It knows order ids, prices in ticks, quantities in shares and the phase it is put in; it does not
know clients, FIX, fees or time. What it is handed must be valid: a quantity that is not positive
is our bug.

Priority is price, then what is shown before what is hidden, then time. After each request the
pegged orders follow the market, then one elected stop order enters, and so on until nothing moves.
"""

from collections.abc import Sequence
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
    Rejected,
    Replaced,
)
from venuesim.book_order import BookOrder, Special
from venuesim.book_state import AUCTION_ONLY, GOOD_TILL, IMMEDIATE, MARKET_KEY, BookState
from venuesim.call import change_phase, indicative
from venuesim.continuous import cancel_rest, enter, renewed, settle, take, would_act
from venuesim.pegs import Grid
from venuesim.phases import Phase

__all__ = ["BookOrder", "OrderBook"]

_NO_EVENTS: Final[tuple[BookEvent, ...]] = ()


def _any_px(px_ticks: int, side: Side) -> int:
    return px_ticks


class OrderBook:
    """The book. `orders` holds every open order by its id; `grid`: the admitted prices.

    `reference_px_ticks`: the last price of before, for auctions and stops; 0: none.
    """

    __slots__ = ("_state", "orders")

    def __init__(self, grid: Grid = _any_px, reference_px_ticks: int = 0) -> None:
        self._state = BookState(grid, reference_px_ticks)
        self.orders = self._state.orders

    @property
    def phase(self) -> Phase:
        return self._state.phase

    @property
    def last_px_ticks(self) -> int:
        """Of the last trade; 0: there was none."""
        return self._state.last_px_ticks

    def on_new(self, order: BookOrder) -> list[BookEvent]:
        """Match an order and rest what may rest. The book owns `order` from now on."""
        state = self._state
        px_ticks = order.px_ticks
        assert order.order_qty > 0
        assert px_ticks is None or px_ticks > 0
        assert order.order_id not in self.orders
        order.leaves_qty = order.order_qty
        tif = order.time_in_force
        if state.careful or order.special is not None or tif in AUCTION_ONLY:
            return self._on_new_carefully(order)
        buy = order.side is Side.BUY
        opposite = state.asks if buy else state.bids
        reach = MARKET_KEY if px_ticks is None else px_ticks if buy else -px_ticks
        crosses = bool(opposite.keys) and opposite.keys[-1] + reach >= 0
        if crosses and order.post_only:
            return [Rejected(order.order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        events: list[BookEvent] = [Accepted(order.order_id)]
        if (
            tif is TimeInForce.FILL_OR_KILL
            and opposite.available(reach, order.leaves_qty) < order.leaves_qty
        ):
            cancel_rest(order, CancelCause.NOT_FILLABLE, events)
            return events
        if crosses:
            take(state, order, opposite, reach, events)
        if order.leaves_qty:
            if px_ticks is not None and tif in GOOD_TILL:
                state.rest(order)
            else:
                cancel_rest(order, CancelCause.NOTHING_LEFT_TO_TAKE, events)
        return events

    def rest(self, order: BookOrder) -> Sequence[BookEvent]:
        """`on_new` of a limit order that will most likely rest, told only of what else happens.

        No events at all, not even Accepted, if it rested in a plain book.
        """
        px_ticks = order.px_ticks
        assert px_ticks is not None
        state = self._state
        buy = order.side is Side.BUY
        keys = (state.asks if buy else state.bids).keys
        if (
            state.careful
            or order.special is not None
            or order.time_in_force not in GOOD_TILL
            or (keys and keys[-1] + (px_ticks if buy else -px_ticks) >= 0)
        ):
            return self.on_new(order)
        order.leaves_qty = order.order_qty
        state.rest(order)
        return _NO_EVENTS

    def remove(self, order_id: int) -> Sequence[BookEvent]:
        """`on_cancel`, told only of what else happens: no events if it just left a plain book.

        An order that is not there is no fault here.
        """
        state = self._state
        if state.careful:
            return self.on_cancel(order_id)
        order = self.orders.pop(order_id, None)
        if order is not None:
            state.side(order.side).reduce(order, order.leaves_qty)
        return _NO_EVENTS

    def on_cancel(self, order_id: int) -> list[BookEvent]:
        """Take an open order out, in any phase."""
        state = self._state
        order = self.orders.get(order_id)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        qty = order.leaves_qty
        events: list[BookEvent] = [Canceled(order_id, qty, CancelCause.REQUESTED)]
        if state.careful or order_id in state.pool:
            state.take_out(order)
            settle(state, events)
        else:
            del self.orders[order_id]
            (state.bids if order.side is Side.BUY else state.asks).reduce(order, qty)
        return events

    def on_replace(
        self,
        order_id: int,
        order_qty: int,
        px_ticks: int | None,
        post_only: bool = False,
        special: Special | None = None,
    ) -> list[BookEvent]:
        """Give an open order a new total quantity and price, and whether it may only rest.

        Less at the same price keeps the place in the queue; a new price or more goes to its end
        and may trade. No more than is done already: the order ends as it is. `special`: new
        special terms, which lose the place if they differ in more than the owner and what he asks
        of self-trades; None keeps the old ones. Of a peg `px_ticks` is the limit.
        """
        state = self._state
        order = self.orders.get(order_id)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        assert px_ticks is None or px_ticks > 0
        plain = order.special is None and special is None and px_ticks is not None
        if plain and not state.careful and order_id not in state.pool:
            assert px_ticks is not None
            return self._replace_plainly(order, order_qty, px_ticks, post_only)
        return self._replace_carefully(order, order_qty, px_ticks, post_only, special)

    def on_phase(self, phase: Phase) -> list[BookEvent]:
        """Go into another phase: uncross what was collected, expire what is over, go on trading."""
        events: list[BookEvent] = []
        if phase is not self._state.phase:
            change_phase(self._state, phase, events)
            settle(self._state, events)
        return events

    def indicative(self, phase: Phase) -> AuctionPrice:
        """What the uncross at the end of `phase` would be now."""
        return indicative(self._state, phase)

    def touch(self) -> tuple[int, int, int, int]:
        """(bid_px_ticks, bid_qty, ask_px_ticks, ask_qty) shown; 0, 0 for a side that is empty."""
        bid, ask = self._state.bids.best(), self._state.asks.best()
        return (
            bid.px_ticks if bid else 0,
            bid.qty if bid else 0,
            ask.px_ticks if ask else 0,
            ask.qty if ask else 0,
        )

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """The best (px_ticks, qty) shown of a side, best first."""
        return self._state.side(side).depth(levels)

    def _on_new_carefully(self, order: BookOrder) -> list[BookEvent]:
        state, special = self._state, order.special
        if not state.phase.takes_orders or (
            state.phase.is_call and order.time_in_force in IMMEDIATE
        ):
            return [Rejected(order.order_id, BookRejectReason.WRONG_PHASE)]
        if special is not None and special.peg is not None:
            special.limit_px_ticks, order.px_ticks = order.px_ticks, None
        if order.post_only and would_act(state, order):
            return [Rejected(order.order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        events: list[BookEvent] = [Accepted(order.order_id)]
        enter(state, order, events)
        settle(state, events)
        return events

    def _replace_plainly(
        self, order: BookOrder, order_qty: int, px_ticks: int, post_only: bool
    ) -> list[BookEvent]:
        """Of a plain order in a plain book: the same object goes to its new place."""
        state = self._state
        order_id, leaves_qty = order.order_id, order.leaves_qty
        cum_qty = order.order_qty - leaves_qty
        if order_qty < cum_qty:
            order_qty = cum_qty
        new_leaves_qty = order_qty - cum_qty
        buy = order.side is Side.BUY
        own, opposite = (state.bids, state.asks) if buy else (state.asks, state.bids)
        kept = not new_leaves_qty or (px_ticks == order.px_ticks and order_qty <= order.order_qty)
        reach = px_ticks if buy else -px_ticks
        crosses = not kept and bool(opposite.keys) and opposite.keys[-1] + reach >= 0
        if crosses and post_only:
            return [Rejected(order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        own.reduce(order, leaves_qty - new_leaves_qty if kept else leaves_qty)
        order.order_qty, order.leaves_qty, order.post_only = order_qty, new_leaves_qty, post_only
        if kept:
            if not new_leaves_qty:
                del self.orders[order_id]
            return [Replaced(order_id, order_qty, new_leaves_qty, order.px_ticks or 0, True)]
        order.px_ticks = px_ticks
        events: list[BookEvent] = [Replaced(order_id, order_qty, new_leaves_qty, px_ticks, False)]
        if crosses:
            take(state, order, opposite, reach, events)
        if order.leaves_qty:
            order.seq = state.next_seq()
            own.rest(order)
        else:
            del self.orders[order_id]
        return events

    def _replace_carefully(
        self, order: BookOrder, order_qty: int, px_ticks: int | None, post_only: bool,
        special: Special | None,
    ) -> list[BookEvent]:  # fmt: skip
        state, order_id = self._state, order.order_id
        if not state.phase.takes_orders:
            return [Rejected(order_id, BookRejectReason.WRONG_PHASE)]
        cum_qty = order.cum_qty
        order_qty = max(order_qty, cum_qty)
        leaves_qty = order_qty - cum_qty
        limit = order.special.limit_px_ticks if order.special and order.pegged else order.px_ticks
        moved = px_ticks != limit or order_qty > order.order_qty
        if leaves_qty and (moved or not _same_terms(order.special, special)):
            return self._requeue(order, order_qty, px_ticks, post_only, special)
        state.shrink(order, order.leaves_qty - leaves_qty)
        order.order_qty, order.post_only = order_qty, post_only
        order.special = _owned_anew(order.special, special)
        events: list[BookEvent] = [Replaced(order_id, order_qty, leaves_qty, limit or 0, True)]
        if not leaves_qty:
            state.forget(order_id)
        settle(state, events)
        return events

    def _requeue(
        self, old: BookOrder, order_qty: int, px_ticks: int | None, post_only: bool,
        special: Special | None,
    ) -> list[BookEvent]:  # fmt: skip
        """Replace with loss of priority: the old order leaves, a new one enters as a taker."""
        state, order_id = self._state, old.order_id
        terms = renewed(old.special, special)
        order = msgspec.structs.replace(
            old,
            order_qty=order_qty,
            px_ticks=px_ticks,
            post_only=post_only,
            special=terms,
            leaves_qty=order_qty - old.cum_qty,
        )
        if terms is not None and terms.peg is not None:
            terms.limit_px_ticks, order.px_ticks = px_ticks, None
        if post_only and order_id not in state.stops and would_act(state, order):
            return [Rejected(order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        state.take_out(old)
        events: list[BookEvent] = [
            Replaced(order_id, order_qty, order.leaves_qty, px_ticks or 0, False)
        ]
        enter(state, order, events)
        settle(state, events)
        return events


def _same_terms(old: Special | None, new: Special | None) -> bool:
    """Whether a replacement leaves the special terms as they are; None: as they are."""
    if new is None or old is None:
        return new is None or not (new.odd or new.stop_px_ticks)
    return _asked(old) == _asked(new)


def _owned_anew(old: Special | None, new: Special | None) -> Special | None:
    """The special terms after a replacement that keeps the place: whose order it is may change."""
    if new is None or (old is None and not new.owner):
        return old
    return msgspec.structs.replace(old or Special(), owner=new.owner, self_trade=new.self_trade)


def _asked(terms: Special) -> tuple[object, ...]:
    return (
        terms.display_qty, terms.refresh_range, terms.hidden, terms.min_qty, terms.peg,
        terms.peg_offset_ticks, terms.stop_px_ticks,
    )  # fmt: skip
