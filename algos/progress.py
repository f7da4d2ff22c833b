"""Bringing parents forward: children, cancels, plans, ends, and the reason why a parent waits.

Driven by whatever changed a parent, and by a heap of times at which one must be looked at again.
"""

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from algos.actions import Action, Send, Withdraw
from algos.algorithm import Algorithm, PlanRequest
from algos.amendment import adjusted, judge_replace, possible_now, settled_terms
from algos.child import Child
from algos.decision import decide
from algos.desk import Desk
from algos.order_ids import child_cl_ord_id
from algos.parameters import Rejection, Values, amend_parameters
from algos.parent import Parent, Terms
from algos.reporting import (
    cancel_of,
    child_of,
    fill_exec_id,
    fill_report,
    on_request,
    plan_of,
    replacement_of,
    waiting_of,
)
from algos.schedule import TradingClock, seed_of
from algos.surroundings import Surroundings
from algos.tactics.crossing import miss_pause_ns
from algos.waits import Wait, waited_text
from domain.executions import ChildRefused, VenueState
from domain.fix_codes import ExecType, OrdStatus, TimeInForce
from domain.instruments import Instrument
from domain.parents import CancelParent, ReplaceParent
from domain.refusals import RefusalReason, RejectReason, WaitReason
from domain.sessions import TradingCalendar

IOC_GRACE_NS: Final = 1_000_000_000  # an IOC ends by itself; ask for its end only after this
CANCEL_RETRY_NS: Final = 5_000_000_000  # a cancel without an answer is asked again after this
SETTLE_NS: Final = 1_000_000_000  # how often a parent whose children must end looks again
# A cross may be put off; an order for one that has no end known so long after the parent's is asked
# for, as any other is.
CROSS_GRACE_NS: Final = 900 * 10**9
PAUSE_NS: Final = 100_000_000  # after an IOC that filled, for the quote to catch up


