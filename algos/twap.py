"""TWAP: trade a parent evenly over its window, in slices of jittered size and time.

It plans; what is due is sent, capped and completed by what all algorithms share (partition.py).
"""

from typing import Final

from algos.parameters import Parameter, Unit, Values
from algos.schedule import Schedule, even_schedule, slice_count

NAME: Final = "twap"

PARAMETERS: Final = (
    Parameter(name="interval", kind=float, default=30.0, unit=Unit.SECONDS, low=1.0, high=86_400.0,
              text="time between slices at the least"),
    Parameter(name="size_jitter", kind=float, default=0.2, unit=Unit.FRACTION, low=0.0, high=0.9,
              text="slice sizes vary by this fraction; their sum does not"),
    Parameter(name="time_jitter", kind=float, default=1.0, unit=Unit.FRACTION, low=0.0, high=1.0,
              text="each slice falls anywhere in this fraction of its interval"),
    Parameter(name="min_child_qty", kind=int, default=None, unit=Unit.SHARES, low=1,
              text="no child smaller than this, but for the last; default one lot"),
    Parameter(name="max_participation", kind=float, default=None, unit=Unit.FRACTION, low=0.0,
              high=1.0, above_low=True,
              text="own share of all volume since the start, at the most; default no cap"),
    Parameter(name="completion", kind=str, default="leave", choices=("leave", "cross"),
              text="leave: what is unfilled at the end expires; cross: all is due from the "
                   "clean-up window on, 2 % of the window, 10 s at least, 120 s at most"),
)  # fmt: skip


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
