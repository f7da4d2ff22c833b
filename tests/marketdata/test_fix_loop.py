"""The simulator's server and our client, text between them: what is published is what is shown.

The link loses messages and connections on demand, and is slow. Whatever happens, a quote that is
published is one that the venue showed when it spoke; and once the link is good, both hold the same.
"""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.fix_message import FixMessage, fix_text
from domain.marketdata import Depth, Quote, Trade
from marketdata.fix_outputs import FeedTerms, Now, Output, SendFix
from marketdata.fix_session import FixSession
from marketdata.fix_subscription import State
from tests.marketdata.fix_scene import START_NS, VENUE, instrument
from venuesim.market_data_messages import Send
from venuesim.market_data_server import MarketDataServer
from venuesim.market_data_server import Output as ServerOutput

SYMBOLS = ("GE", "IBM")
INSTRUMENTS = [instrument(each) for each in SYMBOLS]
DEPTH = 3
MS = 1_000_000
Touch = tuple[int, int, int, int]


@dataclass(slots=True, kw_only=True)
class Loop:
    """`wire`: (message, what the venue showed then); `shown`: what it shows now, by symbol."""

    server: MarketDataServer = field(default_factory=lambda: MarketDataServer(INSTRUMENTS))
    client: FixSession = field(init=False)
    wire: deque[tuple[str, dict[str, Depth]]] = field(default_factory=deque)
    shown: dict[str, Depth] = field(default_factory=dict)
    published: dict[str, Quote | Depth] = field(default_factory=dict)
    trades: list[tuple[str, str]] = field(default_factory=list)
    sent_trades: list[tuple[str, str]] = field(default_factory=list)
    now_ns: int = START_NS
    seq_out: int = 1
    is_lossless: bool = True

    def __post_init__(self) -> None:
        terms = FeedTerms(venue=VENUE, depth=DEPTH, statuses=False)
        self.client = FixSession.of(terms, INSTRUMENTS)
        for symbol in SYMBOLS:
            self.shown[symbol] = Depth(symbol, VENUE, (), (), START_NS)
        self.connect()

    @property
    def now(self) -> Now:
        return Now(self.now_ns, self.now_ns - START_NS)

    def connect(self) -> None:
        self.wire.clear()
        self.seq_out = 1
        self.put([Send("A", [])])
        self.deliver()
        self.server.on_logon()
        self.put(self.server.on_room(1_000))
        self.take(self.client.on_logon(self.now), {})

    def cut(self) -> None:
        self.server.on_logout()
        self.is_lossless = False
        self.take(self.client.on_logout(self.now), {})
        assert all(not empty.bids for empty in self.published.values() if isinstance(empty, Depth))
        self.connect()

    def put(self, outputs: list[ServerOutput]) -> None:
        """Onto the wire, with its number and what is true as it is sent."""
        for each in outputs:
            assert isinstance(each, Send)
            fields = [(34, self.seq_out), *each.fields]
            self.wire.append((fix_text(each.msg_type, fields), dict(self.shown)))
            self.seq_out += 1

    def deliver(self) -> None:
        if self.wire:
            text, true = self.wire.popleft()
            self.take(self.client.on_message(FixMessage.parse(text), self.now), true)

    def lose(self) -> None:
        if self.wire:
            self.wire.popleft()
            self.is_lossless = False

    def take(self, outputs: list[Output], true: dict[str, Depth]) -> None:
        for each in outputs:
            if isinstance(each, SendFix):
                self.put(self.server.on_request(message(each.msg_type, each.fields)))
            elif isinstance(each, Quote):
                if each.bid_qty or each.ask_qty:
                    assert touch(each) == touch_of(true[each.symbol])
            elif isinstance(each, Depth):
                if each.bids or each.asks:
                    assert each.bids == true[each.symbol].bids[:DEPTH]
                    assert each.asks == true[each.symbol].asks[:DEPTH]
                self.published[each.symbol] = each
            elif isinstance(each, Trade):
                self.trades.append((each.symbol, each.trade_id))

    def settle(self) -> None:
        """Let the link be good until nothing is left to say."""
        for _ in range(20):
            while self.wire:
                self.deliver()
            self.now_ns += 10_000 * MS
            true = dict(self.shown)
            self.take(self.client.on_timer(self.now), true)
            self.put(self.server.on_room(1_000))
            if not self.wire and self.client.states()[State.LIVE] == len(SYMBOLS):
                # What was lost last is noticed with the next message: a heartbeat.
                self.put([Send("0", [])])
                self.deliver()
                if self.client.states()[State.LIVE] == len(SYMBOLS):
                    return


