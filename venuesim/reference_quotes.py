"""The best bid and offer of the lit venues, as a dark venue sees them: what its midpoint is of."""

from typing import Final

import msgspec

from domain.marketdata import Quote
from venuesim.book_events import CancelCause


class Midpoint(msgspec.Struct, frozen=True):
    """Twice the midpoint, in ticks, so that half a tick is a whole number; or why there is none."""

    twice_px_ticks: int
    fault: CancelCause | None = None


NO_REFERENCE: Final = Midpoint(0, CancelCause.REFERENCE_MISSING)


class ReferenceQuotes:
    """The last quote of each lit venue in one symbol."""

    def __init__(self, stale_ns: int) -> None:
        self._stale_ns = stale_ns
        self._quotes: dict[str, Quote] = {}

    def on_quote(self, quote: Quote) -> None:
        """A lit venue says where it is; an empty side withdraws what it had there."""
        self._quotes[quote.venue] = quote

    def midpoint(self, now_ns: int) -> Midpoint:
        """What may be traded at now. Faults in order: stale, missing, locked, crossed."""
        shown = [e for e in self._quotes.values() if e.bid_px_ticks or e.ask_px_ticks]
        fresh = [each for each in shown if now_ns - each.at_ns <= self._stale_ns]
        if shown and not fresh:
            return Midpoint(0, CancelCause.REFERENCE_STALE)
        bid = max((each.bid_px_ticks for each in fresh), default=0)
        ask = min((each.ask_px_ticks for each in fresh if each.ask_px_ticks), default=0)
        if not bid or not ask:
            return NO_REFERENCE
        if bid == ask:
            return Midpoint(0, CancelCause.REFERENCE_LOCKED)
        if bid > ask:
            return Midpoint(0, CancelCause.REFERENCE_CROSSED)
        return Midpoint(bid + ask)
