"""The market of a symbol: what is believed, what is dropped, what is fresh."""

import pytest

from domain.instruments import Side
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradingPhase, TradingStatus
from marketdata.consolidated import Level, TouchState
from marketdata.event_fault import EventFault
from marketdata.market import TIME_BACK_RUN_MAX, SymbolMarket, touch
from marketdata.own_orders import OwnOrder
from marketdata.stale_limits import StaleLimits

GOOD = Quote("IBM", "XA", 99, 500, 101, 300, 1)


def market(*events: Quote | Trade | Depth | TradingStatus | Imbalance) -> SymbolMarket:
    found = SymbolMarket(symbol="IBM", limits=StaleLimits(default_ns=10))
    for event in events:
        found.on_event(event)
    return found


F = EventFault
GARBAGE: list[tuple[EventFault, Quote | Depth | Trade | Imbalance | TradingStatus]] = [
    (F.BAD_PX, Quote("IBM", "XA", 0, 500, 101, 300, 2)),
    (F.BAD_PX, Quote("IBM", "XA", -5, 500, 101, 300, 2)),
    (F.BAD_PX, Quote("IBM", "XA", 99, 500, 0, 300, 2)),
    (F.CROSSED, Quote("IBM", "XA", 102, 500, 101, 300, 2)),
    (F.BAD_QTY, Quote("IBM", "XA", 99, -500, 101, 300, 2)),
    (F.BAD_QTY, Quote("IBM", "XA", 99, 500, 101, -300, 2)),
    (F.TIME_BACK, Quote("IBM", "XA", 99, 500, 101, 300, 0)),
    (F.BAD_QTY, Depth("IBM", "XA", ((99, 0),), (), 2)),
    (F.BAD_PX, Depth("IBM", "XA", ((99, 1), (0, 5)), (), 2)),
    (F.UNORDERED, Depth("IBM", "XA", ((98, 1), (99, 5)), (), 2)),
    (F.UNORDERED, Depth("IBM", "XA", (), ((102, 1), (102, 5)), 2)),
    (F.CROSSED, Depth("IBM", "XA", ((103, 1),), ((102, 1),), 2)),
    (F.TIME_BACK, Depth("IBM", "XA", ((98, 1),), ((102, 1),), 0)),
    (F.BAD_QTY, Imbalance("IBM", "XA", 100, -1, 5, 2)),
    (F.BAD_PX, Imbalance("IBM", "XA", -1, 1, 5, 2)),
    (F.TIME_BACK, Imbalance("IBM", "XA", 100, 1, 5, 0)),
    (F.TIME_BACK, TradingStatus("IBM", "XA", TradingPhase.HALTED, 0)),
]
SAID = (
    GOOD,
    Imbalance("IBM", "XA", 100, 1, 1, 1),
    TradingStatus("IBM", "XA", TradingPhase.CONTINUOUS, 1),
)


@pytest.mark.parametrize(("fault", "event"), GARBAGE)
def test_what_cannot_be_true_is_skipped_and_counted(
    fault: EventFault, event: Quote | Depth | Trade | Imbalance | TradingStatus
) -> None:
    found, before = market(*SAID, event), market(*SAID)
    assert found.faults == {("XA", fault): 1}
    assert found.dropped == 1
    for kept in ("quotes", "depths", "imbalances", "phases", "volume"):
        assert getattr(found, kept) == getattr(before, kept)


def test_a_venue_whose_clock_went_back_is_believed_after_a_while() -> None:
    """Else one stamp from the future would shut it out for good."""
    found = market(Quote("IBM", "XA", 90, 1, 91, 1, 10**18))
    for at_ns in range(TIME_BACK_RUN_MAX):
        assert found.quotes["XA"].at_ns == 10**18
        found.on_event(Quote("IBM", "XA", 99, 500, 101, 300, at_ns))
    assert found.quotes["XA"].at_ns == TIME_BACK_RUN_MAX - 1
    assert found.faults == {("XA", F.TIME_BACK): TIME_BACK_RUN_MAX}
    found.on_event(Quote("IBM", "XA", 99, 500, 101, 300, TIME_BACK_RUN_MAX))
    assert found.faults.total() == TIME_BACK_RUN_MAX


