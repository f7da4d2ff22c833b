"""Every child of this gateway's venues, as a fold over `children` and `executions`.

The same calls in the same order give the same book, live or at a restart. It decides nothing: it
says what is open, what a parent has committed, what was seen before, and whose claim is good.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from typing import Final, NamedTuple

import msgspec

from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.executions import ChildCancelRejected, ChildRefused, ChildSent, Execution
from domain.fencing import Fence
from domain.fix_codes import CxlRejReason, ExecType, OrdStatus
from domain.orders import CHILD_TERMINAL, IllegalTransition, next_child_status, settled_by_qty
from domain.refusals import RefusalReason

OWN_CANCEL: Final = re.compile(r"^(?P<child>.+)K\d+$")  # how we name cancels of our own
_TELLS_TERMS: Final = (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED)
_BUNDLED_ENDS: Final = (OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.DONE_FOR_DAY)


class Fill(NamedTuple):
    """What one execution adds to a child; `qty` < 0 only where a venue restated an order."""

    qty: int
    px: Decimal


@dataclass(slots=True, kw_only=True)
class Request:
    """A cancel or replace that is not answered yet."""

    command: CancelChild | ReplaceChild
    is_sent: bool = False


@dataclass(slots=True, kw_only=True)
class Child:
    """One order at one venue, through its whole chain of replaces.

    `is_sent`: handed to FIX. `is_known`: the venue has spoken of it. `synthetic_qty`: up to this
    CumQty(14) its fills were booked from a status answer. `cancel_wall_ns`: when it was last asked
    to be cancelled.
    """

    terms: NewChild
    cl_ord_id: str
    order_qty: int
    px: Decimal | None
    status: OrdStatus = OrdStatus.PENDING_NEW
    cum_qty: int = 0
    fills: dict[str, Fill] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    is_sent: bool = False
    is_known: bool = False
    sent_wall_ns: int = 0
    cancel_wall_ns: int | None = None
    synthetic_qty: int = 0

    @property
    def is_open(self) -> bool:
        return self.status not in CHILD_TERMINAL

    @property
    def may_trade(self) -> bool:
        """Open, or filled with a replace under way that may open it again (C.1.c)."""
        return self.is_open or self._replaced_qty > 0

    @property
    def leaves_qty(self) -> int:
        return max(self.order_qty - self.cum_qty, 0) if self.is_open else 0

    @property
    def committed_qty(self) -> int:
        """Filled, open or unknown: what the parent may not give to others."""
        qty = self.cum_qty
        if qty < self.order_qty and self.status not in CHILD_TERMINAL:
            qty = self.order_qty
        return max(qty, self._replaced_qty) if self.requests else qty

    @property
    def _replaced_qty(self) -> int:
        """The most that replaces under way ask for. They cannot bring back an order that ended
        otherwise than filled: the venue refuses them."""
        if not self.requests or not (self.is_open or self.status is OrdStatus.FILLED):
            return 0
        asked = [request.command.order_qty for request in self.requests.values()
                 if isinstance(request.command, ReplaceChild)]  # fmt: skip
        return max(asked, default=0)

    @property
    def notional(self) -> Decimal:
        return sum((fill.qty * fill.px for fill in self.fills.values()), Decimal(0))

    @property
    def last_sent_id(self) -> str:
        """The id that the next request refers to: the last of the chain that we sent (rule 7)."""
        sent = [name for name, request in self.requests.items()
                if request.is_sent and isinstance(request.command, ReplaceChild)]  # fmt: skip
        return sent[-1] if sent else self.cl_ord_id


class Seen(Enum):
    """What the book knows of a command's ClOrdID."""

    NEVER = auto()
    SAME = auto()
    DIFFERENT = auto()


class Applied(Enum):
    """What an execution did to the book."""

    BOOKED = auto()
    REPEATED = auto()  # this execution was booked before
    COVERED = auto()  # a synthetic fill already stands for it
    UNKNOWN_CHILD = auto()
    ILLEGAL = auto()  # booked as far as quantities go; the status admits no such report


