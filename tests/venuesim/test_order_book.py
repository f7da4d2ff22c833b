"""The matching engine against written scenarios and against a naive book that cannot be wrong."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.fix_codes import TimeInForce
from domain.instruments import Side
from tests.venuesim.naive_book import as_tuple
from venuesim.book_events import Accepted, BookEvent, Canceled, Filled, Rejected, Replaced
from venuesim.book_order import BookOrder
from venuesim.order_book import OrderBook

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
    if not isinstance(event, Replaced):
        return " ".join(str(each).lower() for each in as_tuple(event))
    kept = "kept" if event.kept_priority else "lost"
    return (
        f"replaced {event.order_id} {event.order_qty}@{event.px_ticks} "
        f"leaves {event.leaves_qty} {kept} priority"
    )


OPERATION = st.tuples(
    st.sampled_from(("new", "new", "new", "cancel", "replace")),
    st.sampled_from(Side),
    st.integers(1, 30),  # quantity
    st.one_of(st.none(), st.integers(95, 105), st.integers(95, 105)),
    st.sampled_from(tuple(TIFS.values())),
    st.booleans(),
    st.integers(0, 40),  # which earlier order
)


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
    level = book._state.bids.levels[100]
    assert len(level.queue) < 100
    assert book.touch() == (100, 1, 0, 0)
