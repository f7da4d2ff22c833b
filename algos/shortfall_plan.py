"""How an implementation shortfall order is planned: at first, and anew in another market."""

from typing import Final

import msgspec
import numpy as np

from algos.algorithm import Plan, PlanRequest
from algos.cumulative_schedule import cumulative_schedule
from algos.market_figures import Levels, market_figures
from algos.models.impact import BPS
from algos.models.quadrature import Floats
from algos.models.replanning import banded, new_decay
from algos.parameters import Rejection, Values
from algos.schedule import TradingClock
from algos.shortfall_inputs import ShortfallInputs, inputs_of, published
from algos.shortfall_sketch import (
    Sketch,
    alpha_left_bps,
    kappa_of,
    number,
    outlook,
    sketch,
    window_over,
)
from algos.shortfall_switch import ARMED, FAST, SLOW, Switching, cheap_so_far, switching
from algos.shortfall_trajectory import Outlook, Trajectory, expectation, trajectory
from domain.refusals import RejectReason
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile

_USUAL: Final = 1.0  # a level that is not known, where the usual one is


def lacks(
    params: Values, market: SymbolMarket, profile: SymbolProfile | None, session_s: float,
    now_ns: int,
) -> Rejection | None:  # fmt: skip
    """A parameter that asks for figures of the symbol that nobody has."""
    asked = [name for name in ("risk_confidence", "alpha") if params[name] is not None]
    if not asked:
        return None
    figures = market_figures(market, profile, session_s, now_ns)
    missing = [
        what for what, known in (("daily volatility", figures.daily_volatility),
                                 ("daily volume", figures.adv_qty)) if known is None
    ]  # fmt: skip
    if not missing:
        return None
    return Rejection(
        RejectReason.MISSING_INPUT, f"params.{asked[0]}",
        f"needs the {' and the '.join(missing)} of {market.symbol}: no profile has it, and not "
        "enough was seen today",
    )  # fmt: skip


def plan(request: PlanRequest) -> Plan:
    """The schedule of what is neither done nor open, and what it is made from."""
    parent = request.parent
    seen = sketch(request)
    before = None if parent.plan is None else inputs_of(parent.plan)
    anew = before is not None and not parent.unplanned
    course = _anew(seen, before) if anew and before is not None else _first(seen, before)
    targets = request.qty - course.left[1:]
    targets[-1] = request.qty  # what a cap is not expected to admit is due in the end all the same
    schedule = cumulative_schedule(
        targets=targets, edges_ns=seen.window.edges_ns, base_qty=request.base_qty,
        lot=request.lot, size_jitter=number(request.params, "size_jitter"),
        time_jitter=number(request.params, "time_jitter"), seed=request.seed,
    )  # fmt: skip
    return Plan(schedule=schedule, inputs=published(_inputs(seen, course)))


class _Course(msgspec.Struct, frozen=True, kw_only=True):
    """What is followed from now on. `kappa`: of the trajectory in force, `base_*`: of the first."""

    risk_by: str
    outlook: Outlook
    found: Trajectory
    left: Floats
    levels: Levels
    alpha_since_ns: int | None
    switch: Switching
    base_start_ns: int
    base_qty: int
    base_kappa: float
    base_levels: Levels


def _first(seen: Sketch, before: ShortfallInputs | None) -> _Course:
    """Under new terms. What was fading before fades on."""
    request = seen.request
    plain, risk_by = kappa_of(seen)
    switch = switching(seen, plain)
    kappa = plain * switch.first
    since_ns = _alpha_since_ns(seen, before)
    ahead = outlook(seen, seen.window, request.qty, kappa, alpha_since_ns=since_ns,
                    liquidity=seen.levels.liquidity)  # fmt: skip
    found = trajectory(ahead)
    levels = _usual(seen)
    return _Course(
        risk_by=risk_by, outlook=ahead, found=found, left=found.left, levels=levels,
        alpha_since_ns=since_ns, switch=switch, base_start_ns=seen.window.wall_ns()[0],
        base_qty=request.qty, base_kappa=kappa, base_levels=levels,
    )  # fmt: skip


def _usual(seen: Sketch) -> Levels:
    """The levels that a first plan supposes: as seen, else as usual, where that is known."""
    profile = seen.request.around.profile
    knows_volatility = profile is not None and profile.daily_volatility is not None
    knows_volume = profile is not None and bool(profile.norms)
    return Levels(
        volatility=seen.levels.volatility or (_USUAL if knows_volatility else None),
        liquidity=seen.levels.liquidity or (_USUAL if knows_volume else None),
    )


def _alpha_since_ns(seen: Sketch, before: ShortfallInputs | None) -> int | None:
    """An alpha fades from when it was first told; one that a replace tells anew, from then on."""
    request = seen.request
    if request.params["alpha"] is None:
        return None
    told = request.parent.plan
    if before is not None and before.alpha_since_ns is not None and told is not None:
        names = ("alpha", "alpha_half_life")
        if all(told.params.get(name) == request.params[name] for name in names):
            return before.alpha_since_ns
    return seen.window.wall_ns()[0]


