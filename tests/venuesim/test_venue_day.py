"""The phases of a symbol's day: by the clock, by an operator, and by both."""

import pytest

from domain.sessions import Session
from domain.trading_day import AuctionTimes, TradingDay, trading_day
from venuesim.agenda import NEVER_NS, Agenda
from venuesim.faults import Halt
from venuesim.phases import Phase
from venuesim.venue_day import VenueDay

SECOND = 1_000_000_000
TIMES = AuctionTimes(pre_open_s=100, opening_call_s=40, opening_cutoff_s=20,
                     closing_imbalance_s=60, closing_cutoff_s=30)  # fmt: skip


def day(times: AuctionTimes = TIMES, pause_s: tuple[int, int] | None = None) -> TradingDay:
    """Open at 1,000 s, close at 2,000 s."""
    start_ns, end_ns = (each * SECOND for each in pause_s) if pause_s else (None, None)
    session = Session(date="1970-01-01", open_ns=1_000 * SECOND, close_ns=2_000 * SECOND,
                      break_start_ns=start_ns, break_end_ns=end_ns)  # fmt: skip
    return trading_day(session, times)


def played(days: list[TradingDay], *halts: tuple[int, int, int], until_s: int = 3_000) -> list[str]:
    """Every change as "second phase"."""
    ordered = [
        Halt(symbol="X", start_ns=a * SECOND, end_ns=b * SECOND, call_ns=c * SECOND)
        for a, b, c in halts
    ]
    phases = VenueDay.start(days, ordered, 10 * SECOND)
    found = []
    while phases.next_ns <= until_s * SECOND:
        at_ns = phases.next_ns
        phase = phases.advance(at_ns)
        if phase is not None:
            found.append(f"{at_ns // SECOND} {phase.value}")
    return found


OPENING = ["900 opening_call", "1000 continuous"]
CLOSING = ["2000 closing_call", "2000 closed"]


def test_new_york_crosses_at_the_close() -> None:
    assert played([day()]) == [*OPENING, *CLOSING]


def test_frankfurt_has_a_call_before_the_cross() -> None:
    times = AuctionTimes(pre_open_s=100, opening_call_s=40, opening_cutoff_s=0,
                         closing_call_s=30, closing_delay_s=60)  # fmt: skip
    assert played([day(times)]) == [*OPENING, "1970 closing_call", "2060 closed"]


def test_a_venue_without_crosses_opens_and_closes() -> None:
    assert played([day(AuctionTimes(opening=False, closing=False))]) == [
        "1000 continuous",
        "2000 closed",
    ]


def test_over_a_break_the_book_stands_still() -> None:
    middle = ["1400 halted", "1500 continuous"]
    assert played([day(pause_s=(1_400, 1_500))]) == [*OPENING, *middle, *CLOSING]


@pytest.mark.parametrize(
    ("halt", "expected"),
    [
        # (from, to, call): what becomes of the day.
        ((1_100, 1_200, 30),
         [*OPENING, "1100 halted", "1200 reopening_call", "1230 continuous", *CLOSING]),
        ((1_100, 2_500, 30), [*OPENING, "1100 halted", "2000 closed"]),
        ((1_100, 1_990, 30), [*OPENING, "1100 halted", "1990 reopening_call", *CLOSING]),
        ((950, 1_100, 30), [OPENING[0], "950 halted", "1100 reopening_call", "1130 continuous",
                            *CLOSING]),
        ((950, 980, 30), [OPENING[0], "950 halted", "980 opening_call", OPENING[1], *CLOSING]),
        ((500, 600, 30), [*OPENING, *CLOSING]),  # it is closed: there is nothing to halt
    ],
)  # fmt: skip
def test_halt(halt: tuple[int, int, int], expected: list[str]) -> None:
    assert played([day()], halt) == expected


def test_without_days_it_is_continuous_but_for_halts() -> None:
    assert played([], (100, 200, 10)) == ["100 halted", "200 reopening_call", "210 continuous"]


def test_imbalances_are_due_in_calls_and_before_the_close() -> None:
    phases = VenueDay.start([day()], [], 10 * SECOND)
    due = []
    for _ in range(3):
        phases.advance(phases.next_ns)
        due.append(phases.imbalance_ns)
    assert [at_ns // SECOND for at_ns in due] == [960, 1_940, 2_000]
    assert phases.indicates() is Phase.CLOSING_CALL


def test_agenda() -> None:
    agenda = Agenda({"a": 5, "b": 3, "c": 3})
    assert (agenda.next_ns, agenda.next_key) == (3, "b")
    agenda.set("b", 9)
    assert agenda.next_key == "c"
    agenda.set("c", NEVER_NS)
    agenda.set("b", 4)
    agenda.set("b", 9)
    assert (agenda.next_ns, agenda.next_key) == (5, "a")
    assert Agenda({}).next_ns == NEVER_NS
