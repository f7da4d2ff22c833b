"""One venue's session: DOWN -> LOGON -> RESYNC -> LIVE, and the questions that lead to LIVE.

Only LIVE sends new orders. After each logon we wait until the venue has re-sent what we asked for
(our TestRequest comes round), then ask for the status of every child whose end is not known, and
compare (reliability.md 5.6). What the venue then says of an order is booked; where it speaks of
executions that do not come, one synthetic execution stands for them.

Timeouts are in wall time: they bound a counterparty's answers, not the market's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from domain.children import ReplaceChild
from domain.executions import ChildRefused, Execution, VenueState, VenueStateChanged
from domain.fix_codes import ExecType, OrdStatus
from domain.orders import CHILD_TERMINAL
from domain.refusals import RefusalReason
from gateway.child_book import Child
from gateway.risk import TokenBucket
from gateway.venue_commands import Command, Now, Publish, SendFix
from gateway.venue_translation import mass_status_request, status_request

# 500 open orders are asked for in 5 s; a session takes far more, but this is beside its orders.
STATUS_REQUESTS_PER_SECOND: Final = 100
STATUS_TRIES_MAX: Final = 3  # a venue that is silent three times does not know how to answer
DRAIN_TRIES_MAX: Final = 3  # test requests without an answer, each after a silence

_END_TYPES: Final = {
    OrdStatus.CANCELED: ExecType.CANCELED,
    OrdStatus.EXPIRED: ExecType.EXPIRED,
    OrdStatus.DONE_FOR_DAY: ExecType.DONE_FOR_DAY,
    OrdStatus.REJECTED: ExecType.REJECTED,
}


class SessionEvent(StrEnum):
    """What happens to a FIX session."""

    LOGON_SENT = "logon_sent"
    LOGGED_ON = "logged_on"
    LOGGED_OUT = "logged_out"
    RESYNCED = "resynced"


TRANSITIONS: Final[dict[tuple[VenueState, SessionEvent], VenueState]] = {
    (VenueState.DOWN, SessionEvent.LOGON_SENT): VenueState.LOGON,
    (VenueState.DOWN, SessionEvent.LOGGED_OUT): VenueState.DOWN,
    (VenueState.LOGON, SessionEvent.LOGON_SENT): VenueState.LOGON,  # a try that got no answer
    (VenueState.LOGON, SessionEvent.LOGGED_ON): VenueState.RESYNC,
    (VenueState.LOGON, SessionEvent.LOGGED_OUT): VenueState.DOWN,
    (VenueState.RESYNC, SessionEvent.LOGGED_ON): VenueState.RESYNC,  # the venue reset in session
    (VenueState.RESYNC, SessionEvent.RESYNCED): VenueState.LIVE,
    (VenueState.RESYNC, SessionEvent.LOGGED_OUT): VenueState.DOWN,
    (VenueState.RESYNC, SessionEvent.LOGON_SENT): VenueState.LOGON,
    (VenueState.LIVE, SessionEvent.LOGON_SENT): VenueState.LOGON,
    (VenueState.LIVE, SessionEvent.LOGGED_ON): VenueState.RESYNC,
    (VenueState.LIVE, SessionEvent.LOGGED_OUT): VenueState.DOWN,
}


class IllegalSessionEvent(Exception):
    """The FIX engine reported what cannot be from here: our picture of it is wrong."""


@dataclass(slots=True, kw_only=True)
class Question:
    """One OrderStatusRequest(H) whose answer is not settled."""

    child: Child
    cl_ord_id: str
    tries: int = 0
    asked_wall_ns: int = 0
    answer: Execution | None = None
    answered_wall_ns: int = 0


@dataclass(slots=True, kw_only=True)
class VenueSession:
    """See the module."""

    venue: str
    status_timeout_ns: int
    state: VenueState = VenueState.DOWN
    questions: dict[str, Question] = field(default_factory=dict)
    was_reset: bool = False  # the venue counts its messages anew: it re-sends nothing
    _unclear: dict[str, Child] = field(default_factory=dict)
    _logons: int = 0
    _is_drained: bool = False
    _drain_tries: int = 0
    _heard_wall_ns: int = 0
    _bucket: TokenBucket = field(default_factory=TokenBucket)

    def on_event(self, event: SessionEvent, now: Now) -> list[Command]:
        """Move. Raises IllegalSessionEvent."""
        before, after = self.state, TRANSITIONS.get((self.state, event))
        if after is None:
            raise IllegalSessionEvent(f"{self.venue} is {self.state}: {event}")
        self.state = after
        done: list[Command] = []
        if after is not before:
            done += self.told(now)
        if event is SessionEvent.LOGGED_ON:
            return done + self._drain(now)
        if event is SessionEvent.LOGGED_OUT:
            self.questions.clear()
        return done

    def told(self, now: Now, partition: int | None = None) -> list[Command]:
        """Where the venue stands, for one partition or for every one."""
        changed = VenueStateChanged(venue=self.venue, state=self.state, at_ns=now.engine_ns)
        return [Publish(symbol=None, partition=partition, record=changed)]

    def unclear(self) -> list[Child]:
        """Open children that the venue would not tell us about: they are to be cancelled."""
        for name, child in list(self._unclear.items()):
            if not child.is_open:
                del self._unclear[name]
        return list(self._unclear.values())

    def heard(self, now: Now) -> None:
        """Any message came: resends are still under way."""
        self._heard_wall_ns = now.wall_ns

    def on_heartbeat(
        self, test_req_id: str | None, open_children: Iterable[Child]
    ) -> list[Command]:
        """Our TestRequest came round: what was re-sent before it has arrived."""
        if self.state is VenueState.RESYNC and test_req_id == self._test_req_id:
            return self._ask_all(open_children)
        return []

    def ask(self, child: Child) -> None:
        """Ask for the status of a child, and of each replace of it that is not answered."""
        replaces = [name for name, request in child.requests.items()
                    if isinstance(request.command, ReplaceChild)]  # fmt: skip
        for name in (child.cl_ord_id, *replaces):
            self.questions.setdefault(name, Question(child=child, cl_ord_id=name))

    def give_up(self, child: Child) -> None:
        """Have a child cancelled: no word of the venue's about it helps."""
        self._unclear[child.terms.cl_ord_id] = child

    def on_status(self, execution: Execution, now: Now) -> list[Command]:
        """A status answer. One that nobody asked for is news, and nothing more."""
        question = self.questions.get(execution.cl_ord_id)
        if question is None:
            return []
        question.answer, question.answered_wall_ns = execution, now.wall_ns
        self._unclear.pop(question.child.terms.cl_ord_id, None)
        if execution.ord_status is OrdStatus.REJECTED and execution.cum_qty == 0:
            del self.questions[question.cl_ord_id]
            return self._unknown_at_venue(question, execution, now)
        return []

    def on_timer(self, open_children: Iterable[Child], now: Now) -> list[Command]:
        """Ask, ask again, settle; LIVE once nothing is left to ask."""
        if self.state is VenueState.RESYNC and not self._is_drained:
            return self._wait_for_resends(open_children, now)
        if self.state not in (VenueState.RESYNC, VenueState.LIVE):
            return []
        done = [command for question in list(self.questions.values())
                for command in self._advance(question, now)]  # fmt: skip
        if self.state is VenueState.RESYNC and not self.questions:
            done += self.on_event(SessionEvent.RESYNCED, now)
        return done

    @property
    def _test_req_id(self) -> str:
        return f"RESYNC-{self._logons}"

    def _drain(self, now: Now) -> list[Command]:
        self._logons += 1
        self._is_drained, self._drain_tries = False, 0
        self.questions.clear()
        return self._test_request(now)

    def _test_request(self, now: Now) -> list[Command]:
        self._drain_tries += 1
        self._heard_wall_ns = now.wall_ns
        return [SendFix(venue=self.venue, msg_type="1", fields=[(112, self._test_req_id)])]

    def _wait_for_resends(self, open_children: Iterable[Child], now: Now) -> list[Command]:
        if now.wall_ns - self._heard_wall_ns < self.status_timeout_ns:
            return []
        if self._drain_tries < DRAIN_TRIES_MAX:
            return self._test_request(now)
        return self._ask_all(open_children)  # silent for so long: nothing more will come

    def _ask_all(self, open_children: Iterable[Child]) -> list[Command]:
        """Of each open child; after a reset also of all that the venue knows (5.6, step 2)."""
        self._is_drained = True
        for child in open_children:
            if child.terms.venue == self.venue:
                self.ask(child)
        if not self.was_reset:
            return []
        self.was_reset = False
        fields = mass_status_request(f"MASS-{self._logons}")
        return [SendFix(venue=self.venue, msg_type="AF", fields=fields)]

    def _advance(self, question: Question, now: Now) -> list[Command]:
        if question.answer is not None:
            return self._settle(question, question.answer, now)
        if question.tries and now.wall_ns - question.asked_wall_ns < self.status_timeout_ns:
            return []
        if question.tries >= STATUS_TRIES_MAX:
            del self.questions[question.cl_ord_id]
            self.give_up(question.child)
            return []
        if not self._bucket.has(now.wall_ns, STATUS_REQUESTS_PER_SECOND):
            return []
        self._bucket.take(now.wall_ns, STATUS_REQUESTS_PER_SECOND)
        question.tries += 1
        question.asked_wall_ns = now.wall_ns
        terms = question.child.terms
        fields = status_request(question.cl_ord_id, terms.symbol, terms.side)
        return [SendFix(venue=self.venue, msg_type="H", fields=fields)]

    def _settle(self, question: Question, answer: Execution, now: Now) -> list[Command]:
        """Done once our book says what the venue says; after the bound, made to say it."""
        child = question.child
        lacks_fill = answer.cum_qty > child.cum_qty
        lacks_end = answer.ord_status in CHILD_TERMINAL and child.is_open
        if not lacks_fill and not lacks_end:
            del self.questions[question.cl_ord_id]
            return []
        if now.wall_ns - question.answered_wall_ns < self.status_timeout_ns:
            return []
        del self.questions[question.cl_ord_id]
        made: list[Command] = []
        if lacks_fill:
            made.append(Publish(symbol=child.terms.symbol, record=synthetic_fill(child, answer)))
        if lacks_end and answer.ord_status in _END_TYPES:
            made.append(Publish(symbol=child.terms.symbol, record=synthetic_end(child, answer)))
        return made

    def _unknown_at_venue(self, question: Question, answer: Execution, now: Now) -> list[Command]:
        """39=8: never arrived, unless the venue spoke of it before: then it is gone."""
        child, terms = question.child, question.child.terms
        is_replace = question.cl_ord_id in child.requests
        if child.is_known and not is_replace:
            if not child.is_open:
                return []
            return [Publish(symbol=terms.symbol, record=synthetic_end(child, answer))]
        if not child.is_open and not is_replace:
            return []
        return [Publish(symbol=terms.symbol, record=ChildRefused(
            venue=self.venue,
            cl_ord_id=question.cl_ord_id,
            orig_cl_ord_id=child.cl_ord_id if is_replace else None,
            order_id=terms.order_id,
            symbol=terms.symbol,
            reason=RefusalReason.NOT_SENT,
            text=f"{self.venue} never had it",
            at_ns=now.engine_ns,
        ))]  # fmt: skip


