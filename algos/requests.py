"""Every request seen on a partition of `parents`, and which of them were answered.

(source, cl_ord_id) names a request for good. The same request again, to the letter, is a
redelivery; another one under the same id is a duplicate.
"""

from dataclasses import dataclass, field
from enum import Enum, auto

from algos.order_ids import base36
from domain.parents import ParentRequest

_OFFSET_DIGITS = 6  # as in order_ids: 2 billion records a partition


class Seen(Enum):
    """What a request is in the light of those before it."""

    FIRST = auto()
    AGAIN = auto()
    DUPLICATE = auto()


@dataclass(slots=True)
class Requests:
    """`order_ids`: the parent that an id of its chain belongs to. `next_offset`: after the last."""

    partition: int
    order_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    next_offset: int = 0
    _first: dict[tuple[str, str], tuple[int, ParentRequest]] = field(default_factory=dict)
    _unanswered: dict[str, tuple[int, ParentRequest]] = field(default_factory=dict)

    def register(self, offset: int, request: ParentRequest) -> Seen:
        """Take note of a request; all but a repetition are unanswered until `answered`."""
        if offset < self.next_offset:
            return Seen.AGAIN
        self.next_offset = offset + 1
        first = self._first.setdefault((request.source, request.cl_ord_id), (offset, request))
        if first[0] < offset and first[1] == request:
            return Seen.AGAIN
        self._unanswered[self.mark(offset)] = (offset, request)
        return Seen.FIRST if first[0] == offset else Seen.DUPLICATE

    def judge(self, offset: int, request: ParentRequest) -> Seen:
        """What a registered request is."""
        return (
            Seen.FIRST
            if self._first[request.source, request.cl_ord_id][0] == offset
            else Seen.DUPLICATE
        )

    def mark(self, offset: int) -> str:
        """The start of the ExecID(17) of every report that answers the request at `offset`."""
        return f"R{base36(self.partition, 2)}{base36(offset, _OFFSET_DIGITS)}"

    def exec_id(self, offset: int, step: str) -> str:
        """The ExecID(17) of one step of the answer."""
        return f"{self.mark(offset)}.{step}"

    def answered(self, exec_id: str) -> None:
        """A report with this ExecID exists."""
        self._unanswered.pop(exec_id.partition(".")[0], None)

    def unanswered(self) -> list[tuple[int, ParentRequest]]:
        """In the order of the log."""
        return sorted(self._unanswered.values(), key=lambda each: each[0])

    def first(self, source: str, cl_ord_id: str) -> tuple[int, ParentRequest]:
        """The request of this name."""
        return self._first[source, cl_ord_id]

    def kept(self, source: str, cl_ord_id: str) -> bool:
        """Whether a request of this name is among those that were read."""
        return (source, cl_ord_id) in self._first
