"""Background order flow: a two-sided book and a tape around the efficient price p*.

quant.md 8.2: limit orders anchored to p*, each with a life of its own, noise market orders, and
snipers who take what p* has left behind: so passive orders are selected against. The events are
exogenous (`background_events`); where they are priced follows p*, which follows clients' fills. It
applies them straight to a book and says only what traded. Deterministic; no clock.
"""

from collections.abc import Sequence
from math import ceil, floor
from typing import Final

import numpy as np

from domain.fix_codes import TimeInForce
from domain.instruments import Instrument, Side
from venuesim.activity import BLOCK_NS, Activity
from venuesim.background_events import (
    CANCEL,
    LIMIT_BUY,
    LIMIT_SELL,
    MARKET_BUY,
    SNIPE,
    TAKER_ID,
    BackgroundEvents,
    Events,
)
from venuesim.book_events import BookEvent, Filled
from venuesim.book_order import BookOrder
from venuesim.efficient_price import EfficientPrice
from venuesim.order_book import OrderBook
from venuesim.phases import Phase
from venuesim.tick_grid import TickGrid

NEVER_NS: Final = 1 << 62
NEVER_PX: Final = 1 << 62  # ticks, beyond every price
Traded = list[tuple[int, Sequence[BookEvent]]]  # (at_ns, what the book said), by rising time


