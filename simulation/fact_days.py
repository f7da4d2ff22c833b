"""One seed of a preset, measured: a day nobody trades in, and an agent whose market orders do.

The agent's runs go through the very Venue. Each is paired with a run of the same seed without it,
so what differs is what it did, and costs are less the exogenous price's moves: the martingale
control variate of quant.md 8.5. Impact is measured on days at the mean level of volume, so that a
participation rate means what it says; the quiet day has its random level.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np

from domain.instruments import Instrument, Side, TickBand
from domain.marketdata import Trade
from domain.sessions import Session, TradingCalendar
from venuesim.activity import Activity, Floats
from venuesim.book_events import Filled
from venuesim.efficient_price import EfficientPrice, MarketHours
from venuesim.order_book import OrderBook
from venuesim.order_flow import OrderFlow
from venuesim.presets import Preset
from venuesim.random_streams import RandomStreams
from venuesim.requests import NewOrder, Report
from venuesim.simulated_market import MarketSymbol, MarketVenue, simulated_market
from venuesim.venue import Venue, VenueTerms

SECOND_NS: Final = 1_000_000_000
OPEN_NS: Final = 1_767_364_200 * SECOND_NS  # 2026-01-02, 14:30 UTC
DAY_S: Final = 23_400
SYMBOL: Final = "FACT"
VENUE: Final = "FACTS"
CALENDAR: Final = "XNYS"
HORIZON_S: Final = 60  # of mark-outs and realised spreads
RATE: Final = 0.1  # participation rho, of volume without own: 5 chi, between linear and root
BEFORE: Final = 0.02  # of a day's volume passes before the agent begins
END: Final = 0.05  # the peak is the mean over this last part of the execution
THIN_STEP_NS: Final = 5 * SECOND_NS  # between two looks at a book that changes once in ten seconds
FLATTEN_S: Final = 600  # the illiquid book has a bid again within seconds
_DAY: Final = Session(
    date="2026-01-02", open_ns=OPEN_NS, close_ns=OPEN_NS + DAY_S * SECOND_NS, zone="UTC"
)


class QuietDay(msgspec.Struct, frozen=True, kw_only=True):
    """What a day without the agent says. Prices in ticks, spreads are full ones.

    `mid_60`, `mid_300`, `star_60`, `star_300`: mean squares of moves of the mid and of p* over so
    many seconds. `passive_buy_60`: what a resting buy has gained after 60 s, against `half_spread`.
    """

    volume: int
    first_30: int
    midday_30: int
    last_15: int
    mid_60: float
    mid_300: float
    star_60: float
    star_300: float
    spread: float
    effective: float
    realised: float
    passive_buy_60: float
    half_spread: float
    autocovariance: float
    trades: int


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's buy of `qty` (in days' volumes) against the same seed without it.

    In daily volatilities: `peak` and `average`, over the volume of the execution, of how far the
    mid was moved; where it was `watched` on, `later` the same a while as long as the execution
    after its end. The counts are of what must be zero.
    """

    qty: float
    watched: bool
    peak: float
    average: float
    later: float
    unprinted_fills: int
    missing_shares: int
    missing_cash: float
    tape_differs: int


class SeedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one seed. `round_trip_bps`: cost of a buy and its sale, of the notional."""

    seed: int
    quiet: QuietDay
    executions: tuple[Execution, ...]
    round_trip_bps: float


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How a preset's impact is tried: sizes (of a day's volume), of which one is watched for as
    long again, and shares an order.
    """

    sizes: tuple[float, ...]
    watched: float
    child_qty: int


def trial(preset: Preset) -> Trial:
    """Children of half a touch. A thin book takes minutes to follow p*: sizes are larger there."""
    if preset.limit_rate < 0.5:
        return Trial(sizes=(0.01, 0.02, 0.04, 0.08), watched=0.04, child_qty=preset.lot_qty)
    child_qty = (4 if preset.limit_rate > 4 else 1) * preset.lot_qty
    return Trial(sizes=(0.0025, 0.005, 0.01, 0.02), watched=0.02, child_qty=child_qty)


