"""What a venue takes and what it refuses: each refusal with its OrdRejReason(103) and text.

Checks run in the order written here and the first fault is the answer. It knows the instruments
of the venue, not its books nor its orders.
"""

from decimal import Decimal
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce, VenueOrdType
from domain.instruments import GridFault, Instrument, OffGrid, Side
from venuesim.requests import NewOrder

# FIX 4.4 OrdRejReason(103).
BROKER_OPTION: Final = 0
UNKNOWN_SYMBOL: Final = 1
EXCEEDS_LIMIT: Final = 3
UNKNOWN_ORDER: Final = 5
DUPLICATE_ORDER: Final = 6
UNSUPPORTED: Final = 11
INCORRECT_QTY: Final = 13
OTHER: Final = 99

ORD_TYPES: Final = (VenueOrdType.MARKET, VenueOrdType.LIMIT)
TIMES_IN_FORCE: Final = (
    TimeInForce.DAY,
    TimeInForce.IMMEDIATE_OR_CANCEL,
    TimeInForce.FILL_OR_KILL,
)


class Refusal(msgspec.Struct, frozen=True):
    """Why an order is not taken."""

    ord_rej_reason: int
    text: str


class Admitted(msgspec.Struct, frozen=True):
    """An order on the grid of its instrument. `px_ticks` None: a market order."""

    instrument: Instrument
    side: Side
    order_qty: int
    px_ticks: int | None
    time_in_force: TimeInForce


def admit(request: NewOrder, instruments: dict[str, Instrument]) -> Admitted | Refusal:
    """The order as the book takes it, or why not."""
    instrument = instruments.get(request.symbol)
    if instrument is None:
        return Refusal(UNKNOWN_SYMBOL, f"Symbol(55) {request.symbol} is not traded here")
    unsupported = _unsupported(request)
    if unsupported is not None:
        return Refusal(UNSUPPORTED, unsupported)
    try:
        order_qty = instrument.child_qty(request.order_qty, "OrderQty(38)")
    except OffGrid as error:
        return Refusal(INCORRECT_QTY, str(error))
    if order_qty > instrument.max_order_qty:
        return Refusal(EXCEEDS_LIMIT, f"OrderQty(38) {order_qty} > {instrument.max_order_qty}")
    px_ticks: int | None = None
    if request.ord_type == VenueOrdType.LIMIT:
        found = admit_px(instrument, request.px)
        if isinstance(found, Refusal):
            return found
        px_ticks = found
    tif = TimeInForce(request.time_in_force)
    return Admitted(instrument, Side(request.side), order_qty, px_ticks, tif)


def admit_px(instrument: Instrument, px: Decimal | None) -> int | Refusal:
    """A limit price in ticks, or why not."""
    if px is None:
        return Refusal(OTHER, "Price(44) missing")
    try:
        return instrument.px_ticks(px, "Price(44)")
    except OffGrid as error:
        return Refusal(OTHER, str(error))


def admit_replace_qty(instrument: Instrument, qty: Decimal, cum_qty: int) -> int | Refusal:
    """A new total quantity, or why not. One that does not exceed what is done need be no lot."""
    try:
        shares = instrument.fill_qty(qty, "OrderQty(38)")
    except OffGrid as error:
        return Refusal(INCORRECT_QTY, str(error))
    if shares > cum_qty and shares % instrument.lot and not instrument.odd_lots:
        fault = GridFault.OFF_LOT.value
        return Refusal(INCORRECT_QTY, f"OrderQty(38): {fault}, lot is {instrument.lot}")
    if shares > instrument.max_order_qty:
        return Refusal(EXCEEDS_LIMIT, f"OrderQty(38) {shares} > {instrument.max_order_qty}")
    return shares


def _unsupported(request: NewOrder) -> str | None:
    if request.side not in list(Side):
        return f"Side(54) {request.side} is not offered"
    if request.ord_type not in ORD_TYPES:
        return f"OrdType(40) {request.ord_type} is not offered"
    if request.time_in_force not in TIMES_IN_FORCE:
        return f"TimeInForce(59) {request.time_in_force} is not offered"
    rests = request.ord_type == VenueOrdType.LIMIT and request.time_in_force == TimeInForce.DAY
    if request.post_only and not rests:
        return "ExecInst(18) 6 asks for a limit order that rests"
    return None
