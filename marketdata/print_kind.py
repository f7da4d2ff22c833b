"""What a print counts as: only those of the continuous book are volume that a share is taken of."""

from enum import StrEnum
from typing import Final

from domain.marketdata import TradeCondition

# An off-book print is a block above so many median prints, or above this share of a usual day
# (quant.md 3.4).
BLOCK_MEDIANS: Final = 5
BLOCK_ADV_FRACTION: Final = 0.005


class PrintKind(StrEnum):
    """In order of precedence: a print with several conditions is of the first kind that fits."""

    REPEAT = "repeat"  # an official price that repeats a cross: no volume at all
    LATE = "late"  # out of its place, by its condition or by its time
    AVERAGE_PRICE = "average_price"
    OTHER = "other"  # priced elsewhere or earlier, settled otherwise, or not understood
    EXTENDED_HOURS = "extended_hours"
    AUCTION = "auction"
    BLOCK = "block"
    OFF_BOOK = "off_book"  # smaller than a block
    REGULAR = "regular"  # of the continuous book, odd lots too


_BY_CONDITION: Final = (
    (PrintKind.REPEAT, {TradeCondition.OFFICIAL}),
    (PrintKind.LATE, {TradeCondition.LATE}),
    (PrintKind.AVERAGE_PRICE, {TradeCondition.AVERAGE_PRICE}),
    (PrintKind.OTHER, {TradeCondition.PRIOR_REFERENCE, TradeCondition.OTHER_SETTLEMENT,
                       TradeCondition.UNKNOWN}),
    (PrintKind.EXTENDED_HOURS, {TradeCondition.EXTENDED_HOURS}),
    (PrintKind.AUCTION, {TradeCondition.OPENING_AUCTION, TradeCondition.CLOSING_AUCTION,
                         TradeCondition.REOPENING_AUCTION}),
    (PrintKind.BLOCK, {TradeCondition.BLOCK}),
    (PrintKind.OFF_BOOK, {TradeCondition.OFF_BOOK}),
)  # fmt: skip
_KNOWN: Final = frozenset(TradeCondition)


def kind_by_condition(condition: str) -> PrintKind:
    """The kind by the letters of TradeCondition alone. A letter that is none of them is OTHER."""
    letters = set(condition)
    if not letters <= _KNOWN:
        return PrintKind.OTHER
    for kind, fitting in _BY_CONDITION:
        if not letters.isdisjoint(fitting):
            return kind
    return PrintKind.REGULAR


def is_block(qty: int, median_qty: float | None, adv_qty: int | None) -> bool:
    """Whether an off-book print of `qty` shares is a block. A measure that is None is not used."""
    if median_qty is not None and qty > BLOCK_MEDIANS * median_qty:
        return True
    return adv_qty is not None and qty > BLOCK_ADV_FRACTION * adv_qty
