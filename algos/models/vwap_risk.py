"""The risk of a VWAP order against the market's VWAP before it trades (quant.md 3.3).

TE = sigma * sqrt(mean_i (Chat_i - C_i)^2), if prices do not know of volumes: Chat is the curve that
is traded by, C the one that the day will have. Before the day only the size of their difference is
known, from R, the variance of a bin's log volume about its day's level; the level itself is in both
alike. To first order, for bins of shares p_i with independent errors,

    E (Chat_k - C_k)^2 = R ((1 - C_k)^2 sum_{i <= k} p_i^2 + C_k^2 sum_{i > k} p_i^2)

times ERROR_FACTOR, for a bin's errors hang together with those beside it.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from marketdata.curve_window import Window
from marketdata.volume_curve import VolumeCurve

# Errors that keep `a` of the one before add up to (1 + a) / (1 - a) times as much; quant.md 3.6 has
# 0.23 to 0.40 for 15-minute bins. Of 62 recorded days each of AAPL and GE it was 2.1 and 2.2 times.
ERROR_FACTOR: Final = 2.2
_NS: Final = 10**9

Floats = NDArray[np.float64]


def vwap_tracking_error(
    curve: VolumeCurve, window: Window, daily_volatility: float,
    pace: Callable[[float], float] | None = None,
) -> float:  # fmt: skip
    """As a fraction of the price, of an order that follows the static curve over the window.

    `daily_volatility`: a fraction, of a root day. `pace`: how fast variance comes at a time,
    seconds since the open, in any unit; None: evenly. The crosses are no part of it.
    """
    open_ns = window.session.open_ns
    parts = np.array(
        curve.overlaps((window.start_ns - open_ns) / _NS, (window.end_ns - open_ns) / _NS)
    )
    shares = np.array([each.share for each in curve.bins]) * parts
    if not shares.sum():
        return 0.0
    errors = _squared_errors(shares / shares.sum(), curve.bin_variance)
    lengths = np.array([each.end_s - each.start_s for each in curve.bins], dtype=float)
    rates = np.array(
        [1.0 if pace is None else pace((each.start_s + each.end_s) / 2) for each in curve.bins]
    )
    variance = rates * lengths / (rates * lengths).sum()
    return float(daily_volatility * np.sqrt((variance * parts * errors).sum()))


def _squared_errors(shares: Floats, bin_variance: float) -> Floats:
    """(n,) shares that sum to one to the mean squared error of the cumulative curve in each bin."""
    done = np.concatenate([[0.0], np.cumsum(shares)])
    squares = np.concatenate([[0.0], np.cumsum(shares**2)])
    at_edges = (1 - done) ** 2 * squares + done**2 * (squares[-1] - squares)
    return np.asarray(ERROR_FACTOR * bin_variance * (at_edges[1:] + at_edges[:-1]) / 2)
