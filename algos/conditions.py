"""What kind of market it is: volatility, spread, displayed size and volume against their norms.

Each is measured as a ratio to what it is at that time of an ordinary day (`norms.py`), and is low,
normal or high. It leaves normal where it is beyond `enter` for PERSIST_NS without a break, and
comes back where it is within `leave` for as long: two thresholds, so that it does not flap about
one. What is measured depends on few trades where few come, so `enter` is ln 1.5 (quant.md 2.6), or
NOISE_DEVIATIONS times the standard deviation of an ordinary day where that is more.

A change of the market shows in several measures, sooner in some than in others. So when one of
them changes, the others are judged with it at once by `leave`: one change of the market is one
change of conditions, not four.

No memory of its own: what is held was published with a plan, what was measured lasts in
SymbolMarket (TouchStatistics.samples, Tape). So a restarted worker sees what the first one saw.
"""

from enum import IntEnum
from math import exp, log, sqrt
from typing import Final

import msgspec

from algos.norms import Norm, Norms
from marketdata.market import SymbolMarket
from marketdata.touch_statistics import SAMPLES_KEPT, TouchSample
from marketdata.volatility import SAMPLE_S

ENTER: Final = log(1.5)  # quant.md 2.6
LEAVE_FRACTION: Final = log(1.25) / log(1.5)  # of `enter`: half of it, roughly, in logarithms
PERSIST_NS: Final = (SAMPLES_KEPT - 1) * SAMPLE_S * 10**9  # 2 minutes (quant.md 2.6)
FRESH_NS: Final = 30 * 10**9  # a newest sample that is older says nothing of now
# The means are of less than this since the statistics began: too little to compare.
COVERED_S_MIN: Final = 600.0
VOLUME_NS: Final = 600 * 10**9  # over which others' volume is counted: 40 % of a 15-minute bin
# Four deviations, two of which are 1 in 16,000 by the normal law; the measures are skewed and are
# looked at often. tests/algos/test_conditions.py has the rate of false changes on quiet days.
NOISE_DEVIATIONS: Final = 4.0

MEASURES: Final = ("volatility", "spread", "touch", "volume")


class Level(IntEnum):
    """Where a measure is by its norm."""

    LOW = -1
    NORMAL = 0
    HIGH = 1


class Conditions(msgspec.Struct, frozen=True):
    """The levels that are held, one a measure. `touch`: shares displayed at the touch."""

    volatility: Level = Level.NORMAL
    spread: Level = Level.NORMAL
    touch: Level = Level.NORMAL
    volume: Level = Level.NORMAL

    @property
    def levels(self) -> tuple[Level, Level, Level, Level]:
        """In the order of MEASURES."""
        return self.volatility, self.spread, self.touch, self.volume

    @property
    def text(self) -> str:
        """The measures that are not normal, such as "volatility high, touch low"."""
        told = [
            f"{name} {level.name.lower()}"
            for name, level in zip(MEASURES, self.levels, strict=True)
            if level is not Level.NORMAL
        ]
        return ", ".join(told) or "normal"


# The logarithm of each measure's ratio to its norm; None where one of the two is not known.
LogRatios = tuple[float | None, float | None, float | None, float | None]


class Change(msgspec.Struct, frozen=True):
    """The conditions are others than those held. `ratios`: to the norms, as last measured."""

    conditions: Conditions
    ratios: dict[str, float | None]


def changed(held: Conditions, market: SymbolMarket, norms: Norms, now_ns: int) -> Change | None:
    """The conditions that took the place of those `held`; None while these last.

    Pure, and the same whenever it is asked between two samples. 13 samples are looked at only
    where the newest one calls for it.
    """
    samples = market.statistics.samples
    if not samples or not _usable(samples[0], samples[-1], now_ns):
        return None
    newest = samples[-1]
    ratios = log_ratios(newest, market, norms)
    enters = thresholds(newest, market, norms)
    wanted = _wanted(held, ratios, enters)
    moving = [index for index, level in enumerate(wanted) if level is not held.levels[index]]
    for sample in samples:
        if not moving:
            return None
        if sample is newest:
            break
        earlier = _wanted(held, log_ratios(sample, market, norms), enters)
        moving = [index for index in moving if earlier[index] is wanted[index]]
    if not moving:
        return None
    levels = _joined(held, wanted, moving, ratios, enters)
    told = {
        name: None if ratio is None else round(exp(ratio), 3)
        for name, ratio in zip(MEASURES, ratios, strict=True)
    }
    return Change(Conditions(*levels), told)


def _usable(oldest: TouchSample, newest: TouchSample, now_ns: int) -> bool:
    """Whether the samples tell of the last two minutes, and of means that had time to settle."""
    return (
        newest.at_ns - oldest.at_ns >= PERSIST_NS
        and now_ns - newest.at_ns <= FRESH_NS
        and oldest.covered_s >= COVERED_S_MIN
    )


