"""Implementation shortfall plans: their figures, their shares, and the defects of the brief's."""

import math
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.algorithm import Plan
from algos.implementation_shortfall import IS
from algos.models.almgren_chriss import Bins, LinearMarket, holdings
from algos.models.alpha import drifting_holdings, fading_drift
from algos.models.impact import BPS, CrossoverModel, SizedOrder
from algos.models.known_calibrations import ChosenModel, ModelOrigin
from algos.models.pre_trade import estimate
from algos.models.trajectory import even_times, volume_times
from algos.models.urgency import URGENCIES, value_at_risk_decay
from algos.models.urgency_names import Urgency
from algos.parameters import Rejection, read_parameters
from domain.impact_model import ImpactModelName
from domain.instruments import Side
from domain.parents import ParamValue
from domain.refusals import RejectReason
from marketdata.market import SymbolMarket
from tests.algos.parameter_values import params_of
from tests.algos.shortfall_scene import (
    ADV,
    EVEN,
    MINUTE,
    OPEN_NS,
    adopt,
    inputs,
    parent_of,
    plan_now,
    profile,
    sizes,
    surroundings,
)

PLAIN: Final[dict[str, ParamValue]] = {"size_jitter": 0, "time_jitter": 0, "interval": 30}
QTY: Final = 20_000
DAYS: Final = 0.25  # an hour of four


def planned(qty: int = QTY, **params: ParamValue) -> Plan:
    """Over the first hour of an even day of a known symbol."""
    around = surroundings(known=profile())
    return plan_now(parent_of(qty, {**PLAIN, **params}), around)


# -- the trajectory


@pytest.mark.parametrize("urgency", Urgency)
def test_it_follows_almgren_and_chriss_to_half_a_lot(urgency: Urgency) -> None:
    plan = planned(urgency=urgency.value)
    left = holdings(QTY, URGENCIES[urgency] / DAYS, even_times(DAYS, 120))
    for at_ns, due in zip(plan.schedule.times_ns, plan.schedule.cum_qty, strict=True):
        place = (at_ns - OPEN_NS) // (MINUTE // 2) + 1
        assert abs(due - (QTY - left[place])) <= 50.0 + 1e-6
    assert inputs(plan).kappa_window == pytest.approx(URGENCIES[urgency])
    assert inputs(plan).risk_by == f"urgency={urgency.value}"


def test_in_volume_time_the_most_patient_follows_the_volume() -> None:
    """quant.md 2.1: the risk-neutral limit is VWAP, not TWAP."""
    around = surroundings(shares=(8.0, 1.0, 1.0, 2.0) * 4, known=profile())
    parent = parent_of(12_000, {**PLAIN, "half_life": 86_400, "interval": 900})
    assert sizes(plan_now(parent, around)) == [8_000, 1_000, 1_000, 2_000]


def test_a_half_life_is_in_time_of_trading() -> None:
    plan = planned(half_life=1_200)
    assert inputs(plan).kappa_window == pytest.approx(3.0)
    assert inputs(plan).half_life_s == pytest.approx(1_200.0)
    assert plan.schedule.due_qty(OPEN_NS + 20 * MINUTE - 1) == pytest.approx(
        QTY * (1 - math.sinh(2.0) / math.sinh(3.0)), abs=100
    )


def test_a_confidence_is_the_least_cost_at_risk() -> None:
    found = inputs(planned(risk_confidence=0.95))
    order = SizedOrder(qty=QTY, adv=ADV, daily_volatility=0.02, duration_days=DAYS)
    eta = CrossoverModel().impact(order).average * DAYS / QTY
    market = LinearMarket(volatility=0.02, temporary=eta)
    kappa, _ = value_at_risk_decay(market, Bins(duration_days=DAYS, count=120), QTY, 0.95)
    assert found.kappa == pytest.approx(kappa)
    assert found.risk_by == "risk_confidence=0.95"
    assert inputs(planned(risk_confidence=0.99)).kappa > found.kappa


def test_without_a_word_it_is_of_medium_urgency() -> None:
    assert planned().schedule == planned(urgency="M").schedule
    assert inputs(planned()).risk_by == "urgency=M, the default"


