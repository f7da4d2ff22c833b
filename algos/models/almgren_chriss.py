"""Almgren and Chriss 2000: the trajectory of least cost and risk where impact is linear, in bins.

Trading v shares a day moves the price for good by gamma v dt, and costs eta v + eps a share while
it lasts; lambda is the price of variance. quant.md 2.1 has the formulas and the paper's example,
which the tests hold. In continuous time it is another trajectory (continuous_chriss.py): with five
bins the two differ by 40 % in risk, so their constants must not be mixed.

A trajectory is named by one number, `kappa`, a day's decay: shares fall by e in 1 / kappa. It is
signed: below 0 it is the cosine branch of a trader who likes risk, with |kappa| its frequency.
"""

import math
from typing import Final

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats
from algos.models.trajectory import (
    checked_qty,
    end_variance,
    even_times,
    trades,
)

# Below this kappa T the trajectory is a straight line to the last digit: they differ by its square.
_STRAIGHT: Final = 1e-6
# Above it e^-(kappa tau) is 0 for doubles: all of it trades in the first bin.
KAPPA_T_MAX: Final = 1e6
# e^600 is still finite when it is multiplied by an impact; so much in one bin is all of it anyway.
_KAPPA_BIN_MAX: Final = 600.0


class LinearMarket(msgspec.Struct, frozen=True, kw_only=True):
    """The price's and the impact's constants, in money a share.

    `volatility`: sigma, $ a share and root day. `permanent`: gamma, $ a share^2. `temporary`: eta,
    $ a share per (share a day). `fixed_cost`: eps, $ a share, half the spread and fees.
    """

    volatility: float
    temporary: float
    permanent: float = 0.0
    fixed_cost: float = 0.0

    def __post_init__(self) -> None:
        positive("volatility", self.volatility)
        positive("temporary", self.temporary)
        not_negative("permanent", self.permanent)
        not_negative("fixed_cost", self.fixed_cost)


class Bins(msgspec.Struct, frozen=True, kw_only=True):
    """T days in N equal bins."""

    duration_days: float
    count: int

    def __post_init__(self) -> None:
        even_times(self.duration_days, self.count)

    @property
    def days(self) -> float:
        """tau, the length of one."""
        return self.duration_days / self.count

    @property
    def times(self) -> Floats:
        """(count + 1,) days."""
        return even_times(self.duration_days, self.count)


def decay(market: LinearMarket, bins: Bins, risk_aversion: float) -> float:
    """kappa, signed, of lambda = `risk_aversion`, 1/$.

    From cosh(kappa tau) = 1 + lambda sigma^2 tau^2 / (2 eta~). Raises ModelError where eta~ is not
    above 0, or where so much risk is liked that no trajectory is best.
    """
    held = adjusted_temporary(market, bins)
    if not math.isfinite(risk_aversion):
        raise ModelError(ModelFault.NOT_FINITE, "risk_aversion", f"{risk_aversion}")
    half = math.sqrt(abs(risk_aversion) * market.volatility**2 / held) * bins.days / 2.0
    if risk_aversion >= 0.0:
        return 2.0 * math.asinh(half) / bins.days
    if half >= 1.0 or 2.0 * math.asin(half) * bins.count >= math.pi:
        text = f"{risk_aversion:g}: waiting for ever is better than any trajectory"
        raise ModelError(ModelFault.NO_TRAJECTORY, "risk_aversion", text)
    return -2.0 * math.asin(half) / bins.days


def risk_aversion_of(market: LinearMarket, bins: Bins, kappa: float) -> float:
    """lambda, 1/$, of a decay from 0 on: eta~ 2 (cosh(kappa tau) - 1) / (tau^2 sigma^2)."""
    not_negative("kappa", kappa * bins.days, most=_KAPPA_BIN_MAX, unit="a bin")
    half = math.sinh(kappa * bins.days / 2.0) / bins.days
    return adjusted_temporary(market, bins) * (2.0 * half / market.volatility) ** 2


def adjusted_temporary(market: LinearMarket, bins: Bins) -> float:
    """eta~ = eta - gamma tau / 2. Raises ModelError unless above 0: the bins are too long."""
    held = market.temporary - market.permanent * bins.days / 2.0
    if held <= 0.0:
        text = (f"{market.permanent:g} is not below 2 eta / tau, "
                f"{2.0 * market.temporary / bins.days:g}: shorten the bins")  # fmt: skip
        raise ModelError(ModelFault.PERMANENT_TOO_LARGE, "permanent", text)
    return held


def holdings(qty: float, kappa: float, times: Floats) -> Floats:
    """Shares left at each time: X sinh(kappa (T - t)) / sinh(kappa T). times: (n + 1,), 0 to T.

    Time-consistent: begun again from any of its points, it goes on as it would have. A later part
    of `times` may be given, with what is left then. Raises ModelError beyond KAPPA_T_MAX.
    """
    left = times[-1] - times
    whole = kappa * float(left[0])
    if abs(whole) < _STRAIGHT:
        line: Floats = checked_qty(qty) * left / left[0]
        return line
    if whole < 0.0:
        cosine: Floats = checked_qty(qty) * np.sin(-kappa * left) / math.sin(-whole)
        return cosine
    positive("kappa", whole, most=KAPPA_T_MAX, unit="over the whole duration")
    part = kappa * left
    shares: Floats = (
        checked_qty(qty) * np.exp(part - whole) * np.expm1(-2.0 * part) / math.expm1(-2.0 * whole)
    )
    return shares


def holdings_with_drift(
    qty: float, market: LinearMarket, bins: Bins, risk_aversion: float, drift: float
) -> Floats:
    """The same where the price is expected to rise by `drift` $ a share and day: more is kept.

    Adds xbar (1 - (sinh kappa (T - t) + sinh kappa t) / sinh kappa T), xbar = alpha / (2 lambda
    sigma^2). `risk_aversion` above 0. If the drift is large, what is left may pass `qty` or fall
    below 0: it is then better to trade against the order, which none of ours may do, so clamp it.
    """
    positive("risk_aversion", risk_aversion)
    kappa = decay(market, bins, risk_aversion)
    kept = drift / (2.0 * risk_aversion * market.volatility**2)
    plain = holdings(1.0, kappa, bins.times)
    shares: Floats = checked_qty(qty) * plain + kept * (1.0 - plain - plain[::-1])
    return shares


def expected_cost(market: LinearMarket, bins: Bins, left: Floats) -> float:
    """E, $, of any trajectory: gamma X^2 / 2 + eps sum |n_j| + eta~ / tau sum n_j^2."""
    sold = trades(left)
    passing = adjusted_temporary(market, bins) / bins.days * float(sold @ sold)
    staying = market.permanent * float(left[0]) ** 2 / 2.0
    return staying + market.fixed_cost * float(np.abs(sold).sum()) + passing


def variance(market: LinearMarket, bins: Bins, left: Floats) -> float:
    """V, $^2: sigma^2 tau sum x_j^2, of any trajectory in these bins."""
    return end_variance(left, bins.times, market.volatility)
