"""The market of a symbol: what is believed, what is dropped, what is fresh."""

import pytest

from domain.instruments import Side
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradingPhase, TradingStatus
from marketdata.market import SymbolMarket, touch

GOOD = Quote("IBM", "XA", 99, 500, 101, 300, 1)


def market(*events: Quote | Trade | Depth | TradingStatus | Imbalance) -> SymbolMarket:
    found = SymbolMarket(symbol="IBM")
    for event in events:
        found.on_event(event)
    return found


GARBAGE = [
    ("zero bid", Quote("IBM", "XA", 0, 500, 101, 300, 2)),
    ("negative bid", Quote("IBM", "XA", -5, 500, 101, 300, 2)),
    ("zero ask", Quote("IBM", "XA", 99, 500, 0, 300, 2)),
    ("crossed", Quote("IBM", "XA", 102, 500, 101, 300, 2)),
    ("locked", Quote("IBM", "XA", 101, 500, 101, 300, 2)),
    ("negative bid size", Quote("IBM", "XA", 99, -500, 101, 300, 2)),
    ("negative ask size", Quote("IBM", "XA", 99, 500, 101, -300, 2)),
]


@pytest.mark.parametrize("quote", [row[1] for row in GARBAGE], ids=[row[0] for row in GARBAGE])
def test_a_quote_that_cannot_be_true_is_dropped(quote: Quote) -> None:
    found = market(GOOD, quote)
    assert found.quotes == {"XA": GOOD}
    assert found.dropped == 1


@pytest.mark.parametrize(
    "trade",
    [Trade("IBM", "XA", 0, 100, 2), Trade("IBM", "XA", 100, 0, 2), Trade("IBM", "XA", 100, -1, 2)],
)
def test_a_print_that_cannot_be_true_is_dropped(trade: Trade) -> None:
    found = market(Trade("IBM", "XA", 100, 7, 1), trade)
    assert (found.volume, found.dropped) == (7, 1)
    assert found.last_trade == Trade("IBM", "XA", 100, 7, 1)


def test_an_empty_side_is_no_fault() -> None:
    for quote in (Quote("IBM", "XA", 0, 0, 101, 300, 2), Quote("IBM", "XA", 99, 500, 0, 0, 2),
                  Quote("IBM", "XA", 0, 0, 0, 0, 2)):  # fmt: skip
        found = market(GOOD, quote)
        assert found.quotes["XA"] == quote
        assert found.mid_px_ticks(2, 10) is None


def test_volume_counts_all_venues() -> None:
    assert market(Trade("IBM", "XA", 1, 7, 1), Trade("IBM", "ELSEWHERE", 1, 5, 1)).volume == 12


def test_the_mid_is_of_the_best_fresh_sides() -> None:
    found = market(GOOD, Quote("IBM", "XB", 100, 1, 102, 1, 5), Quote("IBM", "XC", 1, 1, 0, 0, 5))
    assert found.mid_px_ticks(5, 10) == 100.5
    assert found.mid_px_ticks(12, 10) == 101.0  # XA's is too old
    assert found.mid_px_ticks(16, 10) is None
    assert market(Quote("IBM", "XA", 99, 1, 101, 1, 100)).mid_px_ticks(5, 10) is None  # to come


def test_phases() -> None:
    found = market(GOOD)
    assert not found.halted("XA")
    for phase in TradingPhase:
        found.on_event(TradingStatus("IBM", "XA", phase, 1))
        assert found.halted("XA") is (phase is not TradingPhase.CONTINUOUS)
        assert not found.halted("XB")


def test_what_is_not_for_it_is_no_fault() -> None:
    found = market(Depth("IBM", "XA", (), (), 1), Imbalance("IBM", "XA", 1, 1, 1, 1))
    assert (found.quotes, found.dropped) == ({}, 0)


def test_the_touch() -> None:
    assert touch(GOOD, Side.BUY) == (101, 300)
    assert touch(GOOD, Side.SELL) == (99, 500)
