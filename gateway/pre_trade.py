"""Every check of a command before it may leave, in the order of domain.refusals.RefusalReason.

It has what the checks look at: kill switches, limits, the last market, message rates, and the book
of children, from which alone the overfill check is made, whatever the worker believes.
"""

from dataclasses import dataclass, field

from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.executions import ChildSent, VenueState
from domain.fix_codes import OrdStatus, OrdType
from domain.instruments import InstrumentTable
from domain.refusals import RefusalReason
from gateway.child_book import Child, ChildBook
from gateway.kill_switch import KillSwitch
from gateway.risk import (
    LastMarket,
    LimitTable,
    MessageRates,
    Refusal,
    Terms,
    grid_refusal,
    id_refusal,
    overfill_refusal,
    special_refusal,
    stale_order_refusal,
    terms_refusal,
)


@dataclass(slots=True, kw_only=True)
class PreTrade:
    """See the module. Duplicates are met before it, when the book is asked what it has seen."""

    book: ChildBook
    kills: KillSwitch
    instruments: InstrumentTable
    limits: LimitTable
    market: LastMarket = field(default_factory=LastMarket)
    rates: MessageRates = field(default_factory=MessageRates)

    def count(self, sent: ChildSent) -> None:
        """A command left: new, replace or cancel, it counts against the message rate."""
        self.rates.count(sent.venue, sent.symbol, self.limits, sent.sent_ns)

    def refusal(
        self, command: ChildCommand, state: VenueState | None, now_ns: int
    ) -> Refusal | None:
        """The first reason against it, or None. `state`: its venue's, None if there is no such.

        Cancels pass kill switches, venues that are away (they wait) and all limits.
        """
        if state is None:
            return self._killed(command) or Refusal(
                RefusalReason.UNKNOWN_VENUE, f"no venue {command.venue!r}"
            )
        if isinstance(command, CancelChild):
            return self._target_refusal(command) or id_refusal(command.cl_ord_id)
        killed = self._killed(command)
        if killed is not None:
            return killed
        if state is not VenueState.LIVE:
            return Refusal(RefusalReason.VENUE_DOWN, f"{command.venue} is {state}")
        if self.instruments.get(command.symbol) is None:
            return Refusal(RefusalReason.UNKNOWN_SYMBOL, f"no instrument {command.symbol!r}")
        if isinstance(command, NewChild):
            return self._order_refusal(command, command.order_qty, now_ns)
        return self._target_refusal(command) or self._order_refusal(
            command, self._more_qty(command), now_ns
        )

    def _killed(self, command: ChildCommand) -> Refusal | None:
        kill = self.kills.covering(command.symbol, command.venue)
        if kill is None or isinstance(command, CancelChild):
            return None
        return Refusal(RefusalReason.KILLED, f"by {kill.author}: {kill.reason}"[:512])

    def _target(self, command: CancelChild | ReplaceChild) -> Child | None:
        child = self.book.children.get(command.orig_cl_ord_id)
        if child is None:
            return None
        terms = child.terms
        never_left = child.status is OrdStatus.REJECTED and not child.is_known
        is_same = (terms.venue, terms.symbol) == (command.venue, command.symbol)
        return child if is_same and not never_left else None

    def _target_refusal(self, command: CancelChild | ReplaceChild) -> Refusal | None:
        if self._target(command) is not None:
            return None
        text = f"{command.orig_cl_ord_id} is no order at {command.venue}"
        return Refusal(RefusalReason.UNKNOWN_ORDER, text)

    def _more_qty(self, command: ReplaceChild) -> int:
        child = self._target(command)
        return max(command.order_qty - child.committed_qty, 0) if child is not None else 0

    def _order_refusal(
        self, command: NewChild | ReplaceChild, more_qty: int, now_ns: int
    ) -> Refusal | None:
        terms = _terms(command)
        limits = self.limits.of(terms.symbol)
        instrument = self.instruments[terms.symbol]
        committed_qty = self.book.committed_qty(command.order_id)
        return (
            stale_order_refusal(terms, limits, now_ns)
            or overfill_refusal(committed_qty, more_qty, command.parent_qty)
            or terms_refusal(terms, limits, instrument, self.market, now_ns)
            or self.rates.refusal(terms.venue, terms.symbol, self.limits, now_ns)
            or grid_refusal(terms, instrument)
            or (special_refusal(command) if isinstance(command, NewChild) else None)
            or id_refusal(command.cl_ord_id)
        )


def _terms(command: NewChild | ReplaceChild) -> Terms:
    ord_type = command.ord_type if isinstance(command, NewChild) else OrdType.LIMIT
    return Terms(command.symbol, command.venue, command.side, command.order_qty, ord_type,
                 command.px, command.decided_ns)  # fmt: skip
