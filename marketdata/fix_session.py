"""A FIX 4.4 market data session: ask for each symbol, follow its book, doubt it, ask again.

A book is published only while every update since its snapshot is known to have come. What breaks
that (a jump of MsgSeqNum(34) or RptSeq(83), an entry that contradicts the book or is off the grid,
a disconnect, a refusal) withdraws it at once: an empty Quote, and an empty Depth if levels are
published. Then a new snapshot is asked for, with backoff and not for ever.

Prints are published as they come, whatever the state of the book; those of a snapshot are the past
and are not. What is published carries the engine's time, what is waited for is in the wall's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from domain.fix_market_data import MDReqRejReason, SubscriptionRequestType
from domain.fix_message import BadField, FixMessage
from domain.instruments import Instrument
from marketdata.fix_book import Contradiction, FixBook
from marketdata.fix_outputs import BookPublisher, FeedTerms, Note, Now, Output, SendFix
from marketdata.fix_subscription import BACKOFF_NS, Happening, State, Subscription
from marketdata.fix_translation import (
    Group,
    Level,
    Unusable,
    increments,
    is_of_book,
    not_ahead,
    read_increment,
    read_phase,
    read_rpt_seq,
    read_snapshot,
    status_request,
    subscription,
)

# MDReqRejReason(281) that another try may mend; all others say that it is not offered.
_WORTH_ANOTHER_TRY: Final = (
    MDReqRejReason.DUPLICATE_MD_REQ_ID,
    MDReqRejReason.INSUFFICIENT_BANDWIDTH,
)
_NOT_AVAILABLE_NOW: Final = "4"  # BusinessRejectReason(380): application not available


@dataclass(slots=True)
class FixSession:
    """See the module. One thread owns it."""

    terms: FeedTerms
    publisher: BookPublisher
    _by_symbol: dict[str, Subscription] = field(default_factory=dict)
    _by_id: dict[str, Subscription] = field(default_factory=dict)
    _requests: int = 0
    _expected_seq: int | None = None
    _heard_wall_ns: int = 0

    @classmethod
    def of(cls, terms: FeedTerms, instruments: Iterable[Instrument]) -> "FixSession":
        """All of them disconnected."""
        found = cls(terms, BookPublisher(terms))
        for each in instruments:
            book = FixBook(symbol=each.symbol)
            found._by_symbol[each.symbol] = Subscription(instrument=each, book=book)
        return found

    def states(self) -> dict[State, int]:
        """How many symbols are in each state."""
        counts = dict.fromkeys(State, 0)
        for each in self._by_symbol.values():
            counts[each.state] += 1
        return counts

    # -- the session ---------------------------------------------------------------------------

    def on_start(self, now: Now) -> list[Output]:
        """Withdraw what an earlier run of this process may have left published."""
        return [
            each
            for found in self._by_symbol.values()
            for each in self.publisher.withdrawn(found, now)
        ]

    def on_logon(self, now: Now) -> list[Output]:
        """Ask for everything anew: a subscription does not outlive its connection."""
        self._heard_wall_ns = now.wall_ns
        self._by_id.clear()
        outputs: list[Output] = []
        for each in self._by_symbol.values():
            each.tries, each.md_req_id = 0, ""
            outputs += self._move(each, Happening.LOGGED_ON, now)
            if self.terms.statuses:
                outputs.append(SendFix("e", status_request(self._next_id("S"), each.symbol)))
        return outputs

    def on_logout(self, now: Now) -> list[Output]:
        """Nothing is known from here on."""
        self._expected_seq = None
        self._by_id.clear()
        outputs: list[Output] = []
        for each in self._by_symbol.values():
            each.tries, each.md_req_id = 0, ""
            outputs += self._move(each, Happening.LOGGED_OUT, now)
        return outputs

    def on_timer(self, now: Now) -> list[Output]:
        """What is overdue or due, and repeats of live quotes."""
        is_heard = now.wall_ns - self._heard_wall_ns <= self.terms.quiet_ns
        outputs: list[Output] = []
        for each in self._by_symbol.values():
            if each.state is State.LIVE:
                if is_heard:
                    outputs += self.publisher.repeated(each, now)
            elif now.wall_ns < each.wake_wall_ns:
                continue
            elif each.state is State.REQUESTED:
                text = f"no answer to MDReqID(262) {each.md_req_id}"
                outputs += self._troubled(each, Happening.SILENT, "silent", text, now)
            elif each.state in (State.GAP, State.REJECTED):
                outputs += self._move(each, Happening.DUE, now)
        return outputs

    # -- messages ------------------------------------------------------------------------------

    def on_message(self, message: FixMessage, now: Now) -> list[Output]:
        """Take one message of the session in, its own ones (0, 4, A, ...) too."""
        self._heard_wall_ns = now.wall_ns
        outputs: list[Output] = []
        try:
            outputs += self._followed(message, now)
            outputs += self._read(message, now)
        except BadField as error:  # the session's engine has checked it: this should not be
            outputs.append(self._note("", "malformed", str(error)))
        return outputs

    def _followed(self, message: FixMessage, now: Now) -> list[Output]:
        """Whether a message is missing before this one. Raises BadField.

        QuickFIX hands over in order and asks again for what is missing; a venue that has not kept
        market data fills the gap with SequenceReset(4), and that is a loss.
        """
        seq, expected = message.integer(34), self._expected_seq
        after = message.integer(36) if message.msg_type == "4" else seq + 1
        self._expected_seq = after
        if message.msg_type == "A" or expected is None or (seq == expected and after == seq + 1):
            return []
        text = f"MsgSeqNum(34) {seq} to {after}, expected {expected}"
        outputs: list[Output] = [self._note("", "messages_lost", text)]
        for each in self._by_symbol.values():
            if each.state in (State.REQUESTED, State.LIVE):
                outputs += self._troubled(each, Happening.LOST, "sequence", text, now)
        return outputs

    def _read(self, message: FixMessage, now: Now) -> list[Output]:
        """Raises BadField."""
        kind = message.msg_type
        if kind == "W":
            return self._on_snapshot(message, now)
        if kind == "X":
            return self._on_increment(message, now)
        if kind == "Y":
            return self._on_reject(message, now)
        if kind == "f":
            return self._on_status(message, now)
        if kind == "j":
            return self._on_business_reject(message, now)
        if kind == "3":
            text = f"RefMsgType(372) {message.get(372)}: {message.get(58)}"
            return [self._note("", "session_reject", text)]
        return []

    def _on_snapshot(self, message: FixMessage, now: Now) -> list[Output]:
        """W. Raises BadField."""
        found = self._asked_for(message, message.require(55))
        if found is None:
            return [self._note(message.require(55), "not_asked", "a W that was not asked for")]
        try:
            if message.require(55) != found.symbol:
                text = f"a W of {message.get(55)} for MDReqID(262) {found.md_req_id}"
                raise Unusable("other_symbol", text)
            snapshot = read_snapshot(message, found.instrument, now.engine_ns)
            found.book.replace(snapshot)
        except (Unusable, Contradiction) as error:
            return self._troubled(found, Happening.LOST, error.reason, str(error), now)
        found.rpt_seq = snapshot.rpt_seq
        outputs = self._move(found, Happening.SNAPSHOT, now)
        return outputs + self.publisher.published(found, snapshot.at_ns)

    def _on_increment(self, message: FixMessage, now: Now) -> list[Output]:
        """X: the prints of every symbol, then what its book is after all of its entries."""
        md_req_id = message.get(262)
        asked = self._by_id.get(md_req_id) if md_req_id else None
        outputs: list[Output] = []
        changed: dict[str, int] = {}  # at_ns by symbol
        try:
            for named, entry in increments(message):
                symbol = named or (asked.symbol if asked is not None else "")
                found = self._by_symbol.get(symbol)
                if found is None:
                    outputs.append(self._note(symbol, "unknown_symbol", "an entry of an X"))
                    continue
                is_current = not md_req_id or asked is found
                outputs += self._on_entry(found, entry, changed, is_current, now)
        except Unusable as error:
            doubtful = [asked] if asked is not None else list(self._by_symbol.values())
            outputs.append(self._note("", error.reason, str(error)))
            for each in doubtful:
                if each.state is State.LIVE:
                    outputs += self._troubled(each, Happening.LOST, error.reason, str(error), now)
        for symbol, at_ns in changed.items():
            if self._by_symbol[symbol].state is State.LIVE:
                outputs += self.publisher.published(self._by_symbol[symbol], at_ns)
        return outputs

    def _on_entry(
        self, found: Subscription, entry: Group, changed: dict[str, int], is_current: bool,
        now: Now,
    ) -> list[Output]:  # fmt: skip
        """One entry. `is_current`: it belongs to what we ask now; its prints count in any case."""
        is_live = found.state is State.LIVE and is_current
        try:
            if is_live and not self._counts_on(found, entry):
                return []
            event = read_increment(entry, found.instrument, self.terms.venue, now.engine_ns)
            if event is None:
                return []
            if not isinstance(event, Level):
                return [event]
            if is_live:
                found.book.apply(event)
                changed[found.symbol] = max(event.at_ns, changed.get(found.symbol, 0))
            return []
        except (Unusable, Contradiction) as error:
            if is_live and (isinstance(error, Contradiction) or is_of_book(entry)):
                return self._troubled(found, Happening.LOST, error.reason, str(error), now)
            return [self._note(found.symbol, error.reason, str(error))]

    def _counts_on(self, found: Subscription, entry: Group) -> bool:
        """Whether RptSeq(83), where the venue numbers, says that the entry is the next one.

        False: the snapshot has it already. Raises Contradiction.
        """
        seq, last = read_rpt_seq(entry), found.rpt_seq
        if seq is None or last is None:
            return True
        if seq <= last:
            return False
        if seq != last + 1:
            raise Contradiction("rpt_seq", f"RptSeq(83) {seq} after {last}")
        found.rpt_seq = seq
        return True

    def _on_reject(self, message: FixMessage, now: Now) -> list[Output]:
        """Y. Raises BadField."""
        found = self._by_id.get(message.require(262))
        reason, text = _reject_reason(message.get(281)), message.get(58, "") or ""
        name = "refused" if reason is None else reason.name.lower()
        if found is None:
            return [self._note("", "not_asked", f"a Y of MDReqID(262) {message.get(262)}: {name}")]
        again = reason is None or reason in _WORTH_ANOTHER_TRY
        happening = Happening.REFUSED if again else Happening.NOT_OFFERED
        return self._troubled(found, happening, name, text, now)

    def _on_business_reject(self, message: FixMessage, now: Now) -> list[Output]:
        """j. BusinessRejectRefID(379) names the request if the venue is kind."""
        found = self._by_id.get(message.get(379) or "")
        text = f"RefMsgType(372) {message.get(372)}, 380={message.get(380)}: {message.get(58)}"
        if found is None:
            return [self._note("", "business_reject", text)]
        again = message.get(380) == _NOT_AVAILABLE_NOW
        happening = Happening.REFUSED if again else Happening.NOT_OFFERED
        return self._troubled(found, happening, "business_reject", text, now)

    def _on_status(self, message: FixMessage, now: Now) -> list[Output]:
        """f. Raises BadField."""
        found = self._by_symbol.get(message.require(55))
        if found is None:
            return [self._note(message.require(55), "unknown_symbol", "a SecurityStatus(f)")]
        try:
            phase = read_phase(message)
        except Unusable as error:
            return [self._note(found.symbol, error.reason, str(error))]
        if phase is None:
            return []
        said_ns = message.timestamp_ns(60) if message.get(60) else now.engine_ns
        at_ns = not_ahead(said_ns, now.engine_ns)
        return [self.publisher.phased(found, phase, at_ns)]

    # -- moves ---------------------------------------------------------------------------------

    def _troubled(
        self, found: Subscription, happening: Happening, reason: str, text: str, now: Now
    ) -> list[Output]:
        """Move away from a book, say why, and give up if it was tried often enough."""
        outputs = self._move(found, happening, now)
        is_alarm = found.state is State.GIVEN_UP
        outputs.append(self._note(found.symbol, reason, text, is_alarm=is_alarm))
        if found.is_exhausted:
            outputs += self._move(found, Happening.EXHAUSTED, now)
            text = f"no book after {len(BACKOFF_NS)} new requests, at last: {reason}"
            outputs.append(self._note(found.symbol, "given_up", text, is_alarm=True))
        return outputs

    def _move(self, found: Subscription, happening: Happening, now: Now) -> list[Output]:
        """One transition and what goes with it. Raises IllegalHappening."""
        before = found.move(happening, now.wall_ns)
        after = found.state
        outputs: list[Output] = []
        if before is State.LIVE and after is not State.LIVE:
            outputs += self.publisher.withdrawn(found, now)
        if happening in (Happening.LOST, Happening.SILENT) and found.md_req_id:
            outputs += self._ended(found)
        if after is State.REQUESTED:
            outputs += self._asked(found)
        elif after is not State.LIVE:
            self._by_id.pop(found.md_req_id, None)
            found.md_req_id = ""
        return outputs

    def _asked(self, found: Subscription) -> list[Output]:
        """Ask for a snapshot and its updates, under a new MDReqID(262)."""
        found.md_req_id = self._next_id("R")
        self._by_id[found.md_req_id] = found
        return [self._request(found, SubscriptionRequestType.SNAPSHOT_AND_UPDATES)]

    def _ended(self, found: Subscription) -> list[Output]:
        """Tell the venue to stop: it may still send what we no longer understand."""
        return [self._request(found, SubscriptionRequestType.UNSUBSCRIBE)]

    def _request(self, found: Subscription, kind: SubscriptionRequestType) -> SendFix:
        terms = self.terms
        return SendFix("V", subscription(found.md_req_id, kind, found.symbol, terms.depth,
                                         imbalances=terms.imbalances))  # fmt: skip

    def _next_id(self, letter: str) -> str:
        self._requests += 1
        return f"{self.terms.id_prefix}-{letter}{self._requests}"

    def _asked_for(self, message: FixMessage, symbol: str) -> Subscription | None:
        """The subscription that a message is of, if it is one that we have now."""
        md_req_id = message.get(262)
        if md_req_id:
            return self._by_id.get(md_req_id)
        found = self._by_symbol.get(symbol)
        return found if found is not None and found.md_req_id else None

    def _note(self, symbol: str, reason: str, text: str, *, is_alarm: bool = False) -> Note:
        return Note(self.terms.venue, symbol, reason, text, is_alarm)


def _reject_reason(value: str | None) -> MDReqRejReason | None:
    try:
        return MDReqRejReason(value) if value else None
    except ValueError:
        return None
