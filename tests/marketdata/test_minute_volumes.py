"""Shares by minute, as the tape keeps them: whole minutes exactly, parts in proportion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.marketdata import Trade, TradeCondition
from marketdata.market import SymbolMarket
from marketdata.minute_volumes import MINUTE_NS, MINUTES_MAX, MinuteVolumes

S = 10**9
Print = tuple[int, int]


def volumes(prints: list[Print]) -> MinuteVolumes:
    found = MinuteVolumes()
    found.add([(at_s * S, qty, 0, 0) for at_s, qty in prints])
    return found


@given(
    prints=st.lists(st.tuples(st.integers(0, 600), st.integers(1, 1_000)), max_size=40),
    cuts=st.lists(st.integers(0, 660), min_size=2, max_size=2).map(sorted),
)
def test_sums(prints: list[Print], cuts: list[int]) -> None:
    """Over whole minutes they are exact, and parts of a span add up to it."""
    found = volumes(sorted(prints))
    start, end = cuts
    minutes = [found.between(m * MINUTE_NS, (m + 1) * MINUTE_NS) for m in range(11)]
    assert minutes == [sum(q for at, q in prints if at // 60 == m) for m in range(11)]
    parts = found.between(0, start * S) + found.between(start * S, end * S)
    assert parts + found.between(end * S, 11 * MINUTE_NS) == pytest.approx(sum(minutes))


def test_a_part_of_a_minute() -> None:
    found = volumes([(59, 100), (61, 300)])
    assert found.between(30 * S, 80 * S) == 50 + 100
    assert found.between(30 * S, 45 * S) == 25


def test_the_oldest_minutes_are_let_go() -> None:
    found = volumes([(60 * minute, 1) for minute in range(MINUTES_MAX + 10)])
    assert found.between(0, 10 * MINUTE_NS) == 0
    assert found.between(10 * MINUTE_NS, (MINUTES_MAX + 10) * MINUTE_NS) == MINUTES_MAX


def test_which_prints_count() -> None:
    """Those that curves are made of: off-book ones too, but no blocks, crosses, late or busted."""
    market = SymbolMarket(symbol="IBM", adv_qty=100_000)
    conditions = [
        ("", 100), (TradeCondition.OFF_BOOK, 7), (TradeCondition.OFF_BOOK, 501),
        (TradeCondition.BLOCK, 30), (TradeCondition.CLOSING_AUCTION, 40),
        (TradeCondition.AVERAGE_PRICE, 50), (TradeCondition.ODD_LOT, 9),
    ]  # fmt: skip
    for number, (condition, qty) in enumerate(conditions):
        market.on_trade(Trade("IBM", "XA", 100, qty, 5 * S, str(number), str(condition)))
    assert market.tape.minutes.between(0, MINUTE_NS) == 100 + 7 + 9
    market.on_trade(Trade("IBM", "XA", 100, 100, 6 * S, "0", TradeCondition.BUSTED.value))
    market.on_trade(Trade("IBM", "XA", 100, 7, 6 * S, "1", TradeCondition.BUSTED.value))
    assert market.tape.minutes.between(0, MINUTE_NS) == 9
