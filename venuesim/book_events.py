"""What a book says happened. Integers only; ids are the caller's."""

from enum import StrEnum

import msgspec

from domain.instruments import Side
from domain.marketdata import TradeCondition


class BookRejectReason(StrEnum):
    """Why the book did not do what it was asked."""

    UNKNOWN_ORDER = "unknown_order"
    WRONG_PHASE = "wrong_phase"  # halted, closed, or a call that an immediate order cannot be in
    POST_ONLY_WOULD_CROSS = "post_only_would_cross"


class CancelCause(StrEnum):
    """Why an order left the book unfilled."""

    REQUESTED = "requested"
    NOTHING_LEFT_TO_TAKE = "nothing_left_to_take"  # the remainder of an IOC or market order
    NOT_FILLABLE = "not_fillable"  # fill or kill
    MIN_QTY = "min_qty"  # an immediate order found less than its minimum quantity
    SELF_TRADE = "self_trade"
    EXPIRED = "expired"  # at the close, or after its auction
    # An immediate order at a dark venue, whose reference is
    REFERENCE_MISSING = "reference_missing"
    REFERENCE_STALE = "reference_stale"
    REFERENCE_LOCKED = "reference_locked"
    REFERENCE_CROSSED = "reference_crossed"


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The book took the order; fills, resting or cancellation follow."""

    order_id: int


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """Nothing changed."""

    order_id: int
    reason: BookRejectReason


class Filled(msgspec.Struct, frozen=True, gc=False):
    """A trade: `qty` at the maker's price, both sides of it.

    `maker_hidden`: the maker showed none of it.
    """

    maker_id: int
    taker_id: int
    taker_side: Side
    px_ticks: int
    qty: int
    maker_leaves_qty: int
    taker_leaves_qty: int
    maker_hidden: bool = False


class Canceled(msgspec.Struct, frozen=True, gc=False):
    """The order is gone with `qty` unfilled."""

    order_id: int
    qty: int
    cause: CancelCause


class Replaced(msgspec.Struct, frozen=True, gc=False):
    """The order has a new quantity and price; `leaves_qty` 0 means that it is done.

    `px_ticks`: its limit; 0 for none, of a pegged or market order.
    """

    order_id: int
    order_qty: int
    leaves_qty: int
    px_ticks: int
    kept_priority: bool


class Decremented(msgspec.Struct, frozen=True, gc=False):
    """Self-trade prevention took from the order what would have traded with its owner."""

    order_id: int
    order_qty: int
    leaves_qty: int


class Triggered(msgspec.Struct, frozen=True, gc=False):
    """A stop order was reached by the last trade and enters the book."""

    order_id: int


class Repriced(msgspec.Struct, frozen=True, gc=False):
    """A pegged order went to another price, behind all that was there; 0: it stands nowhere."""

    order_id: int
    px_ticks: int


class Uncrossed(msgspec.Struct, frozen=True, gc=False):
    """An auction ended: `qty` traded at `px_ticks`, both 0 if nothing could. The fills follow."""

    px_ticks: int
    qty: int
    condition: TradeCondition


class AuctionFilled(msgspec.Struct, frozen=True, gc=False):
    """One order's part of an uncross; buys and sells of one uncross add up to its quantity."""

    order_id: int
    side: Side
    px_ticks: int
    qty: int
    leaves_qty: int


BookEvent = (
    Accepted | Rejected | Filled | Canceled | Replaced | Decremented | Triggered | Repriced
    | Uncrossed | AuctionFilled
)  # fmt: skip
