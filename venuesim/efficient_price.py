"""The price that a symbol's market is about: p* = p_exo + y, one for all of its venues.

p_exo is exogenous: a Brownian motion on the clock of the U-curve that jumps every `STEP_NS`, so
that between two jumps nobody can foresee the next; a function of seed, symbol and time alone, and
the martingale of the control variate (quant.md 8.5). Every session begins at the start price. y is
the latent book's answer to clients' fills (quant.md 8.3), in volume time. Times may be asked for in
any order for p_exo; for y they rise.
"""

from array import array
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from domain.sessions import Session, TradingCalendar
from domain.trading_day import AuctionTimes, TradingDay, trading_day
from venuesim.activity import BLOCK_NS, SECOND_NS, Activity, Floats, day_activity
from venuesim.latent_book import LatentBook
from venuesim.presets import Preset
from venuesim.random_streams import EventClass, RandomStreams
from venuesim.regimes import Regime, regime_at

STEP_NS: Final = 100_000_000  # liquid moves 0.12 ticks in it: finer would not be seen in a book
STEPS: Final = BLOCK_NS // STEP_NS
_KEPT: Final = 16  # blocks of the path kept: venues of one symbol are never minutes apart
_NEVER: Final = 1 << 62


class Alpha(msgspec.Struct, frozen=True, kw_only=True):
    """A move that can be foreseen, for tests of algorithms: it is not part of the martingale.

    `drift_bps`: over a session, linear in time. `jumps`: (at_ns, bps), each kept until the close.
    """

    drift_bps: float = 0.0
    jumps: tuple[tuple[int, float], ...] = ()

    def fraction(self, at_ns: int, session: Session) -> float:
        """The move from the open to `at_ns`, as a fraction of the start price."""
        length_ns = session.close_ns - session.open_ns
        passed = (min(max(at_ns, session.open_ns), session.close_ns) - session.open_ns) / length_ns
        jumped = sum(bps for jump_ns, bps in self.jumps if session.open_ns <= jump_ns <= at_ns)
        return (self.drift_bps * passed + jumped) / 1e4


class MarketHours:
    """When the flow runs: the sessions of a calendar, or these and, flat, the time between."""

    def __init__(self, calendar: TradingCalendar, always: bool = False) -> None:
        self._calendar = calendar
        self._always = always

    def at(self, now_ns: int) -> tuple[Session, bool] | None:
        """The session at `now_ns`, or the next one, and whether it is flat; None: there is none."""
        found = self._calendar.next_session(now_ns)
        is_open = found is not None and found.open_ns <= now_ns
        if found is not None and (is_open or not self._always):
            return found, False
        if not self._always:
            return None
        before = [each.close_ns for each in self._calendar.sessions if each.close_ns <= now_ns]
        open_ns = before[-1] if before else now_ns // BLOCK_NS * BLOCK_NS
        # Past the calendar's horizon: a day at a time.
        close_ns = found.open_ns if found is not None else open_ns + 1440 * BLOCK_NS
        while close_ns <= now_ns:
            open_ns, close_ns = close_ns, close_ns + 1440 * BLOCK_NS
        return Session(date="", open_ns=open_ns, close_ns=close_ns), True

    def days(self, times: AuctionTimes, start_ns: int) -> list[TradingDay]:
        """The days of a venue whose crosses are at `times`, that do not end before `start_ns`."""
        days = [trading_day(each, times) for each in self._calendar.sessions]
        return [each for each in days if each.end_ns > start_ns]


