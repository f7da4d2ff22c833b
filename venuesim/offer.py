"""Which combinations of terms a venue offers, and which it refuses as unsupported.

Rows are checked in the order written here and the first that is wrong is the answer.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from domain.fix_codes import TimeInForce, VenueOrdType
from domain.instruments import Side
from venuesim.book_order import PegKind, SelfTradeMode
from venuesim.requests import NewOrder, ReplaceOrder

_GOOD_TILL: Final = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL)
_IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)
_AUCTION: Final = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE)
_STOPS: Final = (VenueOrdType.STOP, VenueOrdType.STOP_LIMIT)
_PLAIN: Final = (VenueOrdType.MARKET, VenueOrdType.LIMIT)

_Row = tuple[bool, str]  # whether it is wrong, and what Text(58) says then


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What depends on the venue: its auctions, whether it is a dark book, and its defaults."""

    opening: bool = False
    closing: bool = False
    dark: bool = False
    self_trade: SelfTradeMode = SelfTradeMode.NONE
    refresh_range: float = 0.0


def unsupported(request: NewOrder | ReplaceOrder, offer: Offer) -> str | None:
    """What of a request is not offered, if anything."""
    rows = (*_codes(request), *_times(request, offer), *_pegs(request), *_shown(request, offer))
    if offer.dark:
        rows += tuple(_dark(request))
    return next((text for wrong, text in rows if wrong), None)


def shows_nothing(request: NewOrder | ReplaceOrder) -> bool:
    """Whether an order is hidden: by its MaxFloor(111), or as a midpoint peg is."""
    return request.display_qty == 0 or request.peg == PegKind.MIDPOINT


def _codes(request: NewOrder | ReplaceOrder) -> Iterator[_Row]:
    kind, tif = request.ord_type, request.time_in_force
    yield request.side not in list(Side), f"Side(54) {request.side} is not offered"
    yield kind not in list(VenueOrdType), f"OrdType(40) {kind} is not offered"
    yield tif not in list(TimeInForce), f"TimeInForce(59) {tif} is not offered"
    mode = request.self_trade
    yield mode not in list(SelfTradeMode), f"self-trade mode (8000) {mode} is none of N, O, B, D"


def _times(request: NewOrder | ReplaceOrder, offer: Offer) -> Iterator[_Row]:
    kind, tif = request.ord_type, request.time_in_force
    said = f"TimeInForce(59) {tif}"
    at_open, at_close = _AUCTION
    yield tif == at_open and not offer.opening, f"{said}: there is no opening auction here"
    yield tif == at_close and not offer.closing, f"{said}: there is no closing auction here"
    yield tif in _AUCTION and kind not in _PLAIN, f"{said} is for market and limit orders"
    market = kind == VenueOrdType.MARKET
    yield market and tif == TimeInForce.GOOD_TILL_CANCEL, f"{said} asks for a price"
    waits = kind in _STOPS or kind == VenueOrdType.PEGGED
    yield waits and tif not in _GOOD_TILL, f"OrdType(40) {kind} is for TimeInForce(59) 0 and 1"
    stop_px = request.stop_px is not None
    yield stop_px and kind not in _STOPS, "StopPx(99) is for OrdType(40) 3 and 4"


def _pegs(request: NewOrder | ReplaceOrder) -> Iterator[_Row]:
    pegged = request.ord_type == VenueOrdType.PEGGED
    known = request.peg in list(PegKind)
    yield pegged and not known, "ExecInst(18) of OrdType(40) P is one of R, P and M"
    yield bool(request.peg) and not pegged, f"ExecInst(18) {request.peg} asks for OrdType(40) P"
    offset = request.peg_offset is not None
    yield offset and not pegged, "PegOffsetValue(211) is for OrdType(40) P"


def _shown(request: NewOrder | ReplaceOrder, offer: Offer) -> Iterator[_Row]:
    kind, tif = request.ord_type, request.time_in_force
    rests = kind in (VenueOrdType.LIMIT, VenueOrdType.PEGGED) and tif in _GOOD_TILL
    only = request.post_only and not (rests and kind == VenueOrdType.LIMIT and not request.min_qty)
    yield only, "ExecInst(18) 6 asks for a limit order that rests"
    floor = request.display_qty
    yield floor is not None and not rests, "MaxFloor(111) asks for a limit or peg that rests"
    midpoint = request.peg == PegKind.MIDPOINT
    yield midpoint and bool(floor), "MaxFloor(111): a midpoint peg shows nothing"
    at_once = kind in _PLAIN and tif == TimeInForce.IMMEDIATE_OR_CANCEL
    least = request.min_qty is not None
    waits = rests or (offer.dark and kind == VenueOrdType.MARKET and tif == TimeInForce.DAY)
    hidden = waits and (shows_nothing(request) or offer.dark)
    yield least and not (at_once or hidden), "MinQty(110) asks for an IOC or a hidden order"


def _dark(request: NewOrder | ReplaceOrder) -> Iterator[_Row]:
    kind = request.ord_type
    yield kind in _STOPS, f"OrdType(40) {kind} is not offered at the midpoint"
    pegs = request.peg not in ("", PegKind.MIDPOINT) or bool(request.peg_offset)
    yield pegs, "all trade at the midpoint: ExecInst(18) M, no PegOffsetValue(211)"
    yield bool(request.display_qty), "MaxFloor(111): nothing is shown here"
    yield request.post_only, "ExecInst(18) 6 is not offered at the midpoint"
