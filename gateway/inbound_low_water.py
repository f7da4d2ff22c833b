"""Which inbound messages of one FIX session are durably in the log, without gap.

QuickFIX advances its expected MsgSeqNum(34) as soon as the application returned. The records made
of a message may not be acknowledged by then, so on a restart the expectation is set back to what
this object says, and the venue sends the rest again (reliability.md 5.4, section 0 finding 7).
A venue that begins to count anew gets a new object: acknowledgements of the old count die with it.
"""

from dataclasses import dataclass, field
from typing import Final

# Types that QuickFIX hands over before a gap is filled; the others come in sequence only.
_OUT_OF_SEQUENCE: Final = frozenset({"A", "2", "4", "5"})


@dataclass(slots=True)
class InboundLowWater:
    """`highest`: every number up to it was consumed. `_pending`: of those, appends still open."""

    highest: int = 0
    _pending: dict[int, int] = field(default_factory=dict)

    @property
    def acked(self) -> int:
        """Every message up to this number is done with for good."""
        return min(self._pending) - 1 if self._pending else self.highest

    def saw(self, msg_seq_num: int, msg_type: str) -> None:
        """A message was handed over. One in sequence implies that all before it were consumed."""
        if msg_type not in _OUT_OF_SEQUENCE or msg_seq_num == self.highest + 1:
            self.highest = max(self.highest, msg_seq_num)

    def appended(self, msg_seq_num: int) -> None:
        """One more append stands for this message."""
        self._pending[msg_seq_num] = self._pending.get(msg_seq_num, 0) + 1

    def acknowledged(self, msg_seq_num: int) -> None:
        """One append of this message is durable."""
        left = self._pending.get(msg_seq_num, 0) - 1
        if left > 0:
            self._pending[msg_seq_num] = left
        else:
            self._pending.pop(msg_seq_num, None)

    def gap_filled(self, new_seq_no: int) -> None:
        """SequenceReset(4) with GapFillFlag(123)=Y: nothing of ours lies before NewSeqNo(36)."""
        self.highest = max(self.highest, new_seq_no - 1)
