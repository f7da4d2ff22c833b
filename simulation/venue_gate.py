"""Venue access without FIX: the book of children and the pre-trade checks of the gateway.

What the gateway would refuse is refused here, by the same code: a command of a lost claim, a
repeated id, a kill, an overfill, a limit. There is no session to lose; venues are always live.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.children import ChildCommand, Claim, NewChild
from domain.executions import (
    ChildCancelRejected,
    ChildRefused,
    ChildSent,
    Execution,
    ExecutionRecord,
    VenueState,
)
from domain.marketdata import MarketEvent
from domain.refusals import RefusalReason
from gateway.child_book import ChildBook, Seen
from gateway.pre_trade import PreTrade
from gateway.risk import Refusal


@dataclass(slots=True, kw_only=True)
class VenueGate:
    """What stands between the worker's commands and the venues."""

    book: ChildBook
    checks: PreTrade
    session: str

    def on_claim(self, partition: int, offset: int, claim: Claim) -> None:
        """A worker took the partition: commands of others are ignored from here on."""
        self.book.fence.admits(partition, claim, offset)

    def on_child(
        self, partition: int, command: ChildCommand, now_ns: int
    ) -> ChildSent | ChildRefused | None:
        """Whether a command may leave; None if it is to be ignored."""
        if not self.book.fence.admits(partition, command):
            return None
        seen = self.book.seen(command)
        if seen is Seen.SAME:
            return None
        if seen is Seen.DIFFERENT:
            text = f"{command.cl_ord_id} was used with other content"
            return _refused(command, Refusal(RefusalReason.DUPLICATE, text), now_ns)
        refusal = self.checks.refusal(command, VenueState.LIVE, now_ns)
        self.book.apply_command(command)
        answer = _refused(command, refusal, now_ns) if refusal else self._sent(command, now_ns)
        self.apply(answer)
        return answer

    def on_market(self, event: MarketEvent) -> None:
        """The market by which limit prices are judged."""
        self.checks.market.on_event(event)

    def on_events(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        """The same for several events of one symbol, in order."""
        self.checks.market.on_events(symbol, events)

    def apply(self, record: ExecutionRecord) -> None:
        """Book what a venue said, or what was done here."""
        if isinstance(record, Execution):
            self.book.apply_execution(record)
        elif isinstance(record, ChildCancelRejected):
            self.book.apply_cancel_rejected(record)
        elif isinstance(record, ChildSent):
            self.book.apply_sent(record)
            self.checks.count(record)
        elif isinstance(record, ChildRefused):
            self.book.apply_refused(record)

    def _sent(self, command: ChildCommand, now_ns: int) -> ChildSent:
        return ChildSent(
            venue=command.venue, session=self.session, cl_ord_id=command.cl_ord_id,
            order_id=command.order_id, symbol=command.symbol, sent_ns=now_ns,
        )  # fmt: skip


def _refused(command: ChildCommand, refusal: Refusal, now_ns: int) -> ChildRefused:
    return ChildRefused(
        venue=command.venue, cl_ord_id=command.cl_ord_id,
        orig_cl_ord_id=None if isinstance(command, NewChild) else command.orig_cl_ord_id,
        order_id=command.order_id, symbol=command.symbol, reason=refusal.reason,
        text=refusal.text, at_ns=now_ns,
    )  # fmt: skip
