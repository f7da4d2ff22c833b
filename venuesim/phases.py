"""The phases of an order book: whether it takes orders, whether it matches them.

It knows no clock: a venue moves its books from phase to phase by its trading day or by an
operator's word. `domain.trading_day` has the parts of a day; here is what they mean to a book.
"""

from enum import StrEnum
from typing import Final

from domain.marketdata import TradeCondition, TradingPhase


class Phase(StrEnum):
    """What a book does with orders now."""

    CLOSED = "closed"  # nothing but cancels
    OPENING_CALL = "opening_call"  # collects orders, matches none until the uncross
    CONTINUOUS = "continuous"
    CLOSING_CALL = "closing_call"
    HALTED = "halted"  # nothing but cancels; orders keep their places
    REOPENING_CALL = "reopening_call"

    @property
    def is_call(self) -> bool:
        """Whether orders are collected for an auction."""
        return self in _UNCROSSED_AS

    @property
    def takes_orders(self) -> bool:
        """Whether new orders and replacements are taken."""
        return self is Phase.CONTINUOUS or self.is_call

    @property
    def trading_phase(self) -> TradingPhase:
        """What the venue's TradingStatus says."""
        return _TRADING_PHASES[self]

    @property
    def uncrossed_as(self) -> TradeCondition:
        """The condition of the print when this phase ends with an uncross.

        A book that was halted may be crossed, if the halt broke into a call: it reopens.
        """
        return _UNCROSSED_AS.get(self, TradeCondition.REOPENING_AUCTION)


_UNCROSSED_AS: Final = {
    Phase.OPENING_CALL: TradeCondition.OPENING_AUCTION,
    Phase.CLOSING_CALL: TradeCondition.CLOSING_AUCTION,
    Phase.REOPENING_CALL: TradeCondition.REOPENING_AUCTION,
}
_TRADING_PHASES: Final = {
    Phase.CLOSED: TradingPhase.CLOSED,
    Phase.OPENING_CALL: TradingPhase.AUCTION,
    Phase.CONTINUOUS: TradingPhase.CONTINUOUS,
    Phase.CLOSING_CALL: TradingPhase.AUCTION,
    Phase.HALTED: TradingPhase.HALTED,
    Phase.REOPENING_CALL: TradingPhase.AUCTION,
}
