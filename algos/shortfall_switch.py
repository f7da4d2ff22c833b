"""The option in_the_money of implementation shortfall: one switch after half of the volume.

quant.md 2.6, algos/models/in_the_money.py. What was saved so far pays for speed.
"""

from typing import Final

import msgspec
import numpy as np

from algos.models.almgren_chriss import LinearMarket
from algos.models.impact import BPS, SizedOrder
from algos.models.in_the_money import MARKET_POWER_MIN, best_switch, market_power
from algos.parent import Parent
from algos.shortfall_inputs import ShortfallInputs
from algos.shortfall_sketch import Sketch, linear_cost
from algos.surroundings import Surroundings

ARMED: Final = "armed"
FAST: Final = "fast"
SLOW: Final = "slow"


class Switching(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: armed, fast, slow, or why it is off. `first`, `fast`, `slow`: factors of kappa.

    `at_ns`: when half of the volume has traded; `expected_bps`: what that far is expected to cost,
    what is left counted at the mid.
    """

    state: str
    first: float = 1.0
    fast: float = 1.0
    slow: float = 1.0
    at_ns: int | None = None
    expected_bps: float | None = None


def switching(of: Sketch, kappa: float) -> Switching:
    """The best switch of an order whose plain trajectory is kappa's, if it pays at all."""
    request, window = of.request, of.window
    if not request.params["in_the_money"]:
        return Switching(state="off")
    temporary = linear_cost(of, window, request.qty)
    volatility, spread = of.figures.daily_volatility, of.figures.half_spread
    if temporary is None or not volatility or spread is None:
        return Switching(state="off: volatility, volume or spread is not known")
    if request.parent.arrival_px is None:
        return Switching(state="off: there was no market when the order came")
    market = LinearMarket(volatility=volatility, temporary=temporary)
    power = market_power(market, request.qty, window.days)
    best = best_switch(power, kappa * window.days)
    if best is None:
        low = f", below {MARKET_POWER_MIN:g}" if power < MARKET_POWER_MIN else ""
        return Switching(state=f"off: it does not pay at a market power of {power:.3g}{low}")
    plain = kappa * window.days
    half = float(np.interp(window.days / 2.0, window.times, np.array(window.wall_ns(), float)))
    return Switching(
        state=ARMED, first=best.first / plain, fast=best.fast / plain, slow=best.slow / plain,
        at_ns=int(half), expected_bps=_expected_bps(of, best.first, volatility, spread),
    )  # fmt: skip


def _expected_bps(of: Sketch, first: float, volatility: float, half_spread: float) -> float:
    """Of the first half: spread and impact of what has traded, the impact on what has not."""
    qty, days = of.request.qty, of.window.days
    left = float(np.sinh(first / 2.0) / np.sinh(first))
    assert of.figures.adv_qty is not None
    done = SizedOrder(qty=qty * (1.0 - left), adv=of.figures.adv_qty,
                      daily_volatility=volatility, duration_days=days / 2.0)  # fmt: skip
    impact = of.impact.model.impact(done)
    spread = half_spread * of.impact.spread_paid
    return ((spread + impact.average) * (1.0 - left) + impact.peak * left) * BPS


def cheap_so_far(parent: Parent, around: Surroundings, inputs: ShortfallInputs) -> bool | None:
    """Whether what was done, and what is left at the mid, cost less than expected; None: no mid."""
    mid_ticks = around.market.mid_px_ticks(around.now_ns)
    if mid_ticks is None or parent.arrival_px is None or inputs.switch_expected_bps is None:
        return None
    arrival, mid = float(parent.arrival_px), mid_ticks * float(parent.instrument.tick)
    done_qty = parent.told_cum_qty
    moved = (float(parent.avg_px) - arrival) * done_qty
    moved += (mid - arrival) * (parent.terms.order_qty - done_qty)
    cost_bps = parent.side.sign * moved / (arrival * parent.terms.order_qty) * BPS
    return cost_bps < inputs.switch_expected_bps
