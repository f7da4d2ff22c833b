"""Virtual time over the very cores: worker, venue access, venues and TCA on the in-memory bus.

Time jumps from event to event, so a day lasts seconds and two runs of the same input give the same
bytes. At one instant the market comes first, then messages under way, then timers. Between worker
and venue access every record takes `hop_ns`. It stands in for the shells (append, deliver, feed
back) and decides nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

import msgspec

from bus.topics import Topic
from domain.children import ChildRecord
from domain.control import KillProgress
from domain.deadletters import DeadLetter
from domain.executions import ExecutionRecord
from domain.fencing import Fence
from domain.fix_codes import ExecType
from domain.marketdata import MarketEvent
from domain.parents import NewParent, ParentRequest
from domain.reports import ParentPlan, ParentReport
from domain.tca import ParentCost
from gateway.venue_commands import Publish
from simulation.agenda import NEVER, Agenda
from simulation.order_log import OrderLog
from simulation.order_marks import OrderMarks
from simulation.simulated_worker import (
    MARKET_TAIL,
    Appended,
    ChildAppended,
    MarketTails,
    SimulatedWorker,
)
from simulation.venue_port import PortOutput, VenuePort
from tca.costs import Costs

# After the last order has ended, for what is still under way (repetitions above all) to arrive.
SETTLE_NS: Final = 3_000_000_000


@dataclass(slots=True, kw_only=True)
class Redelivery:
    """The bus delivers a record of `executions` to the worker again, with this probability, within
    `delay_ns`: later ones may come before it."""

    random: Random
    probability: float = 0.0
    delay_ns: int = 0


class Disturbance(msgspec.Struct, frozen=True):
    """Something goes wrong, or right again, at `at_ns`."""

    at_ns: int
    act: Callable[["Simulation", int], None]


@dataclass(slots=True, kw_only=True)
class Simulation:
    """One run. `new_worker`: makes the worker's n-th life. A request arrives at its `sent_ns`.

    `keeps_market`: whether a restarted worker is to read market data back.
    """

    log: OrderLog
    port: VenuePort
    costs: Costs
    new_worker: Callable[[int], SimulatedWorker]
    requests: Sequence[ParentRequest]
    disturbances: Sequence[Disturbance] = ()
    redelivery: Redelivery | None = None
    hop_ns: int = 0
    settle_ns: int = 0
    keeps_market: bool = False
    worker: SimulatedWorker = field(init=False)
    lives: int = 0
    marks: OrderMarks = field(init=False)
    final_costs: dict[str, ParentCost] = field(default_factory=dict)  # by OrderID
    rejects: list[ParentReport] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    redelivered: int = 0
    ended_ns: int = 0
    _agenda: Agenda[None] = field(default_factory=Agenda)
    _tails: MarketTails = field(default_factory=dict)
    _partitions: dict[str, int] = field(default_factory=dict)
    _fence: Fence = field(default_factory=Fence)
    _parents: int = 0
    _arrivals_left: int = 0
    _others_ns: int = 0
    _must_look: bool = True  # whether `_others_ns` may be out of date

    def __post_init__(self) -> None:
        self.marks = OrderMarks(self.port.exogenous)

    @property
    def finals(self) -> list[ParentCost]:
        """The final costs, in the order in which the orders ended."""
        return list(self.final_costs.values())

    @property
    def is_over(self) -> bool:
        """Whether every parent is rejected or has its final cost, and every request has come."""
        ended = len(self.final_costs) + len(self.rejects)
        return self._arrivals_left == 0 and ended >= self._parents

    def run(self, first_ns: int, until_ns: int) -> None:
        """Play from `first_ns` until it is over, or `until_ns` has come."""
        self.begin(first_ns)
        now_ns = first_ns
        last_ns = until_ns
        while now_ns <= last_ns:
            if self.is_over and last_ns == until_ns:
                last_ns = min(until_ns, now_ns + self.settle_ns)
                if not self.settle_ns:
                    break
            now_ns = self.turn(now_ns, last_ns)
        self.ended_ns = min(now_ns, last_ns)

    def begin(self, now_ns: int) -> None:
        """Take the partitions, open the venues, put on the agenda what is known to come."""
        self._parents = sum(isinstance(each, NewParent) for each in self.requests)
        self._arrivals_left = len(self.requests)
        self._start_worker(now_ns)
        self._said(self.port.start(now_ns), now_ns)
        for request in self.requests:
            self._agenda.at(max(request.sent_ns, now_ns), partial(self._arrive, request))
        for each in self.disturbances:
            self.at(max(each.at_ns, now_ns), each.act)

    def turn(self, now_ns: int, last_ns: int) -> int:
        """Do what is next, unless it is after `last_ns`. Returns when that is."""
        if self._must_look:
            self._look_ahead()
        next_ns = self.port.next_ns()
        if next_ns <= self._others_ns:
            now_ns = max(now_ns, next_ns)
            if now_ns > last_ns:
                return now_ns
            if not self.worker.watches:
                run = self.port.quiet_run(min(self._others_ns, last_ns))
                if run:
                    return self._on_run(run, now_ns)
            self._said(self.port.on_timer(now_ns), now_ns)
            return now_ns
        now_ns = max(now_ns, self._others_ns)
        if now_ns <= last_ns:
            self._must_look = True
            if self._agenda.next_ns() <= now_ns:
                self._agenda.pop(now_ns)
            else:
                self._wake(now_ns)
        return now_ns

    # -- faults

    def at(self, at_ns: int, act: Callable[["Simulation", int], None]) -> None:
        """Have a disturbance happen."""
        self._agenda.at(at_ns, partial(act, self))

    def kill_worker(self, appends_left: int = 0) -> None:
        """The worker dies, at once or after so many more appends."""
        self.worker.appends_left = appends_left

    def restart_worker(self, now_ns: int) -> SimulatedWorker:
        """Another worker takes over from the log. Returns the one that was."""
        before = self.worker
        self._start_worker(now_ns)
        return before

    def wake_superseded(self, worker: SimulatedWorker, now_ns: int) -> None:
        """A worker that was paused acts on what it knew, before it sees that it is superseded."""
        self._appended(worker.on_timer(now_ns), now_ns)

    def say(self, outputs: Sequence[PortOutput], now_ns: int) -> None:
        """What a disturbance of the port's brought about."""
        self._said(outputs, now_ns)

    # -- the bus

    def _start_worker(self, now_ns: int) -> None:
        self.worker = self.new_worker(self.lives)
        self.lives += 1
        self._appended(self.worker.take(self._tails, now_ns), now_ns)

    def _arrive(self, request: ParentRequest, now_ns: int) -> None:
        number = self._partition(request.symbol)
        offset = self.log.append(Topic.PARENTS, number, request)
        self._arrivals_left -= 1
        self._appended(self.worker.on_parent(number, offset, request, now_ns), now_ns)

    def _appended(self, appended: Iterable[Appended], now_ns: int) -> None:
        """Records of a worker: children go to venue access and TCA, reports to TCA."""
        for each in appended:
            number, offset, record = each
            if isinstance(each, ChildAppended):
                self.costs.on_child(number, offset, each.record)
                hand = partial(self._hand, number, offset, each.record)
                self._agenda.at(now_ns + self.hop_ns, hand)
                continue
            if self._fence.admits(number, record):
                if isinstance(record, ParentReport):
                    self._on_report(record, now_ns)
                elif isinstance(record, ParentPlan):
                    self.marks.on_plan(record)
            self._say_costs(self.costs.on_report(number, each.record))
        self._must_look = True

    def _on_report(self, report: ParentReport, now_ns: int) -> None:
        if report.exec_type is ExecType.REJECTED:
            self.rejects.append(report)
        else:
            self.marks.on_report(report, now_ns)

    def _hand(self, number: int, offset: int, record: ChildRecord, now_ns: int) -> None:
        self._said(self.port.on_child(number, offset, record, now_ns), now_ns)

    def _said(self, outputs: Sequence[PortOutput], now_ns: int) -> None:
        """Market data reaches worker and TCA; what venue access publishes goes to the bus."""
        for output in outputs:
            if isinstance(output, Publish):
                self._publish(output, now_ns)
            else:
                self._on_market(output, now_ns)

    def _on_market(self, event: MarketEvent, now_ns: int) -> None:
        number = self._partition(event.symbol)
        self.marks.on_market(event)
        costs = self.costs.on_market((event,))
        if costs:
            self._say_costs(costs)
        if self.keeps_market:
            self._tails.setdefault(number, deque(maxlen=MARKET_TAIL)).append(event)
        if not self.worker.is_dead:
            appended = self.worker.on_market(number, (event,), now_ns)
            if appended:
                self._appended(appended, now_ns)
            if self.worker.watches:
                self._must_look = True

    def _on_run(self, run: dict[str, list[MarketEvent]], now_ns: int) -> int:
        """Events between two times at which something is due. Returns when the last one was."""
        for symbol, events in run.items():
            now_ns = max(now_ns, events[-1].at_ns)
            self._on_events(symbol, events)
        return now_ns

    def _on_events(self, symbol: str, events: list[MarketEvent]) -> None:
        number = self._partition(symbol)
        self.marks.on_events(symbol, events)
        costs = self.costs.on_market_of(symbol, events)
        if costs:
            self._say_costs(costs)
        if self.keeps_market:
            self._tails.setdefault(number, deque(maxlen=MARKET_TAIL)).extend(events)
        if not self.worker.is_dead:
            appended = self.worker.on_market(number, events, events[-1].at_ns)
            assert not appended, "what acts on market data must be told it event by event"

    def _publish(self, publish: Publish, now_ns: int) -> None:
        record = publish.record
        if isinstance(record, DeadLetter):
            self.dead_letters.append(record)
            self.log.append(Topic.DEADLETTER, 0, record)
        elif isinstance(record, KillProgress):
            self.log.append(Topic.CONTROL, 0, record)
        elif publish.symbol is not None:
            self._execution(self._partition(publish.symbol), record, now_ns)
        else:
            all_of_them = self.log.partitions
            for number in all_of_them if publish.partition is None else (publish.partition,):
                self._execution(number, record, now_ns)
        self._must_look = True

    def _execution(self, number: int, record: ExecutionRecord, now_ns: int) -> None:
        offset = self.log.append(Topic.EXECUTIONS, number, record)
        at_ns = now_ns + self.hop_ns
        if self.hop_ns:
            self._agenda.at(at_ns, partial(self._deliver, number, offset, record))
        else:
            self._deliver(number, offset, record, now_ns)
        again = self.redelivery
        if again is not None and again.random.random() < again.probability:
            later_ns = at_ns + again.random.randint(0, again.delay_ns)
            self._agenda.at(later_ns, partial(self._deliver_again, number, offset, record))

    def _deliver(self, number: int, offset: int, record: ExecutionRecord, now_ns: int) -> None:
        if not self.worker.knows(number, offset):
            appended = self.worker.on_execution(number, offset, record, now_ns)
            self._appended(appended, now_ns)

    def _deliver_again(
        self, number: int, offset: int, record: ExecutionRecord, now_ns: int
    ) -> None:
        self.redelivered += 1
        self._appended(self.worker.on_execution(number, offset, record, now_ns), now_ns)

    # -- timers and TCA

    def _wake(self, now_ns: int) -> None:
        if self.worker.next_wake_ns() <= now_ns:
            self._appended(self.worker.on_timer(now_ns), now_ns)
        self._say_costs(self.costs.on_timer(now_ns))

    def _say_costs(self, costs: Sequence[ParentCost]) -> None:
        for cost in costs:
            self.log.append(Topic.TCA, self._partition(cost.symbol), cost)
            if cost.final:
                self.final_costs[cost.order_id] = cost

    def _look_ahead(self) -> None:
        """When messages and timers are next due; the market moves none of these."""
        self._must_look = False
        tca_ns = self.costs.next_wake_ns()
        self._others_ns = min(
            self._agenda.next_ns(), self.worker.next_wake_ns(), NEVER if tca_ns is None else tca_ns
        )

    def _partition(self, symbol: str) -> int:
        number = self._partitions.get(symbol)
        if number is None:
            number = self._partitions[symbol] = self.log.partition_of(symbol)
        return number

    def records(self, topic: Topic) -> list[object]:
        """What was published on `topic`, read back from the bus."""
        return self.log.messages(topic)
