"""Schedules: by when how many shares are due, as integer-lot cumulative targets."""

from bisect import bisect_right
from hashlib import sha256

import msgspec
import numpy as np

MAX_SLICES = 1_000  # bounds the plan's record; 23 s between slices over a whole US session


class Schedule(msgspec.Struct, frozen=True):
    """By `times_ns[i]`, `cum_qty[i]` shares are due, both rising, both (n,), n >= 1."""

    times_ns: tuple[int, ...]
    cum_qty: tuple[int, ...]

    def due_qty(self, now_ns: int) -> int:
        """Shares due at `now_ns`, 0 before the first slice."""
        index = bisect_right(self.times_ns, now_ns) - 1
        return self.cum_qty[index] if index >= 0 else 0

    def next_ns(self, now_ns: int) -> int | None:
        """The first slice after `now_ns`, or None when all are due."""
        index = bisect_right(self.times_ns, now_ns)
        return self.times_ns[index] if index < len(self.times_ns) else None


class TradingClock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that stands still over a break, so that nothing is planned there.

    A plan is made over [start_ns, end_ns) of this clock; `wall_ns` says when that is.
    """

    start_ns: int
    end_ns: int
    break_start_ns: int
    break_ns: int

    @classmethod
    def over(cls, start_ns: int, end_ns: int, pause: tuple[int, int] | None) -> "TradingClock":
        """The clock of the window [start_ns, end_ns), of which `pause` may be a part."""
        if pause is None or pause[1] <= start_ns or end_ns <= pause[0]:
            return cls(start_ns=start_ns, end_ns=end_ns, break_start_ns=end_ns, break_ns=0)
        if pause[0] <= start_ns:
            return cls(start_ns=pause[1], end_ns=end_ns, break_start_ns=end_ns, break_ns=0)
        break_ns = pause[1] - pause[0]
        return cls(
            start_ns=start_ns, end_ns=end_ns - break_ns, break_start_ns=pause[0], break_ns=break_ns
        )

    def wall_ns(self, at_ns: int) -> int:
        """When it shows `at_ns`."""
        return at_ns + self.break_ns if at_ns >= self.break_start_ns else at_ns


def seed_of(order_id: str) -> int:
    """A 63-bit seed that is a function of the parent's id."""
    return int.from_bytes(sha256(order_id.encode()).digest()[:8], "big") >> 1


def slice_count(qty: int, duration_ns: int, interval_ns: int, min_child_qty: int) -> int:
    """floor(min(T / dt, X / min_child)), at least 1 (quant.md section 1.3, row 21)."""
    return max(1, min(duration_ns // interval_ns, qty // min_child_qty, MAX_SLICES))


def even_schedule(
    *, qty: int, base_qty: int, lot: int, start_ns: int, end_ns: int, slices: int,
    size_jitter: float, time_jitter: float, seed: int,
) -> Schedule:  # fmt: skip
    """`qty` shares evenly over [start_ns, end_ns), on top of `base_qty` that are already done.

    Sizes: the targets move, C_i = (i + size_jitter * u_i) / n of all, u uniform in [-1/2, 1/2], so
    that no size is off by more than `size_jitter` of the mean and none adds up: independent sizes
    would wander off by their square root, 1.6 times the price gap of the times alone at 120 slices.
    Times: stratified, t_i = start + (i + time_jitter * U_i) * dt, U uniform in [0, 1): inside the
    window and rising. Cumulative rounding to lots: the running error is at most half a lot, and
    the last target is exact; an odd remainder goes to the last slice (quant.md 1.3, 5.5, 5.6).
    """
    assert qty > 0
    assert slices > 0
    assert start_ns < end_ns
    generator = np.random.Generator(np.random.Philox(key=seed))
    moved = size_jitter * generator.uniform(-0.5, 0.5, slices)
    offsets = np.arange(slices) + time_jitter * generator.random(slices)
    shares = (np.arange(1, slices + 1) + moved) / slices * qty
    lots = np.floor(shares / lot + 0.5).astype(np.int64) * lot
    lots = np.minimum(lots, qty)
    lots[-1] = qty
    step_ns = (end_ns - start_ns) / slices
    times = [start_ns + int(offset * step_ns) for offset in offsets.tolist()]
    return _merged(times, [base_qty + int(each) for each in lots])


def _merged(times_ns: list[int], cum_qty: list[int]) -> Schedule:
    """Without the slices that rounding left empty."""
    kept = [
        (at, qty)
        for index, (at, qty) in enumerate(zip(times_ns, cum_qty, strict=True))
        if index == 0 or qty > cum_qty[index - 1]
    ]
    return Schedule(tuple(at for at, _ in kept), tuple(qty for _, qty in kept))
