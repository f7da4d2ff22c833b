"""Prints: which of them speak of the continuous market at their time."""

import pytest

from domain.marketdata import TradeCondition, is_regular

IRREGULAR = [each for each in TradeCondition if each not in ("F", "B", "I", "H")]


@pytest.mark.parametrize("letter", IRREGULAR)
def test_a_print_with_a_condition_is_irregular_whatever_else_it_has(letter: str) -> None:
    assert not is_regular(letter)
    assert not is_regular("F" + letter)


@pytest.mark.parametrize("condition", ["", "F", "B", "I", "H", "FB", "IF"])
def test_off_book_blocks_odd_lots_and_hidden_ones_are_regular(condition: str) -> None:
    assert is_regular(condition)


def test_letters_are_one_character_each() -> None:
    assert all(len(each) == 1 for each in TradeCondition)
