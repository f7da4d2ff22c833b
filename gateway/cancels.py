"""Which cancels leave venue access beside those that go straight through. Pure.

Workers' cancels that waited for a venue, and cancels of our own: of what a kill switch covers, and
of what its venue would not tell us about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from domain.children import CancelChild
from domain.executions import VenueState
from gateway.child_book import Child, ChildBook
from gateway.kill_switch import KillSwitch
from gateway.venue_commands import Now
from gateway.venue_session import VenueSession

CL_ORD_ID_MAX: Final = 20  # characters; many venues' limit


@dataclass(slots=True, kw_only=True)
class Cancels:
    """See the module. `retry_ns`: in wall time, when a cancel without an end is sent again."""

    book: ChildBook
    kills: KillSwitch
    venues: dict[str, VenueSession]
    retry_ns: int

    def waiting(self, venue: str) -> list[CancelChild]:
        """Of each open order the last cancel that came while the venue was away.

        A worker asks again as long as it hears nothing; one cancel answers for them all.
        """
        newest = {
            child.terms.cl_ord_id: request.command
            for child in self.book.open.values() if child.terms.venue == venue
            for request in child.requests.values()
            if isinstance(request.command, CancelChild) and not request.is_sent
        }  # fmt: skip
        return list(newest.values())

    def due(self, now: Now) -> Iterator[CancelChild]:
        """Our own, one by one: each is to be sent before the next is asked for."""
        candidates = [child for session in self.venues.values() for child in session.unclear()]
        if self.kills.engaged:
            candidates += [
                child for child in self.book.open.values()
                if self.kills.covering(child.terms.symbol, child.terms.venue) is not None
            ]  # fmt: skip
        for child in candidates:
            if self.is_due(child, now):
                yield self.made_for(child, now)

    def is_due(self, child: Child, now: Now) -> bool:
        """Whether its venue takes a cancel, and was not sent one a moment ago."""
        session = self.venues.get(child.terms.venue)
        if session is None or session.state is not VenueState.LIVE:
            return False
        last = child.cancel_wall_ns
        return last is None or now.wall_ns - last >= self.retry_ns

    def made_for(self, child: Child, now: Now) -> CancelChild:
        """A cancel of our own, booked."""
        terms = child.terms
        command = CancelChild(
            claim=terms.claim,
            order_id=terms.order_id,
            cl_ord_id=self._free_id(child),
            orig_cl_ord_id=child.cl_ord_id,
            venue=terms.venue,
            symbol=terms.symbol,
            side=terms.side,
            order_qty=child.order_qty,
            decided_ns=now.engine_ns,
        )
        self.book.apply_own_cancel(child, command)
        return command

    def _free_id(self, child: Child) -> str:
        """The child's id and the first free K<n>; a long id by its hash, which is as fixed."""
        base, number = child.terms.cl_ord_id, 1
        if len(base) > CL_ORD_ID_MAX - 4:
            base = sha256(base.encode()).hexdigest()[: CL_ORD_ID_MAX - 4]
        while f"{base}K{number}" in self.book.sent_ids:
            number += 1
        return f"{base}K{number}"
