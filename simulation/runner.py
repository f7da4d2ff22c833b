"""Virtual time over the very cores: a worker's partition, venues, TCA, on the in-memory bus.

Time is the market record's: it jumps from event to event, so a day lasts seconds and two runs of
the same input give the same bytes. At one instant the market comes first, then messages under way,
then timers. Orders and reports each take a constant latency; market data takes none. It stands in
for the shells (claim, publish, feed back) and decides nothing; faults are not injected here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

import msgspec

from algos.partition import Command, Partition
from bus.codec import decode, encode
from bus.memory import Broker, MemoryLog
from bus.topics import Topic
from domain.children import CancelChild, ChildCommand, Claim, NewChild, ReplaceChild
from domain.executions import (
    ChildCancelRejected,
    ChildSent,
    Execution,
    ExecutionRecord,
    VenueState,
    VenueStateChanged,
)
from domain.fix_codes import ExecType
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent
from domain.parents import NewParent
from domain.reports import ParentReport
from domain.tca import ParentCost
from simulation.replay_venue import ReplayVenue, VenueOutput
from simulation.venue_gate import VenueGate
from tca.costs import Costs

PARTITION: Final = 0  # one symbol a run, so one partition
WORKER: Final = "simulation"
_NEVER: Final = 1 << 63

Action = Callable[[int], None]


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Constant delays, in nanoseconds of virtual time, each way between worker and venue."""

    order_ns: int = 1_000_000
    report_ns: int = 1_000_000


