"""A session's volume curve as its day goes on: what fraction of an order should be done by now.

A fold of the tape and nothing else: bins that are over are taken from the tape by the minute as
time passes them, so that any two who saw the same prints say the same, whenever they ask. A bin
that began before the first quote that is known was not seen whole and teaches nothing: after a
restart those before the tail of market data are of this kind, and count with their forecast.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec

from domain.sessions import Session
from marketdata.curve_window import Window, WindowCurve
from marketdata.dynamic_curve import DynamicCurve
from marketdata.known_profiles import SessionCurve
from marketdata.market import SymbolMarket

# A bin is taken as it stands so long after its end: prints are milliseconds on their way, and one
# that comes later is left out by whoever asked before, and counted by whoever starts after.
GRACE_NS: Final = 10**9
WINDOWS_MAX: Final = 4_096  # of one symbol and day; a parent has one for each of its plans
NEVER: Final = 1 << 62
_NS: Final = 10**9


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """The target over one stretch [start_ns, end_ns) in which nothing new is learnt: straight from
    `start_done` to `end_done`, fractions of the order.
    """

    start_ns: int
    end_ns: int
    start_done: float
    end_done: float

    def fraction(self, now_ns: int) -> float:
        """The fraction due at a time; before the stretch as if it had gone on like this."""
        if now_ns >= self.end_ns:
            return self.end_done
        passed = (now_ns - self.start_ns) / (self.end_ns - self.start_ns)
        return max(self.start_done + (self.end_done - self.start_done) * passed, 0.0)

    def time_of(self, fraction: float) -> int:
        """When a fraction is due, `end_ns` at the latest: then something new may be known."""
        if fraction >= self.end_done:
            return self.end_ns
        if fraction <= self.start_done:
            return self.start_ns
        part = (fraction - self.start_done) / (self.end_done - self.start_done)
        return self.start_ns + int((self.end_ns - self.start_ns) * part) + 1


@dataclass(slots=True, kw_only=True)
class LiveWindow:
    """What the day says of one order's window. `static`: the curve without the day's news.

    The target at the end of a bin is that of quant.md 3.4, by the bins before it alone; the way
    there is straight from the target at the end of the one before. So what a bin teaches is spread
    over the next, and nothing is ever taken back.
    """

    dynamic: DynamicCurve
    market: SymbolMarket
    static: WindowCurve = field(init=False)
    _at_ns: int = field(init=False)  # what was done by the target ...
    _done: float = 0.0  # ... then: the last point of the way that is behind
    _passed: int = 0  # bins that are over; the last of them may not be known yet
    _edges: int = 0  # begins and ends of the market's halts that are behind
    _halted: bool = False
    _pace: Pace | None = None

    def __post_init__(self) -> None:
        self.static = self.dynamic.static
        self._at_ns = self.dynamic.window.start_ns

    def pace(self, now_ns: int) -> Pace:
        """How the order should go about `now_ns`."""
        pace = self._pace
        if (
            pace is not None and pace.start_ns <= now_ns < min(pace.end_ns, self._known_ns())
            and self._halt_ns() > now_ns
        ):  # fmt: skip
            return pace
        while True:
            end_ns, known_ns, halt_ns = self._end_ns(), self._known_ns(), self._halt_ns()
            next_ns = min(end_ns, known_ns, halt_ns)
            if next_ns > now_ns:
                break
            if next_ns == known_ns:
                self._on_known(known_ns)
            elif next_ns == end_ns:
                self._on_end(end_ns)
            else:
                self._on_halt(halt_ns)
            self._pace = None
        pace = self._pace
        if pace is None or not pace.start_ns <= now_ns < pace.end_ns:
            pace = self._pace = self._paced(now_ns)
        return pace

    def _end_ns(self) -> int:
        """When the bin that is running is over."""
        dynamic = self.dynamic
        if self._passed >= len(dynamic.curve.bins):
            return NEVER
        return dynamic.window.session.open_ns + dynamic.curve.bins[self._passed].end_s * _NS

    def _known_ns(self) -> int:
        """When the volume of the bin that is over is known."""
        dynamic = self.dynamic
        if dynamic.bins >= self._passed:
            return NEVER
        end_s = dynamic.curve.bins[dynamic.bins].end_s
        return dynamic.window.session.open_ns + end_s * _NS + GRACE_NS

    def _halt_ns(self) -> int:
        """The next begin or end of a halt; those before the open are as of the open."""
        halts = self.market.halts
        if self._edges >= 2 * len(halts):
            return NEVER
        edge_ns = halts[self._edges // 2][self._edges % 2]
        return NEVER if edge_ns is None else max(edge_ns, self.dynamic.window.session.open_ns)

    def _on_end(self, end_ns: int) -> None:
        """The target at the end of a bin is behind."""
        self._passed += 1
        if end_ns > self._at_ns:
            if not self._halted:
                self._done = max(self._done, self.dynamic.target(end_ns))
            self._at_ns = end_ns

    def _on_known(self, known_ns: int) -> None:
        """What a bin traded is known, if it was seen whole; the way goes on from here."""
        self._move_to(known_ns)
        dynamic = self.dynamic
        each, open_ns = dynamic.curve.bins[dynamic.bins], dynamic.window.session.open_ns
        start_ns, end_ns = open_ns + each.start_s * _NS, open_ns + each.end_s * _NS
        since_ns = self.market.since_ns
        if since_ns is not None and since_ns <= start_ns:
            dynamic.on_bin(self.market.tape.minutes.between(start_ns, end_ns))
        else:
            dynamic.on_unseen_bin()

    def _on_halt(self, at_ns: int) -> None:
        """Every venue stands still, or one goes on."""
        self._move_to(at_ns)
        self._halted = self._edges % 2 == 0
        self._edges += 1
        if self._halted:
            self.dynamic.on_halt(at_ns)
        else:
            self.dynamic.on_resume(at_ns)

    def _move_to(self, at_ns: int) -> None:
        """Go along the way as it is up to a time."""
        if at_ns > self._at_ns:
            self._done = self._paced(at_ns - 1).fraction(at_ns)
            self._at_ns = at_ns

    def _paced(self, now_ns: int) -> Pace:
        """From the last point that is behind to the next that can be foretold."""
        dynamic, window = self.dynamic, self.dynamic.window
        if now_ns >= window.end_ns:
            return Pace(start_ns=window.end_ns, end_ns=NEVER, start_done=1.0, end_done=1.0)
        end_ns = min(self._end_ns(), window.end_ns)
        start_ns = max(self._at_ns, window.start_ns)
        if self._passed < len(dynamic.curve.bins):
            start_s = dynamic.curve.bins[self._passed].start_s
            start_ns = max(start_ns, window.session.open_ns + start_s * _NS)
        if self._halted or now_ns < start_ns:  # before the start, in a break: nothing trades
            until_ns = end_ns if self._halted else start_ns
            return Pace(start_ns=min(self._at_ns, now_ns), end_ns=until_ns, start_done=self._done,
                        end_done=self._done)  # fmt: skip
        end_done = 1.0 if end_ns == window.end_ns else dynamic.target(end_ns)
        return Pace(start_ns=start_ns, end_ns=end_ns, start_done=self._done,
                    end_done=max(end_done, self._done))  # fmt: skip


@dataclass(slots=True, kw_only=True)
class LiveCurve:
    """Of one symbol and session. `source`: the curve and its name. `fingerprint`: eight hex digits
    that change with the curve.
    """

    source: SessionCurve
    session: Session
    market: SymbolMarket
    lot: int = 100
    fingerprint: str = field(init=False)
    _windows: dict[tuple[int, int, float], LiveWindow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fingerprint = sha256(msgspec.json.encode(self.source.curve)).hexdigest()[:8]

    def window(self, start_ns: int, end_ns: int, band: float) -> LiveWindow:
        """For an order over [start_ns, end_ns) that keeps within `band` of the static curve.

        The crosses are no part of it.
        """
        found = self._windows.get((start_ns, end_ns, band))
        if found is None:
            window = Window(session=self.session, start_ns=start_ns, end_ns=end_ns)
            dynamic = DynamicCurve(curve=self.source.curve, window=window, lot=self.lot, band=band)
            found = LiveWindow(dynamic=dynamic, market=self.market)
            if len(self._windows) >= WINDOWS_MAX:
                self._windows.pop(next(iter(self._windows)))
            self._windows[start_ns, end_ns, band] = found
        return found
