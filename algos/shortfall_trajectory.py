"""The trajectory of an implementation shortfall order, and what it is expected to come to.

Everything is per share of price: volatility, impact and alpha are fractions of it. Times are days
of volume time from now on (algos/models/trajectory.py).
"""

import math
from typing import Final

import msgspec
import numpy as np

from algos.models.almgren_chriss import KAPPA_T_MAX, Bins, LinearMarket, holdings
from algos.models.constrained_schedule import Bounds, Objective, Trading, constrained_holdings
from algos.models.impact import BPS, DURATION_DAYS_MAX, SIZE_MAX, ImpactModel, SizedOrder
from algos.models.model_error import ModelError, ModelFault
from algos.models.quadrature import Floats
from algos.models.trajectory import effective_days, even_variance, trades
from algos.models.urgency import value_at_risk_decay

# The constrained schedule is solved in 4 ms for so many bins (docs/models.md), a minute of a US
# session each: an order whose slices are shorter shares its bins out among them.
BINS_MAX: Final = 390


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be traded, how hurriedly, in which market.

    `times`: (n + 1,) days of volume time from 0. `kappa`: a day. `adverse`: (n,) what the price is
    expected to move against the order in each bin, for a reason of its own; none: nothing.
    `temporary`: eta, of the price per share a day: needed with `adverse` only. `caps`: (n,) shares
    of each bin at the most.
    """

    qty: float
    times: Floats
    kappa: float
    adverse: Floats | None = None
    temporary: float | None = None
    caps: Floats | None = None


class Trajectory(msgspec.Struct, frozen=True, kw_only=True):
    """`left`: (n + 1,) shares, of which the last may be above 0: more than the caps can hold.

    `how`: closed_form; constrained, where a cap binds or an alpha bends it; all_the_cap_admits; or
    closed_form_instead, with its alpha and caps left out, where the solver could not do it.
    """

    left: Floats
    how: str


def trajectory(outlook: Outlook) -> Trajectory:
    """Of least cost and risk: in closed form where nothing binds, else by the solver."""
    qty, times = outlook.qty, outlook.times
    caps = outlook.caps
    if caps is not None and float(caps.sum()) <= qty:
        left = qty - np.concatenate([[0.0], np.cumsum(caps)])
        return Trajectory(left=left, how="all_the_cap_admits")
    kappa = min(outlook.kappa, KAPPA_T_MAX / float(times[-1]))
    closed = holdings(qty, kappa, times)
    if outlook.adverse is None and (caps is None or bool(np.all(trades(closed) <= caps))):
        return Trajectory(left=closed, how="closed_form")
    eta = outlook.temporary or 1.0  # of cost and risk alone only kappa counts
    objective = Objective(
        temporary=eta, risk_price=eta * kappa**2, trading=Trading.EVENLY,
        drift=None if outlook.adverse is None else outlook.adverse / np.diff(times),
    )  # fmt: skip
    try:
        left = constrained_holdings(objective, qty, times, Bounds(caps=caps))
    except ModelError as error:
        if error.fault is not ModelFault.NOT_SOLVED:
            raise
        return Trajectory(left=closed, how="closed_form_instead")
    return Trajectory(left=left, how="constrained")


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """In basis points of the arrival price. None: not known without the figure that it needs.

    `spread`: as if every child crossed. `risk`: a standard deviation of the whole cost.
    """

    spread: float | None
    impact: float | None
    alpha: float
    risk: float | None

    @property
    def cost(self) -> float | None:
        """What a share is expected to pay in all."""
        if self.spread is None or self.impact is None:
            return None
        return self.spread + self.impact + self.alpha


def expectation(
    outlook: Outlook, left: Floats, model: ImpactModel, *, adv_qty: float | None,
    daily_volatility: float | None, half_spread: float | None,
) -> Expectation:  # fmt: skip
    """Of a trajectory: the impact is that of an even order with the same mean rate."""
    sold = float(left[0] - left[-1])
    alpha = 0.0
    if outlook.adverse is not None and sold > 0.0:
        alpha = float(outlook.adverse @ ((left[:-1] + left[1:]) / 2.0 - left[-1])) / sold
    impact = risk = None
    if daily_volatility is not None and sold > 0.0:
        risk = math.sqrt(even_variance(left - left[-1], outlook.times, daily_volatility)) / sold
        days = effective_days(left, outlook.times)
        impact = _average_impact(model, sold, adv_qty, daily_volatility, days)
    return Expectation(
        spread=None if half_spread is None else half_spread * BPS,
        impact=None if impact is None else impact * BPS,
        alpha=alpha * BPS,
        risk=None if risk is None else risk * BPS,
    )


def _average_impact(
    model: ImpactModel, qty: float, adv_qty: float | None, daily_volatility: float, days: float
) -> float | None:
    if adv_qty is None or qty > SIZE_MAX * adv_qty or days > DURATION_DAYS_MAX:
        return None  # no model speaks of it
    order = SizedOrder(qty=qty, adv=adv_qty, daily_volatility=min(daily_volatility, 1.0),
                       duration_days=days)  # fmt: skip
    return model.impact(order).average


def linear_temporary(
    model: ImpactModel, qty: float, days: float, *, adv_qty: float, daily_volatility: float
) -> float | None:
    """eta such that an even order of this size and duration costs what the model says.

    The trajectories need a cost in proportion to the rate, and this is the nearest one.
    """
    impact = _average_impact(model, qty, adv_qty, daily_volatility, days)
    return None if not impact else impact * days / qty


def confident_kappa(
    qty: float, days: float, bins: int, confidence: float, *, temporary: float,
    daily_volatility: float,
) -> float:  # fmt: skip
    """kappa of the least E + z sqrt(V), z the normal quantile of `confidence`."""
    market = LinearMarket(volatility=daily_volatility, temporary=temporary)
    kappa, _ = value_at_risk_decay(market, Bins(duration_days=days, count=bins), qty, confidence)
    return kappa