@dataclass(slots=True)
class ChildBook:
    """See the module. `fenced`: how many commands of workers that had lost their partition."""

    children: dict[str, Child] = field(default_factory=dict)  # by every ClOrdID of their chain
    open: dict[str, Child] = field(default_factory=dict)  # by the first ClOrdID of their chain
    commands: dict[str, ChildCommand] = field(default_factory=dict)
    sent_ids: dict[str, None] = field(default_factory=dict)
    repeated: int = 0
    fence: Fence = field(default_factory=Fence)
    _committed: dict[str, int] = field(default_factory=dict)
    _exec_ids: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def seen(self, command: ChildCommand) -> Seen:
        """Compare with what came under this ClOrdID before; who decided it, and when, is the same
        to the venue."""
        known = self.commands.get(command.cl_ord_id)
        if known is None:
            return Seen.NEVER
        renewed = msgspec.structs.replace(command, claim=known.claim, decided_ns=known.decided_ns)
        return Seen.SAME if renewed == known else Seen.DIFFERENT

    def committed_qty(self, order_id: str) -> int:
        """Filled, open and unknown shares of all children of a parent."""
        return self._committed.get(order_id, 0)

    def apply_command(self, command: ChildCommand) -> None:
        """Take note of a command; its quantity is committed from here on."""
        assert command.cl_ord_id not in self.commands
        self.commands[command.cl_ord_id] = command
        if isinstance(command, NewChild):
            child = Child(terms=command, cl_ord_id=command.cl_ord_id,
                          order_qty=command.order_qty, px=command.px)  # fmt: skip
            self.children[command.cl_ord_id] = child
            self.open[command.cl_ord_id] = child
            self._commit(child, 0)
            return
        target = self.children.get(command.orig_cl_ord_id)
        if target is not None:
            before = target.committed_qty
            self.children[command.cl_ord_id] = target
            target.requests[command.cl_ord_id] = Request(command=command)
            self._commit(target, before)

    def apply_sent(self, record: ChildSent, wall_ns: int = 0) -> None:
        """A command was handed to FIX: one from the log, or a cancel of our own."""
        self.sent_ids[record.cl_ord_id] = None
        child = self.children.get(record.cl_ord_id)
        if child is None:
            own = OWN_CANCEL.match(record.cl_ord_id)
            child = self.children.get(own["child"]) if own else None
            if child is None:
                return
            self.children[record.cl_ord_id] = child
        request = child.requests.get(record.cl_ord_id)
        if request is not None:
            request.is_sent = True
            if isinstance(request.command, CancelChild):
                child.cancel_wall_ns = wall_ns
                _drop_older_cancels(child, record.cl_ord_id)
        elif record.cl_ord_id == child.terms.cl_ord_id:
            child.is_sent, child.sent_wall_ns = True, wall_ns

    def apply_own_cancel(self, child: Child, command: CancelChild) -> None:
        """A cancel that we decided ourselves: by the kill switch, or for want of an answer."""
        self.children[command.cl_ord_id] = child
        child.requests[command.cl_ord_id] = Request(command=command)

    def apply_refused(self, record: ChildRefused) -> None:
        """A command did not leave, or never arrived."""
        if record.reason is RefusalReason.DUPLICATE:
            return  # the refusal is of a second command under a good id
        child = self.children.get(record.cl_ord_id)
        if child is None:
            return
        before = child.committed_qty
        if record.cl_ord_id == child.terms.cl_ord_id:
            child.status = OrdStatus.REJECTED
            child.requests.clear()
        else:
            child.requests.pop(record.cl_ord_id, None)
        self._commit(child, before)

    def apply_cancel_rejected(self, record: ChildCancelRejected) -> Applied:
        """The order stays as it was."""
        child = self.children.get(record.cl_ord_id) or self.children.get(record.orig_cl_ord_id)
        if child is None or child.terms.venue != record.venue:
            return Applied.UNKNOWN_CHILD
        before = child.committed_qty
        if child.requests.pop(record.cl_ord_id, None) is None:
            return Applied.REPEATED
        if record.reason is not CxlRejReason.UNKNOWN_ORDER:
            child.is_known = True
        self._commit(child, before)
        return Applied.BOOKED

    def has(self, execution: Execution) -> bool:
        """Whether this execution was taken before. ExecID 0 names none (ExecType I only)."""
        key = (execution.venue, execution.trade_date, execution.exec_id)
        return execution.exec_id != "0" and key in self._exec_ids

    def find(self, execution: Execution) -> Child | None:
        """The child that it speaks of, by ClOrdID(11), else OrigClOrdID(41)."""
        child = self.children.get(execution.cl_ord_id)
        if child is None and execution.orig_cl_ord_id is not None:
            child = self.children.get(execution.orig_cl_ord_id)
        if child is None:
            return None
        terms = child.terms
        same = (terms.venue, terms.symbol, terms.side) == (
            execution.venue, execution.symbol, execution.side)  # fmt: skip
        return child if same else None

    def is_covered(self, execution: Execution) -> bool:
        """A fill whose CumQty a synthetic one has reached already stands in the book."""
        child = self.find(execution)
        return (
            child is not None
            and execution.exec_type is ExecType.TRADE
            and not execution.synthetic
            and execution.cum_qty <= child.synthetic_qty
        )

    def apply_execution(self, execution: Execution) -> Applied:
        """Book an execution once. What is not BOOKED or ILLEGAL changed no child."""
        if self.has(execution):
            self.repeated += 1
            return Applied.REPEATED
        covered = self.is_covered(execution)
        self._exec_ids[execution.venue, execution.trade_date, execution.exec_id] = None
        child = self.find(execution)
        if child is None:
            return Applied.UNKNOWN_CHILD
        if covered:
            return Applied.COVERED
        before = child.committed_qty
        is_legal = _apply(child, execution)
        self._commit(child, before)
        return Applied.BOOKED if is_legal else Applied.ILLEGAL

    def _commit(self, child: Child, before: int) -> None:
        order_id = child.terms.order_id
        self._committed[order_id] = self._committed.get(order_id, 0) + child.committed_qty - before
        if child.may_trade:
            self.open[child.terms.cl_ord_id] = child
        else:
            self.open.pop(child.terms.cl_ord_id, None)


