"""What a book does at the edges of continuous trading: stand aside, uncross, come back, expire."""

from collections.abc import Iterable, Iterator

import msgspec

from domain.fix_codes import TimeInForce
from domain.instruments import Side
from venuesim.auction import AuctionPrice, Interest, auction_price
from venuesim.book_events import AuctionFilled, BookEvent, CancelCause, Canceled, Uncrossed
from venuesim.book_order import BookOrder
from venuesim.book_state import GOOD_TILL, BookState, reach_of
from venuesim.continuous import enter, renewed, trigger
from venuesim.phases import Phase

_Events = list[BookEvent]


def change_phase(state: BookState, phase: Phase, events: _Events) -> None:
    """Go into another phase: uncross what was collected, expire what is over, come back."""
    before, state.phase = state.phase, phase
    if before is Phase.CONTINUOUS:
        _park(state)
    if phase is Phase.CONTINUOUS:
        _uncross(state, before, events)
        _resume(state, events)
    elif phase is Phase.CLOSED:
        if before is Phase.CLOSING_CALL:
            _uncross(state, before, events)
        over = [e for e in state.orders.values() if e.time_in_force is not _TILL_CANCEL]
        _expire(state, over, events)


def indicative(state: BookState, phase: Phase) -> AuctionPrice:
    """What the uncross at the end of `phase` would be now."""
    return auction_price(_interest(state, phase), state.last_px_ticks, state.grid)


def _park(state: BookState) -> None:
    """At the end of continuous trading: pegs and minimum quantities stand aside."""
    if not (state.bids.odd or state.asks.odd):
        return
    for order in [each for each in state.resting() if each.pegged or each.min_qty]:
        parked = msgspec.structs.replace(order, special=renewed(order.special, None))
        state.side(order.side).reduce(order, order.leaves_qty)
        if parked.pegged:
            parked.px_ticks = None
            state.pegs[parked.order_id] = parked
        state.parked[parked.order_id] = parked
        state.orders[parked.order_id] = parked


def _resume(state: BookState, events: _Events) -> None:
    """At the start of continuous trading: what stood aside comes in, by its place in time.

    Then the stop orders that the last price has reached enter.
    """
    state.pegged_to = state.reference()
    waiting = [e for e in state.pool.values() if e.time_in_force is not _AT_CLOSE]
    late = [e for e in waiting if e.time_in_force is _AT_OPEN]
    back = [e for e in waiting if e.time_in_force is not _AT_OPEN]
    for order in sorted((*back, *state.parked.values()), key=_by_time):
        if state.pool.pop(order.order_id, None) is None:
            del state.parked[order.order_id]
        del state.orders[order.order_id]
        enter(state, order, events)
    _expire(state, late, events)
    if state.last_px_ticks:
        for order in state.stops.elect(state.last_px_ticks):
            trigger(state, order, events)


def _expire(state: BookState, orders: Iterable[BookOrder], events: _Events) -> None:
    for order in sorted(orders, key=_by_time):
        events.append(Canceled(order.order_id, order.leaves_qty, CancelCause.EXPIRED))
        state.take_out(order)


def _in_auction(state: BookState, phase: Phase) -> Iterator[BookOrder]:
    """Those of the pool that take part in the uncross at the end of `phase`."""
    closing = phase is Phase.CLOSING_CALL
    for order in state.pool.values():
        at_close = order.time_in_force is _AT_CLOSE
        if at_close == closing or order.time_in_force in GOOD_TILL:
            yield order


def _interest(state: BookState, phase: Phase) -> Interest:
    market = {Side.BUY: 0, Side.SELL: 0}
    limits = {
        side: [
            (level.px_ticks, level.qty + level.hidden_qty)
            for level in state.side(side).levels.values()
        ]
        for side in Side
    }
    for order in _in_auction(state, phase):
        if order.px_ticks is None:
            market[order.side] += order.leaves_qty
        else:
            limits[order.side].append((order.px_ticks, order.leaves_qty))
    return Interest(market[Side.BUY], market[Side.SELL], limits[Side.BUY], limits[Side.SELL])


def _uncross(state: BookState, phase: Phase, events: _Events) -> None:
    """Trade what was collected at one price; self-trade prevention has no say in it."""
    found = indicative(state, phase)
    if not found.qty:
        if phase.is_call:
            events.append(Uncrossed(0, 0, phase.uncrossed_as))
        return
    state.last_px_ticks = found.px_ticks
    events.append(Uncrossed(found.px_ticks, found.qty, phase.uncrossed_as))
    for side in Side:
        left = found.qty
        for order in _queue(state, phase, side, found.px_ticks):
            qty = min(left, order.leaves_qty)
            if not qty:
                break
            left -= qty
            _fill(state, order, qty, found.px_ticks, events)
        assert not left


def _fill(state: BookState, order: BookOrder, qty: int, px_ticks: int, events: _Events) -> None:
    if order.order_id in state.pool:
        order.leaves_qty -= qty
    elif state.side(order.side).trade(order, qty):
        order.seq = state.next_seq()
    events.append(AuctionFilled(order.order_id, order.side, px_ticks, qty, order.leaves_qty))
    if not order.leaves_qty:
        state.pool.pop(order.order_id, None)
        state.forget(order.order_id)


def _queue(state: BookState, phase: Phase, side: Side, px_ticks: int) -> list[BookOrder]:
    """Who may trade at `px_ticks`: market orders, then by price, shown first, then by time."""
    sign = side.sign
    own = state.side(side)
    queue = [each for each in _in_auction(state, phase) if each.side is side]
    for key in reversed(own.keys):
        if key < px_ticks * sign:
            break
        queue += own.levels[key].orders()
    queue = [e for e in queue if e.px_ticks is None or (e.px_ticks - px_ticks) * sign >= 0]
    return sorted(queue, key=lambda each: (-reach_of(each), each.hidden, each.seq))


def _by_time(order: BookOrder) -> int:
    return order.seq


_TILL_CANCEL = TimeInForce.GOOD_TILL_CANCEL
_AT_OPEN = TimeInForce.AT_THE_OPENING
_AT_CLOSE = TimeInForce.AT_THE_CLOSE
