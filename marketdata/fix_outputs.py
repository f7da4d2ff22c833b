"""What comes out of a FIX market data session: messages, notes, and books as the market sees them.

A book that cannot be trusted is shown as none: an empty Quote, and an empty Depth if levels are
published. To every reader the venue then has no market in the symbol.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from domain.marketdata import Depth, MarketEvent, Quote, TradingPhase, TradingStatus
from marketdata.fix_subscription import SECOND_NS, Subscription
from marketdata.fix_translation import Fields

# A live quote is repeated so often, in engine time, so that "stale" means stale: as venuesim does.
REPEAT_NS: Final = SECOND_NS
STATUS_REPEAT_NS: Final = 10 * SECOND_NS  # for readers that start late
DEPTH_LEVELS_MAX: Final = 20  # levels a side of a published Depth: 2 x 20 fit any record


class Now(msgspec.Struct, frozen=True, gc=False):
    """The two clocks: what is published carries the engine's, what is waited for the wall's."""

    engine_ns: int
    wall_ns: int


class FeedTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What one session asks for.

    `depth`: MarketDepth(264), 0 is all levels. `quiet_ns`: wall; a session that says nothing for
    longer may be dead, and its quotes are repeated no more. `id_prefix` makes ids
    unique over runs.
    """

    venue: str
    depth: int = 1
    imbalances: bool = False
    statuses: bool = True
    quiet_ns: int = 5 * SECOND_NS
    id_prefix: str = "MD"


class SendFix(msgspec.Struct, frozen=True):
    """One message to the venue."""

    msg_type: str
    fields: Fields


class Note(msgspec.Struct, frozen=True):
    """Something that an operator counts. `symbol` "": the session as a whole.

    `is_alarm`: a symbol is without a book until somebody looks, or the venue reconnects.
    """

    venue: str
    symbol: str
    reason: str
    text: str
    is_alarm: bool = False


Output = SendFix | Note | MarketEvent


@dataclass(slots=True, frozen=True)
class BookPublisher:
    """Books of one session as events; times of a symbol never go back."""

    terms: FeedTerms

    def published(self, found: Subscription, at_ns: int) -> list[Output]:
        """The book as it is now; one that is crossed in itself is no market, shown as none."""
        venue, levels = self.terms.venue, self._levels
        found.published_ns = at_ns = max(at_ns, found.published_ns)
        quote = found.book.quote(venue, at_ns)
        if quote.bid_qty and quote.ask_qty and quote.bid_px_ticks > quote.ask_px_ticks:
            text = f"{quote.bid_px_ticks} to {quote.ask_px_ticks} ticks"
            return [Note(venue, found.symbol, "crossed", text), *self._empty(found, at_ns)]
        outputs: list[Output] = [quote]
        if levels:
            outputs.append(found.book.depth(venue, levels, at_ns))
        return outputs

    def repeated(self, found: Subscription, now: Now) -> list[Output]:
        """Quote and status again, if it is time to."""
        outputs: list[Output] = []
        if now.engine_ns - found.published_ns >= REPEAT_NS:
            outputs += self.published(found, now.engine_ns)
        if found.status is not None and now.engine_ns - found.status_ns >= STATUS_REPEAT_NS:
            found.status_ns = now.engine_ns
            found.status = msgspec.structs.replace(found.status, at_ns=now.engine_ns)
            outputs.append(found.status)
        return outputs

    def phased(self, found: Subscription, phase: TradingPhase, at_ns: int) -> TradingStatus:
        """The phase that a symbol is in since `at_ns`."""
        # What was repeated meanwhile bears a later time, and the venue's has but milliseconds.
        at_ns = max(at_ns, found.status.at_ns) if found.status is not None else at_ns
        found.status = TradingStatus(found.symbol, self.terms.venue, phase, at_ns)
        found.status_ns = at_ns
        return found.status

    def withdrawn(self, found: Subscription, now: Now) -> list[Output]:
        """Forget the book, and say that there is none."""
        found.book.clear()
        found.published_ns = max(now.engine_ns, found.published_ns)
        return self._empty(found, found.published_ns)

    def _empty(self, found: Subscription, at_ns: int) -> list[Output]:
        venue = self.terms.venue
        outputs: list[Output] = [Quote(found.symbol, venue, 0, 0, 0, 0, at_ns)]
        if self._levels:
            outputs.append(Depth(found.symbol, venue, (), (), at_ns))
        return outputs

    @property
    def _levels(self) -> int:
        """How many levels are published beside the touch."""
        depth = self.terms.depth
        return 0 if depth == 1 else min(depth or DEPTH_LEVELS_MAX, DEPTH_LEVELS_MAX)