@dataclass(slots=True)
class Progress:
    """The parents of one desk, brought forward. `_heap`: (wake_ns, order_id), some out of date.

    `watchers`: by symbol and order id, the parents that want to know when its market moves.
    """

    desk: Desk
    watchers: dict[str, dict[str, Parent]] = field(default_factory=dict)
    _heap: list[tuple[int, str]] = field(default_factory=list)

    def on_timer(self, now_ns: int) -> None:
        """Bring every parent forward whose time has come."""
        while self._heap and self._heap[0][0] <= now_ns:
            wake_ns, order_id = heappop(self._heap)
            parent = self.desk.blotter.live_parents.get(order_id)
            if parent is not None and parent.wake_ns == wake_ns:
                parent.wake_ns = None
                self.work(parent, now_ns)

    def on_market(self, symbol: str) -> None:
        """The market of a symbol moved: those who watch it look at it, each in its time."""
        for parent in list(self.watchers.get(symbol, {}).values()):
            watch_ns = parent.watch_ns
            if parent.done or watch_ns is None:
                self._watch(parent, None)
            elif parent.wake_ns is None or watch_ns < parent.wake_ns:
                self._wake(parent, watch_ns)

    def next_wake_ns(self) -> int | None:
        """When `on_timer` is next needed; None while nothing waits for time."""
        while self._heap:
            wake_ns, order_id = self._heap[0]
            parent = self.desk.blotter.live_parents.get(order_id)
            if parent is not None and parent.wake_ns == wake_ns:
                return wake_ns
            heappop(self._heap)
        return None

    def work_all(self, now_ns: int) -> None:
        """Bring every live parent forward."""
        for parent in list(self.desk.blotter.live_parents.values()):
            self.work(parent, now_ns)

    def work(self, parent: Parent, now_ns: int) -> None:
        """Do what is due for a parent, say why if nothing is, and wake again in time."""
        self._watch(parent, None)
        if self.desk.claim is None or (parent.done and not self._revived(parent, now_ns)):
            return
        if self._settling(parent, now_ns):
            return
        self._count_volume(parent, now_ns)
        around = self._around(parent, now_ns)
        around.market.judge_fills(now_ns)
        reason = self._reason_to_plan(parent, around)
        if reason is not None:
            self._plan(parent, around, reason)
        decision = decide(parent, around)
        wake_ns, reason_to_wait = decision.wake_ns, decision.reason
        if parent.open_children and (parent.paused or self.desk.killed(parent.instrument.symbol)):
            self._cancel_open(parent, now_ns)
            wake_ns = min(wake_ns, now_ns + SETTLE_NS)
        for action in decision.actions:
            turn_ns = self._turn_ns(parent, action, now_ns)
            if turn_ns > now_ns:
                wake_ns, reason_to_wait = min(wake_ns, turn_ns), WaitReason.MESSAGE_RATE
            else:
                self._act(parent, action, now_ns)
        if decision.reason is WaitReason.OWN_ORDER:
            self._make_way(parent, now_ns)
        tell_ns = self._say_waiting(parent, reason_to_wait, decision.due_qty, now_ns)
        self._wake(parent, wake_ns if tell_ns is None else min(wake_ns, tell_ns))
        self._watch(parent, decision.watch_ns)

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
            self._say_waiting(parent, self._settling_reason(parent), 0, now_ns)
            self._wake(parent, now_ns + SETTLE_NS)
        else:
            self._end(parent, now_ns)
        return True

    def _settling_reason(self, parent: Parent) -> WaitReason:
        if any(not self._is_live(each.venue) for each in parent.open_children.values()):
            return WaitReason.VENUE_DOWN
        if parent.pending_cancel is not None:
            return WaitReason.PENDING_CANCEL
        if parent.pending_replace is not None:
            return WaitReason.PENDING_REPLACE
        crossing = all(each.for_auction for each in parent.open_children.values())
        return WaitReason.AUCTION if crossing else WaitReason.ENDING

    def _try_replace(self, parent: Parent, request: ReplaceParent, now_ns: int) -> None:
        """Let new terms take effect once nothing at a venue can break them, or refuse them."""
        terms = self.new_terms(parent, request, now_ns)
        offset, _ = self.desk.requests.first(request.source, request.cl_ord_id)
        if isinstance(terms, Rejection):
            self.desk.refuse(request, offset, terms, now_ns)
        elif possible_now(parent, terms) or not parent.open_children:
            terms = settled_terms(parent, terms)
            text = adjusted(request, terms, self._calendar(parent))
            params = amend_parameters(parent.algorithm.parameters, parent.params, request.params)
            assert not isinstance(params, Rejection)
            left_qty = max(terms.order_qty - parent.cum_qty - parent.open_qty, 0)
            estimate = self.desk.estimate(
                parent.instrument, parent.side, left_qty, terms, params, now_ns
            )
            self.desk.step(
                parent, offset, ExecType.REPLACED, request, now_ns, terms, text, estimate
            )

    def new_terms(self, parent: Parent, request: ReplaceParent, now_ns: int) -> Terms | Rejection:
        """The terms that a replace asks for, or why they cannot be had."""
        mid_px = self.desk.mid_px(parent.instrument.symbol, now_ns)
        terms = judge_replace(
            parent, request, self._calendar(parent), self.desk.policy.max_participation_cap,
            mid_px, now_ns,
        )  # fmt: skip
        if isinstance(terms, Rejection):
            return terms
        params = amend_parameters(parent.algorithm.parameters, parent.params, request.params)
        assert not isinstance(params, Rejection)
        lacking = self.lacking(parent.instrument, parent.algorithm, params, terms, now_ns)
        return terms if lacking is None else lacking

    def lacking(
        self, instrument: Instrument, algorithm: Algorithm, params: Values, terms: Terms,
        now_ns: int,
    ) -> Rejection | None:  # fmt: skip
        """Which parameter needs what is not known of the symbol, or None."""
        session = self.desk.calendars[instrument.calendar].session_at(terms.start_ns)
        if session is None:
            return None
        session_s = session.trading_ns(session.open_ns, session.close_ns) / 1e9
        symbol = instrument.symbol
        return algorithm.lacks(
            params, self.desk.market(symbol), self.desk.profile(symbol), session_s, now_ns
        )

    def _calendar(self, parent: Parent) -> TradingCalendar:
        return self.desk.calendars[parent.instrument.calendar]

    def _end(self, parent: Parent, now_ns: int) -> None:
        """Nothing of it can trade any more: say that it is over, and why."""
        if parent.pending_replace is not None:
            self._refuse_overtaken(parent.pending_replace, now_ns)
        cancel = parent.pending_cancel
        if cancel is not None:
            offset, _ = self.desk.requests.first(cancel.source, cancel.cl_ord_id)
            self.desk.step(parent, offset, ExecType.CANCELED, cancel, now_ns)
            return
        exec_id = f"{parent.order_id}.C{parent.plan_version}"
        text = f"end of the window; {waited_text(parent.waits.waited_ms(now_ns))}"
        self.desk.emit(
            on_request(self.desk.token, parent, exec_id, ExecType.EXPIRED, now_ns, text=text)
        )

    def _refuse_overtaken(self, request: CancelParent | ReplaceParent, now_ns: int) -> None:
        offset, _ = self.desk.requests.first(request.source, request.cl_ord_id)
        too_late = Rejection(RejectReason.TOO_LATE, "orig_cl_ord_id", "the order has ended")
        self.desk.refuse(request, offset, too_late, now_ns)

    def _make_way(self, parent: Parent, now_ns: int) -> None:
        """Ask those orders of ours to step aside that `parent` would trade with at a touch.

        Their parents wait for a moment, so that they do not stand there again at once.
        """
        market = self.desk.market(parent.instrument.symbol)
        for venue in parent.instrument.venues:
            px_ticks, _ = market.others_touch(venue, parent.side)
            for cl_ord_id in market.own.in_the_way(venue, parent.side, px_ticks):
                child = self.desk.blotter.child(cl_ord_id)
                other = self.desk.blotter.parents[child.order_id]
                other.retry_ns, other.retry_reason = now_ns + SETTLE_NS, WaitReason.OWN_ORDER
                self._cancel(other, child, now_ns)

    def _turn_ns(self, parent: Parent, action: Action, now_ns: int) -> int:
        """When an action may go to its venue. A cancel never waits; what waits is decided anew."""
        if isinstance(action, Withdraw):
            return now_ns
        if isinstance(action, Send):
            venue = action.venue
        else:
            venue = parent.open_children[action.cl_ord_id].venue
        return self.desk.pace.turn_ns(venue, parent.order_id, now_ns)

    def _act(self, parent: Parent, action: Action, now_ns: int) -> None:
        """Do at a venue what was decided."""
        if isinstance(action, Withdraw):
            self._cancel(parent, parent.open_children[action.cl_ord_id], now_ns)
            return
        cl_ord_id = child_cl_ord_id(parent.order_id, parent.children + 1)
        token, px_ticks = self.desk.token, action.px_ticks
        if isinstance(action, Send):
            shows = action.time_in_force is TimeInForce.DAY and action.display_qty != 0
            shows = shows and action.peg is None
            queue_qty = self._queue_qty(parent, action.venue, px_ticks) if shows else None
            self.desk.emit(child_of(token, parent, cl_ord_id, action, queue_qty, now_ns))
        else:
            child = parent.open_children[action.cl_ord_id]
            shows = child.display_qty != 0 and child.peg is None
            queue_qty = self._queue_qty(parent, child.venue, px_ticks) if shows else None
            self.desk.emit(
                replacement_of(token, parent, cl_ord_id, child.venue, action, queue_qty, now_ns)
            )

    def _queue_qty(self, parent: Parent, venue: str, px_ticks: int | None) -> int | None:
        """Shares of others that stand where an order is to rest; None if that is not known."""
        if px_ticks is None:
            return None
        market = self.desk.market(parent.instrument.symbol)
        return market.others_at(venue, parent.side, px_ticks)

    def _reason_to_plan(self, parent: Parent, around: Surroundings) -> str | None:
        """Why a plan is to be made now, None if the one in force stands."""
        if parent.unplanned:
            return "accepted" if parent.plan is None else "replaced"
        if parent.paused or around.killed:
            return None
        return parent.algorithm.replan(parent, around)

    def _plan(self, parent: Parent, around: Surroundings, reason: str) -> None:
        """Publish a plan for what is neither filled nor open, over the rest of the window."""
        now_ns = around.now_ns
        base_qty = parent.cum_qty + parent.open_qty
        left_qty = parent.terms.order_qty - base_qty
        start_ns = max(parent.terms.start_ns, now_ns)
        if left_qty <= 0 or start_ns >= parent.terms.end_ns:
            return
        clock = TradingClock.over(start_ns, parent.terms.end_ns, around.pause)
        seed = seed_of(f"{parent.order_id}.{parent.plan_version + 1}")
        plan = parent.algorithm.plan(
            PlanRequest(
                parent=parent, around=around, qty=left_qty, base_qty=base_qty, clock=clock,
                seed=seed,
            )
        )  # fmt: skip
        times_ns = tuple(clock.wall_ns(each) for each in plan.schedule.times_ns)
        self.desk.emit(plan_of(self.desk.token, parent, plan, times_ns, seed, reason, now_ns))

    def _cancel_open(self, parent: Parent, now_ns: int) -> None:
        """Ask for the end of every open child; an IOC is given time to end by itself.

        So is an order for a cross when no more than the window has ended: the cross is to come.
        """
        end_ns = parent.terms.end_ns
        over = parent.pending_cancel is None and end_ns <= now_ns < end_ns + CROSS_GRACE_NS
        for child in list(parent.open_children.values()):
            if over and child.for_auction:
                continue
            ioc = child.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
            if not ioc or now_ns - child.decided_ns >= IOC_GRACE_NS:
                self._cancel(parent, child, now_ns)

    def _cancel(self, parent: Parent, child: Child, now_ns: int) -> None:
        """Ask for the end of a child, unless it was asked for a moment ago.

        While its venue is away one request waits there; more of them would leave all at once.
        """
        asked_ns = child.cancel_asked_ns
        if asked_ns is not None and (
            now_ns - asked_ns < CANCEL_RETRY_NS or not self._is_live(child.venue)
        ):
            return
        cancel_id = child_cl_ord_id(parent.order_id, parent.children + 1)
        self.desk.emit(
            cancel_of(
                self.desk.token, parent, cancel_id, child.cl_ord_id, child.venue, child.order_qty,
                now_ns,
            )
        )  # fmt: skip

    def _is_live(self, venue: str) -> bool:
        return self.desk.venues.get(venue) is VenueState.LIVE

    def _say_waiting(
        self, parent: Parent, reason: WaitReason, due_qty: int, now_ns: int
    ) -> int | None:
        """Count time for the reason from now on, and report it; or return when it may be."""
        wait = Wait(reason)
        if reason is WaitReason.REJECTED_BY_VENUE and parent.refusal is not None:
            wait = parent.refusal
        parent.due_qty = due_qty
        parent.waits.become(wait, now_ns)
        tell_ns = parent.waits.tell_ns(now_ns)
        if tell_ns is None or tell_ns > now_ns:
            return tell_ns
        self.desk.emit(waiting_of(self.desk.token, parent, wait, now_ns))
        return None

    def _wake(self, parent: Parent, wake_ns: int) -> None:
        if parent.wake_ns != wake_ns:
            parent.wake_ns = wake_ns
            heappush(self._heap, (wake_ns, parent.order_id))

    def _watch(self, parent: Parent, watch_ns: int | None) -> None:
        """Have a parent look again when its market moves, not before `watch_ns`; None: no more."""
        symbol, order_id = parent.instrument.symbol, parent.order_id
        if watch_ns is not None:
            self.watchers.setdefault(symbol, {})[order_id] = parent
        elif parent.watch_ns is not None:
            watching = self.watchers[symbol]
            del watching[order_id]
            if not watching:
                del self.watchers[symbol]
        parent.watch_ns = watch_ns

    def tell_fills(self, now_ns: int) -> None:
        """Report every booked fill that the OMS has not been told of."""
        if not self.desk.blotter.untold:
            return
        untold, self.desk.blotter.untold = self.desk.blotter.untold, []
        for child, execution in untold:
            parent = self.desk.blotter.parents[child.order_id]
            if fill_exec_id(parent, execution.venue, execution.exec_id) in parent.told:
                continue
            report = fill_report(self.desk.token, parent, child.cl_ord_id, execution, now_ns)
            if report is not None:
                self.desk.emit(report)

    def back_off(self, parent: Parent, child: Child, record: object, now_ns: int) -> None:
        """Be slow after a miss, and leave a venue alone that refused."""
        refused = child.status is OrdStatus.REJECTED
        if refused:
            until_ns = now_ns + self.desk.policy.reject_backoff_ns
            parent.avoid_until_ns[child.venue] = until_ns
            parent.refusal = None
            if isinstance(record, ChildRefused):
                parent.refusal = Wait(WaitReason.REFUSED, record.reason, child.venue)
                if record.reason is RefusalReason.MESSAGE_RATE:  # of all venues
                    parent.retry_ns = until_ns
                    parent.retry_reason = WaitReason.REJECTED_BY_VENUE
        elif child.time_in_force is not TimeInForce.IMMEDIATE_OR_CANCEL:
            # It rested: nothing was pinged. A venue that ends it unasked would do so again.
            if child.cancel_asked_ns is None and child.status is not OrdStatus.FILLED:
                parent.avoid_until_ns[child.venue] = now_ns + self.desk.policy.reject_backoff_ns
                parent.refusal = None
        elif child.cum_qty == 0:
            parent.retry_ns = now_ns + miss_pause_ns(parent, now_ns)
            parent.retry_reason = WaitReason.MISSED
            parent.misses += 1
        else:
            parent.misses = 0
            parent.retry_ns = now_ns + PAUSE_NS
            parent.retry_reason = WaitReason.PACING

    def _around(self, parent: Parent, now_ns: int) -> Surroundings:
        symbol = parent.instrument.symbol
        up = [venue for venue in parent.instrument.venues if self._is_live(venue)]
        live = {venue: venue in up and not self._barred(symbol, venue)
                for venue in parent.instrument.venues}  # fmt: skip
        session = self._calendar(parent).session_at(parent.terms.start_ns)
        live_curve = None if session is None else self.desk.live_curve(symbol, session)
        return Surroundings(
            market=self.desk.market(symbol),
            live=live,
            killed=self.desk.killed(symbol) or (bool(up) and not any(live.values())),
            now_ns=now_ns,
            pause=None if session is None or session.break_start_ns is None else session.pause,
            session=session,
            curve=None if live_curve is None else live_curve.source,
            live_curve=live_curve,
            profile=self.desk.profile(symbol),
            offers=self.desk.policy.offers,
            impact=self.desk.impact_model(symbol),
            days={} if session is None else self.desk.trading_days(parent.instrument, session),
            child_qty_max=self.desk.largest_child_qty(parent),
        )

    def _barred(self, symbol: str, venue: str) -> bool:
        """Whether a kill switch forbids all orders in a symbol at a venue."""
        return (symbol, venue) in self.desk.kills or (None, venue) in self.desk.kills

    def _count_volume(self, parent: Parent, now_ns: int) -> None:
        """The participation cap counts from the first print after the start."""
        if parent.volume_mark is None and now_ns >= parent.terms.start_ns:
            tape = self.desk.market(parent.instrument.symbol).tape
            parent.volume_mark = tape.mark(parent.terms.start_ns)
