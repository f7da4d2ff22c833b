"""The engine and the naive book do the same, event by event, over 100,000 random operations."""

from collections import Counter
from random import Random

import msgspec
import pytest

from domain.fix_codes import TimeInForce as Tif
from domain.instruments import Side
from tests.venuesim.naive_book import Event, Naive, NaiveBook, as_tuple
from venuesim.book_events import (
    Accepted,
    AuctionFilled,
    BookEvent,
    Canceled,
    Decremented,
    Filled,
    Replaced,
)
from venuesim.book_order import BookOrder, PegKind, SelfTradeMode, Special
from venuesim.order_book import OrderBook
from venuesim.phases import Phase

CHUNKS, OPERATIONS = 200, 500
# From one phase to those that may come next; most of the time is spent in continuous trading.
NEXT = {
    Phase.CONTINUOUS: (Phase.HALTED, Phase.CLOSING_CALL, Phase.HALTED, Phase.CLOSED),
    Phase.HALTED: (Phase.REOPENING_CALL, Phase.REOPENING_CALL, Phase.CONTINUOUS, Phase.CLOSED),
    Phase.REOPENING_CALL: (Phase.CONTINUOUS, Phase.HALTED),
    Phase.CLOSING_CALL: (Phase.CLOSED, Phase.CONTINUOUS, Phase.HALTED),
    Phase.CLOSED: (Phase.OPENING_CALL, Phase.CONTINUOUS),
    Phase.OPENING_CALL: (Phase.CONTINUOUS, Phase.HALTED),
}
KINDS = ("limit", "limit", "limit", "limit", "post", "market", "ioc", "fok", "stop", "stop limit",
         "auction", "iceberg", "iceberg", "hidden", "hidden min", "ioc min", "peg")  # fmt: skip
SEEN = ("filled", "decremented", "triggered", "repriced", "auction", "uncrossed O", "uncrossed C",
        "uncrossed R", "canceled self_trade", "canceled expired", "canceled min_qty",
        "canceled not_fillable", "rejected wrong_phase", "rejected post_only_would_cross",
        "replaced True", "replaced False")  # fmt: skip
DETAILED = ("uncrossed", "canceled", "rejected", "replaced")
GOOD_TILL = (Tif.DAY, Tif.DAY, Tif.GOOD_TILL_CANCEL)