def test_what_is_expected_is_the_estimate() -> None:
    found = inputs(planned(urgency="H"))
    order = SizedOrder(qty=QTY, adv=ADV, daily_volatility=0.02, duration_days=DAYS,
                       half_spread=4e-4)  # fmt: skip
    expected = estimate(CrossoverModel(), order, 4.0 / DAYS, even_times(DAYS, 120))
    assert found.expected_cost_bps == pytest.approx(expected.cost * BPS, rel=1e-4)
    assert found.risk_bps == pytest.approx(expected.risk * BPS, rel=1e-4)
    assert found.expected_spread_bps == pytest.approx(4.0)
    assert found.participation == pytest.approx(0.08)
    assert (found.daily_volatility, found.daily_volatility_from) == (0.02, "profile")
    assert (found.adv_qty, found.adv_from) == (ADV, "profile")
    assert found.curve == "own"
    assert found.volume_days == pytest.approx(DAYS)


def test_urgency_buys_certainty() -> None:
    found = [inputs(planned(urgency=urgency.value)) for urgency in Urgency]
    for calm, hasty in pairwise(found):
        assert calm.expected_cost_bps is not None
        assert hasty.expected_cost_bps is not None
        assert calm.risk_bps is not None
        assert hasty.risk_bps is not None
        assert calm.expected_cost_bps < hasty.expected_cost_bps
        assert calm.risk_bps > hasty.risk_bps


# -- caps


def test_a_cap_bends_it_and_nothing_is_lost() -> None:
    plan = planned(urgency="VH", max_participation=0.2, interval=60)
    assert inputs(plan).trajectory == "constrained"
    most = 0.25 * ADV / 240  # p / (1 - p) of a minute's volume
    assert max(sizes(plan)) <= most + 100
    assert sum(sizes(plan)) == QTY
    assert inputs(plan).unplaced_qty == 0


def test_a_cap_that_does_not_bind_changes_nothing() -> None:
    assert planned(max_participation=0.5).schedule == planned().schedule
    assert inputs(planned(max_participation=0.5)).trajectory == "closed_form"


def test_what_a_cap_cannot_hold_is_said_and_due_in_the_end() -> None:
    plan = planned(qty=100_000, max_participation=0.2)
    found = inputs(plan)
    assert found.trajectory == "all_the_cap_admits"
    assert found.unplaced_qty == pytest.approx(100_000 - 0.25 * ADV * DAYS, abs=1)
    assert plan.schedule.cum_qty[-1] == 100_000


# -- alpha


def alpha(bps: float) -> Plan:
    fading: dict[str, ParamValue] = {"alpha": bps, "alpha_half_life": 600, "urgency": "M"}
    return plan_now(parent_of(QTY, {**PLAIN, **fading}), surroundings(known=profile()))


def test_alpha_is_the_feedback_law() -> None:
    """quant.md 2.5: on an even day the solver's trajectory is the closed form's."""
    plan = alpha(5.0)
    order = SizedOrder(qty=QTY, adv=ADV, daily_volatility=0.02, duration_days=DAYS)
    eta = CrossoverModel().impact(order).average * DAYS / QTY
    drift = fading_drift(5e-4, 600 / 14_400, DAYS)
    left = drifting_holdings(QTY, 2.0 / DAYS, even_times(DAYS, 120), eta, drift)
    for at_ns, due in zip(plan.schedule.times_ns, plan.schedule.cum_qty, strict=True):
        place = (at_ns - OPEN_NS) // (MINUTE // 2) + 1
        assert due == pytest.approx(QTY - left[place], abs=60.0 + 0.002 * QTY)


def test_a_price_that_runs_away_is_a_reason_to_hurry_for_both_sides() -> None:
    middle = OPEN_NS + 15 * MINUTE
    for side in Side.BUY, Side.SELL:
        around = surroundings(known=profile())
        away, back = (
            plan_now(
                parent_of(QTY, {**PLAIN, "alpha": bps, "alpha_half_life": 600}, side=side), around
            )
            for bps in (9.0, -9.0)
        )
        plain = planned().schedule.due_qty(middle)
        assert back.schedule.due_qty(middle) < plain < away.schedule.due_qty(middle)
        assert inputs(away).expected_alpha_bps > 0.0 > inputs(back).expected_alpha_bps


