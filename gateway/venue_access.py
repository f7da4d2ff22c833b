"""Venue access: which commands of the workers leave for venues, and what the venues say of them.

Pure. Its state is a fold over `children`, `executions` (its own output) and `control`; live, it
takes one event and returns messages to send and records to publish. A published record is applied
here before it is returned, so state never waits for the log. The shell sends and appends in the
order given: a crash between the two leaves a child without evidence, whose venue is then asked.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from domain.children import CancelChild, ChildCommand, ChildRecord, Claim, NewChild
from domain.control import ControlRecord, EngageKillSwitch, KillProgress, Rearm, SetLimits
from domain.deadletters import DeadLetter, DeadLetterReason
from domain.executions import (
    ChildCancelRejected,
    ChildRefused,
    ChildSent,
    Execution,
    ExecutionRecord,
    VenueState,
)
from domain.fix_codes import CxlRejReason, ExecType, OrdStatus
from domain.fix_message import BadField, Fields, FixMessage
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from domain.refusals import RefusalReason
from gateway.cancels import Cancels
from gateway.child_book import Applied, Child, ChildBook, Seen
from gateway.kill_switch import KillSwitch
from gateway.overdue import Overdue
from gateway.pre_trade import PreTrade
from gateway.risk import Limits, LimitTable, Refusal
from gateway.venue_commands import Command, Now, Publish, SendFix
from gateway.venue_session import SessionEvent, VenueSession
from gateway.venue_translation import (
    Origin,
    cancel_request,
    dont_know_trade,
    new_order_single,
    read_cancel_reject,
    read_execution_report,
    rejected_order,
    rejected_request,
    replace_request,
    symbol_of,
)

SENT_SEQ_NUMS_KEPT: Final = 10_000  # a Reject(3) of a message older than this names nothing of ours
FIX_TEXT_KEPT: Final = 2_048  # characters of a bad FIX message that its dead letter carries


class VenueAccess:
    """See the module. `sessions`: FIX session name by venue of this instance; `venues`: all."""

    def __init__(self, *, by: str, sessions: Mapping[str, str], venues: tuple[str, ...],
                 instruments: InstrumentTable, limits: Limits,
                 status_timeout_ns: int) -> None:  # fmt: skip
        self.book = ChildBook()
        self.kills = KillSwitch()
        self.checks = PreTrade(book=self.book, kills=self.kills, instruments=instruments,
                               limits=LimitTable(limits))  # fmt: skip
        self.venues = {name: VenueSession(venue=name, status_timeout_ns=status_timeout_ns)
                       for name in sessions}  # fmt: skip
        self._overdue = {name: Overdue(status_timeout_ns) for name in sessions}
        self._cancels = Cancels(book=self.book, kills=self.kills, venues=self.venues,
                                retry_ns=status_timeout_ns)  # fmt: skip
        self._by = by
        self._progress_by = f"{by}:{','.join(sessions)}"  # of a kill: whose children are counted
        self._session_names = dict(sessions)
        self._elsewhere = frozenset(venues) - frozenset(sessions)
        self._instruments = instruments
        self._sent_seq_nums: dict[tuple[str, int], str] = {}

    # What was in the log when this process started.

    def fold_child(self, partition: int, offset: int, record: ChildRecord) -> None:
        """One record of `children` from before the start: it is taken note of, never sent."""
        command = self._admitted(partition, offset, record)
        if command is not None and self.book.seen(command) is Seen.NEVER:
            self.book.apply_command(command)

    def fold_execution(self, record: ExecutionRecord) -> None:
        """One record of `executions` from before the start, after all of `children`."""
        if record.venue not in self._elsewhere:
            self._apply(record, Now(0, 0))

    def fold_control(self, record: ControlRecord) -> None:
        """One record of `control` from before the start."""
        self._apply_control(record)

    def start(self, now: Now) -> list[Command]:
        """After the fold: tell every partition that the venues are down, and refuse what the log
        holds for venues that there are none of. The venues are asked of all else."""
        done: list[Command] = []
        for session in self.venues.values():
            done += session.told(now)
        for child in list(self.book.open.values()):
            if child.terms.venue in self.venues:
                if child.is_sent:
                    self._overdue[child.terms.venue].watch(child)
            else:
                text = f"no venue {child.terms.venue!r}"
                done += self._refused(child.terms, Refusal(RefusalReason.UNKNOWN_VENUE, text), now)
        return done

    # Live.

    def on_child(self, partition: int, offset: int, record: ChildRecord,
                 now: Now) -> list[Command]:  # fmt: skip
        """Send a worker's command or refuse it. Seen before with the same content: nothing."""
        if isinstance(record, Claim):
            return self._on_claim(partition, offset, record, now)
        command = self._admitted(partition, offset, record)
        if command is None:
            return []
        seen = self.book.seen(command)
        if seen is Seen.SAME:
            return []
        if seen is Seen.DIFFERENT:
            text = f"{command.cl_ord_id} was used with other content"
            return self._refused(command, Refusal(RefusalReason.DUPLICATE, text), now)
        session = self.venues.get(command.venue)
        refusal = self.checks.refusal(command, session.state if session else None, now.engine_ns)
        self.book.apply_command(command)
        if refusal is not None:
            return self._refused(command, refusal, now)
        if self.venues[command.venue].state is not VenueState.LIVE:
            return []  # a cancel waits for its venue; all else was refused
        return self._sent(command, now)

    def _on_claim(self, partition: int, offset: int, claim: Claim, now: Now) -> list[Command]:
        """A new worker is told where the venues stand: the log may have dropped what it was told
        last, by its age."""
        self.book.fence.admits(partition, claim, offset)
        return [told for session in self.venues.values() for told in session.told(now, partition)]

    def on_control(self, record: ControlRecord, now: Now) -> list[Command]:
        """Obey an operator. A kill's cancels and its first progress follow at once."""
        if isinstance(record, KillProgress):
            return []  # our own words come back, or another instance's
        self._apply_control(record)
        return self._own_cancels(now) + self._kill_progress(now)

    def on_market_events(self, events: list[MarketEvent]) -> None:
        for event in events:
            self.checks.market.on_event(event)

    def on_session(self, venue: str, event: SessionEvent, now: Now) -> list[Command]:
        """The FIX session of a venue moved."""
        return self._done(self.venues[venue].on_event(event, now), now)

    def on_timer(self, now: Now) -> list[Command]:
        """Whatever has become due at this instant."""
        done: list[Command] = []
        for session in self.venues.values():
            before = session.state
            done += self._done(session.on_timer(self.book.open.values(), now), now)
            if session.state is VenueState.LIVE:
                if before is not VenueState.LIVE:
                    for command in self._cancels.waiting(session.venue):
                        done += self._sent(command, now)
                self._overdue[session.venue].ask(session, now.wall_ns)
        return done + self._own_cancels(now) + self._kill_progress(now)

    def on_order_out(self, venue: str, msg_seq_num: int, cl_ord_id: str) -> None:
        """The FIX engine gave this number to a message on an order of ours."""
        self._sent_seq_nums[venue, msg_seq_num] = cl_ord_id
        if len(self._sent_seq_nums) > SENT_SEQ_NUMS_KEPT:
            del self._sent_seq_nums[next(iter(self._sent_seq_nums))]

    def on_reset(self, venue: str) -> None:
        """The venue's Logon(A) said ResetSeqNumFlag(141)=Y: nothing can be sent again."""
        self.venues[venue].was_reset = True

    def on_heartbeat(self, venue: str, test_req_id: str | None, now: Now) -> list[Command]:
        """A Heartbeat(0) came."""
        session = self.venues[venue]
        session.heard(now)
        return session.on_heartbeat(test_req_id, self.book.open.values())

    def on_message(self, venue: str, text: str, now: Now) -> list[Command]:
        """A message of the venue's about orders: 8, 9, j or 3. What cannot be read is kept."""
        self.venues[venue].heard(now)
        seq = 0
        try:
            message = FixMessage.parse(text)
            seq = message.integer(34)
            origin = Origin(venue, self._session_names[venue], seq, message.get(43) == "Y",
                            now.engine_ns)  # fmt: skip
            match message.msg_type:
                case "8":
                    return self._on_execution_report(message, origin, text, now)
                case "9":
                    return self._on_cancel_reject(message, origin, text, now)
                case "3" | "j":
                    return self._on_reject(message, origin, text, now)
        except BadField as error:
            self.on_unreadable(venue)
            return [self._dead_letter(venue, seq, text, DeadLetterReason.BAD_FIELD,
                                      str(error), now, field=str(error.tag))]  # fmt: skip
        return []

    def on_unreadable(self, venue: str) -> None:
        """A message of the venue could not be used: its orders are asked after."""
        session = self.venues[venue]
        if session.state is VenueState.LIVE:
            for child in self.book.open.values():
                if child.terms.venue == venue:
                    session.ask(child)

    # What a venue said.

    def _on_execution_report(self, message: FixMessage, origin: Origin, text: str,
                             now: Now) -> list[Command]:  # fmt: skip
        instrument = self._instruments.get(symbol_of(message))
        if instrument is None:
            raise BadField(55, f"{symbol_of(message)!r} is not in the instrument table")
        execution = read_execution_report(message, origin, instrument)
        if self.book.has(execution):
            self.book.repeated += 1
            return []
        if self.book.is_covered(execution):
            reason = "a synthetic fill already stands for this one"
            return [self._dead_letter(
                origin.venue, origin.msg_seq_num, text, DeadLetterReason.ILLEGAL_TRANSITION,
                reason, now,
            )]  # fmt: skip
        applied, done = self._publish(execution, now)
        if applied is Applied.UNKNOWN_CHILD:
            done += self._unknown_child(execution, text, now)
        elif applied is Applied.ILLEGAL:
            done.append(self._dead_letter(
                origin.venue, origin.msg_seq_num, text, DeadLetterReason.ILLEGAL_TRANSITION,
                f"{execution.cl_ord_id}: {execution.exec_type.name} is not possible now", now,
            ))  # fmt: skip
        elif execution.exec_type is ExecType.TRADE:
            self._ask_if_behind(execution)
        done += self._cancel_undead(execution, now)
        if execution.exec_type is ExecType.ORDER_STATUS:
            done += self._done(self.venues[origin.venue].on_status(execution, now), now)
        return done

    def _cancel_undead(self, execution: Execution, now: Now) -> list[Command]:
        """An order that we took for rejected or never sent is open: its shares were given to
        others, so it must go (reliability.md 5.6, step 5)."""
        child = self.book.find(execution)
        is_undead = (
            child is not None
            and child.status is OrdStatus.REJECTED
            and execution.ord_status in (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)
        )
        if child is None or not is_undead or not self._cancels.is_due(child, now):
            return []
        return self._sent(self._cancels.made_for(child, now), now)

    def _ask_if_behind(self, execution: Execution) -> None:
        """A CumQty(14) above the sum of the fills means that some did not come (I2)."""
        child = self.book.find(execution)
        if child is not None and child.cum_qty < execution.cum_qty:
            self.venues[execution.venue].ask(child)

    def _unknown_child(self, execution: Execution, text: str, now: Now) -> list[Command]:
        done: list[Command] = [self._dead_letter(
            execution.venue, execution.msg_seq_num, text, DeadLetterReason.UNKNOWN_CHILD,
            f"{execution.cl_ord_id or 'no ClOrdID(11)'} is no order of ours", now,
        )]  # fmt: skip
        if execution.exec_type is ExecType.TRADE:
            fields = dont_know_trade(execution)
            done.append(SendFix(venue=execution.venue, msg_type="Q", fields=fields))
        return done

    def _on_cancel_reject(self, message: FixMessage, origin: Origin, text: str,
                          now: Now) -> list[Command]:  # fmt: skip
        child = self.book.children.get(message.require(11)) or self.book.children.get(
            message.require(41)
        )
        if child is None or child.terms.venue != origin.venue:
            reason = f"{message.get(11)} is no request of ours"
            return [self._dead_letter(origin.venue, origin.msg_seq_num, text,
                                      DeadLetterReason.UNKNOWN_CHILD, reason, now)]  # fmt: skip
        rejected = read_cancel_reject(message, origin, child.terms.symbol)
        return self._cancel_rejected(child, rejected, now)

    def _cancel_rejected(self, child: Child, rejected: ChildCancelRejected,
                         now: Now) -> list[Command]:  # fmt: skip
        if rejected.cl_ord_id not in child.requests:
            self.book.repeated += 1
            return []
        _, done = self._publish(rejected, now)
        if rejected.reason is CxlRejReason.UNKNOWN_ORDER and child.is_open:
            if child.is_known:
                self.venues[child.terms.venue].ask(child)
            else:  # everything that we sent before the cancel was processed before it
                refusal = Refusal(RefusalReason.NOT_SENT, "the venue knows no such order")
                done += self._refused(child.terms, refusal, now)
        return done

    def _on_reject(self, message: FixMessage, origin: Origin, text: str,
                   now: Now) -> list[Command]:  # fmt: skip
        name = message.get(379) if message.msg_type == "j" else None
        if name is None or name not in self.book.children:
            name = self._sent_seq_nums.get((origin.venue, _ref_seq_num(message)), "")
        child = self.book.children.get(name)
        request = child.requests.get(name) if child is not None else None
        ref_type = message.get(372)
        if child is None or ref_type not in (None, "D", "F", "G"):
            reason = f"reject of {ref_type or 'a message'} {name or 'that is not an order of ours'}"
            return [self._dead_letter(origin.venue, origin.msg_seq_num, text,
                                      DeadLetterReason.UNKNOWN_CHILD, reason, now)]  # fmt: skip
        if request is not None:
            rejected = rejected_request(request.command, message, origin, child.status)
            return self._cancel_rejected(child, rejected, now)
        if name != child.terms.cl_ord_id or not child.is_open:
            return []
        execution = rejected_order(child.terms, message, origin)
        return [] if self.book.has(execution) else self._publish(execution, now)[1]

    # What we decide.

    def _admitted(self, partition: int, offset: int, record: ChildRecord) -> ChildCommand | None:
        """A command that is good and ours to handle; anything else has been dealt with."""
        if not self.book.fence.admits(partition, record, offset):
            return None
        assert not isinstance(record, Claim)
        if record.venue in self._elsewhere:
            return None
        return record

    def _refused(self, command: ChildCommand, refusal: Refusal, now: Now) -> list[Command]:
        return self._publish(ChildRefused(
            venue=command.venue,
            cl_ord_id=command.cl_ord_id,
            orig_cl_ord_id=None if isinstance(command, NewChild) else command.orig_cl_ord_id,
            order_id=command.order_id,
            symbol=command.symbol,
            reason=refusal.reason,
            text=refusal.text,
            at_ns=now.engine_ns,
        ), now)[1]  # fmt: skip

    def _sent(self, command: ChildCommand, now: Now) -> list[Command]:
        msg_type, fields = self._message(command, now)
        record = ChildSent(
            venue=command.venue,
            session=self._session_names[command.venue],
            cl_ord_id=command.cl_ord_id,
            order_id=command.order_id,
            symbol=command.symbol,
            sent_ns=now.engine_ns,
        )
        send = SendFix(venue=command.venue, msg_type=msg_type, fields=fields)
        done = [send, *self._publish(record, now)[1]]
        if isinstance(command, NewChild):
            self._overdue[command.venue].watch(self.book.children[command.cl_ord_id])
        return done

    def _message(self, command: ChildCommand, now: Now) -> tuple[str, Fields]:
        if isinstance(command, NewChild):
            return "D", new_order_single(command, command.symbol, now.engine_ns)
        child = self.book.children[command.orig_cl_ord_id]
        if isinstance(command, CancelChild):
            return "F", cancel_request(command, child.last_sent_id, now.engine_ns)
        return "G", replace_request(command, child.terms, child.last_sent_id, now.engine_ns)

    def _own_cancels(self, now: Now) -> list[Command]:
        """Cancel what a kill switch covers, and what no venue would tell us about."""
        return [done for command in self._cancels.due(now) for done in self._sent(command, now)]

    def _kill_progress(self, now: Now) -> list[Command]:
        if not self.kills.engaged:
            return []
        news = self.kills.news(self.book.open.values(), self._progress_by, now.engine_ns)
        for progress in news:
            self.kills.note(progress)
        return [Publish(symbol=None, record=progress) for progress in news]

    # State, and records of it.

    def _apply_control(self, record: ControlRecord) -> None:
        match record:
            case EngageKillSwitch():
                self.kills.engage(record)
            case Rearm():
                self.kills.rearm(record)
            case SetLimits():
                self.checks.limits.apply(record)
            case KillProgress():
                if record.by == self._progress_by:
                    self.kills.note(record)

    def _apply(self, record: ExecutionRecord, now: Now) -> Applied:
        match record:
            case Execution():
                return self.book.apply_execution(record)
            case ChildCancelRejected():
                return self.book.apply_cancel_rejected(record)
            case ChildSent():
                self.book.apply_sent(record, now.wall_ns)
                self.checks.count(record)
            case ChildRefused():
                self.book.apply_refused(record)
        return Applied.BOOKED

    def _publish(self, record: Execution | ChildCancelRejected | ChildSent | ChildRefused,
                 now: Now) -> tuple[Applied, list[Command]]:  # fmt: skip
        applied = self._apply(record, now)
        return applied, [Publish(symbol=record.symbol, record=record)]

    def _done(self, commands: list[Command], now: Now) -> list[Command]:
        """Apply what a session decided to publish."""
        for command in commands:
            if isinstance(command, Publish) and isinstance(
                command.record, Execution | ChildRefused
            ):
                self._apply(command.record, now)
        return commands

    def _dead_letter(self, venue: str, seq: int, text: str, reason: DeadLetterReason,
                     why: str, now: Now, field: str | None = None) -> Publish:  # fmt: skip
        """Of a FIX message: `topic` names the session, `offset` is MsgSeqNum(34)."""
        letter = DeadLetter(
            by=self._by,
            topic=f"fix:{self._session_names[venue]}",
            partition=0,
            offset=seq,
            key=venue,
            reason=reason,
            field=field,
            text=why[:512],
            value=b64encode(text[:FIX_TEXT_KEPT].encode()).decode(),
            size=len(text),
            at_ns=now.engine_ns,
        )
        return Publish(symbol=venue, record=letter)


def _ref_seq_num(message: FixMessage) -> int:
    return message.integer(45) if message.get(45) else 0
