"""What a venue takes and what it refuses: each refusal with its OrdRejReason(103) and text.

Checks run in the order written here and the first fault is the answer. It knows the instruments
of the venue and what it offers, not its books, its phases or its orders.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce, VenueOrdType
from domain.instruments import MAX_PX, GridFault, Instrument, OffGrid, Side
from venuesim.book_order import PegKind, SelfTradeMode, Special
from venuesim.offer import Offer, shows_nothing, unsupported
from venuesim.requests import NewOrder, ReplaceOrder

# FIX 4.4 OrdRejReason(103).
BROKER_OPTION: Final = 0
UNKNOWN_SYMBOL: Final = 1
EXCHANGE_CLOSED: Final = 2
EXCEEDS_LIMIT: Final = 3
TOO_LATE_TO_ENTER: Final = 4
UNKNOWN_ORDER: Final = 5
DUPLICATE_ORDER: Final = 6
UNSUPPORTED: Final = 11
INCORRECT_QTY: Final = 13
OTHER: Final = 99

SESSION_OWNER: Final = "session"  # of an order that asks for a self-trade mode and names no owner
_WITH_LIMIT: Final = (VenueOrdType.LIMIT, VenueOrdType.STOP_LIMIT)
_WITH_STOP: Final = (VenueOrdType.STOP, VenueOrdType.STOP_LIMIT)


class Refusal(msgspec.Struct, frozen=True):
    """Why an order is not taken."""

    ord_rej_reason: int
    text: str


class Admitted(msgspec.Struct, frozen=True):
    """An order on the grid of its instrument. `px_ticks` None: no limit. `special`: None, plain."""

    instrument: Instrument
    side: Side
    order_qty: int
    px_ticks: int | None
    time_in_force: TimeInForce
    special: Special | None = None


def admit(
    request: NewOrder, instruments: Mapping[str, Instrument], offer: Offer
) -> Admitted | Refusal:
    """The order as the book takes it, or why not."""
    instrument = instruments.get(request.symbol)
    if instrument is None:
        return Refusal(UNKNOWN_SYMBOL, f"Symbol(55) {request.symbol} is not traded here")
    not_offered = unsupported(request, offer)
    if not_offered is not None:
        return Refusal(UNSUPPORTED, not_offered)
    try:
        order_qty = instrument.child_qty(request.order_qty, "OrderQty(38)")
    except OffGrid as error:
        return Refusal(INCORRECT_QTY, str(error))
    if order_qty > instrument.max_order_qty:
        return Refusal(EXCEEDS_LIMIT, f"OrderQty(38) {order_qty} > {instrument.max_order_qty}")
    return _on_grid(request, instrument, offer, order_qty)


def admit_replacement(
    request: ReplaceOrder, instrument: Instrument, offer: Offer, cum_qty: int
) -> Admitted | Refusal:
    """The order as it is to become, or why not. It checks no change from what it was."""
    not_offered = unsupported(request, offer)
    if not_offered is not None:
        return Refusal(OTHER, not_offered)
    order_qty = _replacement_qty(instrument, request.order_qty, cum_qty)
    if isinstance(order_qty, Refusal):
        return order_qty
    return _on_grid(request, instrument, offer, order_qty)


def _on_grid(
    request: NewOrder | ReplaceOrder, instrument: Instrument, offer: Offer, order_qty: int
) -> Admitted | Refusal:
    """Every price and quantity of an order but its own quantity."""
    try:
        display_qty, min_qty = _display_qty(request, instrument), _min_qty(request, instrument)
    except OffGrid as error:
        return Refusal(INCORRECT_QTY, str(error))
    for name, qty in (("MaxFloor(111)", display_qty), ("MinQty(110)", min_qty)):
        if qty > order_qty:
            return Refusal(INCORRECT_QTY, f"{name} {qty} > OrderQty(38) {order_qty}")
    kind = request.ord_type
    try:
        px_ticks = _px(request.px, instrument, "Price(44)") if _has_limit(request) else None
        stop_px_ticks = _px(request.stop_px, instrument, "StopPx(99)") if kind in _WITH_STOP else 0
        offset_ticks = _offset(request.peg_offset, instrument)
    except OffGrid as error:
        return Refusal(OTHER, str(error))
    special = Special(
        display_qty=display_qty if display_qty < order_qty else 0,
        refresh_range=int(display_qty * offer.refresh_range) if display_qty < order_qty else 0,
        hidden=shows_nothing(request),
        min_qty=min_qty,
        peg=PegKind(request.peg) if request.peg else None,
        peg_offset_ticks=offset_ticks,
        stop_px_ticks=stop_px_ticks,
        owner=_owner(request, offer),
        self_trade=SelfTradeMode(request.self_trade) or offer.self_trade,
    )
    is_special = special.odd or special.stop_px_ticks or special.owner
    tif = TimeInForce(request.time_in_force)
    return Admitted(instrument, Side(request.side), order_qty, px_ticks, tif,
                    special if is_special else None)  # fmt: skip


def _owner(request: NewOrder | ReplaceOrder, offer: Offer) -> str:
    """ "" where neither the order nor the venue says anything of self-trades."""
    asks = bool(request.self_trade or offer.self_trade)
    return request.owner or (SESSION_OWNER if asks else "")


def _has_limit(request: NewOrder | ReplaceOrder) -> bool:
    pegged = request.ord_type == VenueOrdType.PEGGED
    return request.ord_type in _WITH_LIMIT or (pegged and request.px is not None)


def _px(px: Decimal | None, instrument: Instrument, field: str) -> int:
    """A price in ticks. Raises OffGrid."""
    if px is None:
        raise OffGrid(field, GridFault.NOT_POSITIVE, "missing")
    return instrument.px_ticks(px, field)


def _offset(offset: Decimal | None, instrument: Instrument) -> int:
    """A signed offset in ticks. Raises OffGrid."""
    if offset is None:
        return 0
    field = "PegOffsetValue(211)"
    if abs(offset) > MAX_PX:
        raise OffGrid(field, GridFault.TOO_LARGE, f"{offset} is too large")
    if offset % instrument.tick:
        raise OffGrid(field, GridFault.OFF_TICK, f"{offset} is off the tick {instrument.tick}")
    return int(offset / instrument.tick)


def _display_qty(request: NewOrder | ReplaceOrder, instrument: Instrument) -> int:
    """0 where all or nothing is shown. Raises OffGrid."""
    if not request.display_qty:
        return 0
    return instrument.child_qty(request.display_qty, "MaxFloor(111)")


def _min_qty(request: NewOrder | ReplaceOrder, instrument: Instrument) -> int:
    """Raises OffGrid."""
    if request.min_qty is None:
        return 0
    return instrument.fill_qty(request.min_qty, "MinQty(110)")


def _replacement_qty(instrument: Instrument, qty: Decimal, cum_qty: int) -> int | Refusal:
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
