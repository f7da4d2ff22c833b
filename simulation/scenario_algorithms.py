"""The algorithms that a scenario may name, and what is wrong with an order for one of them.

The worker judges by the same declarations (algos/admission.py), and by more: what needs the market,
the session, the instrument or the house's settings it refuses in the run, as it would live.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from algos.catalogue import ALGORITHMS
from algos.parameters import Rejection, Value, read_parameters
from algos.rules import END_TIME, LIMIT_PX, ORDER_QTY, SIDE, broken_rule
from domain.instruments import Side
from domain.parents import ParamValue
from domain.refusals import RejectReason
from simulation.market_twap import MARKET_TWAP

SIMULATED: Final = ALGORITHMS | {MARKET_TWAP.name: MARKET_TWAP}  # what a scenario's orders may name
# An order of a scenario is always sent with an end. Rules ask only whether there is one.
_ITS_END: Final = 0
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


def unfit_order(
    algo: str, params: Mapping[str, ParamValue], side: str, quantity: int | None,
    limit_px: Decimal | None,
) -> Rejection | None:  # fmt: skip
    """The first thing wrong that the file alone shows. `side` other than buy and sell, `quantity`
    None: not known yet, and rules that look at them are left to the worker."""
    algorithm = SIMULATED.get(algo)
    if algorithm is None:
        text = f"{algo!r} is not one of {', '.join(SIMULATED)}"
        return Rejection(RejectReason.UNKNOWN_ALGO, "algo", text)
    values = read_parameters(algorithm.parameters, params)
    if isinstance(values, Rejection):
        return values
    known: dict[str, Value] = {**values, LIMIT_PX: limit_px, END_TIME: _ITS_END}
    if quantity is not None:
        known[ORDER_QTY] = quantity
    if side in _SIDES:
        known[SIDE] = _SIDES[side]
    rules = tuple(
        rule for rule in algorithm.rules
        if all(field in known for each in rule.any_of for field in each.fields)
    )  # fmt: skip
    return broken_rule(rules, known)
