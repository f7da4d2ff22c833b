"""Transaction costs of parents: a fold over `reports`, `children` and `marketdata`.

A parent's interval runs from its start (its acceptance, if that is later) to the end of the order:
the last fill of a filled one, the moment of the closing report of any other. Prints at either end
count. Prints that are not regular (`Trade.condition`), such as auction crosses, do not.

Arrival is the mid that the worker reported at acceptance, else the mid of the market data then;
where neither is known it is None, never our own price. It knows nothing of the bus or a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Final

from domain.children import ChildRecord, NewChild
from domain.fencing import Fence
from domain.fix_codes import ExecType, OrdStatus
from domain.instruments import InstrumentTable, Side
from domain.marketdata import MarketEvent
from domain.orders import PARENT_TERMINAL
from domain.reports import ParentPlan, ParentReport, ReportRecord
from domain.tca import ParentCost, VenueShare
from tca.benchmarks import Mark, Market, Sums, mid_px, twap_px, vwap_px

# How long a finished parent waits for the market's time to pass its end. Only where a market has
# gone quiet is it ever waited out. Engine time: a quarter of a second at speed 40.
END_GRACE_NS: Final = 10_000_000_000
_AVG_PX_PLACES: Final = Decimal("1e-8")


@dataclass(slots=True, frozen=True, kw_only=True)
class Fill:
    """One execution that stands. Quantity in shares, price and fee in currency units."""

    qty: int
    px: Decimal
    fee: Decimal
    venue: str

    @property
    def notional(self) -> Decimal:
        return self.px * self.qty


@dataclass(slots=True, kw_only=True)
class Tally:
    """Sums over fills."""

    qty: int = 0
    notional: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    fills: int = 0

    def add(self, fill: Fill) -> None:
        self.qty += fill.qty
        self.notional += fill.notional
        self.fees += fill.fee
        self.fills += 1

    def take_back(self, fill: Fill) -> None:
        self.qty -= fill.qty
        self.notional -= fill.notional
        self.fees -= fill.fee
        self.fills -= 1
        assert self.qty >= 0
        assert self.fills >= 0


_Facts = tuple[OrdStatus, int, int, Decimal, Decimal]


@dataclass(slots=True, kw_only=True)
class Parent:
    """What is known of one parent. Only `Costs` changes it."""

    order_id: str
    source: str
    cl_ord_id: str
    symbol: str
    side: Side
    algo: str
    order_qty: int
    ord_status: OrdStatus
    start_ns: int
    start: Mark
    arrival: Mark | None = None
    arrival_px: Decimal | None = None
    benchmark: str = "arrival"
    decision_px: Decimal | None = None
    decision_ns: int | None = None
    end: Mark | None = None
    last_fill_ns: int = 0
    total: Tally = field(default_factory=Tally)
    by_venue: dict[str, Tally] = field(default_factory=dict)
    fills: dict[str, Fill] = field(default_factory=dict)
    corrected: dict[str, str] = field(default_factory=dict)  # exec_id -> that of its correction
    exec_ids: set[str] = field(default_factory=set)
    published: _Facts | None = None

    def facts(self) -> _Facts:
        """What a final record must be written for again when it changes."""
        total = self.total
        return (self.ord_status, self.order_qty, total.qty, total.notional, total.fees)

    def book(self, exec_id: str, fill: Fill) -> None:
        self.fills[exec_id] = fill
        self.total.add(fill)
        self.by_venue.setdefault(fill.venue, Tally()).add(fill)

    def unbook(self, exec_id: str | None) -> tuple[str, Fill] | None:
        """Take back the fill of `exec_id`, or what corrected it; None if none stands."""
        while exec_id in self.corrected:
            exec_id = self.corrected[exec_id]
        if exec_id is None or exec_id not in self.fills:
            return None
        fill = self.fills.pop(exec_id)
        self.total.take_back(fill)
        self.by_venue[fill.venue].take_back(fill)
        return exec_id, fill


class Costs:
    """Follows every parent; says its costs while it lives and once, finally, when it is done."""

    def __init__(self, instruments: InstrumentTable, publish_interval_ns: int) -> None:
        self._instruments = instruments
        self._publish_interval_ns = publish_interval_ns
        self._next_publish_ns = 0
        self._parents: dict[str, Parent] = {}
        self._live: dict[str, Parent] = {}
        self._markets: dict[str, Market] = {}
        self._report_fence = Fence()
        self._child_fence = Fence()
        self._children: dict[str, set[str]] = {}
        self._published: dict[str, _Facts] = {}

    @property
    def live_count(self) -> int:
        """Parents followed that are not final."""
        return len(self._live)

    def on_report(self, partition: int, record: ReportRecord) -> list[ParentCost]:
        """Book one record of `reports`, unless its writer had lost the partition."""
        if not self._report_fence.admits(partition, record):
            return []
        if type(record) is ParentPlan:
            self._on_plan(record)
        if type(record) is not ParentReport or record.symbol not in self._instruments.by_symbol:
            return []
        parent = self._parents.get(record.order_id)
        if parent is None:
            if record.exec_type is ExecType.REJECTED:
                return []
            parent = self._follow(record)
        if record.exec_id in parent.exec_ids:
            return []
        parent.exec_ids.add(record.exec_id)
        self._apply(parent, record)
        return self._finish(parent, record.transact_ns)

    def _on_plan(self, plan: ParentPlan) -> None:
        """What the order says of its own decision; TCA alone goes by it."""
        parent = self._parents.get(plan.order_id)
        if parent is None:
            return
        benchmark, px = plan.params.get("benchmark"), plan.params.get("decision_price")
        decided_ns = plan.params.get("decision_time")
        parent.benchmark = benchmark if isinstance(benchmark, str) else "arrival"
        parent.decision_px = Decimal(px) if isinstance(px, str) else None
        parent.decision_ns = decided_ns if isinstance(decided_ns, int) else None

    def on_child(self, partition: int, offset: int, record: ChildRecord) -> None:
        """Count the children of parents."""
        if self._child_fence.admits(partition, record, offset) and type(record) is NewChild:
            self._children.setdefault(record.order_id, set()).add(record.cl_ord_id)

    def on_market(self, events: Sequence[MarketEvent]) -> list[ParentCost]:
        """Add market events. Returns the final costs whose end they have passed."""
        costs: list[ParentCost] = []
        for symbol, run in groupby(events, attrgetter("symbol")):
            costs += self.on_market_of(symbol, list(run))
        return costs

    def on_market_of(self, symbol: str, events: Sequence[MarketEvent]) -> list[ParentCost]:
        """The same for events of one symbol, at least one."""
        market = self._markets.get(symbol)
        if market is None:
            market = self._markets[symbol] = Market()
        costs: list[ParentCost] = []
        for mark in market.on_events(events):
            parent = self._parents[mark.order_id]
            if parent.end is mark and parent.order_id in self._live:
                costs += self._final(parent, mark.passed_ns)
        return costs

    def on_published(self, cost: ParentCost) -> None:
        """Fold our own output, so that a restart does not say again what was said."""
        if not cost.final:
            return
        facts = (cost.ord_status, cost.order_qty, cost.cum_qty, cost.notional, cost.fees)
        parent = self._parents.get(cost.order_id)
        if parent is None:
            self._published[cost.order_id] = facts
            return
        parent.published = facts
        if parent.end is not None and parent.facts() == facts:
            self._live.pop(cost.order_id, None)

    def on_timer(self, now_ns: int) -> list[ParentCost]:
        """The costs of live parents, every publish interval."""
        if now_ns < self._next_publish_ns or not self._live:
            return []
        self._next_publish_ns = now_ns + self._publish_interval_ns
        costs: list[ParentCost] = []
        for parent in list(self._live.values()):
            if parent.end is not None:
                if now_ns >= parent.end.at_ns + END_GRACE_NS:
                    self._market(parent).settle(parent.end)
                    costs += self._final(parent, now_ns)
            elif now_ns >= parent.start_ns:
                costs.append(self._cost(parent, self._market(parent).at(now_ns), now_ns))
        return costs

    def next_wake_ns(self) -> int | None:
        """When on_timer next has something to say."""
        return self._next_publish_ns if self._live else None

    def _market(self, parent: Parent) -> Market:
        return self._markets.setdefault(parent.symbol, Market())

    def _follow(self, report: ParentReport) -> Parent:
        start_ns = max(report.start_ns or 0, report.transact_ns)
        parent = Parent(
            order_id=report.order_id, source=report.source, cl_ord_id=report.cl_ord_id,
            symbol=report.symbol, side=report.side, algo=report.algo,
            order_qty=int(report.order_qty), ord_status=report.ord_status, start_ns=start_ns,
            start=Mark(order_id=report.order_id, at_ns=start_ns, inclusive=False),
            published=self._published.pop(report.order_id, None),
        )  # fmt: skip
        self._parents[parent.order_id] = self._live[parent.order_id] = parent
        self._market(parent).want(parent.start)
        self._next_publish_ns = self._next_publish_ns or report.transact_ns
        return parent

    def _apply(self, parent: Parent, report: ParentReport) -> None:
        kind = report.exec_type
        parent.ord_status = report.ord_status
        if kind in (ExecType.NEW, ExecType.REPLACED):
            parent.cl_ord_id = report.cl_ord_id
            parent.order_qty = int(report.order_qty)
        if kind is ExecType.NEW:
            self._arrive(parent, report)
        elif kind is ExecType.TRADE:
            parent.book(report.exec_id, _fill(report, Decimal(0), ""))
            parent.last_fill_ns = max(parent.last_fill_ns, report.transact_ns)
        elif kind is ExecType.TRADE_CANCEL:
            parent.unbook(report.exec_ref_id)
        elif kind is ExecType.TRADE_CORRECT:
            undone = parent.unbook(report.exec_ref_id)
            if undone is not None:
                exec_id, fill = undone
                parent.corrected[exec_id] = report.exec_id
                parent.book(report.exec_id, _fill(report, fill.fee, fill.venue))

    def _arrive(self, parent: Parent, report: ParentReport) -> None:
        parent.arrival_px = report.arrival_px
        if report.arrival_px is None:
            parent.arrival = Mark(order_id=parent.order_id, at_ns=report.transact_ns,
                                  inclusive=True)  # fmt: skip
            self._market(parent).want(parent.arrival)

    def _finish(self, parent: Parent, at_ns: int) -> list[ParentCost]:
        """Say the final cost, or have it said once the market's time has passed the end."""
        if parent.ord_status not in PARENT_TERMINAL:
            parent.end = None
            self._live[parent.order_id] = parent
            return []
        if parent.ord_status is OrdStatus.FILLED and parent.last_fill_ns:
            end_ns = parent.last_fill_ns
        else:
            end_ns = parent.end.at_ns if parent.end is not None else at_ns
        if parent.end is None or parent.end.at_ns != end_ns:
            parent.end = Mark(order_id=parent.order_id, at_ns=end_ns, inclusive=True)
            self._market(parent).want(parent.end)
        if parent.facts() == parent.published:
            self._live.pop(parent.order_id, None)
            return []
        self._live[parent.order_id] = parent
        return self._final(parent, at_ns) if parent.end.is_read else []

    def _final(self, parent: Parent, at_ns: int) -> list[ParentCost]:
        assert parent.end is not None
        self._live.pop(parent.order_id, None)
        parent.published = parent.facts()
        return [self._cost(parent, parent.end.sums, at_ns)]

    def _cost(self, parent: Parent, end: Sums | None, at_ns: int) -> ParentCost:
        tick = self._instruments[parent.symbol].tick
        total = parent.total
        market = self._market(parent)
        start = market.reading(parent.start)
        if end is not None and end.at_ns < parent.start_ns:
            start = None  # cancelled before its start: there is no interval
        arrival_px = parent.arrival_px
        if arrival_px is None and parent.arrival is not None:
            arrival_px = mid_px(market.reading(parent.arrival), tick)
        vwap, twap = vwap_px(start, end, tick), twap_px(start, end, tick)
        benchmarks = {
            "arrival": arrival_px, "decision": parent.decision_px, "vwap": vwap, "twap": twap
        }  # fmt: skip
        slippage = {name: slippage_bps(parent.side, total, px) for name, px in benchmarks.items()}
        market_qty = end.qty - start.qty if start is not None and end is not None else 0
        return ParentCost(
            order_id=parent.order_id, source=parent.source, cl_ord_id=parent.cl_ord_id,
            symbol=parent.symbol, side=parent.side, algo=parent.algo,
            final=parent.end is not None, ord_status=parent.ord_status,
            order_qty=parent.order_qty, cum_qty=total.qty,
            completion=total.qty / parent.order_qty if parent.order_qty else 0.0,
            avg_px=avg_px(total), start_ns=parent.start_ns,
            end_ns=parent.end.at_ns if parent.end is not None else at_ns,
            arrival_px=arrival_px, vwap_px=_float(vwap), twap_px=_float(twap),
            arrival_slippage_bps=slippage["arrival"], vwap_slippage_bps=slippage["vwap"],
            twap_slippage_bps=slippage["twap"], decision_slippage_bps=slippage["decision"],
            decision_px=parent.decision_px, decision_ns=parent.decision_ns,
            benchmark=parent.benchmark, benchmark_slippage_bps=slippage[parent.benchmark],
            market_qty=market_qty,
            participation=total.qty / market_qty if market_qty else None,
            notional=total.notional, fees=total.fees,
            children=len(self._children.get(parent.order_id, ())), fills=total.fills,
            venues=_venue_shares(parent), at_ns=at_ns,
        )  # fmt: skip


