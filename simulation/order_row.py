"""What came of each parent in a run: one row an order, with its cost and the control variate's.

Cost is the implementation shortfall against arrival, opportunity included (quant.md 7.1, convention
A with decision at arrival), in basis points of the order's value at arrival:

    is = s * [sum q_i * (p_i - P0) + (S - X) * (Pn - P0)] / (S * P0) * 1e4

with s the side, q_i, p_i the fills, X their sum, S the order, P0 the mid at arrival, Pn the mid at
the end. Fees are apart. The control is the same sum over the exogenous price e, in currency units:

    control = s * [sum q_i * (e(t_i) - e(0)) + (S - X) * (e(Tn) - e(0))] / (S * P0) * 1e4

which is the integral of the shares still to do against e: they are known before each increment of e
and e is a martingale, so its mean is zero whatever the algorithm does (quant.md 8.5, decision 4).
The second term belongs to it: without it an order that is sometimes left unfilled is biased.
"""

from collections.abc import Iterator

import msgspec

from domain.fix_codes import OrdStatus
from domain.instruments import InstrumentTable, Side
from domain.reports import ParentReport
from domain.tca import ParentCost
from simulation.case import Case
from simulation.order_marks import Mark
from simulation.reconciliation import Reconciliation
from simulation.runner import Simulation
from simulation.venue_port import VenueFill


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One parent of one run. Quantities in shares, prices and fees in currency units, times UTC
    nanoseconds, costs in basis points of the order's value at arrival, positive = worse.

    What could not be had is None: the costs of an order that was rejected or had no market.
    `is_adj_bps` = `is_bps` - `control_bps`. `expected_bps`: by its first plan, or its
    acceptance.
    `*_slippage_bps`: of what was filled, by TCA.
    """

    variant: str
    seed: int
    order: str
    order_id: str
    symbol: str
    side: str
    algo: str
    status: str
    reject_reason: str | None
    order_qty: int
    cum_qty: int
    start_ns: int | None
    end_ns: int | None
    arrival_px: float | None
    avg_px: float | None
    end_px: float | None
    is_bps: float | None
    control_bps: float | None
    is_adj_bps: float | None
    expected_bps: float | None
    fees_bps: float | None
    arrival_slippage_bps: float | None
    vwap_slippage_bps: float | None
    twap_slippage_bps: float | None
    market_qty: int
    participation: float | None
    children: int
    fills: int
    fees: float


class FillRow(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one run, as the venue booked it. Units as in OrderRow."""

    variant: str
    seed: int
    order: str
    symbol: str
    side: str
    venue: str
    exec_id: str
    cl_ord_id: str
    at_ns: int
    qty: int
    px: float
    fee: float
    added_liquidity: bool
    exo_px: float | None


def order_rows(
    case: Case, run: Simulation, table: InstrumentTable, found: Reconciliation
) -> Iterator[OrderRow]:
    """A row for every parent that was asked for, in the order of its name."""
    fills = _fills_by_order(run, found)
    rows = [_row(case, run, table, cost, fills.get(order_id, []))
            for order_id, cost in run.final_costs.items()]  # fmt: skip
    rows += [_rejected(case, report) for report in run.rejects]
    yield from sorted(rows, key=lambda row: row.order)


def fill_rows(
    case: Case, run: Simulation, table: InstrumentTable, found: Reconciliation
) -> Iterator[FillRow]:
    """A row for every execution, in the order of time."""
    for fill in run.port.fills:
        order_id = found.exposure.order_of(fill.cl_ord_id)
        order = found.oms.orders.get(order_id or "")
        if order is None:
            continue  # the reconciliation says so
        exo = fill.exo_px_ticks
        yield FillRow(
            variant=case.variant.name, seed=case.seed, order=_name(order.last), symbol=fill.symbol,
            side=order.last.side.name.lower(), venue=fill.venue, exec_id=fill.exec_id,
            cl_ord_id=fill.cl_ord_id, at_ns=fill.at_ns, qty=fill.qty, px=float(fill.px),
            fee=float(fill.fee), added_liquidity=fill.added,
            exo_px=None if exo is None else exo * float(table[fill.symbol].tick),
        )  # fmt: skip


def _fills_by_order(run: Simulation, found: Reconciliation) -> dict[str, list[VenueFill]]:
    fills: dict[str, list[VenueFill]] = {}
    for fill in run.port.fills:
        order_id = found.exposure.order_of(fill.cl_ord_id)
        if order_id is not None:
            fills.setdefault(order_id, []).append(fill)
    return fills


