"""Implementation shortfall: trade an order as fast as its risk is worth the cost of speed.

The trajectory is Almgren and Chriss's in volume time; an alpha and a participation cap bend it. It
is planned anew where the market has become another one, and followed until then. The plan is
published with what it was made from and what it is expected to cost (quant.md 1.5, 2.1, 2.5, 2.6).
"""

from typing import Final

import msgspec

from algos.algorithm import Algorithm
from algos.models.urgency_names import Urgency
from algos.parameters import Parameter, Unit
from algos.rules import needs, never_both
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
    RELATIVE_LIMIT_RULES,
    RELATIVE_LIMIT_SET,
    STYLE,
    URGENCY,
    WOULD_RULES,
    WOULD_SET,
)
from algos.shortfall_plan import lacks, plan
from algos.shortfall_replan import replan

# Small slices find a book that has filled up again: at 15 and 30 % of the volume of a simulated mid
# cap, 10 s cost 0.8 and 2.8 bps less than 30 s, and 90 s cost 2.6 and 4.2 more.
_INTERVAL_S: Final = 10.0

PARAMETERS: Final = (
    DURATION,
    msgspec.structs.replace(
        URGENCY, default=None,
        text="how much risk counts against cost: kappa times the window, 0.5, 1, 2, 4 or 8; "
        f"default {Urgency.M.value}, where nothing else says it",
    ),
    Parameter(name="half_life", kind=float, default=None, unit=Unit.SECONDS, low=1.0,
              high=86_400.0, mutable=True,
              text="instead of an urgency: what is left falls by a factor of e in this time of "
              "trading"),
    Parameter(name="risk_confidence", kind=float, default=None, unit=Unit.FRACTION, low=0.5,
              high=0.9999, above_low=True, mutable=True,
              text="instead of an urgency: the least cost that is not exceeded with this "
              "probability (L-VaR). Needs the symbol's volatility and volume"),
    Parameter(name="alpha", kind=float, default=None, unit=Unit.BPS, low=-1_000.0, high=1_000.0,
              mutable=True,
              text="how far the price is expected to go over the window for reasons of its own, "
              "against the order (a rise for a buy, a fall for a sale); below zero: in its "
              "favour. Needs the symbol's volatility and volume"),
    Parameter(name="alpha_half_life", kind=float, default=None, unit=Unit.SECONDS, low=1.0,
              high=86_400.0 * 30, mutable=True,
              text="time in which half of what is left of the alpha has come"),
    Parameter(name="impact_model", kind=str, default=None, mutable=True,
              choices={"crossover": "linear in small sizes, a square root in large ones",
                       "almgren": "Almgren, Thum, Hauptmann and Li 2005",
                       "linear": "Almgren and Chriss 2000"},
              text="what the expected cost is reckoned by, and with it alpha and confidence; "
              "default the house's, with what own orders taught of its coefficients"),
    Parameter(name="adapt", kind=bool, default=True, mutable=True,
              text="plan anew where volatility or volume is another than the plan supposes"),
    Parameter(name="in_the_money", kind=bool, default=False, mutable=True,
              text="after half of the window's volume trade faster if it has been cheap so far, "
              "else slower. It lowers risk, not cost; off where the order hardly moves the market"),
    Parameter(name="interval", kind=float, default=_INTERVAL_S, unit=Unit.SECONDS, low=1.0,
              high=86_400.0, mutable=True, text="time between slices at the least"),
    Parameter(name="size_jitter", kind=float, default=0.2, unit=Unit.FRACTION, low=0.0, high=0.9,
              mutable=True, text="slice sizes vary by this fraction; their sum does not"),
    Parameter(name="time_jitter", kind=float, default=1.0, unit=Unit.FRACTION, low=0.0, high=1.0,
              mutable=True, text="each slice falls anywhere in this fraction of its interval"),
    STYLE,
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
    never_both("urgency", "half_life", text="give an urgency or a half_life, not both"),
    never_both("urgency", "risk_confidence",
               text="give an urgency or a risk_confidence, not both"),
    never_both("half_life", "risk_confidence",
               text="give a half_life or a risk_confidence, not both"),
    needs("alpha", "alpha_half_life", text="alpha needs alpha_half_life"),
    needs("alpha_half_life", "alpha", text="alpha_half_life needs alpha"),
    *RELATIVE_LIMIT_RULES,
    *WOULD_RULES,
)  # fmt: skip

IS: Final = Algorithm(
    name="is",
    title="Implementation Shortfall",
    text="Trades as fast as the risk of waiting is worth the cost of speed.",
    parameters=PARAMETERS,
    rules=RULES,
    plan=plan,
    replan=replan,
    lacks=lacks,
    reads_touch=True,
)
