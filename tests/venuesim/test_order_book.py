"""The matching engine against written scenarios and against a naive book that cannot be wrong."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.fix_codes import TimeInForce
from domain.instruments import Side
from venuesim.order_book import (
    Accepted,
    BookEvent,
    BookOrder,
    Canceled,
    Filled,
    OrderBook,
    Rejected,
    Replaced,
)

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("book_*.txt"))
TIFS = {
    "day": TimeInForce.DAY,
    "ioc": TimeInForce.IMMEDIATE_OR_CANCEL,
    "fok": TimeInForce.FILL_OR_KILL,
}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    actual = play(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


def play(script: str) -> str:
    """Feed each block's lines to a book and return the script with the actual outputs."""
    book = OrderBook()
    blocks = []
    for block in script.rstrip("\n").split("\n\n"):
        head = block.split("----")[0]
        shown: list[str] = []
        for line in head.splitlines():
            words = line.split()
            if words[0] in ("buy", "sell"):
                shown += [show(event) for event in book.on_new(read_order(words))]
            elif words[0] == "cancel":
                shown += [show(event) for event in book.on_cancel(int(words[1]))]
            elif words[0] == "replace":
                qty, _, px = words[2].partition("@")
                shown += [
                    show(e)
                    for e in book.on_replace(int(words[1]), int(qty), int(px), "post" in words)
                ]
            elif words[0] == "depth":
                bids = [f"{qty}@{px}" for px, qty in book.depth(Side.BUY, 9)]
                asks = [f"{qty}@{px}" for px, qty in book.depth(Side.SELL, 9)]
                shown.append(" ".join([*bids, "|", *asks]))
        blocks.append(head + "----" + "".join(f"\n{line}" for line in shown))
    return "\n\n".join(blocks) + "\n"


def read_order(words: list[str]) -> BookOrder:
    """`buy 1 100@50 ioc post`: side, id, quantity@price (or @market), and how."""
    qty, _, px = words[2].partition("@")
    tif = next((TIFS[word] for word in words[3:] if word in TIFS), TimeInForce.DAY)
    side = Side.BUY if words[0] == "buy" else Side.SELL
    px_ticks = None if px == "market" else int(px)
    return BookOrder(int(words[1]), side, int(qty), px_ticks, tif, "post" in words)


def show(event: BookEvent) -> str:
    if isinstance(event, Accepted):
        return f"accepted {event.order_id}"
    if isinstance(event, Rejected):
        return f"rejected {event.order_id} {event.reason.value}"
    if isinstance(event, Filled):
        return (
            f"filled {event.qty}@{event.px_ticks} maker {event.maker_id} "
            f"leaves {event.maker_leaves_qty} taker {event.taker_id} "
            f"leaves {event.taker_leaves_qty}"
        )
    if isinstance(event, Canceled):
        return f"canceled {event.order_id} {event.qty} {event.cause.value}"
    kept = "kept" if event.kept_priority else "lost"
    return (
        f"replaced {event.order_id} {event.order_qty}@{event.px_ticks} "
        f"leaves {event.leaves_qty} {kept} priority"
    )


@dataclass
class NaiveOrder:
    order: BookOrder
    leaves_qty: int
    order_qty: int
    px: int | None
    seq: int


@dataclass
class NaiveBook:
    """One list, searched whole each time: slow and plain. Fills are (maker, taker, px, qty)."""

    resting: list[NaiveOrder] = field(default_factory=list)
    seq: int = 0

    def new(self, order: BookOrder) -> list[tuple[int, int, int, int]]:
        self.seq += 1
        naive = NaiveOrder(order, order.order_qty, order.order_qty, order.px_ticks, self.seq)
        return self.enter(naive)

    def enter(self, taker: NaiveOrder) -> list[tuple[int, int, int, int]]:
        order = taker.order
        makers = self.makers(taker)
        if order.post_only and makers:
            return []
        fills = []
        fillable = sum(maker.leaves_qty for maker in makers)
        if order.time_in_force is TimeInForce.FILL_OR_KILL and fillable < taker.leaves_qty:
            return []
        for maker in makers:
            qty = min(maker.leaves_qty, taker.leaves_qty)
            if qty:
                assert maker.px is not None
                fills.append((maker.order.order_id, order.order_id, maker.px, qty))
                maker.leaves_qty -= qty
                taker.leaves_qty -= qty
        rests = order.time_in_force is TimeInForce.DAY and taker.px is not None
        if rests and taker.leaves_qty:
            self.resting.append(taker)
        self.resting = [each for each in self.resting if each.leaves_qty]
        return fills

    def makers(self, taker: NaiveOrder) -> list[NaiveOrder]:
        sign = taker.order.side.sign
        found = [
            each
            for each in self.resting
            if each.order.side is not taker.order.side
            and (taker.px is None or (taker.px - (each.px or 0)) * sign >= 0)
        ]
        return sorted(found, key=lambda each: ((each.px or 0) * sign, each.seq))

    def cancel(self, order_id: int) -> None:
        self.resting = [each for each in self.resting if each.order.order_id != order_id]

    def replace(
        self, order_id: int, qty: int, px: int, post_only: bool
    ) -> list[tuple[int, int, int, int]]:
        found = next((e for e in self.resting if e.order.order_id == order_id), None)
        if found is None:
            return []
        cum_qty = found.order_qty - found.leaves_qty
        if qty <= cum_qty:
            self.cancel(order_id)
            return []
        if px == found.px and qty <= found.order_qty:
            found.order_qty, found.leaves_qty = qty, qty - cum_qty
            return []
        changed = NaiveOrder(found.order, qty - cum_qty, qty, px, self.seq + 1)
        if post_only and self.makers(changed):
            return []
        self.seq += 1
        self.cancel(order_id)
        found.order.post_only = post_only
        return self.enter(changed)

    def levels(self, side: Side) -> list[tuple[int, int]]:
        sums: dict[int, int] = {}
        for each in self.resting:
            if each.order.side is side and each.px is not None:
                sums[each.px] = sums.get(each.px, 0) + each.leaves_qty
        return sorted(sums.items(), key=lambda item: -item[0] * side.sign)


