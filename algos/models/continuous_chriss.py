"""Almgren and Chriss in continuous time: closed forms of cost and risk (quant.md 2.1).

kappa = sqrt(lambda sigma^2 / eta), without eta~: the limit of ever shorter bins. Its trajectory is
`almgren_chriss.holdings` with this kappa, at any times. `optimal_days` is for an even rate of free
length.
"""

import math
from typing import Final

from algos.models.almgren_chriss import LinearMarket
from algos.models.model_error import not_negative, positive
from algos.models.trajectory import checked_qty

# Below it the quotients of hyperbolic functions cancel; the series is then exact to 13 digits.
_SMALL: Final = 0.02


def continuous_decay(market: LinearMarket, risk_aversion: float) -> float:
    """kappa, a day, of lambda >= 0, 1/$."""
    not_negative("risk_aversion", risk_aversion)
    return market.volatility * math.sqrt(risk_aversion / market.temporary)


def continuous_cost(market: LinearMarket, qty: float, kappa: float, duration_days: float) -> float:
    """E, $: gamma X^2/2 + eps X + eta X^2 kappa (sinh 2kT + 2kT) / (4 sinh^2 kT)."""
    whole = _whole(kappa, duration_days)
    shares = checked_qty(qty)
    if whole < _SMALL:
        shape = 1.0 + whole**4 / 45.0
    else:
        shape = whole * (_coth(whole) + whole * _csch(whole) ** 2) / 2.0
    passing = market.temporary * shares**2 / duration_days * shape
    return market.permanent * shares**2 / 2.0 + market.fixed_cost * shares + passing


def continuous_variance(
    market: LinearMarket, qty: float, kappa: float, duration_days: float
) -> float:
    """V, $^2: sigma^2 X^2 (sinh 2kT - 2kT) / (4 k sinh^2 kT)."""
    whole = _whole(kappa, duration_days)
    if whole < _SMALL:
        square = whole * whole
        shape = (4.0 / 3.0 + square * (4.0 / 15.0 + square * 8.0 / 315.0)) / (
            4.0 + square * (4.0 / 3.0 + square * 8.0 / 45.0)
        )
    else:
        shape = (_coth(whole) / whole - _csch(whole) ** 2) / 2.0
    return (market.volatility * checked_qty(qty)) ** 2 * duration_days * shape


def optimal_days(market: LinearMarket, risk_aversion: float) -> float:
    """T* = sqrt(3 eta / (lambda sigma^2)): of an even rate with a free end (quant.md 1.5, 37)."""
    positive("risk_aversion", risk_aversion)
    return math.sqrt(3.0 * market.temporary / risk_aversion) / market.volatility


def _whole(kappa: float, duration_days: float) -> float:
    not_negative("kappa", kappa)
    positive("duration_days", duration_days)
    return kappa * duration_days


def _coth(y: float) -> float:
    return -(1.0 + math.exp(-2.0 * y)) / math.expm1(-2.0 * y)


def _csch(y: float) -> float:
    return -2.0 * math.exp(-y) / math.expm1(-2.0 * y)
