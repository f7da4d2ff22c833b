"""The part of a volume curve that an order has before it: renormalised to its window."""

from bisect import bisect_right
from typing import Final

import msgspec

from domain.sessions import Session
from marketdata.volume_curve import VolumeCurve

_NS: Final = 1_000_000_000


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """[start_ns, end_ns) of one session, and whether its crosses belong to it."""

    session: Session
    start_ns: int
    end_ns: int
    opening: bool = False
    closing: bool = False


class WindowCurve(msgspec.Struct, frozen=True, kw_only=True):
    """What fraction of the volume of a window trades by when: 0 before it, 1 after it.

    `done[i]` by `times_ns[i]`, both (n,) and rising; straight between. Two equal times are a cross.
    """

    times_ns: tuple[int, ...]
    done: tuple[float, ...]

    def fraction(self, now_ns: int) -> float:
        """The fraction done at `now_ns`, a cross at that very time included."""
        index = bisect_right(self.times_ns, now_ns)
        if index == 0:
            return 0.0
        if index == len(self.times_ns):
            return 1.0
        since_ns = now_ns - self.times_ns[index - 1]
        length_ns = self.times_ns[index] - self.times_ns[index - 1]
        before = self.done[index - 1]
        return before + (self.done[index] - before) * since_ns / length_ns

    def time_of(self, fraction: float) -> int:
        """The last time up to which no more than `fraction` has traded; the end for 1 and above."""
        index = bisect_right(self.done, fraction)
        if index == 0:
            return self.times_ns[0]
        if index == len(self.done):
            return self.times_ns[-1]
        at_ns, before = self.times_ns[index - 1], self.done[index - 1]
        part = (fraction - before) / (self.done[index] - before)
        return at_ns + int((self.times_ns[index] - at_ns) * part)

    def halted(self, from_ns: int, until_ns: int, reopening: float = 0.0) -> "WindowCurve":
        """The curve with its clock frozen over a halt (quant.md 3.5).

        What was to trade during the halt is spread over what is left of the window, in the shape of
        that; `reopening`: the fraction of what is left that trades in the reopening cross.
        """
        before = self.fraction(from_ns)
        kept = [(at, done) for at, done in self._points() if at < from_ns]
        resumed = self.fraction(until_ns)
        left = 1.0 - before
        scale = 0.0 if resumed >= 1.0 else left * (1.0 - reopening) / (1.0 - resumed)
        points = [
            *kept, (from_ns, before), (until_ns, before),
            (until_ns, before + left * (reopening if scale else 1.0)),
            *((at, 1.0 - (1.0 - done) * scale) for at, done in self._points() if at > until_ns),
        ]  # fmt: skip
        return WindowCurve(
            times_ns=tuple(at for at, _ in points), done=tuple(done for _, done in points)
        )

    def _points(self) -> list[tuple[int, float]]:
        return list(zip(self.times_ns, self.done, strict=True))


def window_curve(curve: VolumeCurve, window: Window) -> WindowCurve:
    """The remaining curve of a window, partial bins in exact proportion (quant.md 3.5, late start).

    Where the curve expects nothing at all, trading time itself is the measure.
    """
    open_ns = window.session.open_ns
    overlaps = curve.overlaps((window.start_ns - open_ns) / _NS, (window.end_ns - open_ns) / _NS)
    weights = [each.share * part for each, part in zip(curve.bins, overlaps, strict=True)]
    opening = curve.opening_share if window.opening else 0.0
    closing = curve.closing_share if window.closing else 0.0
    if not opening + closing + sum(weights):
        weights = [
            (each.end_s - each.start_s) * part
            for each, part in zip(curve.bins, overlaps, strict=True)
        ]
    total = opening + closing + sum(weights)
    if not total:
        return WindowCurve(times_ns=(window.start_ns, window.end_ns), done=(0.0, 1.0))
    times, done, sum_ = [window.start_ns], [opening / total], opening
    for each, weight, part in zip(curve.bins, weights, overlaps, strict=True):
        if part:
            start_ns = max(window.start_ns, open_ns + each.start_s * _NS)
            times += [start_ns, min(window.end_ns, open_ns + each.end_s * _NS)]
            done += [sum_ / total, (sum_ + weight) / total]
            sum_ += weight
    return WindowCurve(times_ns=(*times, window.end_ns), done=(*done, 1.0))
