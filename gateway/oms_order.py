"""One parent order as its OMS knows it: what was asked and what the worker last said of it."""

from dataclasses import dataclass, field

from domain.fix_codes import ExecType, OrdStatus
from domain.fix_message import Fields
from domain.parents import NewParent
from domain.reports import ParentReport
from gateway.oms_reports import NONE, execution_report


@dataclass(slots=True, kw_only=True)
class Order:
    """One parent as its OMS knows it. Before the first report there is only what was asked."""

    source: str
    cl_ord_id: str
    new: NewParent | None = None
    last: ParentReport | None = None
    ord_status: OrdStatus = OrdStatus.PENDING_NEW
    exec_ids: set[str] = field(default_factory=set)  # asked for membership only

    @property
    def order_id(self) -> str:
        return NONE if self.last is None else self.last.order_id

    def report(self, cl_ord_id: str, exec_id: str, exec_type: ExecType, now_ns: int) -> Fields:
        """An ExecutionReport(8) that says how the order stands, and nothing new."""
        return execution_report(self._state(cl_ord_id, exec_id, exec_type, now_ns))

    def _state(
        self, cl_ord_id: str, exec_id: str, exec_type: ExecType, now_ns: int
    ) -> ParentReport:
        last = self.last
        if last is None:
            assert self.new is not None, "an order is made of a request or of a report"
            return _pending_new(self.new, cl_ord_id, exec_id, exec_type, now_ns)
        return ParentReport(
            claim=last.claim,
            order_id=last.order_id,
            source=self.source,
            cl_ord_id=cl_ord_id,
            exec_id=exec_id,
            exec_type=exec_type,
            ord_status=self.ord_status,
            symbol=last.symbol,
            side=last.side,
            order_qty=last.order_qty,
            cum_qty=last.cum_qty,
            leaves_qty=last.leaves_qty,
            avg_px=last.avg_px,
            limit_px=last.limit_px,
            algo=last.algo,
            start_ns=last.start_ns,
            end_ns=last.end_ns,
            text="Nothing Done" if _nothing_done(self.ord_status, last.cum_qty) else None,
            transact_ns=now_ns,
        )


def _nothing_done(status: OrdStatus, cum_qty: int) -> bool:
    return status is OrdStatus.NEW and cum_qty == 0


def _pending_new(
    new: NewParent, cl_ord_id: str, exec_id: str, exec_type: ExecType, now_ns: int
) -> ParentReport:
    whole = new.order_qty == new.order_qty.to_integral_value()
    return ParentReport(
        claim=0,
        order_id=NONE,
        source=new.source,
        cl_ord_id=cl_ord_id,
        exec_id=exec_id,
        exec_type=exec_type,
        ord_status=OrdStatus.PENDING_NEW,
        symbol=new.symbol,
        side=new.side,
        order_qty=new.order_qty,
        leaves_qty=int(new.order_qty) if whole else 0,
        limit_px=new.limit_px,
        algo=new.algo,
        start_ns=new.start_ns,
        end_ns=new.end_ns,
        transact_ns=now_ns,
    )
