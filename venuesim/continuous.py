"""Continuous matching with every special term: what happens to an order that enters a book.

Pegs follow and stop orders are elected in `settle`, which every request ends with. The plain way,
without any of it, is in `order_book`.
"""

from collections.abc import Sequence

import msgspec

from domain.fix_codes import TimeInForce
from venuesim.book_events import (
    BookEvent,
    CancelCause,
    Canceled,
    Decremented,
    Filled,
    Repriced,
    Triggered,
)
from venuesim.book_order import BookOrder, Special
from venuesim.book_side import BookSide
from venuesim.book_state import AUCTION_ONLY, GOOD_TILL, IMMEDIATE, BookState, reach_of
from venuesim.pegs import peg_px_ticks
from venuesim.phases import Phase
from venuesim.stops import reached
from venuesim.sweep import Step, StepKind, plan, traded_qty

_Events = list[BookEvent]


def enter(state: BookState, order: BookOrder, events: _Events) -> None:
    """Put an order where it belongs now: let it wait, or match it."""
    special = order.special
    if special is not None and special.stop_px_ticks and not special.triggered:
        if state.phase is not Phase.CONTINUOUS or not reached(order, state.last_px_ticks):
            state.wait_for_stop(order)
            return
        special.triggered = True
        events.append(Triggered(order.order_id))
    if order.time_in_force in AUCTION_ONLY:
        state.wait_in(state.pool, order)
    elif order.pegged:
        _enter_peg(state, order, events)
    elif not state.phase.is_call:
        _match(state, order, events)
    elif order.px_ticks is None:
        state.wait_in(state.pool, order)
    elif order.min_qty:
        state.wait_in(state.parked, order)
    else:
        state.rest(order)


def would_act(state: BookState, order: BookOrder) -> bool:
    """Whether an order that enters would do something to the other side at once."""
    if state.phase is not Phase.CONTINUOUS or order.px_ticks is None:
        return False
    return bool(plan(order, state.opposite(order), reach_of(order)))


def take(state: BookState, taker: BookOrder, side: BookSide, reach: int, events: _Events) -> None:
    """Fill `taker` against a side without odd orders: best price, then first come."""
    assert not side.odd
    keys, levels, orders = side.keys, side.levels, state.orders
    taker_id, taker_side, leaves = taker.order_id, taker.side, taker.leaves_qty
    px_ticks = state.last_px_ticks
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
                Filled(maker.order_id, taker_id, taker_side, px_ticks, qty, available - qty, leaves)
            )
            if available == qty:
                del queue[maker.order_id]
                del orders[maker.order_id]
        if not level.qty:
            del levels[keys.pop()]
    taker.leaves_qty = leaves
    state.last_px_ticks = px_ticks


def cancel_rest(order: BookOrder, cause: CancelCause, events: _Events) -> None:
    """End what is left of an order that rests nowhere."""
    events.append(Canceled(order.order_id, order.leaves_qty, cause))
    order.leaves_qty = 0


def renewed(old: Special | None, new: Special | None) -> Special | None:
    """The special terms of an order that goes to the end of its queue: its own object."""
    terms = new or old
    if terms is None:
        return None
    triggered, tranche = (old.triggered, old.tranche + 1) if old is not None else (False, 0)
    limit = old.limit_px_ticks if old is not None else None
    return msgspec.structs.replace(
        terms, triggered=triggered, tranche=tranche, shown_qty=0, limit_px_ticks=limit
    )


def settle(state: BookState, events: _Events) -> None:
    """Let pegs and stops follow what happened, until nothing moves any more."""
    seen = 0
    elected: list[BookOrder] = []
    while state.phase is Phase.CONTINUOUS and (state.pegs or state.stops or elected):
        for px_ticks in _prints(events[seen:]):
            elected += state.stops.elect(px_ticks)
        seen = len(events)
        reference = state.reference() if state.pegs else state.pegged_to
        if reference != state.pegged_to:
            state.pegged_to = reference
            _follow(state, events)
        elif elected:
            trigger(state, elected.pop(0), events)
        else:
            break
    state.careful = bool(
        state.phase is not Phase.CONTINUOUS
        or state.bids.odd
        or state.asks.odd
        or state.stops
        or state.pegs
        or state.parked
    )


def trigger(state: BookState, order: BookOrder, events: _Events) -> None:
    """A stop order that was elected enters."""
    assert order.special is not None
    order.special.triggered = True
    del state.orders[order.order_id]
    events.append(Triggered(order.order_id))
    enter(state, order, events)