def message(msg_type: str, fields: list[tuple[int, object]]) -> FixMessage:
    return FixMessage.parse(fix_text(msg_type, [(34, 0), *fields]))


def touch(quote: Quote) -> Touch:
    return quote.bid_px_ticks, quote.bid_qty, quote.ask_px_ticks, quote.ask_qty


def touch_of(depth: Depth) -> Touch:
    return *(depth.bids or ((0, 0),))[0], *(depth.asks or ((0, 0),))[0]


def side(draw_sizes: list[int], best: int, step: int) -> tuple[tuple[int, int], ...]:
    levels = [(best + step * place, qty) for place, qty in enumerate(draw_sizes)]
    return tuple((px, qty) for px, qty in levels if qty)


BookStep = tuple[str, int, list[int], list[int], int]  # symbol, bid, sizes a side, spread
Step = tuple[str, BookStep | str | int | None]

sizes = st.lists(st.integers(0, 3), max_size=6)
harmless = st.one_of(
    st.tuples(
        st.just("book"),
        st.tuples(st.sampled_from(SYMBOLS), st.integers(9_990, 10_010), sizes, sizes,
                  st.integers(1, 3)),
    ),
    st.tuples(st.just("trade"), st.sampled_from(SYMBOLS)),
    st.tuples(st.sampled_from(["deliver", "timer"]), st.none()),
    st.tuples(st.just("room"), st.integers(0, 3)),
)  # fmt: skip
faults = st.tuples(st.sampled_from(["lose", "cut"]), st.none())
scripts = st.lists(harmless, max_size=60) | st.lists(harmless | faults, max_size=60)


def play(loop: Loop, script: list[Step]) -> None:
    for number, (what, detail) in enumerate(script):
        loop.now_ns += MS
        if isinstance(detail, tuple):
            symbol, bid, bids, asks, spread = detail
            bid_side, ask_side = side(bids, bid, -1), side(asks, bid + spread, 1)
            loop.shown[symbol] = Depth(symbol, VENUE, bid_side, ask_side, loop.now_ns)
            loop.put(loop.server.on_event(loop.shown[symbol]))
        elif isinstance(detail, str):
            loop.sent_trades.append((detail, f"T{number}"))
            trade = Trade(detail, VENUE, 10_000, 1, loop.now_ns, f"T{number}")
            loop.put(loop.server.on_event(trade))
        elif isinstance(detail, int):
            loop.put(loop.server.on_room(detail))
        elif what == "timer":
            loop.take(loop.client.on_timer(loop.now), dict(loop.shown))
        else:
            getattr(loop, what)()


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(script=scripts)
def test_what_is_published_is_what_the_venue_showed(script: list[Step]) -> None:
    loop = Loop()
    loop.settle()
    loop.is_lossless = True
    play(loop, script)
    loop.settle()
    assert loop.client.states()[State.LIVE] == len(SYMBOLS)
    for symbol in SYMBOLS:
        last = loop.published[symbol]
        assert isinstance(last, Depth)
        assert last.bids == loop.shown[symbol].bids[:DEPTH]
        assert last.asks == loop.shown[symbol].asks[:DEPTH]
    # No print comes twice; none is lost or merged unless the link lost it, however slow it was.
    assert len(set(loop.trades)) == len(loop.trades)
    if loop.is_lossless:
        for symbol in SYMBOLS:
            came = [each for each in loop.trades if each[0] == symbol]
            assert came == [each for each in loop.sent_trades if each[0] == symbol]


def test_prices_of_the_loop_are_on_the_grid() -> None:
    assert INSTRUMENTS[0].px(10_000) == Decimal(100)
