"""Student's t: its distribution and quantiles, which no dependency of ours has."""

from functools import cache
from math import exp, lgamma, log
from typing import Final

_STEPS_MAX: Final = 300  # of the continued fraction, which takes some tens
_TINY: Final = 1e-300


@cache
def t_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t for 0.5 < probability < 1, to about 1e-10, by bisection."""
    assert 0.5 < probability < 1.0
    assert freedom >= 1
    low, high = 0.0, 1.0
    while t_cdf(high, freedom) < probability:
        low, high = high, high * 2.0
    for _ in range(80):  # halves the interval each time, past a double's precision
        middle = (low + high) / 2.0
        if t_cdf(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def t_cdf(t: float, freedom: int) -> float:
    """P(T <= t) for t >= 0: 1 - I_x(n/2, 1/2) / 2 with x = n / (n + t^2), Abramowitz and Stegun,
    Handbook of Mathematical Functions, 26.7.1 with 26.5.2."""
    x = freedom / (freedom + t * t)
    return 1.0 - _incomplete_beta(freedom / 2.0, 0.5, x) / 2.0


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised I_x(a, b), by the continued fraction 26.5.8 where it converges fast."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1.0 - x))
    return front / (a * _beta_fraction(a, b, x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The denominator 1 + d1/(1 + d2/(1 + ...)) of 26.5.8, from below by its partial quotients."""
    value = 1.0
    for step in range(_STEPS_MAX, 0, -1):
        m, odd = divmod(step, 2)
        if odd:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        value = 1.0 + d / (value if abs(value) > _TINY else _TINY)
    return value
