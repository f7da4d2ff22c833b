"""Whether a parent order is taken on: its terms on the instrument's grid, or a coded refusal.

Reasons are found in the order of RejectReason. Both doors, FIX and Kafka, end here.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from algos.catalogue import ALGORITHMS, Algorithm
from algos.parameters import (
    Rejection,
    Unit,
    Values,
    foremost,
    fraction_hint,
    read_parameters,
)
from algos.parent import Terms
from algos.rules import END_TIME, ORDER_QTY, WINDOW_S, Value, broken_rule
from algos.window import Window, fit_window
from domain.fix_codes import OrdType
from domain.instruments import GridFault, Instrument, InstrumentTable, OffGrid
from domain.parents import NewParent
from domain.refusals import RejectReason
from domain.sessions import TradingCalendar

ID_MAX: Final = 64  # characters of a ClOrdID(11), a source, an account

_GRID_REASONS: Final = {
    GridFault.OFF_LOT: RejectReason.OFF_LOT,
    GridFault.OFF_TICK: RejectReason.OFF_TICK,
}


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is taken on. `notes`: what was changed on the way, for the OMS to read."""

    instrument: Instrument
    algorithm: Algorithm
    params: Values
    terms: Terms
    notes: tuple[str, ...]


def admit(
    request: NewParent, *, instruments: InstrumentTable,
    calendars: Mapping[str, TradingCalendar], start_past_bound_s: int,
    max_participation_cap: float, mid_px: Decimal | None, now_ns: int,
) -> Admitted | Rejection:  # fmt: skip
    """Judge a new parent by itself; who asked before, and kill switches, are the caller's."""
    malformed = _malformed(request)
    if malformed is not None:
        return malformed
    instrument = instruments.get(request.symbol)
    if instrument is None:
        return Rejection(RejectReason.UNKNOWN_SYMBOL, "symbol", f"{request.symbol!r} is not traded")
    algorithm = ALGORITHMS.get(request.algo)
    if algorithm is None:
        known = ", ".join(ALGORITHMS)
        return Rejection(
            RejectReason.UNKNOWN_ALGO, "algo", f"{request.algo!r} is not one of {known}"
        )
    params = read_parameters(algorithm.parameters, request.params)
    if isinstance(params, Rejection):
        return params
    unfit = unfit_parameter(algorithm, params, instrument.lot, max_participation_cap)
    if unfit is not None:
        return unfit
    try:
        order_qty = instrument.order_qty(request.order_qty, "order_qty")
        limit = (
            None if request.limit_px is None else instrument.px_ticks(request.limit_px, "limit_px")
        )
    except OffGrid as error:
        return off_grid(error)
    window = _window(request, params, calendars[instrument.calendar], start_past_bound_s, now_ns)
    if isinstance(window, Rejection):
        return window
    broken = broken_rule(
        algorithm.rules,
        rule_values(params, order_qty, window.start_ns, window.end_ns, end_time=request.end_ns),
    )
    if broken is not None:
        return broken
    too_big = exceeds_limit(instrument, order_qty, request.limit_px, mid_px)
    if too_big is not None:
        return too_big
    return Admitted(
        instrument=instrument,
        algorithm=algorithm,
        params=params,
        terms=Terms(
            order_qty=order_qty,
            limit_px_ticks=limit,
            start_ns=window.start_ns,
            end_ns=window.end_ns,
        ),
        notes=window.notes,
    )


def unfit_parameter(
    algorithm: Algorithm, params: Values, lot: int, max_participation_cap: float
) -> Rejection | None:
    """What is wrong with parameters for this house and this instrument."""
    capped = above_house_cap(params, max_participation_cap)
    return off_lot_parameter(algorithm, params, lot) if capped is None else capped


def above_house_cap(params: Values, max_participation_cap: float) -> Rejection | None:
    """The settings' limit on what an order may ask for (`risk.max_participation_cap`)."""
    cap = params.get("max_participation")
    if not isinstance(cap, float) or cap <= max_participation_cap:
        return None
    hint = f"; this is a fraction, {fraction_hint(cap)}" if cap == 1.0 else ""
    return Rejection(
        RejectReason.BAD_PARAMETER, "params.max_participation",
        f"{cap:g} is above the house cap {max_participation_cap:g}{hint}",
    )  # fmt: skip


