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


# The fields of Sums as a plain tuple, of which there is one an event.
_Reading = tuple[int, int, int, int, int, int, int]
_NOTHING: Final[_Reading] = (-1, 0, 0, 0, 0, 0, 0)  # before the first event


@dataclass(slots=True, kw_only=True)
class Mark:
    """A reading wanted at `at_ns`: before the events of that nanosecond, or with them.

    `passed_ns`: the time of the event that passed it.
    """

    order_id: str
    at_ns: int
    inclusive: bool
    is_read: bool = False
    passed_ns: int = 0
    sums: Sums | None = None

    def read(self, sums: Sums | None) -> None:
        assert not self.is_read
        self.is_read = True
        self.sums = sums.until(self.at_ns) if sums is not None else None


@dataclass(slots=True, kw_only=True)
class Market:
    """The running sums of one symbol, over the consolidated best bid and offer of its venues.

    Events are kept as they come and added up when somebody reads, or when they are many. Before
    the first mark is asked for nobody can read, so that only the last events are kept.
    """

    quotes: dict[str, Quote] = field(default_factory=dict)
    _now: _Reading | None = None
    _pending: list[MarketEvent] = field(default_factory=list)
    _history: deque[_Reading] = field(default_factory=lambda: deque(maxlen=HISTORY_EVENTS))
    _wanted: list[tuple[int, bool, int, Mark]] = field(default_factory=list)
    _count: int = 0

    def want(self, mark: Mark) -> None:
        """Read `mark` now if its time has passed, else when it does."""
        self._add_up()
        self._count += 1
        if self._now is None or (self._now[0], False) < (mark.at_ns, mark.inclusive):
            heappush(self._wanted, (mark.at_ns, mark.inclusive, self._count, mark))
        else:
            mark.read(self._before(mark))

    def settle(self, mark: Mark) -> None:
        """Read `mark` now, whether or not the market has moved since: nothing more will come."""
        if not mark.is_read:
            self._add_up()
            mark.read(self._before(mark))

    def reading(self, mark: Mark) -> Sums | None:
        """What `mark` read, or would read if nothing more came."""
        return mark.sums if mark.is_read else self.at(mark.at_ns)

    def at(self, at_ns: int) -> Sums | None:
        """The market as it stands, at a time not before its last event."""
        self._add_up()
        return Sums(*self._now).until(at_ns) if self._now is not None else None

    def on_events(self, events: Sequence[MarketEvent]) -> Sequence[Mark]:
        """Add events, in order. Returns the marks that their time has passed."""
        self._pending += events
        if self._wanted:
            if self._wanted[0][:2] < (events[-1].at_ns, True):
                return self._add_up()
        elif not self._count and len(self._pending) > 2 * HISTORY_EVENTS:
            self._drop_oldest()
        if len(self._pending) > HISTORY_EVENTS and self._count:
            return self._add_up()
        return ()

    def _drop_oldest(self) -> None:
        """Nobody has asked yet: what is too old to be read from the history is not added up."""
        for event in self._pending[:-HISTORY_EVENTS]:
            if type(event) is Quote:
                self.quotes[event.venue] = event
        del self._pending[:-HISTORY_EVENTS]

    def _add_up(self) -> list[Mark]:
        """Add what is pending to the sums. Returns the marks whose time it has passed."""
        read: list[Mark] = []
        if not self._pending:
            return read
        pending, self._pending = self._pending, []
        now = self._now
        last_ns, bid, ask, qty, notional, mid2_ns, two_sided_ns = now or _NOTHING
        keep, wanted, quotes = self._history.append, self._wanted, self.quotes
        for event in pending:
            # Venues' clocks differ: an event from before the last one counts as of then.
            at_ns = event.at_ns if event.at_ns > last_ns else last_ns
            if wanted and wanted[0][:2] < (at_ns, True):
                read += self._read_until(at_ns, now)
            kind = type(event)
            if kind is not Quote and (kind is not Trade or not is_regular(event.condition)):  # type: ignore[union-attr]  # a Trade, by its type()
                continue
            if bid and ask:
                elapsed_ns = at_ns - last_ns
                mid2_ns += (bid + ask) * elapsed_ns
                two_sided_ns += elapsed_ns
            last_ns = at_ns
            if kind is Quote:
                quotes[event.venue] = event  # type: ignore[assignment]  # a Quote
                if len(quotes) == 1:
                    bid = event.bid_px_ticks if event.bid_qty else 0  # type: ignore[union-attr]
                    ask = event.ask_px_ticks if event.ask_qty else 0  # type: ignore[union-attr]
                else:
                    bid, ask = self._best()
            else:
                qty += event.qty  # type: ignore[union-attr]  # a Trade
                notional += event.px_ticks * event.qty  # type: ignore[union-attr]  # a Trade
            now = (at_ns, bid, ask, qty, notional, mid2_ns, two_sided_ns)
            keep(now)
        self._now = now
        return read

    def _read_until(self, at_ns: int, now: _Reading | None) -> list[Mark]:
        read = []
        while self._wanted and self._wanted[0][:2] < (at_ns, True):
            mark = heappop(self._wanted)[3]
            if not mark.is_read:
                mark.read(Sums(*now) if now is not None else None)
                mark.passed_ns = at_ns
                read.append(mark)
        return read

    def _best(self) -> tuple[int, int]:
        quotes = self.quotes.values()
        return (
            max((quote.bid_px_ticks for quote in quotes if quote.bid_qty), default=0),
            min((quote.ask_px_ticks for quote in quotes if quote.ask_qty), default=0),
        )

    def _before(self, mark: Mark) -> Sums | None:
        """The last reading before `mark`, None if that is no longer, or was never, there."""
        for reading in reversed(self._history):
            if (reading[0], True) <= (mark.at_ns, mark.inclusive):
                return Sums(*reading)
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
