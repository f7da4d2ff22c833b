"""What the public sees of one book: quotes, depth, trading status and indications of a cross.

Nothing hidden comes out here, and nothing of what a call has collected but its indication: outside
continuous trading the quote is empty.
"""

from typing import Final

from domain.instruments import Side
from domain.marketdata import Depth, Imbalance, Quote, TradingPhase, TradingStatus
from venuesim.auction import AuctionPrice
from venuesim.phases import Phase
from venuesim.venue_book import VenueBook

HEARTBEAT_NS: Final = 1_000_000_000  # a quote is repeated so often, so that "stale" means stale
STATUS_NS: Final = 10_000_000_000  # the trading status too, for readers that start late
_EMPTY: Final = (0, 0, 0, 0)

FeedEvent = Quote | Depth | TradingStatus | Imbalance


class BookFeed:
    """The feed of one symbol at one venue. `depth_levels` 0: no Depth."""

    __slots__ = ("_depth", "_depth_levels", "_quoted_ns", "_shown", "_status_ns", "_symbol",
                 "_touch", "_venue")  # fmt: skip

    def __init__(self, symbol: str, venue: str, depth_levels: int, shows_quotes: bool) -> None:
        self._symbol = symbol
        self._venue = venue
        self._depth_levels = depth_levels
        self._shown = shows_quotes
        self._touch: tuple[int, int, int, int] | None = None
        self._depth: tuple[tuple[tuple[int, int], ...], ...] = ()
        self._quoted_ns = -HEARTBEAT_NS
        self._status_ns = -STATUS_NS

    @property
    def next_ns(self) -> int:
        """When something is said again, if nothing changes before."""
        status_ns = self._status_ns + STATUS_NS
        return min(self._quoted_ns + HEARTBEAT_NS, status_ns) if self._shown else status_ns

    def status(self, phase: TradingPhase, now_ns: int) -> TradingStatus:
        """The trading status, whether or not it is due."""
        self._status_ns = now_ns
        return TradingStatus(self._symbol, self._venue, phase, now_ns)

    def status_due(self, now_ns: int) -> bool:
        """Whether it is time to say the trading status again."""
        return now_ns - self._status_ns >= STATUS_NS

    def quotes(self, book: VenueBook, now_ns: int) -> list[FeedEvent]:
        """Quote and depth, where they changed or are due again."""
        if not self._shown:
            return []
        found: list[FeedEvent] = []
        shows = book.phase is Phase.CONTINUOUS
        touch = book.touch() if shows else _EMPTY
        due = now_ns - self._quoted_ns >= HEARTBEAT_NS
        if touch != self._touch or due:
            self._touch = touch
            self._quoted_ns = now_ns
            found.append(Quote(self._symbol, self._venue, *touch, now_ns))
        if self._depth_levels:
            levels = self._depth_levels if shows else 0
            bids, asks = (tuple(book.depth(side, levels)) for side in Side)
            if (bids, asks) != self._depth or due:
                self._depth = (bids, asks)
                found.append(Depth(self._symbol, self._venue, bids, asks, now_ns))
        return found

    def imbalance(self, found: AuctionPrice, now_ns: int) -> Imbalance:
        """The indication of a cross that is to come."""
        return Imbalance(
            self._symbol, self._venue, found.px_ticks, found.qty, found.surplus_qty, now_ns
        )
