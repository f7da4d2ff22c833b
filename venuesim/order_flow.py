"""Background order flow: a two-sided book and a tape around the efficient price p*.

quant.md 8.2: limit orders anchored to p*, each with a life of its own, noise market orders, and
snipers who take what p* has left behind: so passive orders are selected against. The events are
exogenous (`background_events`); where they are priced follows p*, which follows clients' fills. It
applies them straight to a book and says only what traded. Deterministic; no clock.
"""

import math
from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Final, Protocol

import numpy as np

from domain.fix_codes import TimeInForce
from domain.instruments import Instrument, Side
from venuesim.activity import BLOCK_NS, SECOND_NS, Activity
from venuesim.auction_interest import AuctionInterest, AuctionOrder
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
from venuesim.phases import Phase
from venuesim.tick_grid import TickGrid
from venuesim.venue_book import VenueBook

NEVER_NS: Final = 1 << 62
NEVER_PX: Final = 1 << 62  # ticks, beyond every price
# Kinds of rows beside those of `background_events`: orders for a cross.
AT_THE_OPENING: Final = 6
AT_THE_CLOSE: Final = 7
# Ids of these: far below those of the flow, which has some millions a day.
_FIRST_AUCTION_ID: Final = -(1 << 60)
Traded = list[tuple[int, Sequence[BookEvent]]]  # (at_ns, what the book said), by rising time


class MatchingBook(Protocol):
    """What a flow wants of a book: a lit or a dark one."""

    @property
    def orders(self) -> Mapping[int, BookOrder]:
        """The open orders by id."""

    def on_new(self, order: BookOrder) -> list[BookEvent]:
        """Take an order in."""

    def on_cancel(self, order_id: int) -> list[BookEvent]:
        """Take an order out."""


class BackgroundFlow(Protocol):
    """What a venue wants of a flow, of a lit book or of a dark one."""

    @property
    def next_ns(self) -> int:
        """When something is next to be done."""

    def advance(self, book: VenueBook, until_ns: int) -> Traded:
        """Do all that is due; see OrderFlow."""

    def on_client_fill(self, signed_qty: int, at_ns: int) -> None:
        """A client bought (> 0) or sold (< 0) here."""


