"""The worker's core: all parents, children and markets of one partition.

Events go in by `on_*`, messages to publish come out, already applied here. What a restarted worker
reads back goes in by `fold_*`, in the order parents, reports, children, executions; `take` then
does what the log shows undone. It reads no clock and sends nothing itself.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush
from typing import Final

from algos.admission import admit, malformed_id
from algos.amendment import judge_replace, possible_now, settled_terms
from algos.blotter import Blotter
from algos.catalogue import ALGORITHMS
from algos.child import Child
from algos.decision import Surroundings, decide
from algos.order_ids import child_cl_ord_id, parent_order_id
from algos.parameters import Rejection
from algos.parent import Parent, Terms
from algos.policy import Policy
from algos.reporting import (
    UNKNOWN_ORDER,
    accepted,
    cancel_of,
    child_of_route,
    fill_report,
    on_request,
    order_rejected,
    plan_of,
    request_rejected,
    waiting_of,
)
from algos.requests import Requests, Seen
from algos.schedule import seed_of
from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.control import ControlRecord, EngageKillSwitch, Rearm
from domain.executions import (
    ChildRefused,
    ExecutionRecord,
    VenueState,
    VenueStateChanged,
)
from domain.fix_codes import ExecType, OrdStatus, TimeInForce
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent, Trade
from domain.parents import CancelParent, NewParent, ParentRequest, PauseParent, ReplaceParent
from domain.refusals import RefusalReason, RejectReason, WaitReason
from domain.reports import (
    ParentReport,
    Report,
)
from domain.sessions import TradingCalendar
from marketdata.market import SymbolMarket

IOC_GRACE_NS: Final = 1_000_000_000  # an IOC ends by itself; ask for its end only after this
CANCEL_RETRY_NS: Final = 5_000_000_000  # a cancel without an answer is asked again after this
SETTLE_NS: Final = 1_000_000_000  # how often a parent whose children must end looks again
MISS_NS: Final = 1_000_000_000  # after an IOC that found nothing, not to ping the venue
PAUSE_NS: Final = 100_000_000  # after an IOC that filled, for the quote to catch up

Command = ChildCommand | Report
Scope = tuple[str | None, str | None]  # (symbol, venue); None is every one


@dataclass(slots=True, kw_only=True)
class Partition:
    """State of one partition. `claim`: our fencing token, None until `take`."""

    number: int
    instruments: InstrumentTable
    calendars: Mapping[str, TradingCalendar]
    policy: Policy
    partition_of: Callable[[str], int]
    claim: int | None = None
    markets: dict[str, SymbolMarket] = field(default_factory=dict)
    venues: dict[str, VenueState] = field(default_factory=dict)
    kills: dict[Scope, EngageKillSwitch] = field(default_factory=dict)
    requests: Requests = field(init=False)
    blotter: Blotter = field(init=False)
    _tape: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _heap: list[tuple[int, str]] = field(default_factory=list)
    _out: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.requests = Requests(self.number)
        self.blotter = Blotter(instruments=self.instruments, requests=self.requests)

    # -- live events: each returns the messages to publish, in order

    def on_parent(self, request: ParentRequest, offset: int, now_ns: int) -> list[Command]:
        """A request arrived at `offset` of `parents`. A redelivered one is nothing."""
        if self.requests.register(offset, request) is not Seen.AGAIN:
            self._answer(request, offset, now_ns)
        return self._flushed()

    def on_execution(self, record: ExecutionRecord, now_ns: int) -> list[Command]:
        """Venue access said something. Raises Unusable; then nothing changed."""
        if isinstance(record, VenueStateChanged):
            self.venues[record.venue] = record.state
            for parent in list(self.blotter.live_parents.values()):
                self._work(parent, now_ns)
            return self._flushed()
        change = self.blotter.apply_execution(record)
        if change is not None:
            parent = self.blotter.parents[change.child.order_id]
            if change.ended:
                self._back_off(parent, change.child, record, now_ns)
            self._tell_fills(now_ns)
            self._work(parent, now_ns)
        return self._flushed()

    def on_market(self, events: Iterable[MarketEvent], now_ns: int) -> list[Command]:
        """Market data of one symbol: costs the same however many parents there are."""
        for event in events:
            market = self.markets.get(event.symbol)
            if market is None:
                market = self._market(event.symbol)
            market.on_event(event)
        return []

    def on_control(self, record: ControlRecord, now_ns: int) -> list[Command]:
        """An operator ordered something."""
        self.fold_control(record)
        for parent in list(self.blotter.live_parents.values()):
            self._work(parent, now_ns)
        return self._flushed()

    def on_timer(self, now_ns: int) -> list[Command]:
        """Bring every parent forward whose time has come."""
        while self._heap and self._heap[0][0] <= now_ns:
            wake_ns, order_id = heappop(self._heap)
            parent = self.blotter.live_parents.get(order_id)
            if parent is not None and parent.wake_ns == wake_ns:
                parent.wake_ns = None
                self._work(parent, now_ns)
        return self._flushed()

    def next_wake_ns(self) -> int | None:
        """When `on_timer` is next needed; None while nothing waits for time."""
        while self._heap:
            wake_ns, order_id = self._heap[0]
            parent = self.blotter.live_parents.get(order_id)
            if parent is not None and parent.wake_ns == wake_ns:
                return wake_ns
            heappop(self._heap)
        return None

    # -- the log, read back after a restart

    def fold_parent(self, offset: int, request: ParentRequest) -> None:
        """A record of `parents`."""
        self.requests.register(offset, request)

    def fold_report(self, report: Report) -> None:
        """A record of `reports` that is not fenced off."""
        self.blotter.apply_report(report)

    def fold_child(self, command: ChildCommand) -> None:
        """A record of `children` that is not fenced off."""
        self.blotter.apply_command(command)

    def fold_execution(self, record: ExecutionRecord) -> None:
        """A record of `executions`. Raises Unusable."""
        if isinstance(record, VenueStateChanged):
            self.venues[record.venue] = record.state
        else:
            self.blotter.apply_execution(record)

    def fold_market(self, events: Iterable[MarketEvent]) -> None:
        """Recent market data, so that caps know the volume since a parent's start."""
        for event in events:
            if isinstance(event, Trade):
                market = self._market(event.symbol)
                self._tape.setdefault(event.symbol, []).append((event.at_ns, market.volume))
        self.on_market(events, 0)

    def fold_control(self, record: ControlRecord) -> None:
        """A record of `control`."""
        if isinstance(record, EngageKillSwitch):
            self.kills[record.symbol, record.venue] = record
        elif isinstance(record, Rearm):
            self.kills.pop((record.symbol, record.venue), None)

    def take(self, claim: int, now_ns: int) -> list[Command]:
        """The log is folded and the partition ours: answer, tell and do what is undone."""
        self.claim = claim
        for parent in self.blotter.live_parents.values():
            self._restore_volume(parent, now_ns)
        self._tape.clear()
        self._tell_fills(now_ns)
        for offset, request in self.requests.unanswered():
            self._answer(request, offset, now_ns)
        for parent in list(self.blotter.live_parents.values()):
            self._work(parent, now_ns)
        return self._flushed()

    # -- requests

    def _answer(self, request: ParentRequest, offset: int, now_ns: int) -> None:
        if isinstance(request, NewParent):
            self._answer_new(request, offset, now_ns)
            return
        found = self._addressed(request, offset)
        if isinstance(found, Rejection):
            self._refuse_request(request, offset, found, now_ns)
        elif isinstance(request, CancelParent):
            self._emit(self._step(found, offset, ExecType.PENDING_CANCEL, request, now_ns))
        elif isinstance(request, ReplaceParent):
            self._answer_replace(found, request, offset, now_ns)
            return
        else:
            kind = ExecType.SUSPENDED if isinstance(request, PauseParent) else ExecType.RESTATED
            if found.paused is (kind is ExecType.SUSPENDED):
                word = "paused" if found.paused else "running"
                self._refuse_request(
                    request, offset,
                    Rejection(RejectReason.ALREADY_PENDING, "cl_ord_id", f"it is already {word}"),
                    now_ns,
                )  # fmt: skip
            else:
                self._emit(self._step(found, offset, kind, request, now_ns))
        if isinstance(found, Parent):
            self._work(found, now_ns)

    def _answer_new(self, request: NewParent, offset: int, now_ns: int) -> None:
        order_id = parent_order_id(request.sent_ns, self.number, offset)
        exec_id = self.requests.exec_id(offset, "0")
        status = OrdStatus.REJECTED
        judged = self._repeated(request, offset)
        if judged is not None:
            known = self.blotter.parent_of(request.source, request.cl_ord_id)
            status = OrdStatus.REJECTED if known is None else known.ord_status
        else:
            judged = self._misplaced(request) or self._killed_for(request)
        arrival_px = self._mid_px(request.symbol, now_ns)
        admitted = judged or admit(
            request, instruments=self.instruments, calendars=self.calendars,
            start_past_bound_s=self.policy.start_past_bound_s,
            max_participation_cap=self.policy.max_participation_cap,
            mid_px=arrival_px, now_ns=now_ns,
        )  # fmt: skip
        if isinstance(admitted, Rejection):
            assert self.claim is not None
            self._emit(order_rejected(self.claim, order_id, exec_id, request, admitted, status,
                                      now_ns))  # fmt: skip
            return
        assert self.claim is not None
        self._emit(accepted(self.claim, order_id, exec_id, request, admitted, arrival_px, now_ns))
        parent = self.blotter.parents[order_id]
        self._plan(parent, now_ns)
        self._work(parent, now_ns)

    def _answer_replace(
        self, parent: Parent, request: ReplaceParent, offset: int, now_ns: int
    ) -> None:
        terms = judge_replace(parent, request, now_ns)
        if isinstance(terms, Rejection):
            self._refuse_request(request, offset, terms, now_ns)
            return
        self._emit(self._step(parent, offset, ExecType.PENDING_REPLACE, request, now_ns))
        self._work(parent, now_ns)

    def _addressed(self, request: ParentRequest, offset: int) -> Parent | Rejection:
        """The parent that a request means, if it may be asked that now."""
        assert not isinstance(request, NewParent)
        repeated = self._repeated(request, offset)
        if repeated is not None:
            return repeated
        parent = self.blotter.parent_of(request.source, request.orig_cl_ord_id)
        if parent is None or parent.instrument.symbol != request.symbol:
            return UNKNOWN_ORDER
        replace = isinstance(request, ReplaceParent)
        if parent.pending_cancel is not None or (replace and parent.pending_replace is not None):
            return Rejection(
                RejectReason.ALREADY_PENDING, "orig_cl_ord_id", "a request is already pending"
            )
        if replace and request.orig_cl_ord_id != parent.cl_ord_id:
            return Rejection(
                RejectReason.UNKNOWN_ORDER, "orig_cl_ord_id",
                f"the order is now known as {parent.cl_ord_id}",
            )  # fmt: skip
        if parent.done and not (replace and parent.status is OrdStatus.FILLED):
            return Rejection(
                RejectReason.TOO_LATE, "orig_cl_ord_id", f"the order is {parent.status.name}"
            )
        return parent

    def _repeated(self, request: ParentRequest, offset: int) -> Rejection | None:
        fault = malformed_id(request.cl_ord_id, "cl_ord_id")
        if fault is None and self.requests.judge(offset, request) is Seen.DUPLICATE:
            fault = Rejection(
                RejectReason.DUPLICATE_ORDER, "cl_ord_id", "ClOrdID(11) repeated by this source"
            )
        return fault

    def _misplaced(self, request: NewParent) -> Rejection | None:
        if request.symbol not in self.instruments.by_symbol:
            return None  # said by admission, which comes first
        right = self.partition_of(request.symbol)
        if right == self.number:
            return None
        return Rejection(
            RejectReason.WRONG_PARTITION, "key",
            f"{request.symbol} belongs in partition {right}, this is {self.number}: "
            "the key must be the symbol, the partitioner murmur2",
        )  # fmt: skip

    def _killed_for(self, request: NewParent) -> Rejection | None:
        if not self._killed(request.symbol):
            return None
        return Rejection(RejectReason.KILLED, "symbol", "the kill switch is engaged")

    def _refuse_request(
        self, request: ParentRequest, offset: int, rejection: Rejection, now_ns: int
    ) -> None:
        assert self.claim is not None
        assert not isinstance(request, NewParent)
        parent = self.blotter.parent_of(request.source, request.orig_cl_ord_id)
        exec_id = self.requests.exec_id(offset, "9")
        self._emit(request_rejected(self.claim, parent, exec_id, request, rejection, now_ns))

    def _step(
        self, parent: Parent, offset: int, kind: ExecType, request: ParentRequest, now_ns: int,
        terms: Terms | None = None,
    ) -> ParentReport:  # fmt: skip
        assert self.claim is not None
        assert not isinstance(request, NewParent)
        return on_request(
            self.claim, parent, self.requests.exec_id(offset, kind.value), kind, now_ns,
            cl_ord_id=request.cl_ord_id, orig_cl_ord_id=request.orig_cl_ord_id, terms=terms,
        )  # fmt: skip

    # -- bringing a parent forward

    def _work(self, parent: Parent, now_ns: int) -> None:
        """Do what is due for a parent, say why if nothing is, and wake again in time."""
        if self.claim is None or (parent.done and not self._revived(parent, now_ns)):
            return
        if self._settling(parent, now_ns):
            return
        self._count_volume(parent, now_ns)
        decision = decide(parent, self._around(parent, now_ns))
        if parent.paused or self._killed(parent.instrument.symbol):
            self._cancel_open(parent, now_ns)
        if decision.route is not None:
            cl_ord_id = child_cl_ord_id(parent.order_id, parent.children + 1)
            self._emit(child_of_route(self.claim, parent, cl_ord_id, decision, now_ns))
        self._say_waiting(parent, decision.reason, decision.due_qty, now_ns)
        self._wake(parent, decision.wake_ns)

    def _revived(self, parent: Parent, now_ns: int) -> bool:
        """Answer a request that the last fill overtook; True if a replace lets the order go on."""
        if parent.pending_cancel is not None:
            self._refuse_overtaken(parent.pending_cancel, now_ns)
        if parent.pending_replace is not None:
            self._try_replace(parent, parent.pending_replace, now_ns)
        return not parent.done

    def _settling(self, parent: Parent, now_ns: int) -> bool:
        """Bring children down for a cancel, a smaller quantity or the end; True while or if so."""
        if parent.pending_replace is not None and parent.pending_cancel is None:
            self._try_replace(parent, parent.pending_replace, now_ns)
        ending = parent.pending_cancel is not None or now_ns >= parent.terms.end_ns
        if parent.done or (not ending and parent.pending_replace is None):
            return parent.done
        if parent.open_children:
            self._cancel_open(parent, now_ns)
            self._say_waiting(parent, WaitReason.PENDING_CANCEL, 0, now_ns)
            self._wake(parent, now_ns + SETTLE_NS)
        else:
            self._end(parent, now_ns)
        return True

    def _try_replace(self, parent: Parent, request: ReplaceParent, now_ns: int) -> None:
        """Let new terms take effect once nothing at a venue can break them, or refuse them."""
        terms = judge_replace(parent, request, now_ns)
        offset, _ = self.requests.first(request.source, request.cl_ord_id)
        if isinstance(terms, Rejection):
            self._refuse_request(request, offset, terms, now_ns)
        elif possible_now(parent, terms) or not parent.open_children:
            terms = settled_terms(parent, terms)
            self._emit(self._step(parent, offset, ExecType.REPLACED, request, now_ns, terms))
            if not parent.done:
                self._plan(parent, now_ns)

    def _end(self, parent: Parent, now_ns: int) -> None:
        """Nothing of it can trade any more: say that it is over, and why."""
        if parent.pending_replace is not None:
            self._refuse_overtaken(parent.pending_replace, now_ns)
        cancel = parent.pending_cancel
        if cancel is not None:
            offset, _ = self.requests.first(cancel.source, cancel.cl_ord_id)
            self._emit(self._step(parent, offset, ExecType.CANCELED, cancel, now_ns))
            return
        assert self.claim is not None
        exec_id = f"{parent.order_id}.C{parent.plan_version}"
        self._emit(
            on_request(
                self.claim, parent, exec_id, ExecType.EXPIRED, now_ns, text="end of the window"
            )
        )

    def _refuse_overtaken(self, request: CancelParent | ReplaceParent, now_ns: int) -> None:
        offset, _ = self.requests.first(request.source, request.cl_ord_id)
        too_late = Rejection(RejectReason.TOO_LATE, "orig_cl_ord_id", "the order has ended")
        self._refuse_request(request, offset, too_late, now_ns)

    def _plan(self, parent: Parent, now_ns: int) -> None:
        """Publish a schedule for what is neither filled nor open, over the rest of the window."""
        base_qty = parent.cum_qty + parent.open_qty
        left_qty = parent.terms.order_qty - base_qty
        start_ns = max(parent.terms.start_ns, now_ns)
        if left_qty <= 0 or start_ns >= parent.terms.end_ns:
            return
        seed = seed_of(f"{parent.order_id}.{parent.plan_version + 1}")
        schedule = ALGORITHMS[parent.algo].plan(
            parent.params, qty=left_qty, base_qty=base_qty, lot=parent.instrument.lot,
            start_ns=start_ns, end_ns=parent.terms.end_ns, seed=seed,
        )  # fmt: skip
        assert self.claim is not None
        self._emit(plan_of(self.claim, parent, seed, schedule.times_ns, schedule.cum_qty, now_ns))

    def _cancel_open(self, parent: Parent, now_ns: int) -> None:
        """Ask for the end of every open child; an IOC is given time to end by itself."""
        for child in list(parent.open_children.values()):
            ioc = child.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
            if ioc and now_ns - child.decided_ns < IOC_GRACE_NS:
                continue
            asked_ns = child.cancel_asked_ns
            if asked_ns is not None and now_ns - asked_ns < CANCEL_RETRY_NS:
                continue
            assert self.claim is not None
            cancel_id = child_cl_ord_id(parent.order_id, parent.children + 1)
            self._emit(cancel_of(self.claim, parent, cancel_id, child.cl_ord_id, child.venue,
                                 child.order_qty, now_ns))  # fmt: skip

    def _say_waiting(self, parent: Parent, reason: WaitReason, due_qty: int, now_ns: int) -> None:
        parent.waiting = reason
        if parent.waiting_told is not reason:
            assert self.claim is not None
            self._emit(waiting_of(self.claim, parent, reason, due_qty, now_ns))

    def _wake(self, parent: Parent, wake_ns: int) -> None:
        if parent.wake_ns != wake_ns:
            parent.wake_ns = wake_ns
            heappush(self._heap, (wake_ns, parent.order_id))

    def _emit(self, message: Command) -> None:
        if isinstance(message, (NewChild, CancelChild, ReplaceChild)):
            self.blotter.apply_command(message)
        else:
            self.blotter.apply_report(message)
        self._out.append(message)

    def _flushed(self) -> list[Command]:
        out, self._out = self._out, []
        return out

    def _tell_fills(self, now_ns: int) -> None:
        """Report every booked fill that the OMS has not been told of."""
        untold, self.blotter.untold = self.blotter.untold, []
        assert self.claim is not None
        for child, execution in untold:
            parent = self.blotter.parents[child.order_id]
            if (execution.venue, execution.exec_id) not in parent.told:
                self._emit(fill_report(self.claim, parent, child.cl_ord_id, execution, now_ns))

    def _back_off(self, parent: Parent, child: Child, record: object, now_ns: int) -> None:
        """Be slow after a miss, and leave a venue alone that refused."""
        refused = child.status is OrdStatus.REJECTED
        if refused:
            until_ns = now_ns + self.policy.reject_backoff_ns
            parent.avoid_until_ns[child.venue] = until_ns
            if isinstance(record, ChildRefused) and record.reason is RefusalReason.MESSAGE_RATE:
                parent.retry_ns = until_ns
            parent.waiting = WaitReason.REJECTED_BY_VENUE
        elif child.cum_qty == 0:
            parent.retry_ns = now_ns + MISS_NS
            parent.waiting = WaitReason.NO_LIQUIDITY
        else:
            parent.retry_ns = now_ns + PAUSE_NS

    # -- small views

    def _around(self, parent: Parent, now_ns: int) -> Surroundings:
        symbol = parent.instrument.symbol
        live = {
            venue: self.venues.get(venue) is VenueState.LIVE
            and not ((symbol, venue) in self.kills or (None, venue) in self.kills)
            for venue in parent.instrument.venues
        }
        return Surroundings(
            self._market(symbol), live, self._killed(symbol), self.policy.stale_ns, now_ns
        )

    def _killed(self, symbol: str) -> bool:
        return bool(self.kills) and ((None, None) in self.kills or (symbol, None) in self.kills)

    def _market(self, symbol: str) -> SymbolMarket:
        return self.markets.setdefault(symbol, SymbolMarket(symbol=symbol))

    def _mid_px(self, symbol: str, now_ns: int) -> Decimal | None:
        instrument = self.instruments.get(symbol)
        market = self.markets.get(symbol)
        if instrument is None or market is None:
            return None
        mid = market.mid_px_ticks(now_ns, self.policy.stale_ns)
        return None if mid is None else instrument.tick * Decimal(mid)

    def _parent_of(self, source: str, cl_ord_id: str) -> Parent | None:
        order_id = self.requests.order_ids.get((source, cl_ord_id))
        return None if order_id is None else self.blotter.parents[order_id]

    def _count_volume(self, parent: Parent, now_ns: int) -> None:
        """The participation cap counts from the start, which may be after the acceptance."""
        if not parent.volume_counted and now_ns >= parent.terms.start_ns:
            parent.volume_counted = True
            parent.volume_start = self._market(parent.instrument.symbol).volume
            parent.volume_start_cum_qty = parent.cum_qty

    def _restore_volume(self, parent: Parent, now_ns: int) -> None:
        """The tape's volume at the start, as far back as the tape was read: never too much."""
        tape = self._tape.get(parent.instrument.symbol, [])
        if now_ns < parent.terms.start_ns or not tape:
            return
        index = bisect_left(tape, (parent.terms.start_ns, 0))
        if index < len(tape):
            parent.volume_counted = True
            parent.volume_start = tape[index][1]
            if index == 0:
                parent.volume_start_cum_qty = parent.cum_qty
