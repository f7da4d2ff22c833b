"""How likely an order is to be done by its end, by what the market will trade and where it goes.

Both answers are (chance of all of it, expected fraction of it). They are of an order that catches
up with what it missed as soon as it may, and that trades evenly in volume time otherwise.

Volume: others' volume V of the window is lognormal about its median, and the order may have c V of
it. So with z = ln(c V / Q) / s, all is done with chance Phi(z), and E[min(1, c V / Q)] =
Phi(z) + (c V / Q) e^{s^2/2} Phi(-z - s).

Price: a Brownian motion without drift. A limit at a standard deviations beyond the market (below
zero: short of it) lets all be done exactly if the price is within it at the end: Phi(a). What
is done is the fraction of time until the price was last within it. From its first touch of the
limit on it is at the end within it or not with even chances; if not, it last crossed the limit half
way to the end in the mean (Levy's arcsine law). So with the chance h = 2 Phi(-|a|) of a touch and
m = E[time of it; touch] = 2 |a| phi(a) - 2 a^2 Phi(-|a|), by the law of the first passage (Karatzas
and Shreve 1991, 2.6.3), the expected fraction is (3 h + m) / 4, and the chance of no touch more
where the market begins within the limit.
"""

import math
from typing import Final, NamedTuple

from algos.models.model_error import not_negative, positive

_ROOT_2: Final = math.sqrt(2.0)
_ROOT_2_PI: Final = math.sqrt(2.0 * math.pi)
# Beyond so many standard deviations a double's tail is nothing.
_FAR: Final = 38.0


class Chance(NamedTuple):
    """`all_of_it`: the chance that all is done. `expected`: the fraction that is, in the mean."""

    all_of_it: float
    expected: float


CERTAIN: Final = Chance(1.0, 1.0)


def by_volume(qty: float, share: float, median_qty: float, log_variance: float) -> Chance:
    """Of `qty` shares that may be `share` (c above) of others' volume, whose median and variance of
    the logarithm over the window are given. Raises ModelError.
    """
    positive("qty", qty)
    positive("share", share)
    positive("median_qty", median_qty)
    not_negative("log_variance", log_variance)
    ratio, s = share * median_qty / qty, math.sqrt(log_variance)
    if s == 0.0:
        return Chance(float(ratio >= 1.0), min(ratio, 1.0))
    z = math.log(ratio) / s
    done = normal_cdf(z)
    partly = 0.0 if z > _FAR else ratio * math.exp(log_variance / 2.0) * normal_cdf(-z - s)
    return Chance(done, min(done + partly, 1.0))


def by_limit(distance: float, deviation: float) -> Chance:
    """Of a limit `distance` beyond the price that the order could trade at now (below 0: short of
    it), a fraction of the price, as is `deviation`, what the price moves by the end. Raises
    ModelError.
    """
    not_negative("deviation", deviation)
    if deviation == 0.0:
        return CERTAIN if distance >= 0.0 else Chance(0.0, 0.0)
    a = distance / deviation
    away = abs(a)
    if away > _FAR:
        return CERTAIN if a > 0.0 else Chance(0.0, 0.0)
    beyond = normal_cdf(-away)
    touched = 2.0 * beyond
    mean_touch = 2.0 * away * math.exp(-a * a / 2.0) / _ROOT_2_PI - 2.0 * a * a * beyond
    expected = (3.0 * touched + mean_touch) / 4.0 + (1.0 - touched if a > 0.0 else 0.0)
    return Chance(normal_cdf(a), min(max(expected, 0.0), 1.0))


def normal_cdf(z: float) -> float:
    """Phi(z)."""
    return math.erfc(-z / _ROOT_2) / 2.0