def test_urgency_comes_of_the_alpha_still_to_be_lost() -> None:
    """quant.md 1.5 row 35: what has faded is no reason to hurry."""
    parent = parent_of(QTY, {"alpha": 30, "alpha_half_life": 60, **PLAIN})
    begun = surroundings(known=profile())
    adopt(parent, plan_now(parent, begun), begun)
    assert inputs(plan_now(parent, begun)).alpha_left_bps == pytest.approx(30.0)
    later = surroundings(now_s=1_800, known=profile())
    parent.cum_qty = 15_000
    parent.unplanned = True
    found = plan_now(parent, later)
    assert inputs(found).alpha_left_bps == pytest.approx(0.0, abs=1e-6)
    plain = parent_of(QTY, PLAIN)
    plain.cum_qty = 15_000
    assert found.schedule == plan_now(plain, later).schedule


def test_a_new_alpha_fades_from_when_it_is_told() -> None:
    parent = parent_of(QTY, {"alpha": 30, "alpha_half_life": 600})
    begun = surroundings(known=profile())
    adopt(parent, plan_now(parent, begun), begun)
    later = surroundings(now_s=1_800, known=profile())
    parent.unplanned = True
    assert inputs(plan_now(parent, later)).alpha_since_ns == OPEN_NS
    parent.params = {**parent.params, "alpha": 20.0}
    told = inputs(plan_now(parent, later))
    assert told.alpha_since_ns == later.now_ns
    assert told.alpha_left_bps == pytest.approx(20.0)


# -- figures that are not known


def test_an_urgency_needs_no_figures() -> None:
    plan = plan_now(parent_of(QTY, PLAIN), surroundings())
    found = inputs(plan)
    assert plan.schedule == planned().schedule
    assert (found.daily_volatility, found.daily_volatility_from) == (None, "unknown")
    assert (found.expected_cost_bps, found.risk_bps, found.participation) == (None, None, None)


@pytest.mark.parametrize(
    ("params", "known", "said"),
    [
        ({"alpha": 5.0, "alpha_half_life": 60.0}, None, "daily volatility and the daily volume"),
        ({"risk_confidence": 0.9}, profile(daily_volatility=None), "the daily volatility of IBM"),
        ({"risk_confidence": 0.9}, profile(), None),
        ({"urgency": "H"}, None, None),
    ],
)
def test_a_parameter_that_needs_figures_nobody_has_is_refused(
    params: dict[str, ParamValue], known: object, said: str | None
) -> None:
    values = read_parameters(IS.parameters, params)
    assert not isinstance(values, Rejection)
    around = surroundings(known=known)  # type: ignore[arg-type]  # a profile or none
    found = IS.lacks(values, SymbolMarket(symbol="IBM"), around.profile, 14_400.0, OPEN_NS)
    assert (found is None) is (said is None)
    if found is not None and said is not None:
        assert found.reason is RejectReason.MISSING_INPUT
        assert said in found.text


def test_figures_that_are_lost_on_the_way_leave_the_default_and_say_so() -> None:
    found = inputs(plan_now(parent_of(QTY, {"risk_confidence": 0.9}), surroundings()))
    assert found.kappa_window == pytest.approx(2.0)
    assert found.risk_by.startswith("urgency=M, for the figures that risk_confidence needs")


# -- parameters


@pytest.mark.parametrize("name", ["risk_aversion", "lambda", "riskAversion"])
def test_a_bare_risk_aversion_is_refused(name: str) -> None:
    """quant.md 1.5 row 38: its unit is 1/$, and 1.0 of it means at once."""
    found = read_parameters(IS.parameters, {name: 1.0})
    assert isinstance(found, Rejection)
    assert found.reason is RejectReason.UNKNOWN_PARAMETER


# -- whatever is asked, every share is there


