"""Adaptive: what it answers to conditions, when it may switch, and that no share is lost in it."""

import re
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.adaptive import (
    ADAPTIVE,
    LATE_NS,
    LEANS,
    LOOK_NS,
    NORM_S,
    SETTINGS,
    Held,
    cost_level,
    goal,
    plan,
    switch_of,
)
from algos.conditions import PERSIST_NS, Conditions, Level
from algos.norms import NormSource
from algos.schedule import Schedule, TradingClock
from algos.styles import STYLES, style_of
from algos.surroundings import Surroundings
from domain.reports import ParentPlan
from marketdata.market import SymbolMarket
from tests.algos.conditions_scene import BEGIN, NORM, Factors, flat, plain
from tests.algos.partition_scene import S
from tests.algos.plan_scene import plan_request
from tests.conftest import ROOT
from tests.venuesim.market_scene import CLOSE, HOURS, OPEN

END = BEGIN + 4 * 3_600 * S
LEVELS = st.sampled_from(list(Level))
STRESS = Factors(
    volatility=lambda s: 3.0 if s >= 3_600 else 1.0, spread=lambda s: 3.0 if s >= 3_600 else 1.0
)


def test_every_pair_of_levels_has_its_answer_and_the_document_says_which() -> None:
    assert set(SETTINGS) == {(volatility, cost) for volatility in Level for cost in Level}
    text = (ROOT / "docs/algorithms.md").read_text().partition("<!-- settings -->")[2]
    rows = re.findall(r"^\| (low|normal|high) \| (.+) \|$", text.partition("<!-- end")[0], re.M)
    told = {
        (Level[row.upper()], cost): tuple(cell.split(", "))
        for row, cells in rows
        for cost, cell in zip(Level, cells.split(" | "), strict=True)
    }
    assert told == SETTINGS
    for style, urgency in SETTINGS.values():
        assert style in STYLES
        assert urgency in LEANS


@pytest.mark.parametrize(
    ("found", "cost"),
    [
        (Conditions(), Level.NORMAL),
        (Conditions(volatility=Level.HIGH), Level.NORMAL),
        (Conditions(spread=Level.HIGH), Level.HIGH),
        (Conditions(touch=Level.LOW), Level.HIGH),
        (Conditions(volume=Level.LOW), Level.HIGH),
        (Conditions(spread=Level.LOW), Level.LOW),
        (Conditions(touch=Level.HIGH), Level.LOW),
        (Conditions(spread=Level.HIGH, touch=Level.HIGH), Level.HIGH),  # what is dear counts first
    ],
)
def test_what_makes_trading_dear(found: Conditions, cost: Level) -> None:
    assert cost_level(found) is cost


@given(st.tuples(LEVELS, LEVELS, LEVELS, LEVELS), st.floats(0.1, 9.0))
def test_what_is_held_comes_back_from_a_plan(levels: tuple[Level, ...], ratio: float) -> None:
    names = [each.name.lower() for each in levels]
    held = Held(
        style="passive", urgency="L", norms=NormSource.DAY_SO_FAR, volatility=names[0],
        spread=names[1], touch=names[2], volume=names[3], spread_ratio=ratio, switches=3,
        switched_ns=7, norm_ns=5, norm_s=1_300.0, norm_spread=ratio,
    )  # fmt: skip
    scene = Adapting()
    scene.publish(Schedule((0,), (100,)), held)
    assert Held.of(scene.parent) == held
    assert held.conditions.levels == levels
    assert style_of(scene.parent).name == "passive"


