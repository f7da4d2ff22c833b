"""When each of some keys is next due: a heap in which a new time replaces the old one."""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from typing import Final

NEVER_NS: Final = 1 << 62


class Agenda:
    """Times by key. Of keys that are due at one time the one named first comes first."""

    __slots__ = ("_due", "_heap", "_order")

    def __init__(self, due: Mapping[str, int]) -> None:
        self._due = dict(due)
        self._order = {key: number for number, key in enumerate(due)}
        self._heap = [(at_ns, self._order[key], key) for key, at_ns in due.items()]
        heapify(self._heap)

    def set(self, key: str, at_ns: int) -> None:
        """`key` is due at `at_ns`, and no more when it was."""
        if self._due[key] != at_ns:
            self._due[key] = at_ns
            heappush(self._heap, (at_ns, self._order[key], key))

    @property
    def next_ns(self) -> int:
        """The earliest time; NEVER_NS if there is no key."""
        self._drop_replaced()
        return self._heap[0][0] if self._heap else NEVER_NS

    @property
    def next_key(self) -> str:
        """The key that is due first; there is one."""
        self._drop_replaced()
        return self._heap[0][2]

    def _drop_replaced(self) -> None:
        heap, due = self._heap, self._due
        while heap and due[heap[0][2]] != heap[0][0]:
            heappop(heap)
