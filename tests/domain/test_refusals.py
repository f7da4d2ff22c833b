"""Codes: stable, distinct, and in the order in which they are checked."""

from enum import StrEnum

import pytest

from domain.deadletters import DeadLetterReason
from domain.refusals import RefusalReason, RejectReason, WaitReason


@pytest.mark.parametrize("codes", [RejectReason, RefusalReason, WaitReason, DeadLetterReason])
def test_a_code_is_its_name_in_lower_case(codes: type[StrEnum]) -> None:
    assert [code.value for code in codes] == [code.name.lower() for code in codes]


def test_precedence_basics() -> None:
    """A field that cannot be read is said before what it would have meant."""
    order = list(RejectReason)
    assert order.index(RejectReason.MALFORMED) == 0
    assert order.index(RejectReason.UNKNOWN_SYMBOL) < order.index(RejectReason.OFF_TICK)
    assert order.index(RejectReason.BAD_QTY) < order.index(RejectReason.EXCEEDS_LIMIT)
    assert next(iter(RefusalReason)) is RefusalReason.KILLED
