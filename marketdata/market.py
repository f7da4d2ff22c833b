"""The market as a worker sees it: the last quote by venue, the tape's volume, trading phases.

Each event costs O(1), whatever hangs on it. A quote that cannot be true (a price of zero, a
quantity below it, a crossed venue) is dropped and counted; the one before it then goes stale by
itself.
"""

from dataclasses import dataclass, field

from domain.instruments import Side
from domain.marketdata import MarketEvent, Quote, Trade, TradingPhase, TradingStatus


@dataclass(slots=True, kw_only=True)
class SymbolMarket:
    """One symbol on all its venues. `volume`: shares printed since this object began."""

    symbol: str
    quotes: dict[str, Quote] = field(default_factory=dict)
    phases: dict[str, TradingPhase] = field(default_factory=dict)
    volume: int = 0
    last_trade: Trade | None = None
    dropped: int = 0

    def on_event(self, event: MarketEvent) -> None:
        """Take one event in."""
        kind = type(event)
        if kind is Quote:
            self.on_quote(event)  # type: ignore[arg-type]  # narrowed by type() for speed
        elif kind is Trade:
            self.on_trade(event)  # type: ignore[arg-type]  # narrowed by type() for speed
        elif isinstance(event, TradingStatus):
            self.phases[event.venue] = event.phase

    def on_quote(self, quote: Quote) -> None:
        """The touch of one venue changed."""
        bid_qty, ask_qty = quote.bid_qty, quote.ask_qty
        if bid_qty > 0 and ask_qty > 0:  # nearly every quote, so asked first
            true = 0 < quote.bid_px_ticks < quote.ask_px_ticks
        elif bid_qty < 0 or ask_qty < 0:
            true = False
        else:
            true = (not bid_qty or quote.bid_px_ticks > 0) and (
                not ask_qty or quote.ask_px_ticks > 0
            )
        if true:
            self.quotes[quote.venue] = quote
        else:
            self.dropped += 1

    def on_trade(self, trade: Trade) -> None:
        """A print."""
        if trade.qty <= 0 or trade.px_ticks <= 0:
            self.dropped += 1
            return
        self.volume += trade.qty
        self.last_trade = trade

    def halted(self, venue: str) -> bool:
        """Whether `venue` has said that it does not trade the symbol continuously now."""
        return self.phases.get(venue, TradingPhase.CONTINUOUS) is not TradingPhase.CONTINUOUS

    def fresh_quotes(self, now_ns: int, stale_ns: int) -> list[Quote]:
        """The quotes at most `stale_ns` from now, in order of the venues' first quote."""
        return [quote for quote in self.quotes.values() if abs(now_ns - quote.at_ns) <= stale_ns]

    def mid_px_ticks(self, now_ns: int, stale_ns: int) -> float | None:
        """Half way between the best fresh bid and offer of all venues; None if a side lacks."""
        fresh = self.fresh_quotes(now_ns, stale_ns)
        bids = [quote.bid_px_ticks for quote in fresh if quote.bid_qty]
        asks = [quote.ask_px_ticks for quote in fresh if quote.ask_qty]
        return (max(bids) + min(asks)) / 2 if bids and asks else None


def touch(quote: Quote, side: Side) -> tuple[int, int]:
    """(px_ticks, qty) that an order of `side` would take from: the ask for a buy."""
    if side is Side.BUY:
        return quote.ask_px_ticks, quote.ask_qty
    return quote.bid_px_ticks, quote.bid_qty
