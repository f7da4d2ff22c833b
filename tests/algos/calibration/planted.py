"""Bars and orders with coefficients that are known, for the tests of calibration."""

import math

import numpy as np

from algos.calibration.flow_impact import FlowSeries
from algos.calibration.own_orders import OwnOrder
from algos.models.impact import ImpactModel, SizedOrder
from algos.models.quadrature import Floats

BARS_A_DAY = 380


def bars_of(change: Floats, flow: Floats, *, depth: float = 500.0) -> FlowSeries:
    """Minute bars; their flow is their order flow imbalance too."""
    runs = np.arange(len(change), dtype=np.int64) // BARS_A_DAY
    return FlowSeries(bar_s=60, change=change, flow=flow, ofi=flow, run=runs,
                      depth=np.full(len(change), depth))  # fmt: skip


def kyle_bars(seed: int, slope: float = 2e-6, n: int = 5_000) -> FlowSeries:
    """quant.md 2.8: sd(OF) = 1e4, noise 0.05."""
    draw = np.random.default_rng(seed)
    flow = draw.normal(0.0, 1e4, n)
    return bars_of(slope * flow + draw.normal(0.0, 0.05, n), flow)


def fading_bars(seed: int, g0: float, tau: float, *, stays: float = 0.0, days: int = 20,
                persistence: float = 0.3, noise: float = 0.01) -> FlowSeries:  # fmt: skip
    """Every bar's sign moves the price by g0 e^{-l/tau} + `stays`, l minutes later; a sign is that
    of the bar before with probability (1 + persistence) / 2.
    """
    draw = np.random.default_rng(seed)
    kernel = g0 * np.exp(-np.arange(1, BARS_A_DAY + 1) / tau) + stays
    change, flow = [], []
    for _ in range(days):
        kept = np.concatenate([[1.0], np.where(draw.random(BARS_A_DAY - 1) < (1 + persistence) / 2,
                                               1.0, -1.0)])  # fmt: skip
        signs = np.cumprod(kept) * draw.choice([-1.0, 1.0])
        mid = np.concatenate([[0.0], np.convolve(signs, kernel)[:BARS_A_DAY]])
        change.append(np.diff(mid) + draw.normal(0.0, noise, BARS_A_DAY))
        flow.append(signs * draw.exponential(1_000.0, BARS_A_DAY))
    return bars_of(np.concatenate(change), np.concatenate(flow))


def orders_of(seed: int, model: ImpactModel, n: int, *, paid: float = 0.6, noise: float = 1.0,
              half_spread: float = 0.0004) -> list[OwnOrder]:  # fmt: skip
    """Orders of 0.1 to 20 % of a day's volume over 0.05 to 1 day, five a cluster. `paid`: of half
    the spread; `noise`: of the market's move while they trade, sigma sqrt(T / 3).
    """
    draw = np.random.default_rng(seed)
    found = []
    for number in range(n):
        order = SizedOrder(
            qty=1e6 * 10 ** draw.uniform(-3.0, -0.7), adv=1e6, half_spread=half_spread,
            daily_volatility=draw.uniform(0.01, 0.03), duration_days=draw.uniform(0.05, 1.0),
        )  # fmt: skip
        risk = order.daily_volatility * math.sqrt(order.duration_days / 3.0)
        cost = paid * half_spread + model.impact(order).average + noise * risk * draw.normal()
        found.append(OwnOrder(cluster=str(number // 5), order=order, cost=cost))
    return found