OPERATION = st.tuples(
    st.sampled_from(("new", "new", "new", "cancel", "replace")),
    st.sampled_from(Side),
    st.integers(1, 30),  # quantity
    st.one_of(st.none(), st.integers(95, 105), st.integers(95, 105)),
    st.sampled_from(TimeInForce),
    st.booleans(),
    st.integers(0, 40),  # which earlier order
)


@settings(max_examples=150, deadline=None)
@given(st.lists(OPERATION, max_size=120))
def test_book_agrees_with_naive_book(
    operations: list[tuple[str, Side, int, int | None, TimeInForce, bool, int]],
) -> None:
    book, naive = OrderBook(), NaiveBook()
    for number, (verb, side, qty, px, tif, post_only, back) in enumerate(operations, start=1):
        target = max(1, number - back)
        if verb == "new":
            post = post_only and px is not None and tif is TimeInForce.DAY
            events = book.on_new(BookOrder(number, side, qty, px, tif, post))
            expected = naive.new(BookOrder(number, side, qty, px, tif, post))
        elif verb == "cancel":
            events, expected = book.on_cancel(target), []
            naive.cancel(target)
        else:
            events = book.on_replace(target, qty, px or 100, post_only)
            expected = naive.replace(target, qty, px or 100, post_only)
        fills = [
            (e.maker_id, e.taker_id, e.px_ticks, e.qty) for e in events if isinstance(e, Filled)
        ]
        assert fills == expected
        for each in Side:
            assert book.depth(each, 99) == naive.levels(each)
        bid, _, ask, _ = book.touch()
        assert not bid or not ask or bid < ask
        assert {e.order.order_id: e.leaves_qty for e in naive.resting} == {
            key: order.leaves_qty for key, order in book.orders.items()
        }


@settings(max_examples=100, deadline=None)
@given(st.lists(OPERATION, max_size=120))
def test_quantities_and_cash_are_conserved(
    operations: list[tuple[str, Side, int, int | None, TimeInForce, bool, int]],
) -> None:
    """Every share that came in was traded, cancelled, refused or rests; every fill has two ends."""
    book = OrderBook()
    ordered: dict[int, int] = {}
    traded: dict[int, int] = {}
    ended: dict[int, int] = {}
    cash = {Side.BUY: 0, Side.SELL: 0}
    sides: dict[int, Side] = {}
    for number, (verb, side, qty, px, tif, _, back) in enumerate(operations, start=1):
        if verb == "new":
            ordered[number], sides[number] = qty, side
            events = book.on_new(BookOrder(number, side, qty, px, tif))
        elif verb == "cancel":
            events = book.on_cancel(max(1, number - back))
        else:
            events = book.on_replace(max(1, number - back), qty, px or 100)
        for event in events:
            if isinstance(event, Filled):
                for order_id in (event.maker_id, event.taker_id):
                    traded[order_id] = traded.get(order_id, 0) + event.qty
                    cash[sides[order_id]] += event.qty * event.px_ticks
            elif isinstance(event, Canceled):
                ended[event.order_id] = event.qty
            elif isinstance(event, Replaced):
                ordered[event.order_id] = event.order_qty
    assert cash[Side.BUY] == cash[Side.SELL]
    for order_id, order_qty in ordered.items():
        order = book.orders.get(order_id)
        resting = order.leaves_qty if order else 0
        assert traded.get(order_id, 0) + ended.get(order_id, 0) + resting == order_qty


def test_cancels_behind_a_live_order_do_not_pile_up() -> None:
    book = OrderBook()
    book.on_new(BookOrder(1, Side.BUY, 1, 100))
    for number in range(2, 1_002):
        book.on_new(BookOrder(number, Side.BUY, 1, 100))
        book.on_cancel(number)
    level = book._bids.levels[100]
    assert len(level.queue) < 100
    assert book.touch() == (100, 1, 0, 0)
