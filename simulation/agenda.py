"""What is to happen in virtual time, and when; at one instant, in the order it was put in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, Generic, TypeVar

NEVER: Final = 1 << 63  # beyond every time in nanoseconds

Outcome = TypeVar("Outcome")


@dataclass(slots=True)
class Agenda(Generic[Outcome]):
    """A heap of actions; each is called with the time at which it happens."""

    _heap: list[tuple[int, int, Callable[[int], Outcome]]] = field(default_factory=list)
    _count: int = 0

    def at(self, at_ns: int, action: Callable[[int], Outcome]) -> None:
        """Have `action` called at `at_ns`."""
        self._count += 1
        heappush(self._heap, (at_ns, self._count, action))

    def next_ns(self) -> int:
        """When the next one is due; NEVER if there is none."""
        return self._heap[0][0] if self._heap else NEVER

    def pop(self, now_ns: int) -> Outcome:
        """Do the next one; it is due."""
        at_ns, _, action = heappop(self._heap)
        assert at_ns <= now_ns
        return action(now_ns)
