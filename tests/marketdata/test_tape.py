"""The tape: what each print counts as, what voids it, what comes twice or out of time."""

import pytest

from domain.instruments import MAX_QTY
from domain.marketdata import Trade, TradeCondition
from marketdata.event_fault import TIME_END_NS, EventFault
from marketdata.market import SymbolMarket
from marketdata.own_prints import OwnFill
from marketdata.print_kind import PrintKind
from marketdata.tape import CONDITIONS_MAX, REMEMBERED_MAX, TIME_BACK_RUN_MAX

K = PrintKind


def trade(qty: int = 100, condition: str = "", trade_id: str = "", at_ns: int = 10,
          venue: str = "XA", px_ticks: int = 100) -> Trade:  # fmt: skip
    return Trade("IBM", venue, px_ticks, qty, at_ns, trade_id, condition)


def market(*trades: Trade, adv_qty: int | None = None) -> SymbolMarket:
    found = SymbolMarket(symbol="IBM", adv_qty=adv_qty)
    for each in trades:
        found.on_event(each)
    return found


KINDS: list[tuple[str, PrintKind]] = [
    ("", K.REGULAR), ("I", K.REGULAR), ("H", K.REGULAR), ("F", K.OFF_BOOK), ("FI", K.OFF_BOOK),
    ("B", K.BLOCK), ("FB", K.BLOCK), ("O", K.AUCTION), ("C", K.AUCTION), ("R", K.AUCTION),
    ("L", K.LATE),
    ("LF", K.LATE), ("A", K.AVERAGE_PRICE), ("AF", K.AVERAGE_PRICE), ("P", K.OTHER),
    ("S", K.OTHER), ("?", K.OTHER), ("é", K.OTHER), ("T", K.EXTENDED_HOURS),
    ("TI", K.EXTENDED_HOURS), ("M", K.REPEAT), ("MO", K.REPEAT),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "kind"), KINDS)
def test_what_a_print_counts_as(condition: str, kind: PrintKind) -> None:
    found = market(trade(100, condition, "1"))
    assert [each for each, qty in found.tape.by_kind.items() if qty] == [kind]
    assert found.tape.eligible_qty == (100 if kind is K.REGULAR else 0)
    assert found.volume == (0 if kind is K.REPEAT else 100)
    found.on_event(trade(1, "X", "1"))
    assert not any(found.tape.by_kind.values())
    assert found.dropped == 0


def test_rubbish_for_a_condition_takes_no_memory() -> None:
    found = market(*(trade(1, f"~{number}") for number in range(3 * CONDITIONS_MAX)))
    assert found.tape.by_kind[K.OTHER] == 3 * CONDITIONS_MAX
    assert len(found.tape._kinds) <= CONDITIONS_MAX


def test_every_kind_and_every_condition_is_in_the_table() -> None:
    assert {kind for _, kind in KINDS} == set(PrintKind)
    letters = {letter for condition, _ in KINDS for letter in condition}
    assert letters >= set(TradeCondition) - {TradeCondition.BUSTED}


def test_a_block_is_above_five_medians_or_half_a_percent_of_a_day() -> None:
    regular = [trade(100, at_ns=number) for number in range(40)]
    found = market(*regular, trade(500, "F", at_ns=50), trade(501, "F", at_ns=50))
    assert found.tape.by_kind[K.OFF_BOOK] == 500
    assert found.tape.by_kind[K.BLOCK] == 501
    found = market(trade(501, "F"), trade(5_000, "F"), trade(5_001, "F"), adv_qty=1_000_000)
    assert found.tape.by_kind[K.BLOCK] == 5_001
    assert market(trade(10**6, "F")).tape.by_kind[K.OFF_BOOK] == 10**6  # nothing to judge it by


def test_a_bust_takes_its_print_out_of_every_sum() -> None:
    good, bad = trade(100, "", "1", 10), trade(900, "", "2", 20)
    found, never = market(good, bad, trade(900, "X", "2", 30)), market(good)
    assert found.tape.by_kind == never.tape.by_kind
    assert found.tape.rate.shares_per_s(40) == pytest.approx(never.tape.rate.shares_per_s(40))
    found.on_event(trade(900, "X", "2", 31))
    found.on_event(trade(100, "X", "", 32))
    assert found.faults == {("XA", EventFault.UNKNOWN_BUST): 2}
    assert found.tape.eligible_qty == 100


