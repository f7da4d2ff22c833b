"""The median of print sizes, without the prints: a histogram of bins an eighth of a doubling wide.

What is told is the mean of the bin that holds the median: within 12.5 % of the true one, and exact
below 16 shares or where a bin holds one size only, as round lots do. It is taken anew at certain
counts only (see `_next`), so that what is told depends on the sizes, not on who asked when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from marketdata.volume_history import Point

_BITS_MAX: Final = 48  # a print of 2**48 shares is beyond any market; larger ones count as this
_BINS: Final = (_BITS_MAX + 1) * 8
FIRST: Final = 32  # sizes before there is a median at all; fewer say little
TAKEN_EVERY: Final = 256  # sizes, once there are so many: a scan of the bins is 10 us


@dataclass(slots=True)
class RunningMedian:
    """Sizes in shares, above zero. `value`: their median, None before FIRST of them.

    `count`: how many there are. Each size costs O(1), amortised.
    """

    count: int = 0
    value: float | None = None
    _counts: list[int] = field(default_factory=lambda: [0] * _BINS)
    _sums: list[int] = field(default_factory=lambda: [0] * _BINS)
    _next: int = FIRST

    def add(self, points: Sequence[Point]) -> None:
        """Prints came, in order."""
        counts, sums = self._counts, self._sums
        count, due = self.count, self._next
        for _, qty, _, _ in points:
            index = qty if qty < 16 else _bin(qty)
            counts[index] += 1
            sums[index] += qty
            count += 1
            if count >= due:
                self.count = count
                self.value = self._taken()
                due = self._next = min(2 * count, count + TAKEN_EVERY)
        self.count = count

    def remove(self, qty: int) -> None:
        """A print that was added is void."""
        index = _bin(qty)
        self.count -= 1
        self._counts[index] -= 1
        self._sums[index] -= qty

    def _taken(self) -> float:
        """The median now, of an even number the lower one."""
        left = (self.count - 1) // 2
        for count, total in zip(self._counts, self._sums, strict=True):
            if left < count:
                return total / count
            left -= count
        raise AssertionError("the bins hold fewer sizes than were counted")


def _bin(qty: int) -> int:
    bits = min(qty.bit_length(), _BITS_MAX)
    return qty if bits <= 4 else (bits - 3) * 8 + ((qty >> (bits - 4)) & 7)
