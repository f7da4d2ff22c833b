"""Background order flow: a two-sided book and a tape around an efficient price.

It makes a market that algorithms can trade in, not a realistic one: no impact, no memory of who
traded. Time and random generators are handed in. One `EfficientPrice` is shared by every venue of
a symbol, so that no venue is off the others for long.
"""

from collections.abc import Iterator
from math import exp, sqrt
from random import Random
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce
from domain.instruments import Instrument, Side
from venuesim.order_book import BookOrder, OrderBook

SECOND_NS: Final = 1_000_000_000


class FlowSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of a symbol's flow at one venue. Rates per second of the engine's time.

    The touch holds `touch_qty` shares when fresh and is filled up below `refill_qty`, as are so
    many `levels` a side. The spread is drawn from `spread_ticks`, in ticks of the price's band.
    Trades: `trade_rate` of them, of about `trade_qty` shares.
    """

    event_rate: float = 3.0
    trade_rate: float = 0.6
    levels: int = 5
    spread_ticks: tuple[int, ...] = (1, 2, 2, 3)
    touch_qty: tuple[int, int] = (400, 1_500)
    refill_qty: int = 300
    trade_qty: tuple[int, int] = (1, 300)
    # About 0.7 bps a root second is 17 % a year; the half-life pulls the price back within
    # about 0.5 % of its start, so that a system that runs for days keeps a sane market.
    volatility_bps: float = 0.7
    half_life_s: float = 7_200.0


class EfficientPrice:
    """A random walk in ticks that is pulled back to its start, one step a second from `anchor_ns`.

    A function of its generator's seed and the time alone: every process and every restart that
    has the same seed and anchor sees the same path.
    """

    def __init__(
        self,
        start_px_ticks: int,
        anchor_ns: int,
        random: Random,
        settings: FlowSettings | None = None,
    ) -> None:
        settings = settings or FlowSettings()
        self._start = start_px_ticks
        self._log = 0.0  # of the price over its start
        self._stepped_ns = anchor_ns
        self._random = random
        self._step = settings.volatility_bps / 1e4
        self._keep = 0.5 ** (1.0 / settings.half_life_s)

    def at(self, now_ns: int) -> float:
        """The price at `now_ns`, in ticks; times must not fall by a second or more."""
        while self._stepped_ns + SECOND_NS <= now_ns:
            self._stepped_ns += SECOND_NS
            self._log = self._log * self._keep + self._random.gauss(0.0, self._step)
        return self._start * exp(self._log)


class Post(msgspec.Struct, frozen=True):
    """Put this order into the book."""

    order: BookOrder


class Withdraw(msgspec.Struct, frozen=True):
    """Cancel a background order."""

    order_id: int


FlowCommand = Post | Withdraw


class OrderFlow:
    """The background orders of one book. Their ids are negative; clients' are positive."""

    def __init__(
        self,
        instrument: Instrument,
        price: EfficientPrice,
        random: Random,
        start_ns: int,
        settings: FlowSettings | None = None,
    ) -> None:
        self._instrument = instrument
        self._price = price
        self._random = random
        self._settings = settings or FlowSettings()
        self._resting: dict[int, tuple[Side, int]] = {}  # the book knows better
        self._last_id = 0
        self._spread = self._settings.spread_ticks[0]
        self.next_ns = start_ns

    def on_timer(self, now_ns: int, book: OrderBook) -> Iterator[FlowCommand]:
        """One event of the flow. The caller does each command before it asks for the next."""
        settings, random = self._settings, self._random
        rate = settings.event_rate
        self.next_ns = now_ns + max(1, int(random.expovariate(rate) * SECOND_NS))
        if random.random() < 0.2:
            self._spread = random.choice(settings.spread_ticks)
        bid, ask, step = self._quotes(now_ns)
        yield from self._withdraw(book, bid, ask, step)
        yield from self._fill(book, Side.BUY, bid, step)
        yield from self._fill(book, Side.SELL, ask, step)
        if random.random() < settings.trade_rate / rate:
            yield self._take(book)

    def _quotes(self, now_ns: int) -> tuple[int, int, int]:
        """Where the best bid and offer belong now, and the tick size there, in ticks."""
        mid = self._price.at(now_ns) + self._random.gauss(0.0, 0.3)
        grid = self._instrument.round_px_ticks
        step = grid(grid(int(mid), Side.BUY) + 1, Side.SELL) - grid(int(mid), Side.BUY)
        lowest = (self._settings.levels + 1) * step
        bid = grid(max(lowest, int(mid - self._spread * step / 2)), Side.BUY)
        return bid, grid(bid + self._spread * step, Side.SELL), step

    def _withdraw(self, book: OrderBook, bid: int, ask: int, step: int) -> Iterator[FlowCommand]:
        """Take out what is now too aggressive or too far away; forget what was filled."""
        reach = 3 * self._settings.levels * step
        for order_id, (side, px_ticks) in list(self._resting.items()):
            if order_id not in book.orders:
                del self._resting[order_id]
                continue
            behind = bid - px_ticks if side is Side.BUY else px_ticks - ask
            if not 0 <= behind <= reach:
                del self._resting[order_id]
                yield Withdraw(order_id)

    def _fill(self, book: OrderBook, side: Side, best: int, step: int) -> Iterator[FlowCommand]:
        """See to it that each level from `best` outward holds something.

        The flow's own orders cannot meet here, the aggressive ones being withdrawn. A client's
        that the market has moved through is traded with, as it should be.
        """
        settings = self._settings
        held = dict(book.depth(side, 4 * settings.levels))
        for level in range(settings.levels):
            px_ticks = self._instrument.round_px_ticks(best - side.sign * level * step, side)
            if px_ticks > 0 and held.get(px_ticks, 0) < settings.refill_qty:
                low, high = settings.touch_qty
                qty = self._random.randint(low // 100, high // 100) * 100
                self._last_id -= 1
                self._resting[self._last_id] = (side, px_ticks)
                yield Post(BookOrder(self._last_id, side, qty, px_ticks))

    def _take(self, book: OrderBook) -> Post:
        """A taker of no more than half the touch, so that trading never empties the book."""
        side = self._random.choice((Side.BUY, Side.SELL))
        bid, bid_qty, ask, ask_qty = book.touch()
        px, there = (ask, ask_qty) if side is Side.BUY else (bid, bid_qty)
        low, high = self._settings.trade_qty
        qty = max(1, min(int(low + (high - low) * sqrt(self._random.random())), there // 2))
        self._last_id -= 1
        order = BookOrder(self._last_id, side, qty, px or None, TimeInForce.IMMEDIATE_OR_CANCEL)
        return Post(order)
