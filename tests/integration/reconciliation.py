"""Who says what of an order's shares: OMS, reports, executions, venues and TCA, side by side."""

from decimal import Decimal

from domain.fix_codes import OrdStatus
from domain.parents import NewParent
from tests.integration.invariants import Trades, check_log, check_quiet, check_venues
from tests.integration.system import System


def _sum_of(trades: Trades) -> tuple[int, Decimal]:
    """Shares and notional."""
    return (
        sum(qty for qty, _ in trades.values()),
        sum((qty * px for qty, px in trades.values()), Decimal(0)),
    )


def reconcile(system: System, order: NewParent) -> None:
    """OMS, reports, executions, venues and TCA agree to the share and the cent."""
    system.settle(0.5)  # what is said twice would still come
    checked = check_log(system.log)
    check_quiet(checked)
    at_venues = check_venues(checked, system.journal())
    found = system.oms(order)
    cost = system.final_cost(order)
    assert cost is not None
    executed = checked.trades(found.order_id)
    by_oms = (found.filled_qty, sum((q * px for q, px in found.fills.values()), Decimal(0)))
    said = {
        "OMS": by_oms,
        "reports": _sum_of(checked.reported[found.order_id]),
        "executions": _sum_of(executed),
        "venues": _sum_of({key: at_venues[key] for key in executed}),
        "TCA": (cost.cum_qty, cost.notional),
    }
    assert len(set(said.values())) == 1, said
    assert found.cum_qty == found.filled_qty
    assert (found.ord_status is OrdStatus.FILLED) == (found.filled_qty == found.order_qty)
    print(f"{order.cl_ord_id}: {found.ord_status.name} {by_oms}, {len(checked.children)} children, "
          f"invariant held {checked.exposures} times, {checked.fenced} records fenced, "
          f"{checked.duplicates} fills came twice, OMS told {system.client.ledger.duplicates} "
          "things twice")  # fmt: skip
