"""Implementation shortfall plans without a worker: one session, a curve and a profile of IBM."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from algos.algorithm import Plan, PlanRequest
from algos.implementation_shortfall import IS
from algos.parameters import Rejection, read_parameters
from algos.parent import Parent, Terms
from algos.schedule import TradingClock
from algos.shortfall_inputs import ShortfallInputs
from algos.surroundings import Surroundings
from algos.wire_values import plain_values
from domain.instruments import Side
from domain.marketdata import MarketEvent
from domain.parents import ParamValue
from domain.reports import ParentPlan
from domain.sessions import Session
from marketdata.known_profiles import CurveOrigin, SessionCurve
from marketdata.market import SymbolMarket
from marketdata.stale_limits import StaleLimits
from marketdata.symbol_profile import ProfileSource, SymbolProfile, TimeNorm
from marketdata.volume_curve import CurveBin, CurveMethod, VolumeCurve
from tests.algos.partition_scene import IBM, S

OPEN_NS = 1_767_225_600 * S
SESSION_S = 14_400  # four hours, in 16 bins of a quarter of an hour
SESSION = Session(date="2026-01-01", open_ns=OPEN_NS, close_ns=OPEN_NS + SESSION_S * S)
EVEN = (1.0,) * 16
MINUTE = 60 * S
ADV = 1_000_000


def curve(shares: Sequence[float] = EVEN) -> VolumeCurve:
    bin_s = SESSION_S // len(shares)
    return VolumeCurve(
        symbol="IBM", calendar="XNYS", session_kind=SESSION.kind, as_of="2025-12-31",
        method=CurveMethod.LOG_MEAN, days=("2025-12-30",), session_s=SESSION_S, bin_s=bin_s,
        bins=tuple(
            CurveBin(i * bin_s, (i + 1) * bin_s, share / sum(shares))
            for i, share in enumerate(shares)
        ),
        expected_qty=float(ADV), day_variance=0.3, bin_variance=0.1,
    )  # fmt: skip


def profile(**changes: object) -> SymbolProfile:
    """2 % a day, a spread of 8 bps; the same all day."""
    made = SymbolProfile(
        symbol="IBM", calendar="XNYS", as_of="2025-12-31", source=ProfileSource.PRESET,
        made_from="a test", adv_qty=ADV, daily_volatility=0.02, relative_spread=8e-4,
        touch_qty=500.0, median_trade_qty=100.0,
        norms=(
            TimeNorm(start_s=0, end_s=SESSION_S, volatility_per_sqrt_s=0.02 / SESSION_S**0.5,
                     relative_spread=8e-4, touch_qty=500.0, shares_per_s=ADV / SESSION_S),
        ),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def surroundings(
    now_s: float = 0.0, shares: Sequence[float] = EVEN, known: SymbolProfile | None = None,
    events: Sequence[MarketEvent] = (), pause: tuple[int, int] | None = None,
) -> Surroundings:  # fmt: skip
    """The world `now_s` after the open."""
    market = SymbolMarket(symbol="IBM", limits=StaleLimits(default_ns=60 * S))
    market.on_events(events)
    return Surroundings(
        market=market, live={}, killed=False, now_ns=OPEN_NS + round(now_s * S), pause=pause,
        session=SESSION, curve=SessionCurve(curve=curve(shares), origin=CurveOrigin.OWN),
        profile=known,
    )  # fmt: skip


def parent_of(
    qty: int, params: Mapping[str, ParamValue] | None = None, *, minutes: float = 60,
    begin_s: float = 0.0, side: Side = Side.BUY,
) -> Parent:  # fmt: skip
    """An order that is not planned yet, over `minutes` from `begin_s` after the open on."""
    values = read_parameters(IS.parameters, params or {})
    assert not isinstance(values, Rejection), values
    start_ns = OPEN_NS + round(begin_s * S)
    return Parent(
        order_id="P", source="OMS", cl_ord_id="A", instrument=IBM, side=side, algorithm=IS,
        params=values, arrival_px=Decimal(100),
        terms=Terms(order_qty=qty, limit_px_ticks=None, start_ns=start_ns,
                    end_ns=start_ns + round(minutes * MINUTE)),
    )  # fmt: skip


def plan_now(parent: Parent, around: Surroundings, seed: int = 1) -> Plan:
    """What is planned of it at this moment."""
    base_qty = parent.cum_qty + parent.open_qty
    start_ns = max(parent.terms.start_ns, around.now_ns)
    return IS.plan(
        PlanRequest(
            parent=parent, around=around, qty=parent.terms.order_qty - base_qty,
            base_qty=base_qty,
            clock=TradingClock.over(start_ns, parent.terms.end_ns, around.pause), seed=seed,
        )
    )  # fmt: skip


def adopt(parent: Parent, plan: Plan, around: Surroundings, reason: str = "accepted") -> None:
    """The plan comes into force, as a fold of its record would have it."""
    parent.apply_plan(
        ParentPlan(
            claim=0, order_id="P", source="OMS", cl_ord_id="A", symbol="IBM", algo="is",
            version=parent.plan_version + 1, seed=1, reason=reason,
            times_ns=plan.schedule.times_ns, cum_qty=plan.schedule.cum_qty,
            params=plain_values(parent.params), inputs=dict(plan.inputs), transact_ns=around.now_ns,
        )
    )  # fmt: skip


def inputs(plan: Plan) -> ShortfallInputs:
    return msgspec.convert(plan.inputs, ShortfallInputs)


def sizes(plan: Plan) -> list[int]:
    """Shares of each slice."""
    due = plan.schedule.cum_qty
    return [after - before for before, after in zip((0, *due), due, strict=False)]
