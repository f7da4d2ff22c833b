"""A VWAP order on a bench: its window in a made-up session, its curve, and a tape to learn from."""

from decimal import Decimal

import msgspec

from algos.algorithm import Plan, PlanRequest
from algos.goal import Goal
from algos.parameters import Rejection, read_parameters
from algos.parent import Parent, Terms
from algos.schedule import TradingClock
from algos.surroundings import Surroundings
from algos.vwap import VWAP, goal, plan
from domain.instruments import Instrument, Side
from domain.marketdata import Quote, Trade
from domain.parents import ParamValue
from domain.reports import ParentPlan
from domain.sessions import Session
from marketdata.known_profiles import CurveOrigin, KnownProfiles, SessionCurve
from marketdata.live_curve import LiveCurve
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile
from marketdata.volume_curve import VolumeCurve
from tests.algos.partition_scene import IBM
from tests.marketdata.curve_scene import NS, curve, session

DAY = session()  # an hour in four bins, 40, 10, 20 and 30 % of 1,000 shares
STILL: dict[str, ParamValue] = {"size_jitter": 0.0, "time_jitter": 0.0}


class VwapScene:
    """An order over [start, end) minutes after the open of `day`, planned at its start."""

    def __init__(
        self, qty: int = 10_000, start: float = 0, end: float = 60, *, day: Session = DAY,
        made: VolumeCurve | None = None, profile: SymbolProfile | None = None, lot: int = 100,
        seed: int = 1, origin: CurveOrigin = CurveOrigin.OWN, **params: ParamValue,
    ) -> None:  # fmt: skip
        self.day, self.profile, self.seed = day, profile, seed
        self.market = SymbolMarket(symbol="IBM")
        self.market.on_event(Quote("IBM", "XA", 9_999, 900, 10_001, 900, day.open_ns - NS))
        values = read_parameters(VWAP.parameters, {**STILL, **params})
        assert not isinstance(values, Rejection)
        self.parent = Parent(
            order_id="P", source="OMS", cl_ord_id="A", side=Side.BUY, algorithm=VWAP,
            instrument=_lots(lot), params=values, arrival_px=None,
            terms=Terms(order_qty=qty, limit_px_ticks=None, start_ns=self.at_ns(start),
                        end_ns=self.at_ns(end)),
        )  # fmt: skip
        source = SessionCurve(curve=made or curve(), origin=origin)
        self.live_curve = LiveCurve(source=source, session=day, market=self.market, lot=lot)

    @classmethod
    def known(cls, profiles: KnownProfiles, day: Session, qty: int = 10_000) -> "VwapScene":
        """One over all of `day` with the curve that is known of it, if there is any."""
        found = cls(qty, 0, (day.close_ns - day.open_ns) / (60 * NS), day=day,
                    profile=profiles.profile("IBM"))  # fmt: skip
        found.live_curve = LiveCurve(
            source=profiles.curve("IBM", "XNYS", day), session=day, market=found.market
        )
        return found

    def at_ns(self, minutes: float) -> int:
        return self.day.open_ns + round(minutes * 60_000) * (NS // 1_000)

    def minutes(self, at_ns: int) -> float:
        return (at_ns - self.day.open_ns) / (60 * NS)

    def around(self, minutes: float) -> Surroundings:
        pause = None if self.day.break_start_ns is None else self.day.pause
        return Surroundings(
            market=self.market, live={}, killed=False, now_ns=self.at_ns(minutes), pause=pause,
            session=self.day, curve=self.live_curve.source, live_curve=self.live_curve,
            profile=self.profile,
        )  # fmt: skip

    def plan(self, minutes: float | None = None) -> Plan:
        """Plan, and let it come into force as a published one does."""
        now_ns = self.parent.terms.start_ns if minutes is None else self.at_ns(minutes)
        around = msgspec.structs.replace(self.around(0), now_ns=now_ns)
        base_qty = self.parent.cum_qty + self.parent.open_qty
        start_ns = max(self.parent.terms.start_ns, now_ns)
        clock = TradingClock.over(start_ns, self.parent.terms.end_ns, around.pause)
        made = plan(
            PlanRequest(
                parent=self.parent, around=around, qty=self.parent.terms.order_qty - base_qty,
                base_qty=base_qty, clock=clock, seed=self.seed,
            )
        )  # fmt: skip
        self.parent.apply_plan(
            ParentPlan(
                claim=0, order_id="P", source="OMS", cl_ord_id="A", symbol="IBM", algo="vwap",
                version=self.parent.plan_version + 1, seed=self.seed, reason="accepted",
                times_ns=tuple(clock.wall_ns(each) for each in made.schedule.times_ns),
                cum_qty=made.schedule.cum_qty, params={}, inputs=dict(made.inputs),
                transact_ns=now_ns,
            )
        )  # fmt: skip
        return made

    def slices(self) -> list[tuple[float, int]]:
        """(minutes after the open, cumulative shares) of the plan in force."""
        schedule = self.parent.schedule
        assert schedule is not None
        return [
            (round(self.minutes(at_ns), 4), qty)
            for at_ns, qty in zip(schedule.times_ns, schedule.cum_qty, strict=True)
        ]

    def goal(self, minutes: float, patience_s: float | None = None) -> Goal:
        patience_ns = None if patience_s is None else int(patience_s * NS)
        return goal(self.parent, self.around(minutes), patience_ns)

    def print(self, minutes: float, qty: int) -> None:
        self.market.on_event(Trade("IBM", "XA", 10_000, qty, self.at_ns(minutes)))


def _lots(lot: int) -> Instrument:
    return msgspec.structs.replace(IBM, lot=lot, max_order_notional=Decimal(10**12))