def test_a_print_that_comes_twice_counts_once() -> None:
    found = market(trade(100, "", "1"), trade(100, "", "1"), trade(100, "", "1", venue="XB"))
    assert found.tape.eligible_qty == 200
    assert found.faults == {("XA", EventFault.DUPLICATE): 1}
    found.on_event(trade(70, "", "1", at_ns=86_400))  # the next day ids begin anew
    assert found.tape.eligible_qty == 270


def test_a_print_without_an_id_is_never_a_repeat() -> None:
    assert market(trade(), trade()).tape.eligible_qty == 200


def test_ids_are_forgotten_in_the_end() -> None:
    found = market(*(trade(1, "", str(number), number) for number in range(3 * REMEMBERED_MAX)))
    found.on_event(trade(1, "X", "5"))
    found.on_event(trade(1, "X", str(2 * REMEMBERED_MAX), 10**6))
    assert found.tape.eligible_qty == 3 * REMEMBERED_MAX - 1
    assert found.faults == {("XA", EventFault.UNKNOWN_BUST): 1}


def test_a_print_whose_time_goes_back_is_late() -> None:
    found = market(trade(100, at_ns=20), trade(50, at_ns=19), trade(7, at_ns=19, venue="XB"))
    assert found.tape.by_kind[K.LATE] == 50
    assert found.tape.eligible_qty == 107


def test_a_clock_that_was_wrong_is_set_after_a_while() -> None:
    found = market(trade(100, at_ns=10**18))
    for at_ns in range(TIME_BACK_RUN_MAX + 1):
        found.on_event(trade(10, at_ns=at_ns))
    assert found.tape.by_kind[K.LATE] == 10 * (TIME_BACK_RUN_MAX - 1)
    assert found.tape.eligible_qty == 120
    mark = found.tape.mark(TIME_BACK_RUN_MAX - 2)  # volume since then is not that since 10**18
    assert mark is not None
    assert found.tape.others_qty(mark) == 20


@pytest.mark.parametrize(
    ("fault", "bad"),
    [(EventFault.BAD_QTY, trade(0)), (EventFault.BAD_QTY, trade(-5)),
     (EventFault.BAD_QTY, trade(MAX_QTY + 1)),
     (EventFault.BAD_PX, trade(px_ticks=0)), (EventFault.BAD_PX, trade(px_ticks=-1)),
     (EventFault.BAD_TIME, trade(at_ns=-1)), (EventFault.BAD_TIME, trade(at_ns=TIME_END_NS))],
)  # fmt: skip
def test_a_print_that_cannot_be_true_is_skipped(fault: EventFault, bad: Trade) -> None:
    found = market(trade(7), bad)
    assert found.faults == {("XA", fault): 1}
    assert (found.volume, found.last_trade) == (7, trade(7))


def test_what_no_history_can_hold_does_not_end_the_worker() -> None:
    """Times and sums are kept in 63 bits; thousands of prints, for histories are kept in blocks."""
    good = trade(at_ns=1)
    found = market(good, *(trade(2**62, at_ns=2**64 - 1, trade_id=str(n)) for n in range(3_000)))
    mark = found.tape.mark(0)
    assert mark is not None
    assert (found.tape.others_qty(mark), found.last_trade) == (100, good)


def test_others_volume_between_two_times() -> None:
    """Ten shares a second of others', and fills of ours from the twentieth second on."""
    second, found = 10**9, market()
    for number in range(40):
        at_ns = number * second
        found.on_event(trade(10, trade_id=f"o{number}", at_ns=at_ns, venue="XB"))
        if number >= 20:
            found.on_event(trade(50, trade_id=f"e{number}", at_ns=at_ns))
            found.on_own_fill(
                OwnFill(venue="XA", exec_id=f"e{number}", px_ticks=100, qty=50, at_ns=at_ns)
            )
    tape = found.tape
    assert tape.others_per_s(0, 10 * second) == 10.0
    assert tape.others_per_s(10 * second, 30 * second) == 10.0  # ours are no part of it
    assert tape.others_per_s(30 * second, 40 * second) == 10.0
    assert tape.others_per_s(35 * second, 45 * second) == 5.0  # nobody traded in its second half
    assert tape.others_per_s(60 * second, 70 * second) == 0.0
    assert tape.others_per_s(-second, 10 * second) is None  # who knows what was before
    assert market().tape.others_per_s(0, second) is None
