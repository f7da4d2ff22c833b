"""Every parent and child of one partition: state, and the only code that changes it.

A blotter is a fold. What the worker publishes and what comes back from venues go through the same
`apply_*`, live or read back from the log, so a restarted worker is in the state it left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from algos.algorithm import Algorithm
from algos.child import Asked, Child
from algos.order_ids import child_number
from algos.parameters import Rejection, read_parameters
from algos.parent import Parent, Terms
from algos.requests import Requests
from domain.children import CancelChild, ChildCommand, NewChild
from domain.deadletters import DeadLetterReason
from domain.executions import ChildCancelRejected, ChildRefused, Execution, ExecutionRecord
from domain.fix_codes import ExecType
from domain.instruments import Instrument, InstrumentTable
from domain.orders import IllegalTransition
from domain.parents import CancelParent, NewParent, ReplaceParent
from domain.refusals import RefusalReason
from domain.reports import ParentPlan, ParentReport, ParentRequestRejected, ParentWaiting, Report

FILLS: Final = (ExecType.TRADE, ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT)


class Unusable(Exception):
    """A record that no child of ours can take; it belongs on `deadletter`."""

    def __init__(self, reason: DeadLetterReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Change(NamedTuple):
    """A child changed. `moved`: its filled or open shares did. `ended`: its end became known."""

    child: Child
    moved: bool
    ended: bool


@dataclass(slots=True, kw_only=True)
class Blotter:
    """`untold`: fills that are booked and not yet reported to the OMS, with their children."""

    instruments: InstrumentTable
    requests: Requests
    algorithms: Mapping[str, Algorithm]
    parents: dict[str, Parent] = field(default_factory=dict)
    live_parents: dict[str, Parent] = field(default_factory=dict)
    untold: list[tuple[Child, Execution]] = field(default_factory=list)
    _children: dict[str, Child] = field(default_factory=dict)

    def parent_of(self, source: str, cl_ord_id: str) -> Parent | None:
        """The parent that an id of its chain belongs to."""
        order_id = self.requests.order_ids.get((source, cl_ord_id))
        return None if order_id is None else self.parents[order_id]

    def child(self, cl_ord_id: str) -> Child:
        """The child that an id of its chain belongs to."""
        return self._children[cl_ord_id]

    def forgotten(self, record: Report | ChildCommand) -> bool:
        """Whether it is about a parent that the log, which drops old records, no longer holds."""
        if isinstance(record, ParentReport) and record.exec_type is ExecType.NEW:
            return not self.requests.kept(record.source, record.cl_ord_id)
        if isinstance(record, ParentRequestRejected) or (
            isinstance(record, ParentReport) and record.exec_type is ExecType.REJECTED
        ):
            return False
        return record.order_id not in self.parents

    def apply_command(self, command: ChildCommand) -> None:
        """Book an order, or a request on one, that goes to a venue: its quantity is reserved."""
        parent = self.parents[command.order_id]
        parent.children = child_number(command.cl_ord_id)
        if isinstance(command, NewChild):
            child = _new_child(command, parent.instrument)
            self._children[command.cl_ord_id] = child
            parent.recent.append(child)
            parent.child_changed(child, 0, 0)
            return
        child = self._children[command.orig_cl_ord_id]
        self._children[command.cl_ord_id] = child
        if isinstance(command, CancelChild):
            child.cancel_asked_ns = command.decided_ns
            return
        leaves_before = child.leaves_qty
        px_ticks = parent.instrument.px_ticks(command.px, "px")
        asked = Asked(order_qty=command.order_qty, px_ticks=px_ticks)
        child.ask_replace(command.cl_ord_id, asked, command.decided_ns)
        parent.child_changed(child, child.cum_qty, leaves_before)

    def apply_execution(self, record: ExecutionRecord) -> Change | None:
        """Book what venue access said of a child; None if nothing changed. Raises Unusable."""
        if not isinstance(record, (Execution, ChildCancelRejected, ChildRefused)):
            return None
        child = self._child_of(record)
        cum_before, leaves_before, was_closed = child.cum_qty, child.leaves_qty, child.closed
        if isinstance(record, Execution):
            try:
                if not child.apply(record):
                    return None
            except IllegalTransition as error:
                raise Unusable(DeadLetterReason.ILLEGAL_TRANSITION, str(error)) from error
            if record.exec_type in FILLS:
                self.untold.append((child, record))
                self.parents[child.order_id].filled_ns = record.received_ns
        elif isinstance(record, ChildRefused) and record.reason is RefusalReason.DUPLICATE:
            return None  # of a second command under a used id; what the first did stands
        elif isinstance(record, ChildRefused) and record.cl_ord_id == child.cl_ord_id:
            child.refuse()
        elif not child.refuse_replace(record.cl_ord_id, _refused_ns(record)):
            return None  # a cancel came to nothing; it is asked for again in its time
        self.parents[child.order_id].child_changed(child, cum_before, leaves_before)
        moved = child.cum_qty != cum_before or child.leaves_qty != leaves_before
        return Change(child, moved, ended=child.closed and not was_closed)

    def _child_of(self, record: Execution | ChildCancelRejected | ChildRefused) -> Child:
        """A cancel's report names the cancel first and the order second."""
        for cl_ord_id in (record.cl_ord_id, record.orig_cl_ord_id):
            child = self._children.get(cl_ord_id or "")
            if child is not None:
                return child
        raise Unusable(DeadLetterReason.UNKNOWN_CHILD, f"no child {record.cl_ord_id} here")

    def apply_report(self, report: Report) -> None:
        """Book what the OMS is told."""
        if isinstance(report, ParentReport):
            self.requests.answered(report.exec_id)
            self._apply_parent_report(report)
        elif isinstance(report, ParentRequestRejected):
            self.requests.answered(report.exec_id)
            self._apply_request_rejected(report)
        elif isinstance(report, ParentPlan):
            self.parents[report.order_id].apply_plan(report)
        else:
            assert isinstance(report, ParentWaiting)
            self.parents[report.order_id].waits.on_told(report)

    def _apply_parent_report(self, report: ParentReport) -> None:
        if report.exec_type is ExecType.REJECTED:
            return
        if report.exec_type is ExecType.NEW:
            self.parents[report.order_id] = self._accepted_parent(report)
        parent = self.parents[report.order_id]
        if report.exec_type in FILLS and report.exec_id in parent.told:
            return  # a report that a worker before us wrote twice
        if report.exec_type in (ExecType.PENDING_CANCEL, ExecType.PENDING_REPLACE):
            _, request = self.requests.first(report.source, report.cl_ord_id)
            if isinstance(request, CancelParent):
                parent.pending_cancel = request
            elif isinstance(request, ReplaceParent):
                parent.pending_replace = request
        parent.apply_report(report)
        if parent.done:
            parent.waits.end(report.transact_ns)
        if report.exec_type not in FILLS:
            self.requests.order_ids[report.source, report.cl_ord_id] = report.order_id
        self._retire(parent)

    def _retire(self, parent: Parent) -> None:
        """Keep closed parents out of what is walked; a bust or a replace brings one back."""
        pending = parent.pending_cancel is not None or parent.pending_replace is not None
        if parent.done and not pending:
            self.live_parents.pop(parent.order_id, None)
            parent.wake_ns = None
        else:
            self.live_parents[parent.order_id] = parent

    def _apply_request_rejected(self, report: ParentRequestRejected) -> None:
        parent = self.parents.get(report.order_id)
        if parent is None:
            return
        if parent.pending_cancel is not None and (
            parent.pending_cancel.cl_ord_id == report.cl_ord_id
        ):
            parent.pending_cancel = None
        if parent.pending_replace is not None and (
            parent.pending_replace.cl_ord_id == report.cl_ord_id
        ):
            parent.pending_replace = None
        self._retire(parent)

    def _accepted_parent(self, report: ParentReport) -> Parent:
        _, request = self.requests.first(report.source, report.cl_ord_id)
        assert isinstance(request, NewParent)
        algorithm = self.algorithms[report.algo]
        given = request.params if report.chosen_params is None else report.chosen_params
        params = read_parameters(algorithm.parameters, given)
        assert not isinstance(params, Rejection)
        assert report.start_ns is not None
        assert report.end_ns is not None
        instrument = self.instruments[report.symbol]
        return Parent(
            order_id=report.order_id, source=report.source, cl_ord_id=report.cl_ord_id,
            instrument=instrument, side=report.side, algorithm=algorithm,
            params=params,
            terms=Terms(
                order_qty=int(report.order_qty),
                limit_px_ticks=None if report.limit_px is None
                else instrument.px_ticks(report.limit_px, "limit_px"),
                start_ns=report.start_ns, end_ns=report.end_ns,
            ),
            arrival_px=report.arrival_px,
        )  # fmt: skip


def _new_child(command: NewChild, instrument: Instrument) -> Child:
    px, offset = command.px, command.peg_offset
    return Child(
        cl_ord_id=command.cl_ord_id, order_id=command.order_id, venue=command.venue,
        order_qty=command.order_qty, time_in_force=command.time_in_force,
        px_ticks=None if px is None else instrument.px_ticks(px, "px"),
        decided_ns=command.decided_ns, post_only=command.post_only,
        display_qty=command.display_qty, min_qty=command.min_qty, peg=command.peg,
        peg_offset_ticks=int(offset / instrument.tick) if offset else 0,
    )  # fmt: skip


def _refused_ns(record: ChildCancelRejected | ChildRefused) -> int:
    return record.at_ns if isinstance(record, ChildRefused) else record.received_ns
