"""The worker's messages, made from its state: one function a message, nothing decided here."""

from collections.abc import Iterable
from decimal import Decimal

from algos.actions import Reprice, Send
from algos.admission import Admitted
from algos.algorithm import Plan
from algos.order_estimate import estimate_text
from algos.parameters import Rejection
from algos.parent import Parent, Terms
from algos.waits import Wait
from algos.wire_values import plain_values
from domain.children import CancelChild, NewChild, ReplaceChild
from domain.executions import Execution
from domain.fix_codes import CxlRejResponseTo, ExecType, OrdStatus, OrdType
from domain.orders import next_parent_status, reported_status, settled_by_qty
from domain.parents import NewParent, ParentRequest, ReplaceParent
from domain.refusals import RejectReason
from domain.reports import (
    OrderEstimate,
    ParentPlan,
    ParentReport,
    ParentRequestRejected,
    ParentWaiting,
)


def accepted(
    claim: int, order_id: str, exec_id: str, request: NewParent, admitted: Admitted,
    arrival_px: Decimal | None, estimate: OrderEstimate, now_ns: int,
) -> ParentReport:  # fmt: skip
    """ExecType New: the order is taken on, with the terms as they will be kept."""
    terms = admitted.terms
    return ParentReport(
        claim=claim,
        order_id=order_id,
        source=request.source,
        cl_ord_id=request.cl_ord_id,
        exec_id=exec_id,
        exec_type=ExecType.NEW,
        ord_status=OrdStatus.NEW,
        symbol=request.symbol,
        side=request.side,
        order_qty=Decimal(terms.order_qty),
        leaves_qty=terms.order_qty,
        limit_px=request.limit_px,
        algo=admitted.algorithm.name,
        chosen_params=admitted.chosen_params,
        start_ns=terms.start_ns,
        end_ns=terms.end_ns,
        arrival_px=arrival_px,
        text=_joined((*admitted.notes, estimate_text(estimate))),
        estimate=estimate,
        transact_ns=now_ns,
    )


def order_rejected(
    claim: int, order_id: str, exec_id: str, request: NewParent, rejection: Rejection,
    ord_status: OrdStatus, now_ns: int,
) -> ParentReport:  # fmt: skip
    """ExecType Rejected. For a duplicate, `ord_status` is that of the order it repeats (F.1.a)."""
    return ParentReport(
        claim=claim,
        order_id=order_id,
        source=request.source,
        cl_ord_id=request.cl_ord_id,
        exec_id=exec_id,
        exec_type=ExecType.REJECTED,
        ord_status=ord_status,
        symbol=request.symbol,
        side=request.side,
        order_qty=request.order_qty,
        limit_px=request.limit_px,
        algo=request.algo,
        reason=rejection.reason,
        field=rejection.field,
        text=rejection.text,
        transact_ns=now_ns,
    )


def request_rejected(
    claim: int, parent: Parent | None, exec_id: str, request: ParentRequest, rejection: Rejection,
    now_ns: int,
) -> ParentRequestRejected:  # fmt: skip
    """A cancel, replace, pause or resume is refused; the order goes on as it was."""
    assert not isinstance(request, NewParent)
    response_to = (
        CxlRejResponseTo.REPLACE_REQUEST
        if isinstance(request, ReplaceParent)
        else CxlRejResponseTo.CANCEL_REQUEST
    )
    return ParentRequestRejected(
        claim=claim,
        order_id="NONE" if parent is None else parent.order_id,
        source=request.source,
        cl_ord_id=request.cl_ord_id,
        orig_cl_ord_id=request.orig_cl_ord_id,
        exec_id=exec_id,
        symbol=request.symbol,
        ord_status=OrdStatus.REJECTED if parent is None else _status_without(parent, request),
        response_to=response_to,
        reason=rejection.reason,
        field=rejection.field,
        text=rejection.text,
        transact_ns=now_ns,
    )


def _status_without(parent: Parent, request: ParentRequest) -> OrdStatus:
    """OrdStatus(39) once `request` is no longer pending (FIX B.1.c)."""
    cancel, replace = parent.pending_cancel, parent.pending_replace
    return reported_status(
        parent.status,
        pending_cancel=cancel is not None and cancel.cl_ord_id != request.cl_ord_id,
        pending_replace=replace is not None and replace.cl_ord_id != request.cl_ord_id,
        suspended=parent.paused,
    )