class Adapting:
    """An order over four hours of the plain market, which it is looked at in."""

    def __init__(self, qty: int = 24_000, *, known: bool = True, dwell: float = 180.0) -> None:
        self.request = plan_request(ADAPTIVE, qty, dwell=dwell)
        self.parent = self.request.parent
        self.parent.terms = msgspec.structs.replace(self.parent.terms, start_ns=BEGIN, end_ns=END)
        norms = flat(NORM)
        self.profile = getattr(norms, "profile", None) if known else None
        self.market = SymbolMarket(symbol="SIM")
        self.replan(BEGIN, "accepted")

    def around(self, now_ns: int) -> Surroundings:
        """The session began so long ago that the profile's norms are known."""
        found = HOURS.at(OPEN)
        assert found is not None
        return Surroundings(
            market=self.market, live={}, killed=False, now_ns=now_ns, session=found[0],
            profile=self.profile,
        )  # fmt: skip

    def publish(self, schedule: Schedule, held: Held, reason: str = "accepted") -> None:
        self.parent.apply_plan(
            ParentPlan(
                claim=0, order_id="P", source="OMS", cl_ord_id="A", symbol="SIM", algo="adaptive",
                version=self.parent.plan_version + 1, seed=1, reason=reason,
                times_ns=schedule.times_ns, cum_qty=schedule.cum_qty, params={},
                inputs=held.inputs, transact_ns=0,
            )
        )  # fmt: skip

    def replan(self, now_ns: int, reason: str) -> None:
        """As Progress does it: over what is left, on top of what is done or open."""
        done_qty = self.parent.cum_qty + self.parent.open_qty
        found = plan(
            msgspec.structs.replace(
                self.request, parent=self.parent, around=self.around(now_ns), base_qty=done_qty,
                qty=self.parent.terms.order_qty - done_qty,
                clock=TradingClock.over(now_ns, END, None),
            )
        )  # fmt: skip
        inputs = {name: found.inputs[name] for name in Held.__struct_fields__}
        self.publish(found.schedule, msgspec.convert(inputs, Held), reason)

    def play(self, seed: int, hours: float, factors: Factors) -> list[tuple[int, str]]:
        """(seconds since the beginning, reason) of each new plan; it keeps to its schedule."""
        found = []
        for _, self.market in plain(seed, hours, factors):
            now_ns = self.market.statistics.at_ns // LOOK_NS * LOOK_NS + LATE_NS
            self.parent.cum_qty = self.parent.schedule.due_qty(now_ns)  # type: ignore[union-attr]  # it has one
            switch = switch_of(self.parent, self.around(now_ns))
            if switch is not None:
                before_qty = self.parent.cum_qty
                self.replan(now_ns, switch.reason)
                assert self.parent.schedule is not None
                assert self.parent.schedule.cum_qty[-1] == self.parent.terms.order_qty
                assert self.parent.schedule.cum_qty[0] > before_qty
                found.append(((now_ns - BEGIN) // S, switch.reason))
        return found


def test_a_new_order_takes_conditions_as_normal() -> None:
    held = Held.of(Adapting().parent)
    assert held is not None
    assert (held.style, held.urgency, held.norms) == ("normal", "M", NormSource.PROFILE)
    assert held.conditions == Conditions()
    unknown = Held.of(Adapting(known=False).parent)
    assert unknown is not None
    assert unknown.norms is NormSource.NONE


@pytest.mark.parametrize("seed", range(2))
def test_one_change_of_the_market_is_one_switch(seed: int) -> None:
    scene = Adapting()
    ((at_s, reason),) = scene.play(seed, 2.5, STRESS)
    assert 3_600 + PERSIST_NS // S <= at_s <= 3_600 + 600
    assert reason == "conditions: volatility high, spread high"
    held = Held.of(scene.parent)
    assert held is not None
    assert (held.style, held.urgency, held.switches) == ("passive", "H", 1)
    assert held.volatility_ratio is not None
    assert held.volatility_ratio > 1.5
    assert style_of(scene.parent) is STYLES["passive"]


def test_quiet_hours_have_no_switch() -> None:
    for seed in range(5):
        assert Adapting().play(seed, 2.0, Factors()) == []


def test_without_a_profile_the_day_so_far_is_the_norm_from_twenty_minutes_on() -> None:
    scene = Adapting(known=False)
    (first, second) = scene.play(1, 2.5, STRESS)
    assert first[1] == "norms: the day so far"
    assert NORM_S <= first[0] <= NORM_S + 30
    assert second[1] == "conditions: volatility high, spread high"
    assert 3_600 < second[0] <= 3_600 + 900
    held = Held.of(scene.parent)
    assert held is not None
    assert (held.norms, held.switches) == (NormSource.DAY_SO_FAR, 1)
    assert held.norm_volatility is not None


def test_switches_keep_their_distance() -> None:
    """A market that turns over every ten minutes is followed no faster than it is allowed."""
    turning = Factors(spread=lambda s: 4.0 if int(s) // 1_800 % 2 else 0.25)
    free = Adapting(dwell=60.0).play(3, 4.0, turning)
    held = Adapting(dwell=3_600.0).play(3, 4.0, turning)
    assert len(free) > len(held) >= 1
    times = [at_s for at_s, _ in held]
    assert all(after - before >= 3_600 for before, after in pairwise(times))


@pytest.mark.parametrize(
    ("now_ns", "may"),
    [
        (BEGIN + 3_000 * S + LATE_NS, True),
        (BEGIN + 3_000 * S + LATE_NS + S // 2, True),
        (BEGIN + 3_005 * S, False),  # between two looks
        (BEGIN - 10 * S + LATE_NS, False),  # before its start
        (END - 100 * S + LATE_NS, False),  # nothing that begins now would last two minutes
    ],
)
def test_when_it_may_switch(now_ns: int, may: bool) -> None:
    scene = Adapting(known=False)
    for _, scene.market in plain(1, 1.0):
        pass
    assert (switch_of(scene.parent, scene.around(now_ns)) is not None) is may


def test_it_looks_every_ten_seconds() -> None:
    scene = Adapting()
    for after_ns in (0, 4 * S, 10 * S, 11 * S, 11 * S + 1):
        found = goal(scene.parent, scene.around(BEGIN + after_ns), None)
        assert found.next_ns is not None
        assert BEGIN + after_ns < found.next_ns <= BEGIN + after_ns + LOOK_NS


@settings(max_examples=40)
@given(st.integers(1, 240), st.integers(0, 200), st.integers(0, 200), st.integers(1, 14_000))
def test_a_switch_keeps_the_ledger(lots: int, done: int, open_: int, at_s: int) -> None:
    """Brief rows 45 and 54: what was done stays done, what is open is counted, all of it is due."""
    scene = Adapting(lots * 100)
    scene.parent.cum_qty = min(done, lots - 1) * 100
    scene.parent.open_qty = min(open_, lots - 1 - scene.parent.cum_qty // 100) * 100
    done_qty = scene.parent.cum_qty + scene.parent.open_qty
    scene.replan(BEGIN + at_s * S, "conditions: a test")
    assert scene.parent.schedule is not None
    assert scene.parent.schedule.cum_qty[-1] == lots * 100
    assert scene.parent.schedule.cum_qty[0] > done_qty
    assert scene.parent.schedule.times_ns[-1] < END
    assert CLOSE > BEGIN
