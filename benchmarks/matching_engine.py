"""The matching engine alone: requests into a book, its events out, one process, no FIX.

Two mixes, as order books see them: one of moves (an order goes to another price, as market makers'
do), one of orders that come, go and are taken. A third with a few special orders in the book shows
what the careful way costs. Rates are of our own processor time: the machine is shared.
"""

import gc
import time
from collections.abc import Callable
from random import Random
from typing import Final

from benchmarks.figures import Figure, Goal
from domain.fix_codes import TimeInForce
from domain.instruments import Side
from venuesim.book_events import BookEvent
from venuesim.book_order import BookOrder, PegKind, Special
from venuesim.order_book import OrderBook

TARGET_OPS: Final = 500_000.0  # operations a second with events out, what the project set itself
ROUNDS: Final = 5
RESTING: Final = 2_000  # orders that move
MID: Final = 10_000  # ticks

Operation = Callable[[], list[BookEvent]]
_New = tuple[int, Side, int, int | None, TimeInForce]


def measure(operations: int) -> list[Figure]:
    """Each mix in turns, so that a neighbour hits all alike; the round disturbed least counts."""
    taken: dict[str, list[float]] = {"moves": [], "mix": [], "special": []}
    for _ in range(ROUNDS):
        taken["moves"].append(_moves(operations))
        taken["mix"].append(_mix(operations, OrderBook()))
        taken["special"].append(_mix(operations, _with_special_orders()))
    best = {name: max(rates) for name, rates in taken.items()}
    stage = "matching engine"
    return [
        Figure(stage=stage, name="moves: 2,000 orders go to other prices", unit="op/s",
               value=best["moves"], base_name="0.5 M op/s", base=TARGET_OPS,
               goal=Goal(at_least=1.0)),
        Figure(stage=stage, name="45 % add, 40 % cancel, 15 % take", unit="op/s",
               value=best["mix"], base_name="0.5 M op/s", base=TARGET_OPS,
               goal=Goal(at_least=1.0)),
        Figure(stage=stage, name="... with an iceberg, a hidden order, a peg", unit="op/s",
               value=best["special"], base_name="without", base=best["mix"]),
    ]  # fmt: skip


def _moves(operations: int) -> float:
    """Operations a second."""
    random, book = Random(1), OrderBook()

    def px(order_id: int) -> int:
        away = random.randint(1, 20)
        return MID - away if order_id % 2 else MID + away

    for order_id in range(1, RESTING + 1):
        side = Side.BUY if order_id % 2 else Side.SELL
        book.on_new(BookOrder(order_id, side, 100, px(order_id)))
    moves = [(order_id, px(order_id))
             for order_id in (random.randint(1, RESTING) for _ in range(operations))]  # fmt: skip
    events = 0
    gc.collect()
    began_s = time.process_time()
    for order_id, to_px in moves:
        events += len(book.on_replace(order_id, 100, to_px))
    taken_s = time.process_time() - began_s
    assert events >= operations
    return operations / taken_s


def _mix(operations: int, book: OrderBook) -> float:
    """Operations a second. A cancel may find its order gone: that is answered too."""
    random = Random(1)
    script: list[_New | int] = []  # a new order, or the id to cancel
    live: list[int] = []
    for order_id in range(1, operations + 1):
        draw = random.random()
        side = random.choice((Side.BUY, Side.SELL))
        if draw < 0.40 and live:
            script.append(live.pop(random.randrange(len(live))))
        elif draw < 0.85:
            px_ticks = MID - side.sign * random.randint(0, 10)
            qty = 100 * random.randint(1, 5)
            script.append((order_id, side, qty, px_ticks, TimeInForce.DAY))
            live.append(order_id)
        else:
            qty = 100 * random.randint(1, 3)
            script.append((order_id, side, qty, None, TimeInForce.IMMEDIATE_OR_CANCEL))
    events = 0
    gc.collect()
    began_s = time.process_time()
    for each in script:
        if isinstance(each, int):
            events += len(book.on_cancel(each))
        else:
            events += len(book.on_new(BookOrder(*each)))
    taken_s = time.process_time() - began_s
    assert events >= operations
    return operations / taken_s


def _with_special_orders() -> OrderBook:
    """Deep enough that they outlast the mix."""
    book, much = OrderBook(), 10**9
    for number, side in enumerate(Side):
        away = MID - side.sign * 5
        book.on_new(BookOrder(-10 * number - 1, side, much, away, special=Special(display_qty=500)))
        book.on_new(BookOrder(-10 * number - 2, side, much, away, special=Special(hidden=True)))
        peg = Special(peg=PegKind.PRIMARY, peg_offset_ticks=-3 * side.sign, hidden=True)
        book.on_new(BookOrder(-10 * number - 3, side, much, None, special=peg))
    return book
