"""Our orders and fills as the market core knows them: on the grid of public market data."""

from decimal import Decimal
from typing import Final

from algos.child import IMMEDIATE, Child
from domain.executions import Execution
from domain.fix_codes import ExecType
from domain.instruments import Instrument, Side
from marketdata.own_orders import OwnOrder
from marketdata.own_prints import OwnFill
from marketdata.touch_statistics import PxSteps

NEW_FILLS: Final = (ExecType.TRADE, ExecType.TRADE_CORRECT)


def own_order(child: Child, side: Side) -> OwnOrder:
    """How a child stands. What it shows rests at the price that its venue last confirmed; while a
    replace is under way it may fill at the furthest of its limits.
    """
    shown = child.px_ticks is not None and child.displayed_qty > 0
    return OwnOrder(
        cl_ord_id=child.cl_ord_id, venue=child.venue, side=side,
        px_ticks=_furthest(child.limits, side), qty=child.leaves_qty, since_ns=child.decided_ns,
        displayed_px_ticks=child.px_ticks if shown else None,
        displayed_qty=child.displayed_qty if shown else 0, entries=child.entries,
        may_rest=child.time_in_force not in IMMEDIATE,
    )  # fmt: skip


def _furthest(limits: tuple[int | None, ...], side: Side) -> int | None:
    """The least good price that may be paid (or had); None is any."""
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(limits):
        return None
    return max(known) if side is Side.BUY else min(known)


def own_fill(execution: Execution, instrument: Instrument) -> OwnFill:
    """What an execution filled. One that its venue dates after we had it is of when we had it."""
    return OwnFill(
        venue=execution.venue, exec_id=execution.exec_id, qty=execution.last_qty,
        px_ticks=_px_ticks(execution.last_px, instrument),
        at_ns=min(execution.transact_ns, execution.received_ns),
        instead=execution.exec_type is ExecType.TRADE_CORRECT,
    )  # fmt: skip


def px_steps(instrument: Instrument) -> PxSteps:
    """How far apart prices are: (from price, step), both in ticks, by rising price."""
    return tuple(
        (int(band.from_px / instrument.tick), int(band.tick / instrument.tick))
        for band in instrument.ticks
    )


def _px_ticks(px: Decimal | None, instrument: Instrument) -> int | None:
    """A fill's price in ticks; None if it falls between two, as at the mid of a dark venue."""
    if px is None or px % instrument.tick:
        return None
    return int(px / instrument.tick)
