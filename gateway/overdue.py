"""Which children of a venue that is LIVE are to be asked after, and when. Pure.

An order of which the venue has not spoken (fault G21), and an order that was to be executed or
ended at once and is open still: its end was lost, or will never come, and whoever waits for it
would wait for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from domain.fix_codes import TimeInForce
from gateway.child_book import Child
from gateway.venue_session import VenueSession

# An immediate order that its venue calls open so often is cancelled: it is not immediate there.
IMMEDIATE_ASKS_MAX: Final = 3
_IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)


@dataclass(slots=True)
class _Immediate:
    child: Child
    due_wall_ns: int
    asks: int = 0


@dataclass(slots=True)
class Overdue:
    """What one venue owes us word of. `timeout_ns`: how long it may take, in wall time."""

    timeout_ns: int
    _silent: dict[str, Child] = field(default_factory=dict)  # the longest silent first
    _immediate: dict[str, _Immediate] = field(default_factory=dict)

    def watch(self, child: Child) -> None:
        """This child was sent, now or before a restart."""
        self._silent[child.terms.cl_ord_id] = child
        if child.terms.time_in_force in _IMMEDIATE:
            due_wall_ns = child.sent_wall_ns + self.timeout_ns
            self._immediate[child.terms.cl_ord_id] = _Immediate(child, due_wall_ns)

    def ask(self, session: VenueSession, wall_ns: int) -> None:
        """Let the session ask after what is due."""
        for child in self._silent_too_long(wall_ns):
            session.ask(child)
        for name, each in list(self._immediate.items()):
            if not each.child.is_open:
                del self._immediate[name]
            elif each.due_wall_ns <= wall_ns:
                self._ask_immediate(session, each, wall_ns)

    def _silent_too_long(self, wall_ns: int) -> Iterator[Child]:
        for name, child in list(self._silent.items()):
            if child.is_open and not child.is_known:
                if wall_ns - child.sent_wall_ns < self.timeout_ns:
                    return
                yield child
            del self._silent[name]

    def _ask_immediate(self, session: VenueSession, each: _Immediate, wall_ns: int) -> None:
        """Ask, each time after twice as long; in the end have it cancelled."""
        if each.asks == IMMEDIATE_ASKS_MAX:
            del self._immediate[each.child.terms.cl_ord_id]
            session.give_up(each.child)
            return
        each.asks += 1
        each.due_wall_ns = wall_ns + self.timeout_ns * 2**each.asks
        session.ask(each.child)
