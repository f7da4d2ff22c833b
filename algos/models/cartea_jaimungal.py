"""Cartea and Jaimungal 2015: what is left at the end may be more than nothing, at a price.

A sale of Q: permanent impact b v, temporary k v, running penalty phi q^2, what is left at T is sold
at once with A q^2 against it (quant.md 2.5). A buy is the same. As A grows it becomes Almgren and
Chriss's in continuous time with kappa = sqrt(phi / k).
"""

import math

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats
from algos.models.trajectory import checked_qty


class ClosingPenalty(msgspec.Struct, frozen=True, kw_only=True):
    """`temporary`: k, `permanent`: b, `running`: phi, $ a share^2 (and day); `terminal`: A."""

    temporary: float
    permanent: float
    running: float
    terminal: float

    def __post_init__(self) -> None:
        positive("temporary", self.temporary)
        not_negative("permanent", self.permanent)
        positive("running", self.running)
        not_negative("terminal", self.terminal)
        if self.terminal <= self.permanent / 2.0:
            text = (
                f"{self.terminal:g} is not above half the permanent impact: never selling is best"
            )
            raise ModelError(ModelFault.BELOW_BOUND, "terminal", text)

    @property
    def decay(self) -> float:
        """g = sqrt(phi / k), a day."""
        return math.sqrt(self.running / self.temporary)


def penalised_holdings(market: ClosingPenalty, qty: float, times: Floats) -> Floats:
    """Shares left at `times`, (n + 1,) from 0 to T days; more than 0 at the end.

    Q0 (z e^(g(T-t)) - e^(-g(T-t))) / (z e^(gT) - e^(-gT)), both sides times z's denominator so that
    it may be 0.
    """
    shares: Floats = checked_qty(qty) * _over_start(market, times, -1.0)
    return shares


def penalised_rates(market: ClosingPenalty, qty: float, times: Floats) -> Floats:
    """Shares a day at `times`: g Q0 (z e^(g(T-t)) + e^(-g(T-t))) / (z e^(gT) - e^(-gT))."""
    rates: Floats = market.decay * checked_qty(qty) * _over_start(market, times, 1.0)
    return rates


def _over_start(market: ClosingPenalty, times: Floats, sign: float) -> Floats:
    left, whole = times[-1] - times, float(times[-1] - times[0])
    root = math.sqrt(market.running * market.temporary)
    plus = market.terminal - market.permanent / 2.0 + root
    minus = market.terminal - market.permanent / 2.0 - root
    g = market.decay
    above = plus + sign * minus * np.exp(-2.0 * g * left)
    ratio: Floats = np.exp(g * (left - whole)) * above / (plus - minus * math.exp(-2.0 * g * whole))
    return ratio
