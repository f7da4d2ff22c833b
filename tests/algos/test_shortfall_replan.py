"""Planning anew: once where the market has become another one, never for noise (quant.md 2.6)."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
import pytest

from algos.parent import Parent
from algos.shortfall_replan import replan
from algos.shortfall_switch import ARMED
from algos.surroundings import Surroundings
from domain.instruments import Side
from domain.marketdata import MarketEvent, Quote, Trade
from domain.parents import ParamValue
from marketdata.symbol_profile import SymbolProfile
from tests.algos.partition_scene import S
from tests.algos.shortfall_scene import (
    ADV,
    OPEN_NS,
    SESSION_S,
    adopt,
    inputs,
    parent_of,
    plan_now,
    profile,
    surroundings,
)

SIGMA: Final = 0.02 / SESSION_S**0.5  # of a root second, as the profile says
RATE: Final = ADV / SESSION_S
Course = Callable[[float], float]


def usual(s: float) -> float:
    return 1.0


def step_at(at_s: float, factor: float) -> Course:
    return lambda s: factor if s >= at_s else 1.0


def events(seed: int, until_s: int, volatility: Course, volume: Course,
           drift: float = 0.0) -> list[list[MarketEvent]]:  # fmt: skip
    """Of each ten seconds: a quote, and ten prints, with noise in both."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    px, found = 1_000_000.0, []
    for s in range(0, until_s, 10):
        px *= float(np.exp(SIGMA * volatility(s) * 10**0.5 * draw.standard_normal() + drift))
        at_ns = OPEN_NS + s * S
        batch: list[MarketEvent] = [
            Quote("IBM", "XA", int(px) - 400, 500, int(px) + 400, 500, at_ns)
        ]
        batch += [
            Trade("IBM", "XA", int(px), max(int(RATE * volume(s) * draw.exponential()), 1),
                  at_ns + each * S)
            for each in range(10)
        ]  # fmt: skip
        found.append(batch)
    return found


class Run:
    """An order that is planned, filled as planned, and planned anew as it asks for."""

    def __init__(
        self, *, seed: int = 1, minutes: float = 120, volatility: Course = usual,
        volume: Course = usual, drift: float = 0.0, known: SymbolProfile | None = None,
        begin_s: int = 1_200, **params: ParamValue,
    ) -> None:  # fmt: skip
        known = profile() if known is None else known
        self.around: Surroundings = surroundings(known=known)
        self.parent: Parent = parent_of(
            20_000, {"size_jitter": 0, "time_jitter": 0, **params}, minutes=minutes, begin_s=begin_s
        )
        self.parent.arrival_px = Decimal(10_000)
        self.reasons: list[tuple[int, str]] = []
        end_s = begin_s + int(minutes * 60)
        for number, batch in enumerate(events(seed, end_s, volatility, volume, drift)):
            s = number * 10
            self.around.market.on_events(batch)
            self.around = msgspec.structs.replace(self.around, now_ns=OPEN_NS + s * S + 9 * S)
            if s >= begin_s:
                self.step(s)

    def step(self, s: int) -> None:
        if self.parent.plan is None:
            adopt(self.parent, plan_now(self.parent, self.around), self.around)
        assert self.parent.schedule is not None
        self.parent.cum_qty = max(self.parent.schedule.due_qty(self.around.now_ns), 0)
        reason = replan(self.parent, self.around)
        if reason is not None and self.parent.cum_qty < 20_000:
            adopt(self.parent, plan_now(self.parent, self.around), self.around, reason)
            self.reasons.append((s, reason))


@pytest.mark.parametrize("seed", range(6))
def test_quiet_noise_plans_nothing_anew(seed: int) -> None:
    assert Run(seed=seed, urgency="L").reasons == []


@pytest.mark.parametrize(("factor", "reason"), [(2.5, "volatility_up"), (0.4, "volatility_down")])
def test_another_volatility_is_another_plan(factor: float, reason: str) -> None:
    """Found within 25 minutes: the estimate's half-life is ten, and the change must last two."""
    run = Run(volatility=step_at(3_000, factor), urgency="L")
    at_s, first = run.reasons[0]
    assert first == reason
    assert 3_000 + 120 <= at_s <= 3_000 + 1_500
    assert all(said == reason for _, said in run.reasons)  # as the estimate follows, not back
    plan = run.parent.plan
    assert plan is not None
    assert plan.version == len(run.reasons) + 1
    assert plan.inputs["volatility_level"] == pytest.approx(factor, rel=0.35)


def test_the_same_price_of_risk_in_a_wilder_market() -> None:
    run = Run(volatility=step_at(3_000, 2.5), urgency="L")
    assert run.parent.plan is not None
    found = msgspec.convert(run.parent.plan.inputs, type(inputs(plan_now(run.parent, run.around))))
    assert found.volatility_level is not None
    assert found.base_volatility_level is not None
    ratio = found.volatility_level / found.base_volatility_level
    level, base = found.liquidity_level or 1.0, found.base_liquidity_level or 1.0
    assert found.kappa == pytest.approx(found.base_kappa * ratio * (level / base) ** 0.5, rel=1e-6)


