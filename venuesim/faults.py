"""What goes wrong at a venue on demand, as data: refusals, outages, halts; the same for a seed."""

from typing import Final

import msgspec

from venuesim.random_streams import EventClass, RandomStreams

_DRAWN: Final = 256  # refusals drawn at a time


class Outage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No session over [start_ns, end_ns); its orders stay in the book."""

    start_ns: int
    end_ns: int

    def __post_init__(self) -> None:
        if not self.start_ns < self.end_ns:
            raise ValueError(f"an outage from {self.start_ns} to {self.end_ns}")


class Halt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`symbol` does not trade over [start_ns, end_ns); then orders are collected for `call_ns`."""

    symbol: str
    start_ns: int
    end_ns: int
    call_ns: int

    def __post_init__(self) -> None:
        if not (self.start_ns < self.end_ns and self.call_ns >= 0):
            raise ValueError(f"a halt from {self.start_ns} to {self.end_ns}, {self.call_ns} more")


class VenueFaults(msgspec.Struct, frozen=True, kw_only=True):
    """`reject_every`: every n-th order is refused, 0: none; `reject_probability`: of each order.

    `halts`: of one symbol they must not overlap.
    """

    reject_every: int = 0
    reject_probability: float = 0.0
    outages: tuple[Outage, ...] = ()
    halts: tuple[Halt, ...] = ()

    def __post_init__(self) -> None:
        if self.reject_every < 0 or not 0.0 <= self.reject_probability <= 1.0:
            raise ValueError("rejects: a count below zero, or a probability outside [0, 1]")

    def out_at(self, now_ns: int) -> bool:
        """Whether the venue has no session at `now_ns`."""
        return any(each.start_ns <= now_ns < each.end_ns for each in self.outages)


class Refusals:
    """Which orders of a venue are refused, a function of their number alone."""

    def __init__(self, faults: VenueFaults, streams: RandomStreams, venue: str) -> None:
        self._faults = faults
        self._streams = streams
        self._venue = venue
        self._block = -1
        self._drawn: list[float] = []

    def refuses(self, number: int) -> bool:
        """Whether the venue's order `number`, from 1, is refused."""
        every, probability = self._faults.reject_every, self._faults.reject_probability
        if every and number % every == 0:
            return True
        if not probability:
            return False
        block = number // _DRAWN
        if block != self._block:
            stream = self._streams.block(EventClass.FAULT, block, self._venue)
            self._block, self._drawn = block, stream.random(_DRAWN).tolist()
        return self._drawn[number % _DRAWN] < probability