def _anew(seen: Sketch, before: ShortfallInputs) -> _Course:
    """Of what is left, in another market, within the band around the first plan."""
    request = seen.request
    switch = _switched(seen, before)
    leg = {FAST: switch.fast, SLOW: switch.slow}.get(switch.state, 1.0)
    base_levels = Levels(volatility=before.base_volatility_level,
                         liquidity=before.base_liquidity_level)  # fmt: skip
    levels = Levels(volatility=seen.levels.volatility or before.volatility_level,
                    liquidity=seen.levels.liquidity or before.liquidity_level)  # fmt: skip
    kappa = new_decay(before.base_kappa * leg, _ratio(levels.volatility, base_levels.volatility),
                      _ratio(levels.liquidity, base_levels.liquidity))  # fmt: skip
    ahead = outlook(seen, seen.window, request.qty, kappa, alpha_since_ns=before.alpha_since_ns,
                    liquidity=levels.liquidity)  # fmt: skip
    found = trajectory(ahead)
    return _Course(
        risk_by=before.risk_by, outlook=ahead, found=found, left=_within_band(seen, before, found),
        levels=levels, alpha_since_ns=before.alpha_since_ns, switch=switch,
        base_start_ns=before.base_start_ns, base_qty=before.base_qty,
        base_kappa=before.base_kappa, base_levels=base_levels,
    )  # fmt: skip


def _ratio(now: float | None, then: float | None) -> float:
    return 1.0 if not now or not then else now / then


def _switched(seen: Sketch, before: ShortfallInputs) -> Switching:
    """The switch of the plan before, thrown if its time has come."""
    kept = Switching(
        state=before.switch, fast=before.switch_fast or 1.0, slow=before.switch_slow or 1.0,
        at_ns=before.switch_ns, expected_bps=before.switch_expected_bps,
    )  # fmt: skip
    around = seen.request.around
    if kept.state != ARMED or kept.at_ns is None or around.now_ns < kept.at_ns:
        return kept
    cheap = cheap_so_far(seen.request.parent, around, before)
    if cheap is None:
        return kept
    return msgspec.structs.replace(kept, state=FAST if cheap else SLOW)


def _within_band(seen: Sketch, before: ShortfallInputs, found: Trajectory) -> Floats:
    """What is left, no farther from the first trajectory than the band (quant.md 2.6)."""
    request = seen.request
    pause = request.around.pause
    clock = TradingClock.over(before.base_start_ns, request.parent.terms.end_ns, pause)
    window = window_over(msgspec.structs.replace(request, qty=before.base_qty), clock)
    first = trajectory(
        outlook(seen, window, before.base_qty, before.base_kappa,
                alpha_since_ns=before.alpha_since_ns, liquidity=before.base_liquidity_level)
    ).left  # fmt: skip
    walls, now = np.array(window.wall_ns(), float), np.array(seen.window.wall_ns(), float)
    elapsed = np.interp(now, walls, window.times) / window.days
    return banded(found.left, np.interp(now, walls, first), float(before.base_qty), elapsed)


def _inputs(seen: Sketch, course: _Course) -> ShortfallInputs:
    known, request, window, switch = seen.figures, seen.request, seen.window, course.switch
    expected = expectation(
        course.outlook, course.left, seen.impact.model, adv_qty=known.adv_qty,
        daily_volatility=known.daily_volatility, half_spread=None if known.half_spread is None
        else known.half_spread * seen.impact.spread_paid,
    )  # fmt: skip
    curve, kappa = request.around.curve, course.outlook.kappa
    armed = switch.at_ns is not None
    return ShortfallInputs(
        risk_by=course.risk_by,
        kappa=kappa,
        kappa_window=kappa * window.days,
        half_life_s=window.seconds / (kappa * window.days),
        expected_cost_bps=expected.cost,
        expected_spread_bps=expected.spread,
        expected_impact_bps=expected.impact,
        expected_alpha_bps=expected.alpha,
        risk_bps=expected.risk,
        impact_model=str(seen.impact),
        spread_paid=seen.impact.spread_paid,
        daily_volatility=known.daily_volatility,
        daily_volatility_from=known.daily_volatility_from,
        adv_qty=known.adv_qty,
        adv_from=known.adv_from,
        half_spread_bps=None if known.half_spread is None else known.half_spread * BPS,
        half_spread_from=known.half_spread_from,
        curve="even" if curve is None else curve.origin.value,
        curve_why="no session" if curve is None else curve.why,
        volume_days=window.days,
        participation=None if known.adv_qty is None else request.qty / known.adv_qty / window.days,
        bins=len(window.times) - 1,
        trajectory=course.found.how,
        unplaced_qty=int(course.found.left[-1]),
        alpha_since_ns=course.alpha_since_ns,
        alpha_left_bps=alpha_left_bps(seen, course.alpha_since_ns),
        volatility_level=course.levels.volatility,
        liquidity_level=course.levels.liquidity,
        switch=switch.state,
        switch_ns=switch.at_ns,
        switch_expected_bps=switch.expected_bps,
        switch_fast=switch.fast if armed else None,
        switch_slow=switch.slow if armed else None,
        base_start_ns=course.base_start_ns,
        base_qty=course.base_qty,
        base_kappa=course.base_kappa,
        base_volatility_level=course.base_levels.volatility,
        base_liquidity_level=course.base_levels.liquidity,
    )
