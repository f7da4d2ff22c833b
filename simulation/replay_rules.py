"""How orders meet a recorded day, where the record cannot say. All rules: docs/replay.md."""

from typing import Annotated, Final

import msgspec

from marketdata.queue_position import CancelRule

_MS: Final = 1_000_000


class ReplayRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the record cannot say and somebody must decide.

    `depletion_ns`: how long what we took is missing; above 0, or we could take the same shares
    twice at one instant; five seconds is a judgement. `match_ns`: how far apart a print and its
    change of the displayed size may lie; of the prints at IBM's bid on 2013-10-08, 48 % have theirs
    in the same millisecond, 76 % within 10 ms and 79 % within 20. `inside_prints`: whether prints
    inside the spread serve our orders, `off_book_prints`: whether those do that were agreed away
    from any order book. Both met other orders than those of a lit queue.
    """

    depletion_ns: int = 5_000 * _MS
    cancels: CancelRule = CancelRule.UNIFORM
    match_ns: int = 10 * _MS
    inside_prints: bool = False
    off_book_prints: bool = False

    def __post_init__(self) -> None:
        if self.depletion_ns <= 0:
            raise ValueError(f"depletion_ns: {self.depletion_ns} is not above 0")
        if self.match_ns < 0:
            raise ValueError(f"match_ns: {self.match_ns} is below 0")


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `market.replay` of a scenario file: the rules of its recorded days."""

    depletion_ms: Annotated[int, msgspec.Meta(gt=0)] = 5_000
    cancels: CancelRule = CancelRule.UNIFORM
    match_ms: Annotated[int, msgspec.Meta(ge=0)] = 10
    inside_prints: bool = False
    off_book_prints: bool = False

    @property
    def rules(self) -> ReplayRules:
        """The same for the venue."""
        return ReplayRules(
            depletion_ns=self.depletion_ms * 1_000_000, cancels=self.cancels,
            match_ns=self.match_ms * 1_000_000, inside_prints=self.inside_prints,
            off_book_prints=self.off_book_prints,
        )  # fmt: skip
