"""How a trader says how much risk counts: an urgency, a half-life, or a confidence; never lambda.

lambda has the unit 1/$, and a bare "1.0" of it means at once (quant.md 1.5 row 38, 2.1).
"""

import math
from statistics import NormalDist
from typing import Final

from algos.models.almgren_chriss import (
    KAPPA_T_MAX,
    Bins,
    LinearMarket,
    expected_cost,
    holdings,
    risk_aversion_of,
    variance,
)
from algos.models.model_error import ModelError, ModelFault, positive
from algos.models.urgency_names import Urgency

# kappa T of each: how often the shares left fall by e within the window, roughly (quant.md 2.1).
URGENCIES: Final = {
    Urgency.VL: 0.5,
    Urgency.L: 1.0,
    Urgency.M: 2.0,
    Urgency.H: 4.0,
    Urgency.VH: 8.0,
}

_SQUARE_ROOT_5: Final = math.sqrt(5.0)
_STEPS: Final = 80  # of a golden section over ln kappa: it then moves by less than 1e-15
# kappa T between which a value at risk is sought: a straight line, and 99.99 % in a bin of 1,000.
_SEARCH: Final = (1e-3, 1e4)


def urgency_decay(urgency: Urgency, duration_days: float) -> float:
    """kappa, a day."""
    positive("duration_days", duration_days)
    return URGENCIES[urgency] / duration_days


def half_life_decay(half_life_days: float, duration_days: float) -> float:
    """kappa = 1 / H. The paper calls H the half-life; shares fall by e in it, not by two."""
    positive("half_life", half_life_days)
    positive("duration_days", duration_days)
    if duration_days / half_life_days > KAPPA_T_MAX:
        text = f"{half_life_days:g} days are below a millionth of the duration"
        raise ModelError(ModelFault.BELOW_BOUND, "half_life", text)
    return 1.0 / half_life_days


def value_at_risk_decay(
    market: LinearMarket, bins: Bins, qty: float, confidence: float
) -> tuple[float, float]:
    """(kappa, L-VaR in $) of least E + z sqrt(V), z the normal quantile of `confidence`.

    Confidence above 0.5 and below 1. Where even the fastest trajectory that is looked at is better
    than all slower ones, that one is returned: practically at once.
    """
    positive("qty", qty)
    if not 0.5 < confidence < 1.0:
        raise ModelError(ModelFault.ABOVE_BOUND, "confidence", f"{confidence:g} is not in (0.5, 1)")
    z = NormalDist().inv_cdf(confidence)

    def at_risk(log_kappa: float) -> float:
        left = holdings(qty, math.exp(log_kappa), bins.times)
        return expected_cost(market, bins, left) + z * math.sqrt(variance(market, bins, left))

    low, high = (math.log(each / bins.duration_days) for each in _SEARCH)
    golden = (_SQUARE_ROOT_5 - 1.0) / 2.0
    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if at_risk(left) <= at_risk(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2.0), at_risk((low + high) / 2.0)


def value_at_risk_aversion(
    market: LinearMarket, bins: Bins, qty: float, confidence: float
) -> float:
    """lambda, 1/$, of the trajectory of least L-VaR; there lambda = z / (2 sqrt V)."""
    kappa, _ = value_at_risk_decay(market, bins, qty, confidence)
    return risk_aversion_of(market, bins, kappa)
