"""A volume curve that learns from its day: the day-level Kalman update of quant.md 3.4.

log v_i = mu_i + m + noise, m ~ N(0, D). Fed with the market's volume bin by bin, it forecasts the
rest of the day and says what fraction of an order should be done by now. The target within bin i
uses volumes of the bins before i alone.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from marketdata.curve_estimators import LOTS_FOR_ZERO
from marketdata.curve_window import Window, WindowCurve, window_curve
from marketdata.volume_curve import VolumeCurve

# The residuals of a day hang together: each bin says as much as a third of one (quant.md 3.4).
OBSERVATION_FACTOR: Final = 3.0
RESIDUAL_CARRY: Final = 0.45  # of the last residual, into the next bin
# How much of the way from the static curve to what the day says is gone. Half of it is better than
# none or all over recorded days: TE 5.26, 7.58 and 5.88 bps for AAPL, GE and SPY, against 5.24,
# 8.35 and 6.02 by the static curve and 5.53, 7.39 and 6.15 by the day alone (docs/curves.md).
TRUST: Final = 0.5
BAND_LIQUID: Final = 0.05  # how far the target may leave the static curve
BAND_ILLIQUID: Final = 0.10
OPEN_FRACTION_MIN: Final = 0.5  # a bin halted for longer says nothing of the day's level
_NS: Final = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class DynamicCurve:
    """State of one order's day. `level`, `variance`: m and P; `residual`: of the last bin.

    `bins`: how many are over. `done_qty`: shares that the market traded in the window, in bins that
    are over and in crosses. `unseen_share`: of the day, in bins of the window that are over and of
    which nothing is known. Volumes are the market's, without late, busted and average-price prints
    and off-exchange blocks; own fills are counted once.
    """

    curve: VolumeCurve
    window: Window
    lot: int = 100
    band: float = BAND_LIQUID
    trust: float = TRUST
    level: float = 0.0
    variance: float = field(init=False)
    residual: float = 0.0
    bins: int = 0
    done_qty: float = 0.0
    unseen_share: float = 0.0
    opened: bool = False
    static: WindowCurve = field(init=False)
    _weights: tuple[float, ...] = field(init=False)
    _halts: list[tuple[int, int]] = field(default_factory=list)
    _halted_ns: int | None = None

    def __post_init__(self) -> None:
        self.variance = self.curve.day_variance
        self.static = window_curve(self.curve, self.window)
        open_ns = self.window.session.open_ns
        self._weights = self.curve.overlaps(
            (self.window.start_ns - open_ns) / _NS, (self.window.end_ns - open_ns) / _NS
        )

    def on_bin(self, qty: float) -> None:
        """The bin after the last one is over, with `qty` shares in continuous trading."""
        each = self.curve.bins[self.bins]
        start_ns, end_ns = self._span(self.bins)
        open_fraction = 1.0 - self._halted_in(start_ns, end_ns) / (end_ns - start_ns)
        self.done_qty += qty * self._weights[self.bins]
        self.bins += 1
        self.residual = 0.0
        if open_fraction < OPEN_FRACTION_MIN or each.share <= 0.0:
            return
        seen_qty = max(qty, LOTS_FOR_ZERO * self.lot) / open_fraction
        surprise = math.log(seen_qty / (self.curve.expected_qty * each.share))
        gain = self.variance / (self.variance + OBSERVATION_FACTOR * self.curve.bin_variance)
        self.level += gain * (surprise - self.level)
        self.variance *= 1.0 - gain
        self.residual = surprise - self.level

    def on_unseen_bin(self) -> None:
        """The bin after the last one is over, and what it traded is not known: it teaches nothing,
        and counts with what is expected of it at the level that the seen ones show.
        """
        self.unseen_share += self.curve.bins[self.bins].share * self._weights[self.bins]
        self.bins += 1
        self.residual = 0.0

    def on_opening(self, qty: float) -> None:
        """The opening cross traded `qty`; it says nothing of the day's level."""
        self.opened = True
        if self.window.opening:
            self.done_qty += qty

    def on_reopening(self, qty: float) -> None:
        """A cross after a halt: a bin of its own, which nobody expected."""
        self.done_qty += qty

    def on_halt(self, at_ns: int) -> None:
        """Trading stopped: the clock stands still."""
        if self._halted_ns is None:
            self._halted_ns = at_ns

    def on_resume(self, at_ns: int) -> None:
        """Trading goes on; what is left of the day is estimated anew."""
        if self._halted_ns is not None:
            self._halts.append((self._halted_ns, at_ns))
            self._halted_ns = None
            self.static = self.static.halted(*self._halts[-1])

    def forecast_qty(self, index: int) -> float:
        """Shares expected in a whole bin that is not over."""
        carry = RESIDUAL_CARRY * self.residual if index == self.bins else 0.0
        each = self.curve.bins[index]
        return self.curve.expected_qty * each.share * math.exp(self.level + carry)

    def target(self, now_ns: int, filled: float = 0.0) -> float:
        """The fraction of the order that should be done at `now_ns`; `filled`: what is, and never
        less, for nothing is unwound.
        """
        if self._halted_ns is not None:
            now_ns = min(now_ns, self._halted_ns)
        if now_ns >= self.window.end_ns:
            return 1.0
        done_qty, left_qty = self._qtys(now_ns)
        static = self.static.fraction(now_ns)
        total_qty = done_qty + left_qty
        moved = done_qty / total_qty if total_qty > 0 else static
        trusted = static + self.trust * (moved - static)
        clipped = min(max(trusted, static - self.band, 0.0), static + self.band, 1.0)
        return max(clipped, filled)

    def _qtys(self, now_ns: int) -> tuple[float, float]:
        """Shares of the window's volume (traded or forecast to be by now, forecast after it)."""
        done_qty, left_qty = self.done_qty, 0.0
        day_qty = self.curve.expected_qty * math.exp(self.level)
        done_qty += day_qty * self.unseen_share
        if self.window.opening and not self.opened:
            done_qty += day_qty * self.curve.opening_share
        for index in range(self.bins, len(self.curve.bins)):
            if not self._weights[index]:
                continue
            start_ns, end_ns = self._span(index)
            length_ns = end_ns - start_ns
            first_ns, last_ns = max(start_ns, self.window.start_ns), min(end_ns, self.window.end_ns)
            at_ns = min(max(now_ns, first_ns), last_ns)
            past_ns = at_ns - first_ns - self._halted_in(first_ns, at_ns)
            rate = self.forecast_qty(index) / length_ns
            done_qty += rate * past_ns
            left_qty += rate * (last_ns - at_ns)
        if self.window.closing:
            left_qty += day_qty * self.curve.closing_share
        return done_qty, left_qty

    def _span(self, index: int) -> tuple[int, int]:
        each = self.curve.bins[index]
        open_ns = self.window.session.open_ns
        return open_ns + each.start_s * _NS, open_ns + each.end_s * _NS

    def _halted_in(self, start_ns: int, end_ns: int) -> int:
        """How much of [start_ns, end_ns) was halted, as far as is known, in ns."""
        halts = list(self._halts)
        if self._halted_ns is not None:
            halts.append((self._halted_ns, end_ns))
        return sum(max(0, min(end_ns, end) - max(start_ns, start)) for start, end in halts)
