"""Our own open orders at venues, as public market data shows them.

Kept so that what we display can be taken off a venue's depth, and so that a print that may be ours
is not taken for somebody else's (own_prints.py). A fold: the worker says how each order stands.
"""

from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from domain.instruments import Side

Key = TypeVar("Key")


class OwnOrder(msgspec.Struct, frozen=True, kw_only=True):
    """How one of our orders stands. `qty`: shares that may still fill, 0 once its end is known.

    `px_ticks`: the furthest price at which they may; None: at any. `displayed_qty` of them rest at
    `displayed_px_ticks` in the venue's book for all to see, 0 and None if nothing does. `entries`:
    how often it went to the end of a queue there. `may_rest`: what it does not take at once stays
    in the book. `since_ns`: when it was decided; no print before that is its.
    """

    cl_ord_id: str
    venue: str
    side: Side
    px_ticks: int | None
    qty: int
    since_ns: int
    displayed_px_ticks: int | None = None
    displayed_qty: int = 0
    entries: int = 0
    may_rest: bool = False


@dataclass(slots=True)
class _Venue:
    """What is open at one venue: shares by side and limit, None at any price."""

    qty: int = 0
    since_ns: int = 0
    buys: dict[int | None, int] = field(default_factory=dict)
    sells: dict[int | None, int] = field(default_factory=dict)


@dataclass(slots=True)
class OwnOrders:
    """One symbol's. Each change costs O(1), each question at most the number of our own prices."""

    orders: dict[str, OwnOrder] = field(default_factory=dict)
    _venues: dict[str, _Venue] = field(default_factory=dict)
    _displayed: dict[tuple[str, Side, int], int] = field(default_factory=dict)

    def on_order(self, order: OwnOrder) -> None:
        """An order is open, changed or over."""
        before = self.orders.pop(order.cl_ord_id, None)
        if before is not None:
            self._add(before, -1)
        if order.qty > 0:
            self.orders[order.cl_ord_id] = order
            self._add(order, 1)

    def _add(self, order: OwnOrder, sign: int) -> None:
        qty = sign * order.qty
        venue = self._venues.setdefault(order.venue, _Venue())
        if qty > 0:
            venue.since_ns = min(venue.since_ns, order.since_ns) if venue.qty else order.since_ns
        venue.qty += qty
        _add(venue.buys if order.side is Side.BUY else venue.sells, order.px_ticks, qty)
        if order.displayed_px_ticks is not None:
            where = (order.venue, order.side, order.displayed_px_ticks)
            _add(self._displayed, where, sign * order.displayed_qty)
        if not venue.qty:
            del self._venues[order.venue]

    def open_qty(self, venue: str) -> int:
        """Shares of ours that may still fill at `venue`."""
        found = self._venues.get(venue)
        return 0 if found is None else found.qty

    def displayed_qty(self, venue: str, side: Side, px_ticks: int) -> int:
        """Shares of ours that rest at a price of a venue's `side`: bids are of Side.BUY."""
        return self._displayed.get((venue, side, px_ticks), 0)

    def since_ns(self, venue: str) -> int | None:
        """When the oldest order open at `venue` was decided; None if there is none."""
        found = self._venues.get(venue)
        return None if found is None else found.since_ns

    def in_the_way(self, venue: str, side: Side, px_ticks: int) -> list[str]:
        """Our orders that may rest at `venue` where one of `side` at `px_ticks` would trade with
        them: a trade with oneself changes no owner, and is forbidden nearly everywhere.
        """
        return [
            order.cl_ord_id for order in self.orders.values()
            if order.may_rest and order.venue == venue and order.side is not side
            and _within(order, px_ticks)
        ]  # fmt: skip

    def may_fill(self, venue: str, px_ticks: int) -> bool:
        """Whether an order of ours at `venue` may have traded at `px_ticks`."""
        found = self._venues.get(venue)
        if found is None:
            return False
        return any(limit is None or limit >= px_ticks for limit in found.buys) or any(
            limit is None or limit <= px_ticks for limit in found.sells
        )


def _within(order: OwnOrder, px_ticks: int) -> bool:
    """Whether a resting order may trade at `px_ticks`: at what it shows, else up to its limit."""
    shown = order.displayed_px_ticks
    limit = order.px_ticks if shown is None else shown
    return limit is None or (px_ticks - limit) * order.side.sign <= 0


def _add(sums: dict[Key, int], key: Key, qty: int) -> None:
    total = sums.get(key, 0) + qty
    if total:
        sums[key] = total
    else:
        sums.pop(key, None)
