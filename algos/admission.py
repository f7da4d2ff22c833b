"""Whether a parent order is taken on: its terms on the instrument's grid, or a coded refusal.

Reasons are found in the order of RejectReason. Both doors, FIX and Kafka, end here.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from algos.algorithm import Algorithm
from algos.parameters import (
    Rejection,
    Unit,
    Value,
    Values,
    foremost,
    fraction_hint,
    read_parameters,
)
from algos.parent import Terms
from algos.rules import (
    ASK_PX,
    BID_PX,
    END_TIME,
    LIMIT_PX,
    ORDER_QTY,
    RECEIVED_TIME,
    SIDE,
    WINDOW_S,
    broken_rule,
)
from algos.selector import AUTO, Ask, Choice, ask_of, choose
from algos.window import Window, fit_window
from domain.fix_codes import OrdType
from domain.instruments import GridFault, Instrument, InstrumentTable, OffGrid, Side
from domain.parents import NewParent, ParamValue
from domain.refusals import RejectReason
from domain.sessions import Session, TradingCalendar
from marketdata.known_profiles import SessionCurve
from marketdata.symbol_profile import SymbolProfile

ID_MAX: Final = 64  # characters of a ClOrdID(11), a source, an account
_CAPPED: Final = ("max_participation", "target_participation")  # by the house

_GRID_REASONS: Final = {
    GridFault.OFF_LOT: RejectReason.OFF_LOT,
    GridFault.OFF_TICK: RejectReason.OFF_TICK,
}


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is taken on. `notes`: what was changed on the way, for the OMS to read.

    `chosen_params`: what an algorithm that was chosen for it is given; None if it named its own.
    """

    instrument: Instrument
    algorithm: Algorithm
    params: Values
    terms: Terms
    notes: tuple[str, ...]
    chosen_params: dict[str, ParamValue] | None = None


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """The best prices when an order comes, in currency units; None where a side is absent."""

    bid_px: Decimal | None = None
    ask_px: Decimal | None = None

    @property
    def mid_px(self) -> Decimal | None:
        """Half way between them; None if one lacks."""
        if self.bid_px is None or self.ask_px is None:
            return None
        return (self.bid_px + self.ask_px) / 2

    @property
    def spread_bps(self) -> float | None:
        """From one to the other, of the mid; None if one lacks."""
        mid_px = self.mid_px
        if mid_px is None or self.bid_px is None or self.ask_px is None:
            return None
        return float((self.ask_px - self.bid_px) / mid_px) * 1e4


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a symbol when an order comes. `curve`: of a session."""

    profile: SymbolProfile | None = None
    curve: Callable[[Session], SessionCurve]


class RuleTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Terms of an order that rules may name (algos/rules.py). `end_time`: as asked for."""

    order_qty: int
    side: Side
    limit_px: Decimal | None
    window_ns: int
    end_time: int | None = None
    touch: Touch = Touch()
    received_ns: int | None = None