def synthetic_fill(child: Child, answer: Execution) -> Execution:
    """One fill for all that the venue says was done and we do not know of.

    Its price makes our notional that of AvgPx(6) * CumQty(14), so costs stay right.
    """
    qty = answer.cum_qty - child.cum_qty
    assert qty > 0
    px = (answer.avg_px * answer.cum_qty - child.notional) / qty
    return msgspec.structs.replace(
        answer,
        exec_id=f"SYN-{child.cl_ord_id}-{answer.cum_qty}",
        exec_type=ExecType.TRADE,
        cl_ord_id=child.cl_ord_id,
        orig_cl_ord_id=None,
        last_qty=qty,
        last_px=px.quantize(Decimal("0.000001")).normalize() if px > 0 else answer.avg_px,
        synthetic=True,
        text="booked from a status answer: the executions could not be had again",
    )


def synthetic_end(child: Child, answer: Execution) -> Execution:
    """The end that the venue says an order has met, and did not report."""
    known = child.is_known and answer.ord_status is OrdStatus.REJECTED
    status = OrdStatus.CANCELED if known else answer.ord_status
    cum_qty = max(answer.cum_qty, child.cum_qty)
    return msgspec.structs.replace(
        answer,
        exec_id=f"SYN-{child.cl_ord_id}-{cum_qty}-{status}",
        exec_type=_END_TYPES[status],
        ord_status=status,
        cl_ord_id=child.cl_ord_id,
        orig_cl_ord_id=None,
        order_qty=child.order_qty,
        cum_qty=cum_qty,
        leaves_qty=0,
        last_qty=0,
        last_px=None,
        synthetic=True,
        text="booked from a status answer: its end was not reported",
    )
