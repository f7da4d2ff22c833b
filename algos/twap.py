"""TWAP: trade a parent evenly over its window, in slices of jittered size and time.

It plans; what is due is sent, capped and completed by what all algorithms share (partition.py).
"""

from typing import Final

from algos.parameters import Parameter, Unit, Values
from algos.rules import (
    END_TIME,
    ORDER_QTY,
    WINDOW_S,
    Condition,
    Operator,
    Rule,
    never_both,
    not_above,
)
from algos.schedule import Schedule, even_schedule, slice_count

NAME: Final = "twap"
TITLE: Final = "TWAP"
TEXT: Final = (
    "Trades evenly over the window, in slices of jittered size and time, each crossing the spread "
    "within the limit."
)
_INTERVAL_S: Final = 30.0

PARAMETERS: Final = (
    Parameter(name="duration", kind=float, default=None, unit=Unit.SECONDS, low=1.0,
              high=86_400.0,
              text="length of the window, breaks included, instead of an end time"),
    Parameter(name="interval", kind=float, default=_INTERVAL_S, unit=Unit.SECONDS, low=1.0,
              high=86_400.0, mutable=True, text="time between slices at the least"),
    Parameter(name="size_jitter", kind=float, default=0.2, unit=Unit.FRACTION, low=0.0, high=0.9,
              mutable=True, text="slice sizes vary by this fraction; their sum does not"),
    Parameter(name="time_jitter", kind=float, default=1.0, unit=Unit.FRACTION, low=0.0, high=1.0,
              mutable=True, text="each slice falls anywhere in this fraction of its interval"),
    Parameter(name="min_child_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
              text="no child smaller than this, but for the last; default one lot"),
    Parameter(name="max_child_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
              text="no child larger than this: what is due goes in several; default no bound"),
    Parameter(name="max_participation", kind=float, default=None, unit=Unit.FRACTION, low=0.0,
              high=1.0, above_low=True, mutable=True,
              text="own share of all volume since the start, at the most; default no cap"),
    Parameter(name="completion", kind=str, default="leave", mutable=True,
              choices={"leave": "what is unfilled at the end expires",
                       "cross": "all is due from the clean-up window on, 2 % of the window, 10 s "
                                "at least, 120 s at most"},
              text="what becomes of a remainder towards the end"),
)  # fmt: skip

RULES: Final = (
    never_both("duration", END_TIME, text="give an end time or a duration, not both"),
    not_above("min_child_qty", "max_child_qty", text="min_child_qty is above max_child_qty"),
    not_above("min_child_qty", ORDER_QTY, text="min_child_qty is above the order's quantity"),
    Rule(
        any_of=(
            Condition(field="interval", operator=Operator.EQ, value=_INTERVAL_S),
            Condition(field="interval", operator=Operator.LE, other=WINDOW_S),
        ),
        text="interval is longer than the window: all would be due at once",
    ),
)


def plan(
    params: Values, *, qty: int, base_qty: int, lot: int, start_ns: int, end_ns: int, seed: int
) -> Schedule:
    """The schedule of `qty` shares over the window, on top of `base_qty` that are done or open."""
    interval = params["interval"]
    size_jitter = params["size_jitter"]
    time_jitter = params["time_jitter"]
    assert isinstance(interval, float)
    assert isinstance(size_jitter, float)
    assert isinstance(time_jitter, float)
    min_child = params["min_child_qty"]
    return even_schedule(
        qty=qty,
        base_qty=base_qty,
        lot=lot,
        start_ns=start_ns,
        end_ns=end_ns,
        slices=slice_count(
            qty,
            end_ns - start_ns,
            int(interval * 1e9),
            max(lot, min_child) if isinstance(min_child, int) else lot,
        ),
        size_jitter=size_jitter,
        time_jitter=time_jitter,
        seed=seed,
    )
