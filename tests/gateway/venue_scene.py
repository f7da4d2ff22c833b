"""A scene for venue access: one symbol, two venues, a log in memory, and a hand to speak FIX with.

`VenueScene` is what the shell is, without threads: it performs the core's commands on a
bus.memory log and keeps what would have been sent.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from bus.codec import decode, encode
from bus.memory import Broker, MemoryLog
from bus.topics import CONTROL_KEY, Topic
from domain.children import CancelChild, ChildRecord, Claim, NewChild, ReplaceChild
from domain.control import ControlRecord, KillProgress
from domain.deadletters import DeadLetter
from domain.executions import VenueState
from domain.fix_codes import OrdType, TimeInForce
from domain.fix_message import FixMessage, fix_text
from domain.instruments import Instrument, InstrumentTable, Side, TickBand
from domain.marketdata import Quote
from gateway.risk import Limits
from gateway.venue_access import VenueAccess
from gateway.venue_commands import Command, Now, SendFix
from gateway.venue_session import SessionEvent

SYMBOL = "IBM"
VENUES = ("XA", "XB")
TIMEOUT_NS = 2_000_000_000
START_NS = 1_700_000_000_000_000_000
DAY = "20231114"

IBM = Instrument(
    symbol=SYMBOL, currency="USD", lot=1, ticks=(TickBand(tick=Decimal("0.01")),),
    calendar="XNYS", venues=VENUES, max_order_qty=10**9, max_order_notional=Decimal(10**12),
)  # fmt: skip
LIMITS = Limits(
    max_child_qty=100_000, max_child_notional=Decimal(50_000_000), price_collar=Decimal("0.02"),
    messages_per_second=1_000, stale_market_data_ns=10**10, stale_order_ns=10**10,
)  # fmt: skip


def new_child(cl_ord_id: str = "X", order_qty: int = 10_000, *, claim: int = 0, venue: str = "XA",
              px: str | None = "100", order_id: str = "P", parent_qty: int = 10**6,
              decided_ns: int = START_NS, symbol: str = SYMBOL,
              side: Side = Side.BUY) -> NewChild:  # fmt: skip
    return NewChild(
        claim=claim, order_id=order_id, parent_qty=parent_qty, cl_ord_id=cl_ord_id, venue=venue,
        symbol=symbol, side=side, order_qty=order_qty,
        ord_type=OrdType.MARKET if px is None else OrdType.LIMIT,
        px=None if px is None else Decimal(px), time_in_force=TimeInForce.DAY, algo="twap",
        decided_ns=decided_ns,
    )  # fmt: skip


def cancel_child(cl_ord_id: str, orig: str, *, venue: str = "XA", claim: int = 0) -> CancelChild:
    return CancelChild(
        claim=claim, order_id="P", cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, venue=venue,
        symbol=SYMBOL, side=Side.BUY, order_qty=10_000, decided_ns=START_NS,
    )  # fmt: skip


def replace_child(cl_ord_id: str, orig: str, order_qty: int, *, px: str = "100",
                  parent_qty: int = 10**6) -> ReplaceChild:  # fmt: skip
    return ReplaceChild(
        claim=0, order_id="P", parent_qty=parent_qty, cl_ord_id=cl_ord_id, orig_cl_ord_id=orig,
        venue="XA", symbol=SYMBOL, side=Side.BUY, order_qty=order_qty, px=Decimal(px),
        decided_ns=START_NS,
    )  # fmt: skip


def claim(worker: str = "w1") -> Claim:
    return Claim(partition=0, worker=worker, build="b", settings_hash="s", instruments_hash="i",
                 at_ns=START_NS)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class VenueScene:
    """See the module. `sent`: what went to venues, and `told`: what was published, in order."""

    broker: Broker = field(default_factory=lambda: Broker(partition_count=1))
    limits: Limits = LIMITS
    quoted: bool = True
    wall_ns: int = 10**12
    engine_ns: int = START_NS
    sent: list[SendFix] = field(default_factory=list)
    told: list[object] = field(default_factory=list)
    access: VenueAccess = field(init=False)
    log: MemoryLog = field(init=False)
    seq: int = 0
    _read: int = 0

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.broker)
        self.access = VenueAccess(
            by="venues", sessions={venue: f"FIX.4.4-US-{venue}" for venue in VENUES},
            venues=VENUES, instruments=InstrumentTable([IBM]), limits=self.limits,
            status_timeout_ns=TIMEOUT_NS,
        )  # fmt: skip
        for topic in (Topic.CONTROL, Topic.CHILDREN, Topic.EXECUTIONS):
            for record in self.broker.partition(topic, 0):
                message = decode(topic, record.value)
                if topic is Topic.CHILDREN:
                    self.access.fold_child(0, record.offset, message)
                elif topic is Topic.EXECUTIONS:
                    self.access.fold_execution(message)
                else:
                    self.access.fold_control(message)
        self._read = self.log.end(Topic.CHILDREN, 0)
        self.perform(self.access.start(self.now))
        if self.quoted:
            self.quote()

    @property
    def now(self) -> Now:
        return Now(self.engine_ns, self.wall_ns)

    def state(self, venue: str = "XA") -> VenueState:
        return self.access.venues[venue].state

    def quote(self, at_ns: int | None = None) -> None:
        """XA quotes 99.99 to 100.01, now or when it is said."""
        quote = Quote(SYMBOL, "XA", 9_999, 100, 10_001, 100, at_ns or self.engine_ns)
        self.access.on_market_events([quote])

    def perform(self, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, SendFix):
                self.sent.append(command)
                self.seq += 1
                name = dict(command.fields).get(11)
                if name is not None and command.msg_type in ("D", "F", "G"):
                    self.access.on_order_out(command.venue, self.seq, name)
                continue
            self.told.append(command.record)
            topic = Topic.EXECUTIONS
            if isinstance(command.record, KillProgress):
                topic = Topic.CONTROL
            elif isinstance(command.record, DeadLetter):
                topic = Topic.DEADLETTER
            self.log.append(topic, CONTROL_KEY, encode(topic, command.record))

    def write(self, *records: ChildRecord) -> None:
        """A worker writes to `children`; nobody reads it yet."""
        for record in records:
            self.log.append(Topic.CHILDREN, SYMBOL, encode(Topic.CHILDREN, record))

    def read(self) -> None:
        """Venue access reads what was written."""
        for record in self.broker.partition(Topic.CHILDREN, 0)[self._read :]:
            message = decode(Topic.CHILDREN, record.value)
            self.perform(self.access.on_child(0, record.offset, message, self.now))
        self._read = self.log.end(Topic.CHILDREN, 0)

    def child(self, *records: ChildRecord) -> None:
        self.write(*records)
        self.read()

    def control(self, record: ControlRecord) -> None:
        self.log.append(Topic.CONTROL, CONTROL_KEY, encode(Topic.CONTROL, record))
        self.perform(self.access.on_control(record, self.now))

    def session(self, event: SessionEvent, venue: str = "XA") -> None:
        self.perform(self.access.on_session(venue, event, self.now))

    def timer(self, wall_ms: int = 0) -> None:
        """Let time pass, on both clocks."""
        self.wall_ns += wall_ms * 1_000_000
        self.engine_ns += wall_ms * 1_000_000
        self.perform(self.access.on_timer(self.now))

    def log_on(self, venue: str = "XA") -> None:
        """To RESYNC; the venue has nothing to send again."""
        self.session(SessionEvent.LOGON_SENT, venue)
        self.session(SessionEvent.LOGGED_ON, venue)
        test_request = next(each for each in reversed(self.sent) if each.msg_type == "1")
        name = dict(test_request.fields)[112]
        self.perform(self.access.on_heartbeat(venue, name, self.now))
        self.timer()

    def live(self) -> "VenueScene":
        """Both venues LIVE and the partition claimed."""
        for venue in VENUES:
            self.log_on(venue)
            assert self.state(venue) is VenueState.LIVE
        if not self.log.end(Topic.CHILDREN, 0):
            self.child(claim())
        return self

    def hear(self, msg_type: str, fields: list[tuple[int, object]], *, venue: str = "XA",
             poss_dup: bool = False) -> str:  # fmt: skip
        """The venue says something; returns the text, to say it again."""
        self.seq += 1
        header: list[tuple[int, object]] = [(34, self.seq), (52, f"{DAY}-10:00:00.000")]
        text = fix_text(msg_type, header + fields)
        self.hear_text(text, venue=venue, poss_dup=poss_dup)
        return text

    def hear_text(self, text: str, *, venue: str = "XA", poss_dup: bool = False) -> None:
        if poss_dup:
            text = text.replace("\x0152=", "\x0143=Y\x0152=")
        self.perform(self.access.on_message(venue, text, self.now))

    def report(self, cl_ord_id: str, kind: str, quantities: str, *, exec_id: str,
               last_px: str = "100", orig: str = "", more: tuple[tuple[int, object], ...] = (),
               venue: str = "XA", poss_dup: bool = False) -> str:  # fmt: skip
        """An ExecutionReport: kind "150/39", quantities "38/14/151[/32]"."""
        exec_type, ord_status = kind.split("/")
        order_qty, cum_qty, leaves_qty, *last = quantities.split("/")
        fields: list[tuple[int, object]] = [
            (37, "V1"), (17, exec_id), (150, exec_type), (39, ord_status), (55, SYMBOL), (54, "1"),
            (38, order_qty), (14, cum_qty), (151, leaves_qty), (6, last_px),
            (60, f"{DAY}-10:00:00.000"),
        ]  # fmt: skip
        fields += [(11, cl_ord_id)] if cl_ord_id else []
        fields += [(41, orig)] if orig else []
        fields += [(32, last[0]), (31, last_px)] if last else []
        return self.hear("8", [*fields, *more], venue=venue, poss_dup=poss_dup)

    def sent_text(self) -> list[str]:
        """What was sent, as `type id[<orig]`."""
        lines = []
        for each in self.sent:
            found = dict(each.fields)
            orig = f"<{found[41]}" if 41 in found else ""
            lines.append(f"{each.venue} {each.msg_type} {found.get(11, '')}{orig}".rstrip())
        return lines

    def sent_message(self, msg_type: str) -> FixMessage:
        """The last message of a type that was sent."""
        found = next(each for each in reversed(self.sent) if each.msg_type == msg_type)
        return FixMessage.parse(fix_text(found.msg_type, found.fields))
