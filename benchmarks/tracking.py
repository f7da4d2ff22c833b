"""How near an order kept to its schedule: in shares at every moment, and in the price it was given.

Definitions: quant.md 9.3 and performance.md section 7. Pure; times are nanoseconds.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

IGNORED: Final = 0.05  # of the window: before it one child more or less is a large part of little


class Traded(msgspec.Struct, frozen=True, kw_only=True):
    """One order and its fills. `at_ns`, `fill_qty`, `exo_px`: (n,), in order of time.

    `exo_px`: the price that nobody's order moves, when each fill was.
    """

    start_ns: int
    end_ns: int
    order_qty: int
    at_ns: tuple[int, ...]
    fill_qty: tuple[int, ...]
    exo_px: tuple[float, ...]


def quantity_lag(order: Traded, ignored: float = IGNORED) -> float:
    """max over t of |filled(t) / X - t / T| from `ignored` of the window on, a fraction of X.

    Filled steps up at fills and the even line rises between them, so the largest gaps are just
    before a step, just after one, and at both ends.
    """
    length = order.end_ns - order.start_ns
    times = np.clip((np.array(order.at_ns, dtype=float) - order.start_ns) / length, 0.0, 1.0)
    filled = np.cumsum(np.array(order.fill_qty, dtype=float)) / order.order_qty
    before = np.concatenate([[0.0], filled])
    looks = np.concatenate([times, [1.0]])  # just before each fill, and at the end
    gaps = [np.abs(before - looks)[looks >= ignored], np.abs(filled - times)[times >= ignored]]
    at_begin = before[np.searchsorted(times, ignored, side="right")]
    return float(max(abs(at_begin - ignored), *(each.max(initial=0.0) for each in gaps)))


def curve_lag(order: Traded, target: Callable[[int], float]) -> float:
    """max over t of |filled(t) / X - target(t)|, a fraction of X (quant.md 9.3, VWAP (a)).

    `target`: the fraction of the order that its algorithm wanted by a time, rising; it is asked in
    order of time. The largest gaps are just before and just after the steps of either.
    """
    before, worst = 0.0, 0.0
    for at_ns, qty in zip(order.at_ns, order.fill_qty, strict=True):
        wanted = target(min(at_ns, order.end_ns))
        after = before + qty / order.order_qty
        worst = max(worst, abs(wanted - before), abs(wanted - after))
        before = after
    return max(worst, abs(target(order.end_ns) - before))


def price_gap_bps(order: Traded, path: Floats) -> float:
    """What the order got less the even average, both of the price that nobody moves, in bps.

    `path`: (m,) that price at m even times of the window. Spread and impact are not in it: they are
    a cost, and the same whether the order kept time or not.
    """
    qty = np.array(order.fill_qty, dtype=float)
    got = float(np.dot(qty, order.exo_px) / qty.sum())
    even = float(path.mean())
    return (got - even) / even * 1e4


def jittered_rms_bps(path: Floats, slices: int) -> float:
    """The least a schedule of `slices` can have, each anywhere in its bin: RV^0.5 / (6^0.5 n).

    performance.md section 7 has sigma T^0.5 / (3^0.5 n) for slices at the begin of their bins: the
    mean square of a Brownian bin of length d against one point of it is d/3 there, and (U^3 + (1 -
    U)^3) / 3 d = d/6 in the mean over an even U. RV is the path's own squared moves in the window.
    """
    return sqrt(float(np.square(np.diff(path) / path[0]).sum()) / 6.0) / slices * 1e4


def rms(values: Sequence[float]) -> float:
    """The root of the mean square."""
    return sqrt(sum(each * each for each in values) / len(values))
