"""What every code means: the hand-written half of the code tables in docs/messages.md.

A code without a meaning, or a meaning without its code, fails a test.
"""

from enum import StrEnum
from typing import Final

from domain.deadletters import DeadLetterReason
from domain.refusals import RefusalReason, RejectReason, WaitReason

CODES: Final[dict[type[StrEnum], dict[str, str]]] = {
    RejectReason: {
        "malformed": "a value of the wrong type or shape",
        "field_too_long": "more than 64 characters",
        "oversized": "the whole request is more than a record may be",
        "missing_field": "empty, or needed by what else is asked",
        "unknown_symbol": "not in the instrument table",
        "wrong_partition": "the record does not lie in the partition of its symbol",
        "duplicate_order": "this source used this ClOrdID(11) before",
        "unknown_order": "`orig_cl_ord_id` names no order of this source",
        "already_pending": "an earlier cancel or replace of the order is not through yet",
        "too_late": "the order is closed",
        "unsupported": "understood, and not offered",
        "unknown_algo": "no such algorithm",
        "unknown_parameter": "the algorithm has no such parameter",
        "bad_parameter": "of the wrong type, or out of its range",
        "bad_qty": "zero, negative, not whole, or absurd",
        "off_lot": "not a multiple of the lot",
        "bad_px": "zero, negative, or absurd",
        "off_tick": "not a multiple of the tick at that price",
        "end_before_start": "the order would end before it starts, or has ended already",
        "start_too_old": "starts longer ago than `worker.start_past_bound_s`",
        "session_closed": "the window lies outside a trading session",
        "exceeds_limit": "above the instrument's largest order, by quantity or notional",
        "killed": "the kill switch is engaged for it",
    },
    RefusalReason: {
        "killed": "the kill switch is engaged for its symbol or venue",
        "unknown_venue": "no such venue here",
        "venue_down": "the session is not live",
        "duplicate": "this ClOrdID(11) was seen with other content",
        "unknown_symbol": "not in the instrument table",
        "unknown_order": "a cancel or replace of a child that was never sent",
        "stale_order": "decided longer ago than `venue_access.limits.stale_order_ms`",
        "overfill": "the parent's children would exceed its quantity",
        "max_qty": "above `max_child_qty`",
        "max_notional": "above `max_child_notional`",
        "no_reference_px": "no market to hold the price against",
        "stale_market_data": "the market is older than `stale_market_data_ms`",
        "price_collar": "too far through the last market",
        "message_rate": "above `messages_per_second`",
        "off_grid": "price or quantity off the instrument's grid",
        "not_sent": "after a reconnect the venue said that it never had it",
    },
    WaitReason: {
        "before_start": "its start has not come",
        "waiting_for_slice": "all that is due is done; the next slice is not due",
        "paused": "until a ResumeParent",
        "killed": "the kill switch is engaged",
        "session_closed": "outside the session",
        "venue_down": "no venue of the instrument is live",
        "no_market_data": "no quote has come yet",
        "stale_market_data": "the last quote is too old to trade on",
        "halted": "the instrument does not trade now",
        "no_liquidity": "the side that it would take is empty",
        "above_limit": "buys: the offer is above the limit; sells: the bid is below it",
        "participation_cap": "more would exceed its share of the volume",
        "min_qty": "what is due is less than the smallest child",
        "working": "all that is due is at a venue",
        "rejected_by_venue": "a venue rejected the last child: backing off",
        "pending_cancel": "it is being cancelled",
        "overfilled": "a venue filled more than was ordered: stopped, for a person to look at",
    },
    DeadLetterReason: {
        "oversized": "longer than its topic allows",
        "not_decodable": "not JSON (or MessagePack), or not an object",
        "unknown_type": "`type` is missing, or names no message of the topic",
        "bad_field": "a field is missing, unknown or of the wrong type: `field` names it",
        "illegal_transition": "an execution that its order's status does not allow",
        "unknown_child": "an execution of an order that is not ours",
    },
}