class OrderFlow:
    """The background orders of one book. Their ids are negative; clients' are positive.

    `share`: of the symbol's flow. `stale_ns`: how far this venue's p* is behind. `catch_up_ns`:
    after a longer gap the flow begins anew so far back, as a live simulator wants it; None: it
    runs through whatever it is asked to.
    """

    def __init__(
        self,
        instrument: Instrument,
        price: EfficientPrice,
        venue: str,
        start_ns: int,
        *,
        share: float = 1.0,
        stale_ns: int = 0,
        catch_up_ns: int | None = None,
    ) -> None:
        preset = price.preset
        self._price = price
        self._events = BackgroundEvents(preset, price.streams, venue, share)
        self._grid = TickGrid(instrument)
        self._scale = price.start_px_ticks / preset.px_ticks
        self._lot = max(instrument.lot, preset.lot_qty // instrument.lot * instrument.lot)
        self._stale_ns = stale_ns
        self._catch_up_ns = catch_up_ns
        self._day: Activity | None = None
        self._drawn_ns = start_ns  # events before it are drawn
        # (at_ns, kind, order_id, ticks behind p*, lots, p* without impact), by rising time
        self._rows: list[tuple[int, int, int, float, int, float]] = []
        self._next = 0  # the first row not done
        self._begin(start_ns)

    @property
    def next_ns(self) -> int:
        """When something is next to be done; NEVER_NS after the last session."""
        return self._rows[self._next][0] if self._next < len(self._rows) else self._drawn_ns

    def advance(self, book: OrderBook, until_ns: int) -> Traded:
        """Do all that is due up to `until_ns`. Returns what the book said, but for orders that
        just rest or leave; early after a client's fill, so that it can be answered before the
        market goes on: call again while `next_ns` is due.
        """
        traded: Traded = []
        if self._catch_up_ns is not None and until_ns - self.next_ns > self._catch_up_ns:
            self._clear(book)
            self._begin(until_ns - self._catch_up_ns)
        while self.next_ns <= until_ns:
            if self._next >= len(self._rows):
                self._draw(book)
            elif self._run(book, until_ns, traded):
                break
        return traded

    def on_client_fill(self, signed_qty: int, at_ns: int) -> None:
        """A client bought (> 0) or sold (< 0) here: it moves the price of every venue."""
        self._price.on_client_fill(signed_qty, at_ns)

    def _begin(self, at_ns: int) -> None:
        """Go on from `at_ns`, or from the next open, with a book as if it had always run."""
        self._rows, self._next = [], 0
        self._day = self._price.day_at(at_ns)
        if self._day is None:
            self._drawn_ns = NEVER_NS
            return
        self._drawn_ns = max(at_ns, self._day.session.open_ns)
        self._take(self._events.begin(self._day, self._drawn_ns))

    def _draw(self, book: OrderBook) -> None:
        """The events of the next block; after the last one the book is cleared until the open."""
        day, start_ns = self._day, self._drawn_ns
        assert day is not None
        close_ns = day.session.close_ns
        if start_ns >= close_ns:
            self._clear(book)
            self._begin(close_ns)
            return
        block = (start_ns - day.session.open_ns) // BLOCK_NS
        end_ns = min(day.session.open_ns + (block + 1) * BLOCK_NS, close_ns)
        self._drawn_ns = end_ns
        self._take(self._events.block(day, start_ns, end_ns))

    def _take(self, events: Events) -> None:
        """Price the events but for the impact, and have them as lists: quicker to go through."""
        day = self._day
        assert day is not None
        seen_ns = np.maximum(events.at_ns - self._stale_ns, day.session.open_ns)
        columns = (
            events.at_ns,
            events.kind,
            events.order_id,
            events.steps * self._scale,
            events.lots,
            self._price.base_ticks(day, seen_ns),
        )
        self._rows = list(zip(*(each.tolist() for each in columns), strict=True))
        self._next = 0

    def _run(  # noqa: C901, PLR0915  # the hot loop: calls would cost a third more
        self, book: OrderBook, until_ns: int, traded: Traded
    ) -> bool:
        """The events of the batch up to `until_ns`. True: stopped early, a client was filled.

        Best prices are kept beside the book, and the impact is asked for only when it may have
        changed.
        """
        rows, index, price = self._rows, self._next, self._price
        lot, trading = self._lot, book.phase is Phase.CONTINUOUS
        bid, ask = _best(book)
        impact, impact_due_ns = price.impact
        stopped = False
        while index < len(rows) and not stopped:
            at_ns, kind, order_id, behind, lots, base = rows[index]
            if at_ns > until_ns:
                break
            index += 1
            if at_ns >= impact_due_ns:
                price.impact_ticks(at_ns)
                impact, impact_due_ns = price.impact
            star = base + impact
            events: Sequence[BookEvent] = ()
            if kind == SNIPE and bid <= star <= ask:
                continue
            if kind == CANCEL:
                order = book.orders.get(order_id)
                if order is None:
                    continue
                events = book.remove(order_id)
                if not events and bid != order.px_ticks != ask:
                    continue
            elif not trading:  # the book takes orders for an auction, or none at all
                continue
            elif kind == LIMIT_BUY:
                px = self._grid.down(min(floor(star - behind), ask - 1))
                if px > 0:
                    events = book.rest(BookOrder(order_id, Side.BUY, lot, px))
                bid = max(bid, px)
                if not events:
                    continue
            elif kind == LIMIT_SELL:
                px = self._grid.up(max(ceil(star + behind), bid + 1))
                events = book.rest(BookOrder(order_id, Side.SELL, lot, px))
                ask = min(ask, px)
                if not events:
                    continue
            else:
                events = self._trade(book, kind, lots, star)
            bid, ask = _best(book)
            if events:
                traded.append((at_ns, events))
                stopped = any(type(each) is Filled and _of_client(each) for each in events)
        self._next = index
        return stopped

    def _trade(self, book: OrderBook, kind: int, lots: int, star: float) -> Sequence[BookEvent]:
        """What a taker does: noise, or a sniper."""
        order = self._taker(book, kind, lots, star)
        return () if order is None else book.on_new(order)

    def _taker(self, book: OrderBook, kind: int, lots: int, star: float) -> BookOrder | None:
        """A noise market order, or a sniper's for the whole of a best price that p* is through."""
        bid, bid_qty, ask, ask_qty = book.touch()
        if kind == SNIPE:
            if ask and ask < star:
                side, px, qty = Side.BUY, ask, ask_qty
            elif bid > star:
                side, px, qty = Side.SELL, bid, bid_qty
            else:
                return None
            return BookOrder(TAKER_ID, side, qty, px, TimeInForce.IMMEDIATE_OR_CANCEL)
        side = Side.BUY if kind == MARKET_BUY else Side.SELL
        touch = ask if kind == MARKET_BUY else bid
        if not touch:
            return None
        limit = touch if lots < 0 else None
        qty = abs(lots) * self._lot
        return BookOrder(TAKER_ID, side, qty, limit, TimeInForce.IMMEDIATE_OR_CANCEL)

    def _clear(self, book: OrderBook) -> None:
        """Take every background order out: they are good for the day."""
        for order_id in [each for each in book.orders if each < 0]:
            book.remove(order_id)


def _of_client(fill: Filled) -> bool:
    return fill.maker_id > 0 or fill.taker_id > 0  # as a taker: a stop that was set off


def _best(book: OrderBook) -> tuple[int, int]:
    """(best bid, best offer) in ticks; 0, or beyond every price, where there is none."""
    bid, _, ask, _ = book.touch()
    return bid, ask or NEVER_PX
