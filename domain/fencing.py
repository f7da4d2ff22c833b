"""The claim rule: whose records of a partition count.

Every reader of `children` and `reports` must come to the same verdict, so the rule is one class: a
record counts if its `claim` is the latest Claim before it in its partition (reliability.md 5.3).
The log drops old records, the oldest first: where no Claim is left, the greatest claim that records
carry is that of the Claim that was there.
"""

from typing import Protocol

from domain.children import Claim


class Claimed(Protocol):
    """A record of a worker."""

    @property
    def claim(self) -> int | None:
        """The token of the Claim under which it was written."""


class Fence:
    """The latest claims of one topic, by partition. Feed it every record, in order."""

    def __init__(self) -> None:
        self._latest: dict[int, int] = {}
        self._claimed: dict[int, bool] = {}  # by partition, whether a Claim itself was seen
        self.ignored = 0

    def latest(self, partition: int) -> int | None:
        """The token of the latest Claim; None before the first."""
        return self._latest.get(partition)

    def admits(self, partition: int, record: Claimed, offset: int | None = None) -> bool:
        """Whether `record` counts. A Claim moves the fence, and is not itself to be acted on.

        `offset`: where the record stands; on `children` a Claim's own offset is its token.
        """
        if isinstance(record, Claim):
            token = offset if record.claim is None else record.claim
            assert token is not None
            self._claimed[partition] = True
            self._latest[partition] = max(token, self._latest.get(partition, -1))
            return False
        if record.claim is not None and not self._claimed.get(partition):
            self._latest[partition] = max(record.claim, self._latest.get(partition, -1))
        good = record.claim is not None and record.claim == self._latest.get(partition)
        self.ignored += not good
        return good
