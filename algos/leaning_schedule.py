"""Schedules about a base curve: what is left of an order, pulled forward or put off within a band.

The base curve is the share of the whole order that is done by when; it is the time that
trajectories run on (quant.md 2.1: volume time, so that no urgency is the curve itself).
"""

from collections.abc import Callable
from math import sinh
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from algos.schedule import Schedule, TradingClock
from domain.sessions import Session
from marketdata.known_profiles import SessionCurve

Floats = npt.NDArray[np.float64]
_LEAN_MIN: Final = 1e-6  # below it the sinh is a straight line to every digit


class BaseCurve(msgspec.Struct, frozen=True):
    """`share`: of the order that is done by a time, from 0 at its start to 1 at its end, rising.

    `source`: what it is made of; `why`: why of no better, None if there is none.
    """

    share: Callable[[int], float]
    source: str
    why: str | None = None


def even_base(start_ns: int, end_ns: int, session: Session | None) -> BaseCurve:
    """In proportion to the time in which the session trades."""

    def share(at_ns: int) -> float:
        at_ns = min(max(at_ns, start_ns), end_ns)
        if session is None:
            return (at_ns - start_ns) / (end_ns - start_ns)
        whole_ns = session.trading_ns(start_ns, end_ns)
        return session.trading_ns(start_ns, at_ns) / whole_ns if whole_ns else 1.0

    return BaseCurve(share, "even")


def volume_base(start_ns: int, end_ns: int, session: Session, known: SessionCurve) -> BaseCurve:
    """In proportion to the volume expected in the continuous book; even where that is none."""
    curve = known.curve
    first, last = ((each - session.open_ns) / 1e9 for each in (start_ns, end_ns))

    def traded(until_s: float) -> float:
        parts = zip(curve.overlaps(first, until_s), curve.bins, strict=True)
        return sum(part * each.share for part, each in parts)

    whole = traded(last)
    if whole <= 0.0:
        return even_base(start_ns, end_ns, session)

    def share(at_ns: int) -> float:
        at_s = (min(max(at_ns, start_ns), end_ns) - session.open_ns) / 1e9
        return min(traded(at_s) / whole, 1.0)

    return BaseCurve(share, known.origin.value, known.why or None)


def leaning_schedule(
    base: BaseCurve, clock: TradingClock, *, qty: int, base_qty: int, lot: int, lean: float,
    band: float, slices: int, size_jitter: float, time_jitter: float, seed: int,
) -> Schedule:  # fmt: skip
    """`qty` shares over `clock`, on top of `base_qty` that are done or open; on the clock's time.

    u is the base curve's share of what is left, f(u) = 1 - sinh(k (1 - u)) / sinh k for a lean of k
    and its mirror for -k. The targets stay within 4 `band` B (1 - B) of the order about the curve
    B, never fall, and end at all. Sizes and times are jittered as in even_schedule.
    """
    assert qty > 0
    assert slices > 0
    generator = np.random.Generator(np.random.Philox(key=seed))
    moved = size_jitter * generator.uniform(-0.5, 0.5, slices)
    offsets = np.arange(slices) + time_jitter * generator.random(slices)
    step_ns = (clock.end_ns - clock.start_ns) / slices
    edges = clock.start_ns + np.minimum(np.arange(1, slices + 1) + moved, slices) * step_ns
    curve = np.array([base.share(clock.wall_ns(int(edge))) for edge in edges.tolist()])
    begun = base.share(clock.wall_ns(clock.start_ns))
    order_qty = base_qty + qty
    left = np.clip((curve - begun) / (1.0 - begun), 0.0, 1.0) if begun < 1.0 else np.ones(slices)
    targets = base_qty + qty * _leaning(left, lean)
    width = 4.0 * band * curve * (1.0 - curve)
    targets = np.clip(targets, order_qty * (curve - width), order_qty * (curve + width))
    shares = np.maximum.accumulate(np.clip(targets - base_qty, 0.0, qty))
    lots = np.minimum(np.floor(shares / lot + 0.5).astype(np.int64) * lot, qty)
    lots[-1] = qty
    times = [clock.start_ns + int(offset * step_ns) for offset in offsets.tolist()]
    return _merged(times, [base_qty + int(each) for each in lots], base_qty)


def _leaning(left: Floats, lean: float) -> Floats:
    """How much of what is left is done by each share of it on the base curve, (n,) to (n,)."""
    if abs(lean) < _LEAN_MIN:
        return left
    if lean > 0.0:
        return 1.0 - np.sinh(lean * (1.0 - left)) / sinh(lean)
    return np.asarray(np.sinh(lean * left) / sinh(lean))


def _merged(times_ns: list[int], cum_qty: list[int], base_qty: int) -> Schedule:
    """Without the slices that rounding or the band left empty."""
    before = [base_qty, *cum_qty]
    kept = [
        (at, qty) for at, qty, last in zip(times_ns, cum_qty, before, strict=False) if qty > last
    ]
    return Schedule(tuple(at for at, _ in kept), tuple(qty for _, qty in kept))
