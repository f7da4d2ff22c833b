"""Both ends of one FIX session and the wire between them, in virtual time and without a FIX engine.

It stands in for QuickFIX's sequence numbers and stores: what the venue said and we have not
received is sent again after a reconnect, as PossDup; what we said is never sent again (DoNotSend,
ARCHITECTURE.md). It translates nothing and decides nothing.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import msgspec

from domain.fix_message import SOH, timestamp_text
from venuesim.latency import DelayLine

_HEAD: Final = f"8=FIX.4.4{SOH}9=0{SOH}35="


class Outgoing(msgspec.Struct, frozen=True):
    """A message on the wire: it arrives if the `connection` that carries it still stands."""

    connection: int
    seq: int
    text: str


@dataclass(slots=True, kw_only=True)
class FixSession:
    """See the module. `connection`: the number of the connection that stands or stood last."""

    venue: str
    to_venue: DelayLine
    to_us: DelayLine
    is_up: bool = False
    connection: int = 0
    _our_seq: int = 0
    _venue_seq: int = 0
    _received_seq: int = 0
    _unreceived: deque[Outgoing] = field(default_factory=deque)

    def connect(self) -> None:
        """A new connection; both sides log on."""
        assert not self.is_up
        self.is_up = True
        self.connection += 1

    def cut(self) -> None:
        """The connection is gone, and with it all that was on its way."""
        self.is_up = False

    def carries(self, message: Outgoing) -> bool:
        """Whether it arrives: its connection still stands."""
        return self.is_up and message.connection == self.connection

    def ours(self, text: str, now_ns: int) -> Outgoing:
        """A message of ours, stamped."""
        self._our_seq += 1
        return Outgoing(self.connection, self._our_seq, stamped(text, self._our_seq, now_ns))

    def venues(self, text: str, now_ns: int) -> Outgoing:
        """A message of the venue's, stamped and stored until we have received it."""
        self._venue_seq += 1
        message = Outgoing(self.connection, self._venue_seq, stamped(text, self._venue_seq, now_ns))
        self._unreceived.append(message)
        return message

    def receive(self, message: Outgoing) -> None:
        """A message of the venue's has arrived: it need not be sent again."""
        self._received_seq = max(self._received_seq, message.seq)
        while self._unreceived and self._unreceived[0].seq <= self._received_seq:
            self._unreceived.popleft()

    def resent(self) -> list[Outgoing]:
        """All that the venue said and we have not received, once more, as PossDupFlag(43)=Y."""
        return [self.repeated(message) for message in self._unreceived]

    def repeated(self, message: Outgoing) -> Outgoing:
        """The same message again, marked as what it may be."""
        text = message.text
        if f"{SOH}43=Y{SOH}" not in text:
            at = text.index(SOH, len(_HEAD)) + 1
            text = f"{text[:at]}43=Y{SOH}{text[at:]}"
        return Outgoing(self.connection, message.seq, text)


def stamped(text: str, seq: int, now_ns: int) -> str:
    """A message of domain.fix_message.fix_text with MsgSeqNum(34) and SendingTime(52)."""
    assert text.startswith(_HEAD)
    at = text.index(SOH, len(_HEAD)) + 1
    return f"{text[:at]}34={seq}{SOH}52={timestamp_text(now_ns)}{SOH}{text[at:]}"
