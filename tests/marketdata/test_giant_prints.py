"""Prints far beyond all others: what they count for, whose they are, and when they are void."""

from domain.marketdata import Trade
from marketdata.giant_prints import GIANT_MEDIANS, KEPT_MAX
from marketdata.market import SymbolMarket
from marketdata.own_prints import OwnFill
from marketdata.tape import Tape
from marketdata.volume_history import Mark

START = Mark(0, 0)
BOUND = GIANT_MEDIANS * 100


def trade(qty: int, at_ns: int, trade_id: str = "", condition: str = "") -> Trade:
    return Trade("IBM", "XA", 100, qty, at_ns, trade_id, condition)


def tape_of(*trades: Trade) -> Tape:
    """After forty prints of 100 shares."""
    market = SymbolMarket(symbol="IBM")
    for number in range(40):
        market.on_event(trade(100, number))
    assert market.tape.median_qty == 100  # read, as now and then by itself
    for each in trades:
        market.on_event(each)
    return market.tape


def test_a_giant_counts_for_the_largest_usual_print() -> None:
    tape = tape_of(trade(BOUND, 50), trade(100 * BOUND, 60), trade(100, 70))
    assert tape.usual_others_qty(START) == 4_000 + 2 * BOUND + 100
    assert tape.others_qty(START) == 4_000 + 101 * BOUND + 100


def test_volume_may_be_told_up_to_a_time() -> None:
    tape = tape_of(trade(2 * BOUND, 50), trade(2 * BOUND, 60))
    assert tape.usual_others_qty(START, tape.mark(50)) == 4_000 + BOUND
    assert tape.mark(60) is None
    assert tape.usual_others_qty(START, tape.mark(60)) == 4_000 + 2 * BOUND
    between = tape.mark(49)
    assert between is not None
    assert tape.usual_others_qty(between) == 2 * BOUND


def test_the_void_one_counts_for_nothing() -> None:
    tape = tape_of(trade(9 * BOUND, 50, "1"), trade(9 * BOUND, 60, "1", "X"))
    assert tape.usual_others_qty(START) == tape.others_qty(START) == 4_000


def test_our_part_is_not_taken_out_twice() -> None:
    tape = tape_of(trade(3 * BOUND, 50, "1"))
    tape.on_own_fill(OwnFill(venue="XA", exec_id="1", qty=BOUND, px_ticks=100, at_ns=50))
    assert tape.others_qty(START) == 4_000 + 2 * BOUND
    assert tape.usual_others_qty(START) == 4_000 + BOUND


def test_nothing_is_a_giant_before_there_is_a_median_and_few_are_kept() -> None:
    market = SymbolMarket(symbol="IBM")
    market.on_event(trade(10**9, 1))
    assert market.tape.usual_others_qty(START) == 10**9
    tape = tape_of(*(trade(2 * BOUND, 50 + number, "", "I") for number in range(KEPT_MAX + 5)))
    assert len(tape._giants._prints) == KEPT_MAX
