"""Which prints are ours: each fill is matched once against the tape, by its id or its terms.

By (venue, id) where the venue prints our ExecID(17) as the trade's; else by (venue, price, shares)
among the prints of the continuous book, if print and fill lie within OWN_PRINT_ALLOWANCE_NS of each
other. Print and execution come over different roads, so either may be first:

- A print without a fill, at a venue and a price where an order of ours is open, is *suspect* until
  the order's fate is told: as many shares as are open there at most.
- A fill without a print is *awaited*. It is not on the tape yet, so it is no part of its volume.
- After the allowance it is *charged*: it is taken to have been printed in another form (together
  with others, under another name), and counts as ours from then on. A print that comes later still
  is somebody else's.

A fill at the price of a cross of its venue, about its time, was part of that: it is not charged.

A fill may take the print of an equal one of ours, which then takes the next. If that is further off
than the allowance, the fill left over is charged: others' volume is then told too low, never too
high.

A bust of our execution changes nothing here: the tape's own bust of the print does. A correction
stands instead of its first version: if no print of it comes, the first one's stays.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import msgspec

from domain.marketdata import Trade
from marketdata.own_orders import OwnOrders

# Trades away from a US exchange must be reported within 10 s of the execution (FINRA rule 6380A);
# lit venues print within milliseconds.
OWN_PRINT_ALLOWANCE_NS: Final = 10 * 10**9
CROSSES_MAX: Final = 8  # of a venue: an opening, a closing, a few reopenings
AWAITED_MAX: Final = 65_536  # a restart folds the fills of all the log before the tape
SUSPECTS_MAX: Final = 4_096  # prints a venue kept for a late execution: seconds of a busy one

Terms = tuple[str, int, int]  # (venue, px_ticks, qty)
PrintId = tuple[str, str]  # (venue, trade_id)


class OwnFill(msgspec.Struct, frozen=True, kw_only=True):
    """A fill of ours. `px_ticks` None: off the grid of the tape. `instead`: it is a correction."""

    venue: str
    exec_id: str
    px_ticks: int | None
    qty: int
    at_ns: int
    instead: bool = False


@dataclass(slots=True)
class _Awaited:
    """A fill whose print has not come. `done`: it has, or it is charged."""

    fill: OwnFill
    deadline_ns: int
    done: bool = False


@dataclass(slots=True)
class OwnPrints:
    """One symbol's fills against its tape. `awaited_qty`: shares of fills without a print so far.

    `charged_qty`: shares that were never seen. `queue`: the awaited by deadline, some of them done:
    while it is empty no print need be asked after. Every event costs O(1), amortised.
    """

    orders: OwnOrders
    awaited_qty: int = 0
    charged_qty: int = 0
    queue: deque[_Awaited] = field(default_factory=deque)
    _by_id: dict[PrintId, _Awaited] = field(default_factory=dict)
    _by_terms: dict[Terms, deque[_Awaited]] = field(default_factory=dict)
    _suspects: dict[str, "_Suspects"] = field(default_factory=dict)  # by venue
    _crosses: dict[str, deque[Trade]] = field(default_factory=dict)  # by venue, the last few

    # -- fills

    def await_print(self, fill: OwnFill) -> int:
        """Wait for the print of a fill. Returns the shares charged to make room: usually 0."""
        deadline_ns = fill.at_ns + OWN_PRINT_ALLOWANCE_NS
        if self.queue:
            deadline_ns = max(deadline_ns, self.queue[-1].deadline_ns)
        awaited = _Awaited(fill, deadline_ns)
        self.awaited_qty += fill.qty
        self._by_id[fill.venue, fill.exec_id] = awaited
        if fill.px_ticks is not None:
            terms = (fill.venue, fill.px_ticks, fill.qty)
            self._by_terms.setdefault(terms, deque()).append(awaited)
        self.queue.append(awaited)
        if len(self.queue) > AWAITED_MAX:
            return self._charge(self.queue.popleft())
        return 0

    def charge(self, now_ns: int) -> int:
        """The shares of fills whose print should have come by `now_ns` and has not."""
        charged = 0
        queue = self.queue
        while queue and (queue[0].done or queue[0].deadline_ns < now_ns):
            charged += self._charge(queue.popleft())
        return charged

    def _charge(self, awaited: _Awaited) -> int:
        if awaited.done:
            return 0
        self._settle(awaited)
        if awaited.fill.instead or self._in_a_cross(awaited.fill):
            return 0
        self.charged_qty += awaited.fill.qty
        return awaited.fill.qty

    def on_cross(self, trade: Trade) -> None:
        """The print of an auction, which is of all that traded in it."""
        self._crosses.setdefault(trade.venue, deque(maxlen=CROSSES_MAX)).append(trade)

    def _in_a_cross(self, fill: OwnFill) -> bool:
        """Whether a fill without a print of its own was part of an auction."""
        return any(
            trade.px_ticks == fill.px_ticks and _close(fill, trade)
            for trade in self._crosses.get(fill.venue, ())
        )

    def _settle(self, awaited: _Awaited) -> None:
        """Its print has come, or will not."""
        fill = awaited.fill
        awaited.done = True
        self.awaited_qty -= fill.qty
        if self._by_id.get((fill.venue, fill.exec_id)) is awaited:
            del self._by_id[fill.venue, fill.exec_id]
        if fill.px_ticks is not None:
            self._first_awaited((fill.venue, fill.px_ticks, fill.qty))

    def _first_awaited(self, terms: Terms) -> _Awaited | None:
        """The oldest fill of these terms that is still awaited; those settled are let go."""
        queue = self._by_terms.get(terms)
        if queue is None:
            return None
        while queue and queue[0].done:
            queue.popleft()
        if queue:
            return queue[0]
        del self._by_terms[terms]
        return None

    # -- prints

    def claim(self, trade: Trade, *, regular: bool) -> OwnFill | None:
        """The fill that a new print is of, which is then settled; None if it is none of ours.

        By its terms only a `regular` one is: else somebody's print off the book would be taken for
        ours, and ours on the book for somebody's.
        """
        awaited = self._by_id.get((trade.venue, trade.trade_id)) if trade.trade_id else None
        if awaited is None and regular:
            awaited = self._first_awaited((trade.venue, trade.px_ticks, trade.qty))
            if awaited is not None and not _close(awaited.fill, trade):
                awaited = None
        if awaited is None:
            return None
        self._settle(awaited)
        return awaited.fill

    def suspect(self, trade: Trade) -> None:
        """A print that no known fill explains: keep it if an order of ours may have made it."""
        since_ns = self.orders.since_ns(trade.venue)
        if since_ns is None or trade.at_ns < since_ns - OWN_PRINT_ALLOWANCE_NS:
            return
        if self.orders.may_fill(trade.venue, trade.px_ticks):
            self._suspects.setdefault(trade.venue, _Suspects()).add(trade)

    def explain(self, fill: OwnFill) -> Trade | None:
        """The suspect print that a new fill explains; None if its print has not come."""
        suspects = self._suspects.get(fill.venue)
        if suspects is None or fill.px_ticks is None:
            return None
        queue = suspects.by_terms.get((fill.px_ticks, fill.qty), ())
        found = next((trade for trade in queue if _close(fill, trade)), None)
        if found is not None:
            suspects.clear(found)
        return found

    def explained(self, trade: Trade) -> None:
        """A print that may have been suspect is known to be ours, or void."""
        suspects = self._suspects.get(trade.venue)
        if suspects is not None:
            suspects.clear(trade)

    def nothing_open(self, venue: str) -> None:
        """Every order of ours at `venue` has ended: what it printed and is unclaimed is others'."""
        self._suspects.pop(venue, None)

    @property
    def suspect_qty(self) -> int:
        """Shares on the tape that may be ours without our knowing it yet, at the most."""
        return sum(
            min(suspects.qty, self.orders.open_qty(venue))
            for venue, suspects in self._suspects.items()
        )


