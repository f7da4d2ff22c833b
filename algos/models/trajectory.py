"""What a trajectory is, and what it risks: shares left at rising times.

Times are trading days of volume time from 0 on: a bin is as long as the share of a day's volume
that is expected in it (`volume_times`). So the most patient trajectory is VWAP's, not TWAP's
(quant.md 2.1). A sell is meant, as in the literature; a buy is the same with the other sign.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats

BINS_MAX: Final = 1_000  # more than two a minute of a day; bounds what one order may compute


def even_times(duration_days: float, bins: int) -> Floats:
    """`bins` + 1 times in equal steps, days: where volume is expected to be even."""
    positive("duration_days", duration_days)
    positive("bins", bins, most=BINS_MAX)
    return np.linspace(0.0, duration_days, bins + 1)


def volume_times(duration_days: float, volumes: Sequence[float]) -> Floats:
    """(n + 1,) times, days, of bins with these expected volumes, in any unit, each above 0."""
    positive("duration_days", duration_days)
    positive("bins", len(volumes), most=BINS_MAX)
    for place, volume in enumerate(volumes):
        positive(f"volumes[{place}]", volume)
    passed = np.concatenate([[0.0], np.cumsum(volumes)])
    times: Floats = duration_days * passed / passed[-1]
    return times


def trades(holdings: Floats) -> Floats:
    """(n,) shares of each bin, of the (n + 1,) shares left at its edges."""
    sold: Floats = -np.diff(holdings)
    return sold


def end_variance(holdings: Floats, times: Floats, volatility: float) -> float:
    """Of the cost, where a bin trades at its beginning: sigma^2 sum tau_j x_j^2, j = 1..n.

    Almgren and Chriss's discrete V. `volatility` per share and square root of a day.
    """
    return volatility**2 * float(np.diff(times) @ holdings[1:] ** 2)


def even_variance(holdings: Floats, times: Floats, volatility: float) -> float:
    """Of the cost, where a bin trades evenly: sigma^2 times the integral of x(t)^2, exactly."""
    before, after = holdings[:-1], holdings[1:]
    squares = (before * before + before * after + after * after) / 3.0
    return volatility**2 * float(np.diff(times) @ squares)


def effective_days(holdings: Floats, times: Floats) -> float:
    """How long the order would take at the rate that its mean share trades at, all through.

    X^2 / sum(n_j^2 / tau_j); the whole duration if the rate is even, less if it is not. What passes
    in the linear model costs exactly as much as an even order of this duration.
    """
    sold = trades(holdings)
    weight = float((sold * sold) @ (1.0 / np.diff(times)))
    if weight <= 0.0:
        raise ModelError(ModelFault.NO_TRAJECTORY, "holdings", "nothing is traded")
    return float(sold.sum()) ** 2 / weight


def checked_qty(qty: float) -> float:
    """The shares of an order. Raises ModelError unless they are a finite number from 0 on."""
    not_negative("qty", qty)
    return qty
