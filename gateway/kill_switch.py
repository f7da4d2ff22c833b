"""The kill switch: which scopes are engaged, and what has been told of their progress.

Folded from `control`, so that it holds over a restart until it is re-armed for exactly its scope.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.control import EngageKillSwitch, KillProgress, Rearm
from gateway.child_book import Child


class Scope(NamedTuple):
    """What a kill switch stops; None means every one."""

    symbol: str | None
    venue: str | None

    def covers(self, symbol: str, venue: str) -> bool:
        return self.symbol in (None, symbol) and self.venue in (None, venue)


@dataclass(slots=True)
class KillSwitch:
    """See the module."""

    engaged: dict[Scope, EngageKillSwitch] = field(default_factory=dict)
    _told: dict[Scope, tuple[int, int]] = field(default_factory=dict)

    def engage(self, order: EngageKillSwitch) -> None:
        """Engaged again, a scope's progress is told again."""
        scope = Scope(order.symbol, order.venue)
        self.engaged[scope] = order
        self._told.pop(scope, None)

    def rearm(self, order: Rearm) -> None:
        """Lift exactly this scope; a wider or narrower one stays."""
        self.engaged.pop(Scope(order.symbol, order.venue), None)

    def note(self, progress: KillProgress) -> None:
        """This was told, in this life of the process or in an earlier one."""
        scope = Scope(progress.symbol, progress.venue)
        self._told[scope] = (progress.open_children, progress.open_qty)

    def covering(self, symbol: str, venue: str) -> EngageKillSwitch | None:
        """The first engaged order that covers this, if any."""
        for scope, order in self.engaged.items():
            if scope.covers(symbol, venue):
                return order
        return None

    def open_children(self) -> int:
        """Of the scope that has most still open, as last told."""
        told = (self._told.get(scope, (0, 0))[0] for scope in self.engaged)
        return max(told, default=0)

    def news(self, children: Iterable[Child], by: str, now_ns: int) -> list[KillProgress]:
        """What is to be told of each engaged scope: its open children, if their number changed."""
        counts = {scope: [0, 0] for scope in self.engaged}
        for child in children:
            for scope, count in counts.items():
                if scope.covers(child.terms.symbol, child.terms.venue):
                    count[0] += 1
                    count[1] += child.leaves_qty
        return [
            KillProgress(by=by, symbol=scope.symbol, venue=scope.venue, open_children=number,
                         open_qty=qty, at_ns=now_ns)
            for scope, (number, qty) in counts.items()
            if self._told.get(scope, (None, 0))[0] != number
        ]  # fmt: skip
