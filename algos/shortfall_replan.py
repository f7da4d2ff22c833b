"""Whether an implementation shortfall order is to be planned anew, and why (quant.md 2.6).

What was seen is in the market, what is followed is in the log: nothing is remembered here, and a
restarted worker finds the same.
"""

import math
from typing import Final

import msgspec

from algos.conditions import COVERED_S_MIN, FRESH_NS, MEASURES, log_ratios, thresholds
from algos.market_figures import profile_norms
from algos.models.replanning import Seen, changed, has_changed, next_plan_ns
from algos.norms import OfProfile
from algos.parent import Parent
from algos.shortfall_inputs import inputs_of
from algos.shortfall_switch import ARMED, cheap_so_far
from algos.surroundings import Surroundings

VOLATILITY_UP: Final = "volatility_up"
VOLATILITY_DOWN: Final = "volatility_down"
LIQUIDITY_UP: Final = "liquidity_up"
LIQUIDITY_DOWN: Final = "liquidity_down"
IN_THE_MONEY: Final = "in_the_money"
OUT_OF_THE_MONEY: Final = "out_of_the_money"


def replan(parent: Parent, around: Surroundings) -> str | None:
    """The reason, None while the plan in force stands."""
    plan, terms, now_ns = parent.plan, parent.terms, around.now_ns
    if plan is None or now_ns < terms.start_ns or _in_break(around):
        return None
    if parent.cum_qty + parent.open_qty >= terms.order_qty:
        return None
    if plan.inputs["switch"] == ARMED:
        switch_ns = plan.inputs["switch_ns"]
        if isinstance(switch_ns, int) and now_ns >= switch_ns:
            cheap = cheap_so_far(parent, around, inputs_of(plan))
            if cheap is not None:
                return IN_THE_MONEY if cheap else OUT_OF_THE_MONEY
    if not parent.params["adapt"]:
        return None
    if now_ns < next_plan_ns(plan.transact_ns, terms.start_ns, terms.end_ns):
        return None
    norms = profile_norms(around)
    if norms is None:
        return None
    volatility = _Watched(
        place=MEASURES.index("volatility"),
        up=VOLATILITY_UP,
        down=VOLATILITY_DOWN,
        supposed=plan.inputs["volatility_level"],
    )
    liquidity = _Watched(place=MEASURES.index("volume"), up=LIQUIDITY_UP, down=LIQUIDITY_DOWN,
                         supposed=plan.inputs["liquidity_level"])  # fmt: skip
    return _moved(volatility, around, norms) or _moved(liquidity, around, norms)


def _in_break(around: Surroundings) -> bool:
    return around.pause is not None and around.pause[0] <= around.now_ns < around.pause[1]


class _Watched(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of algos/conditions.py, as the plan in force supposes it to be by its norm."""

    place: int
    supposed: object
    up: str
    down: str


def _moved(watched: _Watched, around: Surroundings, norms: OfProfile) -> str | None:
    """Whether it has been beyond the threshold for two minutes, by all samples of them.

    The threshold is ln 1.5, or what noise does on an ordinary day where few trades come.
    """
    market, samples = around.market, around.market.statistics.samples
    if not isinstance(watched.supposed, float) or not samples:
        return None
    newest = samples[-1]
    if newest.covered_s < COVERED_S_MIN or around.now_ns - newest.at_ns > FRESH_NS:
        return None
    enter = thresholds(newest, market, norms)[watched.place]
    seen: list[Seen] = []
    for sample in reversed(samples):
        log_ratio = log_ratios(sample, market, norms)[watched.place]
        if log_ratio is None:
            return None
        seen.insert(0, Seen(at_ns=sample.at_ns, ratio=math.exp(log_ratio) / watched.supposed))
        if not changed(seen[0].ratio, enter):
            return None  # nearly always so at the newest one, and then no other is looked at
    if not has_changed(seen, around.now_ns, enter):
        return None
    return watched.up if seen[-1].ratio > 1.0 else watched.down
