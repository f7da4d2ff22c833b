"""Bars of flow by hand: who took, what the touch did, where bars lie and what breaks them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instruments import Side
from domain.marketdata import MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from domain.sessions import Session, TradingCalendar
from marketdata.flow_bars import FlowDay, flow_day
from marketdata.flow_days import flow_days
from tests.marketdata.curve_scene import NS, session

DAY = session(minutes=15)  # bars from minute 5 to minute 10
BUY, SELL = Side.BUY.value, Side.SELL.value


def at(minutes: float) -> int:
    return DAY.open_ns + round(minutes * 60 * NS)


def quote(minutes: float, bid: int, ask: int, bid_qty: int = 100, ask_qty: int = 100,
          venue: str = "V") -> Quote:  # fmt: skip
    return Quote("X", venue, bid, bid_qty, ask, ask_qty, at(minutes))


def trade(minutes: float, px: int, qty: int = 100, aggressor: str = "",
          condition: str = "") -> Trade:  # fmt: skip
    return Trade("X", "V", px, qty, at(minutes), "", condition, aggressor)


def bars(*events: MarketEvent, day: Session = DAY, bar_s: int = 60) -> FlowDay:
    return flow_day(day, sorted(events, key=lambda event: event.at_ns), bar_s)


OPEN = quote(1, 100, 102)


def test_bars_lie_within_the_day_without_its_ends() -> None:
    made = bars(OPEN, trade(4.9, 102), trade(5, 102), trade(9.99, 102), trade(10, 102))
    assert made.volume_qty.tolist() == [100, 0, 0, 0, 100]
    assert made.mid.tolist() == [101.0] * 5
    assert made.spread.tolist() == [2.0] * 5
    assert len(bars(OPEN, bar_s=120).mid) == 2  # whole ones
    assert len(bars(OPEN, day=session(minutes=10)).mid) == 0


def test_a_break_begins_a_new_run() -> None:
    made = bars(OPEN, day=session(minutes=20, pause=(8, 12)))
    assert made.run.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("events", "flow", "how"),
    [
        ([trade(6, 101, aggressor=SELL)], -100, "named"),
        ([trade(6, 102)], 100, "by_quote"),
        ([trade(6, 100)], -100, "by_quote"),
        ([trade(6, 101)], 0, "unsigned"),  # at the mid, and no price before
        ([trade(4, 100), trade(6, 101)], 100, "by_tick"),
        ([trade(4, 102), trade(6, 101)], -100, "by_tick"),
        ([trade(3, 100), trade(4, 101), trade(6, 101)], 100, "by_tick"),  # by the last other price
        ([trade(6, 102, condition="F")], 0, None),  # off the book
        ([trade(6, 102, condition="I")], 100, "by_quote"),  # an odd lot is of the book
        # What a print did to the quote at its own time does not sign it.
        ([quote(6, 102, 104), trade(6, 102)], 100, "by_quote"),
        ([quote(5.9, 102, 104), trade(6, 102)], -100, "by_quote"),
    ],
)
def test_who_took(events: list[MarketEvent], flow: int, how: str | None) -> None:
    made = bars(OPEN, *events)
    assert made.flow_qty[1] == flow
    counts = {name: getattr(made, name) for name in ("named", "by_quote", "by_tick", "unsigned")}
    assert {name for name, n in counts.items() if n} == ({how} if how else set())


@pytest.mark.parametrize(
    ("new", "imbalance"),
    [  # Cont, Kukanov and Stoikov 2014, equation 2; before it: 100 at 100, 100 at 102
        (quote(6, 100, 102, bid_qty=150), 50),
        (quote(6, 100, 102, bid_qty=30), -70),
        (quote(6, 101, 102, bid_qty=40), 40),
        (quote(6, 99, 102, bid_qty=40), -100),
        (quote(6, 100, 102, ask_qty=150), -50),
        (quote(6, 100, 103, ask_qty=70), 100),
        (quote(6, 100, 101, ask_qty=70), -70),
        (quote(6, 101, 103, 40, 70), 140),
    ],
)
def test_order_flow_imbalance(new: Quote, imbalance: int) -> None:
    made = bars(OPEN, new)
    assert made.ofi_qty.tolist() == [0, imbalance, 0, 0, 0]
    assert made.depth_qty[1] == (new.bid_qty + new.ask_qty) / 2


def test_the_touch_is_that_of_all_venues() -> None:
    made = bars(OPEN, quote(6, 101, 103, 40, 70, venue="W"), trade(7, 102))
    assert made.mid.tolist() == [101, 101, 101.5, 101.5, 101.5]
    assert made.ofi_qty[1] == 40
    assert made.flow_qty[2] == 100


@pytest.mark.parametrize(
    "bad", [quote(6.5, 103, 102), quote(6.5, 100, 102, bid_qty=0),
            TradingStatus("X", "V", TradingPhase.HALTED, at(6.5))],
)  # fmt: skip
def test_without_a_mid_there_is_no_change(bad: MarketEvent) -> None:
    made = bars(OPEN, bad, quote(8.5, 100, 104))
    assert np.isnan(made.mid_change).tolist() == [False, True, True, True, False]
    assert np.isnan(made.mid).tolist() == [False, False, True, True, False]


def test_a_halt_within_a_bar_makes_it_none() -> None:
    made = bars(OPEN, TradingStatus("X", "V", TradingPhase.HALTED, at(6.2)), quote(6.8, 100, 106))
    assert np.isnan(made.mid_change).tolist() == [False, True, False, False, False]


def test_before_the_first_quote_nothing_is_known() -> None:
    made = bars(trade(6, 102))
    assert np.isnan(made.mid_change).all()
    assert np.isnan(made.depth_qty).all()
    assert made.unsigned == 1


@given(
    st.lists(
        st.one_of(
            st.builds(quote, st.floats(0, 14), st.just(100), st.integers(101, 105)),
            st.builds(trade, st.floats(0, 14), st.integers(99, 106), st.integers(1, 500)),
        )
    )
)
def test_changes_and_flow_sum_to_those_of_the_day(events: list[MarketEvent]) -> None:
    one, many = bars(OPEN, *events, bar_s=300), bars(OPEN, *events)
    assert many.mid_change.sum() == one.mid_change[0]
    for name in ("flow_qty", "ofi_qty", "volume_qty"):
        assert getattr(many, name).sum() == getattr(one, name)[0]
    assert (abs(many.flow_qty) <= many.volume_qty).all()


def test_days_are_those_of_the_exchange() -> None:
    """The 2nd has no session: what was recorded of it is left out."""
    first, third = session(1, minutes=15), session(3, minutes=15)
    calendar = TradingCalendar("TEST", [first, third], first="2026-01-01", last="2026-01-31")
    events = [quote(1 + 1_440 * day, 100 + day, 102 + day) for day in (0, 1, 2)]
    made = list(flow_days(events, lambda _first, _last: calendar, 60))
    assert [day.session.date for day in made] == ["2026-01-01", "2026-01-03"]
    assert [day.mid[0] for day in made] == [101, 103]
