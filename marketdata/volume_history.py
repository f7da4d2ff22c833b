"""How the cumulative volume stood when: so that volume since a time is one subtraction.

The last RECENT prints are kept one by one. Of those before them one in so many is kept, and when
these have become HISTORY_MAX every second is let go and twice as many are passed over from then on:
a day of any length takes constant memory, and no two points are further apart than a 4,000th of all
prints. A time between two points reads as the later of them: volume since then is then too small,
never too large.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

HISTORY_MAX: Final = 8_192  # points: 200 KiB a symbol
RECENT: Final = 1_024  # at the least, twice so many at the most: minutes of a liquid symbol

Point = tuple[int, int, int, int]  # of a print: at_ns, qty, eligible shares and ours before it


class Mark(msgspec.Struct, frozen=True):
    """The cumulative sums before some print. `volume`: eligible shares, `own_qty`: ours of it."""

    volume: int
    own_qty: int


@dataclass(slots=True)
class VolumeHistory:
    """Points (time, sums before the first print at that time), by rising time."""

    _at_ns: "array[int]" = field(default_factory=lambda: array("q"))
    _volume: "array[int]" = field(default_factory=lambda: array("q"))
    _own_qty: "array[int]" = field(default_factory=lambda: array("q"))
    _recent: list[Point] = field(default_factory=list)
    _last_ns: int = -1
    _stride: int = 1  # of the points that are no longer recent, one in so many is kept
    _passed: int = 0

    def __len__(self) -> int:
        return len(self._at_ns) + len(self._recent)

    def note(self, points: Sequence[Point]) -> None:
        """Prints came, in order; the sums of each are those before it."""
        last_ns = self._last_ns
        for point in points:
            if point[0] > last_ns:
                last_ns = point[0]
                self._recent.append(point)
                if len(self._recent) >= 2 * RECENT:
                    self._put_by()
        self._last_ns = last_ns

    def _put_by(self) -> None:
        """The older half of the recent points is recent no more."""
        for at_ns, _, volume, own_qty in self._recent[:RECENT]:
            if self._passed % self._stride == 0:
                self._at_ns.append(at_ns)
                self._volume.append(volume)
                self._own_qty.append(own_qty)
            self._passed += 1
        del self._recent[:RECENT]
        if len(self._at_ns) >= HISTORY_MAX:
            self._stride *= 2
            for kept in (self._at_ns, self._volume, self._own_qty):
                kept[:] = kept[::2]

    def mark(self, since_ns: int) -> Mark | None:
        """The sums before the first print after `since_ns`; None while none has come."""
        index = bisect_right(self._at_ns, since_ns)
        if index < len(self._at_ns):
            return Mark(self._volume[index], self._own_qty[index])
        index = bisect_right(self._recent, since_ns, key=lambda point: point[0])
        if index < len(self._recent):
            return Mark(self._recent[index][2], self._recent[index][3])
        return None

    @property
    def first_ns(self) -> int | None:
        """The time of the first point; None while there is none."""
        if self._at_ns:
            return self._at_ns[0]
        return self._recent[0][0] if self._recent else None

    def rewind(self, at_ns: int) -> None:
        """Forget the points from `at_ns` on: they were of a clock that was wrong."""
        at_ns -= 1
        self._recent = [point for point in self._recent if point[0] <= at_ns]
        index = bisect_right(self._at_ns, at_ns)
        for kept in (self._at_ns, self._volume, self._own_qty):
            del kept[index:]
        self._last_ns = at_ns
