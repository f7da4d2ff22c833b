"""Answers to what OMSs ask: every request on `parents` gets one, coded where it is a refusal."""

from dataclasses import dataclass

from algos.admission import Admitted, admit, malformed_id
from algos.desk import Desk
from algos.order_estimate import hopeless
from algos.order_ids import parent_order_id
from algos.parameters import Rejection, foremost
from algos.parent import Parent
from algos.progress import Progress
from algos.reporting import UNKNOWN_ORDER, accepted, order_rejected
from algos.requests import Seen
from domain.fix_codes import ExecType, OrdStatus
from domain.parents import CancelParent, NewParent, ParentRequest, PauseParent, ReplaceParent
from domain.refusals import RejectReason


@dataclass(slots=True)
class Answers:
    """Judges requests, says what came of them, and has their parents brought forward."""

    desk: Desk
    progress: Progress

    def answer(self, request: ParentRequest, offset: int, now_ns: int) -> None:
        """Answer a request that was registered at `offset`."""
        if isinstance(request, NewParent):
            self._answer_new(request, offset, now_ns)
            return
        found = self._addressed(request, offset)
        if isinstance(found, Rejection):
            self.desk.refuse(request, offset, found, now_ns)
            return
        if isinstance(request, CancelParent):
            self.desk.step(found, offset, ExecType.PENDING_CANCEL, request, now_ns)
        elif isinstance(request, ReplaceParent):
            terms = self.progress.new_terms(found, request, now_ns)
            if isinstance(terms, Rejection):
                self.desk.refuse(request, offset, terms, now_ns)
                return
            self.desk.step(found, offset, ExecType.PENDING_REPLACE, request, now_ns)
        else:
            self._answer_pause(found, request, offset, now_ns)
        self.progress.work(found, now_ns)

    def _answer_new(self, request: NewParent, offset: int, now_ns: int) -> None:
        desk = self.desk
        order_id = parent_order_id(request.sent_ns, desk.number, offset)
        exec_id = desk.requests.exec_id(offset, "0")
        touch = desk.touch_px(request.symbol, now_ns)
        admitted = admit(
            request, instruments=desk.instruments, algorithms=desk.algorithms,
            calendars=desk.calendars,
            start_past_bound_s=desk.policy.start_past_bound_s,
            max_participation_cap=desk.policy.max_participation_cap,
            default_algo=desk.policy.default_algo,
            touch=touch, known=desk.known(request.symbol), now_ns=now_ns,
        )  # fmt: skip
        if isinstance(admitted, Admitted):
            lacking = self.progress.lacking(admitted.instrument, admitted.algorithm,
                                            admitted.params, admitted.terms, now_ns)  # fmt: skip
            admitted = admitted if lacking is None else lacking
        repeated = self._repeated(request, offset)
        fault = foremost((
            repeated, self._misplaced(request), self._killed_for(request),
            admitted if isinstance(admitted, Rejection) else None,
        ))  # fmt: skip
        estimate = None
        if fault is None:
            assert isinstance(admitted, Admitted)
            estimate = desk.estimate(
                admitted.instrument, request.side, admitted.terms.order_qty, admitted.terms,
                admitted.params, now_ns,
            )  # fmt: skip
            fault = hopeless(estimate, desk.policy.refuse_below)
        if fault is not None:
            known = desk.blotter.parent_of(request.source, request.cl_ord_id)
            status = OrdStatus.REJECTED if known is None else known.ord_status
            desk.emit(order_rejected(desk.token, order_id, exec_id, request, fault, status,
                                     now_ns))  # fmt: skip
            return
        assert isinstance(admitted, Admitted)
        assert estimate is not None
        desk.emit(accepted(desk.token, order_id, exec_id, request, admitted, touch.mid_px,
                           estimate, now_ns))  # fmt: skip
        self.progress.work(desk.blotter.parents[order_id], now_ns)

    def _answer_pause(
        self, parent: Parent, request: ParentRequest, offset: int, now_ns: int
    ) -> None:
        kind = ExecType.SUSPENDED if isinstance(request, PauseParent) else ExecType.RESTATED
        if parent.paused is (kind is ExecType.SUSPENDED):
            word = "paused" if parent.paused else "running"
            already = Rejection(RejectReason.ALREADY_PENDING, "cl_ord_id", f"it is already {word}")
            self.desk.refuse(request, offset, already, now_ns)
        else:
            self.desk.step(parent, offset, kind, request, now_ns)

    def _addressed(self, request: ParentRequest, offset: int) -> Parent | Rejection:
        """The parent that a request means, if it may be asked that now."""
        assert not isinstance(request, NewParent)
        repeated = self._repeated(request, offset)
        if repeated is not None:
            return repeated
        parent = self.desk.blotter.parent_of(request.source, request.orig_cl_ord_id)
        if parent is None or parent.instrument.symbol != request.symbol:
            return UNKNOWN_ORDER
        replace = isinstance(request, ReplaceParent)
        pending = parent.pending_replace
        last_ids = (parent.cl_ord_id, None if pending is None else pending.cl_ord_id)
        if replace and request.orig_cl_ord_id not in last_ids:
            return Rejection(
                RejectReason.UNKNOWN_ORDER, "orig_cl_ord_id",
                f"the order is now known as {parent.cl_ord_id}",
            )  # fmt: skip
        if parent.pending_cancel is not None or (replace and pending is not None):
            return Rejection(
                RejectReason.ALREADY_PENDING, "orig_cl_ord_id", "a request is already pending"
            )
        if parent.done and not (replace and parent.status is OrdStatus.FILLED):
            return Rejection(
                RejectReason.TOO_LATE, "orig_cl_ord_id", f"the order is {parent.status.name}"
            )
        return parent

    def _repeated(self, request: ParentRequest, offset: int) -> Rejection | None:
        fault = malformed_id(request.cl_ord_id, "cl_ord_id")
        if fault is None and self.desk.requests.judge(offset, request) is Seen.DUPLICATE:
            fault = Rejection(
                RejectReason.DUPLICATE_ORDER, "cl_ord_id", "ClOrdID(11) repeated by this source"
            )
        return fault

    def _misplaced(self, request: NewParent) -> Rejection | None:
        if request.symbol not in self.desk.instruments.by_symbol:
            return None  # it belongs nowhere; admission says so
        right = self.desk.partition_of(request.symbol)
        if right == self.desk.number:
            return None
        return Rejection(
            RejectReason.WRONG_PARTITION, "key",
            f"{request.symbol} belongs in partition {right}, this is {self.desk.number}: "
            "the key must be the symbol, the partitioner murmur2",
        )  # fmt: skip

    def _killed_for(self, request: NewParent) -> Rejection | None:
        if not self.desk.killed(request.symbol):
            return None
        return Rejection(RejectReason.KILLED, "symbol", "the kill switch is engaged")