def on_request(
    claim: int, parent: Parent, exec_id: str, exec_type: ExecType, now_ns: int, *,
    cl_ord_id: str | None = None, orig_cl_ord_id: str | None = None, terms: Terms | None = None,
    text: str | None = None, estimate: OrderEstimate | None = None,
) -> ParentReport:  # fmt: skip
    """A step of a parent's life that is no fill: pending, replaced, canceled, expired, paused."""
    kept = parent.terms if terms is None else terms
    status = next_parent_status(parent.status, exec_type)
    status = settled_by_qty(status, kept.order_qty, parent.told_cum_qty)
    closing = exec_type in (ExecType.CANCELED, ExecType.EXPIRED)
    shown = reported_status(
        status,
        pending_cancel=exec_type is ExecType.PENDING_CANCEL
        or (parent.pending_cancel is not None and exec_type is not ExecType.CANCELED),
        pending_replace=exec_type is ExecType.PENDING_REPLACE
        or (parent.pending_replace is not None and exec_type is not ExecType.REPLACED),
        suspended=exec_type is ExecType.SUSPENDED
        or (parent.paused and exec_type is not ExecType.RESTATED),
    )
    limit = kept.limit_px_ticks
    return ParentReport(
        claim=claim,
        order_id=parent.order_id,
        source=parent.source,
        cl_ord_id=parent.cl_ord_id if cl_ord_id is None else cl_ord_id,
        orig_cl_ord_id=orig_cl_ord_id,
        exec_id=exec_id,
        exec_type=exec_type,
        ord_status=status if closing else shown,
        symbol=parent.instrument.symbol,
        side=parent.side,
        order_qty=Decimal(kept.order_qty),
        cum_qty=parent.told_cum_qty,
        leaves_qty=0 if closing else max(kept.order_qty - parent.told_cum_qty, 0),
        avg_px=parent.avg_px,
        limit_px=None if limit is None else parent.instrument.px(limit),
        algo=parent.algo,
        start_ns=kept.start_ns,
        end_ns=kept.end_ns,
        text=text if estimate is None else _joined((text, estimate_text(estimate))),
        estimate=estimate,
        waited_ms=parent.waits.waited_ms(now_ns) if closing else {},
        transact_ns=now_ns,
    )


def _joined(texts: Iterable[str | None]) -> str | None:
    """What there is to say, in one line."""
    return "; ".join(text for text in texts if text) or None


def fill_exec_id(parent: Parent, venue: str, venue_exec_id: str) -> str:
    """ExecID(17) of our report on an execution of a venue."""
    return f"{parent.order_id}.{venue}.{venue_exec_id}"


def fill_report(
    claim: int, parent: Parent, child_cl_ord_id: str, execution: Execution, now_ns: int
) -> ParentReport | None:
    """A fill, bust or correction at a venue, told to the OMS with the parent's own sums.

    None for a bust of what the OMS was never told of, or no longer believes. A correction of such
    is told as the fill that it is.
    """
    kind = execution.exec_type
    ref_id = fill_exec_id(parent, execution.venue, execution.exec_ref_id or "")
    referred = None if kind is ExecType.TRADE else parent.told.get(ref_id)
    if referred is None or not referred.qty:
        referred = None
        if kind is ExecType.TRADE_CANCEL:
            return None
        kind = ExecType.TRADE
    undone = 0 if referred is None else referred.qty
    undone_notional = undone * referred.px if referred is not None else Decimal(0)
    added = 0 if kind is ExecType.TRADE_CANCEL else execution.last_qty
    last_px = execution.last_px or Decimal(0)
    cum_qty = parent.told_cum_qty + added - undone
    notional = parent.told_notional + added * last_px - undone_notional
    status = next_parent_status(parent.status, kind)
    status = settled_by_qty(status, parent.terms.order_qty, cum_qty)
    closed = status in (OrdStatus.CANCELED, OrdStatus.EXPIRED)
    limit = parent.terms.limit_px_ticks
    return ParentReport(
        claim=claim,
        order_id=parent.order_id,
        source=parent.source,
        cl_ord_id=parent.cl_ord_id,
        exec_id=fill_exec_id(parent, execution.venue, execution.exec_id),
        exec_type=kind,
        ord_status=reported_status(
            status,
            pending_cancel=parent.pending_cancel is not None,
            pending_replace=parent.pending_replace is not None,
            suspended=parent.paused,
        ),
        symbol=parent.instrument.symbol,
        side=parent.side,
        order_qty=Decimal(parent.terms.order_qty),
        cum_qty=cum_qty,
        leaves_qty=0 if closed else max(parent.terms.order_qty - cum_qty, 0),
        avg_px=round(notional / cum_qty, 8) if cum_qty else Decimal(0),
        limit_px=None if limit is None else parent.instrument.px(limit),
        algo=parent.algo,
        start_ns=parent.terms.start_ns,
        end_ns=parent.terms.end_ns,
        last_qty=execution.last_qty,
        last_px=execution.last_px,
        venue=execution.venue,
        child_cl_ord_id=child_cl_ord_id,
        venue_exec_id=execution.exec_id,
        exec_ref_id=None if referred is None else ref_id,
        liquidity=execution.liquidity,
        fee=execution.fee,
        text="more than ordered was filled" if cum_qty > parent.terms.order_qty else None,
        waited_ms=parent.waits.waited_ms(now_ns) if status is OrdStatus.FILLED else {},
        transact_ns=now_ns,
    )


