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
    """What the day says of one order's window. `static`: the curve without the day's news."""

    dynamic: DynamicCurve
    market: SymbolMarket
    static: WindowCurve = field(init=False)
    _halts: int = 0  # of the market's, those that the curve knows the beginning of
    _lasting: bool = False  # the last of them is not over, as far as the curve knows
    _pace: Pace | None = None

    def __post_init__(self) -> None:
        self.static = self.dynamic.static

    def pace(self, now_ns: int) -> Pace:
        """How the order should go about `now_ns`."""
        self._learn_halts()
        self._learn_bins(now_ns)
        pace = self._pace
        if pace is None or not pace.start_ns <= now_ns < pace.end_ns:
            pace = self._pace = self._paced(now_ns)
        return pace

    def _learn_bins(self, now_ns: int) -> None:
        """The bins that time has passed since the last look."""
        dynamic = self.dynamic
        open_ns, bins = dynamic.window.session.open_ns, dynamic.curve.bins
        while dynamic.bins < len(bins):
            each = bins[dynamic.bins]
            start_ns, end_ns = open_ns + each.start_s * _NS, open_ns + each.end_s * _NS
            if end_ns + GRACE_NS > now_ns:
                return
            since_ns = self.market.since_ns
            if since_ns is not None and since_ns <= start_ns:
                dynamic.on_bin(self.market.tape.minutes.between(start_ns, end_ns))
            else:
                dynamic.on_unseen_bin()
            self._pace = None

    def _learn_halts(self) -> None:
        """Those that reach into the session; before the open nothing trades anyway."""
        halts, open_ns = self.market.halts, self.dynamic.window.session.open_ns
        if self._lasting:
            until_ns = halts[self._halts - 1][1]
            if until_ns is None:
                return
            self.dynamic.on_resume(max(until_ns, open_ns))
            self._lasting, self._pace = False, None
        for from_ns, until_ns in halts[self._halts :]:
            self._halts += 1
            if until_ns is not None and until_ns <= open_ns:
                continue
            self.dynamic.on_halt(max(from_ns, open_ns))
            self._pace = None
            if until_ns is None:
                self._lasting = True
            else:
                self.dynamic.on_resume(until_ns)

    def _paced(self, now_ns: int) -> Pace:
        """Straight up to the next time at which something may be learnt, or a bin begins."""
        dynamic = self.dynamic
        window, open_ns = dynamic.window, dynamic.window.session.open_ns
        if now_ns >= window.end_ns:
            return Pace(start_ns=window.end_ns, end_ns=1 << 62, start_done=1.0, end_done=1.0)
        edges = [window.start_ns, window.end_ns]
        for each in dynamic.curve.bins:
            start_ns, end_ns = open_ns + each.start_s * _NS, open_ns + each.end_s * _NS
            edges += [start_ns, end_ns, end_ns + GRACE_NS]
        for from_ns, until_ns in self.market.halts:
            edges += [from_ns] if until_ns is None else [from_ns, until_ns]
        start_ns = max((edge for edge in edges if edge <= now_ns), default=now_ns)
        end_ns = min(edge for edge in edges if edge > now_ns)
        start_done = dynamic.target(start_ns)
        # At the end of the window all is due, even in a halt; until then a halt stands still.
        end_done = dynamic.target(end_ns - 1 if end_ns == window.end_ns else end_ns)
        return Pace(start_ns=start_ns, end_ns=end_ns, start_done=start_done,
                    end_done=max(end_done, start_done))  # fmt: skip


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
