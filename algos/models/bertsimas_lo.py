"""Bertsimas and Lo 1998: least expected cost under linear lasting impact (quant.md 2.4).

Without news it is equal parts. With news X_t, an AR(1) that moves the price by its coefficient,
each part leans by delta_k X_t, k trades before the end. Risk does not count.
"""

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats
from algos.models.trajectory import BINS_MAX, checked_qty


class News(msgspec.Struct, frozen=True, kw_only=True):
    """`coefficient`: gamma, $ of price for one of X. `persistence`: rho of X, trade to trade."""

    coefficient: float
    persistence: float

    def __post_init__(self) -> None:
        if not -1.0 < self.persistence < 1.0:
            text = f"{self.persistence:g} is not in (-1, 1)"
            raise ModelError(ModelFault.ABOVE_BOUND, "persistence", text)


def equal_cost(lasting: float, qty: float, count: int) -> float:
    """$: theta X^2 / 2 (1 + 1 / N), of N equal trades. `lasting`: theta, $ a share^2."""
    not_negative("lasting", lasting)
    positive("count", count, most=BINS_MAX)
    return lasting * checked_qty(qty) ** 2 / 2.0 * (1.0 + 1.0 / count)


def news_weights(lasting: float, news: News, count: int) -> Floats:
    """(count,) delta_k, shares for one of X, k = 1.. trades still to come after this one."""
    positive("lasting", lasting)
    positive("count", count, most=BINS_MAX)
    deltas = np.empty(count)
    value, weight = lasting, news.coefficient  # a_0, b_0
    for k in range(1, count + 1):
        deltas[k - 1] = news.persistence * weight / (2.0 * value)
        weight = news.coefficient + lasting * news.persistence * weight / (2.0 * value)
        value = lasting / 2.0 * (1.0 + 1.0 / (k + 1))
    return deltas


def next_trade(lasting: float, news: News, left: float, to_come: int, now: float) -> float:
    """Shares to trade now: W / (k + 1) + delta_k X. `to_come`: k, trades after this one."""
    if to_come == 0:
        return left
    return left / (to_come + 1) + float(news_weights(lasting, news, to_come)[-1]) * now
