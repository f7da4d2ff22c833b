"""What venue access asks of the world: one message to a venue, one record to the log."""

from typing import NamedTuple

import msgspec

from domain.control import KillProgress
from domain.deadletters import DeadLetter
from domain.executions import ExecutionRecord
from domain.fix_message import Fields


class Now(NamedTuple):
    """One instant on both clocks: `engine_ns` may be accelerated, `wall_ns` is monotonic."""

    engine_ns: int
    wall_ns: int


class SendFix(msgspec.Struct, frozen=True, kw_only=True):
    """Hand this message to the venue's FIX session, which stores and sends it."""

    venue: str
    msg_type: str
    fields: Fields


class Publish(msgspec.Struct, frozen=True, kw_only=True):
    """Append this record, keyed by `symbol`; `symbol` None: to `partition`, or to every one."""

    symbol: str | None
    record: ExecutionRecord | KillProgress | DeadLetter
    partition: int | None = None


Command = SendFix | Publish
