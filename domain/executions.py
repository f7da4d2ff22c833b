"""What venues said of our children, and what venue access did with them: topic `executions`.

One record per FIX message, normalised. `session` and `msg_seq_num` say where it came from;
(venue, trade_date, exec_id) names an execution for good.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec

from domain.fix_codes import (
    CxlRejReason,
    CxlRejResponseTo,
    ExecType,
    LastLiquidityInd,
    OrdStatus,
)
from domain.instruments import Side
from domain.refusals import RefusalReason


class Execution(msgspec.Struct, frozen=True, kw_only=True, tag="execution"):
    """One ExecutionReport(35=8) of a venue. Quantities in shares, prices in currency units.

    `exec_ref_id`: on TRADE_CANCEL and TRADE_CORRECT, the execution meant. `fee`: Commission(12),
    currency units, negative for a rebate. `synthetic`: made by venue access from a status answer,
    because the execution itself could not be had again.
    """

    venue: str
    session: str
    msg_seq_num: int
    poss_dup: bool = False
    trade_date: str
    exec_id: str
    exec_type: ExecType
    ord_status: OrdStatus
    cl_ord_id: str
    orig_cl_ord_id: str | None = None
    venue_order_id: str
    symbol: str
    side: Side
    order_qty: int
    cum_qty: int
    leaves_qty: int
    avg_px: Decimal
    last_qty: int = 0
    last_px: Decimal | None = None
    liquidity: LastLiquidityInd | None = None
    fee: Decimal | None = None
    exec_ref_id: str | None = None
    ord_rej_reason: int | None = None
    text: str | None = None
    transact_ns: int
    received_ns: int
    synthetic: bool = False


class ChildCancelRejected(msgspec.Struct, frozen=True, kw_only=True, tag="child_cancel_rejected"):
    """One OrderCancelReject(35=9) of a venue."""

    venue: str
    session: str
    msg_seq_num: int
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    ord_status: OrdStatus
    response_to: CxlRejResponseTo
    reason: CxlRejReason
    text: str | None = None
    received_ns: int


class ChildSent(msgspec.Struct, frozen=True, kw_only=True, tag="child_sent"):
    """Venue access handed this command to its FIX session, which stored it."""

    venue: str
    session: str
    cl_ord_id: str
    order_id: str
    symbol: str
    sent_ns: int


class ChildRefused(msgspec.Struct, frozen=True, kw_only=True, tag="child_refused"):
    """Venue access did not send this command, or knows that the venue never had it."""

    venue: str
    cl_ord_id: str
    orig_cl_ord_id: str | None = None
    order_id: str
    symbol: str
    reason: RefusalReason
    text: str
    at_ns: int


class VenueState(StrEnum):
    """Where a venue session stands. Only LIVE sends new orders."""

    DOWN = "down"
    LOGON = "logon"
    RESYNC = "resync"
    LIVE = "live"


class VenueStateChanged(msgspec.Struct, frozen=True, kw_only=True, tag="venue_state_changed"):
    """Venue access tells every partition where a venue stands."""

    venue: str
    state: VenueState
    at_ns: int


ExecutionRecord = Execution | ChildCancelRejected | ChildSent | ChildRefused | VenueStateChanged
