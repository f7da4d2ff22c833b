"""Almgren 2003: what passes costs eta v^k a share, v shares a day, k > 0 (quant.md 2.2).

    v(x) = X / T* (s^2 + c)^(1 / (k+1)), s = x / X; c >= 0 is what makes it end at T.

No closed form but for k = 1 or without an end: c is bisected, integrals are taken with s = e^-u,
for near s = 0 the plain ones are inexact. With k > 1 the order ends by itself, and where that is
before T, c = 0 and it stays ended.
"""

import math
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, positive
from algos.models.quadrature import Floats, integral, integrals
from algos.models.trajectory import checked_qty

_DEPTH: Final = 40.0  # e^-40 of the shares are none
_PANELS_PER_E: Final = 2  # of the integrals, for each factor e of s; the digits stay from 1 on
_LOG_C_MIN: Final = -160.0  # below: the time to the end is far above any T, or it ends by itself
_HALVINGS: Final = 200  # ends sooner, when nothing changes
_NEWTON: Final = 30  # steps; four are enough from a neighbouring edge


class PowerMarket(msgspec.Struct, frozen=True, kw_only=True):
    """`volatility`: $ a share and root day. `temporary`: eta, $ a share per (share a day)^k."""

    volatility: float
    temporary: float
    exponent: float

    def __post_init__(self) -> None:
        positive("volatility", self.volatility)
        positive("temporary", self.temporary)
        positive("exponent", self.exponent)


class PowerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The solution for one order: T* in days, c, and what it is of."""

    market: PowerMarket
    qty: float
    characteristic_days: float
    offset: float

    @property
    def first_rate(self) -> float:
        """v(X), shares a day."""
        power = 1.0 / (self.market.exponent + 1.0)
        return self.qty / self.characteristic_days * math.pow(1.0 + self.offset, power)


def characteristic_days(market: PowerMarket, qty: float, risk_aversion: float) -> float:
    """T* = (k eta X^(k-1) / (lambda sigma^2))^(1 / (k+1)), days."""
    positive("qty", qty)
    positive("risk_aversion", risk_aversion)
    k = market.exponent
    cost = k * market.temporary * qty ** (k - 1.0)
    return float((cost / (risk_aversion * market.volatility**2)) ** (1.0 / (k + 1.0)))


def endless(qty: float, exponent: float, periods: Floats) -> Floats:
    """Shares left without an end, at times in units of T*. For k > 1 none from (k+1)/(k-1) on."""
    positive("exponent", exponent)
    if abs(exponent - 1.0) < 1e-9:
        falling: Floats = checked_qty(qty) * np.exp(-periods)
        return falling
    slope = (1.0 - exponent) / (1.0 + exponent)
    left: Floats = checked_qty(qty) * np.maximum(0.0, 1.0 + slope * periods) ** (-1.0 / slope)
    return left


def plan(market: PowerMarket, qty: float, risk_aversion: float, duration_days: float) -> PowerPlan:
    """Solve for c. Raises ModelError where T is so far above T* that the order never feels it."""
    positive("duration_days", duration_days)
    days = characteristic_days(market, qty, risk_aversion)
    periods, k = duration_days / days, market.exponent
    offset = 0.0 if k > 1.0 and periods >= (k + 1.0) / (k - 1.0) else _offset(k, periods)
    return PowerPlan(market=market, qty=qty, characteristic_days=days, offset=offset)


def power_holdings(solved: PowerPlan, times: Floats) -> Floats:
    """Shares left at these days, (n,), from 0 to T. The first is X, the last 0."""
    k, c = solved.market.exponent, solved.offset
    edges = _edges(c)
    pace = _pace(k, c)
    passed = np.concatenate([[0.0], np.cumsum(integrals(pace, edges[:-1], edges[1:]))])
    wanted = times / solved.characteristic_days
    at = np.interp(wanted, passed, edges)
    floor = np.clip(np.searchsorted(passed, wanted, side="right") - 1, 0, len(edges) - 2)
    for _ in range(_NEWTON):
        off = passed[floor] + integrals(pace, edges[floor], at) - wanted
        step = off / pace(at)
        at = np.clip(at - step, edges[floor], edges[floor + 1])
        if float(np.abs(step).max()) < 1e-13:
            break
    left: Floats = solved.qty * np.where(wanted >= passed[-1], 0.0, np.exp(-at))
    left[-1] = 0.0
    return left


def power_cost(solved: PowerPlan) -> float:
    """$, of what passes: eta times the integral of v^(k+1)."""
    k, c = solved.market.exponent, solved.offset
    rate = solved.qty / solved.characteristic_days

    def of(u: Floats) -> Floats:
        value: Floats = np.exp(-u) * (np.exp(-2.0 * u) + c) ** (k / (k + 1.0))
        return value

    return solved.market.temporary * solved.qty * math.pow(rate, k) * integral(of, _edges(c))


def power_variance(solved: PowerPlan) -> float:
    """$^2: sigma^2 times the integral of x^2."""
    pace = _pace(solved.market.exponent, solved.offset)

    def of(u: Floats) -> Floats:
        value: Floats = np.exp(-2.0 * u) * pace(u)
        return value

    share = integral(of, _edges(solved.offset)) * solved.characteristic_days
    return (solved.market.volatility * solved.qty) ** 2 * share


def _pace(k: float, c: float) -> Callable[[Floats], Floats]:
    """dt / du in units of T*, s = e^-u."""

    def of(u: Floats) -> Floats:
        value: Floats = np.exp(-u) * (np.exp(-2.0 * u) + c) ** (-1.0 / (k + 1.0))
        return value

    return of


def _edges(c: float) -> Floats:
    """Panels over u: down to where c outweighs s^2, and then until nothing is left."""
    depth = _DEPTH + (0.0 if c <= 0.0 else max(0.0, -math.log(c) / 2.0))
    return np.linspace(0.0, depth, math.ceil(depth * _PANELS_PER_E) + 1)


def _periods(k: float, log_c: float) -> float:
    c = math.exp(log_c)
    return integral(_pace(k, c), _edges(c))


def _offset(k: float, periods: float) -> float:
    """c such that it ends after this many T*: they fall as c rises."""
    low, high = _LOG_C_MIN, 1.0 - (k + 1.0) * math.log(min(periods, 1.0))
    if _periods(k, low) < periods:
        if k > 1.0:
            return 0.0
        text = f"{periods:g} times T*: give the order less time, or its risk less weight"
        raise ModelError(ModelFault.NO_TRAJECTORY, "duration_days", text)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if _periods(k, middle) > periods:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2.0)
