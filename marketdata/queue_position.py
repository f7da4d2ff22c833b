"""Where our orders stand in the queue at one price: an estimate, without order ids.

Public data say how many shares are displayed at a price and what printed there, not whose they
were. So the shares of others in front of each of ours are estimated (the queue model of quant.md
5.2): who joins stands behind all that is displayed; what prints comes from the front; what else
vanishes from the display was cancelled, `CancelRule` says where; what is added stands behind us.
A print and the change of size that it makes come apart, in either order; they are held against each
other for `match_ns` before what is left of the one or the other is taken for what it seems.

It knows no venue: quantities in shares, times in nanoseconds, and our orders by their places only.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class CancelRule(StrEnum):
    """Whose cancel a decrease without a print is taken for.

    UNIFORM: everybody's alike, so `ahead -= c * ahead / depth`, rounded against us. BEHIND_FIRST:
    that of those behind us while there are any, which is the slowest queue the record allows.
    """

    UNIFORM = "uniform"
    BEHIND_FIRST = "behind_first"


@dataclass(slots=True, kw_only=True)
class Place:
    """One own order in a queue. `ahead_qty`: of others, None until the record shows its price."""

    venue_order_id: str
    leaves_qty: int
    ahead_qty: int | None


@dataclass(slots=True, kw_only=True)
class Queue:
    """All own orders at one price of one side, oldest first.

    `depth_qty`: of others, as last displayed; None while the record does not show this price.
    """

    px_ticks: int
    rule: CancelRule
    match_ns: int
    depth_qty: int | None = None
    places: list[Place] = field(default_factory=list)
    _vanished_qty: int = 0  # from the display, not yet explained by a print
    _vanished_ns: int = 0
    _printed_qty: int = 0  # printed, not yet seen to leave the display
    _printed_ns: int = 0

    def join(self, venue_order_id: str, leaves_qty: int, displayed_qty: int | None) -> Place:
        """Stand behind all that others display (None: not known yet) and behind our own."""
        if self.depth_qty is None:
            self.depth_qty = displayed_qty
        ahead = displayed_qty
        if self.places and ahead is not None:
            ahead = max(ahead, self.places[-1].ahead_qty or 0)  # never before our own older one
        place = Place(venue_order_id=venue_order_id, leaves_qty=leaves_qty, ahead_qty=ahead)
        self.places.append(place)
        return place

    def on_displayed(self, qty: int, now_ns: int) -> None:
        """The record shows `qty` at this price, 0 if it shows a worse one as its best."""
        self.settle(now_ns)
        before, self.depth_qty = self.depth_qty, qty
        if before is None:
            for place in self.places:
                place.ahead_qty = qty
            return
        gone = before - qty
        if gone <= 0:
            return
        explained = min(gone, self._printed_qty)
        self._printed_qty -= explained
        if gone > explained:
            self._vanished_ns = self._vanished_ns if self._vanished_qty else now_ns
            self._vanished_qty += gone - explained

    def on_print(self, qty: int, now_ns: int) -> list[tuple[Place, int]]:
        """`qty` printed at this price against our side. Returns our fills, at most `qty` in sum."""
        self.settle(now_ns)
        explained = min(qty, self._vanished_qty)
        self._vanished_qty -= explained
        if qty > explained:
            self._printed_ns = self._printed_ns if self._printed_qty else now_ns
            self._printed_qty += qty - explained
        return self._walk(qty)

    def offered(self, qty: int) -> list[tuple[Place, int]]:
        """Our fills against `qty` offered at this very price, of which those ahead of us take
        theirs first. They stay displayed, for the record does not say that they traded."""
        fills = []
        for place in self.places:
            if place.ahead_qty is None:
                break
            fill = min(place.leaves_qty, qty - place.ahead_qty)
            if fill > 0:
                fills.append((place, fill))
                qty -= fill
        return fills

    def through(self, qty: int) -> list[tuple[Place, int]]:
        """Our fills against `qty` that traded, or is offered, at a price beyond ours."""
        fills = []
        for place in self.places:
            fill = min(place.leaves_qty, qty)
            if fill > 0:
                fills.append((place, fill))
                qty -= fill
        return fills

    def settle(self, now_ns: int) -> None:
        """Take what was not explained in time for what it seems: a cancel, or hidden shares."""
        if self._printed_qty and now_ns > self._printed_ns + self.match_ns:
            self._printed_qty = 0
        if self._vanished_qty and now_ns > self._vanished_ns + self.match_ns:
            cancelled, self._vanished_qty = self._vanished_qty, 0
            self._cancel(cancelled)

    def _cancel(self, qty: int) -> None:
        depth = self.depth_qty or 0
        for place in self.places:
            ahead = place.ahead_qty or 0
            if self.rule is CancelRule.UNIFORM:
                ahead -= qty * ahead // (depth + qty)
            place.ahead_qty = min(ahead, depth)  # nobody stands ahead who is not displayed

    def _walk(self, qty: int) -> list[tuple[Place, int]]:
        """Serve the queue from its front: others and ours in the order of their time."""
        fills: list[tuple[Place, int]] = []
        others = 0  # how many of the others were served
        for place in self.places:
            if place.ahead_qty is None:
                break  # nobody knows how many stand in front
            served = min(qty, max(place.ahead_qty - others, 0))
            others, qty = others + served, qty - served
            fill = min(qty, place.leaves_qty)
            if fill:
                fills.append((place, fill))
                qty -= fill
            if not qty:
                break
        for place in self.places:
            if place.ahead_qty is not None:
                place.ahead_qty = max(place.ahead_qty - others, 0)
        return fills
