"""Parameters that several algorithms take, and the rules that go with them: declared once here."""

from typing import Final

from algos.parameters import Parameter, Unit
from algos.rules import END_TIME, ORDER_QTY, never_both, not_above
from algos.styles import STYLES

DURATION: Final = Parameter(
    name="duration", kind=float, default=None, unit=Unit.SECONDS, low=1.0, high=86_400.0,
    text="length of the window, breaks included, instead of an end time",
)  # fmt: skip
STYLE: Final = Parameter(
    name="style", kind=str, default="aggressive", mutable=True,
    choices={style.name: style.text for style in STYLES.values()},
    text="how eagerly what is due is traded",
)  # fmt: skip
MIN_CHILD_QTY: Final = Parameter(
    name="min_child_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
    text="no child smaller than this, but for the last; default one lot",
)  # fmt: skip
MAX_CHILD_QTY: Final = Parameter(
    name="max_child_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
    text="no child larger than this: what is due goes in several; default no bound",
)  # fmt: skip
MAX_PARTICIPATION: Final = Parameter(
    name="max_participation", kind=float, default=None, unit=Unit.FRACTION, low=0.0, high=1.0,
    above_low=True, mutable=True,
    text="own share of all volume since the start, at the most; default no cap",
)  # fmt: skip
COMPLETION: Final = Parameter(
    name="completion", kind=str, default="leave", mutable=True,
    choices={"leave": "what is unfilled at the end expires",
             "cross": "all is due from the clean-up window on, 2 % of the window, 10 s "
                      "at least, 120 s at most"},
    text="what becomes of a remainder towards the end",
)  # fmt: skip

END_OR_DURATION: Final = never_both(
    "duration", END_TIME, text="give an end time or a duration, not both"
)
CHILD_QTY_ORDER: Final = not_above(
    "min_child_qty", "max_child_qty", text="min_child_qty is above max_child_qty"
)
CHILD_QTY_WITHIN: Final = not_above(
    "min_child_qty", ORDER_QTY, text="min_child_qty is above the order's quantity"
)
