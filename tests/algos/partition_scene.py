"""A worker's core on a bench: requests, venues' answers and time go in as lines of text.

`Scene` keeps what was published, as the log does, so that a partition can be folded afresh from it.
Seconds count from 10:00 of a day whose session is 09:30 to 16:00. Quotes go stale after a minute,
so that a scenario need not repeat them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from algos.actions import Reprice
from algos.partition import Command, Partition
from algos.policy import Policy
from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.control import ControlRecord
from domain.executions import (
    ChildCancelRejected,
    ChildRefused,
    Execution,
    ExecutionRecord,
    VenueState,
    VenueStateChanged,
)
from domain.fix_codes import CxlRejReason, CxlRejResponseTo, ExecType, OrdStatus, OrdType
from domain.instruments import Instrument, InstrumentTable, Side, TickBand
from domain.marketdata import MarketEvent
from domain.parents import NewParent, ParamValue, ParentRequest
from domain.refusals import RefusalReason
from domain.reports import Report
from domain.sessions import Session, SessionKind, TradingCalendar
from domain.trading_day import AuctionTimes
from domain.venue_offer import VenueOffer
from marketdata.known_profiles import KnownProfiles
from marketdata.symbol_profile import SymbolProfile

S = 1_000_000_000
BEGIN_NS = 1_699_974_000 * S  # 10:00 in New York
OPEN_NS = BEGIN_NS - 1_800 * S
CLOSE_NS = BEGIN_NS + 21_600 * S
DAY = "20231114"
VENUES = ("XA", "XB")
IBM = Instrument(
    symbol="IBM", currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS", venues=VENUES, max_order_qty=1_000_000,
    max_order_notional=Decimal(50_000_000),
)  # fmt: skip
ROUND = Instrument(  # trades in whole lots only
    symbol="RND", currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS", venues=VENUES, max_order_qty=1_000_000,
    max_order_notional=Decimal(50_000_000), odd_lots=False,
)  # fmt: skip
NOON = Instrument(  # its session has a break from 10:10 to 10:20, and closes early at 11:00
    symbol="NOON", currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XTKS", venues=VENUES, max_order_qty=1_000_000,
    max_order_notional=Decimal(50_000_000),
)  # fmt: skip
TABLE = InstrumentTable([IBM, ROUND, NOON])
CALENDAR = TradingCalendar(
    "XNYS",
    [
        Session(
            date="2023-11-14",
            open_ns=OPEN_NS,
            close_ns=CLOSE_NS,
            zone="America/New_York",
        ),
        Session(
            date="2023-11-15",
            open_ns=OPEN_NS + 86_400 * S,
            close_ns=CLOSE_NS + 86_400 * S,
            zone="America/New_York",
        ),
    ],
    last="2023-11-17",
    holidays={"2023-11-16": "Founders' Day"},
)
PAUSED = TradingCalendar(
    "XTKS",
    [
        Session(
            date="2023-11-14", open_ns=OPEN_NS, close_ns=BEGIN_NS + 3_600 * S,
            kind=SessionKind.EARLY_CLOSE, zone="America/New_York",
            break_start_ns=BEGIN_NS + 600 * S, break_end_ns=BEGIN_NS + 1_200 * S,
        ),
    ],
)  # fmt: skip
EVEN: dict[str, ParamValue] = {"interval": 10, "size_jitter": 0, "time_jitter": 0}


def new_parent(cl_ord_id: str = "A", order_qty: str | int = 1_000, *, side: Side = Side.BUY,
               end_s: float | None = 40, limit: str | None = None, start_s: float | None = None,
               source: str = "OMS", symbol: str = "IBM", algo: str = "twap",
               params: dict[str, ParamValue] | None = None) -> NewParent:  # fmt: skip
    return NewParent(
        source=source, cl_ord_id=cl_ord_id, symbol=symbol, side=side,
        order_qty=Decimal(order_qty), algo=algo,
        ord_type=OrdType.MARKET if limit is None else OrdType.LIMIT,
        limit_px=None if limit is None else Decimal(limit),
        start_ns=None if start_s is None else at_ns(start_s),
        end_ns=None if end_s is None else at_ns(end_s),
        params={**(EVEN if algo == "twap" else {}), **(params or {})}, sent_ns=BEGIN_NS,
    )  # fmt: skip


# Of XA alone, as on Nasdaq: the imbalance is shown from 15:50 on, orders are taken until 15:55.
AUCTIONS = {"XA": AuctionTimes(closing_imbalance_s=600, closing_cutoff_s=300)}


def at_ns(seconds: float) -> int:
    return BEGIN_NS + round(seconds * 1_000) * (S // 1_000)


def new_partition(number: int = 0, policy: Policy | None = None) -> Partition:
    return Partition(
        number=number, instruments=TABLE, calendars={"XNYS": CALENDAR, "XTKS": PAUSED},
        policy=policy or Policy(stale_ns=60 * S, auctions=AUCTIONS),
        partition_of=lambda symbol: 0,
    )  # fmt: skip


@dataclass(slots=True)
class Sent:
    """A child as its venue sees it. `asked`: replaces that it has not answered."""

    order: NewChild
    order_qty: int
    cum_qty: int = 0
    closed: bool = False
    asked: dict[str, ReplaceChild] = field(default_factory=dict)

    @property
    def open_qty(self) -> int:
        """Shares that may still fill, whatever becomes of the replaces."""
        filled = self.closed and self.cum_qty >= self.order_qty
        if self.closed and not filled:
            return 0
        most = max([self.order_qty, *(int(each.order_qty) for each in self.asked.values())])
        return most - self.cum_qty


@dataclass(slots=True)
class Scene:
    """One partition, and the log of what went into it and came out of it."""

    partition: Partition = field(default_factory=new_partition)
    now_ns: int = BEGIN_NS
    claim: int = 0
    parents: list[tuple[int, ParentRequest]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    children: list[ChildCommand] = field(default_factory=list)
    executions: list[ExecutionRecord] = field(default_factory=list)
    controls: list[ControlRecord] = field(default_factory=list)
    market: list[MarketEvent] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)
    fills: dict[str, Execution] = field(default_factory=dict)
    execs: int = 0

    def __post_init__(self) -> None:
        self.keep(self.partition.take(self.claim, self.now_ns))

    def keep(self, commands: Sequence[Command]) -> list[Command]:
        """Publish what the core said."""
        for command in commands:
            if isinstance(command, NewChild | CancelChild | ReplaceChild):
                self.children.append(command)
                if isinstance(command, NewChild):
                    self.sent[command.cl_ord_id] = Sent(command, command.order_qty)
                elif isinstance(command, ReplaceChild):
                    self.sent[command.orig_cl_ord_id].asked[command.cl_ord_id] = command
            else:
                self.reports.append(command)
        return list(commands)

    def ask(self, request: ParentRequest, offset: int | None = None) -> list[Command]:
        """Append a request to `parents`, or deliver the one at `offset` again."""
        if offset is None:
            offset = len(self.parents)
            self.parents.append((offset, request))
        return self.keep(self.partition.on_parent(request, offset, self.now_ns))

    def say(self, record: ExecutionRecord) -> list[Command]:
        """A record of `executions`."""
        self.executions.append(record)
        return self.keep(self.partition.on_execution(record, self.now_ns))

    def control(self, record: ControlRecord) -> list[Command]:
        self.controls.append(record)
        return self.keep(self.partition.on_control(record, self.now_ns))

    def show(self, event: MarketEvent) -> None:
        """A market data event."""
        self.market.append(event)
        assert self.partition.on_market([event], self.now_ns) == []

    def venue(self, venue: str, state: VenueState) -> list[Command]:
        return self.say(VenueStateChanged(venue=venue, state=state, at_ns=self.now_ns))

    def step_to(self, until_ns: int) -> list[tuple[int, Command]]:
        """Let time pass, timer by timer."""
        said: list[tuple[int, Command]] = []
        while (wake_ns := self.partition.next_wake_ns()) is not None and wake_ns <= until_ns:
            self.now_ns = max(self.now_ns, wake_ns)
            commands = self.keep(self.partition.on_timer(self.now_ns))
            said += [(self.now_ns, command) for command in commands]
        self.now_ns = until_ns
        return said

    def restart(self, reports: int | None = None, children: int | None = None) -> list[Command]:
        """Fold the log into a new partition; of what was published, only the first so many."""
        del self.reports[len(self.reports) if reports is None else reports :]
        for lost in self.children[len(self.children) if children is None else children :]:
            self.sent.pop(lost.cl_ord_id, None)
            if isinstance(lost, ReplaceChild):
                self.sent[lost.orig_cl_ord_id].asked.pop(lost.cl_ord_id, None)
            self.children.remove(lost)
        self.partition = self.folded()
        self.claim += 1
        return self.keep(self.partition.take(self.claim, self.now_ns))

    @property
    def offers(self) -> dict[str, VenueOffer]:
        """The special orders that venues take, by venue."""
        return self.partition._desk.policy.offers

    def know(self, profile: SymbolProfile) -> None:
        """The worker was started with this profile."""
        desk = self.partition._desk
        known = {**desk.profiles.by_symbol, profile.symbol: profile}
        desk.profiles = KnownProfiles(by_symbol=known)

    def refuse_below(self, expected: float) -> None:
        """Orders of which less can be expected to be done are refused from now on."""
        desk = self.partition._desk
        desk.policy = msgspec.structs.replace(desk.policy, refuse_below=expected)

    def folded(self) -> Partition:
        """A new partition that has read the log."""
        desk = self.partition._desk
        partition = new_partition(policy=desk.policy)
        partition._desk.profiles = desk.profiles
        for control in self.controls:
            partition.fold_control(control)
        for offset, request in self.parents:
            partition.fold_parent(offset, request)
        for report in self.reports:
            partition.fold_report(report)
        for child in self.children:
            partition.fold_child(child)
        for record in self.executions:
            partition.fold_execution(record)
        partition.fold_market(self.market)
        return partition

    # -- what venues say

    def execution(self, cl_ord_id: str, kind: ExecType, *, qty: int = 0, px: str | None = None,
                  exec_id: str | None = None, ref: str | None = None,
                  status: OrdStatus | None = None,
                  replace: str | None = None) -> Execution:  # fmt: skip
        """A venue's report on a child, consistent with those before it. `replace`: the ClOrdID of
        the replace that it takes.
        """
        sent = self.sent[cl_ord_id]
        if kind is ExecType.REPLACED:
            sent.order_qty = max(sent.asked.pop(replace or "").order_qty, sent.cum_qty)
        order = sent.order
        self.execs += 1
        if kind is ExecType.TRADE:
            sent.cum_qty += qty
        elif kind in (ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT):
            sent.cum_qty += qty - self.fills[ref or ""].last_qty
        ends = {ExecType.CANCELED: OrdStatus.CANCELED, ExecType.REJECTED: OrdStatus.REJECTED,
                ExecType.EXPIRED: OrdStatus.EXPIRED}  # fmt: skip
        if status is None and sent.closed and sent.cum_qty < sent.order_qty and not replace:
            status = OrdStatus.CANCELED  # an IOC that is over stays so
        if status is None:
            status = ends.get(kind) or (
                OrdStatus.FILLED if sent.cum_qty >= sent.order_qty
                else OrdStatus.PARTIALLY_FILLED if sent.cum_qty else OrdStatus.NEW
            )  # fmt: skip
        sent.closed = status in (*ends.values(), OrdStatus.FILLED)
        found = Execution(
            venue=order.venue, session="S", msg_seq_num=self.execs, trade_date=DAY,
            exec_id=exec_id or f"e{self.execs}", exec_type=kind, ord_status=status,
            cl_ord_id=replace or cl_ord_id, orig_cl_ord_id=cl_ord_id if replace else None,
            venue_order_id=f"V{cl_ord_id}", symbol=order.symbol,
            side=order.side, order_qty=sent.order_qty, cum_qty=sent.cum_qty,
            leaves_qty=0 if sent.closed else max(sent.order_qty - sent.cum_qty, 0),
            avg_px=Decimal(0), last_qty=qty, last_px=None if px is None else Decimal(px),
            fee=Decimal("0.01") if qty else None, exec_ref_id=ref, transact_ns=self.now_ns,
            received_ns=self.now_ns,
        )  # fmt: skip
        if kind in (ExecType.TRADE, ExecType.TRADE_CORRECT):
            self.fills[found.exec_id] = found
        return found

    def reprice(self, cl_ord_id: str, order_qty: int, px_ticks: int) -> list[Command]:
        """The worker replaces a child, as an algorithm would have it."""
        desk = self.partition._desk
        parent = desk.blotter.parents[desk.blotter.child(cl_ord_id).order_id]
        action = Reprice(cl_ord_id=cl_ord_id, qty=order_qty, px_ticks=px_ticks)
        self.partition._progress._act(parent, action, self.now_ns)
        return self.keep(desk.flushed())

    def refused_replace(self, replace: ReplaceChild, reason: RefusalReason) -> ChildRefused:
        """Venue access did not send a replace."""
        self.sent[replace.orig_cl_ord_id].asked.pop(replace.cl_ord_id)
        return ChildRefused(
            venue=replace.venue, cl_ord_id=replace.cl_ord_id,
            orig_cl_ord_id=replace.orig_cl_ord_id, order_id=replace.order_id,
            symbol=replace.symbol, reason=reason, text=reason.value, at_ns=self.now_ns,
        )  # fmt: skip

    def refused(self, cl_ord_id: str, reason: RefusalReason) -> ChildRefused:
        """Venue access did not send a child."""
        order = self.sent[cl_ord_id].order
        self.sent[cl_ord_id].closed = True
        return ChildRefused(
            venue=order.venue, cl_ord_id=cl_ord_id, order_id=order.order_id, symbol=order.symbol,
            reason=reason, text=reason.value, at_ns=self.now_ns,
        )  # fmt: skip

    def cancel_rejected(self, request: CancelChild | ReplaceChild) -> ChildCancelRejected:
        """The venue could not cancel, or not replace."""
        is_replace = isinstance(request, ReplaceChild)
        if is_replace:
            self.sent[request.orig_cl_ord_id].asked.pop(request.cl_ord_id)
        return ChildCancelRejected(
            venue=request.venue, session="S", msg_seq_num=0, cl_ord_id=request.cl_ord_id,
            orig_cl_ord_id=request.orig_cl_ord_id, symbol=request.symbol, ord_status=OrdStatus.NEW,
            response_to=CxlRejResponseTo.REPLACE_REQUEST if is_replace
            else CxlRejResponseTo.CANCEL_REQUEST,
            reason=CxlRejReason.OTHER,
            received_ns=self.now_ns,
        )  # fmt: skip
