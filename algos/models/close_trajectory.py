"""The trajectory to the close: Almgren-Chriss with time reversed (quant.md 5.7). Pure.

The benchmark is the closing price, so risk is to have traded before it: the later, the safer. What
is traded before the auction is sinh(kappa t) / sinh(kappa T) of it by t.
"""

import math


def executed_fraction(kappa_t: float, time_fraction: float) -> float:
    """What part is done when `time_fraction` of the window [0, 1] has passed. kappa T above 0."""
    return math.sinh(kappa_t * time_fraction) / math.sinh(kappa_t)


def time_fraction(kappa_t: float, executed: float) -> float:
    """When a part [0, 1] is done: the inverse."""
    return math.asinh(executed * math.sinh(kappa_t)) / kappa_t


def effective_fraction(kappa_t: float, qty: float, smallest_qty: float) -> float:
    """The part of the window before its end in which anything is traded at all.

    Before that, less than the smallest child is due: T_eff ~ ln(2 X / q_min) / kappa.
    """
    if qty <= smallest_qty:
        return 0.0
    return min(math.log(2.0 * qty / smallest_qty) / kappa_t, 1.0)
