"""Transaction cost analysis of one parent: topic `tca`.

Costs in basis points of the benchmark, positive = worse for us: side * (avg_px - benchmark) /
benchmark * 1e4 with side +1 for buys and -1 for sells (quant.md section 7).
"""

from decimal import Decimal

import msgspec

from domain.fix_codes import OrdStatus
from domain.instruments import Side


class VenueShare(msgspec.Struct, frozen=True, kw_only=True):
    """What one venue did of a parent: shares, notional in currency units, fees."""

    venue: str
    qty: int
    notional: Decimal
    fees: Decimal
    fills: int


class ParentCost(msgspec.Struct, frozen=True, kw_only=True, tag="parent_cost"):
    """Costs of one parent, live (`final` False) or finished.

    `market_qty`: shares that printed in the parent's interval, own ones included.
    `participation`: cum_qty / market_qty. A benchmark that could not be had is None, and so is
    the slippage against it. `decision_px`, `decision_ns`: what the order said of itself.
    `benchmark`: which one it asked to be measured against first; `benchmark_slippage_bps`: that.
    """

    order_id: str
    source: str
    cl_ord_id: str
    symbol: str
    side: Side
    algo: str
    final: bool
    ord_status: OrdStatus
    order_qty: int
    cum_qty: int
    completion: float
    avg_px: Decimal | None
    start_ns: int
    end_ns: int
    arrival_px: Decimal | None
    vwap_px: float | None
    twap_px: float | None
    arrival_slippage_bps: float | None
    vwap_slippage_bps: float | None
    twap_slippage_bps: float | None
    market_qty: int
    participation: float | None
    notional: Decimal
    fees: Decimal
    children: int
    fills: int
    venues: tuple[VenueShare, ...]
    at_ns: int
    decision_px: Decimal | None = None
    decision_ns: int | None = None
    decision_slippage_bps: float | None = None
    benchmark: str = "arrival"
    benchmark_slippage_bps: float | None = None