@pytest.mark.parametrize(("factor", "reason"), [(6.0, "liquidity_up"), (0.15, "liquidity_down")])
def test_another_volume_is_another_plan(factor: float, reason: str) -> None:
    """Beyond four deviations of an ordinary day's volume, which is more than ln 1.5."""
    assert Run(volume=step_at(3_000, factor**0.5), urgency="L").reasons == []
    run = Run(volume=step_at(3_000, factor), urgency="L")
    assert run.reasons
    at_s, first = run.reasons[0]
    assert first == reason
    assert 3_000 + 120 <= at_s <= 3_000 + 900


def test_plans_keep_their_distance() -> None:
    """Three minutes and one per cent of the window at the least, whatever the market does."""
    wild = Run(volatility=lambda s: 1.0 + 3.0 * ((s // 900) % 2), urgency="L")
    times = [1_200, *(at_s for at_s, _ in wild.reasons)]
    assert len(times) > 2
    assert min(after - before for before, after in pairwise(times)) >= 180


def test_adapt_false_follows_the_first_plan() -> None:
    run = Run(volatility=step_at(3_000, 3.0), urgency="L", adapt=False)
    assert run.reasons == []


def test_without_a_profile_there_is_nothing_to_hold_the_market_against() -> None:
    around = surroundings()
    parent = parent_of(20_000, minutes=120, begin_s=1_200)
    adopt(parent, plan_now(parent, around), around)
    assert parent.plan is not None
    assert parent.plan.inputs["volatility_level"] is None
    assert replan(parent, msgspec.structs.replace(around, now_ns=OPEN_NS + 4_000 * S)) is None


def test_a_new_plan_leads_within_the_band_and_to_the_end() -> None:
    calm = Run(volatility=step_at(1_800, 4.0), urgency="L")
    assert calm.parent.plan is not None
    assert calm.reasons
    plain = Run(urgency="L", adapt=False)
    first, now = plain.parent.schedule, calm.parent.schedule
    assert first is not None
    assert now is not None
    assert now.cum_qty[-1] == 20_000
    for at_s in range(calm.reasons[-1][0] + 60, 1_200 + 7_200, 60):
        at_ns = OPEN_NS + at_s * S
        elapsed = (at_s - 1_200) / 7_200
        width = 20_000 * 0.15 * 4 * elapsed * (1 - elapsed)
        ahead = now.due_qty(at_ns) - first.due_qty(at_ns)
        assert -width - 500 <= ahead <= width + 500


def test_a_restarted_worker_plans_alike() -> None:
    """All of it is a function of the log: the market again, the plan again, the same decision."""
    once, again = (Run(volatility=step_at(3_000, 2.5), urgency="L") for _ in range(2))
    assert once.reasons == again.reasons
    assert once.parent.plan == again.parent.plan


# -- the switch at half time


def big(drift: float) -> Run:
    """Half of a day's volume in two hours: it moves the market."""
    known = profile(adv_qty=40_000)
    return Run(known=known, drift=drift, volume=lambda s: 0.04, urgency="H", in_the_money=True,
               adapt=False)  # fmt: skip


@pytest.mark.parametrize(
    ("drift", "reason", "state"),
    [(-4e-5, "in_the_money", "fast"), (4e-5, "out_of_the_money", "slow")],
)
def test_the_switch_is_thrown_at_half_time(drift: float, reason: str, state: str) -> None:
    run = big(drift)
    assert [said for _, said in run.reasons] == [reason]
    assert run.parent.plan is not None
    plan = run.parent.plan
    assert plan.inputs["switch"] == state
    kappa, base = plan.inputs["kappa"], plan.inputs["base_kappa"]
    assert isinstance(kappa, float)
    assert isinstance(base, float)
    assert (kappa > base) is (state == "fast")


@pytest.mark.parametrize(
    ("qty_adv", "said"), [(ADV, "off: it does not pay at a market power of"), (40_000, ARMED)]
)
def test_it_is_off_where_the_order_hardly_moves_the_market(qty_adv: int, said: str) -> None:
    around = surroundings(now_s=1_200, known=profile(adv_qty=qty_adv))
    parent = parent_of(20_000, {"in_the_money": True, "urgency": "H"}, minutes=120, begin_s=1_200,
                       side=Side.SELL)  # fmt: skip
    switch = plan_now(parent, around).inputs["switch"]
    assert isinstance(switch, str)
    assert switch.startswith(said)
    plain = parent_of(20_000, {"urgency": "H"}, minutes=120, begin_s=1_200)
    assert plan_now(plain, around).inputs["switch"] == "off"
