"""One parent order: its terms, its ledger, and what the OMS has been told of it."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import msgspec

from algos.child import Child
from algos.parameters import Rejection, Values, amend_parameters
from algos.schedule import Schedule
from algos.waits import Wait, Waits
from domain.fix_codes import ExecType, OrdStatus
from domain.instruments import Instrument, Side
from domain.orders import PARENT_TERMINAL, next_parent_status, reported_status, settled_by_qty
from domain.parents import CancelParent, ReplaceParent
from domain.refusals import WaitReason
from domain.reports import ParentPlan, ParentReport
from marketdata.volume_history import Mark

if TYPE_CHECKING:  # an algorithm is made of functions over parents
    from algos.algorithm import Algorithm

# Children that a parent remembers when they have ended: more than one a tenth of a second over the
# interval of an algorithm that asks what it has sent in it.
RECENT_MAX: Final = 256


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a parent may do: integers on the instrument's grid, times in UTC ns."""

    order_qty: int
    limit_px_ticks: int | None
    start_ns: int
    end_ns: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One fill that the OMS was told of, 0 shares once it is undone. `px` in currency units."""

    qty: int
    px: Decimal


@dataclass(slots=True, kw_only=True)
class Parent:
    """State of one parent. Reports change what is told, children what is done; see partition.py.

    `cum_qty`, `open_qty`: over its children, `told_*`: over the reports on fills. `open_children`
    holds only children whose end is not known: closed ones leave it, so that it stays short.
    `misses`: immediate orders in a row that found nothing, in this worker's life.
    `volume_mark`: where the tape stood at its start, None while nothing was printed since.
    `told`: by the ExecID(17) of our report. `unplanned`: accepted or replaced, and no plan since.
    `plan`: the one in force, `schedule` its own.
    `waits`, `due_qty`, `watch_ns`: of the last decision. `filled_ns`: when we had the last fill.
    `refusal`: of its last child, if venue access refused that. `avoid_until_ns`: by venue, after a
    reject or refusal.
    `recent`: the last children, open or not, by time.
    """

    order_id: str
    source: str
    cl_ord_id: str
    instrument: Instrument
    side: Side
    algorithm: "Algorithm"
    params: Values
    terms: Terms
    arrival_px: Decimal | None
    status: OrdStatus = OrdStatus.PENDING_NEW
    schedule: Schedule | None = None
    plan: ParentPlan | None = None
    unplanned: bool = True
    cum_qty: int = 0
    open_qty: int = 0
    children: int = 0
    open_children: dict[str, Child] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    told_cum_qty: int = 0
    told_notional: Decimal = Decimal(0)
    pending_cancel: CancelParent | None = None
    pending_replace: ReplaceParent | None = None
    paused: bool = False
    waits: Waits = field(default_factory=Waits)
    due_qty: int = 0
    wake_ns: int | None = None
    watch_ns: int | None = None
    retry_ns: int = 0
    misses: int = 0
    retry_reason: WaitReason = WaitReason.MISSED
    refusal: Wait | None = None
    avoid_until_ns: dict[str, int] = field(default_factory=dict)
    volume_mark: Mark | None = None
    filled_ns: int | None = None
    recent: deque[Child] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))

    def sent_since_qty(self, at_ns: int) -> int:
        """Shares filled or open of the children that were decided at `at_ns` or later."""
        return sum(
            child.cum_qty + child.leaves_qty
            for child in takewhile(lambda child: child.decided_ns >= at_ns, reversed(self.recent))
        )

    @property
    def auction_open_qty(self) -> int:
        """Shares of it that wait for a cross."""
        return sum(child.leaves_qty for child in self.open_children.values() if child.for_auction)

    @property
    def plan_version(self) -> int:
        """Of the plan in force, 0 before the first."""
        return 0 if self.plan is None else self.plan.version

    @property
    def target_qty(self) -> int:
        """Shares that should be filled or open, as of the last decision."""
        return self.cum_qty + self.open_qty + self.due_qty

    @property
    def algo(self) -> str:
        """The name of its algorithm."""
        return self.algorithm.name

    @property
    def done(self) -> bool:
        """Whether the OMS has been told of its end."""
        return self.status in PARENT_TERMINAL

    @property
    def request_pending(self) -> bool:
        """Whether a cancel or a replace waits for its children."""
        return self.pending_cancel is not None or self.pending_replace is not None

    @property
    def leaves_qty(self) -> int:
        """LeavesQty(151): 0 once closed, as FIX requires."""
        return 0 if self.done else max(self.terms.order_qty - self.told_cum_qty, 0)

    @property
    def avg_px(self) -> Decimal:
        """Average price of what the OMS was told of, 0 before the first fill; 8 decimals."""
        if not self.told_cum_qty:
            return Decimal(0)
        return round(self.told_notional / self.told_cum_qty, 8)

    @property
    def ord_status(self) -> OrdStatus:
        """OrdStatus(39) for a report now."""
        return reported_status(
            self.status,
            pending_cancel=self.pending_cancel is not None,
            pending_replace=self.pending_replace is not None,
            suspended=self.paused,
        )

    def child_changed(self, child: Child, cum_before: int, leaves_before: int) -> None:
        """Book what a child's change did to the ledger."""
        self.cum_qty += child.cum_qty - cum_before
        self.open_qty += child.leaves_qty - leaves_before
        if child.closed:
            self.open_children.pop(child.cl_ord_id, None)
        elif child.cl_ord_id not in self.open_children:
            self.open_children[child.cl_ord_id] = child

    def apply_report(self, report: ParentReport) -> None:
        """Take in what the OMS was told. Raises IllegalTransition."""
        status = next_parent_status(self.status, report.exec_type)
        if report.exec_type in (ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL):
            self._tell_fill(report)
        elif report.exec_type is ExecType.REPLACED:
            self._replaced(report)
        elif report.exec_type is ExecType.SUSPENDED:
            self.paused = True
        elif report.exec_type is ExecType.RESTATED:
            self.paused = False
        elif report.exec_type is ExecType.CANCELED:
            self.pending_cancel = None
            self.cl_ord_id = report.cl_ord_id
        self.status = settled_by_qty(status, self.terms.order_qty, self.told_cum_qty)

    def apply_plan(self, plan: ParentPlan) -> None:
        """A plan comes into force."""
        self.plan = plan
        self.schedule = Schedule(plan.times_ns, plan.cum_qty)
        self.unplanned = False

    def _replaced(self, report: ParentReport) -> None:
        if self.pending_replace is not None:
            self._amend(self.pending_replace)
        self.pending_replace = None
        self.unplanned = True
        self.cl_ord_id = report.cl_ord_id
        assert report.end_ns is not None
        self.terms = Terms(
            order_qty=int(report.order_qty),
            limit_px_ticks=None if report.limit_px is None
            else self.instrument.px_ticks(report.limit_px, "limit_px"),
            start_ns=self.terms.start_ns,
            end_ns=report.end_ns,
        )  # fmt: skip

    def _amend(self, request: ReplaceParent) -> None:
        """The parameters of a replace that was judged good come into force."""
        params = amend_parameters(self.algorithm.parameters, self.params, request.params)
        assert not isinstance(params, Rejection)
        self.params = params

    def _tell_fill(self, report: ParentReport) -> None:
        """Fills are known by our ExecID(17); a bust or correction names the report on the first."""
        if report.exec_ref_id is not None:
            self._retell(report.exec_ref_id, Told(qty=0, px=Decimal(0)))
        if report.exec_type is ExecType.TRADE_CANCEL:
            self._retell(report.exec_id, Told(qty=0, px=Decimal(0)))
            return
        assert report.last_px is not None
        self._retell(report.exec_id, Told(qty=report.last_qty, px=report.last_px))

    def _retell(self, exec_id: str, told: Told) -> None:
        before = self.told.get(exec_id, Told(qty=0, px=Decimal(0)))
        self.told_cum_qty += told.qty - before.qty
        self.told_notional += told.qty * told.px - before.qty * before.px
        self.told[exec_id] = told
