"""A book that cannot be fast: one list, searched and sorted whole at every step.

Written from the rules in docs/venuesim.md, not from the engine: it keeps no level, no queue, no
sum. Events are tuples of plain values, as `as_tuple` makes them of the engine's.
"""

import copy
from dataclasses import dataclass, field

import msgspec

from domain.fix_codes import TimeInForce as Tif
from domain.instruments import Side
from venuesim.book_events import BookEvent
from venuesim.book_order import PegKind, SelfTradeMode, Special, tranche_qty
from venuesim.phases import Phase

Event = tuple[object, ...]
CALLS = {Phase.OPENING_CALL: "O", Phase.CLOSING_CALL: "C", Phase.REOPENING_CALL: "R"}
AUCTION_ONLY = (Tif.AT_THE_OPENING, Tif.AT_THE_CLOSE)
NAMES = {"AuctionFilled": "auction"}
IMMEDIATE = (Tif.IMMEDIATE_OR_CANCEL, Tif.FILL_OR_KILL)


def as_tuple(event: BookEvent) -> Event:
    """An event of the engine as the naive book writes it: its name, then its fields."""
    return (NAMES.get(type(event).__name__, type(event).__name__.lower()),
            *msgspec.structs.astuple(event))  # fmt: skip


@dataclass
class Naive:
    """One order. `where`: book, stop, pool, parked. `px` None: market, or a peg nowhere."""

    number: int
    side: Side
    qty: int
    limit: int | None
    tif: Tif
    post_only: bool
    terms: Special
    leaves: int = 0
    px: int | None = None
    seq: int = 0
    turn: int = 0
    shown: int = 0
    tranche: int = 0
    where: str = ""
    triggered: bool = False

    def visible(self) -> int:
        if self.where != "book" or self.terms.hidden:
            return 0
        return self.shown if self.terms.display_qty else self.leaves

    def least(self) -> int:
        return min(self.terms.min_qty, self.leaves)


