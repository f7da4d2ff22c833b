"""The chance that a resting order is filled in time: what a worker can say while it decides.

At the touch it is a logit (quant.md 5.2 iii): the logarithm of how many times over the flow against
us would serve the queue up to our last share in the time left; which side of the book is longer;
and the spread. Queues in shares and rates in shares a second, so that one model serves symbols of
any size. A step or more behind the touch an order waits for the price to come, at a rate that falls
off exponentially with the distance (5.2 iv). One logarithm and one exponential a question.

`fit` estimates the logit from what became of orders; FLOW_FIT is what it found (docs/models.md).
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats

SERVED_BOUNDS: Final = (1e-4, 1e4)  # beyond, a fill is as good as excluded, or certain
_STEPS_MAX: Final = 50  # of Newton's method; it takes about six
_ENOUGH: Final = 1e-10  # a step that changes no coefficient by more ends it
# A ridge on all but the constant, in observations: keeps a perfectly separated sample finite.
_RIDGE: Final = 1e-6


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A resting order at the touch. `ahead_qty`: others' shares before it; `qty`: its own.

    `flow_qty_per_s`: shares a second that trade against its side. `left_s`: how long it may wait.
    `imbalance`: (own side - other side) / (sum) of the shares at the touch, in [-1, 1]: above 0 the
    price is likelier to go away from us. `spread_steps`: in price steps, 0 if locked.
    """

    ahead_qty: float
    qty: float
    flow_qty_per_s: float
    left_s: float
    imbalance: float = 0.0
    spread_steps: float = 1.0


class FillLogit(msgspec.Struct, frozen=True, kw_only=True):
    """logit p = constant + served ln(flow left / queue) + imbalance i + spread ln(steps)."""

    constant: float
    served: float
    imbalance: float
    spread: float


# What `fit` found of 19,184 orders at the touch of the simulated presets liquid, mid, illiquid, at
# one of two venues, for 2 to 160 s (docs/models.md): standard errors 0.035, 0.017, -, 0.027. The
# imbalance had 0.09 +- 0.05 there, for that flow does not look at queues: left out.
FLOW_FIT: Final = FillLogit(constant=0.33, served=1.01, imbalance=0.0, spread=-0.30)


class FillFit(msgspec.Struct, frozen=True, kw_only=True):
    """What `fit` found. `errors`: standard errors of the coefficients, in their order."""

    logit: FillLogit
    errors: tuple[float, float, float, float]
    orders: int
    filled: int


def fill_chance(logit: FillLogit, waiting: Waiting) -> float:
    """The chance that all of it fills in the time left; 0 where nothing flows or none is left."""
    served = _log_served(waiting)
    if served is None:
        return 0.0
    steps = waiting.spread_steps
    score = (
        logit.constant
        + logit.served * served
        + logit.imbalance * waiting.imbalance
        + (logit.spread * math.log(steps) if steps > 1.0 else 0.0)
    )
    return 1.0 / (1.0 + math.exp(-score)) if score > -700.0 else 0.0


def behind_chance(rate_per_s: float, decay: float, steps: float, left_s: float) -> float:
    """The chance that a price `steps` behind the touch trades in the time left: an intensity of
    A e^(-k delta), as Avellaneda and Stoikov 2008 have it. `decay`: k, a step.
    """
    for name, value in (("rate_per_s", rate_per_s), ("decay", decay), ("steps", steps),
                        ("left_s", left_s)):  # fmt: skip
        not_negative(name, value)
    return -math.expm1(-rate_per_s * math.exp(-decay * steps) * left_s)


def fit(orders: Sequence[Waiting], filled: Sequence[bool]) -> FillFit:
    """The likeliest logit, by Newton's method. Raises ModelError if one of the outcomes lacks."""
    positive("orders", len(orders))
    positive("filled", sum(filled))
    if sum(filled) == len(filled):
        text = "every order was filled: nothing tells what would not be"
        raise ModelError(ModelFault.ABOVE_BOUND, "filled", text)
    rows = np.array([_row(each) for each in orders])
    outcomes = np.array(filled, dtype=np.float64)
    found, information = _newton(rows, outcomes)
    constant, served, imbalance, spread = (float(each) for each in found)
    errors = np.sqrt(np.diag(np.linalg.inv(information))).tolist()
    return FillFit(
        logit=FillLogit(constant=constant, served=served, imbalance=imbalance, spread=spread),
        errors=(errors[0], errors[1], errors[2], errors[3]),
        orders=len(orders), filled=int(outcomes.sum()),
    )  # fmt: skip


def _newton(rows: Floats, outcomes: Floats) -> tuple[Floats, Floats]:
    """(4,) coefficients and (4, 4) information of the logit of outcomes (n,) on rows (n, 4)."""
    ridge = _RIDGE * np.diag([0.0] + [1.0] * (rows.shape[1] - 1))
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS_MAX):
        chances = 1.0 / (1.0 + np.exp(-np.clip(rows @ found, -30.0, 30.0)))
        information = (rows * (chances * (1.0 - chances))[:, None]).T @ rows + ridge
        # The least that keeps a column solvable which never varies: its coefficient stays 0.
        step = np.linalg.lstsq(information, rows.T @ (outcomes - chances) - ridge @ found)[0]
        found = found + step
        if np.abs(step).max() < _ENOUGH:
            return found, information
    text = f"no end after {_STEPS_MAX} steps: an input decides the outcome by itself"
    raise ModelError(ModelFault.ABOVE_BOUND, "orders", text)


def _row(waiting: Waiting) -> tuple[float, float, float, float]:
    served = _log_served(waiting)
    if served is None:
        text = "an order that nothing flows against says nothing"
        raise ModelError(ModelFault.NOT_POSITIVE, "flow_qty_per_s", text)
    return 1.0, served, waiting.imbalance, math.log(max(waiting.spread_steps, 1.0))


def _log_served(waiting: Waiting) -> float | None:
    """ln of how often the flow serves the queue in the time left; None if never."""
    queue_qty = waiting.ahead_qty + waiting.qty
    flow_qty = waiting.flow_qty_per_s * waiting.left_s
    if flow_qty <= 0.0 or queue_qty <= 0.0:
        return None
    low, high = SERVED_BOUNDS
    return math.log(min(max(flow_qty / queue_qty, low), high))