def measure_seed(preset: Preset, seed: int) -> SeedFacts:
    """All of one seed; seconds for a liquid preset, less for others."""
    level = msgspec.structs.replace(preset, day_level_sd=0.0)
    how = trial(preset)
    quiet = _Agent(level, seed, ())
    quiet.run(BEFORE + max(how.sizes[-1], 2 * how.watched) / RATE + 0.01)
    executions = [_execution(level, seed, how, qty, quiet) for qty in how.sizes]
    return SeedFacts(
        seed=seed,
        quiet=quiet_day(preset, seed),
        executions=tuple(executions),
        round_trip_bps=_round_trip_bps(level, seed, how),
    )


def quiet_day(preset: Preset, seed: int) -> QuietDay:
    """The flow alone over a whole day."""
    price = price_of(preset, seed)
    flow = flow_of(price)
    step_ns = _step_ns(preset)
    count = DAY_S * SECOND_NS // step_ns
    times = OPEN_NS + step_ns * np.arange(1, count + 1)
    book, fills = OrderBook(), []
    bids, asks = np.empty(count), np.empty(count)
    for index, at_ns in enumerate(times.tolist()):
        for traded_ns, events in flow.advance(book, min(at_ns, _DAY.close_ns - 1)):
            fills += [(traded_ns, each.px_ticks, each.qty, each.taker_side.sign)
                      for each in events if isinstance(each, Filled)]  # fmt: skip
        bids[index], _, asks[index], _ = book.touch()
    day = price.day_at(OPEN_NS)
    assert day is not None
    stars = price.base_ticks(day, np.minimum(times, _DAY.close_ns - 1))
    return _quiet_day(np.array(fills), bids, asks, stars, step_ns)


