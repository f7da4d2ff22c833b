"""Parameters that several algorithms take, and the rules that go with them: declared once here.

An algorithm lists those that it obeys. Sets that only make sense together are tuples, with the
rules of the set beside them.
"""

from decimal import Decimal
from typing import Final

from algos.models.urgency_names import Urgency
from algos.parameters import Parameter, Unit
from algos.rules import (
    ASK_PX,
    BID_PX,
    END_TIME,
    LIMIT_PX,
    ORDER_QTY,
    RECEIVED_TIME,
    SIDE,
    Condition,
    Operator,
    Rule,
    needs,
    never_both,
    not_above,
)
from algos.styles import STYLES
from domain.instruments import Side

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
             "cross": "what is due does not wait in the clean-up, the last 2 % of the window, 10 s "
                      "at least, 120 s at most; all is due 10 s before the end, or, without a "
                      "schedule that covers the order, from the clean-up on"},
    text="what becomes of a remainder towards the end",
)  # fmt: skip
COMPLETION_COLLAR: Final = Parameter(
    name="completion_collar", kind=float, default=None, unit=Unit.BPS, low=0.0, high=1_000.0,
    mutable=True,
    text="with completion=cross: in the clean-up nothing is paid that is further from the mid, and "
         "what would be waits; with a limit price the stricter one holds",
)  # fmt: skip
COMPLETION_SET: Final = (COMPLETION, COMPLETION_COLLAR)
COLLAR_TO_CROSS: Final = Rule(
    any_of=(
        Condition(field="completion_collar", operator=Operator.NX),
        Condition(field="completion", operator=Operator.EQ, value="cross"),
    ),
    text="completion_collar needs completion=cross",
)

END_OR_DURATION: Final = never_both(
    "duration", END_TIME, text="give an end time or a duration, not both"
)
CHILD_QTY_ORDER: Final = not_above(
    "min_child_qty", "max_child_qty", text="min_child_qty is above max_child_qty"
)
CHILD_QTY_WITHIN: Final = not_above(
    "min_child_qty", ORDER_QTY, text="min_child_qty is above the order's quantity"
)

# -- the price: bounds beside the order's own limit

RELATIVE_LIMIT: Final = Parameter(
    name="relative_limit", kind=float, default=None, unit=Unit.BPS, low=-1_000.0, high=1_000.0,
    mutable=True,
    text="a limit so far beyond its reference, against us; below zero: better than it. With a "
    "limit price the stricter one holds",
)  # fmt: skip
RELATIVE_LIMIT_REFERENCE: Final = Parameter(
    name="relative_limit_reference", kind=str, default=None, mutable=True,
    choices={"arrival": "the mid when the order was accepted",
             "mid": "the mid now",
             "last": "the last print"},
    text="what relative_limit is counted from",
)  # fmt: skip
WOULD_PRICE: Final = Parameter(
    name="would_price", kind=Decimal, default=None, unit=Unit.PRICE, low=0.0, above_low=True,
    mutable=True, text="at this price or better would_quantity is wanted at once",
)  # fmt: skip
WOULD_QUANTITY: Final = Parameter(
    name="would_quantity", kind=float, default=None, unit=Unit.FRACTION, low=0.0, high=1.0,
    above_low=True, mutable=True,
    text="of the order, what may be done at would_price; default all",
)  # fmt: skip

RELATIVE_LIMIT_SET: Final = (RELATIVE_LIMIT, RELATIVE_LIMIT_REFERENCE)
RELATIVE_LIMIT_RULES: Final = (
    needs("relative_limit", "relative_limit_reference",
          text="relative_limit needs relative_limit_reference"),
    needs("relative_limit_reference", "relative_limit",
          text="relative_limit_reference needs relative_limit"),
)  # fmt: skip
WOULD_SET: Final = (WOULD_PRICE, WOULD_QUANTITY)


def _would_better(side: Side, bound: str, operator: Operator, text: str) -> Rule:
    """An order of `side` has its would_price on the better side of `bound`."""
    return Rule(
        any_of=(
            Condition(field="would_price", operator=Operator.NX),
            Condition(field=bound, operator=Operator.NX),
            Condition(field=SIDE, operator=Operator.NE, value=side.value),
            Condition(field="would_price", operator=operator, other=bound),
        ),
        text=text,
    )


