"""Impact that fades: what trades did to the price, and the best trades, for any kernel.

    S_t = S_0 + sum_(t_i < t) f(n_i) G(t - t_i)                                     (quant.md 2.7)

Trades at given times with f linear and G convex, falling: the best of a total solve G w = 1
(Gatheral, Schied and Slynko 2012; Alfonsi, Fruth and Schied's closed form is that of an exponential
G, obizhaeva_wang.py). Risk does not count. A kernel is G at days since a trade, 1 or less at 0.

What keeps such a market free of manipulation: with G exponential, f must be linear (Gatheral 2010);
with f ~ v^delta and G ~ t^-gamma, gamma + delta >= 1 and gamma >= GAMMA_MIN. What stays for good
must be linear in size.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from algos.models.model_error import ModelError, ModelFault, positive
from algos.models.quadrature import Floats
from algos.models.trajectory import BINS_MAX, checked_qty

Kernel = Callable[[Floats], Floats]

GAMMA_MIN: Final = 2.0 - math.log(3.0) / math.log(2.0)
DAY_S: Final = 23_400.0  # of the decay times below

# G(t) = (1 + t / 10 s)^-1/2 as a sum of exponentials, so that a step of the simulation costs O(8):
# weights, and decay times in seconds. At most 0.55 % off from 0 to 3 days (quant.md 2.7).
ROOT_WEIGHTS: Final[Floats] = np.array(
    [0.163, 0.3733, 0.23919, 0.12038, 0.05621, 0.02697, 0.0094, 0.01289]
)
ROOT_DECAYS_S: Final[Floats] = np.array(
    [5.0, 23.24, 107.98, 501.77, 2_331.75, 10_835.77, 50_354.45, 234_000.0]
)


def power_kernel(scale_days: float, gamma: float) -> Kernel:
    """G(t) = (1 + t / scale)^-gamma."""
    positive("scale_days", scale_days)
    positive("gamma", gamma)

    def of(days: Floats) -> Floats:
        fading: Floats = (1.0 + days / scale_days) ** -gamma
        return fading

    return of


def exponential_kernel(weights: Floats, decays_days: Floats) -> Kernel:
    """G(t) = sum of w_i e^(-t / tau_i)."""

    def of(days: Floats) -> Floats:
        fading: Floats = np.exp(-np.asarray(days)[..., None] / decays_days) @ weights
        return fading

    return of


def best_trades(kernel: Kernel, qty: float, times: Floats) -> Floats:
    """(n,) shares at `times`, (n,) days, that cost least in all: G w = 1, scaled to `qty`.

    Raises ModelError NO_TRAJECTORY where the kernel lets a round trip earn money at these times.
    """
    positive("times", len(times), most=BINS_MAX)
    matrix = kernel(np.abs(times[:, None] - times[None, :]))
    try:
        np.linalg.cholesky(matrix)  # a positive definite G: no round trip is free
    except np.linalg.LinAlgError as error:
        text = "trades there and back would cost nothing: it is not positive definite"
        raise ModelError(ModelFault.NO_TRAJECTORY, "kernel", text) from error
    weights = np.linalg.solve(matrix, np.ones(len(times)))
    shares: Floats = checked_qty(qty) * weights / weights.sum()
    return shares


def transient_cost(kernel: Kernel, shares: Floats, times: Floats) -> float:
    """n' G n / 2 of trades at these times, in units of f's slope: each pays half its own move."""
    matrix = kernel(np.abs(times[:, None] - times[None, :]))
    return float(shares @ matrix @ shares) / 2.0


def root_decay(after: float) -> float:
    """What is left of the peak so many durations after the end of an even order, G = t^-1/2.

    f = (Y / 2) sigma sqrt(v / V) at the boundary gamma + delta = 1: peak Y sigma sqrt(Q / V), two
    thirds of which are paid on average.
    """
    if after < 0.0:
        raise ModelError(ModelFault.NEGATIVE, "after", f"{after:g} is below 0")
    return math.sqrt(1.0 + after) - math.sqrt(after)


def may_be_manipulated(delta: float, gamma: float) -> bool:
    """Whether f ~ v^delta with G ~ t^-gamma lets a round trip earn money (Gatheral 2010)."""
    positive("delta", delta)
    positive("gamma", gamma)
    return gamma + delta < 1.0 or gamma < GAMMA_MIN
