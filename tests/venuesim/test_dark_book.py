"""Whatever comes, a midpoint book trades only at the midpoint, within limits and minimum sizes."""

from random import Random

import pytest

from domain.fix_codes import TimeInForce
from domain.instruments import Side
from domain.marketdata import Quote
from venuesim.book_events import BookEvent, CancelCause, Canceled, Filled
from venuesim.book_order import BookOrder, Special
from venuesim.dark_book import DarkBook
from venuesim.phases import Phase
from venuesim.reference_quotes import Midpoint, ReferenceQuotes

FAULTS = [
    # Quotes as (venue, bid, ask, age in ns), stale after 100; what is wrong with them.
    ((), CancelCause.REFERENCE_MISSING),
    ((("A", 0, 0, 0),), CancelCause.REFERENCE_MISSING),
    ((("A", 100, 0, 0), ("B", 99, 0, 0)), CancelCause.REFERENCE_MISSING),
    ((("A", 100, 102, 101),), CancelCause.REFERENCE_STALE),
    ((("A", 100, 102, 101), ("B", 100, 0, 0)), CancelCause.REFERENCE_MISSING),
    ((("A", 100, 102, 0), ("B", 102, 104, 0)), CancelCause.REFERENCE_LOCKED),
    ((("A", 100, 102, 0), ("B", 103, 104, 0)), CancelCause.REFERENCE_CROSSED),
    ((("A", 100, 102, 0), ("B", 103, 104, 101)), None),
]


@pytest.mark.parametrize(("quotes", "fault"), FAULTS)
def test_reference(
    quotes: tuple[tuple[str, int, int, int], ...], fault: CancelCause | None
) -> None:
    reference = ReferenceQuotes(stale_ns=100)
    for venue, bid, ask, age_ns in quotes:
        reference.on_quote(Quote("X", venue, bid, 1 if bid else 0, ask, 1 if ask else 0,
                                 1_000 - age_ns))  # fmt: skip
    assert reference.midpoint(1_000) == Midpoint(0 if fault else 202, fault)


@pytest.mark.parametrize("seed", range(4))
def test_every_trade_is_fair(seed: int) -> None:
    """Seeded operations; after each, no two orders are left that could have met."""
    random, book = Random(f"dark/{seed}"), DarkBook()
    terms: dict[int, BookOrder] = {}
    traded: dict[int, int] = {}
    ended: dict[int, int] = {}
    midpoint = Midpoint(0, CancelCause.REFERENCE_MISSING)
    trades = 0
    for number in range(1, 1_500):
        draw = random.random()
        events: list[BookEvent] = []
        if draw < 0.15:
            fault = random.choice((None, None, None, CancelCause.REFERENCE_LOCKED))
            midpoint = Midpoint(0 if fault else random.randint(196, 204), fault)
            events = book.on_reference(midpoint)
        elif draw < 0.17:
            phase = random.choice((Phase.HALTED, Phase.CLOSED, Phase.CONTINUOUS))
            events = book.on_phase(phase) + book.on_phase(Phase.CONTINUOUS)
        elif draw < 0.35 and book.orders:
            events = book.on_cancel(random.choice(list(book.orders)))
        else:
            order = random_order(random, number)
            terms[number] = order
            events = book.on_new(order)
        for event in events:
            if isinstance(event, Filled):
                trades += 1
                assert midpoint.fault is None
                assert abs(2 * event.px_ticks - midpoint.twice_px_ticks) <= 1
                for order_id, leaves in ((event.maker_id, event.maker_leaves_qty),
                                         (event.taker_id, event.taker_leaves_qty)):  # fmt: skip
                    check(terms[order_id], event, leaves)
                    traded[order_id] = traded.get(order_id, 0) + event.qty
            elif isinstance(event, Canceled):
                ended[event.order_id] = event.qty
        left_over(book, midpoint)
    assert trades > 100
    for number, order in terms.items():
        resting = book.orders[number].leaves_qty if number in book.orders else 0
        assert traded.get(number, 0) + ended.get(number, 0) + resting == order.order_qty


def random_order(random: Random, number: int) -> BookOrder:
    tif = random.choice(
        (TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL,
         TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
    )  # fmt: skip
    least = random.choice((0, 0, random.randint(1, 30)))
    px = random.choice((None, random.randint(98, 102)))
    special = Special(min_qty=least) if least else None
    side = random.choice(list(Side))
    return BookOrder(number, side, random.randint(1, 40), px, tif, special=special)


def check(order: BookOrder, event: Filled, leaves_qty: int) -> None:
    """A trade of an order that has `leaves_qty` left after it."""
    if order.px_ticks is not None:
        assert (order.px_ticks - event.px_ticks) * order.side.sign >= 0
    if order.special is not None:
        assert event.qty >= min(order.special.min_qty, leaves_qty + event.qty)


def left_over(book: DarkBook, midpoint: Midpoint) -> None:
    if midpoint.fault is not None:
        return
    able = [
        each
        for each in book.orders.values()
        if each.px_ticks is None
        or (2 * each.px_ticks - midpoint.twice_px_ticks) * each.side.sign >= 0
    ]
    for buy in (each for each in able if each.side is Side.BUY):
        for sell in (each for each in able if each.side is Side.SELL):
            qty = min(buy.leaves_qty, sell.leaves_qty)
            assert qty < max(buy.min_qty, sell.min_qty)


def test_half_a_tick_goes_to_who_was_there_first() -> None:
    for first, px_ticks in ((Side.BUY, 100), (Side.SELL, 101)):
        book = DarkBook()
        book.on_reference(Midpoint(201))
        second = Side.SELL if first is Side.BUY else Side.BUY
        book.on_new(BookOrder(1, first, 10, None))
        fill = book.on_new(BookOrder(2, second, 10, None))[1]
        assert isinstance(fill, Filled)
        assert (fill.maker_id, fill.px_ticks) == (1, px_ticks)
