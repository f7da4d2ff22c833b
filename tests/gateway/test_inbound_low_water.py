"""How far inbound messages are durable, without gap."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.inbound_low_water import InboundLowWater


def test_a_pending_append_holds_the_mark() -> None:
    water = InboundLowWater(6)
    water.saw(7, "8")
    water.appended(7)
    water.appended(7)
    water.saw(8, "0")
    assert water.acked == 6
    water.acknowledged(7)
    assert water.acked == 6
    water.acknowledged(7)
    assert water.acked == 8


def test_a_logon_ahead_of_a_gap_says_nothing_of_what_is_missing() -> None:
    water = InboundLowWater(6)
    water.saw(50, "A")
    assert water.acked == 6
    water.saw(7, "8")
    water.gap_filled(51)
    assert water.acked == 50


def test_what_quickfix_refused_by_itself_is_passed_by_the_next_in_sequence() -> None:
    water = InboundLowWater(6)
    water.saw(9, "8")
    assert water.acked == 9


def test_a_message_that_comes_again_changes_nothing() -> None:
    water = InboundLowWater(9)
    water.saw(4, "8")
    assert water.acked == 9


@given(st.permutations(list(range(1, 9))))
def test_the_mark_is_below_the_first_that_is_open(order: list[int]) -> None:
    water = InboundLowWater()
    for number in range(1, 9):
        water.saw(number, "8")
        water.appended(number)
    left = set(range(1, 9))
    for number in order:
        assert water.acked == min(left) - 1
        left.discard(number)
        water.acknowledged(number)
    assert water.acked == 8
