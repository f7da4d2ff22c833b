"""What the market did in an interval: running sums of one symbol, read at the interval's ends.

An event costs the same however many parents are followed: it adds to sums, and an interval is the
difference of two readings. A `Mark` is a reading to be taken when the market's time passes it. One
that is asked for late is read from a short history; beyond that, or before the first event, it
stays unknown and so does every benchmark that needs it.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush
from typing import Final, NamedTuple

from domain.marketdata import MarketEvent, Quote, Trade, is_regular

# Reports trail the market data they speak of by milliseconds. This many events of one symbol are
# 40 s of a busy stock, for about a megabyte.
HISTORY_EVENTS: Final = 4_096


class Sums(NamedTuple):
    """A reading at `at_ns`. Prices in ticks; `bid`, `ask` are 0 where that side is empty.

    `qty`, `notional`: shares and ticks x shares of regular prints. `mid2_ns`: (bid + ask)
    integrated over the `two_sided_ns` nanoseconds in which there were both.
    """

    at_ns: int
    bid: int
    ask: int
    qty: int
    notional: int
    mid2_ns: int
    two_sided_ns: int

    def until(self, at_ns: int) -> "Sums":
        """The same market, later."""
        if at_ns <= self.at_ns or not (self.bid and self.ask):
            return self._replace(at_ns=max(at_ns, self.at_ns))
        elapsed_ns = at_ns - self.at_ns
        return self._replace(
            at_ns=at_ns,
            mid2_ns=self.mid2_ns + (self.bid + self.ask) * elapsed_ns,
            two_sided_ns=self.two_sided_ns + elapsed_ns,
        )


@dataclass(slots=True, kw_only=True)
class Mark:
    """A reading wanted at `at_ns`: before the events of that nanosecond, or with them."""

    order_id: str
    at_ns: int
    inclusive: bool
    is_read: bool = False
    sums: Sums | None = None

    def read(self, sums: Sums | None) -> None:
        assert not self.is_read
        self.is_read = True
        self.sums = sums.until(self.at_ns) if sums is not None else None


@dataclass(slots=True, kw_only=True)
class Market:
    """The running sums of one symbol, over the consolidated best bid and offer of its venues."""

    quotes: dict[str, Quote] = field(default_factory=dict)
    now: Sums | None = None
    _history: deque[Sums] = field(default_factory=lambda: deque(maxlen=HISTORY_EVENTS))
    _wanted: list[tuple[int, bool, int, Mark]] = field(default_factory=list)
    _count: int = 0

    def want(self, mark: Mark) -> None:
        """Read `mark` now if its time has passed, else when it does."""
        if self.now is None or (self.now.at_ns, False) < (mark.at_ns, mark.inclusive):
            self._count += 1
            heappush(self._wanted, (mark.at_ns, mark.inclusive, self._count, mark))
        else:
            mark.read(self._before(mark))

    def settle(self, mark: Mark) -> None:
        """Read `mark` now, whether or not the market has moved since: nothing more will come."""
        if not mark.is_read:
            mark.read(self._before(mark))

    def reading(self, mark: Mark) -> Sums | None:
        """What `mark` read, or would read if nothing more came."""
        return mark.sums if mark.is_read else self.at(mark.at_ns)

    def at(self, at_ns: int) -> Sums | None:
        """The market as it stands, at a time not before its last event."""
        return self.now.until(at_ns) if self.now is not None else None

    def on_event(self, event: MarketEvent) -> Sequence[Mark]:
        """Add one event. Returns the marks that its time has passed."""
        now = self.now
        # Venues' clocks differ: an event from before the last one counts as of now.
        at_ns = event.at_ns if now is None or event.at_ns > now.at_ns else now.at_ns
        read = self._read_until(at_ns) if self._wanted else ()
        if type(event) is Trade:
            if is_regular(event.condition):
                self._move(at_ns, event.qty, event.px_ticks * event.qty)
        elif type(event) is Quote:
            self.quotes[event.venue] = event
            self._move(at_ns, 0, 0)
        return read

    def _read_until(self, at_ns: int) -> list[Mark]:
        read = []
        while self._wanted and self._wanted[0][:2] < (at_ns, True):
            mark = heappop(self._wanted)[3]
            if not mark.is_read:
                mark.read(self.now)
                read.append(mark)
        return read

    def _move(self, at_ns: int, qty: int, notional: int) -> None:
        now = self.now
        before = now.until(at_ns) if now is not None else Sums(at_ns, 0, 0, 0, 0, 0, 0)
        bid, ask = (before.bid, before.ask) if qty else self._best()
        self.now = Sums(
            at_ns, bid, ask, before.qty + qty, before.notional + notional,
            before.mid2_ns, before.two_sided_ns,
        )  # fmt: skip
        self._history.append(self.now)

    def _best(self) -> tuple[int, int]:
        quotes = self.quotes.values()
        return (
            max((quote.bid_px_ticks for quote in quotes if quote.bid_qty), default=0),
            min((quote.ask_px_ticks for quote in quotes if quote.ask_qty), default=0),
        )

    def _before(self, mark: Mark) -> Sums | None:
        """The last reading before `mark`, None if that is no longer, or was never, there."""
        for sums in reversed(self._history):
            if (sums.at_ns, True) <= (mark.at_ns, mark.inclusive):
                return sums
        return None


def mid_px(sums: Sums | None, tick: Decimal) -> Decimal | None:
    """The mid at a reading, in currency units."""
    if sums is None or not (sums.bid and sums.ask):
        return None
    return tick * (sums.bid + sums.ask) / 2


def vwap_px(start: Sums | None, end: Sums | None, tick: Decimal) -> Decimal | None:
    """The average price of the shares that printed between two readings."""
    if start is None or end is None or end.qty == start.qty:
        return None
    return tick * (end.notional - start.notional) / (end.qty - start.qty)


def twap_px(start: Sums | None, end: Sums | None, tick: Decimal) -> Decimal | None:
    """The mid averaged over the time between two readings in which there was one."""
    if start is None or end is None:
        return None
    two_sided_ns = end.two_sided_ns - start.two_sided_ns
    if not two_sided_ns:
        return mid_px(end, tick) if start.at_ns == end.at_ns else None
    return tick * (end.mid2_ns - start.mid2_ns) / (2 * two_sided_ns)
