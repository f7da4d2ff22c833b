"""The price of an auction: a row for each rule of T7's price determination, in its order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instruments import Side
from venuesim.auction import AuctionPrice, Interest, auction_price

Orders = list[tuple[int, int]]
ROWS: list[tuple[str, int, int, Orders, Orders, int, AuctionPrice]] = [
    # Rule; market buys, market sells; limit buys and sells (px, qty); reference; what comes out.
    ("nothing", 0, 0, [], [], 100, AuctionPrice(0, 0, 0)),
    ("one side only", 50, 0, [(100, 10)], [], 100, AuctionPrice(0, 0, 50)),
    ("no price for both", 0, 0, [(99, 10)], [(100, 10)], 100, AuctionPrice(0, 0, 0)),
    ("most volume", 0, 0, [(102, 50), (101, 40)], [(100, 60), (101, 30)], 0,
     AuctionPrice(101, 90, 0)),
    ("least surplus", 0, 0, [(102, 100)], [(100, 100), (101, 50)], 0, AuctionPrice(100, 100, 0)),
    ("buyers left: the highest", 0, 0, [(202, 300), (201, 200)], [(199, 200), (198, 200)], 0,
     AuctionPrice(201, 400, 100)),
    ("buyers left at several", 0, 0, [(202, 400), (201, 200)], [(199, 300), (198, 200)], 0,
     AuctionPrice(201, 500, 100)),
    ("sellers left: the lowest", 0, 0, [(202, 300), (201, 200)], [(199, 300), (198, 300)], 0,
     AuctionPrice(199, 500, -100)),
    ("surplus on either side: the reference, held", 0, 100, [(202, 100), (201, 100)],
     [(199, 100)], 300, AuctionPrice(201, 200, 0)),
    ("no surplus: the reference between the limits", 0, 0, [(202, 100)], [(198, 100)], 200,
     AuctionPrice(200, 100, 0)),
    ("no surplus: a reference above", 0, 0, [(202, 100)], [(198, 100)], 250,
     AuctionPrice(202, 100, 0)),
    ("no surplus: a reference below", 0, 0, [(202, 100)], [(198, 100)], 150,
     AuctionPrice(198, 100, 0)),
    ("no surplus, no reference: the middle", 0, 0, [(202, 100)], [(198, 100)], 0,
     AuctionPrice(200, 100, 0)),
    ("market orders alone", 80, 100, [], [], 150, AuctionPrice(150, 80, -20)),
    ("market orders alone, no reference", 80, 100, [], [], 0, AuctionPrice(0, 0, -20)),
    ("market orders meet a limit", 100, 0, [], [(105, 40)], 100, AuctionPrice(105, 40, 60)),
    ("off the grid: down, within the limits", 0, 0, [(206, 100)], [(198, 100)], 203,
     AuctionPrice(202, 100, 0)),
]  # fmt: skip


def even(px_ticks: int, side: Side) -> int:
    """A grid of every second tick."""
    return px_ticks - px_ticks % 2 if side is Side.BUY else px_ticks + px_ticks % 2


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].replace(" ", "_"))
def test_rule(row: tuple[str, int, int, Orders, Orders, int, AuctionPrice]) -> None:
    _, market_buy, market_sell, buys, sells, reference, expected = row
    found = auction_price(Interest(market_buy, market_sell, buys, sells), reference, even)
    assert found == expected


ORDERS = st.lists(st.tuples(st.integers(90, 110), st.integers(1, 50)), max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), ORDERS, ORDERS, st.integers(0, 120))
def test_no_price_trades_more(
    market_buy: int, market_sell: int, buys: Orders, sells: Orders, reference: int
) -> None:
    interest = Interest(market_buy, market_sell, buys, sells)
    found = auction_price(interest, reference, lambda px, side: px)

    def volumes(px: int) -> tuple[int, int]:
        return (
            market_buy + sum(qty for at, qty in buys if at >= px),
            market_sell + sum(qty for at, qty in sells if at <= px),
        )

    limits = [px for px, _ in buys + sells]
    if found.qty:
        assert volumes(found.px_ticks)[0] - volumes(found.px_ticks)[1] == found.surplus_qty
        assert min(volumes(found.px_ticks)) == found.qty
    for px in limits:
        assert min(volumes(px)) <= found.qty
