"""When the book of one symbol goes from phase to phase: by its trading days and by an operator.

It says what is due and when; the venue does it. Times rise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from domain.marketdata import TradingPhase
from domain.trading_day import DayPhase, TradingDay
from venuesim.agenda import NEVER_NS
from venuesim.faults import Halt
from venuesim.phases import Phase

_PHASES: Final = {
    DayPhase.CLOSED: Phase.CLOSED,
    DayPhase.PRE_OPEN: Phase.OPENING_CALL,
    DayPhase.OPENING_AUCTION: Phase.OPENING_CALL,
    DayPhase.CONTINUOUS: Phase.CONTINUOUS,
    DayPhase.BREAK: Phase.HALTED,
    DayPhase.CLOSING_AUCTION: Phase.CLOSING_CALL,
}


class _OperatorOrder(NamedTuple):
    at_ns: int
    halts: bool
    call_ns: int = 0


class PhaseChange(NamedTuple):
    """At `at_ns` the book goes into `phase`."""

    at_ns: int
    phase: Phase


def phase_changes(day: TradingDay) -> Iterator[PhaseChange]:
    """A day's changes in order of time. A closing cross needs its call, if only for a moment.

    Without an opening cross nothing is collected before the open.
    """
    last = Phase.CLOSED
    for span in day.spans:
        phase = _PHASES[span.phase]
        if phase is Phase.OPENING_CALL and day.opening_cross_ns is None:
            continue
        if phase is not last:
            last = phase
            yield PhaseChange(span.start_ns, phase)
    if day.closing_cross_ns is not None and last is not Phase.CLOSING_CALL:
        yield PhaseChange(day.end_ns, Phase.CLOSING_CALL)
    yield PhaseChange(day.end_ns, Phase.CLOSED)


@dataclass(slots=True)
class VenueDay:
    """The phases of one symbol. No `days`: continuous for ever, but for an operator's halts."""

    days: Sequence[TradingDay]
    imbalance_every_ns: int
    phase: Phase = Phase.CONTINUOUS
    day: TradingDay | None = None  # the one that it is, or the next
    imbalance_ns: int = NEVER_NS  # when an indication is due
    _scheduled: Phase = Phase.CONTINUOUS  # what the clock alone would have it be
    _halted: bool = False
    _changes: list[PhaseChange] = field(default_factory=list)  # of the day; the first is next
    _reopens_ns: int = NEVER_NS
    _next_day: int = 0
    _orders: list[_OperatorOrder] = field(default_factory=list)  # to halt and to reopen; by time

    @classmethod
    def start(
        cls, days: Sequence[TradingDay], halts: Sequence[Halt], imbalance_every_ns: int
    ) -> "VenueDay":
        """The phases from the first of these days on."""
        phase = Phase.CLOSED if days else Phase.CONTINUOUS
        found = cls(days, imbalance_every_ns, phase, _scheduled=phase)
        for each in sorted(halts, key=lambda each: each.start_ns):
            found._orders.append(_OperatorOrder(each.start_ns, True))
            found._orders.append(_OperatorOrder(each.end_ns, False, each.call_ns))
        return found

    @property
    def next_ns(self) -> int:
        """When the phase changes next."""
        if not self._changes:
            self._begin_day()
        ordered_ns = self._orders[0].at_ns if self._orders else NEVER_NS
        scheduled_ns = self._changes[0].at_ns if self._changes else NEVER_NS
        return min(scheduled_ns, ordered_ns, self._reopens_ns)

    @property
    def due_ns(self) -> int:
        """When there is something to do: a phase to change, or an indication to give."""
        return min(self.next_ns, self.imbalance_ns)

    @property
    def trading_phase(self) -> TradingPhase:
        """What the venue's TradingStatus says: a book that stands still over a break is closed."""
        in_break = self.phase is Phase.HALTED and not self._halted
        return TradingPhase.CLOSED if in_break else self.phase.trading_phase

    def skip_to(self, now_ns: int) -> None:
        """Leave out the days that are over."""
        self.days = [each for each in self.days if each.end_ns > now_ns]

    def advance(self, now_ns: int) -> Phase | None:
        """The phase that the book goes into now, `next_ns` being due; None: it stays."""
        if self._changes and self._changes[0].at_ns <= now_ns:
            return self._on_schedule(self._changes.pop(0))
        if self._reopens_ns <= now_ns:
            return self._enter(self._scheduled, now_ns)
        order = self._orders.pop(0)
        return self.halt(now_ns) if order.halts else self.reopen(now_ns, order.call_ns)

    def halt(self, now_ns: int) -> Phase | None:
        """Stop matching. None: it is halted already, or closed."""
        self._reopens_ns = NEVER_NS
        if self._halted or self.phase is Phase.CLOSED:
            return None
        self._halted = True
        return self._enter(Phase.HALTED, now_ns)

    def reopen(self, now_ns: int, call_ns: int) -> Phase | None:
        """Collect orders for `call_ns`, then trade again. None: it is not halted."""
        if not self._halted:
            return None
        self._halted = False
        if self._scheduled is not Phase.CONTINUOUS:  # the clock has the next cross, or a break
            return self._enter(self._scheduled, now_ns)
        self._reopens_ns = now_ns + call_ns
        return self._enter(Phase.REOPENING_CALL, now_ns)

    def _begin_day(self) -> None:
        if self._next_day < len(self.days):
            self.day = self.days[self._next_day]
            self._next_day += 1
            self._changes = list(phase_changes(self.day))

    def _on_schedule(self, change: PhaseChange) -> Phase | None:
        """A halt outlasts what is scheduled, but for the end of the day, which ends it."""
        self._scheduled = change.phase
        if change.phase is Phase.CLOSED:
            self._halted = False
        if self._halted:
            return None
        return self._enter(change.phase, change.at_ns)

    def _enter(self, phase: Phase, at_ns: int) -> Phase | None:
        self._reopens_ns = NEVER_NS if phase is not Phase.REOPENING_CALL else self._reopens_ns
        changed = phase is not self.phase
        self.phase = phase
        self.imbalance_ns = self._first_imbalance_ns(at_ns)
        return phase if changed else None

    def _first_imbalance_ns(self, at_ns: int) -> int:
        """When the first indication of the next cross is due in the phase that begins."""
        if self.phase is Phase.REOPENING_CALL:
            return at_ns
        if self.day is None or not (self.phase.is_call or self.phase is Phase.CONTINUOUS):
            return NEVER_NS
        if self.phase is Phase.OPENING_CALL:
            calls = [e.start_ns for e in self.day.spans if e.phase is DayPhase.OPENING_AUCTION]
            return max(at_ns, calls[0]) if calls else NEVER_NS
        from_ns = self.day.closing_imbalance_ns
        return NEVER_NS if from_ns is None else max(at_ns, from_ns)

    def indicated(self, now_ns: int) -> None:
        """An indication was published; those that would have come meanwhile are left out."""
        passed = max(0, now_ns - self.imbalance_ns) // self.imbalance_every_ns
        self.imbalance_ns += (passed + 1) * self.imbalance_every_ns

    def indicates(self) -> Phase:
        """The call whose uncross an indication is about: while trading, the closing one."""
        return Phase.CLOSING_CALL if self.phase is Phase.CONTINUOUS else self.phase
