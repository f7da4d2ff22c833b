"""Rest at the touch, or take the other side: what each costs a share (quant.md 5.1).

Over a short horizon, of an order at the touch: taking pays the half-spread and the fee at once;
resting earns them if it is filled, less what the price then does against whoever was filled, and
must take later, at a price that went on by `drift`, if it is not. All in one unit: ticks, or bps.
"""

import math
from typing import Final

import msgspec

from algos.models.model_error import not_negative

NEVER: Final = math.inf  # a break-even that no probability reaches


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """`half_spread` h, `taker_fee` f, `maker_rebate` r (negative: a fee), all per share.

    `adverse`, a: what a passive fill loses soon after it, as mark-outs measure it. `drift`, d: what
    waiting costs if it is in vain: how far the price is expected to go on, and the schedule's lag.
    """

    half_spread: float
    taker_fee: float = 0.0
    maker_rebate: float = 0.0
    adverse: float = 0.0
    drift: float = 0.0


def crossing_cost(touch: Touch) -> float:
    """Per share against the mid: h + f."""
    return touch.half_spread + touch.taker_fee


def resting_cost(touch: Touch, fill_chance: float) -> float:
    """Per share: p (-h - r + a) + (1 - p) (h + f + d)."""
    filled = -touch.half_spread - touch.maker_rebate + touch.adverse
    return fill_chance * filled + (1.0 - fill_chance) * (crossing_cost(touch) + touch.drift)


def break_even(touch: Touch) -> float:
    """The chance of a fill above which resting is cheaper: d / (2h + f + r - a + d).

    NEVER if 2h + f + r <= a: then a passive fill costs more than taking, however sure it is. 0 if
    nothing drifts against us: then waiting is free, and any chance is worth it.
    """
    saved = 2.0 * touch.half_spread + touch.taker_fee + touch.maker_rebate - touch.adverse
    if saved <= 0.0:
        return NEVER
    drift = max(touch.drift, 0.0)  # a price that comes to us is a reason to wait, not to pay
    return drift / (saved + drift)


def lag_cost(risk_aversion: float, volatility: float, lag_qty: float, duration: float) -> float:
    """What keeping one share more back for `duration` adds to cost, of `lag_qty` behind schedule.

    The derivative by x of Almgren and Chriss's risk term lambda sigma^2 x^2 tau (quant.md 2.1), to
    be added to `drift`. Units as there: 1/$, $ per share and root of time, shares, time.
    """
    for name, value in (("risk_aversion", risk_aversion), ("volatility", volatility),
                        ("lag_qty", lag_qty), ("duration", duration)):  # fmt: skip
        not_negative(name, value)
    return 2.0 * risk_aversion * volatility**2 * lag_qty * duration
