"""A worker process in virtual time: the cores of its partitions, and what its shell does for them.

It takes its partitions by the claim protocol of ARCHITECTURE.md and folds the log in the order of
algos.worker; it reads the order topics by offset, so that what a fold has seen is not taken again.
It may be killed, in the middle of an append too: what it decided and had not appended is lost.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from algos.blotter import Unusable
from algos.partition import Command, Partition
from bus.topics import Topic
from domain.children import CancelChild, ChildRecord, Claim, NewChild, ReplaceChild
from domain.executions import ExecutionRecord
from domain.fencing import Fence
from domain.marketdata import MarketEvent
from domain.parents import ParentRequest
from domain.reports import ReportRecord
from simulation.agenda import NEVER
from simulation.order_log import OrderLog

# As many events of a partition as a restarted worker reads back at most (algos.worker).
MARKET_TAIL: Final = 50_000

MarketTails = dict[int, deque[MarketEvent]]  # by partition


class ChildAppended(NamedTuple):
    """A record of `children`, and where it stands."""

    partition: int
    offset: int
    record: ChildRecord


class ReportAppended(NamedTuple):
    """A record of `reports`, and where it stands."""

    partition: int
    offset: int
    record: ReportRecord


Appended = ChildAppended | ReportAppended


@dataclass(slots=True, kw_only=True)
class SimulatedWorker:
    """See the module. `new_core`: makes the empty core of a partition. `first_offset`: stands for
    the records of `parents` that the log has dropped before ours: order ids, and by them every
    random choice, are functions of a request's offset.

    `appends_left`: after so many more appends it is dead; None: it lives.
    """

    name: str
    log: OrderLog
    new_core: Callable[[int], Partition]
    instruments_hash: str
    first_offset: int = 0
    appends_left: int | None = None
    unusable: int = 0
    cores: dict[int, Partition] = field(init=False)
    _claims: dict[int, int] = field(default_factory=dict)
    _read: dict[tuple[Topic, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cores = {number: self.new_core(number) for number in self.log.partitions}

    @property
    def is_dead(self) -> bool:
        """Whether it does nothing any more."""
        return self.appends_left is not None and self.appends_left <= 0

    @property
    def watches(self) -> bool:
        """Whether an event of the market may wake a parent."""
        return not self.is_dead and any(core.watches for core in self.cores.values())

    def take(self, market: MarketTails, now_ns: int) -> list[Appended]:
        """Claim every partition, fold the log, do what it shows undone."""
        appended: list[Appended] = []
        for number in self.cores:
            appended += self._claim(number, now_ns)
        for number, core in self.cores.items():
            self._fold(number, core)
            core.fold_market(market.get(number, ()))
            appended += self._append(core, core.take(self._claims[number], now_ns))
        return appended

    def on_parent(self, number: int, offset: int, request: ParentRequest,
                  now_ns: int) -> list[Appended]:  # fmt: skip
        """A record of `parents`."""
        if not self._is_next(Topic.PARENTS, number, offset):
            return []
        core = self.cores[number]
        return self._append(core, core.on_parent(request, self.first_offset + offset, now_ns))

    def on_execution(self, number: int, offset: int, record: ExecutionRecord,
                     now_ns: int) -> list[Appended]:  # fmt: skip
        """A record of `executions`. Told again, it must have no second effect."""
        if self.is_dead:
            return []
        self._is_next(Topic.EXECUTIONS, number, offset)
        core = self.cores[number]
        try:
            return self._append(core, core.on_execution(record, now_ns))
        except Unusable:
            self.unusable += 1
            return []

    def knows(self, number: int, offset: int) -> bool:
        """Whether it has read this record of `executions`, in its fold or since."""
        return offset < self._read.get((Topic.EXECUTIONS, number), 0)

    def on_market(self, number: int, events: Iterable[MarketEvent],
                  now_ns: int) -> list[Appended]:  # fmt: skip
        """Market data of one partition."""
        core = self.cores[number]
        commands = core.on_market(events, now_ns)
        return self._append(core, commands) if commands else []

    def on_timer(self, now_ns: int) -> list[Appended]:
        """Bring every parent forward whose time has come."""
        appended: list[Appended] = []
        for core in self.cores.values():
            wake_ns = core.next_wake_ns()
            if wake_ns is not None and wake_ns <= now_ns and not self.is_dead:
                appended += self._append(core, core.on_timer(now_ns))
        return appended

    def next_wake_ns(self) -> int:
        """When `on_timer` is next needed; NEVER if it is not, or dead."""
        if self.is_dead:
            return NEVER
        next_ns = NEVER
        for core in self.cores.values():
            wake_ns = core.next_wake_ns()
            if wake_ns is not None and wake_ns < next_ns:
                next_ns = wake_ns
        return next_ns

    def _is_next(self, topic: Topic, number: int, offset: int) -> bool:
        """Whether a record is to be taken: not if it is dead or has read it."""
        if self.is_dead or offset < self._read.get((topic, number), 0):
            return False
        self._read[topic, number] = offset + 1
        return True

    def _claim(self, number: int, now_ns: int) -> list[Appended]:
        claim = Claim(
            partition=number, worker=self.name, build="", settings_hash="",
            instruments_hash=self.instruments_hash, at_ns=now_ns,
        )  # fmt: skip
        token = self.log.append(Topic.CHILDREN, number, claim)
        self._claims[number] = token
        told = msgspec.structs.replace(claim, claim=token)
        offset = self.log.append(Topic.REPORTS, number, told)
        return [ChildAppended(number, token, claim), ReportAppended(number, offset, told)]

    def _fold(self, number: int, core: Partition) -> None:
        """In the order in which records refer to each other; those of lost claims are ignored."""
        for offset, message in self.log.read(Topic.PARENTS, number):
            core.fold_parent(self.first_offset + offset, message)
        for topic, fold in ((Topic.REPORTS, core.fold_report), (Topic.CHILDREN, core.fold_child)):
            fence = Fence()
            for offset, message in self.log.read(topic, number):
                if fence.admits(number, message, offset):
                    fold(message)
        for _, message in self.log.read(Topic.EXECUTIONS, number):
            try:
                core.fold_execution(message)
            except Unusable:
                self.unusable += 1
        for topic in (Topic.PARENTS, Topic.EXECUTIONS):
            self._read[topic, number] = self.log.end(topic, number)

    def _append(self, core: Partition, commands: Iterable[Command]) -> list[Appended]:
        """Append in the order given, as far as it lives. Returns what is in the log."""
        appended: list[Appended] = []
        for command in commands:
            if self.is_dead:
                break
            if self.appends_left is not None:
                self.appends_left -= 1
            if isinstance(command, (NewChild, CancelChild, ReplaceChild)):
                offset = self.log.append(Topic.CHILDREN, core.number, command)
                appended.append(ChildAppended(core.number, offset, command))
            else:
                offset = self.log.append(Topic.REPORTS, core.number, command)
                appended.append(ReportAppended(core.number, offset, command))
        return appended
