"""The latent book's exact impact of an even rate: what the crossover model is a closed form of.

Donier, Bonart, Mastromatteo, Bouchaud 2015 (arXiv 1412.0141), quant.md 2.7. The price of an order
at a constant rate grows as A sqrt(D t), and A depends on u = participation / chi alone:

    A = u int_0^1 2 / sqrt(4 pi) exp(-A^2 (1 - sqrt(1 - z^2)) / (4 (1 + sqrt(1 - z^2)))) dz

Much slower than the closed form; it is here to hold that one to.
"""

import math
from typing import Final

import numpy as np

from algos.models.impact import CrossoverModel, SizedOrder
from algos.models.model_error import not_negative
from algos.models.quadrature import Floats, integral

# z = sin(theta) takes the kink of sqrt(1 - z^2) at z = 1 away; for large A the integrand sits near
# theta = 0 in a width of about 4 / A, hence panels that grow from there.
_EDGES: Final[Floats] = np.concatenate([[0.0], np.geomspace(1e-6, math.pi / 2.0, 60)])
_HALVINGS: Final = 200  # far more than doubles can be halved; it ends when nothing changes
_FRACTION: Final = 2.0 / math.sqrt(4.0 * math.pi)
RATE_MAX: Final = 1e9  # of u: the panels resolve an A of some 1e4


def amplitude(rate: float) -> float:
    """A of u = `rate` >= 0: about u / sqrt(pi) for small u, sqrt(2 u) for large."""
    not_negative("rate", rate, most=RATE_MAX)
    low, high = 0.0, rate * _FRACTION  # the exponential is at most 1
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if middle < rate * _kernel(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def exact_peak(model: CrossoverModel, order: SizedOrder) -> float:
    """The price's move when the order ends, a fraction: A Y sigma sqrt(chi T / 2)."""
    scale = model.y * order.daily_volatility
    spread = math.sqrt(model.chi * order.duration_days / 2.0)
    return amplitude(order.participation / model.chi) * scale * spread


def _kernel(amplitude: float) -> float:
    def of(theta: Floats) -> Floats:
        # (1 - cos) / (1 + cos) = tan^2 of half the angle
        exponent = (amplitude * np.tan(theta / 2.0)) ** 2 / 4.0
        value: Floats = np.exp(-exponent) * np.cos(theta)
        return value

    return _FRACTION * integral(of, _EDGES)
