"""How busy a day is, minute by minute: the U-curve times a random level of the day and of the bin.

Every rate of the flow runs on the clock that this makes: `clock_s` seconds of business have passed
at a time; a mean day has as many of them as its session has seconds. It is also the volume time of
the latent book. A function of seed, symbol and day alone.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from domain.sessions import Session
from domain.u_curve import U_CURVE, activity
from venuesim.presets import Preset
from venuesim.random_streams import EventClass, RandomStreams

SECOND_NS: Final = 1_000_000_000
BLOCK_NS: Final = 60 * SECOND_NS  # what is drawn at a time
DAY_NS: Final = 86_400 * SECOND_NS
# Innovations of the day level that are summed: at a keep of 0.72, the highest of quant.md 3.6, what
# is left out is below 0.72^30 = 5e-5 of the level.
DAYS_BACK: Final = 30

Floats = npt.NDArray[np.float64]


class Activity:
    """One day of one symbol in blocks of `BLOCK_NS`.

    `curve` (n,): activity of each block without the random levels, 1 in the mean over the trading
    time and 0 in a break: the clock of the price. `levels` (n,): with them: the clock of the flow.
    """

    def __init__(self, session: Session, curve: Floats, levels: Floats) -> None:
        self.session = session
        self.curve = curve
        self.levels = levels
        seconds = np.full(len(curve), BLOCK_NS / SECOND_NS)
        seconds[-1] -= (len(curve) * BLOCK_NS - (session.close_ns - session.open_ns)) / SECOND_NS
        self._at_ns = session.open_ns + BLOCK_NS * np.arange(len(curve) + 1, dtype=np.int64)
        self._at_ns[-1] = session.close_ns
        self._clock_s = np.concatenate(([0.0], np.cumsum(levels * seconds)))
        self._starts_s: list[float] = self._clock_s.tolist()
        self._levels: list[float] = levels.tolist()

    @property
    def blocks(self) -> int:
        return len(self.curve)

    @property
    def length_s(self) -> float:
        """Seconds of trading."""
        session = self.session
        return session.trading_ns(session.open_ns, session.close_ns) / SECOND_NS

    def clock_s(self, at_ns: int) -> float:
        """Seconds of business from the open to `at_ns`."""
        since_ns = min(at_ns, self.session.close_ns) - self.session.open_ns
        if since_ns <= 0:
            return 0.0
        block = min(since_ns // BLOCK_NS, len(self._levels) - 1)
        into_s = (since_ns - block * BLOCK_NS) / SECOND_NS
        return self._starts_s[block] + self._levels[block] * into_s

    def clocks_s(self, at_ns: npt.NDArray[np.int64]) -> Floats:
        """The same of many times, (n,) to (n,)."""
        return np.interp(at_ns, self._at_ns, self._clock_s)

    def at_ns(self, clock_s: Floats) -> npt.NDArray[np.int64]:
        """When the business clock shows `clock_s`, (n,) to (n,); the close for what is later."""
        since_ns = np.interp(clock_s, self._clock_s, self._at_ns - self.session.open_ns)
        return since_ns.astype(np.int64) + self.session.open_ns


def day_activity(session: Session, preset: Preset, streams: RandomStreams, flat: bool) -> Activity:
    """The day of `session`. `flat`: no U-curve, as between the sessions of an exchange."""
    blocks = max(1, -(-(session.close_ns - session.open_ns) // BLOCK_NS))
    bins = np.arange(blocks) * len(U_CURVE) // blocks  # a half day compresses the curve
    starts_ns = [session.open_ns + block * BLOCK_NS for block in range(blocks)]
    trading = np.array([not session.in_break(each) for each in starts_ns])
    curve = np.ones(blocks) if flat else np.array([activity(b / blocks) for b in range(blocks)])
    curve = np.where(trading, curve, 0.0) / curve[trading].mean()
    levels = curve * np.exp(_day_level(session, preset, streams))
    levels *= np.exp(_bin_levels(session, preset, streams))[bins]
    return Activity(session, curve, levels)


def _day_level(session: Session, preset: Preset, streams: RandomStreams) -> float:
    """AR(1) over the days as a sum of each day's innovation, so that no day needs the one before.

    Less half its variance, so that the mean of exp(level) is one.
    """
    day, keep, sd = session.open_ns // DAY_NS, preset.day_level_keep, preset.day_level_sd
    innovations = (
        streams.block(EventClass.DAY_LEVEL, max(0, day - back)).standard_normal()
        for back in range(DAYS_BACK)
    )
    level = sum(keep**back * each for back, each in enumerate(innovations))
    return float(sd * np.sqrt(1.0 - keep * keep) * level - sd * sd / 2)


def _bin_levels(session: Session, preset: Preset, streams: RandomStreams) -> Floats:
    """AR(1) over the bins of a day, stationary from the first, (26,)."""
    keep, sd = preset.bin_level_keep, preset.bin_level_sd
    stream = streams.block(EventClass.BIN_LEVEL, session.open_ns // BLOCK_NS)
    innovations = stream.standard_normal(len(U_CURVE)) * np.sqrt(1.0 - keep * keep)
    levels, level = np.empty(len(U_CURVE)), float(stream.standard_normal())
    for index, each in enumerate(innovations):
        level = keep * level + float(each)
        levels[index] = level
    return sd * levels - sd * sd / 2
