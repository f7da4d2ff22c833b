"""Phases of a day: New York, Frankfurt, Tokyo, a half day, and times that cannot be."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.marketdata import TradingPhase
from domain.sessions import Session, SessionKind
from domain.trading_day import AuctionTimes, DayPhase, TradingDay, trading_day

NS = 1_000_000_000
HOUR = 3_600 * NS
OPEN_NS = 1_000_000 * NS
NEW_YORK = Session(date="2026-11-25", open_ns=OPEN_NS, close_ns=OPEN_NS + 6 * HOUR + HOUR // 2)
HALF = Session(
    date="2026-11-27", open_ns=OPEN_NS, close_ns=OPEN_NS + 3 * HOUR, kind=SessionKind.EARLY_CLOSE
)
TOKYO = Session(
    date="2026-11-25", open_ns=OPEN_NS, close_ns=OPEN_NS + 6 * HOUR,
    break_start_ns=OPEN_NS + 2 * HOUR, break_end_ns=OPEN_NS + 3 * HOUR,
)  # fmt: skip


def told(day: TradingDay) -> list[tuple[str, int, int]]:
    """(phase, start, end) in seconds from the open."""
    return [
        (span.phase.value, (span.start_ns - OPEN_NS) // NS, (span.end_ns - OPEN_NS) // NS)
        for span in day.spans
    ]


def test_new_york_crosses_beside_continuous_trading() -> None:
    day = trading_day(NEW_YORK)
    assert told(day) == [
        ("pre_open", -1_800, -120),
        ("opening_auction", -120, 0),
        ("continuous", 0, 23_400),
    ]
    assert day.closing_cross_ns == NEW_YORK.close_ns
    assert day.closing_cutoff_ns == NEW_YORK.close_ns - 600 * NS


def test_an_early_close_moves_the_closing_cross_and_its_cut_off() -> None:
    day = trading_day(HALF)
    assert day.closing_cross_ns == HALF.close_ns
    assert day.takes_at_close(HALF.close_ns - 600 * NS - 1)
    assert not day.takes_at_close(HALF.close_ns - 600 * NS)


def test_frankfurt_calls_after_the_close() -> None:
    day = trading_day(NEW_YORK, AuctionTimes(closing_delay_s=300, closing_cutoff_s=0))
    assert told(day)[-2:] == [("continuous", 0, 23_400), ("closing_auction", 23_400, 23_700)]
    assert day.closing_cross_ns == day.end_ns == NEW_YORK.close_ns + 300 * NS
    assert day.takes_at_close(NEW_YORK.close_ns)


def test_tokyo_has_a_break_and_calls_before_the_close() -> None:
    day = trading_day(TOKYO, AuctionTimes(pre_open_s=3_600, closing_call_s=300))
    assert told(day) == [
        ("pre_open", -3_600, -120),
        ("opening_auction", -120, 0),
        ("continuous", 0, 7_200),
        ("break", 7_200, 10_800),
        ("continuous", 10_800, 21_300),
        ("closing_auction", 21_300, 21_600),
    ]


def test_a_venue_without_auctions() -> None:
    day = trading_day(NEW_YORK, AuctionTimes(opening=False, closing=False, closing_delay_s=9))
    assert told(day) == [("pre_open", -1_800, 0), ("continuous", 0, 23_400)]
    assert (day.opening_cross_ns, day.closing_cross_ns) == (None, None)
    assert not day.takes_at_open(OPEN_NS - 600 * NS)
    assert not day.takes_at_close(OPEN_NS)


@pytest.mark.parametrize(
    ("seconds", "phase", "change"),
    [
        (-1_801, DayPhase.CLOSED, -1_800),
        (-1_800, DayPhase.PRE_OPEN, -120),
        (-120, DayPhase.OPENING_AUCTION, 0),
        (0, DayPhase.CONTINUOUS, 7_200),
        (7_200, DayPhase.BREAK, 10_800),
        (10_800, DayPhase.CONTINUOUS, 21_600),
        (21_600, DayPhase.CLOSED, None),
    ],
)
def test_phase_at(seconds: int, phase: DayPhase, change: int | None) -> None:
    day = trading_day(TOKYO)
    assert day.phase_at(OPEN_NS + seconds * NS) is phase
    next_ns = day.next_change_ns(OPEN_NS + seconds * NS)
    assert next_ns == (None if change is None else OPEN_NS + change * NS)


def test_at_open_orders_until_the_cut_off() -> None:
    day = trading_day(NEW_YORK, AuctionTimes(opening_cutoff_s=60))
    assert not day.takes_at_open(OPEN_NS - 1_801 * NS)
    assert day.takes_at_open(OPEN_NS - 61 * NS)
    assert not day.takes_at_open(OPEN_NS - 60 * NS)


def test_every_phase_is_said_on_the_market_data() -> None:
    said = {phase: phase.trading_phase for phase in DayPhase}
    assert TradingPhase.HALTED not in said.values()
    assert said[DayPhase.BREAK] is TradingPhase.CLOSED


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("closing_cutoff_s", -1, "closing_cutoff_s is below zero"),
        ("opening_call_s", 1_801, "opening_call_s is more than pre_open_s"),
        ("opening_cutoff_s", 1_801, "opening_cutoff_s is more than pre_open_s"),
    ],
)
def test_times_that_cannot_be(key: str, value: int, said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert({key: value}, AuctionTimes)


SECONDS = st.integers(0, 30_000)


@settings(deadline=None)  # the machine may be busy
@given(call=SECONDS, delay=SECONDS, length=st.integers(1, 30_000), pause=SECONDS, back=SECONDS)
def test_spans_follow_each_other(call: int, delay: int, length: int, pause: int, back: int) -> None:
    pause, back = min(pause, back, length), min(max(pause, back), length)
    session = Session(
        date="2026-11-25", open_ns=0, close_ns=length * NS,
        break_start_ns=pause * NS, break_end_ns=back * NS,
    )  # fmt: skip
    day = trading_day(session, AuctionTimes(closing_call_s=call, closing_delay_s=delay))
    assert all(span.start_ns < span.end_ns for span in day.spans)
    ends = [span.end_ns for span in day.spans]
    assert [span.start_ns for span in day.spans[1:]] == ends[:-1]
    assert day.end_ns == day.closing_cross_ns