@dataclass(slots=True, kw_only=True)
class Simulation:
    """One run. `seed` is where in `parents` the first one stands: order ids, and by them every
    random choice, are functions of that offset.
    """

    partition: Partition
    costs: Costs
    instruments: InstrumentTable
    venues: dict[str, ReplayVenue]
    gate: VenueGate
    latency: Latency = field(default_factory=Latency)
    seed: int = 0
    broker: Broker = field(default_factory=lambda: Broker(partition_count=1))
    finals: list[ParentCost] = field(default_factory=list)
    rejects: list[ParentReport] = field(default_factory=list)
    market_events: int = 0
    _log: MemoryLog = field(init=False)
    _agenda: list[tuple[int, int, Action]] = field(default_factory=list)
    _scheduled: int = 0

    def __post_init__(self) -> None:
        self._log = MemoryLog(self.broker)

    def run(
        self, market: Iterable[MarketEvent], parents: Sequence[NewParent], until_ns: int
    ) -> None:
        """Play until every parent is rejected or has its final cost, or `until_ns` has come.

        A parent arrives at its `sent_ns`; `market` is by rising time.
        """
        assert parents
        events = iter(market)
        event = next(events, None)
        now_ns = min(parent.sent_ns for parent in parents)
        if event is not None:
            now_ns = min(now_ns, event.at_ns)
        self._take_partition(now_ns)
        for parent in parents:
            self._at(parent.sent_ns, self._arrival(parent))
        while len(self.finals) + len(self.rejects) < len(parents):
            next_ns = self._next_ns()
            if event is not None and event.at_ns <= next_ns:
                now_ns = event.at_ns
                self._play(event)
                event = next(events, None)
                continue
            now_ns = max(now_ns, next_ns)
            if now_ns > until_ns:
                return
            if self._agenda and self._agenda[0][0] <= now_ns:
                heappop(self._agenda)[2](now_ns)
            else:
                self._wake(now_ns)

    def _play(self, event: MarketEvent) -> None:
        """One event of the record happens, at its venue if that is one of ours."""
        self.market_events += 1
        venue = self.venues.get(event.venue)
        outputs = (event,) if venue is None else venue.on_market(event)
        self._venue_said(outputs, event.at_ns)

    def _next_ns(self) -> int:
        """When the next message or timer is due."""
        message_ns = self._agenda[0][0] if self._agenda else _NEVER
        worker_ns = self.partition.next_wake_ns()
        tca_ns = self.costs.next_wake_ns()
        return min(
            message_ns,
            worker_ns if worker_ns is not None else _NEVER,
            tca_ns if tca_ns is not None else _NEVER,
        )

    def _wake(self, now_ns: int) -> None:
        worker_ns = self.partition.next_wake_ns()
        if worker_ns is not None and worker_ns <= now_ns:
            self._do(self.partition.on_timer(now_ns), now_ns)
        self._say(self.costs.on_timer(now_ns))

    def _at(self, at_ns: int, action: Action) -> None:
        self._scheduled += 1
        heappush(self._agenda, (at_ns, self._scheduled, action))

    def _take_partition(self, now_ns: int) -> None:
        """Claim as a worker does, and have venue access say that every venue is live."""
        claim = Claim(
            partition=PARTITION, worker=WORKER, build="", settings_hash="",
            instruments_hash=self.instruments.hash, at_ns=now_ns,
        )  # fmt: skip
        token = self._publish(Topic.CHILDREN, claim)
        self.costs.on_child(PARTITION, token, claim)
        self.gate.on_claim(PARTITION, token, claim)
        claimed = msgspec.structs.replace(claim, claim=token)
        self._publish(Topic.REPORTS, claimed)
        self._say(self.costs.on_report(PARTITION, claimed))
        self._do(self.partition.take(token, now_ns), now_ns)
        for venue in self.venues:
            self._deliver(
                VenueStateChanged(venue=venue, state=VenueState.LIVE, at_ns=now_ns), now_ns
            )

    def _arrival(self, parent: NewParent) -> Action:
        def arrive(now_ns: int) -> None:
            offset = self._publish(Topic.PARENTS, parent)
            self._do(self.partition.on_parent(parent, self.seed + offset, now_ns), now_ns)

        return arrive

    def _do(self, commands: Sequence[Command], now_ns: int) -> None:
        """Publish what the worker decided; children leave for venue access, reports for TCA."""
        for command in commands:
            if isinstance(command, NewChild | CancelChild | ReplaceChild):
                offset = self._publish(Topic.CHILDREN, command)
                self.costs.on_child(PARTITION, offset, command)
                self._at(now_ns + self.latency.order_ns, self._order(command))
            else:
                self._publish(Topic.REPORTS, command)
                if isinstance(command, ParentReport) and command.exec_type is ExecType.REJECTED:
                    self.rejects.append(command)
                self._say(self.costs.on_report(PARTITION, command))

    def _order(self, command: ChildCommand) -> Action:
        def arrive(now_ns: int) -> None:
            answer = self.gate.on_child(PARTITION, command, now_ns)
            if answer is None:
                return
            self._at(now_ns + self.latency.report_ns, self._delivery(answer))
            if isinstance(answer, ChildSent):
                self._venue_said(self.venues[command.venue].on_child(command, now_ns), now_ns)

        return arrive

    def _venue_said(self, outputs: Sequence[VenueOutput], now_ns: int) -> None:
        """Market data is public at once; what a venue tells us takes its way."""
        for output in outputs:
            if isinstance(output, Execution | ChildCancelRejected):
                at_ns = now_ns + self.latency.report_ns
                self.gate.apply(output)
                received = msgspec.structs.replace(output, received_ns=at_ns)
                self._at(at_ns, self._delivery(received))
            else:
                self.gate.on_market(output)
                self._say(self.costs.on_market((output,)))
                self._do(self.partition.on_market((output,), now_ns), now_ns)

    def _delivery(self, record: ExecutionRecord) -> Action:
        return lambda now_ns: self._deliver(record, now_ns)

    def _deliver(self, record: ExecutionRecord, now_ns: int) -> None:
        self._publish(Topic.EXECUTIONS, record)
        self._do(self.partition.on_execution(record, now_ns), now_ns)

    def _say(self, costs: Sequence[ParentCost]) -> None:
        for cost in costs:
            self._publish(Topic.TCA, cost)
            if cost.final:
                self.finals.append(cost)

    def _publish(self, topic: Topic, message: msgspec.Struct) -> int:
        """Append to the bus. Returns the offset."""
        self._log.append(topic, WORKER, encode(topic, message), partition=PARTITION)
        return self._log.end(topic, PARTITION) - 1

    def records(self, topic: Topic) -> list[object]:
        """What was published on `topic`, read back from the bus."""
        return [decode(topic, each.value) for each in self.broker.partition(topic, PARTITION)]
