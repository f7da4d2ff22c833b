"""How much an order that takes a share of the volume should send: quant.md section 4. Pure.

p is our share of the total volume, ours included; so for each share that others trade we trade
p / (1 - p). Targets are cumulative: nothing that one interval rounds away is lost to the next.
Shares, seconds; floats, for they are targets and not orders.
"""

from typing import Final

import msgspec

BURST: Final = 3.0  # b: no interval sends more than so many times what it is forecast to need
CATCH_UP_S_MIN: Final = 30.0  # tau_c: a deficit is closed over this, or over the next, if longer
CATCH_UP_FRACTION: Final = 0.02  # of the time since the start
# Of what an interval is forecast to need, or half a lot: less is left to the next.
DEADBAND: Final = 0.05


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order stands as an interval begins.

    `target_qty`: due for the volume so far; `fresh_qty`: of it, for the volume of the last
    interval. `done_qty`: filled or open. `forecast_qty`: due for the volume that is forecast for
    this interval; `usual_qty`: for that of an interval since the start in the mean, which bounds
    what is sent where nothing is forecast.
    """

    target_qty: float
    fresh_qty: float
    done_qty: int
    forecast_qty: float
    usual_qty: float
    elapsed_s: float
    interval_s: float
    lot: int


def shares_for(participation: float, others_qty: float) -> float:
    """p / (1 - p) of others' volume. `participation` is below 1."""
    return participation / (1.0 - participation) * others_qty


def interval_qty(at: Interval) -> int:
    """Shares to send in an interval, 0 or more.

    The last interval's volume at once, and half of what this one is forecast to need, for the order
    would else lag by half an interval for ever. An older deficit over the catch-up time, and all of
    it within the burst bound, or a lot. Rounded to the nearest lot: rounding down would leave the
    share low by half a lot. What is below the deadband waits.
    """
    short_qty = at.target_qty - at.done_qty
    old_qty = max(short_qty - max(at.fresh_qty, 0.0), 0.0)
    catch_up_s = max(CATCH_UP_S_MIN, CATCH_UP_FRACTION * at.elapsed_s)
    caught_up_qty = old_qty * min(at.interval_s / catch_up_s, 1.0)
    wanted_qty = short_qty - old_qty + caught_up_qty + at.forecast_qty / 2.0
    wanted_qty = min(wanted_qty, max(BURST * (at.forecast_qty or at.usual_qty), at.lot))
    if wanted_qty < max(at.lot / 2.0, DEADBAND * at.forecast_qty):
        return 0
    return int(wanted_qty / at.lot + 0.5) * at.lot


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A share that goes with the price: from `floor` over `target` to `ceiling`.

    The ceiling is reached where the price is `spreads` spreads better than the reference, the floor
    where it is as much worse; between them it is linear.
    """

    floor: float
    target: float
    ceiling: float
    spreads: float

    @property
    def step(self) -> float:
        """Changes smaller than this are not worth a new plan."""
        return (self.ceiling - self.floor) / 8.0

    def at(self, better_spreads: float) -> float:
        """The share at a price so many spreads better than the reference, for us."""
        way = max(-1.0, min(better_spreads / self.spreads, 1.0))
        if way >= 0.0:
            return self.target + (self.ceiling - self.target) * way
        return self.target + (self.target - self.floor) * way
