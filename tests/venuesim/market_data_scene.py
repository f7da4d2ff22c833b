"""A market data server without a socket, spoken to in pipe-separated FIX."""

from decimal import Decimal

from domain.fix_message import SOH, FixMessage, fix_text
from domain.instruments import Instrument
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradingPhase, TradingStatus
from tests.venuesim.instruments import IBM, SAP
from venuesim.market_data_server import Cut, MarketDataServer, Output

INSTRUMENTS = {"IBM": IBM, "SAP": SAP}
VENUE = "XSIM"
START_NS = 1_767_623_400_000_000_000  # 2026-01-05 14:30:00 UTC
MS = 1_000_000
ROOM = 1_000  # what a session that keeps up can take


def fields(pipes: str) -> FixMessage:
    """`35=V|262=R|...` as it comes from a session."""
    return FixMessage.parse(f"8=FIX.4.4|34=7|{pipes}|".replace("|", SOH))


def shown(output: Output) -> str:
    """A message as pipe-separated fields, without those of the session."""
    if isinstance(output, Cut):
        return f"cut: {output.reason}"
    text = fix_text(output.msg_type, output.fields).split(SOH)
    return "|".join(text[2:-2])


class ServerScene:
    """One millisecond passes with each line. See `line` for the notation."""

    def __init__(self) -> None:
        self.server = MarketDataServer([IBM, SAP])
        self.now_ns = START_NS

    def script(self, script: str) -> str:
        """Blocks of lines, `----`, what came out: the same with what comes out now."""
        blocks = []
        for block in script.rstrip("\n").split("\n\n"):
            head = block.split("----")[0]
            said = [each for line in head.splitlines() for each in self.line(line)]
            blocks.append(head + "----" + "".join(f"\n{each}" for each in said))
        return "\n\n".join(blocks) + "\n"

    def line(self, line: str) -> list[str]:
        """`> 35=V|...` asks; `logon`, `logout`, `room N` are the session's; `counts` tells;

        `quote IBM 100x99.99 300x100.01`, `depth IBM 100x99.99,50x99.98 300x100.01` (`-`: empty),
        `trade IBM 100x99.99 T1 [letters]`, `imbalance IBM -500 [99.99]`, `status IBM halted`.
        `#` begins a comment.
        """
        self.now_ns += MS
        word, _, rest = line.partition(" ")
        if word == "#":
            return []
        if word == "counts":
            server = self.server
            return [f"conflated {server.conflated}, unsayable {server.unsayable}, "
                    f"rejected {server.rejected}"]  # fmt: skip
        return [shown(each) for each in self.outputs(word, rest)]

    def outputs(self, word: str, rest: str) -> list[Output]:
        if word == "logon":
            self.server.on_logon()
            return self.server.on_room(ROOM)
        if word == "logout":
            self.server.on_logout()
            return []
        if word == "room":
            return self.server.on_room(int(rest))
        if word == ">":
            return self.server.on_request(fields(rest))
        return self.server.on_event(self.event(word, rest.split()))

    def event(
        self, word: str, words: list[str]
    ) -> Quote | Trade | Depth | TradingStatus | Imbalance:
        symbol = words[0]
        instrument, at_ns = INSTRUMENTS[symbol], self.now_ns
        if word == "quote":
            touch = [level for side in words[1:] for level in levels(instrument, side) or [(0, 0)]]
            return Quote(symbol, VENUE, *touch[0], *touch[1], at_ns)
        if word == "depth":
            bids, asks = (tuple(levels(instrument, side)) for side in words[1:])
            return Depth(symbol, VENUE, bids, asks, at_ns)
        if word == "trade":
            ((px, qty),) = levels(instrument, words[1])
            condition = words[3] if len(words) > 3 else ""
            return Trade(symbol, VENUE, px, qty, at_ns, words[2], condition)
        if word == "imbalance":
            px = instrument.px_ticks(Decimal(words[2]), "px") if len(words) > 2 else 0
            return Imbalance(symbol, VENUE, px, 0, int(words[1]), at_ns)
        assert word == "status", word
        return TradingStatus(symbol, VENUE, TradingPhase(words[1]), at_ns)


def levels(instrument: Instrument, side: str) -> list[tuple[int, int]]:
    """`100x99.99,50x99.98` as [(px_ticks, qty), ...]."""
    found = []
    for level in side.split(",") if side != "-" else []:
        qty, _, px = level.partition("x")
        found.append((instrument.px_ticks(Decimal(px), "px"), int(qty)))
    return found