WOULD_RULES: Final = (
    needs("would_quantity", "would_price", text="would_quantity needs would_price"),
    _would_better(Side.BUY, LIMIT_PX, Operator.LT,
                  "the would_price of a buy is not below its limit price"),
    _would_better(Side.SELL, LIMIT_PX, Operator.GT,
                  "the would_price of a sale is not above its limit price"),
    _would_better(Side.BUY, ASK_PX, Operator.LT,
                  "the would_price of a buy is not below the offer: all would be wanted at once"),
    _would_better(Side.SELL, BID_PX, Operator.GT,
                  "the would_price of a sale is not above the bid: all would be wanted at once"),
)  # fmt: skip

# -- how it trades

URGENCY: Final = Parameter(
    name="urgency", kind=str, default=Urgency.M.value, mutable=True,
    choices={Urgency.VL.value: "very low: risk hardly counts",
             Urgency.L.value: "low",
             Urgency.M.value: "medium",
             Urgency.H.value: "high",
             Urgency.VH.value: "very high: risk counts above cost"},
    text="how much risk counts against cost",
)  # fmt: skip
DISPLAY_QTY: Final = Parameter(
    name="display_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
    text="shares that a resting child shows",
)  # fmt: skip
DISPLAY_MIN_QTY: Final = Parameter(
    name="display_min_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
    text="what is shown is drawn anew at each refresh, this at the least",
)  # fmt: skip
DISPLAY_MAX_QTY: Final = Parameter(
    name="display_max_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
    text="what is shown is drawn anew at each refresh, this at the most",
)  # fmt: skip
MIN_FILL_QTY: Final = Parameter(
    name="min_fill_qty", kind=int, default=None, unit=Unit.SHARES, low=1, mutable=True,
    text="no fill smaller than this, but for what ends the order; default any",
)  # fmt: skip
PASSIVE_ONLY: Final = Parameter(
    name="passive_only", kind=bool, default=False, mutable=True,
    text="never takes liquidity, whatever the style; the order may then not complete",
)  # fmt: skip

DISPLAY_SET: Final = (DISPLAY_QTY, DISPLAY_MIN_QTY, DISPLAY_MAX_QTY)
DISPLAY_RULES: Final = (
    never_both("display_qty", "display_min_qty",
               text="give display_qty, or display_min_qty and display_max_qty"),
    needs("display_min_qty", "display_max_qty", text="display_min_qty needs display_max_qty"),
    needs("display_max_qty", "display_min_qty", text="display_max_qty needs display_min_qty"),
    not_above("display_min_qty", "display_max_qty",
              text="display_min_qty is above display_max_qty"),
    not_above("display_qty", ORDER_QTY, text="display_qty is above the order's quantity"),
    not_above("display_max_qty", ORDER_QTY, text="display_max_qty is above the order's quantity"),
)  # fmt: skip
MIN_FILL_WITHIN: Final = not_above(
    "min_fill_qty", ORDER_QTY, text="min_fill_qty is above the order's quantity"
)
PASSIVE_OR_COMPLETE: Final = Rule(
    any_of=(
        Condition(field="passive_only", operator=Operator.NX),
        Condition(field="passive_only", operator=Operator.EQ, value=False),
        Condition(field="completion", operator=Operator.NX),
        Condition(field="completion", operator=Operator.NE, value="cross"),
    ),
    text="passive_only never crosses, and completion=cross must",
)

# -- what TCA measures against; nothing trades by it

BENCHMARK: Final = Parameter(
    name="benchmark", kind=str, default="arrival",
    choices={"arrival": "the mid when the order was accepted",
             "decision": "decision_price",
             "vwap": "the market's VWAP over the window",
             "twap": "the mid's mean over the window"},
    text="what TCA measures this order against first; nothing trades by it",
)  # fmt: skip
DECISION_PRICE: Final = Parameter(
    name="decision_price", kind=Decimal, default=None, unit=Unit.PRICE, low=0.0, above_low=True,
    text="the price when it was decided to trade, for TCA alone",
)  # fmt: skip
DECISION_TIME: Final = Parameter(
    name="decision_time", kind=int, default=None, unit=Unit.TIME, low=0.0,
    text="when it was decided to trade, for TCA alone",
)  # fmt: skip

BENCHMARK_SET: Final = (BENCHMARK, DECISION_PRICE, DECISION_TIME)
BENCHMARK_RULES: Final = (
    Rule(
        any_of=(
            Condition(field="benchmark", operator=Operator.NX),
            Condition(field="benchmark", operator=Operator.NE, value="decision"),
            Condition(field="decision_price", operator=Operator.EX),
        ),
        text="benchmark=decision needs decision_price",
    ),
    needs("decision_time", "decision_price", text="decision_time needs decision_price"),
    not_above("decision_time", RECEIVED_TIME, text="decision_time is after the order came"),
)
