"""A FIX market data session without a socket: the venue speaks pipes, lines tell the outcome."""

from dataclasses import dataclass, field
from decimal import Decimal

from domain.fix_message import SOH, FixMessage, fix_text
from domain.instruments import Instrument, TickBand
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradingStatus
from marketdata.fix_outputs import FeedTerms, Note, Now, Output, SendFix
from marketdata.fix_session import FixSession

START_NS = 1_767_623_400_000_000_000  # 2026-01-05 14:30:00 UTC
SECOND_NS = 1_000_000_000
VENUE = "XSIM"
TERMS = FeedTerms(venue=VENUE, statuses=False, quiet_ns=5 * SECOND_NS)


def instrument(symbol: str) -> Instrument:
    return Instrument(
        symbol=symbol, currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
        calendar="XNYS", venues=(VENUE,), max_order_qty=10**6, max_order_notional=Decimal(10**9),
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class FixScene:
    """The session's clock and numbers. `outputs`: everything that came out, in order."""

    terms: FeedTerms = TERMS
    symbols: tuple[str, ...] = ("IBM",)
    now_ns: int = START_NS
    seq: int = 1
    asked: str = ""
    outputs: list[Output] = field(default_factory=list)
    session: FixSession = field(init=False)

    def __post_init__(self) -> None:
        self.session = FixSession.of(self.terms, [instrument(each) for each in self.symbols])

    @property
    def now(self) -> Now:
        return Now(self.now_ns, self.now_ns - START_NS)

    def script(self, script: str) -> str:
        blocks = []
        for block in script.rstrip("\n").split("\n\n"):
            head = block.split("----")[0]
            said = [shown(each) for line in head.splitlines() for each in self.line(line)]
            blocks.append(head + "----" + "".join(f"\n{each}" for each in said))
        return "\n\n".join(blocks) + "\n"

    def line(self, line: str) -> list[Output]:
        """`< 35=W|...` comes, `lose` is a message that never comes, `wait 2.5` lets seconds pass.

        `36=+3` in a SequenceReset stands for the number three after its own.
        `262=$` stands for the last MDReqID that was asked for.
        `start`, `logon`, `logout`, `beat` (a Heartbeat) are the session's; `#` begins a comment.
        """
        word, _, rest = line.partition(" ")
        found = self._line(word, rest)
        self.outputs += found
        for each in found:
            if (
                isinstance(each, SendFix)
                and dict(each.fields).get(263) == "1"
                and each.msg_type == "V"
            ):
                self.asked = str(dict(each.fields)[262])
        return found

    def _line(self, word: str, rest: str) -> list[Output]:
        if word == "start":
            return self.session.on_start(self.now)
        if word == "logon":
            self.seq = 1
            return [*self.receive("35=A"), *self.session.on_logon(self.now)]
        if word == "logout":
            return self.session.on_logout(self.now)
        if word == "wait":
            self.now_ns += int(Decimal(rest) * SECOND_NS)
            return self.session.on_timer(self.now)
        if word == "lose":
            self.seq += 1
            return []
        if word == "beat":
            return self.receive("35=0")
        if word == "<":
            return self.receive(rest.replace("262=$", f"262={self.asked}"))
        assert word == "#", word
        return []

    def receive(self, pipes: str) -> list[Output]:
        """One message, with the next MsgSeqNum(34)."""
        self.now_ns += 1_000_000
        seq = self.seq
        self.seq += 1
        body, _, jump = pipes.partition("|36=+")
        if jump:
            self.seq = seq + int(jump)
            pipes = f"{body}|36={self.seq}"
        text = f"8=FIX.4.4|34={seq}|{pipes}|".replace("|", SOH)
        return self.session.on_message(FixMessage.parse(text), self.now)


def shown(output: Output) -> str:
    """One line of a scenario."""
    if isinstance(output, SendFix):
        return "> " + "|".join(fix_text(output.msg_type, output.fields).split(SOH)[2:-2])
    if isinstance(output, Note):
        alarm = " ALARM" if output.is_alarm else ""
        return f"note{alarm} {output.symbol or '*'} {output.reason}: {output.text}"
    at = f"at {(output.at_ns - START_NS) / SECOND_NS:.3f}"
    if isinstance(output, Quote):
        bid, ask = (output.bid_qty, output.bid_px_ticks), (output.ask_qty, output.ask_px_ticks)
        return f"quote {output.symbol} {bid[0]}x{bid[1]} {ask[0]}x{ask[1]} {at}"
    if isinstance(output, Depth):
        sides = [",".join(f"{qty}x{px}" for px, qty in side) or "-"
                 for side in (output.bids, output.asks)]  # fmt: skip
        return f"depth {output.symbol} {' '.join(sides)} {at}"
    if isinstance(output, Trade):
        what = f"{output.qty}x{output.px_ticks} {output.trade_id} {output.condition}".rstrip()
        return f"trade {output.symbol} {what} {at}"
    if isinstance(output, TradingStatus):
        return f"status {output.symbol} {output.phase.value} {at}"
    assert isinstance(output, Imbalance)
    return f"imbalance {output.symbol} {output.imbalance_qty} {output.px_ticks} {at}"
