"""Our reports on parents to FIX 4.4 fields: ExecutionReport(8), OrderCancelReject(9), j. Pure.

ParentPlan and ParentWaiting have no FIX message: they stay on Kafka.
"""

from decimal import Decimal
from typing import Final

from domain.fix_codes import CxlRejReason, CxlRejResponseTo, ExecType, OrdStatus, OrdType
from domain.fix_message import Fields, timestamp_text
from domain.reports import ParentReport, ParentRequestRejected
from gateway.oms_fields import (
    CXL_REJ_REASONS,
    ID_MAX,
    ORD_REJ_REASONS,
    STRATEGIES,
    TEXT_MAX,
    fix_field,
    reject_text,
    shown,
)

NONE: Final = "NONE"  # OrderID(37) of an order that is not known, or not yet numbered by the worker
_DECIMALS: Final = Decimal("1E-8")  # AvgPx(6) is rounded to this
_ABSOLUTE: Final = 3  # CommType(13): Commission(12) is an amount of money


def execution_report(report: ParentReport) -> Fields:
    """The body of an ExecutionReport(35=8)."""
    fields: Fields = [
        (37, report.order_id),
        (11, report.cl_ord_id),
        *_optional(41, report.orig_cl_ord_id),
        (17, report.exec_id),
        *_optional(19, report.exec_ref_id),
        (150, report.exec_type.value),
        (39, report.ord_status.value),
        *_rejection(report),
        (55, report.symbol),
        (54, report.side.value),
        (38, number(report.order_qty)),
        (40, (OrdType.MARKET if report.limit_px is None else OrdType.LIMIT).value),
        *_optional(44, report.limit_px),
        *strategy(report.algo),
        *_optional_time(168, report.start_ns),
        *_optional_time(126, report.end_ns),
        *_fill(report),
        (151, str(report.leaves_qty)),
        (14, str(report.cum_qty)),
        (6, average_px(report.avg_px)),
        (60, timestamp_text(report.transact_ns)),
    ]
    return fields


def cancel_reject(report: ParentRequestRejected) -> Fields:
    """The body of an OrderCancelReject(35=9)."""
    field = None if report.field is None else fix_field(report.field)
    return rejected_request(
        order_id=report.order_id,
        cl_ord_id=report.cl_ord_id,
        orig_cl_ord_id=report.orig_cl_ord_id,
        ord_status=report.ord_status,
        response_to=report.response_to,
        reason=CXL_REJ_REASONS[report.reason],
        text=reject_text(report.reason, field, report.text),
        transact_ns=report.transact_ns,
    )


def rejected_request(
    *, order_id: str, cl_ord_id: str, orig_cl_ord_id: str, ord_status: OrdStatus,
    response_to: CxlRejResponseTo, reason: CxlRejReason, text: str, transact_ns: int,
) -> Fields:  # fmt: skip
    """The body of an OrderCancelReject(35=9)."""
    return [
        (37, order_id),
        (11, cl_ord_id),
        (41, orig_cl_ord_id),
        (39, ord_status.value),
        (434, response_to.value),
        (102, reason.value),
        (58, text),
        (60, timestamp_text(transact_ns)),
    ]


def strategy(algo: str) -> Fields:
    """TargetStrategy(847) of an algorithm; nothing for one that FIX has no number for."""
    number_847 = STRATEGIES.get(algo) or algo.removeprefix("847=")
    return [(847, number_847)] if number_847.isdigit() else []


def number(value: Decimal) -> str:
    """A Decimal as FIX writes numbers: no exponent, no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def average_px(value: Decimal) -> str:
    """AvgPx(6), rounded to eight decimals."""
    return number(value.quantize(_DECIMALS))


def _rejection(report: ParentReport) -> Fields:
    if report.reason is None:
        return [] if not report.text else [(58, shown(report.text, TEXT_MAX))]
    field = None if report.field is None else fix_field(report.field)
    text = (58, reject_text(report.reason, field, report.text))
    if report.exec_type is not ExecType.REJECTED:
        return [text]
    return [(103, str(ORD_REJ_REASONS[report.reason])), text]


def _fill(report: ParentReport) -> Fields:
    if report.last_px is None:
        return []
    return [
        (32, str(report.last_qty)),
        (31, number(report.last_px)),
        *_optional(30, report.venue),
        *([] if report.liquidity is None else [(851, report.liquidity.value)]),
        *_optional(527, report.venue_exec_id),
        *([] if report.fee is None else [(12, number(report.fee)), (13, str(_ABSOLUTE))]),
    ]


def _optional(tag: int, value: str | Decimal | None) -> Fields:
    if value is None:
        return []
    return [(tag, number(value) if isinstance(value, Decimal) else shown(value, 2 * ID_MAX))]


def _optional_time(tag: int, at_ns: int | None) -> Fields:
    return [] if at_ns is None else [(tag, timestamp_text(at_ns))]
