"""What a client asks of a venue, and what the venue answers. Plain structs, no FIX engine.

Codes stay the FIX chars they came as: admission, not translation, decides what a venue offers.
The same structs are the lines of the venue's journal.
"""

from decimal import Decimal

import msgspec

from domain.fix_codes import (
    CxlRejReason,
    CxlRejResponseTo,
    ExecType,
    LastLiquidityInd,
    OrdStatus,
)


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, tag="new_order"):
    """NewOrderSingle(D). `poss_dup`: it came with PossDupFlag(43), filling a gap.

    `display_qty`: MaxFloor(111), 0 shows nothing, None everything. `peg`: the peg instructions of
    ExecInst(18), `peg_offset` PegOffsetValue(211) in currency units. `self_trade` (8000) and
    `owner` (7928): user-defined, see SelfTradeMode.
    """

    cl_ord_id: str
    symbol: str
    side: str
    order_qty: Decimal
    ord_type: str
    px: Decimal | None = None
    time_in_force: str = "0"
    post_only: bool = False
    stop_px: Decimal | None = None
    display_qty: Decimal | None = None
    min_qty: Decimal | None = None
    peg: str = ""
    peg_offset: Decimal | None = None
    self_trade: str = ""
    owner: str = ""
    poss_resend: bool = False
    poss_dup: bool = False
    at_ns: int


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True, tag="cancel_order"):
    """OrderCancelRequest(F)."""

    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str
    at_ns: int


class ReplaceOrder(msgspec.Struct, frozen=True, kw_only=True, tag="replace_order"):
    """OrderCancelReplaceRequest(G). `order_qty` is the new total, with what is done.

    All terms are those of NewOrder, and hold only if they are declared again.
    """

    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str
    order_qty: Decimal
    ord_type: str
    px: Decimal | None = None
    time_in_force: str = "0"
    post_only: bool = False
    stop_px: Decimal | None = None
    display_qty: Decimal | None = None
    min_qty: Decimal | None = None
    peg: str = ""
    peg_offset: Decimal | None = None
    self_trade: str = ""
    owner: str = ""
    at_ns: int


class StatusRequest(msgspec.Struct, frozen=True, kw_only=True, tag="status_request"):
    """OrderStatusRequest(H)."""

    cl_ord_id: str
    symbol: str
    side: str
    ord_status_req_id: str | None = None
    at_ns: int


class MassStatusRequest(msgspec.Struct, frozen=True, kw_only=True, tag="mass_status_request"):
    """OrderMassStatusRequest(AF) for all orders, MassStatusReqType(585) 7."""

    mass_status_req_id: str
    at_ns: int


Request = NewOrder | CancelOrder | ReplaceOrder | StatusRequest | MassStatusRequest


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="execution"):
    """ExecutionReport(8). Prices and the fee in currency units; fee < 0 is a rebate."""

    order_id: str
    cl_ord_id: str
    orig_cl_ord_id: str | None = None
    exec_id: str
    exec_type: ExecType
    ord_status: OrdStatus
    symbol: str
    side: str
    order_qty: int
    cum_qty: int
    leaves_qty: int
    avg_px: Decimal
    last_qty: int = 0
    last_px: Decimal | None = None
    liquidity: LastLiquidityInd | None = None
    fee: Decimal | None = None
    ord_rej_reason: int | None = None
    exec_restatement_reason: int | None = None
    text: str | None = None
    ord_status_req_id: str | None = None
    mass_status_req_id: str | None = None
    tot_num_reports: int | None = None
    last_rpt_requested: bool | None = None
    at_ns: int
    poss_resend: bool = False


class CancelRejected(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="cancel_rejected"
):
    """OrderCancelReject(9)."""

    order_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    ord_status: OrdStatus
    response_to: CxlRejResponseTo
    reason: CxlRejReason
    text: str
    at_ns: int
    poss_resend: bool = False


Answer = Report | CancelRejected