def _enter_peg(state: BookState, order: BookOrder, events: _Events) -> None:
    if not state.pegs:
        state.pegged_to = state.reference()
    state.pegs[order.order_id] = order
    trades = state.phase is Phase.CONTINUOUS
    order.px_ticks = peg_px_ticks(order, state.pegged_to, state.grid) if trades else None
    _place_peg(state, order, events)


def _place_peg(state: BookState, order: BookOrder, events: _Events) -> None:
    if order.px_ticks is None:
        state.wait_in(state.parked, order)
    else:
        _match(state, order, events)


def _follow(state: BookState, events: _Events) -> None:
    """Put every peg, by its turn, where the new reference has it."""
    reference = state.pegged_to
    for order_id in list(state.pegs):
        old = state.pegs.get(order_id)
        if old is None:  # an earlier one has traded with it
            continue
        px_ticks = peg_px_ticks(old, reference, state.grid)
        if px_ticks == old.px_ticks:
            continue
        order = msgspec.structs.replace(old, special=renewed(old.special, None), px_ticks=px_ticks)
        if order_id in state.parked:
            del state.parked[order_id]
        else:
            state.side(old.side).reduce(old, old.leaves_qty)
        del state.orders[order_id]
        state.pegs[order_id] = order  # the old key: it keeps its turn
        events.append(Repriced(order_id, px_ticks or 0))
        _place_peg(state, order, events)


def _match(state: BookState, order: BookOrder, events: _Events) -> None:
    """Take what the terms allow, then rest or cancel what is left."""
    opposite, reach, tif = state.opposite(order), reach_of(order), order.time_in_force
    if not opposite.odd and order.special is None and tif is not TimeInForce.FILL_OR_KILL:
        take(state, order, opposite, reach, events)
    else:
        steps = plan(order, opposite, reach)
        traded = traded_qty(steps)
        if tif is TimeInForce.FILL_OR_KILL and traded < order.leaves_qty:
            cancel_rest(order, CancelCause.NOT_FILLABLE, events)
        elif traded >= order.min_qty:
            _carry_out(state, steps, order, events)
        elif tif in IMMEDIATE:
            cancel_rest(order, CancelCause.MIN_QTY, events)
    if order.leaves_qty and order.px_ticks is not None and tif in GOOD_TILL:
        state.rest(order)
        return
    if order.leaves_qty:
        cancel_rest(order, CancelCause.NOTHING_LEFT_TO_TAKE, events)
    state.pegs.pop(order.order_id, None)


def _carry_out(state: BookState, steps: list[Step], taker: BookOrder, events: _Events) -> None:
    for kind, maker, qty in steps:
        if kind is StepKind.TRADE:
            _trade(state, maker, taker, qty, events)
        elif kind is StepKind.DECREMENT:
            _decrement(state, maker, taker, qty, events)
        else:
            if kind is not StepKind.CANCEL_TAKER:
                events.append(Canceled(maker.order_id, maker.leaves_qty, CancelCause.SELF_TRADE))
                state.take_out(maker)
            if kind is not StepKind.CANCEL_MAKER:
                cancel_rest(taker, CancelCause.SELF_TRADE, events)


def _trade(state: BookState, maker: BookOrder, taker: BookOrder, qty: int, events: _Events) -> None:
    px_ticks = maker.px_ticks
    assert px_ticks is not None
    taker.leaves_qty -= qty
    if state.side(maker.side).trade(maker, qty):
        maker.seq = state.next_seq()
    events.append(
        Filled(
            maker.order_id, taker.order_id, taker.side, px_ticks, qty, maker.leaves_qty,
            taker.leaves_qty, maker.hidden,
        )
    )  # fmt: skip
    state.last_px_ticks = px_ticks
    if not maker.leaves_qty:
        state.forget(maker.order_id)


def _decrement(
    state: BookState, maker: BookOrder, taker: BookOrder, qty: int, events: _Events
) -> None:
    """The smaller of two orders of one owner is cancelled, the larger loses as much."""
    state.side(maker.side).reduce(maker, qty)
    taker.leaves_qty -= qty
    for order in (maker, taker):
        if order.leaves_qty:
            order.order_qty -= qty
            events.append(Decremented(order.order_id, order.order_qty, order.leaves_qty))
        else:
            events.append(Canceled(order.order_id, qty, CancelCause.SELF_TRADE))
    if not maker.leaves_qty:
        state.forget(maker.order_id)


def _prints(events: Sequence[BookEvent]) -> list[int]:
    return [event.px_ticks for event in events if isinstance(event, Filled)]
