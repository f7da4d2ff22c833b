"""What the OMS is told of its parents: topic `reports`. Written by the partition's worker only.

These are also the worker's recorded decisions about parents: a restarted worker folds them.
`claim` fences as on `children`; `exec_id` is a function of what caused the report, so a reader
that sees one twice can tell.
"""

from decimal import Decimal

import msgspec

from domain.children import Claim
from domain.fix_codes import (
    CxlRejResponseTo,
    ExecType,
    LastLiquidityInd,
    OrdStatus,
)
from domain.instruments import Side
from domain.parents import ParamValue
from domain.refusals import RefusalReason, RejectReason, WaitReason


class OrderEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a parent is expected to cost and to come to, as of its acceptance or its new terms, for
    what it has still to do. A figure that cannot be had is None, and `missing` says for want of
    what. Nothing decides by it, but for the policy on orders without hope.

    `cost_bps`: expected cost against the price now, per share that is expected to be filled;
    `spread_bps`, `impact_bps`: its parts; `cost`: of all of these. `risk_bps`: standard deviation
    of the market's moves. `expected_fill_qty`: shares; `expected_completion`: the same as a
    fraction; `completion_probability`: the chance of all. `bounded_by`: what keeps the expected
    completion below 1. `market_qty`: others' volume in the window. `*_from`: where a figure is
    from.
    """

    cost_bps: float | None = None
    spread_bps: float | None = None
    impact_bps: float | None = None
    cost: Decimal | None = None
    risk_bps: float | None = None
    duration_s: float
    expected_fill_qty: int | None = None
    expected_completion: float | None = None
    completion_probability: float | None = None
    bounded_by: WaitReason | None = None
    market_qty: int | None = None
    participation: float | None = None
    max_participation: float
    model: str
    model_from: str
    volatility_from: str
    volume_from: str
    curve_from: str
    spread_from: str
    missing: tuple[str, ...] = ()


class ParentReport(msgspec.Struct, frozen=True, kw_only=True, tag="parent_report"):
    """One ExecutionReport(35=8) on a parent.

    `order_id`: OrderID(37), ours. `cl_ord_id`: the last accepted ClOrdID(11) of the chain, or of
    the request answered. `last_*`, `venue`, `child_cl_ord_id`, `liquidity`, `fee`: on fills only.
    `venue_exec_id`: the execution at the venue. `exec_ref_id`: on TRADE_CANCEL and TRADE_CORRECT,
    our report on the fill that is undone or put right. `reason`, `field`: on rejections.
    `algo`: the one that works it, also where the OMS left it to us; then `chosen_params`, on NEW,
    are what it was given. `arrival_px`: mid at acceptance, on NEW; None if there was no two-sided
    market.
    `waited_ms`: on the last report, how long the order waited for what, by reason.
    `estimate`: on NEW and REPLACED.
    """

    claim: int
    order_id: str
    source: str
    cl_ord_id: str
    orig_cl_ord_id: str | None = None
    exec_id: str
    exec_type: ExecType
    ord_status: OrdStatus
    symbol: str
    side: Side
    order_qty: Decimal
    cum_qty: int = 0
    leaves_qty: int = 0
    avg_px: Decimal = Decimal(0)
    limit_px: Decimal | None = None
    algo: str
    chosen_params: dict[str, ParamValue] | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    arrival_px: Decimal | None = None
    last_qty: int = 0
    last_px: Decimal | None = None
    venue: str | None = None
    child_cl_ord_id: str | None = None
    venue_exec_id: str | None = None
    exec_ref_id: str | None = None
    liquidity: LastLiquidityInd | None = None
    fee: Decimal | None = None
    reason: RejectReason | None = None
    field: str | None = None
    text: str | None = None
    waited_ms: dict[str, int] = {}
    estimate: OrderEstimate | None = None
    transact_ns: int


class ParentRequestRejected(msgspec.Struct, frozen=True, kw_only=True,
                            tag="parent_request_rejected"):  # fmt: skip
    """One OrderCancelReject(35=9): a cancel, replace, pause or resume that is refused.

    `order_id` is "NONE" for an order that is not known.
    """

    claim: int
    order_id: str
    source: str
    cl_ord_id: str
    orig_cl_ord_id: str
    exec_id: str
    symbol: str
    ord_status: OrdStatus
    response_to: CxlRejResponseTo
    reason: RejectReason
    field: str | None = None
    text: str
    transact_ns: int


class ParentPlan(msgspec.Struct, frozen=True, kw_only=True, tag="parent_plan"):
    """What a parent follows: by `times_ns[i]`, `cum_qty[i]` shares are due, both (n,), n >= 0.

    `reason`: why there is this version. `inputs`: what it was made from.
    """

    claim: int
    order_id: str
    source: str
    cl_ord_id: str
    symbol: str
    algo: str
    version: int
    seed: int
    reason: str
    times_ns: tuple[int, ...]
    cum_qty: tuple[int, ...]
    params: dict[str, bool | int | float | str | None]
    inputs: dict[str, bool | int | float | str | None] = {}
    transact_ns: int


class ParentWaiting(msgspec.Struct, frozen=True, kw_only=True, tag="parent_waiting"):
    """Why the parent is not sending now. Written when the reason changes; where it flaps, less
    often (algos/waits.py).

    `since_ns`: it has held since then. `waited_ms`: by reason, since the order was accepted.
    `refusal`, `venue`: with `refused`, what venue access said of the last child.
    """

    claim: int
    order_id: str
    source: str
    cl_ord_id: str
    symbol: str
    reason: WaitReason
    refusal: RefusalReason | None = None
    venue: str | None = None
    since_ns: int = 0
    waited_ms: dict[str, int] = {}
    due_qty: int
    cum_qty: int
    open_qty: int
    transact_ns: int


Report = ParentReport | ParentRequestRejected | ParentPlan | ParentWaiting
ReportRecord = Claim | ParentReport | ParentRequestRejected | ParentPlan | ParentWaiting
