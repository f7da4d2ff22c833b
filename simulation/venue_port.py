"""What stands between the worker and the markets in a simulation: venue access and its venues.

Two kinds exist: `RecordedPort` plays a recorded day, `FixPort` runs the gateway's core, FIX text
and simulated venues. Both are driven in virtual time and say what came out; neither knows a worker.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from domain.children import ChildRecord
from domain.marketdata import MarketEvent
from gateway.venue_commands import Publish

PortOutput = MarketEvent | Publish


class VenueFill(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a trade of ours as its venue booked it; what all other books must agree with.

    `px`, `fee`: currency units, a rebate < 0. `added`: it added liquidity.
    `exo_px_ticks`: the exogenous efficient price then; None where the market has none to tell.
    """

    venue: str
    exec_id: str
    cl_ord_id: str
    symbol: str
    qty: int
    px: Decimal
    fee: Decimal
    added: bool
    at_ns: int
    exo_px_ticks: float | None = None


class VenuePort(Protocol):
    """See the module. All times are virtual and never fall."""

    @property
    def fills(self) -> Sequence[VenueFill]:
        """The venues' own books of our trades."""

    @property
    def orders(self) -> Sequence[tuple[str, str]]:
        """(venue, ClOrdID) of every new order that reached a venue, in order, repeats included."""

    @property
    def market_events(self) -> int:
        """How many events of the market were told."""

    def exogenous(self, symbol: str, now_ns: int) -> float | None:
        """The price in ticks that no order of ours moves, apart from its drift; a martingale. None
        if there is no such price. Times never fall."""

    def start(self, now_ns: int) -> Sequence[PortOutput]:
        """Begin."""

    def next_ns(self) -> int:
        """When `on_timer` next has something to do; NEVER if it will not."""

    def quiet_run(self, until_ns: int) -> dict[str, list[MarketEvent]]:
        """The next events of the market until then, by symbol, as long as they touch no order of
        ours: nobody can tell whether they came one by one. Empty if there are none, or if the
        port does not know."""

    def on_timer(self, now_ns: int) -> Sequence[PortOutput]:
        """Do something that is due; more may be due at the same instant."""

    def on_child(
        self, partition: int, offset: int, record: ChildRecord, now_ns: int
    ) -> Sequence[PortOutput]:
        """A record of `children` has come."""
