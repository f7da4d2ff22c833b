"""One of our orders at the replay venue: its terms, what it has traded, how it ended."""

from dataclasses import dataclass
from typing import Final

from domain.children import NewChild
from domain.fix_codes import OrdStatus, TimeInForce
from domain.instruments import Side
from domain.orders import settled_by_qty

_OF_AUCTIONS: Final = (TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE)


@dataclass(slots=True, kw_only=True)
class Order:
    """`px_ticks` None: at any price. `notional_ticks`: sum of price times quantity."""

    cl_ord_id: str
    venue_order_id: str
    symbol: str
    side: Side
    order_qty: int
    px_ticks: int | None
    time_in_force: TimeInForce
    post_only: bool = False
    cum_qty: int = 0
    notional_ticks: int = 0
    ended: OrdStatus | None = None

    @property
    def status(self) -> OrdStatus:
        return self.ended or settled_by_qty(OrdStatus.NEW, self.order_qty, self.cum_qty)

    @property
    def leaves_qty(self) -> int:
        return 0 if self.ended else self.order_qty - self.cum_qty

    def book(self, qty: int, px_ticks: int) -> None:
        """It traded. Asserts that there was so much of it."""
        assert 0 < qty <= self.leaves_qty
        self.cum_qty += qty
        self.notional_ticks += qty * px_ticks


def not_offered(child: NewChild) -> str | None:
    """Which term of an order a recorded day cannot honour; None if it can honour them all."""
    if child.time_in_force in _OF_AUCTIONS:
        return f"TimeInForce(59) {child.time_in_force.value}: no auctions are replayed"
    if child.peg is not None:
        return f"ExecInst(18) {child.peg.value}: no pegs are replayed"
    if child.display_qty is not None:
        return "MaxFloor(111): no icebergs and no hidden orders are replayed"
    if child.min_qty:
        return "MinQty(110): no minimum quantity is replayed"
    return None