def avg_px(total: Tally) -> Decimal | None:
    """The average price paid, to eight places; None if nothing was."""
    return (total.notional / total.qty).quantize(_AVG_PX_PLACES) if total.qty else None


def slippage_bps(side: Side, total: Tally, benchmark: Decimal | None) -> float | None:
    """Basis points of `benchmark` that the fills cost more than it; below zero: a gain."""
    if benchmark is None or not benchmark or not total.qty:
        return None
    return float(side.sign * (total.notional / total.qty - benchmark) / benchmark * 10_000)


def _fill(report: ParentReport, fee: Decimal, venue: str) -> Fill:
    """The fill of a report; `fee` and `venue` stand where it is silent."""
    assert report.last_px is not None
    return Fill(
        qty=report.last_qty,
        px=report.last_px,
        fee=report.fee if report.fee is not None else fee,
        venue=report.venue or venue,
    )


def _venue_shares(parent: Parent) -> tuple[VenueShare, ...]:
    return tuple(
        VenueShare(venue=venue, qty=each.qty, notional=each.notional, fees=each.fees,
                   fills=each.fills)
        for venue, each in sorted(parent.by_venue.items())
        if each.fills
    )  # fmt: skip


def _float(px: Decimal | None) -> float | None:
    return float(px) if px is not None else None
