"""Why something was refused, as codes. Order of members is order of precedence where several apply.

`RejectReason` is said to the sender of a parent order or of a request on one; `RefusalReason` is
said by venue access of a child that never left for its venue.
"""

from enum import StrEnum


class RejectReason(StrEnum):
    """Why a parent order, or a request on one, was refused. The text beside it is for people."""

    MALFORMED = "malformed"  # a value of the wrong type or shape; the field is named
    FIELD_TOO_LONG = "field_too_long"
    OVERSIZED = "oversized"  # the whole request is more than a record may be
    MISSING_FIELD = "missing_field"
    UNKNOWN_SYMBOL = "unknown_symbol"
    WRONG_PARTITION = "wrong_partition"  # the record was not keyed by its symbol
    DUPLICATE_ORDER = "duplicate_order"  # ClOrdID(11) repeated by the same source
    UNKNOWN_ORDER = "unknown_order"
    ALREADY_PENDING = "already_pending"
    TOO_LATE = "too_late"  # the order is already closed
    UNSUPPORTED = "unsupported"
    UNKNOWN_ALGO = "unknown_algo"
    UNKNOWN_PARAMETER = "unknown_parameter"
    BAD_PARAMETER = "bad_parameter"
    BAD_QTY = "bad_qty"
    OFF_LOT = "off_lot"
    BAD_PX = "bad_px"
    OFF_TICK = "off_tick"
    END_BEFORE_START = "end_before_start"
    START_TOO_OLD = "start_too_old"
    SESSION_CLOSED = "session_closed"
    BEYOND_CALENDAR = "beyond_calendar"  # a day of which no session is known
    MISSING_INPUT = "missing_input"  # a parameter needs what is not known of the symbol
    EXCEEDS_LIMIT = "exceeds_limit"
    INFEASIBLE = "infeasible"  # too little of it can be expected to be done, and policy says no
    KILLED = "killed"  # the kill switch is engaged for this order


class RefusalReason(StrEnum):
    """Why venue access did not send a child, in the order in which it checks."""

    KILLED = "killed"
    UNKNOWN_VENUE = "unknown_venue"
    VENUE_DOWN = "venue_down"
    DUPLICATE = "duplicate"  # this ClOrdID(11) was seen with other content
    UNKNOWN_SYMBOL = "unknown_symbol"
    UNKNOWN_ORDER = "unknown_order"  # a cancel or replace of a child that was never sent
    STALE_ORDER = "stale_order"  # decided too long ago
    OVERFILL = "overfill"  # children of this parent would exceed its quantity
    MAX_QTY = "max_qty"
    MAX_NOTIONAL = "max_notional"
    NO_REFERENCE_PX = "no_reference_px"
    STALE_MARKET_DATA = "stale_market_data"
    PRICE_COLLAR = "price_collar"
    MESSAGE_RATE = "message_rate"
    OFF_GRID = "off_grid"
    NOT_SENT = "not_sent"  # after a reconnect the venue said that it never had it


class WaitReason(StrEnum):
    """Why a live parent has nothing working at a venue, or, as `working`, that it has."""

    BEFORE_START = "before_start"
    WAITING_FOR_SLICE = "waiting_for_slice"
    AUCTION = "auction"  # its order for the cross is at the venue
    NO_VOLUME = "no_volume"  # nobody else trades, and it takes a share of what others do
    WAITING_FOR_REFRESH = "waiting_for_refresh"  # an iceberg's next display, after a random delay
    WAITING_FOR_LIQUIDITY = "waiting_for_liquidity"  # for the size or spread that it snipes at
    PAUSED = "paused"
    KILLED = "killed"
    SESSION_CLOSED = "session_closed"  # the midday break of its exchange
    VENUE_DOWN = "venue_down"
    NO_MARKET_DATA = "no_market_data"
    STALE_MARKET_DATA = "stale_market_data"
    HALTED = "halted"
    CROSSED_MARKET = "crossed_market"  # bid and offer are locked or crossed
    NO_LIQUIDITY = "no_liquidity"  # the side that it would take is empty
    OWN_ORDER = "own_order"  # it would trade with another order of ours, which steps aside first
    TOO_LITTLE_SHOWN = "too_little_shown"  # less than the smallest child, at every venue
    MISSED = "missed"  # the last child found nothing: a moment, not to ping the venue
    PACING = "pacing"  # the last child was filled in part: a moment, for the quote to catch up
    NO_REFERENCE_PX = "no_reference_px"  # what its relative limit is relative to is not there
    ABOVE_LIMIT = "above_limit"  # buys: the offer is above the limit; sells: the bid is below it
    PARTICIPATION_CAP = "participation_cap"
    MIN_QTY = "min_qty"  # what is due is less than the smallest child
    ODD_LOT = "odd_lot"  # all that is left is less than a lot, and venues take whole lots only
    WORKING = "working"  # an order of it is at a venue
    UNSUPPORTED_BY_VENUE = "unsupported_by_venue"  # no venue takes the order as it is to be worked
    REJECTED_BY_VENUE = "rejected_by_venue"  # backing off after a rejection
    MESSAGE_RATE = "message_rate"  # its turn to send has not come
    REFUSED = "refused"  # backing off: venue access did not send the last child
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"  # its orders end before its new terms take effect
    ENDING = "ending"  # its window is over, its last orders are brought down
    OVERFILLED = "overfilled"  # a venue filled more than was ordered: stopped for a person
