"""Identities of parents and children: functions of the log, never of a clock or of chance.

A parent is `<yymmdd><partition, base 36, 2><offset in parents, base 36, 6>`, a child (or a cancel
or replace of one) that and its number within the parent, base 36, 4: 18 characters, under the 20
that many venues allow. Offsets are never reused, so neither are ids.
"""

from typing import Final

from domain.fix_message import timestamp_text

SENT_NS_MAX: Final = 4_102_444_800 * 10**9  # 2100-01-01; what is beyond is no time
NUMBER_DIGITS: Final = 4  # 1.6 million messages a parent
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def base36(number: int, width: int) -> str:
    """`number` in base 36, upper case, zero-padded. Asserts that it fits."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    assert len(digits) <= width, "more orders than the id has room for"
    return digits.rjust(width, "0")


def parent_order_id(sent_ns: int, partition: int, offset: int) -> str:
    """OrderID(37) of the parent asked for at `offset`; the day is that of its TransactTime(60)."""
    day = timestamp_text(sent_ns)[2:8] if 0 <= sent_ns < SENT_NS_MAX else "000000"
    return day + base36(partition, 2) + base36(offset, 6)


def child_cl_ord_id(order_id: str, number: int) -> str:
    """ClOrdID(11) of a parent's `number`-th message to a venue."""
    return order_id + base36(number, NUMBER_DIGITS)


def child_number(cl_ord_id: str) -> int:
    """Which message of its parent's to a venue has this ClOrdID(11)."""
    return int(cl_ord_id[-NUMBER_DIGITS:], 36)
