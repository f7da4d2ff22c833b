"""TWAP: trade a parent evenly over its window, in slices of jittered size and time.

It plans; what is due is sent, capped and completed by what all algorithms share (decision.py).
"""

from typing import Final

from algos.algorithm import Algorithm, Plan, PlanRequest
from algos.parameters import Parameter, Unit
from algos.rules import WINDOW_S, Condition, Operator, Rule
from algos.schedule import even_schedule, slice_count
from algos.shared_parameters import (
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    COLLAR_TO_CROSS,
    COMPLETION_SET,
    DURATION,
    END_OR_DURATION,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    MIN_CHILD_QTY,
    PASSIVE_ONLY,
    PASSIVE_OR_COMPLETE,
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    STYLE,
    WOULD_RULES,
    WOULD_SET,
)

_INTERVAL_S: Final = 30.0

PARAMETERS: Final = (
    DURATION,
    Parameter(name="interval", kind=float, default=_INTERVAL_S, unit=Unit.SECONDS, low=1.0,
              high=86_400.0, mutable=True, text="time between slices at the least"),
    Parameter(name="size_jitter", kind=float, default=0.2, unit=Unit.FRACTION, low=0.0, high=0.9,
              mutable=True, text="slice sizes vary by this fraction; their sum does not"),
    Parameter(name="time_jitter", kind=float, default=1.0, unit=Unit.FRACTION, low=0.0, high=1.0,
              mutable=True, text="each slice falls anywhere in this fraction of its interval"),
    STYLE,
    PASSIVE_ONLY,
    MIN_CHILD_QTY,
    MAX_CHILD_QTY,
    MAX_PARTICIPATION,
    *COMPLETION_SET,
    *RELATIVE_LIMIT_SET,
    *WOULD_SET,
)  # fmt: skip

RULES: Final = (
    COLLAR_TO_CROSS,
    END_OR_DURATION,
    CHILD_QTY_ORDER,
    CHILD_QTY_WITHIN,
    PASSIVE_OR_COMPLETE,
    Rule(
        any_of=(
            Condition(field="interval", operator=Operator.EQ, value=_INTERVAL_S),
            Condition(field="interval", operator=Operator.LE, other=WINDOW_S),
        ),
        text="interval is longer than the window: all would be due at once",
    ),
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)


def plan(request: PlanRequest) -> Plan:
    """An even schedule of what is neither done nor open."""
    interval = request.params["interval"]
    size_jitter = request.params["size_jitter"]
    time_jitter = request.params["time_jitter"]
    assert isinstance(interval, float)
    assert isinstance(size_jitter, float)
    assert isinstance(time_jitter, float)
    min_child, clock, lot = request.params["min_child_qty"], request.clock, request.lot
    schedule = even_schedule(
        qty=request.qty,
        base_qty=request.base_qty,
        lot=lot,
        start_ns=clock.start_ns,
        end_ns=clock.end_ns,
        slices=slice_count(
            request.qty,
            clock.end_ns - clock.start_ns,
            int(interval * 1e9),
            max(lot, min_child) if isinstance(min_child, int) else lot,
        ),
        size_jitter=size_jitter,
        time_jitter=time_jitter,
        seed=request.seed,
    )
    return Plan(schedule=schedule)


TWAP: Final = Algorithm(
    name="twap",
    title="TWAP",
    text="Trades evenly over the window, in slices of jittered size and time.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
)