@dataclass
class NaiveBook:
    orders: list[Naive] = field(default_factory=list)
    phase: Phase = Phase.CONTINUOUS
    last: int = 0
    pegged_to: tuple[int, int] = (0, 0)
    counter: int = 0

    # What is asked of it.

    def new(self, order: Naive) -> list[Event]:
        order.leaves, order.px = order.qty, None if order.terms.peg else order.limit
        if self.refuses() or (self.phase in CALLS and order.tif in IMMEDIATE):
            return [("rejected", order.number, "wrong_phase")]
        if self.would_act(order):
            return [("rejected", order.number, "post_only_would_cross")]
        events: list[Event] = [("accepted", order.number)]
        self.enter(order, events)
        self.settle(events)
        return events

    def cancel(self, number: int) -> list[Event]:
        order = self.find(number)
        if order is None:
            return [("rejected", number, "unknown_order")]
        self.orders.remove(order)
        events: list[Event] = [("canceled", number, order.leaves, "requested")]
        self.settle(events)
        return events

    def replace(
        self, number: int, qty: int, limit: int | None, post_only: bool, terms: Special | None
    ) -> list[Event]:
        order = self.find(number)
        if order is None:
            return [("rejected", number, "unknown_order")]
        if self.refuses():
            return [("rejected", number, "wrong_phase")]
        done = order.qty - order.leaves
        qty = max(qty, done)
        same = terms is None or asked(terms) == asked(order.terms)
        if qty == done or (same and limit == order.limit and qty <= order.qty):
            if order.terms.display_qty and order.where == "book":
                reserve = order.leaves - order.shown
                order.shown -= max(0, order.qty - qty - reserve)
            order.leaves, order.qty, order.post_only = qty - done, qty, post_only
            if terms is not None:
                owner, mode = terms.owner, terms.self_trade
                order.terms = msgspec.structs.replace(order.terms, owner=owner, self_trade=mode)
            if not order.leaves:
                self.orders.remove(order)
            events: list[Event] = [("replaced", number, qty, order.leaves, order.limit or 0, True)]
            self.settle(events)
            return events
        changed = copy.copy(order)
        changed.qty, changed.leaves, changed.limit = qty, qty - done, limit
        changed.post_only, changed.terms = post_only, terms or order.terms
        changed.px = None if changed.terms.peg else limit
        changed.tranche += 1
        if order.where != "stop" and self.would_act(changed):
            return [("rejected", number, "post_only_would_cross")]
        self.orders.remove(order)
        events = [("replaced", number, qty, changed.leaves, limit or 0, False)]
        self.enter(changed, events)
        self.settle(events)
        return events

    def go(self, phase: Phase) -> list[Event]:
        before, self.phase = self.phase, phase
        events: list[Event] = []
        if before is phase:
            return events
        if before is Phase.CONTINUOUS:
            for order in self.orders:
                if order.where == "book" and (order.terms.peg or order.terms.min_qty):
                    order.where = "parked"
                    order.tranche += 1
                    order.px = None if order.terms.peg else order.px
        if phase is Phase.CONTINUOUS:
            self.uncross(before, events)
            self.resume(events)
        if phase is Phase.CLOSED:
            if before is Phase.CLOSING_CALL:
                self.uncross(before, events)
            over = [each for each in self.orders if each.tif is not Tif.GOOD_TILL_CANCEL]
            for order in sorted(over, key=lambda each: each.seq):
                self.end(order, "expired", events)
        self.settle(events)
        return events

    # What it shows.

    def levels(self, side: Side) -> list[tuple[int, int]]:
        sums: dict[int, int] = {}
        for each in self.orders:
            if each.side is side and each.visible() and each.px is not None:
                sums[each.px] = sums.get(each.px, 0) + each.visible()
        return sorted(sums.items(), key=lambda item: -item[0] * side.sign)

    def best_unpegged(self, side: Side) -> int:
        prices = [
            each.px * side.sign
            for each in self.orders
            if each.side is side and each.px is not None and each.visible() and not each.terms.peg
        ]
        return max(prices) * side.sign if prices else 0

    # How it does it.

    def find(self, number: int) -> Naive | None:
        return next((each for each in self.orders if each.number == number), None)

    def refuses(self) -> bool:
        return self.phase in (Phase.HALTED, Phase.CLOSED)

    def tick(self) -> int:
        self.counter += 1
        return self.counter

    def keep(self, order: Naive, where: str) -> None:
        order.where, order.seq = where, self.tick()
        if where == "book" and order.terms.display_qty:
            tranche = tranche_qty(order.number, order.tranche, order.terms)
            order.shown = min(order.leaves, tranche)
        if not any(each is order for each in self.orders):
            self.orders.append(order)

    def end(self, order: Naive, cause: str, events: list[Event]) -> None:
        events.append(("canceled", order.number, order.leaves, cause))
        order.leaves = 0
        self.orders = [each for each in self.orders if each is not order]

    def would_act(self, order: Naive) -> bool:
        """Post only: whether anything would happen between it and the other side."""
        if not order.post_only or self.phase is not Phase.CONTINUOUS or order.px is None:
            return False
        return self.next_maker(order) is not None

    def enter(self, order: Naive, events: list[Event]) -> None:
        terms = order.terms
        if terms.stop_px_ticks and not order.triggered:
            sign = order.side.sign
            reached = self.last and terms.stop_px_ticks * sign <= self.last * sign
            if self.phase is not Phase.CONTINUOUS or not reached:
                self.keep(order, "stop")
                return
            order.triggered = True
            events.append(("triggered", order.number))
        if order.tif in AUCTION_ONLY:
            self.keep(order, "pool")
        elif terms.peg:
            order.turn = self.tick()
            if not any(e.terms.peg for e in self.orders if e is not order):
                self.pegged_to = self.reference()
            self.place(order, events)
        elif self.phase in CALLS:
            place = "pool" if order.px is None else "parked" if terms.min_qty else "book"
            self.keep(order, place)
        else:
            self.match(order, events)

    def next_maker(self, taker: Naive) -> Naive | None:
        sign = taker.side.sign
        found = [
            each
            for each in self.orders
            if each.where == "book"
            and each.side is not taker.side
            and each.px is not None
            and (taker.px is None or (taker.px - each.px) * sign >= 0)
            and (not each.terms.hidden or each.least() <= taker.leaves)
        ]
        return min(found, key=lambda e: ((e.px or 0) * sign, e.terms.hidden, e.seq), default=None)

    def could_trade(self, taker: Naive) -> int:
        """Tried out on a copy of everything."""
        trial, order = copy.deepcopy((self, taker))
        before: list[Event] = []
        trial.take(order, before)
        return sum(int(str(each[5])) for each in before if each[0] == "filled")

    def match(self, order: Naive, events: list[Event]) -> None:
        self.orders = [each for each in self.orders if each is not order]
        conditional = order.tif is Tif.FILL_OR_KILL or order.terms.min_qty
        could = self.could_trade(order) if conditional else 0
        if order.tif is Tif.FILL_OR_KILL and could < order.leaves:
            self.end(order, "not_fillable", events)
            return
        if conditional and could < order.least():
            if order.tif in IMMEDIATE:
                self.end(order, "min_qty", events)
                return
        else:
            self.take(order, events)
        if not order.leaves:
            return
        if order.px is None or order.tif in IMMEDIATE:
            self.end(order, "nothing_left_to_take", events)
        else:
            self.keep(order, "book")

    def take(self, taker: Naive, events: list[Event]) -> None:
        while taker.leaves:
            maker = self.next_maker(taker)
            if maker is None:
                return
            mode = taker.terms.self_trade
            if taker.terms.owner and taker.terms.owner == maker.terms.owner and mode:
                self.prevent(mode, maker, taker, events)
                continue
            there = maker.shown if maker.terms.display_qty else maker.leaves
            qty = min(there, taker.leaves)
            maker.leaves -= qty
            taker.leaves -= qty
            assert maker.px is not None
            self.last = maker.px
            events.append(("filled", maker.number, taker.number, taker.side, maker.px, qty,
                           maker.leaves, taker.leaves, maker.terms.hidden))  # fmt: skip
            if not maker.leaves:
                self.orders.remove(maker)
            elif maker.terms.display_qty:
                maker.shown -= qty
                self.refresh(maker)

    def refresh(self, order: Naive) -> None:
        if not order.shown:
            order.tranche += 1
            tranche = tranche_qty(order.number, order.tranche, order.terms)
            order.shown, order.seq = min(order.leaves, tranche), self.tick()

    def prevent(self, mode: SelfTradeMode, maker: Naive, taker: Naive, events: list[Event]) -> None:
        if mode is SelfTradeMode.DECREMENT:
            qty = min(maker.leaves, taker.leaves)
            for order in (maker, taker):
                if order.leaves == qty:
                    self.end(order, "self_trade", events)
                else:
                    if order.terms.display_qty and order is maker:
                        reserve = order.leaves - order.shown
                        order.shown -= max(0, qty - reserve)
                    order.leaves -= qty
                    order.qty -= qty
                    events.append(("decremented", order.number, order.qty, order.leaves))
            return
        if mode in (SelfTradeMode.CANCEL_OLDEST, SelfTradeMode.CANCEL_BOTH):
            self.end(maker, "self_trade", events)
        if mode in (SelfTradeMode.CANCEL_NEWEST, SelfTradeMode.CANCEL_BOTH):
            self.end(taker, "self_trade", events)

    def reference(self) -> tuple[int, int]:
        return self.best_unpegged(Side.BUY), self.best_unpegged(Side.SELL)

    def peg_px(self, order: Naive) -> int | None:
        bid, ask = self.pegged_to
        buy = order.side is Side.BUY
        if order.terms.peg is PegKind.MIDPOINT:
            if not bid or not ask:
                return None
            px = (bid + ask) // 2 if buy else (bid + ask + 1) // 2
        else:
            own_side = order.terms.peg is PegKind.PRIMARY
            px = bid if buy == own_side else ask
            if not px:
                return None
        px += order.terms.peg_offset_ticks
        if order.limit is not None:
            px = min(px, order.limit) if buy else max(px, order.limit)
        return px if px > 0 else None

    def settle(self, events: list[Event]) -> None:
        seen, elected = 0, list[Naive]()
        while self.phase is Phase.CONTINUOUS:
            for event in events[seen:]:
                if event[0] == "filled":
                    elected += self.elect(int(str(event[4])))
            seen = len(events)
            pegs = sorted((e for e in self.orders if e.terms.peg), key=lambda each: each.turn)
            if pegs and self.reference() != self.pegged_to:
                self.pegged_to = self.reference()
                for peg in pegs:
                    self.follow(peg, events)
            elif elected:
                self.trigger(elected.pop(0), events)
            else:
                return

    def place(self, peg: Naive, events: list[Event]) -> None:
        peg.px = self.peg_px(peg) if self.phase is Phase.CONTINUOUS else None
        if peg.px is None:
            self.keep(peg, "parked")
        else:
            self.match(peg, events)

    def follow(self, peg: Naive, events: list[Event]) -> None:
        px = self.peg_px(peg)
        if not peg.leaves or px == peg.px:
            return
        peg.px = px
        peg.tranche += 1
        events.append(("repriced", peg.number, px or 0))
        if px is None:
            self.keep(peg, "parked")
        else:
            self.match(peg, events)

    def elect(self, px: int) -> list[Naive]:
        found: list[Naive] = []
        for side in (Side.BUY, Side.SELL):
            stops = [
                each
                for each in self.orders
                if each.where == "stop"
                and each.side is side
                and each.terms.stop_px_ticks * side.sign <= px * side.sign
            ]
            found += sorted(stops, key=lambda e: (e.terms.stop_px_ticks * e.side.sign, e.seq))
        for each in found:
            each.where = "elected"
        return found

    def trigger(self, order: Naive, events: list[Event]) -> None:
        order.triggered = True
        self.orders.remove(order)
        events.append(("triggered", order.number))
        self.enter(order, events)

    def resume(self, events: list[Event]) -> None:
        self.pegged_to = self.reference()
        waiting = [e for e in self.orders if e.where == "parked" or e.where == "pool"]
        late = [e for e in waiting if e.tif is Tif.AT_THE_OPENING]
        for order in sorted(waiting, key=lambda each: each.seq):
            if order.tif in AUCTION_ONLY:
                continue
            self.orders.remove(order)
            if order.terms.peg:
                self.place(order, events)
            else:
                self.enter(order, events)
        for order in sorted(late, key=lambda each: each.seq):
            self.end(order, "expired", events)
        if self.last:
            for order in self.elect(self.last):
                self.trigger(order, events)

    # Auctions.

    def collected(self, phase: Phase, side: Side) -> list[Naive]:
        if phase is Phase.CLOSING_CALL:
            out, pooled = Tif.AT_THE_OPENING, Tif.AT_THE_CLOSE
        else:
            out, pooled = Tif.AT_THE_CLOSE, Tif.AT_THE_OPENING
        assert out is not pooled
        return [
            each
            for each in self.orders
            if each.side is side
            and (each.where == "book" or (each.where == "pool" and each.tif is not out))
        ]

    def clearing(self, phase: Phase) -> tuple[int, int]:
        """(price, quantity), by trying every limit there is; T7's rules in their order."""
        buys, sells = self.collected(phase, Side.BUY), self.collected(phase, Side.SELL)

        def volumes(px: int) -> tuple[int, int]:
            bought = sum(e.leaves for e in buys if e.px is None or e.px >= px)
            return bought, sum(e.leaves for e in sells if e.px is None or e.px <= px)

        limits = sorted({each.px for each in (*buys, *sells) if each.px is not None})
        if not limits:
            qty = min(sum(e.leaves for e in buys), sum(e.leaves for e in sells))
            return (self.last, qty) if self.last and qty else (0, 0)
        most = max(min(volumes(px)) for px in limits)
        if not most:
            return 0, 0
        limits = [px for px in limits if min(volumes(px)) == most]
        surplus = {px: volumes(px)[0] - volumes(px)[1] for px in limits}
        least = min(abs(each) for each in surplus.values())
        limits = [px for px in limits if abs(surplus[px]) == least]
        wants_buy = [px for px in limits if surplus[px] > 0]
        wants_sell = [px for px in limits if surplus[px] < 0]
        if wants_buy and not wants_sell:
            return wants_buy[-1], most
        if wants_sell and not wants_buy:
            return wants_sell[0], most
        low, high = (
            (wants_buy or limits)[-1 if wants_buy else 0],
            (wants_sell or limits)[0 if wants_sell else -1],
        )
        reference = self.last or (low + high) // 2
        return min(max(reference, low), high), most

    def uncross(self, phase: Phase, events: list[Event]) -> None:
        px, qty = self.clearing(phase)
        if not qty:
            if phase in CALLS:
                events.append(("uncrossed", 0, 0, CALLS[phase]))
            return
        self.last = px
        events.append(("uncrossed", px, qty, CALLS.get(phase, "R")))
        for side in Side:
            left = qty
            sign = side.sign
            queue = [
                e for e in self.collected(phase, side) if e.px is None or (e.px - px) * sign >= 0
            ]
            queue.sort(
                key=lambda e: (
                    e.px is not None,
                    -(e.px or 0) * e.side.sign,
                    e.terms.hidden,
                    e.seq,
                )
            )
            for order in queue:
                part = min(left, order.leaves)
                if not part:
                    break
                left -= part
                order.leaves -= part
                if order.terms.display_qty and order.where == "book" and order.leaves:
                    order.shown -= min(order.shown, part)
                    self.refresh(order)
                events.append(("auction", order.number, side.value, px, part, order.leaves))
                if not order.leaves:
                    self.orders.remove(order)
            assert left == 0


def asked(terms: Special) -> tuple[object, ...]:
    return (terms.display_qty, terms.refresh_range, terms.hidden, terms.min_qty, terms.peg,
            terms.peg_offset_ticks, terms.stop_px_ticks)  # fmt: skip