def _drop_older_cancels(child: Child, cl_ord_id: str) -> None:
    """Cancels that waited for the venue and were overtaken by this one: its answer is theirs."""
    for name, request in list(child.requests.items()):
        if name == cl_ord_id:
            return
        if isinstance(request.command, CancelChild) and not request.is_sent:
            del child.requests[name]


def _apply(child: Child, execution: Execution) -> bool:
    """False if the child's status admits no such report; a trade is booked nevertheless."""
    if not (execution.exec_type is ExecType.ORDER_STATUS
            and execution.ord_status is OrdStatus.REJECTED):  # fmt: skip
        child.is_known = True
    _apply_terms(child, execution)
    _apply_fill(child, execution)
    try:
        status = next_child_status(child.status, execution.exec_type)
    except IllegalTransition:
        return False
    if execution.exec_type is ExecType.TRADE and execution.ord_status in _BUNDLED_ENDS:
        status = execution.ord_status  # X-I.1.b, and trades after the end
    if status is not OrdStatus.REJECTED:
        status = settled_by_qty(status, child.order_qty, child.cum_qty)
    child.status = status
    if status in CHILD_TERMINAL and status is not OrdStatus.FILLED:
        child.requests.clear()  # a filled order may still be replaced up (C.1.c)
    return True


def _apply_terms(child: Child, execution: Execution) -> None:
    """New terms. A status answer under the id of a replace tells of them, too: of a venue that
    counts its messages anew it may be all that we ever hear.
    """
    asked = child.requests.get(execution.cl_ord_id)
    told = (
        execution.exec_type is ExecType.ORDER_STATUS
        and execution.ord_status in _TELLS_TERMS
        and asked is not None
        and isinstance(asked.command, ReplaceChild)
    )
    if execution.exec_type is ExecType.REPLACED or told:
        request = child.requests.pop(execution.cl_ord_id, None)
        child.cl_ord_id = execution.cl_ord_id
        child.order_qty = execution.order_qty
        if request is not None and isinstance(request.command, ReplaceChild):
            child.px = request.command.px
    elif execution.exec_type is ExecType.RESTATED:
        child.order_qty = execution.order_qty


def _apply_fill(child: Child, execution: Execution) -> None:
    """Fills by ExecID; a correction refers to the last ExecID of its chain (1.4 rule 4)."""
    kind, px = execution.exec_type, execution.last_px or Decimal(0)
    if kind is ExecType.TRADE:
        child.fills[execution.exec_id] = Fill(execution.last_qty, px)
        if execution.synthetic:
            child.synthetic_qty = execution.cum_qty
    elif kind in (ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT):
        if child.fills.pop(execution.exec_ref_id or "", None) is None:
            _adopt_cum_qty(child, execution)  # the execution meant is not ours to know
        elif kind is ExecType.TRADE_CORRECT:
            child.fills[execution.exec_id] = Fill(execution.last_qty, px)
    elif kind is ExecType.RESTATED:
        _adopt_cum_qty(child, execution)  # a split changes what is done (H.1.b)
    child.cum_qty = sum(fill.qty for fill in child.fills.values())


def _adopt_cum_qty(child: Child, execution: Execution) -> None:
    more = execution.cum_qty - sum(fill.qty for fill in child.fills.values())
    if more:
        child.fills[execution.exec_id] = Fill(more, execution.avg_px)