def off_lot_parameter(algorithm: Algorithm, params: Values, lot: int) -> Rejection | None:
    """Shares of children come in whole lots."""
    for parameter in algorithm.parameters:
        qty = params[parameter.name]
        if parameter.unit is Unit.SHARES and isinstance(qty, int) and qty % lot:
            return Rejection(
                RejectReason.BAD_PARAMETER, f"params.{parameter.name}",
                f"{qty} is not a multiple of the lot, {lot}",
            )  # fmt: skip
    return None


def rule_values(
    params: Values, order_qty: int, start_ns: int, end_ns: int, *, end_time: int | None
) -> dict[str, Value]:
    """What the rules of an algorithm may name. `end_time`: as asked for beside parameters."""
    return params | {
        ORDER_QTY: order_qty,
        END_TIME: end_time,
        WINDOW_S: (end_ns - start_ns) / 1e9,
    }


def _window(
    request: NewParent, params: Values, calendar: TradingCalendar, start_past_bound_s: int,
    now_ns: int,
) -> Window | Rejection:  # fmt: skip
    """The window asked for; a duration counts from the start as it is kept."""
    window = fit_window(request.start_ns, request.end_ns, calendar, start_past_bound_s, now_ns)
    duration = params.get("duration")
    if isinstance(window, Rejection) or request.end_ns is not None:
        return window
    if not isinstance(duration, float):
        return window
    end_ns = window.start_ns + int(duration * 1e9)
    return fit_window(request.start_ns, end_ns, calendar, start_past_bound_s, now_ns)


def off_grid(error: OffGrid) -> Rejection:
    """The coded refusal of a number that is off its grid."""
    basic = RejectReason.BAD_PX if error.field == "limit_px" else RejectReason.BAD_QTY
    return Rejection(_GRID_REASONS.get(error.fault, basic), error.field, error.text)


def exceeds_limit(
    instrument: Instrument, qty: int, limit_px: Decimal | None, mid_px: Decimal | None
) -> Rejection | None:
    """Parent size against the instrument's limits; notional at the higher of the known prices.

    A limit far below the market does not make a sale small.
    """
    if qty > instrument.max_order_qty:
        return Rejection(
            RejectReason.EXCEEDS_LIMIT, "order_qty", f"{qty} is above {instrument.max_order_qty}"
        )
    px = max((each for each in (limit_px, mid_px) if each is not None), default=Decimal(0))
    if px * qty > instrument.max_order_notional:
        return Rejection(
            RejectReason.EXCEEDS_LIMIT, "order_qty",
            f"notional {px * qty:f} is above {instrument.max_order_notional:f}",
        )  # fmt: skip
    return None


def malformed_id(value: str, field: str) -> Rejection | None:
    """Ids are 1 to 64 printable ASCII characters."""
    if not value:
        return Rejection(RejectReason.MISSING_FIELD, field, "empty")
    if len(value) > ID_MAX:
        return Rejection(
            RejectReason.FIELD_TOO_LONG, field, f"{len(value)} characters, more than {ID_MAX}"
        )
    if not (value.isascii() and value.isprintable()):
        return Rejection(RejectReason.MALFORMED, field, "has characters that are not plain ASCII")
    return None


def _malformed(request: NewParent) -> Rejection | None:
    faults = [malformed_id(request.cl_ord_id, "cl_ord_id"), malformed_id(request.source, "source")]
    if request.account is not None:
        faults.append(malformed_id(request.account, "account"))
    if request.ord_type is OrdType.LIMIT and request.limit_px is None:
        faults.append(
            Rejection(RejectReason.MISSING_FIELD, "limit_px", "a limit order needs a limit")
        )
    if request.ord_type is OrdType.MARKET and request.limit_px is not None:
        faults.append(
            Rejection(RejectReason.MALFORMED, "limit_px", "a market order carries no limit")
        )
    return foremost(faults)
