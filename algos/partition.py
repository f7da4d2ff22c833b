"""The worker's core: all parents, children and markets of one partition.

Events go in by `on_*`, messages to publish come out, already applied here. What a restarted worker
reads back goes in by `fold_*`, in the order parents, reports, children, executions; `take` then
does what the log shows undone. It reads no clock and sends nothing itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, dataclass, field

from algos.algorithm import Algorithm
from algos.answers import Answers
from algos.blotter import Blotter
from algos.catalogue import ALGORITHMS
from algos.desk import Command, Desk
from algos.models.known_calibrations import KnownCalibrations
from algos.pace import Pace
from algos.policy import Policy
from algos.progress import Progress
from algos.requests import Seen
from domain.children import ChildCommand
from domain.control import ControlRecord, EngageKillSwitch, Rearm, SetLimits
from domain.executions import ExecutionRecord, VenueState, VenueStateChanged
from domain.instruments import InstrumentTable
from domain.marketdata import MarketEvent, Quote
from domain.parents import ParentRequest
from domain.reports import Report
from domain.sessions import TradingCalendar
from marketdata.known_profiles import KnownProfiles
from marketdata.market import SymbolMarket

__all__ = ["Command", "Partition"]


@dataclass(slots=True, kw_only=True)
class Partition:
    """One partition. `algorithms`: those that orders may ask for, by name."""

    number: int
    instruments: InitVar[InstrumentTable]
    calendars: InitVar[Mapping[str, TradingCalendar]]
    policy: InitVar[Policy]
    partition_of: InitVar[Callable[[str], int]]
    profiles: InitVar[KnownProfiles | None] = None
    calibrations: InitVar[KnownCalibrations | None] = None
    algorithms: InitVar[Mapping[str, Algorithm]] = ALGORITHMS
    pace: InitVar[Pace | None] = None
    _desk: Desk = field(init=False)
    _progress: Progress = field(init=False)
    _answers: Answers = field(init=False)
    _watches: bool = False  # whether statistics are kept for the parents that were folded

    def __post_init__(
        self, instruments: InstrumentTable, calendars: Mapping[str, TradingCalendar],
        policy: Policy, partition_of: Callable[[str], int], profiles: KnownProfiles | None,
        calibrations: KnownCalibrations | None, algorithms: Mapping[str, Algorithm],
        pace: Pace | None,
    ) -> None:  # fmt: skip
        self._desk = Desk(
            number=self.number, instruments=instruments, calendars=calendars, policy=policy,
            partition_of=partition_of, profiles=profiles or KnownProfiles(),
            calibrations=calibrations or KnownCalibrations(), algorithms=algorithms,
            pace=pace or Pace(),
        )  # fmt: skip
        self._progress = Progress(self._desk)
        self._answers = Answers(self._desk, self._progress)

    @property
    def blotter(self) -> Blotter:
        """Every parent and child."""
        return self._desk.blotter

    @property
    def markets(self) -> dict[str, SymbolMarket]:
        """By symbol."""
        return self._desk.markets

    @property
    def venues(self) -> dict[str, VenueState]:
        """Where each venue stands, as far as venue access has said."""
        return self._desk.venues

    @property
    def watches(self) -> bool:
        """Whether an event of the market may wake a parent."""
        return bool(self._progress.watchers)

    def venues_of(self, symbol: str) -> tuple[str, ...]:
        """Where an instrument trades."""
        return self._desk.instruments[symbol].venues

    # -- live events: each returns the messages to publish, in order

    def on_parent(self, request: ParentRequest, offset: int, now_ns: int) -> list[Command]:
        """A request arrived at `offset` of `parents`. A redelivered one is nothing."""
        if self._desk.requests.register(offset, request) is not Seen.AGAIN:
            self._answers.answer(request, offset, now_ns)
        return self._desk.flushed()

    def on_execution(self, record: ExecutionRecord, now_ns: int) -> list[Command]:
        """Venue access said something. Raises Unusable; then nothing changed."""
        if isinstance(record, VenueStateChanged):
            self.venues[record.venue] = record.state
            self._progress.work_all(now_ns)
            return self._desk.flushed()
        change = self._desk.apply_execution(record)
        if change is not None:
            parent = self.blotter.parents[change.child.order_id]
            if change.ended:
                self._progress.back_off(parent, change.child, record, now_ns)
            self._progress.tell_fills(now_ns)
            if change.moved or change.ended or parent.request_pending:
                self._progress.work(parent, now_ns)  # a mere acknowledgement makes nothing due
        return self._desk.flushed()

    def on_market(self, events: Iterable[MarketEvent], now_ns: int) -> list[Command]:
        """Market data of one symbol: costs the same however many parents there are, but for those
        that watch its market: they are woken, and `on_timer` brings them forward.
        """
        symbol = None
        watchers = self._progress.watchers
        market: SymbolMarket | None = None
        for event in events:
            if event.symbol is not symbol:  # once a record, if its symbols are one object
                symbol = event.symbol
                if watchers and symbol in watchers:
                    self._progress.on_market(symbol)
                market = self.markets.get(symbol)
                if market is None and symbol in self._desk.instruments.by_symbol:
                    market = self._desk.market(symbol)
            if market is None:
                continue  # a feed may carry more than we trade
            if type(event) is Quote:  # nearly every event
                market.on_quote(event)
            else:
                market.on_event(event)
        return []

    def on_control(self, record: ControlRecord, now_ns: int) -> list[Command]:
        """An operator ordered something."""
        self.fold_control(record)
        if isinstance(record, EngageKillSwitch | Rearm):
            self._progress.work_all(now_ns)
        return self._desk.flushed()

    def on_timer(self, now_ns: int) -> list[Command]:
        """Bring every parent forward whose time has come."""
        self._progress.on_timer(now_ns)
        return self._desk.flushed()

    def next_wake_ns(self) -> int | None:
        """When `on_timer` is next needed; None while nothing waits for time."""
        return self._progress.next_wake_ns()

    # -- the log, read back after a restart

    def fold_parent(self, offset: int, request: ParentRequest) -> None:
        """A record of `parents`."""
        self._desk.requests.register(offset, request)

    def fold_report(self, report: Report) -> None:
        """A record of `reports` that is not fenced off."""
        if not self.blotter.forgotten(report):
            self.blotter.apply_report(report)

    def fold_child(self, command: ChildCommand) -> None:
        """A record of `children` that is not fenced off."""
        if not self.blotter.forgotten(command):
            self._desk.apply_command(command)

    def fold_execution(self, record: ExecutionRecord) -> None:
        """A record of `executions`. Raises Unusable."""
        if isinstance(record, VenueStateChanged):
            self.venues[record.venue] = record.state
        else:
            self._desk.apply_execution(record)

    def fold_market(self, events: Iterable[MarketEvent]) -> None:
        """Recent market data, after all else: statistics, and the volume since parents' starts.

        Own fills are known by then, and are taken out of the tape as they were when it was live.
        """
        self._watch()
        self.on_market(events, 0)

    def fold_control(self, record: ControlRecord) -> None:
        """A record of `control`."""
        if isinstance(record, EngageKillSwitch):
            self._desk.kills[record.symbol, record.venue] = record
        elif isinstance(record, Rearm):
            self._desk.kills.pop((record.symbol, record.venue), None)
        elif isinstance(record, SetLimits):
            self._desk.child_limits.apply(record)
            per_second = None if record.symbol is not None else record.messages_per_second
            if per_second is not None and self._desk.pace.per_second is not None:
                self._desk.pace.per_second = per_second

    def _watch(self) -> None:
        """Once orders are folded: statistics of the touch for those that live."""
        if not self._watches:
            self._watches = True
            for parent in self.blotter.live_parents.values():
                self._desk.watch(parent)

    def take(self, claim: int, now_ns: int) -> list[Command]:
        """The log is folded and the partition ours: answer, tell and do what is undone."""
        self._desk.claim = claim
        self._watch()
        self._progress.tell_fills(now_ns)
        for offset, request in self._desk.requests.unanswered():
            self._answers.answer(request, offset, now_ns)
        self._progress.work_all(now_ns)
        return self._desk.flushed()
