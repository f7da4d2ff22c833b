"""A matching engine for one instrument at one venue. Integers only.

It knows order ids, prices in ticks, quantities in shares and the phase it is put in; it does not
know clients, FIX, fees or time. What it is handed must be valid: a quantity that is not positive
is our bug.

Priority is price, then what is shown before what is hidden, then time. After each request the
pegged orders follow the market, then one elected stop order enters, and so on until nothing moves.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce
from domain.instruments import Side
from venuesim.auction import AuctionPrice, Interest, auction_price
from venuesim.book_events import (
    Accepted,
    AuctionFilled,
    BookEvent,
    BookRejectReason,
    CancelCause,
    Canceled,
    Decremented,
    Filled,
    Rejected,
    Replaced,
    Repriced,
    Triggered,
    Uncrossed,
)
from venuesim.book_order import BookOrder, Special
from venuesim.book_side import BookSide
from venuesim.pegs import Grid, Reference, peg_px_ticks
from venuesim.phases import Phase
from venuesim.stops import Stops, reached
from venuesim.sweep import Step, StepKind, plan, traded_qty

__all__ = ["BookOrder", "OrderBook"]

MARKET_KEY: Final = 1 << 62  # reaches every price there is
_NO_EVENTS: Final[tuple[BookEvent, ...]] = ()
_GOOD_TILL: Final = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL)
_IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
_AUCTION_ONLY: Final = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE)


def _any_px(px_ticks: int, side: Side) -> int:
    return px_ticks


class OrderBook:
    """The book. `orders` holds every open order; what is closed is forgotten.

    An open order stands at a price of its side, or waits: in `_stops` for its stop price, in
    `_pool` for an auction, in `_parked` for continuous trading (a peg has no reference in a call;
    a minimum quantity means nothing in an auction). `grid`: the instrument's admitted prices.
    """

    __slots__ = (
        "_asks", "_bids", "_careful", "_grid", "_parked", "_pegged_to", "_pegs", "_pool", "_seq",
        "_stops", "last_px_ticks", "orders", "phase",
    )  # fmt: skip

    def __init__(self, grid: Grid = _any_px, reference_px_ticks: int = 0) -> None:
        self.orders: dict[int, BookOrder] = {}
        self.phase = Phase.CONTINUOUS
        self.last_px_ticks = reference_px_ticks  # of the last trade; before it, of yesterday's
        self._grid = grid
        self._bids = BookSide(1)
        self._asks = BookSide(-1)
        self._stops = Stops()
        self._pool: dict[int, BookOrder] = {}
        self._parked: dict[int, BookOrder] = {}
        self._pegs: dict[int, BookOrder] = {}
        self._pegged_to = Reference(0, 0)
        self._seq = 0
        self._careful = False  # something beyond plain continuous matching is going on

    def on_new(self, order: BookOrder) -> list[BookEvent]:
        """Match an order and rest what may rest. The book owns `order` from now on."""
        px_ticks = order.px_ticks
        assert order.order_qty > 0
        assert px_ticks is None or px_ticks > 0
        assert order.order_id not in self.orders
        order.leaves_qty = order.order_qty
        tif = order.time_in_force
        if self._careful or order.special is not None or tif in _AUCTION_ONLY:
            return self._on_new_carefully(order)
        buy = order.side is Side.BUY
        opposite = self._asks if buy else self._bids
        reach = MARKET_KEY if px_ticks is None else px_ticks if buy else -px_ticks
        crosses = bool(opposite.keys) and opposite.keys[-1] + reach >= 0
        if crosses and order.post_only:
            return [Rejected(order.order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        events: list[BookEvent] = [Accepted(order.order_id)]
        if (
            tif is TimeInForce.FILL_OR_KILL
            and opposite.available(reach, order.leaves_qty) < order.leaves_qty
        ):
            events.append(Canceled(order.order_id, order.leaves_qty, CancelCause.NOT_FILLABLE))
            return events
        if crosses:
            self._take(order, opposite, reach, events)
        if order.leaves_qty:
            if px_ticks is not None and tif in _GOOD_TILL:
                self._rest(order)
            else:
                _cancel_rest(order, CancelCause.NOTHING_LEFT_TO_TAKE, events)
        return events

    def rest(self, order: BookOrder) -> Sequence[BookEvent]:
        """`on_new` of a limit order that will most likely rest, told only of what else happens.

        No events at all (not even Accepted) if it rested and nothing followed.
        """
        px_ticks = order.px_ticks
        assert px_ticks is not None
        buy = order.side is Side.BUY
        keys = (self._asks if buy else self._bids).keys
        if (
            self._careful
            or order.special is not None
            or order.time_in_force not in _GOOD_TILL
            or (keys and keys[-1] + (px_ticks if buy else -px_ticks) >= 0)
        ):
            return self.on_new(order)
        order.leaves_qty = order.order_qty
        self._rest(order)
        return _NO_EVENTS

    def remove(self, order_id: int) -> Sequence[BookEvent]:
        """`on_cancel`, told only of what else happens: no events if the order is just gone.

        An order that is not there is no fault here.
        """
        if self._careful:
            return self.on_cancel(order_id)
        order = self.orders.pop(order_id, None)
        if order is not None:
            (self._bids if order.side is Side.BUY else self._asks).reduce(order, order.leaves_qty)
        return _NO_EVENTS

    def on_cancel(self, order_id: int) -> list[BookEvent]:
        """Take an open order out, in any phase."""
        order = self.orders.get(order_id)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        qty = order.leaves_qty
        events: list[BookEvent] = [Canceled(order_id, qty, CancelCause.REQUESTED)]
        if self._careful or order_id in self._pool:
            self._take_out(order)
            self._settle(events)
        else:
            del self.orders[order_id]
            self._side(order.side).reduce(order, qty)
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
        special terms, which lose the place if they differ; None keeps the old ones. Of a peg
        `px_ticks` is the limit.
        """
        order = self.orders.get(order_id)
        if order is None:
            return [Rejected(order_id, BookRejectReason.UNKNOWN_ORDER)]
        if not self.phase.takes_orders:
            return [Rejected(order_id, BookRejectReason.WRONG_PHASE)]
        assert px_ticks is None or px_ticks > 0
        if special is None and px_ticks is not None and self._is_plain(order):
            return self._replace_plainly(order, order_qty, px_ticks, post_only)
        cum_qty = order.cum_qty
        order_qty = max(order_qty, cum_qty)
        leaves_qty = order_qty - cum_qty
        limit = order.special.limit_px_ticks if order.special and order.pegged else order.px_ticks
        moved = px_ticks != limit or order_qty > order.order_qty
        if leaves_qty and (moved or not _same_terms(order.special, special)):
            return self._requeue(order, order_qty, px_ticks, post_only, special)
        self._shrink(order, order.leaves_qty - leaves_qty)
        order.order_qty, order.post_only = order_qty, post_only
        events: list[BookEvent] = [Replaced(order_id, order_qty, leaves_qty, limit or 0, True)]
        if not leaves_qty:
            self._forget(order_id)
        if self._careful:
            self._settle(events)
        return events

    def _is_plain(self, order: BookOrder) -> bool:
        return not self._careful and order.special is None and order.order_id not in self._pool

    def _replace_plainly(
        self, order: BookOrder, order_qty: int, px_ticks: int, post_only: bool
    ) -> list[BookEvent]:
        """The same for a plain order in continuous trading."""
        order_id, leaves_qty = order.order_id, order.leaves_qty
        cum_qty = order.order_qty - leaves_qty
        if order_qty < cum_qty:
            order_qty = cum_qty
        new_leaves_qty = order_qty - cum_qty
        buy = order.side is Side.BUY
        own, opposite = (self._bids, self._asks) if buy else (self._asks, self._bids)
        kept = not new_leaves_qty or (px_ticks == order.px_ticks and order_qty <= order.order_qty)
        reach = px_ticks if buy else -px_ticks
        crosses = not kept and bool(opposite.keys) and opposite.keys[-1] + reach >= 0
        if crosses and post_only:
            return [Rejected(order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        own.reduce(order, leaves_qty - new_leaves_qty if kept else leaves_qty)
        order.order_qty, order.leaves_qty, order.post_only = order_qty, new_leaves_qty, post_only
        if kept:
            px_ticks = order.px_ticks or 0
            if not new_leaves_qty:
                del self.orders[order_id]
            return [Replaced(order_id, order_qty, new_leaves_qty, px_ticks, True)]
        order.px_ticks = px_ticks
        events: list[BookEvent] = [Replaced(order_id, order_qty, new_leaves_qty, px_ticks, False)]
        if crosses:
            self._take(order, opposite, reach, events)
        if order.leaves_qty:
            self._rest(order)
        else:
            del self.orders[order_id]
        return events

    def on_phase(self, phase: Phase) -> list[BookEvent]:
        """Go into another phase: uncross what was collected, expire what is over, go on trading."""
        before, self.phase = self.phase, phase
        events: list[BookEvent] = []
        if phase is before:
            return events
        if before is Phase.CONTINUOUS:
            self._park()
        if phase is Phase.CONTINUOUS:
            self._uncross(before, events)
            self._resume(events)
        elif phase is Phase.CLOSED:
            if before is Phase.CLOSING_CALL:
                self._uncross(before, events)
            over = [e for e in self.orders.values() if e.time_in_force is not _GTC]
            self._expire(over, events)
        self._settle(events)
        return events

    def indicative(self, phase: Phase) -> AuctionPrice:
        """What the uncross at the end of `phase` would be now."""
        return auction_price(self._interest(phase), self.last_px_ticks, self._grid)

    def touch(self) -> tuple[int, int, int, int]:
        """(bid_px_ticks, bid_qty, ask_px_ticks, ask_qty) shown; 0, 0 for a side that is empty."""
        bid, ask = self._bids.best(), self._asks.best()
        return (
            bid.px_ticks if bid else 0,
            bid.qty if bid else 0,
            ask.px_ticks if ask else 0,
            ask.qty if ask else 0,
        )

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """The best (px_ticks, qty) shown of a side, best first."""
        return self._side(side).depth(levels)

    def _side(self, side: Side) -> BookSide:
        return self._bids if side is Side.BUY else self._asks

    def _rest(self, order: BookOrder) -> None:
        self._seq += 1
        order.seq = self._seq
        (self._bids if order.side is Side.BUY else self._asks).rest(order)
        self.orders[order.order_id] = order

    def _take(self, taker: BookOrder, side: BookSide, reach: int, events: list[BookEvent]) -> None:
        """Fill `taker` against a side without odd orders: best price, then first come."""
        assert not side.odd
        keys, levels, orders = side.keys, side.levels, self.orders
        taker_id, taker_side, leaves = taker.order_id, taker.side, taker.leaves_qty
        px_ticks = self.last_px_ticks
        while leaves and keys and keys[-1] + reach >= 0:
            level = levels[keys[-1]]
            queue, px_ticks = level.queue, level.px_ticks
            while leaves and queue:
                maker = next(iter(queue.values()))
                available = maker.leaves_qty
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
                    del queue[maker.order_id]
                    del orders[maker.order_id]
            if not level.qty:
                del levels[keys.pop()]
        taker.leaves_qty = leaves
        self.last_px_ticks = px_ticks

    # What follows is for books with special orders, and for phases other than continuous trading.

    def _on_new_carefully(self, order: BookOrder) -> list[BookEvent]:
        special = order.special
        if not self.phase.takes_orders or (
            self.phase.is_call and order.time_in_force in _IMMEDIATE
        ):
            return [Rejected(order.order_id, BookRejectReason.WRONG_PHASE)]
        if special is not None and special.peg is not None:
            special.limit_px_ticks, order.px_ticks = order.px_ticks, None
        if self._post_only_fails(order):
            return [Rejected(order.order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        events: list[BookEvent] = [Accepted(order.order_id)]
        self._enter(order, events)
        self._settle(events)
        return events

    def _enter(self, order: BookOrder, events: list[BookEvent]) -> None:
        """Put an order where it belongs now: let it wait, or match it."""
        special = order.special
        if special is not None and special.stop_px_ticks and not special.triggered:
            live = self.phase is Phase.CONTINUOUS and reached(order, self.last_px_ticks)
            if not live:
                self._wait(order)
                self._stops.add(order)
                return
            special.triggered = True
            events.append(Triggered(order.order_id))
        if order.time_in_force in _AUCTION_ONLY or (self.phase.is_call and self._is_market(order)):
            self._wait(order)
            self._pool[order.order_id] = order
        elif order.pegged:
            self._enter_peg(order, events)
        elif not self.phase.is_call:
            self._match(order, events)
        elif order.min_qty:
            self._wait(order)
            self._parked[order.order_id] = order
        else:
            self._rest(order)

    def _is_market(self, order: BookOrder) -> bool:
        return order.px_ticks is None and not order.pegged

    def _wait(self, order: BookOrder) -> None:
        self._seq += 1
        order.seq = self._seq
        self.orders[order.order_id] = order

    def _enter_peg(self, order: BookOrder, events: list[BookEvent]) -> None:
        if not self._pegs:
            self._pegged_to = self._reference()
        self._pegs[order.order_id] = order
        px_ticks = None
        if self.phase is Phase.CONTINUOUS:
            px_ticks = peg_px_ticks(order, self._pegged_to, self._grid)
        order.px_ticks = px_ticks
        if px_ticks is None:
            self._wait(order)
            self._parked[order.order_id] = order
        else:
            self._match(order, events)

    def _match(self, order: BookOrder, events: list[BookEvent]) -> None:
        """Continuous matching of an order that enters, with every special term."""
        opposite = self._asks if order.side is Side.BUY else self._bids
        reach = _reach(order)
        tif, special = order.time_in_force, order.special
        if not opposite.odd and special is None and tif is not TimeInForce.FILL_OR_KILL:
            self._take(order, opposite, reach, events)
        else:
            steps = plan(order, opposite, reach)
            traded = traded_qty(steps)
            if tif is TimeInForce.FILL_OR_KILL and traded < order.leaves_qty:
                _cancel_rest(order, CancelCause.NOT_FILLABLE, events)
            elif traded < order.min_qty:
                if tif in _IMMEDIATE:
                    _cancel_rest(order, CancelCause.MIN_QTY, events)
            else:
                self._carry_out(steps, order, opposite, events)
        if order.leaves_qty and order.px_ticks is not None and tif in _GOOD_TILL:
            self._rest(order)
            return
        if order.leaves_qty:
            _cancel_rest(order, CancelCause.NOTHING_LEFT_TO_TAKE, events)
        self._pegs.pop(order.order_id, None)

    def _carry_out(
        self, steps: list[Step], taker: BookOrder, side: BookSide, events: list[BookEvent]
    ) -> None:
        for kind, maker, qty in steps:
            if kind is StepKind.TRADE:
                self._trade(maker, taker, qty, side, events)
            elif kind is StepKind.DECREMENT:
                self._decrement(maker, taker, qty, side, events)
            else:
                if kind is not StepKind.CANCEL_TAKER:
                    events.append(
                        Canceled(maker.order_id, maker.leaves_qty, CancelCause.SELF_TRADE)
                    )
                    self._take_out(maker)
                if kind is not StepKind.CANCEL_MAKER:
                    _cancel_rest(taker, CancelCause.SELF_TRADE, events)

    def _trade(
        self, maker: BookOrder, taker: BookOrder, qty: int, side: BookSide, events: list[BookEvent]
    ) -> None:
        px_ticks = maker.px_ticks
        assert px_ticks is not None
        taker.leaves_qty -= qty
        if side.trade(maker, qty):
            self._seq += 1
            maker.seq = self._seq
        events.append(
            Filled(
                maker.order_id, taker.order_id, taker.side, px_ticks, qty, maker.leaves_qty,
                taker.leaves_qty, maker.hidden,
            )
        )  # fmt: skip
        self.last_px_ticks = px_ticks
        if not maker.leaves_qty:
            self._forget(maker.order_id)

    def _decrement(
        self, maker: BookOrder, taker: BookOrder, qty: int, side: BookSide, events: list[BookEvent]
    ) -> None:
        """The smaller of two orders of one owner is cancelled, the larger loses as much."""
        side.reduce(maker, qty)
        taker.leaves_qty -= qty
        for order in (maker, taker):
            if order.leaves_qty:
                order.order_qty -= qty
                events.append(Decremented(order.order_id, order.order_qty, order.leaves_qty))
            else:
                events.append(Canceled(order.order_id, qty, CancelCause.SELF_TRADE))
        if not maker.leaves_qty:
            self._forget(maker.order_id)

    def _post_only_fails(self, order: BookOrder) -> bool:
        """Whether an order that may only rest would do something to the other side at once."""
        if not order.post_only or self.phase is not Phase.CONTINUOUS or order.px_ticks is None:
            return False
        opposite = self._asks if order.side is Side.BUY else self._bids
        return bool(plan(order, opposite, _reach(order)))

    def _requeue(
        self, old: BookOrder, order_qty: int, px_ticks: int | None, post_only: bool,
        special: Special | None,
    ) -> list[BookEvent]:  # fmt: skip
        """Replace with loss of priority: the old entry dies, a new one comes in as a taker."""
        terms = _renewed(old.special, special)
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
        if old.order_id not in self._stops and self._post_only_fails(order):
            return [Rejected(old.order_id, BookRejectReason.POST_ONLY_WOULD_CROSS)]
        self._take_out(old)
        events: list[BookEvent] = [
            Replaced(order.order_id, order_qty, order.leaves_qty, px_ticks or 0, False)
        ]
        self._enter(order, events)
        self._settle(events)
        return events

    def _shrink(self, order: BookOrder, by: int) -> None:
        """Take shares off an open order where it stands."""
        if self._waits(order.order_id):
            order.leaves_qty -= by
            if not order.leaves_qty:
                self._stop_waiting(order)
        elif by:
            self._side(order.side).reduce(order, by)

    def _take_out(self, order: BookOrder) -> None:
        """Remove an open order from wherever it is, and forget it."""
        if self._waits(order.order_id):
            self._stop_waiting(order)
        else:
            self._side(order.side).reduce(order, order.leaves_qty)
        self._forget(order.order_id)

    def _waits(self, order_id: int) -> bool:
        return order_id in self._stops or order_id in self._pool or order_id in self._parked

    def _stop_waiting(self, order: BookOrder) -> None:
        if order.order_id in self._stops:
            self._stops.remove(order)
        elif self._pool.pop(order.order_id, None) is None:
            del self._parked[order.order_id]

    def _forget(self, order_id: int) -> None:
        del self.orders[order_id]
        self._pegs.pop(order_id, None)

    def _reference(self) -> Reference:
        return Reference(self._bids.anchor(), self._asks.anchor())

    def _settle(self, events: list[BookEvent]) -> None:
        """Let pegs and stops follow what happened, until nothing moves any more."""
        seen = 0
        elected: list[BookOrder] = []
        while self.phase is Phase.CONTINUOUS and (self._pegs or self._stops or elected):
            for px_ticks in _prints(events[seen:]):
                elected += self._stops.elect(px_ticks)
            seen = len(events)
            reference = self._reference() if self._pegs else self._pegged_to
            if reference != self._pegged_to:
                self._pegged_to = reference
                self._follow(events)
            elif elected:
                self._trigger(elected.pop(0), events)
            else:
                break
        sides_odd = self._bids.odd + self._asks.odd
        self._careful = bool(
            self.phase is not Phase.CONTINUOUS
            or sides_odd
            or self._stops
            or self._pegs
            or self._parked
        )

    def _trigger(self, order: BookOrder, events: list[BookEvent]) -> None:
        assert order.special is not None
        order.special.triggered = True
        del self.orders[order.order_id]
        events.append(Triggered(order.order_id))
        self._enter(order, events)

    def _follow(self, events: list[BookEvent]) -> None:
        """Put every peg, in order of arrival, where the new reference has it."""
        reference = self._pegged_to
        for order_id in list(self._pegs):
            old = self._pegs.get(order_id)
            if old is None:  # an earlier one has traded with it
                continue
            px_ticks = peg_px_ticks(old, reference, self._grid)
            if px_ticks == old.px_ticks:
                continue
            order = msgspec.structs.replace(old, special=_renewed(old.special, None))
            if order_id in self._parked:
                del self._parked[order_id]
            else:
                self._side(old.side).reduce(old, old.leaves_qty)
            del self.orders[order_id]
            self._pegs[order_id] = order  # the old key: it keeps its turn
            order.px_ticks = px_ticks
            events.append(Repriced(order_id, px_ticks or 0))
            if px_ticks is None:
                self._wait(order)
                self._parked[order_id] = order
            else:
                self._match(order, events)

    def _park(self) -> None:
        """At the end of continuous trading: pegs and minimum quantities stand aside."""
        for side in (self._bids, self._asks):
            if side.odd:
                aside = [
                    each
                    for level in list(side.levels.values())
                    for each in level.orders()
                    if each.pegged or each.min_qty
                ]
                for order in aside:
                    parked = msgspec.structs.replace(order, special=_renewed(order.special, None))
                    side.reduce(order, order.leaves_qty)
                    if parked.pegged:
                        parked.px_ticks = None
                        self._pegs[parked.order_id] = parked
                    self._parked[parked.order_id] = parked
                    self.orders[parked.order_id] = parked

    def _resume(self, events: list[BookEvent]) -> None:
        """At the start of continuous trading: what stood aside comes in, by its place in time."""
        self._pegged_to = self._reference()
        waiting = [e for e in self._pool.values() if e.time_in_force is not _AT_CLOSE]
        back = sorted((*waiting, *self._parked.values()), key=lambda each: each.seq)
        for order in back:
            if order.time_in_force is TimeInForce.AT_THE_OPENING:
                continue
            if self._pool.pop(order.order_id, None) is None:
                del self._parked[order.order_id]
            del self.orders[order.order_id]
            self._enter(order, events)
        late = [e for e in waiting if e.time_in_force is TimeInForce.AT_THE_OPENING]
        self._expire(late, events)
        if self.last_px_ticks:
            for order in self._stops.elect(self.last_px_ticks):
                self._trigger(order, events)

    def _expire(self, orders: Iterable[BookOrder], events: list[BookEvent]) -> None:
        for order in sorted(orders, key=lambda each: each.seq):
            events.append(Canceled(order.order_id, order.leaves_qty, CancelCause.EXPIRED))
            self._take_out(order)

    def _in_auction(self, phase: Phase) -> Iterator[BookOrder]:
        """Those of the pool that take part in the uncross at the end of `phase`."""
        closing = phase is Phase.CLOSING_CALL
        for order in self._pool.values():
            at_close = order.time_in_force is _AT_CLOSE
            if at_close == closing or order.time_in_force in _GOOD_TILL:
                yield order

    def _interest(self, phase: Phase) -> Interest:
        market = {Side.BUY: 0, Side.SELL: 0}
        limits = {
            side: [
                (level.px_ticks, level.qty + level.hidden_qty)
                for level in self._side(side).levels.values()
            ]
            for side in Side
        }
        for order in self._in_auction(phase):
            if order.px_ticks is None:
                market[order.side] += order.leaves_qty
            else:
                limits[order.side].append((order.px_ticks, order.leaves_qty))
        return Interest(market[Side.BUY], market[Side.SELL], limits[Side.BUY], limits[Side.SELL])

    def _uncross(self, phase: Phase, events: list[BookEvent]) -> None:
        """Trade what was collected at one price; self-trade prevention has no say in it."""
        found = self.indicative(phase)
        if not found.qty:
            if phase.is_call:
                events.append(Uncrossed(0, 0, phase.uncrossed_as))
            return
        self.last_px_ticks = found.px_ticks
        events.append(Uncrossed(found.px_ticks, found.qty, phase.uncrossed_as))
        for side in Side:
            self._fill_in_auction(phase, side, found, events)

    def _fill_in_auction(
        self, phase: Phase, side: Side, found: AuctionPrice, events: list[BookEvent]
    ) -> None:
        left = found.qty
        for order in self._auction_queue(phase, side, found.px_ticks):
            qty = min(left, order.leaves_qty)
            if not qty:
                break
            left -= qty
            pooled = order.order_id in self._pool
            if pooled:
                order.leaves_qty -= qty
            elif self._side(side).trade(order, qty):
                self._seq += 1
                order.seq = self._seq
            events.append(
                AuctionFilled(order.order_id, side, found.px_ticks, qty, order.leaves_qty)
            )
            if not order.leaves_qty:
                self._pool.pop(order.order_id, None)
                self._forget(order.order_id)
        assert not left

    def _auction_queue(self, phase: Phase, side: Side, px_ticks: int) -> list[BookOrder]:
        """Who may trade at `px_ticks`: market orders, then by price, shown first, then time."""
        sign = side.sign
        own = self._side(side)
        queue = [each for each in self._in_auction(phase) if each.side is side]
        for key in reversed(own.keys):
            if key < px_ticks * sign:
                break
            queue += own.levels[key].orders()
        queue = [e for e in queue if e.px_ticks is None or (e.px_ticks - px_ticks) * sign >= 0]
        return sorted(queue, key=_auction_priority)


_GTC: Final = TimeInForce.GOOD_TILL_CANCEL
_AT_CLOSE: Final = TimeInForce.AT_THE_CLOSE


def _auction_priority(order: BookOrder) -> tuple[int, bool, int]:
    key = MARKET_KEY if order.px_ticks is None else order.px_ticks * order.side.sign
    return (-key, order.hidden, order.seq)


def _reach(order: BookOrder) -> int:
    """The key of a taker."""
    return MARKET_KEY if order.px_ticks is None else order.px_ticks * order.side.sign


def _cancel_rest(order: BookOrder, cause: CancelCause, events: list[BookEvent]) -> None:
    events.append(Canceled(order.order_id, order.leaves_qty, cause))
    order.leaves_qty = 0


def _prints(events: Sequence[BookEvent]) -> list[int]:
    return [event.px_ticks for event in events if isinstance(event, Filled)]


def _same_terms(old: Special | None, new: Special | None) -> bool:
    """Whether a replacement leaves the special terms as they are; None: as they are."""
    if new is None or old is None:
        return new is None or not (new.odd or new.stop_px_ticks)
    return (
        (old.display_qty, old.refresh_range, old.hidden, old.min_qty, old.peg)
        == (new.display_qty, new.refresh_range, new.hidden, new.min_qty, new.peg)
        and old.peg_offset_ticks == new.peg_offset_ticks
        and old.stop_px_ticks == new.stop_px_ticks
    )  # fmt: skip


def _renewed(old: Special | None, new: Special | None) -> Special | None:
    """The special terms of an order that goes to the end of its queue: its own object."""
    terms = new or old
    if terms is None:
        return None
    triggered, tranche = (old.triggered, old.tranche + 1) if old is not None else (False, 0)
    limit = old.limit_px_ticks if old is not None else None
    return msgspec.structs.replace(
        terms, triggered=triggered, tranche=tranche, shown_qty=0, limit_px_ticks=limit
    )
