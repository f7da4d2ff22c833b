"""Contra flow of a midpoint dark venue, some of it informed: the toxicity knob.

Orders come with a zero-inflated geometric size (most looks bring nothing), rest at the midpoint for
a while and meet whoever is there. A share `informed` of them knows where p_exo will be `horizon_s`
later and is on that side, so whoever it trades with sees the price go against him (quant.md 8.2).
Exogenous like the lit flow; it does not know the book.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from domain.fix_codes import TimeInForce
from domain.instruments import Instrument, Side
from venuesim.activity import BLOCK_NS, SECOND_NS, Activity
from venuesim.background_events import FIRST_ID
from venuesim.book_events import BookEvent, Filled
from venuesim.book_order import BookOrder
from venuesim.efficient_price import EfficientPrice
from venuesim.order_flow import NEVER_NS, MatchingBook, Traded
from venuesim.random_streams import EventClass


class DarkTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`looks`: a second, at an activity of one; `empty`: the share of them that brings nothing;
    `mean_lots` of the others; each rests `life_s` in the mean. `informed`: phi, a share of orders.
    """

    looks: float = 0.5
    empty: float = 0.6
    mean_lots: float = 3.0
    life_s: float = 10.0
    informed: float = 0.0
    horizon_s: float = 60.0

    def __post_init__(self) -> None:
        shares = (self.empty, self.informed)
        if not all(0.0 <= each <= 1.0 for each in shares) or self.mean_lots < 1.0:
            raise ValueError("dark flow: a share outside [0, 1], or less than a lot in the mean")
        if min(self.looks, self.life_s, self.horizon_s) <= 0.0:
            raise ValueError("dark flow: looks, life_s and horizon_s must be above zero")


class Contra(msgspec.Struct, frozen=True, gc=False):
    """One order that comes, or the end of one: `qty` 0."""

    at_ns: int
    order_id: int
    side: Side
    qty: int


class DarkFlow:
    """The background of one symbol at one dark venue."""

    def __init__(
        self,
        instrument: Instrument,
        price: EfficientPrice,
        venue: str,
        start_ns: int,
        terms: DarkTerms | None = None,
        *,
        catch_up_ns: int | None = None,
    ) -> None:
        """`catch_up_ns`: see OrderFlow."""
        self._price = price
        self._venue = venue
        self._terms = terms or DarkTerms()
        self._lot = max(instrument.lot, price.preset.lot_qty // instrument.lot * instrument.lot)
        self._catch_up_ns = catch_up_ns
        self._next_id = FIRST_ID
        self._waiting: list[Contra] = []  # by falling time: the next is the last
        self._day: Activity | None = None
        self._drawn_ns = start_ns
        self._begin(start_ns)

    @property
    def next_ns(self) -> int:
        """When something is next to be done; NEVER_NS after the last session."""
        return min(self._waiting[-1].at_ns if self._waiting else NEVER_NS, self._drawn_ns)

    def advance(self, book: MatchingBook, until_ns: int) -> Traded:
        """Do all that is due, as OrderFlow does: what traded, early after a client's fill."""
        traded: Traded = []
        if self._catch_up_ns is not None and until_ns - self.next_ns > self._catch_up_ns:
            self._waiting = [each for each in self._waiting if not each.qty]  # ends are kept
            self._begin(until_ns - self._catch_up_ns)
        while self.next_ns <= until_ns:
            if not self._waiting or self._drawn_ns <= self._waiting[-1].at_ns:
                self._draw()
                continue
            contra = self._waiting.pop()
            events = self._do(book, contra)
            if events:
                traded.append((contra.at_ns, events))
            if any(type(e) is Filled and max(e.maker_id, e.taker_id) > 0 for e in events):
                break
        return traded

    def on_client_fill(self, signed_qty: int, at_ns: int) -> None:
        """A client bought (> 0) or sold (< 0) here: it moves the price of every venue."""
        self._price.on_client_fill(signed_qty, at_ns)

    def _do(self, book: MatchingBook, contra: Contra) -> Sequence[BookEvent]:
        if contra.qty:
            order = BookOrder(contra.order_id, contra.side, contra.qty, None, TimeInForce.DAY)
            return book.on_new(order)
        return book.on_cancel(contra.order_id) if contra.order_id in book.orders else ()

    def _begin(self, at_ns: int) -> None:
        self._day = self._price.day_at(at_ns)
        self._drawn_ns = NEVER_NS
        if self._day is not None:
            self._drawn_ns = max(at_ns, self._day.session.open_ns)

    def _draw(self) -> None:
        """The orders of the next block, and their ends; nothing outlives the session."""
        day, start_ns = self._day, self._drawn_ns
        assert day is not None
        if start_ns >= day.session.close_ns:
            self._begin(start_ns)
            return
        opened_ns = start_ns - (start_ns - day.session.open_ns) % BLOCK_NS
        self._drawn_ns = min(opened_ns + BLOCK_NS, day.session.close_ns)
        come = self._block(day, opened_ns)
        self._waiting += [e for e in come if e.qty == 0 or start_ns <= e.at_ns < self._drawn_ns]
        self._waiting.sort(key=lambda each: each.at_ns, reverse=True)

    def _block(self, day: Activity, opened_ns: int) -> list[Contra]:
        terms = self._terms
        stream = self._price.streams.block(EventClass.DARK, opened_ns // BLOCK_NS, self._venue)
        level = float(day.levels[(opened_ns - day.session.open_ns) // BLOCK_NS])
        looks = stream.poisson(terms.looks * level * BLOCK_NS / SECOND_NS)
        at_ns = opened_ns + np.sort((stream.random(looks) * BLOCK_NS).astype(np.int64))
        brings = stream.random(looks) >= terms.empty
        lots = stream.geometric(1.0 / terms.mean_lots, looks)
        lives_ns = (stream.standard_exponential(looks) * terms.life_s * SECOND_NS).astype(np.int64)
        noise = np.where(stream.random(looks) < 0.5, 1, -1)
        informed = stream.random(looks) < terms.informed
        horizon_ns = int(terms.horizon_s * SECOND_NS)
        last_ns = day.session.close_ns - 1
        later = self._price.base_ticks(day, np.minimum(at_ns + horizon_ns, last_ns))
        ahead = np.sign(later - self._price.base_ticks(day, np.minimum(at_ns, last_ns)))
        signs = np.where(informed & (ahead != 0), ahead, noise)
        come = []
        for index in np.flatnonzero(brings).tolist():
            side = Side.BUY if signs[index] > 0 else Side.SELL
            order_id, self._next_id = self._next_id, self._next_id - 1
            ends_ns = min(int(at_ns[index] + lives_ns[index]), last_ns)
            qty = int(lots[index]) * self._lot
            come.append(Contra(int(at_ns[index]), order_id, side, qty))
            come.append(Contra(max(ends_ns, int(at_ns[index])), order_id, side, 0))
        return come
