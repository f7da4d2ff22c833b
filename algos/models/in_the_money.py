"""Aggressive in the money: trade faster if it has been cheap so far (quant.md 2.6).

Almgren and Lorenz 2007, with one switch at half time: kappa_0 until then, afterwards kappa_fast if
the realised cost is below what was expected, else kappa_slow. It lowers the variance of the total
cost at the same expectation, for what was saved pays for speed; it is no view of the price. It pays
only for an order that moves the market: below MARKET_POWER_MIN it is off.

In units of the order: X = sigma = T = 1, so eta is the market power mu = eta X / (sigma T^1.5).
Continuous time, linear impact, no fixed cost and no permanent one: they change nothing here.
"""

import math
from typing import Final

import msgspec

from algos.models.almgren_chriss import LinearMarket
from algos.models.continuous_chriss import continuous_cost, continuous_variance
from algos.models.model_error import positive

MARKET_POWER_MIN: Final = (
    0.1  # quant.md 2.6: below it less than half a per cent of variance is saved
)
# Where the best switch is sought, as factors of kappa: it was found inside for mu up to 1.
_FIRST: Final = tuple(share / 20 for share in range(11, 21))
_SLOW: Final = tuple(share / 20 for share in range(8, 19))
_KAPPA_MAX: Final = 50.0  # by half time e^-25 is left of such an order: there is nothing to switch
_FAST_MAX: Final = 12.0  # of kappa: by then the rest trades in a twentieth of the window
_HALVINGS: Final = 30


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """kappa T before half time, and after it if cheap (`fast`) or dear (`slow`) so far.

    `cost`, `variance`: of the whole order, in its units.
    """

    first: float
    fast: float
    slow: float
    cost: float
    variance: float


def market_power(market: LinearMarket, qty: float, duration_days: float) -> float:
    """mu = eta X / (sigma T^1.5)."""
    positive("duration_days", duration_days)
    return market.temporary * qty / (market.volatility * math.pow(duration_days, 1.5))


def switched_variance(before: float, fast: float, slow: float, saved: float) -> float:
    """V = V0 + (Vf + Vs) / 2 + d^2 / 4 - sqrt(V0) d sqrt(2 / pi), d = E_fast - E_slow = `saved`.

    The last term is what the switch is for: the second half is dear where the first was cheap.
    """
    return before + (fast + slow) / 2.0 + saved**2 / 4.0 - math.sqrt(2.0 * before / math.pi) * saved


def switch_of(power: float, first: float, fast: float, slow: float) -> Switch:
    """What a switch between these kappa T comes to. `power`: mu."""
    market = LinearMarket(volatility=1.0, temporary=power)
    middle = _left_at_half_time(first)
    before = (
        continuous_cost(market, 1.0, first, 1.0) - continuous_cost(market, middle, first, 0.5),
        continuous_variance(market, 1.0, first, 1.0)
        - continuous_variance(market, middle, first, 0.5),
    )
    costs = [continuous_cost(market, middle, kappa, 0.5) for kappa in (fast, slow)]
    variances = [continuous_variance(market, middle, kappa, 0.5) for kappa in (fast, slow)]
    return Switch(
        first=first, fast=fast, slow=slow,
        cost=before[0] + sum(costs) / 2.0,
        variance=switched_variance(before[1], variances[0], variances[1], costs[0] - costs[1]),
    )  # fmt: skip


def best_switch(power: float, kappa: float, power_min: float = MARKET_POWER_MIN) -> Switch | None:
    """The switch of least variance at the expected cost of never switching; None if none pays.

    `kappa`: kappa T of the plain trajectory. None also below `power_min`, and
    where it is over by half time.
    """
    positive("kappa", kappa)
    if power < power_min or kappa > _KAPPA_MAX:
        return None
    market = LinearMarket(volatility=1.0, temporary=power)
    cost = continuous_cost(market, 1.0, kappa, 1.0)
    plain = continuous_variance(market, 1.0, kappa, 1.0)
    found = [
        _at_cost(power, cost, kappa * first, kappa * slow, kappa * _FAST_MAX)
        for first in _FIRST
        for slow in _SLOW
        if switch_of(power, kappa * first, kappa * slow, kappa * slow).cost <= cost
    ]
    best = min(found, key=lambda each: each.variance, default=None)
    return best if best is not None and best.variance < plain else None


def _at_cost(power: float, cost: float, first: float, slow: float, most: float) -> Switch:
    """The fastest second half that this expected cost pays for."""
    low, high = slow, most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if switch_of(power, first, middle, slow).cost <= cost:
            low = middle
        else:
            high = middle
    return switch_of(power, first, low, slow)


def _left_at_half_time(kappa: float) -> float:
    """sinh(kappa / 2) / sinh(kappa)."""
    return 0.5 / math.cosh(kappa / 2.0)