def _wanted(held: Conditions, ratios: LogRatios, enters: tuple[float, ...]) -> tuple[Level, ...]:
    """Where each measure would be if what it shows now lasted. An unknown one stays."""
    return tuple(
        level if ratio is None else _level(level, ratio, enter)
        for level, ratio, enter in zip(held.levels, ratios, enters, strict=True)
    )


def _level(held: Level, ratio: float, enter: float) -> Level:
    if abs(ratio) >= enter:
        return Level.HIGH if ratio > 0 else Level.LOW
    if held is Level.NORMAL or ratio * held > LEAVE_FRACTION * enter:
        return held
    return Level.NORMAL


def _joined(
    held: Conditions, wanted: tuple[Level, ...], moving: list[int], ratios: LogRatios,
    enters: tuple[float, ...],
) -> tuple[Level, ...]:  # fmt: skip
    """The levels after a change: those that moved, and the others by the nearer threshold."""
    levels = []
    for index, (ratio, enter) in enumerate(zip(ratios, enters, strict=True)):
        if index in moving or ratio is None:
            levels.append(wanted[index] if index in moving else held.levels[index])
        elif abs(ratio) >= LEAVE_FRACTION * enter:
            levels.append(Level.HIGH if ratio > 0 else Level.LOW)
        else:
            levels.append(Level.NORMAL)
    return tuple(levels)


def log_ratios(sample: TouchSample, market: SymbolMarket, norms: Norms) -> LogRatios:
    """Each measure of a sample over its norm, in the order of MEASURES."""
    norm = norms.at(sample.at_ns, sample.covered_s)
    others_per_s = market.tape.others_per_s(sample.at_ns - VOLUME_NS, sample.at_ns)
    return (
        _log_ratio(sample.volatility, norm.volatility),
        _log_ratio(sample.relative_spread, norm.relative_spread),
        _log_ratio(sample.touch_qty, norm.touch_qty),
        _log_ratio(others_per_s, norm.shares_per_s),
    )


# A market without a trade, or a mid that did not move, is no ratio of nought: the logarithm stops
# here. A hundredth is beyond every threshold.
_RATIO_MIN: Final = 0.01


def _log_ratio(value: float | None, norm: float | None) -> float | None:
    if value is None or norm is None or norm <= 0.0:
        return None
    return log(max(value / norm, _RATIO_MIN))


def thresholds(
    sample: TouchSample, market: SymbolMarket, norms: Norms
) -> tuple[float, float, float, float]:
    """`enter` of each measure, in the order of MEASURES: logarithms of ratios."""
    prints_per_s = market.tape.rate.prints_per_s(sample.at_ns)
    found = noise(prints_per_s, sample.covered_s)
    if norms.measured_s is not None:  # the norm is a measurement of the same kind
        theirs = noise(prints_per_s, norms.measured_s)
        found = tuple(sqrt(ours**2 + other**2) for ours, other in zip(found, theirs, strict=True))
    volatility, spread, touch, volume = (max(ENTER, NOISE_DEVIATIONS * each) for each in found)
    return volatility, spread, touch, volume


def noise(prints_per_s: float, covered_s: float) -> tuple[float, ...]:
    """Standard deviations of the log ratios on an ordinary day, in the order of MEASURES.

    By n, the prints within what a mean remembers: fitted to 64 quiet days of the simulator's
    presets (0.03, 0.42 and 1.8 prints a second), the day's and the bin's own level of volume among
    them. Of volatility, 1 / 2m of the variance is that of m independent returns.
    """
    remembered_s = min(covered_s, _VOLATILITY_MEMORY_S)
    prints = max(prints_per_s * remembered_s, _PRINTS_MIN)
    returns = remembered_s / SAMPLE_S
    spread_prints = max(prints_per_s * min(covered_s, _TOUCH_MEMORY_S), _PRINTS_MIN)
    return (
        sqrt(0.5 / returns + 2.6 / prints),
        sqrt(0.26 / sqrt(spread_prints)),
        sqrt(0.008),
        sqrt(0.12 + 1.5 / spread_prints),
    )


# Of a mean with half-life h the weights are worth 2 h / ln 2 of a plain one, in their variance.
_VOLATILITY_MEMORY_S: Final = 2 * 600.0 / log(2.0)
_TOUCH_MEMORY_S: Final = 2 * 300.0 / log(2.0)
_PRINTS_MIN: Final = 1.0


def norm_now(sample: TouchSample, market: SymbolMarket) -> Norm:
    """What is measured now, as a norm for what comes: of an instrument without a profile."""
    return Norm(
        volatility=sample.volatility,
        relative_spread=sample.relative_spread,
        touch_qty=sample.touch_qty,
        shares_per_s=market.tape.others_per_s(sample.at_ns - VOLUME_NS, sample.at_ns),
    )
