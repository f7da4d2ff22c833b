"""Whether an implementation shortfall order is to be planned anew, and why (quant.md 2.6).

What was seen is in the market, what is followed is in the log: nothing is remembered here, and a
restarted worker finds the same.
"""

import math
from typing import Final

import msgspec

from algos.algorithm import PlanInputs
from algos.conditions import COVERED_S_MIN, ENTER, FRESH_NS, MEASURES, log_ratios, thresholds
from algos.market_figures import profile_norms
from algos.models.replanning import Seen, has_changed, next_plan_ns
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
    return _by_market(plan.inputs, around)


def _in_break(around: Surroundings) -> bool:
    return around.pause is not None and around.pause[0] <= around.now_ns < around.pause[1]


class _Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A measure of algos/conditions.py, the plan's input that supposes it, and what to say."""

    place: int
    level: str
    up: str
    down: str


_WATCHED: Final = (
    _Watched(place=MEASURES.index("volatility"), level="volatility_level", up=VOLATILITY_UP,
             down=VOLATILITY_DOWN),
    _Watched(place=MEASURES.index("volume"), level="liquidity_level", up=LIQUIDITY_UP,
             down=LIQUIDITY_DOWN),
)  # fmt: skip


def _by_market(inputs: PlanInputs, around: Surroundings) -> str | None:
    """Whether a measure has left what the plan supposes. Nearly always the newest sample says no,
    by the least threshold there is, and nothing else is looked at.
    """
    norms, samples = profile_norms(around), around.market.statistics.samples
    if norms is None or not samples:
        return None
    newest = samples[-1]
    if newest.covered_s < COVERED_S_MIN or around.now_ns - newest.at_ns > FRESH_NS:
        return None
    ratios = log_ratios(newest, around.market, norms)
    for watched in _WATCHED:
        supposed, log_ratio = inputs[watched.level], ratios[watched.place]
        if isinstance(supposed, float) and log_ratio is not None:
            supposed_log = math.log(supposed)
            if abs(log_ratio - supposed_log) > ENTER and _lasts(
                watched, supposed_log, around, norms
            ):
                return watched.up if log_ratio > supposed_log else watched.down
    return None


def _lasts(watched: _Watched, supposed_log: float, around: Surroundings, norms: OfProfile) -> bool:
    """Whether it has been beyond the threshold for two minutes, by all samples of them.

    The threshold is ln 1.5, or what noise does on an ordinary day where few trades come.
    """
    market = around.market
    enter = thresholds(market.statistics.samples[-1], market, norms)[watched.place]
    seen = []
    for sample in market.statistics.samples:
        log_ratio = log_ratios(sample, market, norms)[watched.place]
        if log_ratio is not None:
            ratio = math.exp(log_ratio - supposed_log)
            seen.append(Seen(at_ns=sample.at_ns, ratio=ratio))
    return has_changed(seen, around.now_ns, enter)
