"""Between our records and a venue's FIX 4.4 messages, both ways. Pure; knows no order's state.

What we send: D, F, G, H, Q and TestRequest(1). What we read: ExecutionReport(8),
OrderCancelReject(9), BusinessMessageReject(j) and Reject(3). The session header, length and
checksum belong to the FIX engine.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from domain.children import CancelChild, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, Execution
from domain.fix_codes import (
    CxlRejReason,
    CxlRejResponseTo,
    ExecType,
    LastLiquidityInd,
    OrdStatus,
    VenueOrdType,
)
from domain.fix_message import BadField, Fields, FixMessage, timestamp_text
from domain.instruments import MAX_QTY, Instrument, OffGrid, Side

TEXT_MAX: Final = 512  # characters of a venue's Text(58) that we keep
ID_MAX: Final = 64  # characters of an id of a venue's; none uses more than 40
_PARTICIPATE_DO_NOT_INITIATE: Final = "6"  # ExecInst(18)
_AUTOMATED_NO_INTERVENTION: Final = "1"  # HandlInst(21)

# What FIX 4.2 engines and 5.0 ones say instead of a 4.4 ExecType(150).
_FOREIGN_EXEC_TYPES: Final = {"1": ExecType.TRADE, "2": ExecType.TRADE}


class Origin(NamedTuple):
    """Which FIX message a record comes from."""

    venue: str
    session: str
    msg_seq_num: int
    poss_dup: bool
    received_ns: int


def new_order_single(child: NewChild, symbol: str, now_ns: int) -> Fields:
    """NewOrderSingle(D)."""
    fields: Fields = [(11, child.cl_ord_id), (21, _AUTOMATED_NO_INTERVENTION)]
    fields += _exec_inst(child)
    fields += [(55, symbol), (54, child.side), (60, timestamp_text(now_ns)),
               (38, str(child.order_qty)), (40, _ord_type(child))]  # fmt: skip
    if child.px is not None:
        fields.append((44, px_text(child.px)))
    return [*fields, (59, child.time_in_force), *_special(child)]


def cancel_request(request: CancelChild, orig_cl_ord_id: str, now_ns: int) -> Fields:
    """OrderCancelRequest(F). `orig_cl_ord_id`: the last id of the chain that we sent (D.1)."""
    return [
        (41, orig_cl_ord_id), (11, request.cl_ord_id), (55, request.symbol), (54, request.side),
        (60, timestamp_text(now_ns)), (38, str(request.order_qty)),
    ]  # fmt: skip


def replace_request(
    request: ReplaceChild, terms: NewChild, orig_cl_ord_id: str, now_ns: int
) -> Fields:
    """OrderCancelReplaceRequest(G). All terms are declared again: none is carried over."""
    fields: Fields = [(41, orig_cl_ord_id), (11, request.cl_ord_id),
                      (21, _AUTOMATED_NO_INTERVENTION)]  # fmt: skip
    fields += _exec_inst(terms)
    fields += [
        (55, request.symbol), (54, request.side), (60, timestamp_text(now_ns)),
        (38, str(request.order_qty)), (40, _ord_type(terms)), (44, px_text(request.px)),
        (59, terms.time_in_force),
    ]  # fmt: skip
    return [*fields, *_special(terms)]


def _exec_inst(child: NewChild) -> Fields:
    """ExecInst(18), if there is anything to say."""
    said = [_PARTICIPATE_DO_NOT_INITIATE] if child.post_only else []
    said += [child.peg] if child.peg is not None else []
    return [(18, " ".join(said))] if said else []


def _ord_type(child: NewChild) -> str:
    """A replaced child has a price, so it is a limit order or a peg with one."""
    return VenueOrdType.PEGGED if child.peg is not None else child.ord_type


def _special(child: NewChild) -> Fields:
    """MaxFloor(111), MinQty(110) and PegOffsetValue(211), where they are not the default."""
    fields: Fields = []
    if child.display_qty is not None:
        fields.append((111, str(child.display_qty)))
    if child.min_qty:
        fields.append((110, str(child.min_qty)))
    if child.peg_offset:
        fields.append((211, px_text(child.peg_offset)))
    return fields


def status_request(cl_ord_id: str, symbol: str, side: Side) -> Fields:
    """OrderStatusRequest(H)."""
    return [(11, cl_ord_id), (55, symbol), (54, side)]


def mass_status_request(request_id: str) -> Fields:
    """OrderMassStatusRequest(AF) for all orders."""
    return [(584, request_id), (585, "7")]


def dont_know_trade(execution: Execution) -> Fields:
    """DontKnowTrade(Q): no matching order."""
    return [
        (37, execution.venue_order_id or "NONE"), (17, execution.exec_id), (127, "D"),
        (55, execution.symbol), (54, execution.side), (38, str(execution.order_qty)),
        (32, str(execution.last_qty)), (31, px_text(execution.last_px or Decimal(0))),
    ]  # fmt: skip


def px_text(px: Decimal) -> str:
    """A price without an exponent, as FIX wants it."""
    return f"{px:f}"


def symbol_of(message: FixMessage) -> str:
    """Symbol(55), or nothing."""
    return message.get(55) or ""


def read_execution_report(message: FixMessage, origin: Origin, instrument: Instrument) -> Execution:
    """One ExecutionReport(8). Raises BadField.

    A reject of a second order under a ClOrdID(11) that is in use carries the status of the first
    (F.1.a): it says nothing against that one, so it becomes an ORDER_STATUS with its reason.
    """
    exec_type = _exec_type(message)
    ord_status = _ord_status(message)
    if exec_type is ExecType.REJECTED and ord_status is not OrdStatus.REJECTED:
        exec_type = ExecType.ORDER_STATUS
    cum_qty = _qty(message, 14)
    leaves_qty = _qty(message, 151)
    return Execution(
        venue=origin.venue,
        session=origin.session,
        msg_seq_num=origin.msg_seq_num,
        poss_dup=origin.poss_dup,
        trade_date=trade_date(message),
        exec_id=_id(message, 17),
        exec_type=exec_type,
        ord_status=ord_status,
        cl_ord_id=_id(message, 11, ""),
        orig_cl_ord_id=_id(message, 41, "") or None,
        venue_order_id=_id(message, 37),
        symbol=instrument.symbol,
        side=_side(message),
        order_qty=_qty(message, 38) if message.get(38) else cum_qty + leaves_qty,
        cum_qty=cum_qty,
        leaves_qty=leaves_qty,
        avg_px=_decimal(message, 6) or Decimal(0),
        last_qty=_last_qty(message, exec_type, instrument),
        last_px=_decimal(message, 31),
        liquidity=_liquidity(message),
        fee=_decimal(message, 12),
        exec_ref_id=_exec_ref_id(message, exec_type),
        ord_rej_reason=message.integer(103) if message.get(103) else None,
        text=_text(message),
        transact_ns=message.timestamp_ns(60) if message.get(60) else origin.received_ns,
        received_ns=origin.received_ns,
    )


def read_cancel_reject(message: FixMessage, origin: Origin, symbol: str) -> ChildCancelRejected:
    """One OrderCancelReject(9). Raises BadField."""
    return ChildCancelRejected(
        venue=origin.venue,
        session=origin.session,
        msg_seq_num=origin.msg_seq_num,
        cl_ord_id=_id(message, 11),
        orig_cl_ord_id=_id(message, 41),
        symbol=symbol,
        ord_status=_ord_status(message),
        response_to=_response_to(message),
        reason=_cxl_rej_reason(message),
        text=_text(message),
        received_ns=origin.received_ns,
    )


def rejected_order(child: NewChild, message: FixMessage, origin: Origin) -> Execution:
    """Reject(3) or BusinessMessageReject(j) of a NewOrderSingle: the venue never took it."""
    return Execution(
        venue=origin.venue,
        session=origin.session,
        msg_seq_num=origin.msg_seq_num,
        poss_dup=origin.poss_dup,
        trade_date=trade_date(message),
        exec_id=f"{message.msg_type}-{child.cl_ord_id}",
        exec_type=ExecType.REJECTED,
        ord_status=OrdStatus.REJECTED,
        cl_ord_id=child.cl_ord_id,
        venue_order_id="NONE",
        symbol=child.symbol,
        side=child.side,
        order_qty=child.order_qty,
        cum_qty=0,
        leaves_qty=0,
        avg_px=Decimal(0),
        text=_refusal_text(message),
        transact_ns=origin.received_ns,
        received_ns=origin.received_ns,
    )


def rejected_request(
    request: CancelChild | ReplaceChild, message: FixMessage, origin: Origin, status: OrdStatus
) -> ChildCancelRejected:
    """Reject(3) or BusinessMessageReject(j) of a cancel or replace: the order stays as it was."""
    is_cancel = isinstance(request, CancelChild)
    return ChildCancelRejected(
        venue=origin.venue,
        session=origin.session,
        msg_seq_num=origin.msg_seq_num,
        cl_ord_id=request.cl_ord_id,
        orig_cl_ord_id=request.orig_cl_ord_id,
        symbol=request.symbol,
        ord_status=status,
        response_to=CxlRejResponseTo.CANCEL_REQUEST if is_cancel
        else CxlRejResponseTo.REPLACE_REQUEST,
        reason=CxlRejReason.OTHER,
        text=_refusal_text(message),
        received_ns=origin.received_ns,
    )  # fmt: skip


def trade_date(message: FixMessage) -> str:
    """The day within which an ExecID(17) is unique; the same for every resend of a message.

    TradeDate(75), else the day of TransactTime(60), else of the first sending (122, or 52).
    """
    for tag in (75, 60, 122, 52):
        value = message.get(tag)
        if value and len(value) >= 8 and value[:8].isdigit():
            return value[:8]
    raise BadField(75, "missing, and no time either")


def _exec_type(message: FixMessage) -> ExecType:
    value = message.require(150)
    if value in _FOREIGN_EXEC_TYPES:
        return _FOREIGN_EXEC_TYPES[value]
    try:
        return ExecType(value)
    except ValueError as error:
        raise BadField(150, f"{value!r} is not an ExecType") from error


def _ord_status(message: FixMessage) -> OrdStatus:
    value = message.require(39)
    try:
        return OrdStatus(value)
    except ValueError as error:
        raise BadField(39, f"{value!r} is not an OrdStatus") from error


def _side(message: FixMessage) -> Side:
    value = message.require(54)
    try:
        return Side(value)
    except ValueError as error:
        raise BadField(54, f"{value!r} is not a side we trade") from error


def _response_to(message: FixMessage) -> CxlRejResponseTo:
    value = message.require(434)
    try:
        return CxlRejResponseTo(value)
    except ValueError as error:
        raise BadField(434, f"{value!r} is neither 1 nor 2") from error


def _cxl_rej_reason(message: FixMessage) -> CxlRejReason:
    """A reason that we do not know is OTHER: the reject itself is what counts."""
    try:
        return CxlRejReason(message.get(102, "99") or "99")
    except ValueError:
        return CxlRejReason.OTHER


def _liquidity(message: FixMessage) -> LastLiquidityInd | None:
    value = message.get(851)
    try:
        return LastLiquidityInd(value) if value else None
    except ValueError as error:
        raise BadField(851, f"{value!r} is not a LastLiquidityInd") from error


def _last_qty(message: FixMessage, exec_type: ExecType, instrument: Instrument) -> int:
    if exec_type in (ExecType.TRADE, ExecType.TRADE_CORRECT):
        try:
            return instrument.fill_qty(message.decimal(32), "LastQty(32)")
        except OffGrid as error:
            raise BadField(32, error.text) from error
    return _qty(message, 32) if message.get(32) else 0


def _exec_ref_id(message: FixMessage, exec_type: ExecType) -> str | None:
    if exec_type in (ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT):
        return _id(message, 19)
    return _id(message, 19, "") or None


def _qty(message: FixMessage, tag: int) -> int:
    """A quantity in shares, zero included. Raises BadField."""
    value = message.decimal(tag)
    if value < 0 or value > MAX_QTY or value != value.to_integral_value():
        raise BadField(tag, f"{value} is not a number of shares")
    return int(value)


def _decimal(message: FixMessage, tag: int) -> Decimal | None:
    return message.decimal(tag) if message.get(tag) else None


def _id(message: FixMessage, tag: int, default: str | None = None) -> str:
    value = message.get(tag) or default
    if value is None:
        raise BadField(tag, "missing")
    if len(value) > ID_MAX or not (value.isascii() and value.isprintable()):
        raise BadField(tag, f"longer than {ID_MAX} or not printable ASCII")
    return value


def _text(message: FixMessage) -> str | None:
    value = message.get(58)
    return value[:TEXT_MAX] if value else None


def _refusal_text(message: FixMessage) -> str:
    code = message.get(380) if message.msg_type == "j" else message.get(373)
    return f"{message.msg_type} {code or ''}: {_text(message) or ''}"[:TEXT_MAX]