@settings(deadline=None, max_examples=60)
@given(
    params=params_of(IS), qty=st.integers(1, 400).map(lambda lots: 100 * lots),
    minutes=st.floats(0.1, 240.0), known=st.booleans(), seed=st.integers(0, 9),
    shares=st.lists(st.floats(0.0, 5.0), min_size=16, max_size=16),
)  # fmt: skip
def test_every_share_is_planned_inside_the_window(
    params: dict[str, ParamValue], qty: int, minutes: float, known: bool, seed: int,
    shares: list[float],
) -> None:  # fmt: skip
    volumes = shares if sum(shares) > 0 else EVEN
    if "alpha" in params or "alpha_half_life" in params:
        params = {"alpha": 5.0, "alpha_half_life": 60.0, **params}
    around = surroundings(shares=volumes, known=profile() if known else None)
    parent = parent_of(qty, params, minutes=minutes)
    plan = plan_now(parent, around, seed)
    due, times = plan.schedule.cum_qty, plan.schedule.times_ns
    assert due[-1] == qty
    assert all(before < after for before, after in pairwise((0, *due)))
    assert all(before <= after for before, after in pairwise(times))
    assert parent.terms.start_ns <= times[0]
    assert times[-1] < parent.terms.end_ns
    assert all(each % 100 == 0 for each in due)
    assert len(due) <= 390


# -- the defects of the brief's (quant.md 1.5)


def test_an_order_on_track_does_not_send_all_that_is_left() -> None:
    """Row 33: 100 % of the remaining quantity at the first decision, 50 % even when ahead."""
    plan = planned(urgency="M")
    assert sizes(plan)[0] / QTY < 0.025
    assert plan.schedule.due_qty(OPEN_NS) == sizes(plan)[0]


def test_the_rate_is_continuous_in_how_far_it_is_behind() -> None:
    """Row 36: the brief's jumps by a tenth where the gap passes 0.1."""
    rates = []
    for done in range(2_000, 6_001, 100):
        parent = parent_of(QTY, PLAIN)
        parent.cum_qty = done
        around = surroundings(now_s=600, known=profile())
        plan = plan_now(parent, around)
        rates.append(plan.schedule.due_qty(around.now_ns + 5 * MINUTE) - done)
    steps = np.diff(rates)
    assert steps.max() <= 0 + 100
    assert steps.min() >= -200


def test_time_scales_have_the_units_of_time() -> None:
    """Row 37: the brief's optimum is proportional to the size, and a number of minutes by luck."""
    small, large = (inputs(planned(qty=qty, urgency="H")) for qty in (1_000, 40_000))
    assert small.half_life_s == large.half_life_s == pytest.approx(900.0)


def test_an_urgent_order_is_no_twap() -> None:
    """Row 39: an even rate whatever the optimiser says."""
    found = sizes(planned(urgency="H", interval=300))
    assert found[0] > 2 * found[5] > 0
    assert sum(found[:3]) / QTY == pytest.approx(
        1 - math.sinh(3.0) / math.sinh(4.0), abs=0.01
    )  # 15 of 60 minutes


def test_volatility_is_a_days_and_volume_is_a_days() -> None:
    """Row 40: off by the root of 390, and volume by row."""
    found = inputs(planned())
    assert found.daily_volatility == 0.02
    assert found.risk_bps == pytest.approx(
        200 * math.sqrt(DAYS) * math.sqrt(_mean_square_left()), rel=1e-3
    )


def _mean_square_left() -> float:
    left = holdings(1.0, 2.0, volume_times(1.0, [1.0] * 120))
    return float(np.mean((left[:-1] ** 2 + left[:-1] * left[1:] + left[1:] ** 2) / 3))


def test_the_houses_model_has_the_houses_coefficients() -> None:
    house = ChosenModel(name=ImpactModelName.CROSSOVER, model=CrossoverModel(y=2.0),
                        spread_paid=0.5, origin=ModelOrigin.SYMBOL, why="")  # fmt: skip
    around = msgspec.structs.replace(surroundings(known=profile()), impact=house)
    plain = inputs(planned())
    found = inputs(plan_now(parent_of(QTY, PLAIN), around))
    assert found.impact_model == "crossover, symbol"
    assert plain.expected_impact_bps is not None
    assert found.expected_impact_bps == pytest.approx(2 * plain.expected_impact_bps)
    assert found.expected_spread_bps == pytest.approx(2.0)
    other = inputs(plan_now(parent_of(QTY, {**PLAIN, "impact_model": "linear"}), around))
    assert other.impact_model == "linear, published"
    assert other.expected_spread_bps == pytest.approx(4.0)
