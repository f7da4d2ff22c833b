"""The subscription of one symbol in a FIX market data session: its states, and when to ask again.

The states are one table. What a move entails (messages, withdrawals) is `fix_session`'s.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.instruments import Instrument
from domain.marketdata import TradingStatus
from marketdata.fix_book import FixBook

SECOND_NS: Final = 1_000_000_000
ANSWER_NS: Final = 5 * SECOND_NS  # wall: a venue that has not answered by then is asked again
# Waits before each new request, wall. The first gap is repaired at once; a venue that gives no book
# five times in a row does not get better by being asked: an operator has to look.
BACKOFF_NS: Final = (0, SECOND_NS, 2 * SECOND_NS, 4 * SECOND_NS, 8 * SECOND_NS)
SETTLED_NS: Final = 30 * SECOND_NS  # wall: a book that lived so long has its troubles forgiven


class State(StrEnum):
    """Where the subscription of a symbol stands. A book is published in LIVE alone."""

    DISCONNECTED = "disconnected"
    REQUESTED = "requested"
    LIVE = "live"
    GAP = "gap"  # something was lost: asked again when its backoff has passed
    REJECTED = "rejected"  # refused or not answered: the same
    GIVEN_UP = "given_up"  # until the next logon


class Happening(StrEnum):
    """What moves a subscription."""

    LOGGED_ON = "logged_on"
    LOGGED_OUT = "logged_out"
    SNAPSHOT = "snapshot"
    LOST = "lost"
    SILENT = "silent"
    REFUSED = "refused"
    NOT_OFFERED = "not_offered"
    DUE = "due"
    EXHAUSTED = "exhausted"


TRANSITIONS: Final[dict[tuple[State, Happening], State]] = {
    (State.DISCONNECTED, Happening.LOGGED_ON): State.REQUESTED,
    (State.DISCONNECTED, Happening.LOGGED_OUT): State.DISCONNECTED,  # a logon that failed
    (State.REQUESTED, Happening.LOGGED_ON): State.REQUESTED,  # the venue reset in session
    (State.REQUESTED, Happening.LOGGED_OUT): State.DISCONNECTED,
    (State.REQUESTED, Happening.SNAPSHOT): State.LIVE,
    (State.REQUESTED, Happening.LOST): State.GAP,
    (State.REQUESTED, Happening.SILENT): State.REJECTED,
    (State.REQUESTED, Happening.REFUSED): State.REJECTED,
    (State.REQUESTED, Happening.NOT_OFFERED): State.GIVEN_UP,
    (State.LIVE, Happening.LOGGED_ON): State.REQUESTED,
    (State.LIVE, Happening.LOGGED_OUT): State.DISCONNECTED,
    (State.LIVE, Happening.SNAPSHOT): State.LIVE,  # a venue may refresh unasked
    (State.LIVE, Happening.LOST): State.GAP,
    (State.LIVE, Happening.REFUSED): State.REJECTED,  # it ends what it had granted
    (State.LIVE, Happening.NOT_OFFERED): State.GIVEN_UP,
    (State.GAP, Happening.LOGGED_ON): State.REQUESTED,
    (State.GAP, Happening.LOGGED_OUT): State.DISCONNECTED,
    (State.GAP, Happening.DUE): State.REQUESTED,
    (State.GAP, Happening.EXHAUSTED): State.GIVEN_UP,
    (State.REJECTED, Happening.LOGGED_ON): State.REQUESTED,
    (State.REJECTED, Happening.LOGGED_OUT): State.DISCONNECTED,
    (State.REJECTED, Happening.DUE): State.REQUESTED,
    (State.REJECTED, Happening.EXHAUSTED): State.GIVEN_UP,
    (State.GIVEN_UP, Happening.LOGGED_ON): State.REQUESTED,
    (State.GIVEN_UP, Happening.LOGGED_OUT): State.DISCONNECTED,
}


class IllegalHappening(Exception):
    """What cannot happen in this state did: our picture of the session is wrong."""


@dataclass(slots=True, kw_only=True)
class Subscription:
    """One symbol. Times in wall ns, but for `published_ns` and `status_ns`, the engine's.

    `md_req_id` "": nothing is asked. `wake_wall_ns`: an answer is overdue, or a new request due.
    """

    instrument: Instrument
    book: FixBook
    state: State = State.DISCONNECTED
    md_req_id: str = ""
    tries: int = 0
    wake_wall_ns: int = 0
    live_wall_ns: int = 0
    rpt_seq: int | None = None
    published_ns: int = 0
    status: TradingStatus | None = None
    status_ns: int = 0

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def is_exhausted(self) -> bool:
        """Whether it was asked again as often as makes sense."""
        return self.state in (State.GAP, State.REJECTED) and self.tries > len(BACKOFF_NS)

    def move(self, happening: Happening, wall_ns: int) -> State:
        """Move; the state before. Raises IllegalHappening."""
        before = self.state
        after = TRANSITIONS.get((before, happening))
        if after is None:
            raise IllegalHappening(f"{self.symbol} is {before}: {happening}")
        self.state = after
        if after is before and after is not State.REQUESTED:
            return before
        if before is State.LIVE and wall_ns - self.live_wall_ns > SETTLED_NS:
            self.tries = 0
        if after is State.LIVE:
            self.live_wall_ns = wall_ns
        elif after is State.REQUESTED:
            self.wake_wall_ns = wall_ns + ANSWER_NS
        elif after in (State.GAP, State.REJECTED):
            self.tries += 1
            self.wake_wall_ns = wall_ns + BACKOFF_NS[min(self.tries, len(BACKOFF_NS)) - 1]
        return before
