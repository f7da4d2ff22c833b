"""The market in one symbol as a worker sees it: books by venue, the best of all, phases, the tape.

Each event costs O(1), whatever hangs on it. An event that cannot be true, or that goes back in
time, is skipped and counted by its fault: it changes no book. A venue may send Quote, Depth or
both: the newer of the two gives its touch, and behind that stand the levels of the last Depth.

Prices in ticks, quantities in shares, times in nanoseconds UTC.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Final

from domain.instruments import Side
from domain.marketdata import (
    Depth,
    Imbalance,
    MarketEvent,
    Quote,
    Trade,
    TradingPhase,
    TradingStatus,
)
from marketdata.consolidated import (
    BestBidOffer,
    Level,
    TouchState,
    at_odds,
    best_of,
    merged,
    touch,
    venue_levels,
)
from marketdata.event_fault import (
    EventFault,
    depth_fault,
    imbalance_fault,
    quote_fault,
)
from marketdata.mark_outs import MarkOuts
from marketdata.own_orders import OwnOrder, OwnOrders
from marketdata.own_prints import OwnFill, OwnPrints
from marketdata.own_queues import OwnQueues
from marketdata.stale_limits import StaleLimits
from marketdata.tape import Tape
from marketdata.touch_statistics import (
    EMPTY,
    NO_ASK,
    PxSteps,
    TouchStatistics,
    VenueTouch,
    venue_touch,
)

__all__ = ["SymbolMarket", "touch"]

# A venue whose times went back so often in a row, with none in order between, has a new clock (or
# its last good stamp was the wrong one). Records that were only overtaken come in ones and twos.
TIME_BACK_RUN_MAX: Final = 16
LADDER_LEVELS: Final = 10  # of a consolidated ladder, unless more are asked for
HALTS_MAX: Final = 1_024  # a day has some five, its auctions among them; more are not kept
UNREAD_MAX: Final = 256  # quotes that wait for the statistics: a tenth of a millisecond's work


@dataclass(slots=True)
class _Doubt:
    """Why a venue's last words are not in its book. `back`: events in a row that went back."""

    crossed: bool = False
    back: int = 0


