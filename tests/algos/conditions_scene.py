"""Markets to measure: a plain one made of numbers, and a simulated one; and norms for both."""

from collections.abc import Callable, Iterator

import numpy as np

from algos.conditions import Change, Conditions, changed, norm_now
from algos.norms import DaySoFar, Norm, Norms, OfProfile
from domain.marketdata import Quote, Trade
from marketdata.market import SymbolMarket
from marketdata.stale_limits import StaleLimits
from marketdata.symbol_profile import ProfileSource, SymbolProfile, TimeNorm
from tests.venuesim.market_scene import CLOSE, OPEN, SECOND, market
from venuesim.presets import MID, Preset
from venuesim.regimes import Regime

STEP = 10 * SECOND
BEGIN = OPEN + 6_000 * SECOND  # the flat part of the day

# What the plain market is by default, and so its norm.
SIGMA = 1e-4  # of a root second
SPREAD = 6.0  # ticks
TOUCH = 500
RATE = 30.0  # shares a second, others'
MID_PX = 100_000.0
NORM = Norm(volatility=SIGMA, relative_spread=SPREAD / MID_PX, touch_qty=TOUCH, shares_per_s=RATE)


def flat(norm: Norm = NORM) -> Norms:
    """As a profile would say them of a market that is the same all day."""
    bin_norm = TimeNorm(
        start_s=0, end_s=1 << 40, volatility_per_sqrt_s=norm.volatility,
        relative_spread=norm.relative_spread, touch_qty=norm.touch_qty,
        shares_per_s=norm.shares_per_s or 0.0,
    )  # fmt: skip
    profile = SymbolProfile(
        symbol="SIM", calendar="XNYS", as_of="2026-01-02", source=ProfileSource.PRESET,
        made_from="a test", adv_qty=1, norms=(bin_norm,),
    )  # fmt: skip
    return OfProfile(profile=profile, open_ns=0)


def measured(seen: Iterator[tuple[int, SymbolMarket]], until_ns: int) -> Norms:
    """What a market was until then, as norms for what comes."""
    for now_ns, found in seen:
        if now_ns >= until_ns:
            sample = found.statistics.samples[-1]
            return DaySoFar(
                norm=norm_now(sample, found), measured_ns=sample.at_ns,
                measured_s=sample.covered_s, open_ns=OPEN, close_ns=CLOSE,
            )  # fmt: skip
    raise AssertionError("it was not seen so long")


class Factors:
    """What the plain market is times, as a function of seconds since it began."""

    def __init__(
        self, *, volatility: Callable[[float], float] = lambda s: 1.0,
        spread: Callable[[float], float] = lambda s: 1.0,
        touch: Callable[[float], float] = lambda s: 1.0,
        volume: Callable[[float], float] = lambda s: 1.0,
    ) -> None:  # fmt: skip
        self.volatility, self.spread, self.touch, self.volume = volatility, spread, touch, volume


def plain(
    seed: int, hours: float, factors: Factors | None = None
) -> Iterator[tuple[int, SymbolMarket]]:
    """(now_ns, market) every ten seconds: a quote, and ten prints, with noise in all of it."""
    found = SymbolMarket(symbol="SIM", limits=StaleLimits(default_ns=60 * SECOND))
    factors = factors or Factors()
    draw = np.random.default_rng(seed)
    px = MID_PX
    for step in range(int(hours * 360)):
        now_ns, s = BEGIN + step * STEP, 10.0 * step
        px *= float(np.exp(SIGMA * factors.volatility(s) * np.sqrt(10.0) * draw.standard_normal()))
        half = max(SPREAD * factors.spread(s) * float(draw.uniform(0.5, 1.5)) / 2, 0.5)
        qty = max(int(TOUCH * factors.touch(s) * float(draw.uniform(0.5, 1.5))), 1)
        found.on_event(Quote("SIM", "A", int(px - half), qty, int(px + half) + 1, qty, now_ns))
        shares = RATE * factors.volume(s)
        for number in range(10):
            size = max(int(shares * float(draw.exponential())), 1)
            found.on_event(Trade("SIM", "A", int(px), size, now_ns + number * SECOND))
        yield now_ns + STEP - 1, found


def simulated(
    seed: int, hours: float, preset: Preset = MID, regimes: tuple[Regime, ...] = (),
    start_ns: int = BEGIN,
) -> Iterator[tuple[int, SymbolMarket]]:  # fmt: skip
    """The same of a preset, looked at every quarter of a second."""
    found = SymbolMarket(symbol="SIM")
    venues = market(preset, seed=seed, start_ns=start_ns, shares=(0.6, 0.4), regimes=regimes).venues
    for now_ns in range(start_ns, min(start_ns + int(hours * 3_600) * SECOND, CLOSE), SECOND // 4):
        for venue in venues.values():
            if venue.next_ns() <= now_ns:
                found.on_events(
                    each for each in venue.on_timer(now_ns) if isinstance(each, Quote | Trade)
                )
        if now_ns % STEP == 0:
            yield now_ns, found


def changes(
    seen: Iterator[tuple[int, SymbolMarket]], norms: Norms, held: Conditions | None = None,
    dwell_ns: int = 180 * SECOND, begin_ns: int = BEGIN,
) -> list[tuple[int, Change]]:  # fmt: skip
    """(seconds since the beginning, change) of one who looks every ten seconds."""
    held, found, last_ns = held or Conditions(), [], 0
    for now_ns, market_ in seen:
        change = changed(held, market_, norms, now_ns) if now_ns - last_ns >= dwell_ns else None
        if change is not None:
            held, last_ns = change.conditions, now_ns
            found.append(((now_ns - begin_ns) // SECOND, change))
    return found