@dataclass(slots=True)
class _Suspects:
    """Prints of one venue that may be ours. `qty`: shares of them all, the forgotten ones too."""

    qty: int = 0
    by_terms: dict[tuple[int, int], deque[Trade]] = field(default_factory=dict)
    _by_age: deque[Trade] = field(default_factory=deque)

    def add(self, trade: Trade) -> None:
        """One more. Those too old to be explained still count, and are not looked for any more."""
        self.qty += trade.qty
        self.by_terms.setdefault((trade.px_ticks, trade.qty), deque()).append(trade)
        self._by_age.append(trade)
        too_old_ns = trade.at_ns - 2 * OWN_PRINT_ALLOWANCE_NS
        while self._by_age[0].at_ns < too_old_ns or len(self._by_age) > SUSPECTS_MAX:
            self._drop(self._by_age.popleft())

    def clear(self, trade: Trade) -> None:
        """One is explained, if it was one."""
        if self._drop(trade):
            self.qty -= trade.qty

    def _drop(self, trade: Trade) -> bool:
        terms = (trade.px_ticks, trade.qty)
        queue = self.by_terms.get(terms)
        if queue is None or trade not in queue:
            return False
        queue.remove(trade)
        if not queue:
            del self.by_terms[terms]
        return True


def _close(fill: OwnFill, trade: Trade) -> bool:
    return abs(fill.at_ns - trade.at_ns) <= OWN_PRINT_ALLOWANCE_NS