@dataclass(slots=True, kw_only=True)
class SymbolMarket:
    """One symbol on all its venues. `px_steps`: how far apart prices are: (from, step) in ticks.

    `quotes`: the touch of each venue, in order of their first; `depths`, `statuses`, `imbalances`:
    the last that each sent. `faults`: events skipped, by (venue, fault). `own`: our open orders.
    `adv_qty`: average daily volume, where it is known. `keeps_statistics`: of the touch; without
    them a quote costs half. Those of the tape are always kept. `since_ns`: the time of the first
    quote: what came before it is not known. `halts`: [from, until) in which no venue traded; until
    None: it still lasts.
    """

    symbol: str
    limits: StaleLimits = field(default_factory=StaleLimits)
    px_steps: InitVar[PxSteps] = ((0, 1),)
    adv_qty: InitVar[int | None] = None
    keeps_statistics: bool = True
    quotes: dict[str, Quote] = field(default_factory=dict)
    depths: dict[str, Depth] = field(default_factory=dict)
    phases: dict[str, TradingPhase] = field(default_factory=dict)
    statuses: dict[str, TradingStatus] = field(default_factory=dict)
    imbalances: dict[str, Imbalance] = field(default_factory=dict)
    faults: Counter[tuple[str, EventFault]] = field(default_factory=Counter)
    own: OwnOrders = field(default_factory=OwnOrders)
    since_ns: int | None = None
    halts: list[tuple[int, int | None]] = field(default_factory=list)
    queues: OwnQueues = field(init=False)
    mark_outs: MarkOuts = field(default_factory=MarkOuts)
    tape: Tape = field(init=False)
    _doubts: dict[str, _Doubt] = field(default_factory=dict)
    _shut: dict[str, bool] = field(default_factory=dict)  # the venues that do not trade
    _statistics: TouchStatistics = field(init=False)
    _names: dict[str, str] = field(default_factory=dict)  # of each venue, one object
    _unread: list[VenueTouch] = field(default_factory=list)

    def __post_init__(self, px_steps: PxSteps, adv_qty: int | None) -> None:
        self.queues = OwnQueues(own=self.own)
        self.tape = Tape(own=OwnPrints(self.own), adv_qty=adv_qty)
        self._statistics = TouchStatistics(limits=self.limits, px_steps=px_steps)

    def on_event(self, event: MarketEvent) -> None:
        """Take one event in."""
        kind = type(event)
        if kind is Quote:
            self.on_quote(event)  # type: ignore[arg-type]  # narrowed by type() for speed
        elif kind is Trade:
            self.on_trade(event)  # type: ignore[arg-type]  # narrowed by type() for speed
        elif isinstance(event, Depth):
            self._on_depth(event)
        elif isinstance(event, TradingStatus):
            self._on_status(event)
        elif isinstance(event, Imbalance):
            self._on_imbalance(event)

    def on_events(self, events: Iterable[MarketEvent]) -> None:
        """Take events in, in order."""
        on_quote = self.on_quote
        for event in events:
            if type(event) is Quote:  # nearly every one: spared a call
                on_quote(event)
            else:
                self.on_event(event)

    def on_quote(self, quote: Quote) -> None:
        """The touch of one venue changed."""
        venue, at_ns = quote.venue, quote.at_ns
        bid_px, bid_qty = quote.bid_px_ticks, quote.bid_qty
        ask_px, ask_qty = quote.ask_px_ticks, quote.ask_qty
        if not (bid_qty > 0 and ask_qty > 0 and 0 < bid_px <= ask_px):  # hardly ever
            fault = quote_fault(quote)
            if fault is not None:
                self._skip_touch(venue, fault, at_ns)
                return
            bid_px, ask_px = bid_px if bid_qty else 0, ask_px if ask_qty else NO_ASK
        before = self.quotes.get(venue)
        if before is None:
            if self.since_ns is None:
                self.since_ns = at_ns
        elif at_ns < before.at_ns and self._goes_back(venue):
            return
        self.quotes[venue] = quote
        if self.queues.places:
            self.queues.on_quote(quote)
        if self._doubts:
            self._doubts.pop(venue, None)
        if not self.keeps_statistics or (self._shut and venue in self._shut):
            return
        name = self._names.get(venue, venue)  # one object for a name makes each look-up cheaper
        self._unread.append((name, bid_px, bid_qty, ask_px, ask_qty, at_ns))
        if len(self._unread) >= UNREAD_MAX:
            self._read()

    def on_trade(self, trade: Trade) -> None:
        """A print."""
        fault = self.tape.on_trade(trade)
        if fault is not None:
            self._skip(trade.venue, fault)
        elif self.queues.places:
            self.queues.on_trade(trade)

    def _on_depth(self, depth: Depth) -> None:
        """The ladder of one venue changed, and its touch with it."""
        venue = depth.venue
        fault = depth_fault(depth)
        if fault is not None:
            self._skip_touch(venue, fault, depth.at_ns)
            return
        before = self.quotes.get(venue)
        if before is not None and depth.at_ns < before.at_ns and self._goes_back(venue):
            return
        self.depths[venue] = depth
        if self.queues.places:
            self.queues.on_depth(depth)
        bid_px, bid_qty = depth.bids[0] if depth.bids else (0, 0)
        ask_px, ask_qty = depth.asks[0] if depth.asks else (0, 0)
        self.on_quote(Quote(depth.symbol, venue, bid_px, bid_qty, ask_px, ask_qty, depth.at_ns))

    def _on_status(self, status: TradingStatus) -> None:
        before = self.statuses.get(status.venue)
        if before is not None and status.at_ns < before.at_ns:
            self._skip(status.venue, EventFault.TIME_BACK)
            return
        venue = status.venue
        self.statuses[venue] = status
        self.phases[venue] = status.phase
        if status.phase is TradingPhase.CONTINUOUS:
            self._shut.pop(venue, None)
        elif venue not in self._shut:
            self._shut[venue] = True
            if self.keeps_statistics:
                self._unread.append((venue, *EMPTY, status.at_ns))
        self._note_halt(status.at_ns)

    def _note_halt(self, at_ns: int) -> None:
        """A venue's phase changed: whether all of those that are known stand still now."""
        lasting = bool(self.halts) and self.halts[-1][1] is None
        shut = all(venue in self._shut for venue in (*self.quotes, *self.statuses))
        if shut and not lasting and len(self.halts) < HALTS_MAX:
            self.halts.append((at_ns, None))
        elif lasting and not shut:
            self.halts[-1] = (self.halts[-1][0], max(at_ns, self.halts[-1][0]))

    def _on_imbalance(self, imbalance: Imbalance) -> None:
        fault = imbalance_fault(imbalance)
        before = self.imbalances.get(imbalance.venue)
        if fault is None and before is not None and imbalance.at_ns < before.at_ns:
            fault = EventFault.TIME_BACK
        if fault is not None:
            self._skip(imbalance.venue, fault)
        else:
            self.imbalances[imbalance.venue] = imbalance

    def _skip(self, venue: str, fault: EventFault) -> None:
        """Count an event that changes nothing."""
        self.faults[venue, fault] += 1

    def _skip_touch(self, venue: str, fault: EventFault, at_ns: int) -> None:
        """Skip a quote or depth. A venue whose last word is that it is crossed is doubted."""
        self._skip(venue, fault)
        if fault is EventFault.CROSSED:
            last = self.quotes.get(venue)
            if last is None or at_ns >= last.at_ns:
                self._doubts.setdefault(venue, _Doubt()).crossed = True

    def _goes_back(self, venue: str) -> bool:
        """Whether an event that is earlier than its venue's last is to be skipped; counts it."""
        doubt = self._doubts.setdefault(venue, _Doubt())
        doubt.back += 1
        self._skip(venue, EventFault.TIME_BACK)
        if doubt.back < TIME_BACK_RUN_MAX:
            return True
        for kept in (self.quotes, self.depths, self.statuses, self.imbalances):
            kept.pop(venue, None)
        self._read()
        self._statistics.rewind()
        return False

    def on_own_order(self, order: OwnOrder) -> None:
        """An order of ours is open, changed or over."""
        self.own.on_order(order)
        if order.displayed_qty or self.queues.places:
            self.queues.on_order(order, self._shown_qty(order))
        if not self.own.open_qty(order.venue):
            self.tape.own.nothing_open(order.venue)

    def _shown_qty(self, order: OwnOrder) -> int | None:
        """All that an order's venue displays at its price; None if that is not known."""
        px_ticks = order.displayed_px_ticks
        return None if px_ticks is None else self._shown_at(order.venue, order.side, px_ticks)

    def others_at(self, venue: str, side: Side, px_ticks: int) -> int | None:
        """Shares of others that `venue` displays at a price of its `side`: what an order that joins
        them is behind. None if that is not known.
        """
        shown_qty = self._shown_at(venue, side, px_ticks)
        if shown_qty is None:
            return None
        return max(shown_qty - self.own.displayed_qty(venue, side, px_ticks), 0)

    def _shown_at(self, venue: str, side: Side, px_ticks: int) -> int | None:
        quote = self.quotes.get(venue)
        if quote is None:
            return None
        buys = side is Side.BUY
        best_px = quote.bid_px_ticks if buys else quote.ask_px_ticks
        if px_ticks == best_px:
            return quote.bid_qty if buys else quote.ask_qty
        if (px_ticks - best_px) * side.sign > 0:
            return 0
        return dict(self.venue_ladder(venue, side.other)).get(px_ticks)

    def on_own_fill(self, fill: OwnFill) -> None:
        """A fill of ours was told. Tell it before `on_own_order` of what it leaves open."""
        self.tape.on_own_fill(fill)

    def on_passive_fill(self, venue: str, side: Side, at_ns: int) -> None:
        """An order of ours that rested was filled: how the price goes on is to be seen."""
        best = self.bbo(at_ns)
        if best.mid_px_ticks is not None:
            half = (best.ask_px_ticks - best.bid_px_ticks) / 2
            self.mark_outs.on_fill(venue, side, best.mid_px_ticks, half, at_ns)

    def judge_fills(self, now_ns: int) -> None:
        """Judge the passive fills that are due, by the mid now."""
        if self.mark_outs.is_due(now_ns):
            self.mark_outs.judge(self.mid_px_ticks(now_ns), now_ns)

    # -- statistics

    def keep_statistics(self) -> None:
        """Keep statistics of the touch from now on; they begin with the touches that there are."""
        if self.keeps_statistics:
            return
        self.keeps_statistics = True
        trading = [quote for quote in self.quotes.values() if quote.venue not in self._shut]
        self._unread += map(venue_touch, sorted(trading, key=lambda quote: quote.at_ns))

    @property
    def statistics(self) -> TouchStatistics:
        """Of the best of all venues, as of the last quote."""
        if self._unread:
            self._read()
        return self._statistics

    def _read(self) -> None:
        for venue in self.quotes:
            self._names.setdefault(venue, venue)
        self._statistics.on_touches(self._unread)
        self._unread.clear()

    @property
    def volume(self) -> int:
        """Shares printed since this object began, of all kinds."""
        return self.tape.volume

    @property
    def last_trade(self) -> Trade | None:
        """The last print of the continuous book."""
        return self.tape.last_trade

    # -- what of it counts

    @property
    def dropped(self) -> int:
        """Events skipped."""
        return self.faults.total()

    def halted(self, venue: str) -> bool:
        """Whether `venue` has said that it does not trade the symbol continuously now."""
        return self.phases.get(venue, TradingPhase.CONTINUOUS) is not TradingPhase.CONTINUOUS

    def fresh_quotes(self, now_ns: int) -> list[Quote]:
        """The quotes within their venue's stale limit, in order of the venues' first quote."""
        stale = self.limits.stale
        return [
            quote for quote in self.quotes.values() if not stale(quote.venue, quote.at_ns, now_ns)
        ]

    def counted_quotes(self, now_ns: int) -> list[Quote]:
        """The fresh quotes of venues that trade continuously, and did not last say they cross."""
        return [
            quote for quote in self.fresh_quotes(now_ns)
            if not self.halted(quote.venue) and not self._says_crossed(quote.venue)
        ]  # fmt: skip

    def bbo(self, now_ns: int) -> BestBidOffer:
        """The best bid and offer of all venues that count."""
        return best_of(self.counted_quotes(now_ns))

    def mid_px_ticks(self, now_ns: int) -> float | None:
        """Half way between the best bid and offer that count; None if a side lacks."""
        return self.bbo(now_ns).mid_px_ticks

    def touch_states(self, venues: Sequence[str], now_ns: int) -> dict[str, TouchState]:
        """What the touch of each of `venues` is fit for, beside those of all the others."""
        odds = at_odds(self.counted_quotes(now_ns))
        return {venue: odds.get(venue) or self._alone(venue, now_ns) for venue in venues}

    def _alone(self, venue: str, now_ns: int) -> TouchState:
        """The state of one venue's touch, were it the only one."""
        quote = self.quotes.get(venue)
        if self._says_crossed(venue):
            return TouchState.CROSSED
        if quote is None:
            return TouchState.NONE
        if self.limits.stale(venue, quote.at_ns, now_ns):
            return TouchState.STALE
        if self.halted(venue):
            return TouchState.NOT_TRADING
        return best_of((quote,)).state

    def _says_crossed(self, venue: str) -> bool:
        doubt = self._doubts.get(venue)
        return doubt is not None and doubt.crossed

    def others_touch(self, venue: str, side: Side) -> tuple[int, int]:
        """(px_ticks, qty) that an order of `side` would take at `venue` from others than us."""
        quote = self.quotes.get(venue)
        if quote is None:
            return 0, 0
        px_ticks, qty = touch(quote, side)
        return px_ticks, max(qty - self.own.displayed_qty(venue, side.other, px_ticks), 0)

    # -- depth

    def ladder(
        self, side: Side, now_ns: int, *, less_own: bool = False, at_most: int = LADDER_LEVELS
    ) -> list[Level]:
        """What an order of `side` would take from, over all venues that count, best price first.

        `less_own`: without what we display there ourselves; a price that is all ours is left out.
        """
        return merged(
            [
                (quote.venue, px_ticks, qty)
                for quote in self.counted_quotes(now_ns)
                for px_ticks, qty in self.venue_ladder(quote.venue, side, less_own=less_own)
            ],
            side,
            at_most,
        )

    def venue_ladder(
        self, venue: str, side: Side, *, less_own: bool = False
    ) -> list[tuple[int, int]]:
        """(px_ticks, qty) that an order of `side` would take from at `venue`, best first."""
        quote = self.quotes.get(venue)
        if quote is None:
            return []
        depth = self.depths.get(venue)
        if depth is not None and self.limits.stale(venue, depth.at_ns, quote.at_ns):
            depth = None
        levels = venue_levels(quote, depth, side)
        if not less_own:
            return levels
        left = [
            (px_ticks, max(qty - self.own.displayed_qty(venue, side.other, px_ticks), 0))
            for px_ticks, qty in levels
        ]
        return [level for level in left if level[1]]
