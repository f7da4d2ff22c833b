"""What an order is expected to cost before it is begun, how sure that is, and how it would trade.

From stated inputs only, and as if every child crossed the spread. The risk is the market's alone: a
standard deviation of the whole cost around what is expected.
"""

import math

import msgspec
import numpy as np

from algos.models.almgren_chriss import holdings
from algos.models.impact import Impact, ImpactModel, ImpactWarning, SizedOrder, warnings
from algos.models.quadrature import Floats
from algos.models.trajectory import effective_days, even_variance, trades


class BinPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One bin: from and to in days of volume time, whole shares, of the others' volume."""

    start_days: float
    end_days: float
    qty: int
    left_qty: int
    participation: float


class PreTradeEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Costs and `risk`: fractions of the price; participations: of the others' volume.

    `effective_days`: of the even order that the impact is taken of (trajectory.effective_days).
    """

    spread: float
    impact: Impact
    risk: float
    participation: float
    participation_max: float
    effective_days: float
    warnings: tuple[ImpactWarning, ...]
    bins: tuple[BinPlan, ...]

    @property
    def cost(self) -> float:
        """What a share is expected to pay: half the spread and the impact."""
        return self.spread + self.impact.average


def estimate(
    model: ImpactModel, order: SizedOrder, kappa: float, times: Floats
) -> PreTradeEstimate:
    """Of `order`, its shares falling by `kappa` >= 0 a day over `times`, (n + 1,) from 0 to T days.

    T is the order's duration. The models know even rates; the impact is that of the even order with
    the same mean rate. For the linear model that is exact, for Almgren et al. at most too dear, for
    the crossover model near (docs/models.md has by how much). Raises ModelError.
    """
    assert math.isclose(times[-1], order.duration_days), "times end with the order"
    left = holdings(1.0, kappa, times)
    days = effective_days(left, times)
    bins = _bins(order, left, times)
    return PreTradeEstimate(
        spread=order.half_spread if order.qty else 0.0,
        impact=model.impact(msgspec.structs.replace(order, duration_days=days)),
        risk=math.sqrt(even_variance(left, times, order.daily_volatility)) if order.qty else 0.0,
        participation=order.participation,
        participation_max=max(each.participation for each in bins),
        effective_days=days,
        warnings=_warnings(order, bins),
        bins=bins,
    )


def _bins(order: SizedOrder, left: Floats, times: Floats) -> tuple[BinPlan, ...]:
    """Whole shares by rounding what is left, so that nothing is lost (quant.md 5.6)."""
    whole = np.rint(left * order.qty)
    rates = trades(left) * order.qty / np.diff(times) / order.adv
    return tuple(
        BinPlan(start_days=start, end_days=end, qty=int(before - after), left_qty=int(after),
                participation=rate)
        for start, end, before, after, rate in zip(
            times[:-1].tolist(), times[1:].tolist(), whole[:-1].tolist(), whole[1:].tolist(),
            rates.tolist(), strict=True,
        )
    )  # fmt: skip


def _warnings(order: SizedOrder, bins: tuple[BinPlan, ...]) -> tuple[ImpactWarning, ...]:
    """The order's, and that some bin is faster than the market though the whole is not."""
    found = warnings(order)
    fast = any(each.participation > 1.0 for each in bins)
    if fast and ImpactWarning.PARTICIPATION not in found:
        return (*found, ImpactWarning.PARTICIPATION)
    return found
