"""When a market has changed so much that a trajectory is planned anew, and how (quant.md 2.6).

All of it is a function of what was seen and when the plan in force was made: nothing is remembered
here. A new plan begins from the ledger as it is.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from algos.models.model_error import positive
from algos.models.quadrature import Floats

CHANGE: Final = math.log(1.5)  # of volatility or liquidity against the plan's, up or down
HELD_NS: Final = 120 * 10**9  # a change that is over sooner was noise
DWELL_NS: Final = 180 * 10**9  # a plan is followed so long at the least
WINDOW_FRACTION: Final = 0.01  # and for this part of the order's window
BAND: Final = 0.15  # of the order, mid-window: how far a new plan may lead away from the first
# quant.md 2.6 says kappa ~ sigma; with sqrt(liquidity) it is sqrt(lambda sigma^2 / eta), eta in
# inverse proportion to volume. Beyond this factor of the first kappa the band would bind anyway.
FACTOR_MAX: Final = 4.0


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """At `at_ns` a quantity was `ratio` times what the plan in force supposes."""

    at_ns: int
    ratio: float


def changed(ratio: float, threshold: float = CHANGE) -> bool:
    """Whether its logarithm is beyond the threshold, up or down."""
    return ratio > 0.0 and abs(math.log(ratio)) > threshold


def has_changed(seen: Sequence[Seen], now_ns: int, threshold: float = CHANGE) -> bool:
    """Whether it has been beyond the threshold, on one side, for HELD_NS until now.

    `seen` rises in time, and the last before that time says what was true since. Without one so old
    nothing is known.
    """
    since_ns = now_ns - HELD_NS
    up = None
    for each in reversed(seen):
        if each.at_ns > now_ns:
            continue
        side = each.ratio > 1.0
        if not changed(each.ratio, threshold) or (up is not None and side is not up):
            return False
        up = side
        if each.at_ns <= since_ns:
            return True
    return False


def next_plan_ns(planned_ns: int, start_ns: int, end_ns: int) -> int:
    """The earliest time of the plan after the one made at `planned_ns`, of a window.

    A plan made before the start counts from the start on.
    """
    spacing_ns = max(DWELL_NS, int((end_ns - start_ns) * WINDOW_FRACTION))
    return max(planned_ns, start_ns) + spacing_ns


def new_decay(kappa: float, volatility_ratio: float, liquidity_ratio: float) -> float:
    """kappa in a changed market at the same price of risk: sqrt(lambda sigma^2 / eta)."""
    positive("volatility_ratio", volatility_ratio)
    positive("liquidity_ratio", liquidity_ratio)
    factor = volatility_ratio * math.sqrt(liquidity_ratio)
    return kappa * min(max(factor, 1.0 / FACTOR_MAX), FACTOR_MAX)


def band(elapsed: Floats) -> Floats:
    """Of the order: how far it may be from the first trajectory, BAND mid-window, 0 at both ends.

    `elapsed`: fractions of the window, 0 to 1.
    """
    width: Floats = BAND * 4.0 * elapsed * (1.0 - elapsed)
    return width


def banded(left: Floats, base: Floats, qty: float, elapsed: Floats) -> Floats:
    """`left` within the band around `base`, still falling. All (n,), shares; `elapsed` fractions.

    The first is kept: where the ledger is outside the band already, it comes back as fast as it
    may without buying back.
    """
    width = band(elapsed) * qty
    inside = np.clip(left, np.maximum(base - width, 0.0), base + width)
    inside[0] = left[0]
    inside[-1] = left[-1]
    falling: Floats = np.minimum.accumulate(inside)
    return falling
