"""Bars and prints into bins: edges, breaks, crosses, and what is left out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.marketdata import Trade
from marketdata.volume_bins import Bar, bin_edges, day_of_bars, day_of_trades
from marketdata.volume_curve import CurveError, CurveFault
from tests.marketdata.curve_scene import NS, session

SESSION = session()
OPEN_NS = SESSION.open_ns


def bar(start_s: float, length_s: int, qty: int) -> Bar:
    start_ns = OPEN_NS + round(start_s * NS)
    return Bar("IBM", start_ns, start_ns + length_s * NS, qty, "bars.csv, line 7")


def trade(
    at_s: float, qty: int, condition: str = "", trade_id: str = "", venue: str = "N"
) -> Trade:
    return Trade("IBM", venue, 100, qty, OPEN_NS + round(at_s * NS), trade_id, condition)


def test_edges() -> None:
    assert bin_edges(session(minutes=35), 900) == ((0, 900), (900, 1_800), (1_800, 2_100))
    assert bin_edges(session(minutes=60, pause=(20, 30)), 900) == (
        (0, 900), (900, 1_200), (1_800, 2_700), (2_700, 3_600),
    )  # fmt: skip


def test_bars_go_into_half_open_bins() -> None:
    bars = [bar(-60, 60, 1), bar(0, 60, 2), bar(840, 60, 4), bar(900, 60, 8), bar(3_540, 60, 16),
            bar(3_600, 60, 32)]  # fmt: skip
    day = day_of_bars(SESSION, bars, 900)
    assert day.bin_qty.tolist() == [6, 8, 0, 16]
    assert (day.total_qty, day.left_out.outside_session) == (30, 33)


def test_a_break_is_outside() -> None:
    day = day_of_bars(session(pause=(20, 30)), [bar(1_140, 60, 1), bar(1_200, 60, 2)], 900)
    assert (day.bin_qty.tolist(), day.left_out.outside_session) == ([0, 1, 0, 0], 2)


@pytest.mark.parametrize(("start_s", "length_s"), [(870, 60), (-30, 60), (3_570, 60), (0, 1_800)])
def test_a_bar_that_lies_in_no_single_bin(start_s: float, length_s: int) -> None:
    with pytest.raises(CurveError, match=r"^bars.csv, line 7: the bar from ") as caught:
        day_of_bars(SESSION, [bar(start_s, length_s, 5)], 900)
    assert caught.value.fault is CurveFault.BAR_STRADDLES


def test_no_bars() -> None:
    assert day_of_bars(SESSION, [], 900).total_qty == 0
    assert day_of_trades(SESSION, [], 900).total_qty == 0


CONDITIONS = [  # condition, where its 7 shares go
    ("", "bin"),
    ("I", "bin"),
    ("F", "bin"),
    ("O", "opening"),
    ("C", "closing"),
    ("CI", "closing"),
    ("R", "special"),  # a reopening is no part of a usual day
    ("L", "special"),
    ("A", "special"),
    ("P", "special"),
    ("S", "special"),
    ("T", "special"),
    ("M", "special"),
    ("?", "special"),
    ("B", "block"),
    ("BF", "block"),
]


@pytest.mark.parametrize(("condition", "place"), CONDITIONS)
def test_where_a_print_goes(condition: str, place: str) -> None:
    others = [trade(each, 7, trade_id=str(each)) for each in range(1, 300)]
    day = day_of_trades(SESSION, [*others, trade(1_000, 7, condition)], 900)
    places = {
        "bin": day.bin_qty[1], "opening": day.opening_qty, "closing": day.closing_qty,
        "special": day.left_out.special, "block": day.left_out.block,
    }  # fmt: skip
    assert {name for name, qty in places.items() if qty} == {place}
    assert places[place] == 7


def test_the_closing_cross_is_printed_after_the_close() -> None:
    day = day_of_trades(SESSION, [trade(-5, 100, "O"), trade(3_605, 900, "C")], 900)
    assert (day.opening_qty, day.closing_qty, day.left_out.outside_session) == (100, 900, 0)


def test_a_busted_print_never_was() -> None:
    prints = [trade(10, 500, trade_id="a"), trade(20, 100, trade_id="b"),
              trade(25, 300, trade_id="a", venue="Q"), trade(30, 500, "X", "a")]  # fmt: skip
    assert day_of_trades(SESSION, prints, 900).total_qty == 400


def test_a_bust_that_names_no_print_voids_none() -> None:
    day = day_of_trades(SESSION, [trade(10, 500), trade(20, 100), trade(30, 500, "X")], 900)
    assert day.total_qty == 600


def test_blocks_away_from_the_exchanges() -> None:
    """More than five times the median print, or than 0.5 % of the day."""
    prints = [trade(each, 100) for each in range(1, 101)]  # 10,000 shares: 0.5 % is 50
    small = day_of_trades(SESSION, [*prints, trade(900, 50, "F"), trade(901, 51, "F")], 900)
    assert (small.bin_qty[1], small.left_out.block) == (50, 51)
    busy = [trade(each / 10, 100) for each in range(1, 10_001)]  # 5,000 is 0.5 %, 500 five medians
    large = day_of_trades(SESSION, [*busy, trade(1_900, 500, "F"), trade(1_901, 501, "F")], 900)
    assert (large.bin_qty[2], large.left_out.block) == (500, 501)
    on_exchange = day_of_trades(SESSION, [*busy, trade(1_901, 90_000)], 900)
    assert on_exchange.left_out.block == 0


@settings(deadline=None)  # the machine may be busy
@given(
    prints=st.lists(
        st.tuples(st.floats(-600, 4_200), st.integers(1, 10**6),
                  st.sampled_from(["", "F", "B", "O", "C", "L", "I"])),
        max_size=30,
    )
)  # fmt: skip
def test_no_share_is_lost(prints: list[tuple[float, int, str]]) -> None:
    day = day_of_trades(SESSION, [trade(*each) for each in prints], 900)
    left = day.left_out
    assert day.total_qty + left.outside_session + left.special + left.block == sum(
        qty for _, qty, _ in prints
    )
