"""What a parent waits for, for how long it has waited for what, and when that is worth a report.

Every moment of a parent's life is counted under one reason, `working` among them, so that the sums
are its age. They go out with every ParentWaiting and with the last report, and are taken back from
there after a restart.

A reason may flap: a price about a limit, an order that fills in pieces. So reports on it are paced
by the generic cell rate algorithm (ITU-T I.371): a burst of TELL_BURST goes out at once, after that
one every TELL_EVERY_NS, and what holds when the turn comes is told then. The sums miss nothing.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from domain.refusals import RefusalReason, WaitReason
from domain.reports import ParentWaiting

TELL_EVERY_NS: Final = 5_000_000_000  # 4,680 reports in a session of New York, at the most
TELL_BURST: Final = 20  # ten slices' worth of sending and waiting again
# What is over in a moment is counted, and reported only should it last.
MOMENTARY_NS: Final = {WaitReason.PACING: 1_000_000_000}
_MS: Final = 1_000_000


class Wait(msgspec.Struct, frozen=True):
    """What is waited for. `refusal`, `venue`: of a child that venue access refused."""

    reason: WaitReason
    refusal: RefusalReason | None = None
    venue: str | None = None


@dataclass(slots=True)
class Waits:
    """Of one parent. `now`: since `since_ns`; None before the first decision and after the end."""

    now: Wait | None = None
    since_ns: int = 0
    _told: Wait | None = None
    _turn_ns: int = 0  # when the next report were due if they came evenly
    _ended_ns: dict[WaitReason, int] = field(default_factory=dict)  # what is over, by reason

    def become(self, wait: Wait, now_ns: int) -> None:
        """It waits for this from now on, if it did not already."""
        if wait != self.now:
            self._close(now_ns)
            self.now, self.since_ns = wait, now_ns

    def end(self, now_ns: int) -> None:
        """It is over, and waits no more. Should it come back, what it waits for is told anew."""
        self._close(now_ns)
        self.now = self._told = None

    def tell_ns(self, now_ns: int) -> int | None:
        """When what it waits for may be reported: now or later; None if that was done."""
        if self.now is None or self.now == self._told:
            return None
        lasted_ns = self.since_ns + MOMENTARY_NS.get(self.now.reason, 0)
        return max(now_ns, lasted_ns, self._turn_ns - (TELL_BURST - 1) * TELL_EVERY_NS)

    def waited_ms(self, now_ns: int) -> dict[str, int]:
        """Milliseconds by reason up to now, in the order in which the reasons first came."""
        sums = dict(self._ended_ns)
        if self.now is not None:
            reason = self.now.reason
            sums[reason] = sums.get(reason, 0) + max(now_ns - self.since_ns, 0)
        return {reason.value: round(ns / _MS) for reason, ns in sums.items()}

    def on_told(self, report: ParentWaiting) -> None:
        """It was reported, by this worker or by one before it, who then knew what it says."""
        self._told = self.now = Wait(report.reason, report.refusal, report.venue)
        self.since_ns = report.since_ns
        self._turn_ns = max(self._turn_ns, report.transact_ns) + TELL_EVERY_NS
        self._ended_ns = {WaitReason(reason): ms * _MS for reason, ms in report.waited_ms.items()}
        own_ns = self._ended_ns.get(report.reason, 0) - (report.transact_ns - report.since_ns)
        self._ended_ns[report.reason] = max(own_ns, 0)

    def _close(self, now_ns: int) -> None:
        if self.now is not None:
            reason = self.now.reason
            passed_ns = max(now_ns - self.since_ns, 0)
            self._ended_ns[reason] = self._ended_ns.get(reason, 0) + passed_ns


def waited_text(waited_ms: dict[str, int]) -> str:
    """The sums for people, longest first, such as "above_limit 120 s, working 3.2 s"."""
    told = sorted(waited_ms.items(), key=lambda item: -item[1])
    return ", ".join(f"{reason} {_seconds(ms)}" for reason, ms in told if ms)


def _seconds(ms: int) -> str:
    return f"{ms / 1_000:.0f} s" if ms >= 10_000 else f"{ms / 1_000:.1f} s"