class EfficientPrice:
    """p* of one symbol, in ticks of its instrument."""

    def __init__(
        self,
        preset: Preset,
        start_px_ticks: int,
        hours: MarketHours,
        streams: RandomStreams,
        alpha: Alpha | None = None,
        antithetic: bool = False,
        regimes: Sequence[Regime] = (),
    ) -> None:
        assert start_px_ticks > 0
        self.preset = preset
        self.regimes = tuple(regimes)
        self.streams = streams
        self.start_px_ticks = start_px_ticks
        self.day_sd_ticks = preset.daily_volatility * start_px_ticks
        self._hours = hours
        self._alpha = alpha
        self._sign = -1.0 if antithetic else 1.0
        self._day: Activity | None = None
        self._ends = array("d")  # p_exo less its start, at the end of each block of the day
        self._paths: dict[int, Floats] = {}
        self._impact = _Impact(preset, self.day_sd_ticks)

    def day_at(self, now_ns: int) -> Activity | None:
        """The day that `now_ns` is in, or the next one; None if none is to come."""
        day = self._day
        if day is not None and day.session.open_ns <= now_ns < day.session.close_ns:
            return day
        found = self._hours.at(now_ns)
        if found is None:
            return None
        if day is None or found[0] != day.session:
            self._day = day = day_activity(found[0], self.preset, self.streams, found[1])
            self._ends, self._paths = array("d"), {}
        return day

    def exo_ticks(self, at_ns: int) -> float:
        """p_exo without alpha: the martingale. Before an open its start, after a close its end."""
        day = self._day_of(at_ns)
        step = self._step(day, at_ns)
        if step < 0:
            return float(self.start_px_ticks)
        return self.start_px_ticks + float(self._path(day, step // STEPS)[step % STEPS])

    def base_ticks(self, day: Activity, at_ns: npt.NDArray[np.int64]) -> Floats:
        """p_exo with alpha at times of `day`, (n,) to (n,): p* but for the impact."""
        steps = np.clip((at_ns - day.session.open_ns) // STEP_NS, 0, day.blocks * STEPS - 1)
        blocks = steps // STEPS
        ticks = np.empty(len(at_ns))
        for block in np.unique(blocks):
            chosen = blocks == block
            ticks[chosen] = self._path(day, int(block))[steps[chosen] % STEPS]
        ticks += self.start_px_ticks
        if self._alpha is not None:
            alpha, session = self._alpha, day.session
            ticks += self.start_px_ticks * np.array(
                [alpha.fraction(int(each), session) for each in at_ns]
            )
        return ticks

    def impact_ticks(self, at_ns: int) -> float:
        """y at `at_ns`. Costs next to nothing before the first fill of a client."""
        impact = self._impact
        if at_ns < impact.next_ns:
            return impact.ticks
        day = self.day_at(at_ns)
        return impact.ticks if day is None else impact.advance(day, at_ns)

    @property
    def impact(self) -> tuple[float, int]:
        """(y in ticks, until when it stays unless a client trades)."""
        return self._impact.ticks, self._impact.next_ns

    def star_ticks(self, at_ns: int) -> float:
        """p* at `at_ns`."""
        base = self.base_ticks(self._day_of(at_ns), np.array([at_ns], dtype=np.int64))
        return float(base[0]) + self.impact_ticks(at_ns)

    def on_client_fill(self, signed_qty: int, at_ns: int) -> None:
        """A client bought `signed_qty` > 0 shares, or sold as many below zero, at any venue."""
        day = self.day_at(at_ns)
        if day is not None:
            self._impact.fill(signed_qty, day, at_ns)

    def _day_of(self, at_ns: int) -> Activity:
        day = self.day_at(at_ns) or self._day
        assert day is not None, "the calendar has no session at all"
        return day

    def _step(self, day: Activity, at_ns: int) -> int:
        last_ns = min(at_ns, day.session.close_ns - 1)
        return (last_ns - day.session.open_ns) // STEP_NS

    def _path(self, day: Activity, block: int) -> Floats:
        """(STEPS,) ticks from the start price, within one block. The first step is a move too."""
        path = self._paths.get(block)
        if path is not None:
            return path
        while len(self._ends) < block:
            self._ends.append(float(self._walk(day, len(self._ends))[-1]))
        path = self._walk(day, block)
        if len(self._ends) == block:
            self._ends.append(float(path[-1]))
        if len(self._paths) >= _KEPT:
            del self._paths[next(iter(self._paths))]
        self._paths[block] = path
        return path

    def _walk(self, day: Activity, block: int) -> Floats:
        number = day.session.open_ns // BLOCK_NS + block
        moves = self.streams.block(EventClass.EFFICIENT_PRICE, number).standard_normal(STEPS)
        share = day.curve[block] * (STEP_NS / SECOND_NS) / day.length_s  # of the day's variance
        start = self._ends[block - 1] if block else 0.0
        factor = regime_at(self.regimes, day.session.open_ns + block * BLOCK_NS).volatility
        scale = factor * self._sign * self.day_sd_ticks * np.sqrt(share)
        return np.asarray(start + scale * np.cumsum(moves), dtype=np.float64)


class _Impact:
    """The latent book in a symbol's own units and time. It has no book until a client trades.

    It diffuses in whole steps of volume time, whoever looks and how often, so that what is seen
    depends on the fills alone.
    """

    def __init__(self, preset: Preset, day_sd_ticks: float) -> None:
        self.ticks = 0.0
        self.next_ns = _NEVER  # when it may be something else
        self._preset = preset
        self._sd = day_sd_ticks
        self._book: LatentBook | None = None
        self._permanent = 0.0
        self._open_ns = 0  # of the day that the clock is of
        self._passed_s = 0.0  # on the business clock of that day, and not yet in the book

    def fill(self, signed_qty: int, day: Activity, at_ns: int) -> None:
        """Consume what a client traded."""
        if self._book is None:
            self._book = LatentBook(self._preset.impact_y, self._preset.impact_chi)
            self._open_ns, self._passed_s = day.session.open_ns, day.clock_s(at_ns)
        self.advance(day, at_ns)
        share = signed_qty / self._preset.adv_qty
        self._book.fill(share)
        self._permanent += self._preset.permanent_g * share
        self.ticks = (self._book.impact + self._permanent) * self._sd

    def advance(self, day: Activity, at_ns: int) -> float:
        """Let the volume time until `at_ns` pass. A night takes none: a new day goes on."""
        book = self._book
        if book is None:
            return 0.0
        if day.session.open_ns != self._open_ns:  # what was left of the old day is not made up for
            self._open_ns, self._passed_s = day.session.open_ns, 0.0
        step_s = book.step_days * day.length_s
        steps = int((day.clock_s(at_ns) - self._passed_s) / step_s)
        if steps > 0:
            book.diffuse(steps)
            self._passed_s += steps * step_s
            self.ticks = (book.impact + self._permanent) * self._sd
        due_s = np.array([self._passed_s + step_s])
        self.next_ns = max(at_ns + 1, int(day.at_ns(due_s)[0]))
        return self.ticks
