"""What holds of the replay venue whatever the record and the orders: bounds, sums, and no trace.

The naive reference keeps every displayed share as a thing of its own, free or taken until a time.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.children import ChildCommand
from domain.executions import Execution
from domain.fix_codes import ExecType, LastLiquidityInd
from domain.instruments import Instrument, InstrumentTable, Side
from domain.marketdata import MarketEvent, Quote, Trade
from marketdata.lean import US_TICKS, VENUE, read_day
from marketdata.market import SymbolMarket
from marketdata.queue_position import CancelRule, Queue
from simulation.recorded_market import RecordedMarket
from simulation.replay_venue import ReplayRules, ReplayVenue, VenueOutput
from tests.simulation.recorded_day import DAY
from tests.simulation.replay_notation import MS, command, venue

LOW, HIGH = 4_990, 5_010
MIDNIGHT_NS = 1_381_204_800 * 10**9  # of New York on DAY
HOUR_NS = 3_600 * 10**9
DEPLETION_NS = 40 * MS

# A record and orders: (kind, four small numbers); every step is 7 ms after the one before.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["quote", "trade", "day", "ioc", "fok", "cancel"]),
        st.sampled_from(["buy", "sell"]),
        st.integers(LOW, HIGH), st.integers(1, 3), st.integers(0, 400), st.integers(0, 400),
    ),
    max_size=60,
)  # fmt: skip
Step = tuple[str, str, int, int, int, int]


def recorded(step: Step, at_ns: int) -> MarketEvent | None:
    kind, _, px, width, qty, other_qty = step
    if kind == "quote":
        return Quote("IBM", "NBBO", px, qty, px + width, other_qty, at_ns)
    if kind == "trade":
        condition = "F" if other_qty > 300 else ""
        return Trade("IBM", "N", px, max(qty, 1), at_ns, "1", condition)
    return None


@dataclass(slots=True)
class Shares:
    """The displayed shares of one side by price: each is free (0) or taken until then."""

    sign: int
    px: int = 0
    by_px: dict[int, list[int]] = field(default_factory=dict)

    def record(self, px: int, qty: int) -> None:
        self.px = px
        self.by_px = {each: shares for each, shares in self.by_px.items()
                      if qty and (each - px) * self.sign <= 0}  # fmt: skip
        shares = sorted(self.by_px.get(px, []))  # the free first: they are the first to go
        surplus = max(len(shares) - qty, 0)
        self.by_px[px] = shares[surplus:] + [0] * (qty - len(shares))

    def pass_time(self, now_ns: int) -> None:
        for px, shares in self.by_px.items():
            self.by_px[px] = [0 if until <= now_ns else until for until in shares]

    @property
    def free(self) -> int:
        return self.by_px.get(self.px, []).count(0)

    def take(self, qty: int, until_ns: int) -> None:
        """All that is missing at this price comes back together."""
        assert 0 < qty <= self.free
        shares = sorted(self.by_px[self.px])
        self.by_px[self.px] = [
            until_ns if until or number < qty else 0 for number, until in enumerate(shares)
        ]


@dataclass(slots=True)
class Ledger:
    """What every output must agree with. `sides`: by the side of the order that takes."""

    sides: dict[Side, Shares] = field(
        default_factory=lambda: {Side.BUY: Shares(-1), Side.SELL: Shares(1)}
    )
    last: dict[str, Execution] = field(default_factory=dict)
    sums: dict[str, tuple[int, Decimal]] = field(default_factory=dict)

    def on_recorded(self, event: MarketEvent) -> None:
        if isinstance(event, Quote):
            self.sides[Side.BUY].record(event.ask_px_ticks, event.ask_qty)
            self.sides[Side.SELL].record(event.bid_px_ticks, event.bid_qty)

    def pass_time(self, now_ns: int) -> None:
        for side in self.sides.values():
            side.pass_time(now_ns)

    def check(self, outputs: list[VenueOutput], event: MarketEvent | None, now_ns: int) -> None:
        """Fills of a print come out of it; all others out of what is free at the touch."""
        fills = [each for each in outputs
                 if isinstance(each, Execution) and each.exec_type is ExecType.TRADE]  # fmt: skip
        if isinstance(event, Trade):
            prints = [each for each in outputs if isinstance(each, Trade)]
            assert sum(each.qty for each in prints) == event.qty
            assert not fills or "F" not in event.condition
            assert len({each.side for each in fills}) <= 1
            for fill in fills:  # at its price or through it
                assert fill.last_px is not None
                assert (fill.last_px * 100 - event.px_ticks) * fill.side.sign >= 0
                assert fill.liquidity is LastLiquidityInd.ADDED
        else:
            for fill in fills:
                self.sides[fill.side].take(fill.last_qty, now_ns + DEPLETION_NS)
        for fill in fills:
            qty, notional = self.sums.get(fill.venue_order_id, (0, Decimal(0)))
            assert fill.last_px is not None
            self.sums[fill.venue_order_id] = (
                qty + fill.last_qty, notional + fill.last_qty * fill.last_px
            )  # fmt: skip
            assert fill.cum_qty == qty + fill.last_qty <= fill.order_qty
            assert fill.avg_px * fill.cum_qty == pytest.approx(
                notional + fill.last_qty * fill.last_px
            )
        self.last |= {each.venue_order_id: each for each in outputs if isinstance(each, Execution)}
        quotes = [each for each in outputs if isinstance(each, Quote)]
        if quotes:
            assert quotes[-1].ask_qty == self.sides[Side.BUY].free
            assert quotes[-1].bid_qty == self.sides[Side.SELL].free


def play(steps: list[Step]) -> tuple[list[VenueOutput], list[MarketEvent], int]:
    """Play them, checked. Returns the outputs, the record, and how many shares traded."""
    replay = venue(ReplayRules(depletion_ns=DEPLETION_NS))
    ledger = Ledger()
    said: list[VenueOutput] = []
    record: list[MarketEvent] = []
    for number, step in enumerate(steps):
        now_ns = number * 7 * MS
        ledger.pass_time(now_ns)
        if replay.next_ns() <= now_ns:
            outputs = list(replay.on_timer(now_ns))
            ledger.check(outputs, None, now_ns)
            said += outputs
        event = recorded(step, now_ns)
        if event is not None:
            record.append(event)
            ledger.on_recorded(event)
            outputs = list(replay.on_market(event))
        else:
            outputs = replay.on_child(_order(step, number), now_ns)
        ledger.check(outputs, event, now_ns)
        said += outputs
    for execution in ledger.last.values():
        assert execution.cum_qty == ledger.sums.get(execution.venue_order_id, (0, 0))[0]
        assert 0 <= execution.leaves_qty <= execution.order_qty - execution.cum_qty
    return said, record, sum(qty for qty, _ in ledger.sums.values())


def _order(step: Step, number: int) -> ChildCommand:
    kind, side, px, _, qty, _ = step
    if kind == "cancel":
        return command("cancel", {"id": f"{number}", "orig": f"{qty % max(number, 1)}"})
    return command(kind, {"id": f"{number}", "side": side, "px": f"{Decimal(px) / 100}",
                          "qty": f"{max(qty, 1)}"})  # fmt: skip


@settings(deadline=None)
@given(steps=STEPS)
def test_fills_never_exceed_what_the_tape_and_the_touch_offered(steps: list[Step]) -> None:
    said, record, traded = play(steps)
    public = [each for each in said if isinstance(each, Quote | Trade)]
    if not traded:
        assert public == record
    assert play(steps)[0] == said  # the same input, the same output


@settings(deadline=None)
@given(
    rule=st.sampled_from(CancelRule), joined=st.integers(0, 500),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 600), st.integers(0, 15)), max_size=40),
)  # fmt: skip
def test_a_place_in_the_queue_only_gets_better(
    rule: CancelRule, joined: int, steps: list[tuple[bool, int, int]]
) -> None:
    """And all that was printed went to those ahead, to us, or to those behind: never more to us."""
    queue = Queue(px_ticks=5_000, rule=rule, match_ns=10)
    first, second = queue.join("A", 100, joined), queue.join("B", 100, joined)
    now_ns = 0
    for is_print, qty, later in steps:
        now_ns += later
        queue.settle(now_ns)  # what was not explained in time is a cancel first
        ahead = (first.ahead_qty or 0, second.ahead_qty or 0)
        if is_print:
            served = {place.venue_order_id: part for place, part in queue.on_print(qty, now_ns)}
            assert sum(served.values()) <= max(qty - ahead[0], 0)
            assert not served.get("B") or served.get("A", 0) == first.leaves_qty
            for place in (first, second):
                place.leaves_qty -= served.get(place.venue_order_id, 0)
                assert place.leaves_qty >= 0
        else:
            queue.on_displayed(qty, now_ns)
        assert first.ahead_qty is not None
        assert second.ahead_qty is not None
        assert 0 <= first.ahead_qty <= second.ahead_qty
        assert first.ahead_qty <= ahead[0]
        assert second.ahead_qty <= ahead[1]


@settings(deadline=None)
@given(
    drawn=st.lists(
        st.tuples(st.integers(98, 101), st.integers(-1, 3), st.integers(-1, 5), st.integers(0, 2)),
        min_size=1, max_size=12,
    ),
    cut=st.integers(0, 12),
)  # fmt: skip
def test_quotes_told_together_leave_what_they_leave_one_by_one(
    drawn: list[tuple[int, int, int, int]], cut: int
) -> None:
    """The touch, and that before its time, by which a print of the same instant is judged."""
    quotes: list[MarketEvent] = []
    at_ns = 0
    for px, width, qty, later_ns in drawn:  # some crossed, some below zero
        at_ns += later_ns
        quotes.append(Quote("IBM", "NBBO", px, qty, px + width, 1, at_ns))
    one_by_one = RecordedMarket(rules=ReplayRules())
    together = RecordedMarket(rules=ReplayRules())
    for quote in quotes:
        assert isinstance(quote, Quote)
        one_by_one.on_quote(quote)
    for part in (quotes[:cut], quotes[cut:]):
        together.on_quiet(part)
    assert together == one_by_one


IBM = Instrument(
    symbol="IBM", currency="USD", lot=100, ticks=US_TICKS, calendar="XNYS", venues=(VENUE,),
    max_order_qty=10**9, max_order_notional=Decimal(10**12),
)  # fmt: skip


def ibm_venue() -> ReplayVenue:
    return ReplayVenue(name=VENUE, instruments=InstrumentTable([IBM]), trade_date="20131008")


def ten_to(data_dir: Path, hour: float) -> list[MarketEvent]:
    """IBM's record from ten o'clock to that hour."""
    begin_ns, end_ns = MIDNIGHT_NS + 10 * HOUR_NS, MIDNIGHT_NS + int(hour * HOUR_NS)
    return [each for each in read_day(data_dir, "IBM", DAY) if begin_ns <= each.at_ns < end_ns]


@pytest.mark.slow
def test_on_a_real_day_an_order_that_never_trades_leaves_no_trace(data_dir: Path) -> None:
    record = ten_to(data_dir, 11)
    replay = ibm_venue()
    plain, public = SymbolMarket(symbol="IBM"), SymbolMarket(symbol="IBM")
    said: list[VenueOutput] = []
    for number, event in enumerate(record):
        if number % 100 == 0:
            px = f"{100 + number % 7}.00"  # IBM was at 180
            said += replay.on_child(command("day", {"id": f"{number}", "px": px}), event.at_ns)
        said += replay.on_market(event)
        plain.on_event(event)
    seen = [each for each in said if isinstance(each, Quote | Trade)]
    for event in seen:
        public.on_event(event)
    assert len([each for each in said if isinstance(each, Execution)]) == len(record) // 100 + 1
    assert seen == record
    assert public == plain


@pytest.mark.slow
@pytest.mark.parametrize("rule", CancelRule)
def test_on_a_real_day_passive_fills_come_out_of_prints_and_offers(
    data_dir: Path, rule: CancelRule
) -> None:
    """Join the bid for 200 shares every few seconds, cancel what is left after a minute."""
    record = ten_to(data_dir, 10.5)
    replay = ReplayVenue(name=VENUE, instruments=InstrumentTable([IBM]), trade_date="20131008",
                         rules=ReplayRules(cancels=rule))  # fmt: skip
    filled = joined = 0
    for number, event in enumerate(record):
        if number % 200 == 100 and number > 1_000:
            replay.on_child(
                command("cancel", {"id": f"{number}", "orig": f"{number - 1_100}"}), event.at_ns
            )
        fills = [each for each in replay.on_market(event)
                 if isinstance(each, Execution) and each.exec_type is ExecType.TRADE]  # fmt: skip
        qty = sum(each.last_qty for each in fills)
        filled += qty
        if isinstance(event, Trade):
            assert qty <= event.qty
            assert not qty or "F" not in event.condition
        elif isinstance(event, Quote):
            assert qty <= event.ask_qty
        if isinstance(event, Quote) and number % 200 == 0:
            px = f"{event.bid_px_ticks / 10_000:.2f}"
            args = {"id": f"{number}", "px": px, "qty": "200"}
            outputs = list(replay.on_child(command("day", args), event.at_ns))
            joined += 200
            assert not any(isinstance(each, Trade) for each in outputs)
    # Most of what waits at the touch for minutes is served; neither nothing nor all would be fair.
    assert 0.1 * joined < filled < 0.95 * joined