def _name(report: ParentReport) -> str:
    """The scenario's name of an order: what an amendment calls it begins with it."""
    return report.cl_ord_id.partition(".")[0]


def _row(
    case: Case, run: Simulation, table: InstrumentTable, cost: ParentCost, fills: list[VenueFill]
) -> OrderRow:
    tick = float(table[cost.symbol].tick)
    arrival, end = run.marks.arrivals.get(cost.order_id), run.marks.ends.get(cost.order_id)
    arrival_px = _arrival_px(cost, arrival, tick)
    end_px = None if end is None or end.mid_ticks is None else end.mid_ticks * tick
    shortfall = _shortfall_bps(cost, arrival_px, end_px)
    control = _control_bps(cost, fills, arrival, end, arrival_px, tick)
    adjusted = None if shortfall is None or control is None else shortfall - control
    value = None if not arrival_px else cost.order_qty * arrival_px
    return OrderRow(
        variant=case.variant.name, seed=case.seed, order=cost.cl_ord_id.partition(".")[0],
        order_id=cost.order_id, symbol=cost.symbol, side=cost.side.name.lower(), algo=cost.algo,
        status=OrdStatus(cost.ord_status).name.lower(), reject_reason=None,
        order_qty=cost.order_qty, cum_qty=cost.cum_qty, start_ns=cost.start_ns,
        end_ns=cost.end_ns, arrival_px=arrival_px,
        avg_px=None if cost.avg_px is None else float(cost.avg_px), end_px=end_px,
        is_bps=shortfall, control_bps=control, is_adj_bps=adjusted,
        expected_bps=run.marks.expected_bps.get(cost.order_id),
        fees_bps=None if not value else float(cost.fees) / value * 1e4,
        arrival_slippage_bps=cost.arrival_slippage_bps, vwap_slippage_bps=cost.vwap_slippage_bps,
        twap_slippage_bps=cost.twap_slippage_bps, market_qty=cost.market_qty,
        participation=cost.participation, children=cost.children, fills=cost.fills,
        fees=float(cost.fees),
    )  # fmt: skip


def _arrival_px(cost: ParentCost, arrival: Mark | None, tick: float) -> float | None:
    """As TCA has it; where it had no fresh two-sided market, the last mid there was."""
    if cost.arrival_px is not None:
        return float(cost.arrival_px)
    if arrival is None or arrival.mid_ticks is None:
        return None
    return arrival.mid_ticks * tick


def _shortfall_bps(
    cost: ParentCost, arrival_px: float | None, end_px: float | None
) -> float | None:
    left = cost.order_qty - cost.cum_qty
    if not arrival_px or not cost.order_qty or (left and end_px is None):
        return None
    paid = float(cost.notional) - cost.cum_qty * arrival_px
    missed = left * (end_px - arrival_px) if left and end_px is not None else 0.0
    return cost.side.sign * (paid + missed) / (cost.order_qty * arrival_px) * 1e4


def _control_bps(
    cost: ParentCost, fills: list[VenueFill], arrival: Mark | None, end: Mark | None,
    arrival_px: float | None, tick: float,
) -> float | None:  # fmt: skip
    if arrival is None or arrival.exo_px_ticks is None or not arrival_px or not cost.order_qty:
        return None
    left = cost.order_qty - cost.cum_qty
    start_ticks, moved = arrival.exo_px_ticks, 0.0
    for fill in fills:
        if fill.exo_px_ticks is None:
            return None
        moved += fill.qty * (fill.exo_px_ticks - start_ticks)
    if left:
        if end is None or end.exo_px_ticks is None:
            return None
        moved += left * (end.exo_px_ticks - start_ticks)
    return cost.side.sign * moved * tick / (cost.order_qty * arrival_px) * 1e4


def _rejected(case: Case, report: ParentReport) -> OrderRow:
    reason = report.reason.value if report.reason is not None else "rejected"
    return OrderRow(
        variant=case.variant.name, seed=case.seed, order=report.cl_ord_id,
        order_id=report.order_id, symbol=report.symbol, side=Side(report.side).name.lower(),
        algo=report.algo, status="rejected", reject_reason=f"{reason}: {report.field}",
        order_qty=int(report.order_qty), cum_qty=0, start_ns=None, end_ns=None, arrival_px=None,
        avg_px=None, end_px=None, is_bps=None, control_bps=None, is_adj_bps=None, expected_bps=None,
        fees_bps=None,
        arrival_slippage_bps=None, vwap_slippage_bps=None, twap_slippage_bps=None, market_qty=0,
        participation=None, children=0, fills=0, fees=0.0,
    )  # fmt: skip
