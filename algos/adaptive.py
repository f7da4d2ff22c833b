"""Adaptive: a schedule about a base curve whose style and pace go with the market's conditions.

The base curve is even, or that of the symbol's volume. What the market is like (conditions.py)
says how what is due is traded, and whether the rest is pulled forward or put off: SETTINGS. A
switch is a new plan over the same ledger, from what is filled and open to the order's own end,
within its own limits; it says why, and what was measured. Whatever the pace, the plan stays within
a band about the base curve, which closes at both ends.

Nothing is remembered beside the plans: what is held is in the inputs of the one in force.
"""

from typing import Final

import msgspec

from algos.algorithm import Algorithm, Plan, PlanInputs, PlanRequest
from algos.completion import in_clean_up
from algos.conditions import MEASURES, PERSIST_NS, Conditions, Level, changed, norm_now
from algos.goal import Goal, schedule_goal
from algos.leaning_schedule import BaseCurve, even_base, leaning_schedule, volume_base
from algos.norms import DaySoFar, Norm, Norms, NormSource, OfProfile
from algos.parameters import Parameter, Unit
from algos.parent import Parent
from algos.rules import WINDOW_S, Condition, Operator, Rule
from algos.schedule import slice_count
from algos.shared_parameters import (
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    COLLAR_TO_CROSS,
    COMPLETION_SET,
    DURATION,
    END_OR_DURATION,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    MIN_CHILD_QTY,
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    WOULD_RULES,
    WOULD_SET,
)
from algos.surroundings import Surroundings

LOOK_NS: Final = 10 * 10**9  # as often as the statistics of the touch are sampled
LATE_NS: Final = 10**9  # it looks so long after a sample's time, when the quotes of it are there
# Without a profile the norms are what was measured over this much of the day (conditions.noise).
NORM_S: Final = 1_200.0
WINDOW_FRACTION: Final = 0.01  # no two switches within it (quant.md 2.6)
_INTERVAL_S: Final = 30.0

# kappa of a sinh over what is left, as of an Almgren-Chriss trajectory: above zero it is pulled
# forward, below it is put off by as much (quant.md 2.1: 2 is a medium urgency).
LEANS: Final = {"L": -2.0, "M": 0.0, "H": 2.0}

# By volatility and cost, low, normal and high: the style, and the urgency of what is left.
# Urgency goes with risk over cost: kappa ~ sigma sqrt(liquidity) (quant.md 2.6). Style goes with
# what resting saves: in the simulator (mid cap, half a per cent of a day's volume in 45 minutes,
# 12 seeds) passive is 2.2 bps cheaper than normal where the book is thin, 1.0 where the price is
# three times as volatile too, 0.7 where only that is, 0.9 in a quiet market.
SETTINGS: Final = {
    (Level.LOW, Level.LOW): ("normal", "M"),
    (Level.LOW, Level.NORMAL): ("passive", "L"),
    (Level.LOW, Level.HIGH): ("passive", "L"),
    (Level.NORMAL, Level.LOW): ("normal", "H"),
    (Level.NORMAL, Level.NORMAL): ("normal", "M"),
    (Level.NORMAL, Level.HIGH): ("passive", "L"),
    (Level.HIGH, Level.LOW): ("aggressive", "H"),
    (Level.HIGH, Level.NORMAL): ("normal", "H"),
    (Level.HIGH, Level.HIGH): ("passive", "H"),
}