def test_events_that_were_overtaken_do_not_add_up_to_a_new_clock() -> None:
    found = market(GOOD)
    for at_ns in range(2, 3 * TIME_BACK_RUN_MAX):
        found.on_event(Quote("IBM", "XA", 98, 5, 101, 3, at_ns - 2))
        found.on_event(Quote("IBM", "XA", 99, 5, 101, 3, at_ns))
        assert found.quotes["XA"].at_ns == at_ns


@pytest.mark.parametrize(
    "trade",
    [Trade("IBM", "XA", 0, 100, 2), Trade("IBM", "XA", 100, 0, 2), Trade("IBM", "XA", 100, -1, 2)],
)
def test_a_print_that_cannot_be_true_is_dropped(trade: Trade) -> None:
    found = market(Trade("IBM", "XA", 100, 7, 1), trade)
    assert (found.volume, found.dropped) == (7, 1)
    assert found.last_trade == Trade("IBM", "XA", 100, 7, 1)


def test_a_crossed_quote_that_was_overtaken_casts_no_doubt() -> None:
    found = market(GOOD, Quote("IBM", "XA", 102, 500, 101, 300, 0))
    assert found.faults == {("XA", F.CROSSED): 1}
    assert found.touch_states(["XA"], 1) == {"XA": TouchState.TWO_SIDED}
    found.on_event(Quote("IBM", "XA", 102, 500, 101, 300, 1))
    assert found.touch_states(["XA"], 1) == {"XA": TouchState.CROSSED}


def test_an_empty_side_is_no_fault() -> None:
    for quote in (Quote("IBM", "XA", 0, 0, 101, 300, 2), Quote("IBM", "XA", 99, 500, 0, 0, 2),
                  Quote("IBM", "XA", 0, 0, 0, 0, 2)):  # fmt: skip
        found = market(GOOD, quote)
        assert found.quotes["XA"] == quote
        assert found.mid_px_ticks(2) is None


def test_volume_counts_all_venues() -> None:
    assert market(Trade("IBM", "XA", 1, 7, 1), Trade("IBM", "ELSEWHERE", 1, 5, 1)).volume == 12


def test_the_mid_is_of_the_best_fresh_sides() -> None:
    found = market(GOOD, Quote("IBM", "XB", 100, 1, 102, 1, 5), Quote("IBM", "XC", 1, 1, 0, 0, 5))
    assert found.mid_px_ticks(5) == 100.5
    assert found.mid_px_ticks(12) == 101.0  # XA's is too old
    assert found.mid_px_ticks(16) is None
    assert market(Quote("IBM", "XA", 99, 1, 101, 1, 100)).mid_px_ticks(5) is None  # to come
    found.on_event(TradingStatus("IBM", "XB", TradingPhase.HALTED, 5))
    assert found.mid_px_ticks(5) == 100.0


def test_phases() -> None:
    found = market(GOOD)
    assert not found.halted("XA")
    for phase in TradingPhase:
        found.on_event(TradingStatus("IBM", "XA", phase, 1))
        assert found.halted("XA") is (phase is not TradingPhase.CONTINUOUS)
        assert not found.halted("XB")


def test_the_states_of_a_touch() -> None:
    found = market(
        GOOD, Quote("IBM", "XB", 99, 500, 0, 0, 1), Quote("IBM", "XC", 0, 0, 0, 0, 1),
        Quote("IBM", "XD", 100, 5, 100, 5, 1), Quote("IBM", "XE", 99, 5, 101, 5, 1),
        Quote("IBM", "XE", 103, 5, 101, 5, 1), Quote("IBM", "XF", 99, 5, 101, 5, 1),
        TradingStatus("IBM", "XF", TradingPhase.AUCTION, 1),
    )  # fmt: skip
    expected = {
        "XA": TouchState.TWO_SIDED, "XB": TouchState.ONE_SIDED, "XC": TouchState.EMPTY,
        "XD": TouchState.LOCKED, "XE": TouchState.CROSSED, "XF": TouchState.NOT_TRADING,
        "XG": TouchState.NONE,
    }  # fmt: skip
    assert found.touch_states(list(expected), 1) == expected
    assert found.touch_states(["XA", "XF"], 12) == dict.fromkeys(("XA", "XF"), TouchState.STALE)
    assert set(expected.values()) | {TouchState.STALE} == set(TouchState)
    found.on_event(Quote("IBM", "XE", 99, 5, 101, 5, 2))
    assert found.touch_states(["XE"], 2) == {"XE": TouchState.TWO_SIDED}


