"""How long a message takes on one way to or from a venue: a base and a seeded jitter, in order.

One way is one TCP connection, so a message never overtakes the one before it.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import msgspec

from venuesim.random_streams import EventClass, RandomStreams

Sent = TypeVar("Sent")

_DRAWN: Final = 256  # jitters drawn at a time


class Delay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`base_ns` plus an exponential time of mean `jitter` * `base_ns`."""

    base_ns: int = 0
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if self.base_ns < 0 or not 0.0 <= self.jitter < 100.0:
            raise ValueError(f"a delay of {self.base_ns} ns with a jitter of {self.jitter}")


class DelayLine:
    """One way, by its `name`: the n-th message of a seed has the same jitter in every run."""

    def __init__(self, delay: Delay, streams: RandomStreams, name: str) -> None:
        self._delay = delay
        self._streams = streams
        self._name = name
        self._jitters: list[float] = []
        self._block = 0
        self._last_ns = 0

    def arrival_ns(self, sent_ns: int) -> int:
        """When a message sent at `sent_ns` is there; senders' times rise."""
        delay = self._delay
        taken_ns = delay.base_ns
        if delay.jitter:
            taken_ns += int(delay.base_ns * delay.jitter * self._next())
        self._last_ns = max(self._last_ns, sent_ns + taken_ns)
        return self._last_ns

    def _next(self) -> float:
        if not self._jitters:
            stream = self._streams.block(EventClass.LATENCY, self._block, self._name)
            self._jitters = stream.standard_exponential(_DRAWN).tolist()
            self._jitters.reverse()
            self._block += 1
        return self._jitters.pop()


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