def admit(
    request: NewParent, *, instruments: InstrumentTable, algorithms: Mapping[str, Algorithm],
    calendars: Mapping[str, TradingCalendar], start_past_bound_s: int,
    max_participation_cap: float, default_algo: str, touch: Touch, known: Known, now_ns: int,
) -> Admitted | Rejection:  # fmt: skip
    """Judge a new parent by itself; who asked before, and kill switches, are the caller's."""
    malformed = _malformed(request)
    if malformed is not None:
        return malformed
    instrument = instruments.get(request.symbol)
    if instrument is None:
        return Rejection(RejectReason.UNKNOWN_SYMBOL, "symbol", f"{request.symbol!r} is not traded")
    algorithm = _algorithm(request.algo or default_algo, algorithms)
    if isinstance(algorithm, Rejection):
        return algorithm
    params = _params(algorithm, request.params, instrument, max_participation_cap)
    if isinstance(params, Rejection):
        return params
    sized = _sized(request, instrument)
    if isinstance(sized, Rejection):
        return sized
    order_qty, limit = sized
    calendar = calendars[instrument.calendar]
    window = _window(request, params, calendar, start_past_bound_s, now_ns)
    if isinstance(window, Rejection):
        return window
    admitted = Admitted(
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
    if algorithm.name == AUTO:
        ask = _ask(request, admitted, calendar, touch, known)
        ask = msgspec.structs.replace(ask, house_cap=max_participation_cap)
        choice = choose(ask, admitted.params, request.params, algorithms)
        chosen = _params(choice.algorithm, choice.given, instrument, max_participation_cap)
        if isinstance(chosen, Rejection):
            return chosen
        admitted = _as_chosen(admitted, choice, chosen)
    return _unfit(request, admitted, touch, now_ns) or admitted


def _algorithm(name: str, algorithms: Mapping[str, Algorithm]) -> Algorithm | Rejection:
    found = algorithms.get(name)
    if found is not None:
        return found
    there_are = ", ".join(algorithms)
    if not name:
        return Rejection(RejectReason.MISSING_FIELD, "algo", f"give one of {there_are}")
    return Rejection(RejectReason.UNKNOWN_ALGO, "algo", f"{name!r} is not one of {there_are}")


def _params(
    algorithm: Algorithm, given: Mapping[str, ParamValue], instrument: Instrument,
    max_participation_cap: float,
) -> Values | Rejection:  # fmt: skip
    """The parameters given, read and fit for this house and this instrument."""
    params = read_parameters(algorithm.parameters, given)
    if isinstance(params, Rejection):
        return params
    return unfit_parameter(algorithm, params, instrument, max_participation_cap) or params


def _sized(request: NewParent, instrument: Instrument) -> tuple[int, int | None] | Rejection:
    """(shares, limit in ticks)"""
    try:
        order_qty = instrument.order_qty(request.order_qty, "order_qty")
        limit = (
            None if request.limit_px is None else instrument.px_ticks(request.limit_px, "limit_px")
        )
    except OffGrid as error:
        return off_grid(error)
    return order_qty, limit


def _unfit(
    request: NewParent, admitted: Admitted, touch: Touch, now_ns: int
) -> Rejection | None:  # fmt: skip
    """The rule of its algorithm that an order breaks, or the limit of its instrument."""
    terms = admitted.terms
    asked = RuleTerms(
        order_qty=terms.order_qty, side=request.side, limit_px=request.limit_px,
        window_ns=terms.end_ns - terms.start_ns, end_time=request.end_ns, touch=touch,
        received_ns=now_ns,
    )  # fmt: skip
    broken = broken_rule(admitted.algorithm.rules, rule_values(admitted.params, asked))
    if broken is not None:
        return broken
    return exceeds_limit(admitted.instrument, terms.order_qty, request.limit_px, touch.mid_px)


def _ask(
    request: NewParent, admitted: Admitted, calendar: TradingCalendar, touch: Touch, known: Known
) -> Ask:
    """What the algorithm is chosen by of an order that leaves it to us."""
    terms = admitted.terms
    session = calendar.session_at(terms.start_ns)
    assert session is not None, "a window lies in a session"
    return ask_of(
        terms, session, admitted.params, known.profile, known.curve(session), touch.spread_bps,
        request.symbol,
    )  # fmt: skip


def _as_chosen(admitted: Admitted, choice: Choice, params: Values) -> Admitted:
    return msgspec.structs.replace(
        admitted, algorithm=choice.algorithm, params=params, chosen_params=choice.given,
        notes=(choice.why, *admitted.notes),
    )  # fmt: skip


def unfit_parameter(
    algorithm: Algorithm, params: Values, instrument: Instrument, max_participation_cap: float
) -> Rejection | None:
    """What is wrong with parameters for this house and this instrument."""
    for found in (
        above_house_cap(params, max_participation_cap),
        off_lot_parameter(algorithm, params, instrument.lot),
        off_tick_parameter(algorithm, params, instrument),
    ):
        if found is not None:
            return found
    return None


def above_house_cap(params: Values, max_participation_cap: float) -> Rejection | None:
    """The settings' limit on what an order may ask for (`risk.max_participation_cap`)."""
    for name in _CAPPED:
        rate = params.get(name)
        if isinstance(rate, float) and rate > max_participation_cap:
            hint = f"; this is a fraction, {fraction_hint(rate)}" if rate == 1.0 else ""
            return Rejection(
                RejectReason.BAD_PARAMETER, f"params.{name}",
                f"{rate:g} is above the house cap {max_participation_cap:g}{hint}",
            )  # fmt: skip
    return None


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


def off_tick_parameter(
    algorithm: Algorithm, params: Values, instrument: Instrument
) -> Rejection | None:
    """Prices are on the instrument's grid."""
    for parameter in algorithm.parameters:
        px = params[parameter.name]
        if isinstance(px, Decimal):
            field = f"params.{parameter.name}"
            try:
                instrument.px_ticks(px, field)
            except OffGrid as error:
                return Rejection(RejectReason.BAD_PARAMETER, field, error.text)
    return None


def rule_values(params: Values, terms: RuleTerms) -> dict[str, Value]:
    """What the rules of an algorithm may name."""
    return params | {
        ORDER_QTY: terms.order_qty,
        SIDE: terms.side,
        LIMIT_PX: terms.limit_px,
        END_TIME: terms.end_time,
        WINDOW_S: terms.window_ns / 1e9,
        BID_PX: terms.touch.bid_px,
        ASK_PX: terms.touch.ask_px,
        RECEIVED_TIME: terms.received_ns,
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