class OrderFlow:
    """The background orders of one book. Their ids are negative; clients' are positive.

    `share`: of the symbol's flow. `stale_ns`: how far this venue's p* is behind. `catch_up_ns`:
    after a longer gap the flow begins anew so far back, as a live simulator wants it; None: it
    runs through whatever it is asked to. `auctions`: bring orders to the opening and closing cross.
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
        auctions: bool = False,
    ) -> None:
        preset = price.preset
        self._price = price
        self._events = BackgroundEvents(preset, price.streams, venue, share, price.regimes)
        self._grid = TickGrid(instrument)
        self._scale = price.start_px_ticks / preset.px_ticks
        self._lot = max(instrument.lot, preset.lot_qty // instrument.lot * instrument.lot)
        interest = AuctionInterest(preset, price.streams, venue, share, self._lot)
        self._auctions = interest if auctions else None
        self._stale_ns = stale_ns
        self._catch_up_ns = catch_up_ns
        self._day: Activity | None = None
        self._drawn_ns = start_ns  # events before it are drawn
        # (at_ns, kind, order_id, ticks behind p*, lots, p* without impact), by rising time
        self._rows: list[tuple[int, int, int, float, int, float]] = []
        self._next = 0  # the first row not done
        self._auction_id = _FIRST_AUCTION_ID
        self._begin(start_ns)

    @property
    def next_ns(self) -> int:
        """When something is next to be done; NEVER_NS after the last session."""
        return self._rows[self._next][0] if self._next < len(self._rows) else self._drawn_ns

    def advance(self, book: VenueBook, until_ns: int) -> Traded:
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
        if self._auctions is not None:
            orders = self._auctions.opening(self._day)
            self._add([each for each in orders if each.at_ns >= at_ns], AT_THE_OPENING)

    def _draw(self, book: VenueBook) -> None:
        """The events of the next block; after the last one the book is cleared until the open."""
        day, start_ns = self._day, self._drawn_ns
        assert day is not None
        close_ns = day.session.close_ns
        if start_ns >= close_ns:
            if book.phase.is_call:  # the closing cross is to come
                self._drawn_ns = start_ns + SECOND_NS
                return
            self._clear(book)
            self._begin(start_ns)
            return
        block = (start_ns - day.session.open_ns) // BLOCK_NS
        end_ns = min(day.session.open_ns + (block + 1) * BLOCK_NS, close_ns)
        self._drawn_ns = end_ns
        self._take(self._events.block(day, start_ns, end_ns))
        if self._auctions is not None:
            self._add(self._auctions.closing(day, start_ns, end_ns), AT_THE_CLOSE)

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

    def _add(self, orders: Sequence[AuctionOrder], kind: int) -> None:
        """Put orders for an auction among the rows. `lots` are shares here, < 0 for a sale."""
        day = self._day
        if not orders:
            return
        assert day is not None
        seen_ns = np.array([max(each.at_ns, day.session.open_ns) for each in orders])
        for order, base in zip(orders, self._price.base_ticks(day, seen_ns).tolist(), strict=True):
            sd = order.offset_sd
            offset = math.inf if sd is None else sd * self._price.day_sd_ticks
            self._auction_id -= 1
            row = (order.at_ns, kind, self._auction_id, offset, order.sign * order.qty, base)
            self._rows.append(row)
        self._rows.sort(key=lambda row: row[0])

    def _run(  # noqa: C901, PLR0915  # the hot loop: calls would cost a third more
        self, book: VenueBook, until_ns: int, traded: Traded
    ) -> bool:
        """The events of the batch up to `until_ns`. True: stopped early, a client was filled.

        Best prices are kept beside the book, and the impact is asked for only when it may have
        changed.
        """
        rows, index, price = self._rows, self._next, self._price
        lot, trading = self._lot, book.phase is Phase.CONTINUOUS
        scale, gap = self._scale, max(1, int(self._scale))  # a level, and what is left to the other
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
            elif kind >= AT_THE_OPENING:
                events = self._bid_in_auction(book, kind, order_id, star + behind, lots)
            elif not trading:  # the book takes orders for an auction, or none at all
                continue
            elif kind == LIMIT_BUY:
                px = self._grid.down(min(floor((star - behind) // scale * scale), ask - gap))
                if px > 0:
                    events = book.rest(BookOrder(order_id, Side.BUY, lot, px))
                bid = max(bid, px)
                if not events:
                    continue
            elif kind == LIMIT_SELL:
                px = self._grid.up(max(ceil(-(-(star + behind) // scale) * scale), bid + gap))
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

    def _trade(self, book: VenueBook, kind: int, lots: int, star: float) -> Sequence[BookEvent]:
        """What a taker does: noise, or a sniper."""
        order = self._taker(book, kind, lots, star)
        return () if order is None else book.on_new(order)

    def _bid_in_auction(self, book: VenueBook, kind: int, order_id: int, limit: float,
                        qty: int) -> Sequence[BookEvent]:  # fmt: skip
        """An order for a cross; at the opening only in its call, for later it would be too late."""
        if (kind == AT_THE_OPENING and not book.phase.is_call) or not book.phase.takes_orders:
            return ()
        side = Side.BUY if qty > 0 else Side.SELL
        px: int | None = None
        if limit != math.inf:
            px = self._grid.down(floor(limit)) if qty > 0 else self._grid.up(ceil(limit))
            if px <= 0:
                return ()
        opening = kind == AT_THE_OPENING
        tif = TimeInForce.AT_THE_OPENING if opening else TimeInForce.AT_THE_CLOSE
        return book.on_new(BookOrder(order_id, side, abs(qty), px, tif))

    def _taker(self, book: VenueBook, kind: int, lots: int, star: float) -> BookOrder | None:
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

    def _clear(self, book: VenueBook) -> None:
        """Take every background order out: they are good for the day."""
        for order_id in [each for each in book.orders if each < 0]:
            book.on_cancel(order_id)


def _of_client(fill: Filled) -> bool:
    return fill.maker_id > 0 or fill.taker_id > 0  # as a taker: a stop that was set off


def _best(book: VenueBook) -> tuple[int, int]:
    """(best bid, best offer) in ticks; 0, or beyond every price, where there is none."""
    bid, _, ask, _ = book.touch()
    return bid, ask or NEVER_PX