def _quiet_day(fills: Floats, bids: Floats, asks: Floats, stars: Floats, step_ns: int) -> QuietDay:
    """`fills`: (n, 4) time, price, shares, the taker's sign; the others (m,) one a step."""
    mids = _filled_mids(bids, asks)
    at_ns, px, qty, sign = fills.T
    since_s = (at_ns - OPEN_NS) / SECOND_NS
    a_second = SECOND_NS // step_ns
    # The last step that ended before the trade, and the one 60 s after it.
    before = ((at_ns - OPEN_NS - 1) // step_ns).astype(np.int64) - 1
    known = (before >= 0) & (before + HORIZON_S * a_second < len(mids))
    mid, later = mids[before[known]], mids[before[known] + HORIZON_S * a_second]
    px_known, sign_known = px[known], sign[known]
    passive_buys = sign_known < 0
    first = np.flatnonzero(np.diff(at_ns, prepend=0.0) > 0)  # one price an aggressor
    moves = np.diff(px[first])
    two_sided = (bids > 0) & (asks > 0)
    return QuietDay(
        volume=int(qty.sum()),
        first_30=int(qty[since_s < 1_800].sum()),
        midday_30=int(qty[(since_s >= 10_800) & (since_s < 12_600)].sum()),  # bins 13 and 14 of 26
        last_15=int(qty[since_s >= DAY_S - 900].sum()),
        mid_60=_mean_square(mids, 60 * a_second),
        mid_300=_mean_square(mids, 300 * a_second),
        star_60=_mean_square(stars, 60 * a_second),
        star_300=_mean_square(stars, 300 * a_second),
        spread=float((asks - bids)[two_sided].mean()),
        effective=float(2 * np.mean(sign_known * (px_known - mid))),
        realised=float(2 * np.mean(sign_known * (px_known - later))),
        passive_buy_60=float(np.mean((later - px_known)[passive_buys])),
        half_spread=float((asks - bids)[two_sided].mean() / 2),
        autocovariance=float(np.mean((moves[1:] - moves.mean()) * (moves[:-1] - moves.mean()))),
        trades=len(first),
    )


def _execution(preset: Preset, seed: int, how: Trial, qty: float, quiet: "_Agent") -> Execution:
    length, watched = qty / RATE, qty == how.watched
    agent = _Agent(preset, seed, _children(preset, how, qty, 1, BEFORE, length))
    agent.run(BEFORE + (2 if watched else 1) * length + 0.01)
    sd = preset.daily_volatility * preset.px_ticks
    moved = agent.mids - quiet.mids[: len(agent.mids)]
    clock = agent.clock[: len(moved)]
    end = BEFORE + length
    ending = (clock > end - END * length) & (clock <= end)
    after = np.abs(clock - end - length) < END / 2 * length
    during = (clock > BEFORE) & (clock <= end)
    passed = np.diff(clock, prepend=0.0)
    started_ns = agent.sent_ns[0]
    return Execution(
        qty=agent.filled / preset.adv_qty,
        peak=float(moved[ending].mean() / sd),
        average=float(np.average(moved[during], weights=passed[during]) / sd),
        later=float(moved[after].mean() / sd) if watched else math.nan,
        watched=watched,
        unprinted_fills=agent.unprinted,
        missing_shares=agent.missing_shares,
        missing_cash=agent.missing_cash,
        tape_differs=int(agent.tape(started_ns) != quiet.tape(started_ns)),
    )


def _round_trip_bps(preset: Preset, seed: int, how: Trial) -> float:
    """Buy half of the size that is watched, then sell it; adjusted cost."""
    qty = how.watched / 2
    length = qty / RATE
    buys = _children(preset, how, qty, 1, BEFORE, length)
    agent = _Agent(preset, seed, (*buys, *_children(preset, how, qty, -1, BEFORE + length, length)))
    agent.run(BEFORE + 2 * length + 0.01)
    agent.flatten()
    return agent.adjusted_cost / (agent.filled / 2 * preset.px_ticks) * 1e4


def _children(preset: Preset, how: Trial, qty: float, sign: int, start: float,
              length: float) -> tuple[tuple[float, int], ...]:  # fmt: skip
    """(volume time, signed shares): equal children at equal distances of volume."""
    count = max(1, round(qty * preset.adv_qty / how.child_qty))
    return tuple(
        (start + length * (number + 0.5) / count, sign * how.child_qty) for number in range(count)
    )


class _Agent:
    """A run with market orders at given volume times, none for the quiet one."""

    def __init__(self, preset: Preset, seed: int, children: Sequence[tuple[float, int]]) -> None:
        traded = _instrument()
        market = simulated_market(
            [MarketSymbol(instrument=traded, preset=preset)],
            [MarketVenue(terms=VenueTerms(name=VENUE), share=1.0)],
            {CALENDAR: _hours()}, seed, OPEN_NS,
        )  # fmt: skip
        self._venue: Venue = market.venues[VENUE]
        self._price = market.prices[SYMBOL]
        self._tick = traded.tick
        day = self._price.day_at(OPEN_NS)
        assert day is not None
        self._day: Activity = day
        times = day.at_ns(np.array([each for each, _ in children]) * DAY_S)
        self._orders = [(int(at_ns), qty) for at_ns, (_, qty) in zip(times, children, strict=True)]
        self.sent_ns = times
        self.mids: Floats = np.empty(0)
        self.clock: Floats = np.empty(0)  # volume time of each mid
        self.looks_ns = np.empty(0, dtype=np.int64)
        self.filled = self.held = 0
        self.adjusted_cost = 0.0  # ticks x shares, less the exogenous moves
        self.unprinted = self.missing_shares = 0
        self.missing_cash = 0.0
        self._trades: list[Trade] = []

    def run(self, until: float) -> None:
        """From the open until so much of a day's volume has passed."""
        until_ns = int(self._day.at_ns(np.array([until * DAY_S]))[0])
        step_ns = SECOND_NS if self._price.preset.limit_rate > 0.5 else THIN_STEP_NS
        looks = np.arange(OPEN_NS, min(until_ns, _DAY.close_ns - 1), step_ns)
        bids, asks = np.empty(len(looks)), np.empty(len(looks))
        waiting = list(reversed(self._orders))
        for index, at_ns in enumerate(looks.tolist()):
            while waiting and waiting[-1][0] < at_ns:
                self._send(*waiting.pop())
            self._keep(self._venue.on_timer(at_ns))
            bids[index], _, asks[index], _ = self._venue.books[SYMBOL].touch()
        assert not waiting, "the run is long enough for its orders"
        self.mids, self.looks_ns = _filled_mids(bids, asks), looks
        self.clock = self._day.clocks_s(looks) / DAY_S

    def flatten(self) -> None:
        """Sell what is still held, a market order a second: a thin book may be empty."""
        at_ns = int(self.looks_ns[-1])
        for _ in range(FLATTEN_S):
            if not self.held:
                return
            at_ns += SECOND_NS
            self._send(at_ns, -self.held)
        raise AssertionError(f"{self.held} shares could not be sold in {FLATTEN_S} s")

    def tape(self, until_ns: int) -> list[tuple[int, int, int]]:
        """Prints before `until_ns`."""
        return [(e.at_ns, e.px_ticks, e.qty) for e in self._trades if e.at_ns < until_ns]

    def _keep(self, outputs: Sequence[object]) -> list[Trade]:
        trades = [each for each in outputs if isinstance(each, Trade)]
        self._trades += trades
        return trades

    def _send(self, at_ns: int, signed_qty: int) -> None:
        """A market order, done at once, with its fills held against the tape and its answer."""
        self._keep(self._venue.on_timer(at_ns - 1))
        side = Side.BUY if signed_qty > 0 else Side.SELL
        request = NewOrder(
            cl_ord_id=f"{at_ns}", symbol=SYMBOL, side=side.value,
            order_qty=Decimal(abs(signed_qty)), ord_type="1", time_in_force="3", at_ns=at_ns,
        )  # fmt: skip
        self._venue.on_request(request, at_ns)
        outputs = self._venue.on_timer(at_ns)
        prints = [(each.px_ticks, each.qty) for each in self._keep(outputs)]
        reports = [each for each in outputs if isinstance(each, Report)]
        moved = self._price.exo_ticks(at_ns) - self._price.start_px_ticks
        done, cash = 0, 0.0
        for report in reports:
            if not report.last_qty:
                continue
            assert report.last_px is not None
            px_ticks = int(report.last_px / self._tick)
            if (px_ticks, report.last_qty) in prints:
                prints.remove((px_ticks, report.last_qty))
            else:
                self.unprinted += 1
            done += report.last_qty
            cash += px_ticks * report.last_qty
            self.adjusted_cost += side.sign * (px_ticks - moved) * report.last_qty
        last = reports[-1]
        self.missing_shares += abs(last.order_qty - done - self._left(last))
        self.missing_cash += abs(float(last.avg_px / self._tick) * last.cum_qty - cash)
        self.filled += done
        self.held += side.sign * done

    def _left(self, last: Report) -> int:
        """What the venue cancelled of a market order that found too little."""
        return last.order_qty - last.cum_qty


def _mean_square(path: Floats, lag: int) -> float:
    return float(np.mean((path[lag::lag] - path[:-lag:lag]) ** 2))


def _filled_mids(bids: Floats, asks: Floats) -> Floats:
    """(n,) mids; where a side was empty, the last one before."""
    two_sided = (bids > 0) & (asks > 0)
    index = np.maximum.accumulate(np.where(two_sided, np.arange(len(bids)), 0))
    mids: Floats = ((bids + asks) / 2)[index]
    return mids


def _step_ns(preset: Preset) -> int:
    """How often a quiet day is looked at: about twice for every limit order of a side."""
    return 100_000_000 if preset.limit_rate > 4 else 500_000_000 if preset.limit_rate > 0.5 else (
        SECOND_NS)  # fmt: skip


def price_of(preset: Preset, seed: int) -> EfficientPrice:
    """The efficient price of a seed."""
    return EfficientPrice(preset, preset.px_ticks, _hours(), RandomStreams(seed, SYMBOL))


def flow_of(price: EfficientPrice) -> OrderFlow:
    """The flow of a venue that has all of it."""
    return OrderFlow(_instrument(), price, VENUE, OPEN_NS)


def _hours() -> MarketHours:
    return MarketHours(TradingCalendar(CALENDAR, [_DAY]))


def _instrument() -> Instrument:
    return Instrument(
        symbol=SYMBOL, currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
        calendar=CALENDAR, venues=(VENUE,), max_order_qty=10**6, max_order_notional=Decimal(10**9),
    )  # fmt: skip