def test_a_venue_may_have_a_stale_limit_of_its_own() -> None:
    found = SymbolMarket(symbol="IBM", limits=StaleLimits(default_ns=10, by_venue={"XA": 3}))
    found.on_event(GOOD)
    found.on_event(Quote("IBM", "XB", 98, 1, 102, 1, 1))
    assert [quote.venue for quote in found.fresh_quotes(4)] == ["XA", "XB"]
    assert [quote.venue for quote in found.fresh_quotes(5)] == ["XB"]


DEPTH = Depth("IBM", "XA", ((99, 5), (98, 6), (96, 7)), ((101, 1), (103, 2)), 2)


def test_the_newer_of_quote_and_depth_gives_the_touch() -> None:
    found = market(GOOD, DEPTH)
    assert found.quotes["XA"] == Quote("IBM", "XA", 99, 5, 101, 1, 2)
    assert found.venue_ladder("XA", Side.SELL) == [(99, 5), (98, 6), (96, 7)]
    found.on_event(Quote("IBM", "XA", 98, 9, 102, 4, 3))  # the touch went down, past two levels
    assert found.venue_ladder("XA", Side.SELL) == [(98, 9), (96, 7)]
    assert found.venue_ladder("XA", Side.BUY) == [(102, 4), (103, 2)]
    found.on_event(Quote("IBM", "XA", 98, 9, 0, 0, 4))
    assert found.venue_ladder("XA", Side.BUY) == []
    found.on_event(Depth("IBM", "XA", (), ((103, 8),), 5))
    assert found.quotes["XA"] == Quote("IBM", "XA", 0, 0, 103, 8, 5)
    found.on_event(Quote("IBM", "XA", 98, 9, 102, 4, 16))  # the depth is too old to stand behind it
    assert found.venue_ladder("XA", Side.BUY) == [(102, 4)]


def test_the_ladder_over_venues() -> None:
    found = market(DEPTH, Quote("IBM", "XB", 98, 50, 101, 20, 2))
    assert found.ladder(Side.SELL, 2) == [
        Level(99, 5, (("XA", 5),)), Level(98, 56, (("XA", 6), ("XB", 50))),
        Level(96, 7, (("XA", 7),)),
    ]  # fmt: skip
    assert found.ladder(Side.BUY, 2, at_most=1) == [Level(101, 21, (("XA", 1), ("XB", 20)))]


def test_what_we_display_is_not_there_to_be_taken() -> None:
    found = market(DEPTH)
    for number, (px_ticks, qty, displayed_qty) in enumerate(
        [(99, 200, 2), (99, 1, 0), (98, 60, 60), (None, 5, 0)]
    ):
        found.own.on_order(
            OwnOrder(cl_ord_id=str(number), venue="XA", side=Side.BUY, px_ticks=px_ticks, qty=qty,
                     displayed_px_ticks=px_ticks if displayed_qty else None,
                     displayed_qty=displayed_qty, since_ns=1)
        )  # fmt: skip
    assert found.others_touch("XA", Side.SELL) == (99, 3)
    assert found.others_touch("XA", Side.BUY) == (101, 1)
    assert found.others_touch("XB", Side.BUY) == (0, 0)
    # Ours is more than is shown at 98: the depth is older than the order, and is never below zero.
    assert found.venue_ladder("XA", Side.SELL, less_own=True) == [(99, 3), (96, 7)]
    assert [level.qty for level in found.ladder(Side.SELL, 2, less_own=True)] == [3, 7]


def test_the_touch() -> None:
    assert touch(GOOD, Side.BUY) == (101, 300)
    assert touch(GOOD, Side.SELL) == (99, 500)
