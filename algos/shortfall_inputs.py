"""What an implementation shortfall plan was made from and expects, as it is published with it.

A plan is a decision: it is taken from the log after a restart, and so is all of this. Later plans
of the same order build on it.
"""

import msgspec

from algos.algorithm import PlanInputs
from domain.reports import ParentPlan


class ShortfallInputs(msgspec.Struct, frozen=True, kw_only=True):
    """None: not known. `*_bps`: of the arrival price, against the order where positive.

    `risk_by`: what said how much risk counts. `kappa`: a day of volume time, `kappa_window`: times
    the window's. `half_life_s`: in which what is left falls by e. `volume_days`: of a day's volume,
    what is expected in the window. `participation`: of the others' volume. `trajectory`:
    how it was found; `unplaced_qty`: shares that the participation cap is not expected to admit.
    `impact_model`: and whose coefficients; `spread_paid`: of half the spread, as own orders paid.
    `alpha_since_ns`: when the alpha began to fade; `alpha_left_bps`: what of it is still to come.
    `volatility_level`, `liquidity_level`: the market now against what is usual at this time.
    `switch`: of the option in_the_money; kappas are of the legs, as factors of the base.
    `base_*`: of the first plan under these terms, which later ones stay near to.
    """

    risk_by: str
    kappa: float
    kappa_window: float
    half_life_s: float
    expected_cost_bps: float | None
    expected_spread_bps: float | None
    expected_impact_bps: float | None
    expected_alpha_bps: float
    risk_bps: float | None
    impact_model: str
    spread_paid: float
    daily_volatility: float | None
    daily_volatility_from: str
    adv_qty: float | None
    adv_from: str
    half_spread_bps: float | None
    half_spread_from: str
    curve: str
    curve_why: str
    volume_days: float
    participation: float | None
    bins: int
    trajectory: str
    unplaced_qty: int
    alpha_since_ns: int | None
    alpha_left_bps: float
    volatility_level: float | None
    liquidity_level: float | None
    switch: str
    switch_ns: int | None
    switch_expected_bps: float | None
    switch_fast: float | None
    switch_slow: float | None
    base_start_ns: int
    base_qty: int
    base_kappa: float
    base_volatility_level: float | None
    base_liquidity_level: float | None


def published(inputs: ShortfallInputs) -> PlanInputs:
    """As a plan's record carries it."""
    return msgspec.structs.asdict(inputs)


def inputs_of(plan: ParentPlan) -> ShortfallInputs:
    """Of a plan that was published."""
    return msgspec.convert(plan.inputs, ShortfallInputs)