def plan_of(claim: int, parent: Parent, plan: Plan, times_ns: tuple[int, ...], seed: int,
            reason: str, now_ns: int) -> ParentPlan:  # fmt: skip
    """The plan that is followed from now on, at these wall times; it replaces an earlier one."""
    return ParentPlan(
        claim=claim,
        order_id=parent.order_id,
        source=parent.source,
        cl_ord_id=parent.cl_ord_id,
        symbol=parent.instrument.symbol,
        algo=parent.algo,
        version=parent.plan_version + 1,
        seed=seed,
        reason=reason,
        times_ns=times_ns,
        cum_qty=plan.schedule.cum_qty,
        params=plain_values(parent.params),
        inputs=dict(plan.inputs),
        transact_ns=now_ns,
    )


def waiting_of(claim: int, parent: Parent, wait: Wait, now_ns: int) -> ParentWaiting:
    """Why nothing is sent now, and for how long it has waited for what."""
    return ParentWaiting(
        claim=claim,
        order_id=parent.order_id,
        source=parent.source,
        cl_ord_id=parent.cl_ord_id,
        symbol=parent.instrument.symbol,
        reason=wait.reason,
        refusal=wait.refusal,
        venue=wait.venue,
        since_ns=parent.waits.since_ns,
        waited_ms=parent.waits.waited_ms(now_ns),
        due_qty=parent.due_qty,
        cum_qty=parent.cum_qty,
        open_qty=parent.open_qty,
        transact_ns=now_ns,
    )


def child_of(
    claim: int, parent: Parent, cl_ord_id: str, send: Send, queue_qty: int | None, now_ns: int
) -> NewChild:
    """A new order at a venue. PegOffsetValue(211) is added as it is signed: a seller's is negative
    towards the other side (FIX 4.4 volume 6).
    """
    instrument = parent.instrument
    return NewChild(
        claim=claim,
        order_id=parent.order_id,
        parent_qty=parent.terms.order_qty,
        cl_ord_id=cl_ord_id,
        venue=send.venue,
        symbol=instrument.symbol,
        side=parent.side,
        order_qty=send.qty,
        ord_type=OrdType.MARKET if send.px_ticks is None else OrdType.LIMIT,
        px=None if send.px_ticks is None else instrument.px(send.px_ticks),
        time_in_force=send.time_in_force,
        post_only=send.post_only,
        algo=parent.algo,
        decided_ns=now_ns,
        display_qty=send.display_qty,
        min_qty=send.min_qty,
        peg=send.peg,
        peg_offset=instrument.tick * send.peg_offset_ticks * parent.side.sign,
        queue_qty=queue_qty,
    )


def replacement_of(
    claim: int, parent: Parent, cl_ord_id: str, venue: str, reprice: Reprice,
    queue_qty: int | None, now_ns: int,
) -> ReplaceChild:  # fmt: skip
    """Ask a venue for another price and total quantity of a child."""
    return ReplaceChild(
        claim=claim,
        order_id=parent.order_id,
        parent_qty=parent.terms.order_qty,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=reprice.cl_ord_id,
        venue=venue,
        symbol=parent.instrument.symbol,
        side=parent.side,
        order_qty=reprice.qty,
        px=parent.instrument.px(reprice.px_ticks),
        decided_ns=now_ns,
        queue_qty=queue_qty,
    )


def cancel_of(claim: int, parent: Parent, cl_ord_id: str, child_cl_ord_id: str, venue: str,
              order_qty: int, now_ns: int) -> CancelChild:  # fmt: skip
    """Ask a venue to end a child."""
    return CancelChild(
        claim=claim,
        order_id=parent.order_id,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=child_cl_ord_id,
        venue=venue,
        symbol=parent.instrument.symbol,
        side=parent.side,
        order_qty=order_qty,
        decided_ns=now_ns,
    )


UNKNOWN_ORDER = Rejection(
    RejectReason.UNKNOWN_ORDER, "orig_cl_ord_id", "no order of this source has this id"
)