PARAMETERS: Final = (
    DURATION,
    Parameter(name="base_curve", kind=str, default="volume", mutable=True,
              choices={"volume": "the symbol's volume curve; without one, the default shape of a "
                                 "day, and the plan says so",
                       "even": "the same in every minute of trading"},
              text="what the schedule keeps to while conditions are normal"),
    Parameter(name="band", kind=float, default=0.15, unit=Unit.FRACTION, low=0.0, high=0.5,
              mutable=True,
              text="how far from the base curve conditions may take the schedule, as a fraction of "
                   "the order in the middle of the window, less towards both ends"),
    Parameter(name="dwell", kind=float, default=180.0, unit=Unit.SECONDS, low=60.0, high=3_600.0,
              mutable=True,
              text="no two switches within this time, nor within 1 % of the window"),
    Parameter(name="interval", kind=float, default=_INTERVAL_S, unit=Unit.SECONDS, low=1.0,
              high=86_400.0, mutable=True, text="time between slices at the least"),
    Parameter(name="size_jitter", kind=float, default=0.2, unit=Unit.FRACTION, low=0.0, high=0.9,
              mutable=True, text="slice sizes vary by this fraction; their sum does not"),
    Parameter(name="time_jitter", kind=float, default=1.0, unit=Unit.FRACTION, low=0.0, high=1.0,
              mutable=True, text="each slice falls anywhere in this fraction of its interval"),
    MIN_CHILD_QTY,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    END_OR_DURATION,
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    Rule(
        any_of=(
            Condition(field="interval", operator=Operator.EQ, value=_INTERVAL_S),
            Condition(field="interval", operator=Operator.LE, other=WINDOW_S),
        ),
        text="interval is longer than the window: all would be due at once",
    ),
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan says of conditions, one input a field. Levels are low, normal or high.

    `norms`: what was measured against; `norm_*` are those of the day so far, as measured at
    `norm_ns` over `norm_s` seconds. `*_ratio`: to the norm, at the last switch; None: not known.
    """

    style: str = "normal"
    urgency: str = "M"
    norms: NormSource = NormSource.NONE
    volatility: str = "normal"
    spread: str = "normal"
    touch: str = "normal"
    volume: str = "normal"
    volatility_ratio: float | None = None
    spread_ratio: float | None = None
    touch_ratio: float | None = None
    volume_ratio: float | None = None
    switches: int = 0
    switched_ns: int = 0
    norm_ns: int = 0
    norm_s: float = 0.0
    norm_volatility: float | None = None
    norm_spread: float | None = None
    norm_touch_qty: float | None = None
    norm_shares_per_s: float | None = None

    @classmethod
    def of(cls, parent: Parent) -> "Held | None":
        """That of the plan in force; None before the first."""
        if parent.plan is None:
            return None
        return msgspec.convert(
            {name: parent.plan.inputs[name] for name in cls.__struct_fields__}, cls
        )

    @property
    def inputs(self) -> PlanInputs:
        """As a plan has it."""
        return {**msgspec.structs.asdict(self), "norms": self.norms.value}

    @property
    def conditions(self) -> Conditions:
        """The levels."""
        told = (self.volatility, self.spread, self.touch, self.volume)
        return Conditions(*(Level[each.upper()] for each in told))

    def norms_of(self, around: Surroundings) -> Norms | None:
        """What is measured against now; None: nothing yet, or not any more."""
        session, profile = around.session, around.profile
        if session is None or self.norms is NormSource.NONE:
            return None
        if self.norms is NormSource.PROFILE:
            return None if profile is None else OfProfile(profile=profile, open_ns=session.open_ns)
        norm = Norm(
            volatility=self.norm_volatility, relative_spread=self.norm_spread,
            touch_qty=self.norm_touch_qty, shares_per_s=self.norm_shares_per_s,
        )  # fmt: skip
        return DaySoFar(
            norm=norm, measured_ns=self.norm_ns, measured_s=self.norm_s, open_ns=session.open_ns,
            close_ns=session.close_ns,
        )  # fmt: skip


class Switch(msgspec.Struct, frozen=True):
    """What is held from now on, and why."""

    held: Held
    reason: str


def cost_level(conditions: Conditions) -> Level:
    """Whether trading costs more than usual: a wide spread, or little to trade with, is dear."""
    signs = (conditions.spread, -conditions.touch, -conditions.volume)
    if Level.HIGH in signs:
        return Level.HIGH
    return Level.LOW if Level.LOW in signs else Level.NORMAL


def switch_of(parent: Parent, around: Surroundings) -> Switch | None:
    """The switch that is due now; None: what is held stands."""
    if (around.now_ns - LATE_NS) % LOOK_NS >= LATE_NS:
        return None  # between two looks, as most decisions are
    held = Held.of(parent)
    if held is None or not _may_switch(parent, held, around.now_ns):
        return None
    if held.norms is NormSource.NONE:
        return _with_norms(held, around)
    norms = held.norms_of(around)
    if norms is None:
        return None
    change = changed(held.conditions, around.market, norms, around.now_ns)
    if change is None:
        return None
    found = change.conditions
    style, urgency = SETTINGS[found.volatility, cost_level(found)]
    if (style, urgency) == (held.style, held.urgency):
        return None  # other conditions, to which the same answers
    levels = {name: level.name.lower() for name, level in zip(MEASURES, found.levels, strict=True)}
    ratios = {f"{name}_ratio": ratio for name, ratio in change.ratios.items()}
    held = msgspec.structs.replace(
        held, style=style, urgency=urgency, switches=held.switches + 1, switched_ns=around.now_ns,
        **levels, **ratios,
    )  # fmt: skip
    return Switch(held, f"conditions: {found.text}")


def _may_switch(parent: Parent, held: Held, now_ns: int) -> bool:
    """Within the window, not again so soon, and while there is time for it to matter."""
    terms, dwell_s = parent.terms, parent.params["dwell"]
    assert isinstance(dwell_s, float)
    dwell_ns = max(int(dwell_s * 1e9), int(WINDOW_FRACTION * (terms.end_ns - terms.start_ns)))
    return (
        terms.start_ns <= now_ns < terms.end_ns - PERSIST_NS
        and now_ns - held.switched_ns >= dwell_ns
        and not in_clean_up(parent, now_ns)
    )


def _with_norms(held: Held, around: Surroundings) -> Switch | None:
    """Take what was measured so far as norms, once it was measured for long enough."""
    samples = around.market.statistics.samples
    if around.session is None or not samples or samples[-1].covered_s < NORM_S:
        return None
    sample = samples[-1]
    norm = norm_now(sample, around.market)
    held = msgspec.structs.replace(
        held, norms=NormSource.DAY_SO_FAR, norm_ns=sample.at_ns, norm_s=sample.covered_s,
        norm_volatility=norm.volatility, norm_spread=norm.relative_spread,
        norm_touch_qty=norm.touch_qty, norm_shares_per_s=norm.shares_per_s,
    )  # fmt: skip
    return Switch(held, "norms: the day so far")


def replan(parent: Parent, around: Surroundings) -> str | None:
    """Why a new plan is to be made now."""
    found = switch_of(parent, around)
    return None if found is None else found.reason


def plan(request: PlanRequest) -> Plan:
    """The rest of the order about the base curve, at the pace of what is held from now on."""
    parent, around = request.parent, request.around
    found = None if parent.unplanned else switch_of(parent, around)
    held = _first(around) if found is None else found.held
    if found is None:
        held = Held.of(parent) or held
    params, lot = request.params, request.lot
    interval, min_child, band = params["interval"], params["min_child_qty"], params["band"]
    size_jitter, time_jitter = params["size_jitter"], params["time_jitter"]
    assert isinstance(interval, float)
    assert isinstance(band, float)
    assert isinstance(size_jitter, float)
    assert isinstance(time_jitter, float)
    base = _base(parent, around)
    length_ns = request.clock.end_ns - request.clock.start_ns
    smallest = max(lot, min_child) if isinstance(min_child, int) else lot
    schedule = leaning_schedule(
        base, request.clock, qty=request.qty, base_qty=request.base_qty, lot=lot,
        lean=LEANS[held.urgency], band=band, size_jitter=size_jitter, time_jitter=time_jitter,
        slices=slice_count(request.qty, length_ns, int(interval * 1e9), smallest),
        seed=request.seed,
    )  # fmt: skip
    told: PlanInputs = {**held.inputs, "curve": base.source, "curve_why": base.why}
    return Plan(schedule=schedule, inputs=told)


def _first(around: Surroundings) -> Held:
    """What a new order holds: conditions are normal until they were seen to be others."""
    known = around.profile is not None and around.profile.norms and around.session is not None
    return Held(norms=NormSource.PROFILE if known else NormSource.NONE)


def _base(parent: Parent, around: Surroundings) -> BaseCurve:
    terms = parent.terms
    if parent.params["base_curve"] == "even" or around.curve is None or around.session is None:
        return even_base(terms.start_ns, terms.end_ns, around.session)
    return volume_base(terms.start_ns, terms.end_ns, around.session, around.curve)


def goal(parent: Parent, around: Surroundings, patience_ns: int | None) -> Goal:
    """By the schedule; and it looks at the conditions every ten seconds."""
    found = schedule_goal(parent, around, patience_ns)
    look_ns = ((around.now_ns - LATE_NS) // LOOK_NS + 1) * LOOK_NS + LATE_NS
    next_ns = look_ns if found.next_ns is None else min(found.next_ns, look_ns)
    return msgspec.structs.replace(found, next_ns=next_ns)


ADAPTIVE: Final = Algorithm(
    name="adaptive",
    title="Adaptive",
    text="Follows a base curve, and switches its style and pace by volatility, spread, displayed "
    "size and volume against their norms at that time of day.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    goal=goal,
    replan=replan,
    reads_touch=True,
)
