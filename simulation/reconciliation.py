"""Who says what of an order's shares and money, side by side: OMS, executions, venues and TCA.

Every share must be accounted for whatever went wrong in a run; what does not agree is named.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bus.topics import Topic
from domain.fencing import Fence
from domain.fix_codes import ExecType, OrdStatus
from domain.orders import PARENT_TERMINAL
from domain.parents import NewParent
from domain.reports import ParentReport, ParentRequestRejected
from simulation.exposure import Exposure, SeenChild
from simulation.order_log import OrderLog
from simulation.runner import Simulation

Booked = tuple[int, Decimal]  # shares, notional in currency units
_NOTHING: Booked = (0, Decimal(0))


@dataclass(slots=True)
class OmsOrder:
    """An order by the reports on it alone. `exec_ids`: of its fills."""

    last: ParentReport
    exec_ids: dict[str, None] = field(default_factory=dict)
    booked: Booked = _NOTHING

    def book(self, report: ParentReport) -> None:
        """One more fill."""
        assert report.last_px is not None
        self.exec_ids[report.exec_id] = None
        qty, notional = self.booked
        self.booked = (qty + report.last_qty, notional + report.last_qty * report.last_px)


@dataclass(slots=True)
class OmsBook:
    """What the OMS was told. `broken`: what contradicts itself."""

    orders: dict[str, OmsOrder] = field(default_factory=dict)  # by OrderID
    request_rejects: list[str] = field(default_factory=list)  # of replaces, cancels and so on
    broken: list[str] = field(default_factory=list)

    def read(self, log: OrderLog) -> None:
        """Take in all reports of the rightful workers."""
        for number in log.partitions:
            fence = Fence()
            for offset, message in log.read(Topic.REPORTS, number):
                if not fence.admits(number, message, offset):
                    continue
                if isinstance(message, ParentReport):
                    self._take(message)
                elif isinstance(message, ParentRequestRejected):
                    self.request_rejects.append(
                        f"{message.cl_ord_id}: {message.reason.value}: {message.text}"
                    )

    def _take(self, report: ParentReport) -> None:
        if report.exec_type is ExecType.REJECTED:
            return
        order = self.orders.get(report.order_id)
        if order is None:
            order = self.orders[report.order_id] = OmsOrder(report)
        if report.exec_type is ExecType.TRADE:
            if report.exec_id in order.exec_ids:
                self.broken.append(f"I3: {report.exec_id} was reported twice")
            order.book(report)
        order.last = report
        if report.cum_qty != order.booked[0]:
            self.broken.append(
                f"I7: {report.exec_id} says {report.cum_qty}, its fills {order.booked[0]}"
            )


@dataclass(slots=True)
class Reconciliation:
    """What a run came to. `broken`: every disagreement, empty if every share is accounted for."""

    exposure: Exposure
    oms: OmsBook
    broken: list[str] = field(default_factory=list)


def reconcile(run: Simulation) -> Reconciliation:
    """Hold all books of a run against each other, and its log against the promises."""
    exposure, oms = Exposure(), OmsBook()
    exposure.replay(run.log)
    oms.read(run.log)
    found = Reconciliation(exposure, oms, [*exposure.broken, *oms.broken])
    found.broken += _sent_twice(run)
    found.broken += _venues(run, exposure)
    found.broken += _orders(run, exposure, oms)
    found.broken += _ends(run, exposure, oms)
    found.broken += [f"dead letter: {each.reason}: {each.text}" for each in run.dead_letters]
    return found


def _sent_twice(run: Simulation) -> list[str]:
    counts = Counter(run.port.orders)
    return [f"I4: {venue} had {name} {times} times"
            for (venue, name), times in counts.items() if times > 1]  # fmt: skip


def _venues(run: Simulation, exposure: Exposure) -> list[str]:
    """Every trade of a venue is in `executions`, and nothing else is (I6)."""
    at_venues = {(each.venue, each.exec_id): (each.qty, each.px, each.fee)
                 for each in run.port.fills}  # fmt: skip
    known = {(child.new.venue, exec_id): fill
             for child in _distinct(exposure) for exec_id, fill in child.fills.items()}  # fmt: skip
    broken = [f"I6: {key} of the venue is not in the log" for key in at_venues if key not in known]
    for key, fill in known.items():
        if at_venues.get(key) != fill:
            broken.append(f"I6: {key} is {fill} in the log, {at_venues.get(key)} at the venue")
    return broken


def _orders(run: Simulation, exposure: Exposure, oms: OmsBook) -> list[str]:
    """To the share and the cent, of every order: OMS, executions, TCA."""
    executed: dict[str, Booked] = {}
    for child in _distinct(exposure):
        qty, notional = executed.get(child.new.order_id, _NOTHING)
        for shares, px, _ in child.fills.values():
            qty, notional = qty + shares, notional + shares * px
        executed[child.new.order_id] = (qty, notional)
    broken = []
    for order_id, order in oms.orders.items():
        cost = run.final_costs.get(order_id)
        said = {
            "OMS": order.booked,
            "executions": executed.get(order_id, _NOTHING),
            "TCA": (cost.cum_qty, cost.notional) if cost is not None else None,
        }
        if len(set(said.values())) > 1:
            broken.append(f"I7: {order.last.cl_ord_id}: {said}")
    broken += [f"I7: {order_id} has executions and no reports"
               for order_id in executed if order_id not in oms.orders]  # fmt: skip
    return broken


def _ends(run: Simulation, exposure: Exposure, oms: OmsBook) -> list[str]:
    """Every order has one end, and nothing of an order that is over is open (I10, I13)."""
    broken = []
    for order in oms.orders.values():
        last = order.last
        if last.ord_status not in PARENT_TERMINAL:
            broken.append(f"I10: {last.cl_ord_id} never ended: {last.ord_status.name}")
        if (last.ord_status is OrdStatus.FILLED) != (last.cum_qty == last.order_qty):
            broken.append(f"I10: {last.cl_ord_id} is {last.ord_status.name} with {last.cum_qty} "
                          f"of {last.order_qty}")  # fmt: skip
    for child in _distinct(exposure):
        if child.final_cum != child.filled_qty:
            broken.append(f"I13: {child.new.cl_ord_id}: {child.filled_qty} filled, "
                          f"its end {child.final_cum}")  # fmt: skip
    return broken + _unanswered(run, oms)


def _unanswered(run: Simulation, oms: OmsBook) -> list[str]:
    answered = {order.last.order_id for order in oms.orders.values()}
    asked = sum(isinstance(each, NewParent) for each in run.requests)
    got = len(answered) + len(run.rejects)
    return [] if got == asked else [f"I10: {asked} orders were sent, {got} answered"]


def _distinct(exposure: Exposure) -> Sequence[SeenChild]:
    """Each child once: it is known under every ClOrdID of its chain."""
    return [child for name, child in exposure.children.items() if name == child.new.cl_ord_id]
