"""One venue's book of one symbol, as W and X tell it. It refuses what contradicts itself."""

from dataclasses import dataclass, field
from heapq import nlargest, nsmallest
from typing import Final

from domain.fix_market_data import MDEntryType, MDUpdateAction
from domain.marketdata import Depth, Quote
from marketdata.fix_translation import Level, Snapshot

# Prices a side; the deepest books of equities have a tenth. What is more is not a book.
LEVELS_MAX: Final = 10_000
IDS_MAX: Final = 4 * LEVELS_MAX


class Contradiction(Exception):
    """An update that does not fit the book: one of the two is wrong. `reason`: for a metric."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class FixBook:
    """qty by px_ticks, a side each; and where the entries are that have an MDEntryID(278)."""

    symbol: str
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    _ids: dict[str, tuple[MDEntryType, int]] = field(default_factory=dict)

    def clear(self) -> None:
        """It is not known what the venue shows."""
        self.bids, self.asks, self._ids = {}, {}, {}

    def replace(self, snapshot: Snapshot) -> None:
        """What the venue shows. Raises Contradiction."""
        self.bids, self.asks, self._ids = dict(snapshot.bids), dict(snapshot.asks), {}
        self._bound()

    def apply(self, level: Level) -> None:
        """One change. Raises Contradiction; the book is then of no use."""
        side, px_ticks = level.side, level.px_ticks
        named = self._ids.pop(level.entry_id, None) if level.entry_id else None
        if named is not None and (not px_ticks or named != (side, px_ticks)):
            self._move(level, *named)
            return
        if not px_ticks:
            raise Contradiction("unknown_entry", f"MDEntryID(278) {level.entry_id} is not known")
        levels = self._levels(side)
        is_known = px_ticks in levels
        if is_known is (level.action is MDUpdateAction.NEW):
            raise Contradiction(
                "known_level" if is_known else "unknown_level",
                f"MDUpdateAction(279) {level.action} of the level {px_ticks}, side {side}",
            )
        if level.action is MDUpdateAction.DELETE:
            del levels[px_ticks]
            return
        levels[px_ticks] = level.qty
        if level.entry_id:
            self._ids[level.entry_id] = side, px_ticks
        self._bound()

    def quote(self, venue: str, at_ns: int) -> Quote:
        """The touch; an absent side has quantity 0."""
        bid, ask = max(self.bids, default=0), min(self.asks, default=0)
        return Quote(
            self.symbol, venue, bid, self.bids.get(bid, 0), ask, self.asks.get(ask, 0), at_ns
        )

    def depth(self, venue: str, levels: int, at_ns: int) -> Depth:
        """At most so many levels a side, best first."""
        bids = tuple((px, self.bids[px]) for px in nlargest(levels, self.bids))
        asks = tuple((px, self.asks[px]) for px in nsmallest(levels, self.asks))
        return Depth(self.symbol, venue, bids, asks, at_ns)

    def _move(self, level: Level, side: MDEntryType, px_ticks: int) -> None:
        """An entry that is known by its id: it ends, or has another size, price or both."""
        levels = self._levels(side)
        if px_ticks not in levels or level.action is MDUpdateAction.NEW:
            raise Contradiction("known_entry", f"MDEntryID(278) {level.entry_id} was {px_ticks}")
        del levels[px_ticks]
        if level.action is MDUpdateAction.DELETE:
            return
        new_px = level.px_ticks or px_ticks
        if new_px in levels:
            raise Contradiction("known_level", f"MDEntryID(278) {level.entry_id} moves to {new_px}")
        levels[new_px] = level.qty
        self._ids[level.entry_id] = side, new_px

    def _levels(self, side: MDEntryType) -> dict[int, int]:
        return self.bids if side is MDEntryType.BID else self.asks

    def _bound(self) -> None:
        if len(self.bids) > LEVELS_MAX or len(self.asks) > LEVELS_MAX:
            raise Contradiction("too_many_levels", f"more than {LEVELS_MAX} levels a side")
        if len(self._ids) > IDS_MAX:  # those of levels that went by their price
            self._ids = {
                name: (side, px)
                for name, (side, px) in self._ids.items()
                if px in self._levels(side)
            }
