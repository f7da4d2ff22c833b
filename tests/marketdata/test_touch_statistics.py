"""Statistics of the touch, beside a recomputation over the whole history."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.marketdata import Quote, TradingPhase, TradingStatus
from marketdata.market import TIME_BACK_RUN_MAX, UNREAD_MAX, SymbolMarket
from marketdata.stale_limits import StaleLimits
from marketdata.touch_statistics import (
    HALF_LIFE_S,
    NO_ASK,
    SAMPLES_KEPT,
    TouchStatistics,
    venue_touch,
)
from marketdata.volatility import HALF_LIFE_S as VOLATILITY_HALF_LIFE_S
from marketdata.volatility import SAMPLE_S

S = 10**9
BEGIN_NS = 1_700_000_000 * S  # a multiple of SAMPLE_S
LIMITS = StaleLimits(default_ns=5 * S, by_venue={"XB": 3 * S})
Touch = tuple[int, int, int, int]

SIDE = st.tuples(st.integers(95, 105), st.sampled_from([0, 100, 200, 300]))
QUOTES = st.lists(
    st.tuples(st.sampled_from([1, 200, 700, 1_000, 2_500, 9_000, 31_000]),
              st.sampled_from(["XA", "XA", "XB", "XC"]), SIDE, SIDE),
    min_size=1, max_size=40,
)  # fmt: skip
Rows = list[tuple[int, str, tuple[int, int], tuple[int, int]]]


def quotes(rows: Rows) -> list[Quote]:
    """By rising time; the milliseconds are since the one before."""
    at_ns, found = BEGIN_NS, []
    for after_ms, venue, bid, ask in rows:
        at_ns += after_ms * 1_000_000
        low, high = sorted((bid[0], ask[0]))
        found.append(Quote("IBM", venue, low, bid[1], high, ask[1], at_ns))
    return found


@dataclass(slots=True)
class Naive:
    """The touch as a list of (from, to, touch or None), and all that follows from it."""

    pieces: list[tuple[int, int, Touch | None]]
    flows: list[tuple[int, int]]  # (at_ns, shares)

    def at(self, at_ns: int) -> Touch | None:
        """The touch just before `at_ns`."""
        return next((touch for start, end, touch in self.pieces if start < at_ns <= end), None)


def counts(touch: Touch | None) -> bool:
    return touch is not None and 0 < touch[0] <= touch[2] < NO_ASK


def consolidated(held: dict[str, Quote]) -> Touch:
    bids = [(q.bid_px_ticks, q.bid_qty) for q in held.values() if q.bid_qty]
    asks = [(q.ask_px_ticks, q.ask_qty) for q in held.values() if q.ask_qty]
    bid = max((px for px, _ in bids), default=0)
    ask = min((px for px, _ in asks), default=NO_ASK)
    return (bid, sum(q for px, q in bids if px == bid), ask, sum(q for px, q in asks if px == ask))


def naive(events: Sequence[Quote]) -> Naive:
    """By the rules of the module's words: a stale venue is out at the next second with a quote."""
    held: dict[str, Quote] = {}
    found = Naive([], [])
    before: Touch | None = None
    for index, quote in enumerate(events):
        last_ns = events[index - 1].at_ns if index else quote.at_ns
        if index and quote.at_ns // S > last_ns // S:
            makers = [q for q in held.values() if before is not None and (
                (q.bid_px_ticks if q.bid_qty else 0) == before[0]
                or (q.ask_px_ticks if q.ask_qty else NO_ASK) == before[2])]  # fmt: skip
            until_ns = min(q.at_ns + LIMITS.limit_ns(q.venue) for q in makers)
            held = {v: q for v, q in held.items()
                    if quote.at_ns - q.at_ns <= LIMITS.limit_ns(v)}  # fmt: skip
            first_edge_ns = (last_ns // S + 1) * S
            stood_ns = max(min(until_ns, first_edge_ns), last_ns)
            if until_ns >= first_edge_ns:
                stood_ns = max(min(until_ns, quote.at_ns) // S * S, first_edge_ns)
            found.pieces.append((last_ns, stood_ns, before))
            last_ns = quote.at_ns // S * S
            before = consolidated(held)
        if index:
            found.pieces.append((last_ns, quote.at_ns, before))
        held[quote.venue] = quote
        after = consolidated(held)
        if before is not None and counts(before) and counts(after):
            e = (
                after[1] * (after[0] >= before[0]) - before[1] * (after[0] <= before[0])
                - after[3] * (after[2] <= before[2]) + before[3] * (after[2] >= before[2])
            )  # fmt: skip
            found.flows.append((quote.at_ns, e))
        before = after
    return found


def covered(naive: Naive, start_ns: int, end_ns: int) -> tuple[int, int]:
    """(ns for which the touch counted, spread times ns) between two times."""
    total = spread_sum = 0
    for start, end, touch in naive.pieces:
        ns = min(end, end_ns) - max(start, start_ns)
        if ns > 0 and touch is not None and counts(touch):
            total += ns
            spread_sum += (touch[2] - touch[0]) * ns
    return total, spread_sum


def taken(events: Sequence[Quote], batch: int = UNREAD_MAX) -> TouchStatistics:
    found = TouchStatistics(limits=LIMITS)
    touches = [venue_touch(quote) for quote in events]
    for first in range(0, len(touches), batch):
        found.on_touches(touches[first : first + batch])
    return found


@settings(deadline=None)
@given(rows=QUOTES)
@example(rows=[(2_500, "XA", (95, 0), (95, 0)), (2_500, "XA", (95, 100), (95, 0)),
               (5_000, "XB", (95, 0), (95, 100)), (1_000, "XA", (95, 0), (95, 0))])  # fmt: skip
def test_they_equal_a_recomputation(rows: Rows) -> None:
    events = quotes(rows)
    truth, found = naive(events), taken(events)
    end_ns = events[-1].at_ns // S * S
    first, last = events[0].at_ns // S, end_ns // S
    assert (found.covered_ns, found.spread_sum) == covered(truth, 0, end_ns)
    assert found.flow_qty == sum(e for at_ns, e in truth.flows if at_ns < end_ns)
    assert found.touch == consolidated({q.venue: q for q in events if q.venue in found._venues})
    spread = weight = depth = depth_weight = flow = 0.0
    for step in range(first, last):
        left = 2.0 ** (-(last - 1 - step) / HALF_LIFE_S)
        ns, spread_sum = covered(truth, step * S, (step + 1) * S)
        spread += left * spread_sum / S
        weight += left * ns / S
        flow += left * sum(e for at_ns, e in truth.flows if at_ns // S == step)
        touch = truth.at((step + 1) * S)
        if touch is not None and counts(touch):
            depth += left * touch[1]
            depth_weight += left
    if weight:
        assert found.spread_ticks == pytest.approx(spread / weight)
        assert found.flow_qty_per_s == pytest.approx(flow / weight)
    else:
        assert found.spread_ticks is None
    if depth_weight:
        assert found.depth_qty is not None
        assert found.depth_qty[0] == pytest.approx(depth / depth_weight)
    else:
        assert found.depth_qty is None


DARK = ("XA", (95, 0), (95, 0))
LIT = ("XA", (95, 100), (95, 100))


@settings(deadline=None)
@given(rows=QUOTES)
@example(rows=[(9_000, *LIT), (1_000, *DARK), *[(2_500, *DARK)] * 3, (1_000, *LIT), (9_000, *DARK)])
@example(rows=[(9_000, *LIT), *[(1_000, *DARK)] * 9, (900, *LIT), (1_000, *LIT)])
def test_volatility_equals_a_recomputation(rows: Rows) -> None:
    events = quotes(rows)
    truth, found = naive(events), taken(events)
    first, last = events[0].at_ns // S, events[-1].at_ns // S
    squares: list[tuple[int, float]] = []
    for step in range(first // SAMPLE_S * SAMPLE_S + SAMPLE_S, last + 1, SAMPLE_S):
        mids = []
        for at_s in (step - SAMPLE_S, step):
            touch = truth.at(at_s * S)
            mids.append((touch[0] + touch[2]) / 2 if touch and counts(touch) else None)
        # A return reaches over no second at whose end the touch did not count.
        whole = all(counts(truth.at((at_s + 1) * S)) for at_s in range(step - SAMPLE_S, step))
        if mids[0] is not None and mids[1] is not None and whole:
            squares.append((step, log(mids[1] / mids[0]) ** 2))
    end = last // SAMPLE_S * SAMPLE_S
    if not squares:
        assert found.volatility.per_sqrt_s is None
        return
    assert found.volatility.realised_variance == pytest.approx(sum(each for _, each in squares))
    weights = [2.0 ** (-(end - step) / VOLATILITY_HALF_LIFE_S) for step, _ in squares]
    variance = sum(w * each / SAMPLE_S for w, (_, each) in zip(weights, squares, strict=True))
    assert found.volatility.per_sqrt_s == pytest.approx(sqrt(variance / sum(weights)))


@settings(deadline=None)
@given(rows=QUOTES, batch=st.integers(1, 7))
def test_batches_and_readers_change_nothing(rows: Rows, batch: int) -> None:
    events = quotes(rows)
    assert facts(taken(events)) == facts(taken(events, batch))


def facts(found: TouchStatistics) -> list[object]:
    return [
        found.touch, found.at_ns, found.covered_ns, found.spread_sum, found.flow_qty,
        found.spread_ticks, found.flow_qty_per_s, found.depth_qty, found.microprice_px_ticks,
        found.volatility, found.microprice.samples, found.microprice._stay, found.microprice._move,
        list(found.samples),
    ]  # fmt: skip


def quote(after_s: float, bid_px: int = 99, ask_px: int = 101, venue: str = "XA",
          qty: int = 100) -> Quote:  # fmt: skip
    return Quote("IBM", venue, bid_px, qty, ask_px, qty, BEGIN_NS + int(after_s * S))


def test_units() -> None:
    """A mid that moves 1 % every ten seconds: 0.01 / sqrt(10) a root second."""
    found = taken([quote(0.2 * n, 9_999, 10_001) if n % 100 < 50 else quote(0.2 * n, 10_099, 10_101)
                   for n in range(5_000)])  # fmt: skip
    expected = log(10_100 / 10_000) / sqrt(10)
    assert found.volatility.per_sqrt_s == pytest.approx(expected)
    assert found.volatility.realised_per_sqrt_s == pytest.approx(expected)
    assert found.volatility.daily(23_400) == pytest.approx(expected * sqrt(23_400))
    assert found.spread_ticks == pytest.approx(2.0)
    assert found.mean_spread_ticks == 2.0
    assert found.depth_qty == pytest.approx((100.0, 100.0))


def test_a_venue_that_does_not_trade_has_no_part_in_it() -> None:
    market = SymbolMarket(symbol="IBM", limits=LIMITS)
    market.on_event(quote(0, 99, 101))
    market.on_event(quote(0, 98, 102, "XB"))
    assert market.statistics.touch == (99, 100, 101, 100)
    market.on_event(TradingStatus("IBM", "XA", TradingPhase.HALTED, BEGIN_NS))
    market.on_event(quote(1, 100, 101))
    assert market.statistics.touch == (98, 100, 102, 100)
    market.on_event(TradingStatus("IBM", "XA", TradingPhase.CONTINUOUS, BEGIN_NS + S))
    market.on_event(quote(1.5, 100, 101))
    assert market.statistics.touch == (100, 100, 101, 100)


def test_price_steps_are_what_a_spread_is_counted_in() -> None:
    """Prices in hundredths of a cent that go by cents: the microprice sees one step, not 100."""
    found = TouchStatistics(limits=LIMITS, px_steps=((0, 1), (10_000, 100)))
    found.on_touches([venue_touch(quote(0, 1_000_000, 1_000_100))])
    narrow = found.state
    found.on_touches([venue_touch(quote(1, 1_000_000, 1_000_300))])
    assert narrow is not None
    assert found.state == narrow + 10
    found.on_touches([venue_touch(quote(2, 9_000, 9_001))])
    assert found.state == narrow


def test_a_clock_that_went_back_begins_anew() -> None:
    market = SymbolMarket(symbol="IBM", limits=LIMITS)
    market.on_event(quote(10**6))
    for number in range(TIME_BACK_RUN_MAX + 2):
        market.on_event(quote(number / 10))
    assert market.statistics.at_ns == BEGIN_NS + (TIME_BACK_RUN_MAX + 1) * S // 10
    assert market.statistics.mid_px_ticks == 100.0


def test_samples_are_what_the_means_tell_at_every_tenth_second() -> None:
    found = SymbolMarket(symbol="IBM", limits=StaleLimits(default_ns=60 * S))
    for second in range(2, 400):
        bid = 9_999 + second % 3
        found.on_event(Quote("IBM", "XA", bid, 500, bid + 2, 300, BEGIN_NS + second * S))
    samples = found.statistics.samples
    assert len(samples) == SAMPLES_KEPT
    assert [each.at_ns - BEGIN_NS for each in samples] == [
        at_s * S for at_s in range(390 - 10 * (SAMPLES_KEPT - 1), 391, 10)
    ]
    newest = samples[-1]
    assert newest.touch_qty == pytest.approx(400.0)
    assert newest.relative_spread == pytest.approx(2 / 10_001, rel=1e-3)
    assert newest.covered_s == pytest.approx(388.0)
    assert newest.volatility > 0


def test_a_market_that_stands_still_is_sampled_once_when_it_moves_again() -> None:
    found = SymbolMarket(symbol="IBM", limits=StaleLimits(default_ns=600 * S))
    for second in (0, 5, 15, 25, 300):
        found.on_event(Quote("IBM", "XA", 9_999, 500, 10_001, 500, BEGIN_NS + second * S))
    assert [(each.at_ns - BEGIN_NS) // S for each in found.statistics.samples] == [20, 300]


def test_no_sample_tells_of_a_market_that_is_not_there() -> None:
    found = SymbolMarket(symbol="IBM", limits=StaleLimits(default_ns=600 * S))
    for second in range(100):
        ask_qty = 0 if second >= 50 else 300
        found.on_event(Quote("IBM", "XA", 9_999, 500, 10_001, ask_qty, BEGIN_NS + second * S))
    samples = found.statistics.samples
    assert samples[-1].at_ns == BEGIN_NS + 50 * S
    assert samples[-1].covered_s == pytest.approx(50.0)
