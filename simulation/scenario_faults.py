"""The faults of a scenario file, each a table `[[faults]]` of a `kind`."""

from typing import Annotated

import msgspec

Probability = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=86_400.0)]


class _Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of them."""


class WorkerDeath(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="worker_death"):
    """The worker dies at `at`, or in the midst of its next append but `after_appends`; another
    takes over from the log `seconds` later."""

    at: str
    seconds: Seconds = 5.0
    after_appends: Annotated[int, msgspec.Meta(ge=0)] = 0


class WorkerPause(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="worker_pause"):
    """The worker stops at `at` and another takes over at once; after `seconds` the first wakes up
    and acts on what it knew, superseded without knowing it."""

    at: str
    seconds: Seconds = 30.0


class VenueOutage(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="venue_outage"):
    """A venue stops for `seconds`: no session, no trading, no market data."""

    venue: str
    at: str
    seconds: Seconds = 60.0


class Disconnect(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="disconnect"):
    """The session with a venue is cut for `seconds`; the venue trades on."""

    venue: str
    at: str
    seconds: Seconds = 10.0


class FeedStall(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="feed_stall"):
    """A venue's market data is held back for `seconds`, then comes all at once."""

    venue: str
    at: str
    seconds: Seconds = 10.0


class SymbolHalt(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="halt"):
    """A symbol does not trade at any venue for `seconds`; then orders are collected for `call_s`,
    and the reopening auction trades what it can."""

    symbol: str
    at: str
    seconds: Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)] = 300.0
    call_s: Seconds = 30.0


class Rejects(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="rejects"):
    """A venue refuses new orders, each with this probability: with an ExecutionReport(8), or
    `at_door`, before its market sees them, with a BusinessMessageReject(j)."""

    venue: str
    probability: Probability
    at_door: bool = False


class Duplicates(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="duplicates"):
    """A venue sends an answer again as PossDup, `delay_ms` later, each with this probability."""

    venue: str
    probability: Probability
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 500


class Redeliveries(_Fault, frozen=True, kw_only=True, tag_field="kind", tag="redeliveries"):
    """The bus gives the worker a record of `executions` again, each with this probability, within
    `delay_ms`: others may have come before it."""

    probability: Probability
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 2_000


Fault = (
    WorkerDeath | WorkerPause | VenueOutage | Disconnect | FeedStall | SymbolHalt | Rejects
    | Duplicates | Redeliveries
)  # fmt: skip
