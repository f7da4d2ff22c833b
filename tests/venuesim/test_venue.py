"""The venue against written scenarios, and one row for every refusal."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from domain.fix_message import BadField, FixMessage, fix_text
from domain.instruments import Side
from domain.marketdata import Imbalance, Quote, Trade, TradingPhase, TradingStatus
from domain.sessions import Session
from domain.trading_day import AuctionTimes, TradingDay, trading_day
from tests.venuesim.instruments import IBM, SAP
from venuesim.client_orders import ClientOrders, JournalEntry, Numbers, Sent, fold
from venuesim.faults import VenueFaults
from venuesim.order_book import BookOrder
from venuesim.requests import (
    CancelOrder,
    CancelRejected,
    MassStatusRequest,
    NewOrder,
    ReplaceOrder,
    Report,
    StatusRequest,
)
from venuesim.translation import answer_text, read_request
from venuesim.venue import Output, Venue, VenueTerms

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("venue_*.txt"))
MS = 1_000_000
SECOND = 1_000_000_000
TERMS = VenueTerms(
    name="XSIM", taker_fee=Decimal("0.003"), maker_fee=Decimal("-0.002"), latency_ns=MS,
    hidden_fee=Decimal("0.001"), auction_fee=Decimal("0.0005"), peg_fee=Decimal("-0.001"),
    imbalance_every_ns=10 * SECOND,
)  # fmt: skip
DARK = VenueTerms(
    name="XDRK", taker_fee=Decimal("0.001"), maker_fee=Decimal("0.001"), dark=True,
    reference_stale_ns=10 * SECOND,
)  # fmt: skip
# Two days: open at 1,000 s and at 11,000 s, close 1,000 s later; at-open orders until 20 s before
# the open, at-close orders until 30 s before the close, the call is 40 s before either.
TIMES = AuctionTimes(
    pre_open_s=100, opening_call_s=40, opening_cutoff_s=20, closing_call_s=40,
    closing_imbalance_s=60, closing_cutoff_s=30,
)  # fmt: skip
DAYS = [
    trading_day(Session(date=date, open_ns=at * SECOND, close_ns=(at + 1_000) * SECOND), TIMES)
    for date, at in (("1970-01-01", 1_000), ("1970-01-02", 11_000))
]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    days = {"IBM": DAYS} if "phases" in path.stem else None
    terms = DARK if "dark" in path.stem else TERMS
    actual = Play(days, terms).script(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


class Play:
    """A venue without background flow, spoken to in the notation of FIX 4.4 appendix D.

    `> D X buy 100@50.00`; `market sell 200@50.01` is another participant; `restart` folds the
    journal into a new venue, `crash` does so without the last mark that all was sent. With `days`,
    `at 1000` goes on to that second, `wait 10` for so many; `halt` and `reopen 10` (a call of 10 s)
    are an operator's. `fresh` begins with a venue that knows nothing.
    """

    def __init__(
        self, days: dict[str, list[TradingDay]] | None = None, terms: VenueTerms = TERMS
    ) -> None:
        self.days, self.terms = days, terms
        self.start()

    def start(self) -> None:
        self.phase, self.quote = TradingPhase.CLOSED, "quote 0@0 0@0"
        self.journal: list[JournalEntry] = []
        self.now_ns = 0
        self.others = 0
        self.venue = self.new_venue(ClientOrders(Numbers("XSIM")))

    def new_venue(self, orders: ClientOrders) -> Venue:
        venue = Venue(self.terms, [IBM, SAP], {}, orders, days=self.days)
        venue.on_timer(self.now_ns)
        return venue

    def shown(self, output: TradingStatus | Imbalance | Quote) -> Iterator[str]:
        """What the public sees of IBM, at a venue that has phases: heartbeats are not shown."""
        if not self.days or output.symbol != "IBM":
            return
        match output:
            case TradingStatus():
                if output.phase is not self.phase:
                    self.phase = output.phase
                    yield f"{output.at_ns // SECOND}s {output.phase.value}"
            case Imbalance():
                yield (f"{output.at_ns // SECOND}s imbalance {output.imbalance_qty:+}"
                       f" paired {output.paired_qty}@{output.px_ticks}")  # fmt: skip
            case Quote():
                quote = (f"quote {output.bid_qty}@{output.bid_px_ticks}"
                         f" {output.ask_qty}@{output.ask_px_ticks}")  # fmt: skip
                if quote != self.quote:
                    self.quote = quote
                    yield quote

    def script(self, script: str) -> str:
        blocks = []
        for block in script.rstrip("\n").split("\n\n"):
            head = block.split("----")[0]
            shown = [line for each in head.splitlines() for line in self.line(each)]
            blocks.append(head + "----" + "".join(f"\n{line}" for line in shown))
        return "\n\n".join(blocks) + "\n"

    def line(self, line: str) -> Iterator[str]:
        words = line.split()
        if words[0] == ">":
            self.venue.on_request(read_request(message(words[1:]), self.now_ns), self.now_ns)
            self.now_ns += MS
            yield from self.take(self.venue.on_timer(self.now_ns))
        elif words[0] == "market":
            self.others -= 1
            qty, _, px = words[2].partition("@")
            side = Side.BUY if words[1] == "buy" else Side.SELL
            order = BookOrder(self.others, side, int(qty), IBM.px_ticks(Decimal(px), "px"))
            events = self.venue.books["IBM"].on_new(order)
            yield from self.take(self.venue.tell("IBM", events, self.now_ns))
        elif words[0] in ("restart", "crash"):
            if words[0] == "crash":
                assert isinstance(self.journal.pop(), Sent)
            text = [msgspec.json.encode(entry) for entry in self.journal]
            read = [msgspec.json.decode(line, type=JournalEntry) for line in text]
            self.venue = self.new_venue(fold("XSIM", read))
            yield from self.take(self.venue.on_logon(self.now_ns))
        else:
            yield from self.phase_line(words)

    def phase_line(self, words: list[str]) -> Iterator[str]:
        """What only a venue with phases, or a dark one, is told; and `fresh`."""
        if words[0] == "fresh":
            self.start()
        elif words[0] == "at":
            self.now_ns = int(words[1]) * SECOND
            yield from self.take(self.venue.on_timer(self.now_ns))
        elif words[0] == "wait":
            self.now_ns += int(words[1]) * SECOND
            yield from self.take(self.venue.on_timer(self.now_ns))
        elif words[0] == "quote":  # `quote LIT 50.00 50.03`, 0 for an empty side
            bid, ask = (int(Decimal(each) * 100) for each in words[2:4])
            size = 100 if bid and ask else 0
            self.venue.on_quote(Quote("IBM", words[1], bid, size, ask, size, self.now_ns))
            yield from self.take(self.venue.on_timer(self.now_ns))
        elif words[0] == "halt":
            yield from self.take(self.venue.halt("IBM", self.now_ns))
        elif words[0] == "reopen":
            call_ns = int(words[1]) * SECOND
            yield from self.take(self.venue.reopen("IBM", call_ns, self.now_ns))

    def take(self, outputs: Sequence[Output]) -> Iterator[str]:
        for each in outputs:
            if isinstance(each, Report | CancelRejected):
                yield show(answer_text(each))
                if not each.poss_resend:
                    self.journal.append(each)
            elif isinstance(each, NewOrder | CancelOrder | ReplaceOrder):
                self.journal.append(each)
            elif isinstance(each, Trade):
                yield f"trade {each.qty}@{each.px_ticks} {each.condition}".rstrip()
            elif isinstance(each, TradingStatus | Imbalance | Quote):
                yield from self.shown(each)
        if any(isinstance(each, Report | CancelRejected) for each in outputs):
            self.journal.append(Sent(at_ns=self.now_ns))


def message(words: list[str]) -> FixMessage:
    """`D X buy 100@50.00 59=3`, `F Y X`, `G Y X 200@50.01`, `H X`, `AF 1`; then any tag=value."""
    kind, ids = words[0], []
    fields: dict[int, str] = {54: "1", 55: "IBM"}
    for word in words[1:]:
        if "=" in word:
            tag, _, value = word.partition("=")
            fields[int(tag)] = value
        elif word in ("buy", "sell"):
            fields[54] = "1" if word == "buy" else "2"
        elif "@" in word:
            qty, _, px = word.partition("@")
            market = {40: "1"} if px == "market" else {40: "2", 44: px}
            fields |= {38: qty, 40: "2"} | market
        else:
            ids.append(word)
    fields |= {584: ids[0], 585: "7"} if kind == "AF" else {11: ids[0]}
    if len(ids) > 1:
        fields[41] = ids[1]
    present = [(tag, value) for tag, value in fields.items() if value]
    return FixMessage.parse(fix_text(kind, present))


def show(text: str) -> str:
    """`< E(Y,X) 4/4 100/0/0` and what else the report says."""
    fields = FixMessage.parse(text)
    ids = ",".join(filter(None, (fields.get(11), fields.get(41))))
    if fields.msg_type == "9":
        words = [f"9({ids}) {fields.get(39)} r={fields.get(102)} 434={fields.get(434)}"]
        rest: tuple[int, ...] = (37, 97, 58)
    else:
        qtys = "/".join(fields.require(tag) for tag in (38, 14, 151))
        words = [f"E({ids}) {fields.get(150)}/{fields.get(39)} {qtys} {fields.get(17)}"]
        rest = (32, 31, 6, 851, 12, 13, 37, 103, 378, 97, 584, 790, 911, 912, 58)
    skipped = {6: "0"}
    for tag in rest:
        value = fields.get(tag)
        if value is not None and value != skipped.get(tag):
            words.append(f"{tag}={value}")
    return "< " + " ".join(words)


NEW = ["D", "X", "buy", "100@50.00"]
REFUSALS = [
    # What differs from a good order, OrdRejReason(103), a word of Text(58).
    ("55=NOPE", "1", "NOPE"),
    ("54=5", "11", "Side(54)"),
    ("40=9", "11", "OrdType(40)"),
    ("59=6", "11", "TimeInForce(59)"),
    ("18=6 59=3", "11", "ExecInst(18)"),
    ("18=6 40=1", "11", "ExecInst(18)"),
    ("59=2", "11", "opening auction"),
    ("59=7", "11", "closing auction"),
    ("40=P 18=R 59=7", "11", "TimeInForce(59) 7"),
    ("40=1 59=1", "11", "asks for a price"),
    ("40=3 99=49.00 59=3", "11", "OrdType(40) 3"),
    ("40=P 18=R 59=4", "11", "OrdType(40) P"),
    ("99=49.00", "11", "StopPx(99)"),
    ("40=P", "11", "ExecInst(18)"),
    ("40=P 18=L", "11", "ExecInst(18)"),
    ("40=P 18=RP", "11", "ExecInst(18)"),
    ("18=R", "11", "OrdType(40) P"),
    ("211=0.01", "11", "PegOffsetValue(211)"),
    ("18=6 40=4 99=51.00", "11", "ExecInst(18) 6"),
    ("111=100 59=3", "11", "MaxFloor(111)"),
    ("111=0 40=1", "11", "MaxFloor(111)"),
    ("111=100 40=P 18=M", "11", "MaxFloor(111)"),
    ("110=100", "11", "MinQty(110)"),
    ("110=100 59=4", "11", "MinQty(110)"),
    ("8000=X", "11", "8000"),
    ("111=150 38=1000", "13", "MaxFloor(111)"),
    ("111=200", "13", "MaxFloor(111)"),
    ("110=200 59=3", "13", "MinQty(110)"),
    ("110=0 59=3", "13", "MinQty(110)"),
    ("40=3 99=", "99", "StopPx(99)"),
    ("40=3 99=49.001", "99", "StopPx(99)"),
    ("40=4 99=49.00 44=", "99", "Price(44)"),
    ("40=P 18=R 44=50.001", "99", "Price(44)"),
    ("40=P 18=R 211=0.001", "99", "PegOffsetValue(211)"),
    ("38=0", "13", "OrderQty(38)"),
    ("38=-100", "13", "OrderQty(38)"),
    ("38=100.5", "13", "OrderQty(38)"),
    ("38=150", "13", "OrderQty(38)"),
    ("38=20000", "3", "OrderQty(38)"),
    ("44=", "99", "Price(44)"),
    ("44=50.001", "99", "Price(44)"),
    ("44=-1", "99", "Price(44)"),
    ("44=0", "99", "Price(44)"),
    ("55=SAP 44=100.01", "99", "Price(44)"),  # the tick is 0.02 from 100 upward
]


@pytest.mark.parametrize(("change", "reason", "word"), REFUSALS, ids=lambda value: str(value))
def test_refusal_of_a_new_order(change: str, reason: str, word: str) -> None:
    venue = Play().venue
    venue.on_request(read_request(message([*NEW, *change.split()]), 0), 0)
    answers = [each for each in venue.on_timer(MS) if isinstance(each, Report)]
    assert len(answers) == 1
    fields = FixMessage.parse(answer_text(answers[0]))
    assert [fields.get(tag) for tag in (150, 39, 14, 151, 103)] == ["8", "8", "0", "0", reason]
    assert word in fields.require(58)


CANCEL_REFUSALS = [
    # Request on the live order X (100@50.00, IBM, buy), CxlRejReason(102), OrdStatus(39).
    ("F Y NOPE", "1", "8"),
    ("F X X", "6", "0"),
    ("F Y X 55=SAP", "2", "0"),
    ("F Y X sell", "2", "0"),
    ("F Y DONE", "0", "4"),
    ("F Y OLD", "99", "0"),
    ("G Y NOPE 100@50.00", "1", "8"),
    ("G X X 100@50.00", "6", "0"),
    ("G Y X 100@50.00 55=SAP", "2", "0"),
    ("G Y DONE 100@50.00", "0", "4"),
    ("G Y OLD 100@50.00", "99", "0"),
    ("G Y X 150@50.00", "99", "0"),
    ("G Y X 0@50.00", "99", "0"),
    ("G Y X 20000@50.00", "99", "0"),
    ("G Y X 100@50.001", "99", "0"),
    ("G Y X 100@market", "99", "0"),
    ("G Y X 100@50.00 44=", "99", "0"),
    ("G Y POST 100@51.00 sell", None, None),  # taken: nothing to cross
    ("G Y POST 100@50.00 sell 18=6", "99", "0"),
    ("G Y POST 100@50.00 sell", None, None),  # 18 is not carried over: it trades
    ("G Y X 100@50.00 59=3", "99", "0"),
]


@pytest.mark.parametrize(("line", "reason", "status"), CANCEL_REFUSALS)
def test_refusal_of_a_cancel_or_replace(line: str, reason: str | None, status: str | None) -> None:
    play = Play()
    for setup in (
        "> D X buy 100@50.00",
        "> D DONE buy 100@49.00",
        "> F DONE2 DONE",
        "> D OLD buy 100@48.00",
        "> G NEWER OLD 200@48.00",
        "> D POST sell 100@52.00 18=6",
    ):
        list(play.line(setup))
    answer, *_ = play.line(f"> {line}")
    if reason is None:
        assert answer.startswith("< E(Y,POST) 5/0")
    else:
        words = answer.split()
        response_to = "434=1" if line.startswith("F") else "434=2"
        assert words[2:5] == [status, f"r={reason}", response_to]
        assert ("37=NONE" in words) == (reason == "1")


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        ("D X buy 38=ten", 38),
        ("D X 54= 38=1", 54),
        ("F Y", 41),
        ("H X 55=", 55),
        ("AF 1 585=1", 585),
        ("D X buy 100@50.00 40=P 18=R 835=1", 835),
        ("D X buy 100@50.00 40=P 18=R 836=2", 836),
        ("D X buy 100@50.00 111=all", 111),
    ],
)
def test_message_that_cannot_be_read_names_its_tag(line: str, tag: int) -> None:
    fields = message(line.split())
    if line.startswith("AF"):
        fields = FixMessage.parse(fix_text("AF", [(584, 1), (585, 1)]))
    with pytest.raises(BadField) as error:
        read_request(fields, 0)
    assert error.value.tag == tag


def test_every_nth_order_is_refused_on_demand() -> None:
    venue = Venue(VenueTerms(name="XSIM", faults=VenueFaults(reject_every=3)), [IBM], {})
    for number in range(6):
        venue.on_request(read_request(message(["D", f"N{number}", *NEW[2:]]), 0), 0)
    reports = [each for each in venue.on_timer(0) if isinstance(each, Report)]
    assert [each.exec_type.value for each in reports] == ["0", "0", "8", "0", "0", "8"]
    assert reports[2].ord_rej_reason == 0


def test_latency_is_waited_for() -> None:
    venue = Play().venue
    venue.on_request(read_request(message(NEW), 0), 5)
    assert venue.next_request_ns() == MS + 5
    assert not [each for each in venue.on_timer(MS + 4) if isinstance(each, Report)]
    assert [each for each in venue.on_timer(MS + 5) if isinstance(each, Report)]
    assert venue.next_request_ns() is None


def test_quotes_on_change_and_once_a_second() -> None:
    play = Play()
    venue = play.venue
    assert venue.on_timer(999_000_000) == []
    beats = venue.on_timer(1_000_000_000)
    assert beats == [Quote(s, "XSIM", 0, 0, 0, 0, 1_000_000_000) for s in ("IBM", "SAP")]
    venue.on_request(read_request(message(NEW), 0), 1_000_000_000)
    quotes = [each for each in venue.on_timer(1_001_000_000) if isinstance(each, Quote)]
    assert quotes == [Quote("IBM", "XSIM", 5_000, 100, 0, 0, 1_001_000_000)]


def test_trading_status_is_repeated_for_late_readers() -> None:
    venue = Venue(TERMS, [IBM], {})
    found = [
        each.at_ns
        for now_s in range(30)
        for each in venue.on_timer(now_s * 1_000_000_000)
        if isinstance(each, TradingStatus)
    ]
    assert found == [0, 10_000_000_000, 20_000_000_000]


def test_requests_keep_their_order() -> None:
    venue = Play().venue
    for request in (
        read_request(message(NEW), 0),
        StatusRequest(cl_ord_id="X", symbol="IBM", side="1", at_ns=0),
        CancelOrder(cl_ord_id="Y", orig_cl_ord_id="X", symbol="IBM", side="1", at_ns=0),
        MassStatusRequest(mass_status_req_id="1", at_ns=0),
    ):
        venue.on_request(request, 0)
    kinds = [each.exec_type for each in venue.on_timer(MS) if isinstance(each, Report)]
    assert [kind.value for kind in kinds] == ["0", "I", "4", "I"]
