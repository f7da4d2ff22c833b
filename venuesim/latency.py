"""How long a message takes on one way to or from a venue: a base and a seeded jitter, in order.

One way is one TCP connection, so a message never overtakes the one before it. The jitter is a
function of the time of sending, not of how many were sent before: an order of ours makes a venue
say more, and would else shift the delays of all that it says later (common random numbers).
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import msgspec

from venuesim.random_streams import EventClass, RandomStreams

Sent = TypeVar("Sent")

SLOT_NS: Final = 10_000_000  # what is sent in the same hundredth of a second is as late
_DRAWN: Final = 1_024  # slots drawn at a time, ten seconds: so a day costs some 2,300 draws


class Delay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`base_ns` plus an exponential time of mean `jitter` * `base_ns`."""

    base_ns: int = 0
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if self.base_ns < 0 or not 0.0 <= self.jitter < 100.0:
            raise ValueError(f"a delay of {self.base_ns} ns with a jitter of {self.jitter}")


class DelayLine:
    """One way, by its `name`: at one time a seed has the same jitter in every run."""

    def __init__(self, delay: Delay, streams: RandomStreams, name: str) -> None:
        self._delay = delay
        self._streams = streams
        self._name = name
        self._jitters: list[float] = []
        self._block = -1
        self._last_ns = 0

    def arrival_ns(self, sent_ns: int) -> int:
        """When a message sent at `sent_ns` is there; senders' times rise."""
        delay = self._delay
        taken_ns = delay.base_ns
        if delay.jitter:
            taken_ns += int(delay.base_ns * delay.jitter * self._jitter(sent_ns))
        self._last_ns = max(self._last_ns, sent_ns + taken_ns)
        return self._last_ns

    def _jitter(self, sent_ns: int) -> float:
        """Exponential of mean one, the same all through a slot."""
        block, slot = divmod(sent_ns // SLOT_NS, _DRAWN)
        if block != self._block:
            stream = self._streams.block(EventClass.LATENCY, block, self._name)
            self._jitters, self._block = stream.standard_exponential(_DRAWN).tolist(), block
        return self._jitters[slot]


class UnderWay(Generic[Sent]):
    """What was sent on one way and is not there yet; what is sent together arrives together."""

    def __init__(self, line: DelayLine) -> None:
        self._line = line
        self._waiting: deque[tuple[int, Sequence[Sent]]] = deque()

    def send(self, messages: Sequence[Sent], now_ns: int) -> list[Sent]:
        """Send these, if any, and take what has arrived by `now_ns`, in order."""
        if messages:
            self._waiting.append((self._line.arrival_ns(now_ns), messages))
        arrived: list[Sent] = []
        while self._waiting and self._waiting[0][0] <= now_ns:
            arrived += self._waiting.popleft()[1]
        return arrived
