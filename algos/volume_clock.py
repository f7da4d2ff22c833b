"""Intervals of an order that goes by volume, and what others traded in them, from the tape alone.

Where an interval begins is a function of the order's id and its number, so that a restarted worker
finds the same; it is jittered, so that children do not come at a constant period (quant.md 5.5).
"""

from functools import lru_cache
from typing import Final

import msgspec

from algos.schedule import seed_of
from marketdata.tape import Tape
from marketdata.volume_history import Mark

JITTER: Final = 0.8  # of an interval: how far its begin may move in all
LOOK_BACK_S: Final = 60.0  # the rate of volume is that of this time, or of more intervals
LOOK_BACK_INTERVALS: Final = 6
DRAWN_MAX: Final = 16_384  # intervals whose jitter is kept: three of some 5,000 orders


class VolumeClock(msgspec.Struct, frozen=True, kw_only=True):
    """The intervals of one plan: number i begins at about `since_ns` + i x `interval_ns`."""

    order_id: str
    since_ns: int
    interval_ns: int

    def begin_ns(self, number: int) -> int:
        """When an interval begins: the first one at `since_ns`, others up to 0.4 of one away."""
        if number <= 0:
            return self.since_ns
        moved = JITTER * (_uniform(self.order_id, number) - 0.5)
        return self.since_ns + int((number + moved) * self.interval_ns)

    def number_at(self, now_ns: int) -> int:
        """The interval that `now_ns` is in."""
        about = (now_ns - self.since_ns) // self.interval_ns
        return next(
            (each for each in (about + 1, about) if each > 0 and self.begin_ns(each) <= now_ns),
            max(about - 1, 0),
        )


@lru_cache(maxsize=DRAWN_MAX)
def _uniform(order_id: str, number: int) -> float:
    """In [0, 1), of an interval of an order; asked for several times in each decision."""
    return seed_of(f"{order_id}.interval.{number}") / 2**63


class OthersVolume(msgspec.Struct, frozen=True, kw_only=True):
    """Others' volume as an order sees it since `since_ns`. Giant prints count as usual ones."""

    tape: Tape
    start: Mark | None

    def until(self, at_ns: int) -> int:
        """Shares of others from the start to `at_ns`."""
        return self.until_mark(self.tape.mark(at_ns))

    def until_mark(self, end: Mark | None) -> int:
        """The same to a time that was looked up: each look-up is a search. None: to now."""
        return 0 if self.start is None else self.tape.usual_others_qty(self.start, end)

    def per_s(self, at_ns: int, interval_ns: int) -> float:
        """How fast others traded up to `at_ns`; from before the start, where the tape has it."""
        return self.per_s_at_mark(at_ns, self.tape.mark(at_ns), interval_ns)

    def per_s_at_mark(self, at_ns: int, end: Mark | None, interval_ns: int) -> float:
        """The same, of a time that was looked up."""
        back_ns = max(int(LOOK_BACK_S * 1e9), LOOK_BACK_INTERVALS * interval_ns)
        begin = self.tape.mark(at_ns - back_ns)
        if begin is None:
            return 0.0
        return self.tape.usual_others_qty(begin, end) / back_ns * 1e9
