"""Background order flow: a two-sided book and a tape around the efficient price p*.

quant.md 8.2: limit orders anchored to p*, each with a life of its own, noise market orders, and
snipers who take what p* has left behind: so passive orders are selected against. The events are
exogenous (`background_events`); where they are priced follows p*, which follows clients' fills. It
applies them straight to a book and says only what traded. Deterministic; no clock.
"""

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
from venuesim.tick_grid import TickGrid

NEVER_NS: Final = 1 << 62
Traded = list[tuple[int, list[BookEvent]]]  # (at_ns, what the book said), by rising time


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
        self._batch = _Batch()
        self._begin(start_ns)

    @property
    def next_ns(self) -> int:
        """When something is next to be done; NEVER_NS after the last session."""
        batch = self._batch
        return batch.at_ns[batch.next] if batch.next < len(batch.at_ns) else self._drawn_ns

    def advance(self, book: OrderBook, until_ns: int) -> Traded:
        """Do all that is due up to `until_ns`. Returns what traded; early after a client's fill,
        so that it can be answered before the market goes on: call again while `next_ns` is due.
        """
        traded: Traded = []
        if self._catch_up_ns is not None and until_ns - self.next_ns > self._catch_up_ns:
            self._clear(book)
            self._begin(until_ns - self._catch_up_ns)
        while self.next_ns <= until_ns:
            if self._batch.next >= len(self._batch.at_ns):
                self._draw(book)
            elif self._run(book, until_ns, traded):
                break
        return traded

    def on_client_fill(self, signed_qty: int, at_ns: int) -> None:
        """A client bought (> 0) or sold (< 0) here: it moves the price of every venue."""
        self._price.on_client_fill(signed_qty, at_ns)

    def _begin(self, at_ns: int) -> None:
        """Go on from `at_ns`, or from the next open, with a book as if it had always run."""
        self._batch = _Batch()
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
        self._batch = _Batch(
            events.at_ns.tolist(),
            events.kind.tolist(),
            events.order_id.tolist(),
            (events.steps * self._scale).tolist(),
            events.lots.tolist(),
            self._price.base_ticks(day, seen_ns).tolist(),
        )

    def _run(self, book: OrderBook, until_ns: int, traded: Traded) -> bool:
        """The events of the batch up to `until_ns`. True: stopped early, a client was filled."""
        batch, price, orders = self._batch, self._price, book.orders
        times, kinds, ids = batch.at_ns, batch.kind, batch.order_id
        bases, behind = batch.base_ticks, batch.behind_ticks
        index, count = batch.next, len(times)
        while index < count:
            at_ns = times[index]
            if at_ns > until_ns:
                break
            kind = kinds[index]
            if kind == CANCEL:
                if ids[index] in orders:
                    book.on_cancel(ids[index])
                index += 1
                continue
            star = bases[index] + price.impact_ticks(at_ns)
            if kind <= LIMIT_SELL:
                self._rest(book, kind, ids[index], star, behind[index])
                index += 1
                continue
            order = self._taker(book, kind, batch.lots[index], star)
            index += 1
            if order is None:
                continue
            events = book.on_new(order)
            if len(events) > 1:
                traded.append((at_ns, events))
                if any(type(each) is Filled and each.maker_id > 0 for each in events):
                    batch.next = index
                    return True
        batch.next = index
        return False

    def _rest(self, book: OrderBook, kind: int, order_id: int, star: float, behind: float) -> None:
        """A limit order behind p*, and short of the other side's best price."""
        bid, _, ask, _ = book.touch()
        if kind == LIMIT_BUY:
            px = self._grid.down(floor(star - behind))
            if ask and px >= ask:
                px = self._grid.down(ask - 1)
            side = Side.BUY
        else:
            px = self._grid.up(ceil(star + behind))
            if bid and px <= bid:
                px = self._grid.up(bid + 1)
            side = Side.SELL
        if px > 0:
            book.on_new(BookOrder(order_id, side, self._lot, px))

    def _taker(self, book: OrderBook, kind: int, lots: int, star: float) -> BookOrder | None:
        """A noise market order, or a sniper's for the whole of a best price that p* is through."""
        bid, bid_qty, ask, ask_qty = book.touch()
        if kind < SNIPE:
            side = Side.BUY if kind == MARKET_BUY else Side.SELL
            touch = ask if kind == MARKET_BUY else bid
            if not touch:
                return None
            px = touch if lots < 0 else None
            qty = abs(lots) * self._lot
        elif ask and ask < star:
            side, px, qty = Side.BUY, ask, ask_qty
        elif bid > star:
            side, px, qty = Side.SELL, bid, bid_qty
        else:
            return None
        return BookOrder(TAKER_ID, side, qty, px, TimeInForce.IMMEDIATE_OR_CANCEL)

    def _clear(self, book: OrderBook) -> None:
        """Take every background order out: they are good for the day."""
        for order_id in [each for each in book.orders if each < 0]:
            book.on_cancel(order_id)


class _Batch:
    """Events to do, by rising time, as lists of equal length; `next` is the first not done."""

    __slots__ = ("at_ns", "base_ticks", "behind_ticks", "kind", "lots", "next", "order_id")

    def __init__(
        self,
        at_ns: list[int] | None = None,
        kind: list[int] | None = None,
        order_id: list[int] | None = None,
        behind_ticks: list[float] | None = None,
        lots: list[int] | None = None,
        base_ticks: list[float] | None = None,
    ) -> None:
        self.next = 0
        self.at_ns = at_ns or []
        self.kind = kind or []
        self.order_id = order_id or []
        self.behind_ticks = behind_ticks or []
        self.lots = lots or []
        self.base_ticks = base_ticks or []
