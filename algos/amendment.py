"""Whether new terms for a parent are taken on, and when they may take effect."""

from decimal import Decimal

import msgspec

from algos.admission import RuleTerms, exceeds_limit, off_grid, rule_values, unfit_parameter
from algos.parameters import Rejection, amend_parameters
from algos.parent import Parent, Terms
from algos.rules import broken_rule
from algos.window import fit_end
from domain.instruments import OffGrid
from domain.parents import ReplaceParent
from domain.refusals import RejectReason
from domain.sessions import TradingCalendar, local_time


def judge_replace(
    parent: Parent, request: ReplaceParent, calendar: TradingCalendar,
    max_participation_cap: float, mid_px: Decimal | None, now_ns: int,
) -> Terms | Rejection:  # fmt: skip
    """The terms asked for, on the instrument's grid. `order_qty` may still be below what is done.

    A parent that is filled may be replaced up, its window permitting (fix.md C.1.c). An end after
    the session's close, or in its break, is moved as for a new order.
    """
    old = parent.terms
    algorithm = parent.algorithm
    params = amend_parameters(algorithm.parameters, parent.params, request.params)
    if isinstance(params, Rejection):
        return params
    unfit = unfit_parameter(algorithm, params, parent.instrument, max_participation_cap)
    if unfit is not None:
        return unfit
    try:
        order_qty = old.order_qty if request.order_qty is None else (
            parent.instrument.order_qty(request.order_qty, "order_qty")
        )  # fmt: skip
        limit = old.limit_px_ticks if request.limit_px is None else (
            parent.instrument.px_ticks(request.limit_px, "limit_px")
        )  # fmt: skip
    except OffGrid as error:
        return off_grid(error)
    if parent.done and order_qty <= parent.told_cum_qty:
        return Rejection(RejectReason.TOO_LATE, "order_qty", "the order is already filled")
    end_ns = old.end_ns if request.end_ns is None else request.end_ns
    session = calendar.session_at(old.start_ns)
    if session is not None:
        end_ns, _ = fit_end(end_ns, session)
    if end_ns <= max(now_ns, old.start_ns):
        when = f"{local_time(end_ns, calendar.zone)} {calendar.zone}"
        return Rejection(
            RejectReason.END_BEFORE_START, "end_ns", f"{when} is not after the start, or now"
        )
    limit_px = None if limit is None else parent.instrument.px(limit)
    kept = RuleTerms(
        order_qty=order_qty, side=parent.side, limit_px=limit_px, window_ns=end_ns - old.start_ns
    )
    broken = broken_rule(algorithm.rules, rule_values(params, kept))
    if broken is not None:
        return broken
    too_big = exceeds_limit(parent.instrument, order_qty, limit_px, mid_px)
    if too_big is not None:
        return too_big
    return Terms(order_qty=order_qty, limit_px_ticks=limit, start_ns=old.start_ns, end_ns=end_ns)


def possible_now(parent: Parent, terms: Terms) -> bool:
    """Whether nothing at a venue can break the new terms: neither the quantity nor the limit.

    Overfill is impossible only if new OrderQty >= CumQty + open (fix.md 1.8).
    """
    limit = terms.limit_px_ticks
    through_limit = limit is not None and any(
        px_ticks is None or (px_ticks - limit) * parent.side.sign > 0
        for child in parent.open_children.values()
        for px_ticks in child.limits
    )
    return not through_limit and parent.cum_qty + parent.open_qty <= terms.order_qty


def settled_terms(parent: Parent, terms: Terms) -> Terms:
    """The terms with the quantity raised to what is already done (fix.md C.3.c)."""
    return msgspec.structs.replace(terms, order_qty=max(terms.order_qty, parent.cum_qty))


def adjusted(request: ReplaceParent, terms: Terms, calendar: TradingCalendar) -> str | None:
    """What of the terms is not as it was asked for, in words for the OMS."""
    notes: list[str] = []
    if request.order_qty is not None and request.order_qty < terms.order_qty:
        notes.append("quantity raised to what is filled")
    session = calendar.session_at(terms.start_ns)
    if request.end_ns is not None and session is not None:
        notes += fit_end(request.end_ns, session)[1]
    return "; ".join(notes) or None
