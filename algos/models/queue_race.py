"""Which queue at the touch is gone first: the model of Cont, Stoikov and Talreja, solved exactly.

"A stochastic model for order book dynamics", Operations Research 58(3), 2010, section 4. Each queue
is a birth-death chain of orders of one size: one more at rate lambda, one less at mu + n theta. An
order of ours stands in the bid queue and never cancels, so those ahead of it only grow fewer, at
mu + (n - 1) theta. The paper inverts Laplace transforms; here the same chances come from the
backward equations, which are tridiagonal (quant.md 5.2).

Orders, not shares; rates in any one unit of time: only their ratios count.
"""

from typing import Final

import msgspec
import numpy as np

from algos.models.model_error import not_negative, positive
from algos.models.quadrature import Floats

# Where a queue stops growing. It hardly gets there: with quant.md's rates the chain's mean is some
# two orders, and chances change by less than 1e-12 between 60 and 120.
QUEUE_MAX: Final = 60
PLACES_MAX: Final = 200  # bounds a table; a worse place is read off its end


class QueueRates(msgspec.Struct, frozen=True, kw_only=True):
    """Of one price: limit orders come at `limit_rate`, market orders at `market_rate`, and each
    order is cancelled at `cancel_rate`.
    """

    limit_rate: float
    market_rate: float
    cancel_rate: float

    def __post_init__(self) -> None:
        not_negative("limit_rate", self.limit_rate)
        positive("market_rate", self.market_rate)
        not_negative("cancel_rate", self.cancel_rate)


def fill_chances(rates: QueueRates, places: int, asks: int) -> Floats:
    """(places, asks): our order at place b (1 = next) trades before an ask queue of a is gone.

    Element [b - 1, a - 1]. Of P(b, a): (mu + (b - 1) theta) P(b - 1, a) + lambda P(b, a + 1)
    + (mu + a theta) P(b, a - 1) = (sum of these rates) P(b, a), P(0, a) = 1, P(b, 0) = 0.
    """
    positive("places", places, most=PLACES_MAX)
    positive("asks", asks, most=QUEUE_MAX)
    up, down = _moves(rates)
    ahead = np.ones(QUEUE_MAX)
    found = np.empty((places, asks))
    for place in range(places):
        served = rates.market_rate + place * rates.cancel_rate
        ahead = _tridiagonal(down, up + down + served, up, served * ahead)
        found[place] = ahead[:asks]
    return found


def up_chances(rates: QueueRates, bids: int, asks: int) -> Floats:
    """(bids, asks): an ask queue of a is gone before a bid queue of b, so that the mid goes up.

    Element [b - 1, a - 1]: the chain of both, absorbed where either is 0. Its equations are block
    tridiagonal, a block for each length of the bid queue.
    """
    positive("bids", bids, most=QUEUE_MAX)
    positive("asks", asks, most=QUEUE_MAX)
    up, down = _moves(rates)
    asks_move = np.diag(up[:-1], 1) + np.diag(down[1:], -1) - np.diag(up + down)
    asks_end = np.zeros(QUEUE_MAX)
    asks_end[0] = down[0]
    ratios, values = [], []
    ratio, value = np.zeros((QUEUE_MAX, QUEUE_MAX)), np.zeros(QUEUE_MAX)
    for bid in range(QUEUE_MAX):
        pivot = np.eye(QUEUE_MAX) * (up[bid] + down[bid]) - asks_move - down[bid] * ratio
        inverse = np.linalg.inv(pivot)
        value = inverse @ (asks_end + down[bid] * value)
        ratio = inverse * up[bid]
        ratios.append(ratio)
        values.append(value)
    found = [values[-1]]
    for bid in range(QUEUE_MAX - 2, -1, -1):
        found.append(values[bid] + ratios[bid] @ found[-1])
    return np.array(found[::-1])[:bids, :asks]


def _moves(rates: QueueRates) -> tuple[Floats, Floats]:
    """Of a queue of 1, 2, .. QUEUE_MAX: the rates of one more and of one less, both (n,)."""
    up = np.full(QUEUE_MAX, rates.limit_rate)
    up[-1] = 0.0
    down: Floats = rates.market_rate + np.arange(1.0, QUEUE_MAX + 1.0) * rates.cancel_rate
    return up, down


def _tridiagonal(below: Floats, diagonal: Floats, above: Floats, right: Floats) -> Floats:
    """Solve -below[i] x[i-1] + diagonal[i] x[i] - above[i] x[i+1] = right[i] (Thomas); (n,) each.

    Diagonally dominant here, so that it needs no pivots; x before the first and after the last: 0.
    """
    n = len(diagonal)
    ratio, value = [0.0] * n, [0.0] * n
    before_ratio = before_value = 0.0
    for row in range(n):
        pivot = diagonal[row] - below[row] * before_ratio
        before_ratio = ratio[row] = above[row] / pivot
        before_value = value[row] = (right[row] + below[row] * before_value) / pivot
    for row in range(n - 2, -1, -1):
        value[row] += ratio[row] * value[row + 1]
    return np.array(value)