class Operations:
    """One random life of two books that must not differ."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.book = OrderBook()
        self.naive = NaiveBook()
        self.number = 0
        self.seen: Counter[str] = Counter()
        self.account = Account()

    def step(self) -> None:
        draw = self.random.random()
        if draw < 0.02 or (self.book.phase is not Phase.CONTINUOUS and draw < 0.10):
            self.change_phase()
        elif draw < 0.62:
            self.new()
        elif draw < 0.80:
            number = self.earlier()
            self.compare(self.book.on_cancel(number), self.naive.cancel(number), "cancel")
        else:
            self.replace()

    def change_phase(self) -> None:
        phase = self.random.choice(NEXT[self.book.phase])
        self.compare(self.book.on_phase(phase), self.naive.go(phase), f"phase {phase}")

    def earlier(self) -> int:
        """An open order for the most part, sometimes any."""
        if self.naive.orders and self.random.random() < 0.9:
            return self.random.choice(self.naive.orders).number
        return self.random.randint(1, max(1, self.number))

    def new(self) -> None:
        self.number += 1
        side, qty = self.random.choice(list(Side)), self.random.randint(1, 60)
        limit, tif, post_only, special = self.terms()
        self.account.ordered[self.number], self.account.sides[self.number] = qty, side
        order = BookOrder(self.number, side, qty, limit, tif, post_only,
                          msgspec.structs.replace(special) if special else None)  # fmt: skip
        naive = Naive(self.number, side, qty, limit, tif, post_only, special or Special())
        self.compare(self.book.on_new(order), self.naive.new(naive), f"new {naive}")

    def terms(self) -> tuple[int | None, Tif, bool, Special | None]:
        """Price, time in force, post only and special terms of one of the kinds of orders."""
        random = self.random
        limit = random.randint(92, 108)
        owner = random.choice(("", "", "A", "B"))
        mode = random.choice(list(SelfTradeMode))
        kind = random.choice(KINDS)
        self.seen[kind] += 1
        owned = Special(owner=owner, self_trade=mode if owner else SelfTradeMode.NONE)
        plain = owned if owner else None
        match kind:
            case "market":
                return None, random.choice((Tif.DAY, Tif.IMMEDIATE_OR_CANCEL)), False, plain
            case "ioc":
                return limit, Tif.IMMEDIATE_OR_CANCEL, False, plain
            case "fok":
                return random.choice((limit, None)), Tif.FILL_OR_KILL, False, plain
            case "auction":
                tif = random.choice((Tif.AT_THE_OPENING, Tif.AT_THE_CLOSE))
                return random.choice((limit, None)), tif, False, plain
            case "ioc min":
                return limit, Tif.IMMEDIATE_OR_CANCEL, False, self.special(owned, min_qty=True)
            case "stop" | "stop limit":
                special = self.special(owned, stop=True)
                return (limit if kind != "stop" else None), Tif.DAY, False, special
            case "iceberg" | "hidden" | "hidden min" | "peg":
                special = self.special(owned, kind)
                market_peg = special.peg is not None and random.random() < 0.3
                return (None if market_peg else limit), random.choice(GOOD_TILL), False, special
        return limit, random.choice(GOOD_TILL), kind == "post", plain

    def special(
        self, owned: Special, kind: str = "", min_qty: bool = False, stop: bool = False
    ) -> Special:
        random = self.random
        peg = random.choice(list(PegKind)) if kind == "peg" else None
        hidden = kind.startswith("hidden") or (peg is not None and random.random() < 0.5)
        display = random.randint(2, 9) if kind == "iceberg" else 0
        if peg is not None and not hidden and random.random() < 0.3:
            display = random.randint(2, 9)
        wants_min = min_qty or kind == "hidden min" or (hidden and random.random() < 0.2)
        return msgspec.structs.replace(
            owned,
            display_qty=display,
            refresh_range=random.choice((0, 0, 1)) if display else 0,
            hidden=hidden,
            min_qty=random.randint(1, 50) if wants_min else 0,
            peg=peg,
            peg_offset_ticks=random.randint(-2, 2) if peg is not None else 0,
            stop_px_ticks=random.randint(94, 106) if stop else 0,
        )

    def replace(self) -> None:
        number = self.earlier()
        order = self.naive.find(number)
        qty = self.random.randint(1, 60)
        limit: int | None = self.random.randint(92, 108)
        special, post_only = None, False
        if order is not None:
            qty = self.random.choice((qty, order.qty, max(1, order.qty - 5)))
            limit = order.limit and self.random.choice((order.limit, limit))
            post_only = order.post_only and self.random.random() < 0.5
            terms = order.terms
            if terms.display_qty and self.random.random() < 0.3:
                special = msgspec.structs.replace(terms, display_qty=terms.display_qty + 1)
            elif terms.stop_px_ticks and order.where == "stop":
                stop = terms.stop_px_ticks + self.random.choice((-1, 0, 1))
                special = msgspec.structs.replace(terms, stop_px_ticks=stop)
            elif self.random.random() < 0.2:
                owner, mode = self.random.choice((("", ""), ("A", "O"), ("B", "N"), ("A", "D")))
                mode = SelfTradeMode(mode)
                special = msgspec.structs.replace(terms, owner=owner, self_trade=mode)
        mine = msgspec.structs.replace(special) if special else None
        self.compare(
            self.book.on_replace(number, qty, limit, post_only, mine),
            self.naive.replace(number, qty, limit, post_only, special),
            f"replace {number}",
        )

    def compare(self, events: list[BookEvent], expected: list[Event], what: str) -> None:
        shown = f"seed {self.seed!r}, order {self.number}, {what}"
        assert [as_tuple(event) for event in events] == expected, shown
        for side in Side:
            assert self.book.depth(side, 99) == self.naive.levels(side), shown
        bid, bid_qty, ask, ask_qty = self.book.touch()
        bids, asks = self.naive.levels(Side.BUY), self.naive.levels(Side.SELL)
        assert ((bid, bid_qty), (ask, ask_qty)) == ((bids or [(0, 0)])[0], (asks or [(0, 0)])[0])
        if self.book.phase is Phase.CONTINUOUS:
            assert not bid or not ask or bid < ask, shown
        assert {each.number: each.leaves for each in self.naive.orders} == {
            key: order.leaves_qty for key, order in self.book.orders.items()
        }, shown
        assert self.book.last_px_ticks == self.naive.last
        self.account.book(events)
        for event in expected:
            detail = event[-1] if event[0] in DETAILED else ""
            self.seen[f"{event[0]} {detail}".strip()] += 1
        self.seen[self.book.phase.value] += 1


class Account:
    """What went in and what came out, from the engine's events alone."""

    def __init__(self) -> None:
        self.accepted: set[int] = set()
        self.ordered: dict[int, int] = {}
        self.sides: dict[int, Side] = {}
        self.traded: Counter[int] = Counter()
        self.ended: Counter[int] = Counter()
        self.cash: Counter[Side] = Counter()
        self.shares: Counter[Side] = Counter()

    def book(self, events: list[BookEvent]) -> None:
        for event in events:
            match event:
                case Accepted():
                    self.accepted.add(event.order_id)
                case Filled():
                    for number in (event.maker_id, event.taker_id):
                        self._trade(number, event.qty, event.px_ticks)
                case AuctionFilled():
                    self._trade(event.order_id, event.qty, event.px_ticks)
                case Canceled():
                    self.ended[event.order_id] += event.qty
                case Replaced() | Decremented():
                    self.ordered[event.order_id] = event.order_qty
                case _:
                    pass

    def balance(self, book: OrderBook) -> None:
        """Every share that came in was traded, cancelled or rests; every trade has two ends."""
        assert self.shares[Side.BUY] == self.shares[Side.SELL]
        assert self.cash[Side.BUY] == self.cash[Side.SELL]
        for number in self.accepted:
            order = book.orders.get(number)
            resting = order.leaves_qty if order else 0
            done = self.traded[number] + self.ended[number] + resting
            assert done == self.ordered[number], number
        assert not set(self.traded) - self.accepted

    def _trade(self, number: int, qty: int, px_ticks: int) -> None:
        self.traded[number] += qty
        assert self.traded[number] <= self.ordered[number], f"order {number} is overfilled"
        self.shares[self.sides[number]] += qty
        self.cash[self.sides[number]] += qty * px_ticks


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_100_000_operations(part: int) -> None:
    seen: Counter[str] = Counter()
    for chunk in range(part, CHUNKS, 4):
        play = Operations(f"naive/{chunk}")
        for _ in range(OPERATIONS):
            play.step()
        play.account.balance(play.book)
        seen += play.seen
    rare = {what: count for what, count in seen.items() if count < 20}
    assert not rare, "what hardly happens is hardly tested"
    assert set(seen) >= {*KINDS, *SEEN}
