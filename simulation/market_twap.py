"""The reference: equal slices at equal times, each a market order. Measured against, never offered.

It is what the strongest open engine ships as its only algorithm: no jitter, no limit of its own, no
look at what is shown. It stands on our ledger, so what a slice does not get goes out again; the
peer's own loses it. Only a simulation knows it: a worker refuses its name.
"""

from typing import Final

from algos.actions import Send, Step
from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.due import Due
from algos.parameters import Parameter, Unit
from algos.parent import Parent
from algos.schedule import even_schedule, slice_count
from algos.surroundings import Surroundings
from algos.tactics.crossing import BLOCKED_RETRY_NS
from domain.fix_codes import TimeInForce
from domain.refusals import WaitReason
from router.best_price import best_route

INTERVAL: Final = Parameter(
    name="interval", kind=float, default=30.0, unit=Unit.SECONDS, low=1.0, high=86_400.0,
    text="time between slices",
)  # fmt: skip


def equal_slices(request: PlanRequest) -> Plan:
    """One slice at the begin of each interval, the first at once."""
    interval, clock = request.params["interval"], request.clock
    assert isinstance(interval, float)
    length_ns = clock.end_ns - clock.start_ns
    schedule = even_schedule(
        qty=request.qty, base_qty=request.base_qty, lot=request.lot, start_ns=clock.start_ns,
        end_ns=clock.end_ns, size_jitter=0.0, time_jitter=0.0, seed=request.seed,
        slices=slice_count(request.qty, length_ns, int(interval * 1e9), request.lot),
    )  # fmt: skip
    return Plan(schedule=schedule)


def take_at_market(parent: Parent, around: Surroundings, due: Due) -> Step:
    """All that is due in one order, where the best price is shown, whatever is shown behind it."""
    if parent.open_children or not due.qty:
        wake_ns = around.now_ns + BLOCKED_RETRY_NS if due.due_qty else None
        return Step(reason=due.reason, wake_ns=wake_ns)
    found = best_route(
        around.market, parent.instrument.venues, parent.side, limit_px_ticks=due.limit_px_ticks,
        lot=1, min_qty=1, live=around.live, avoid_until_ns={}, now_ns=around.now_ns,
    )  # fmt: skip
    wake_ns = around.now_ns + BLOCKED_RETRY_NS
    if isinstance(found, WaitReason):
        return Step(reason=found, wake_ns=wake_ns)
    send = Send(venue=found.venue, qty=due.qty, px_ticks=due.limit_px_ticks,
                time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)  # fmt: skip
    return Step(actions=(send,), reason=WaitReason.WORKING, wake_ns=wake_ns)


MARKET_TWAP: Final = Algorithm(
    name="market_twap",
    title="Market-order TWAP",
    text="Equal slices at equal times, each a market order: a reference, not an offer.",
    parameters=(INTERVAL,),
    rules=(),
    plan=equal_slices,
    tactic=take_at_market,
)
