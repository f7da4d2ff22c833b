"""How many shares may be left at each edge, given caps and bounds; or by how much that cannot be.

Trades are never below 0, so shares left only fall; caps say how fast they may.
"""

from typing import Final

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative
from algos.models.quadrature import Floats

# Of the order: bounds that miss each other by less are taken to meet. A hundredth of a share of a
# million, and above what sums of a thousand doubles lose.
TOLERANCE: Final = 1e-8


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """`caps`: (N,), at most the order. `least_left`, `most_left`: (N + 1,), each reached by some
    trajectory that keeps all bounds, and so is everything between them.
    """

    caps: Floats
    least_left: Floats
    most_left: Floats


def reach(
    qty: float, bins: int, caps: Floats | None, least_left: Floats | None, most_left: Floats | None,
    end_left: float,
) -> Reach:  # fmt: skip
    """Of an order of `qty` shares. Raises ModelError: INFEASIBLE by how many shares."""
    not_negative("end_left", end_left, most=qty, unit="shares, all of the order")
    capped = np.minimum(_checked("caps", caps, bins, np.inf), qty)
    least = np.maximum(_checked("least_left", least_left, bins + 1, 0.0), end_left)
    most = np.minimum(_checked("most_left", most_left, bins + 1, qty), qty)
    edges = (
        ("least_left", least[0], qty, "begins"),
        ("most_left", qty, most[0], "begins"),
        ("least_left", least[-1], end_left, "ends"),
        ("most_left", end_left, most[-1], "ends"),
    )
    for field, low, high, verb in edges:
        if low > high:
            text = f"the order {verb} with {low:g} above {high:g}: {low - high:g} shares too many"
            raise ModelError(ModelFault.INFEASIBLE, field, text)
    least[0] = most[0] = qty
    least[-1] = most[-1] = end_left
    missing = qty - end_left - float(capped.sum())
    if missing > TOLERANCE * qty:
        text = (f"all bins together hold {capped.sum():g} of {qty - end_left:g} shares: "
                f"{missing:g} too few")  # fmt: skip
        raise ModelError(ModelFault.INFEASIBLE, "caps", text)
    return _tightened(capped, least, most, qty)


def _tightened(caps: Floats, least: Floats, most: Floats, qty: float) -> Reach:
    passed = np.concatenate([[0.0], np.cumsum(caps)])  # could have traded by each edge
    to_come = passed[-1] - passed
    least = np.maximum.accumulate(least + passed) - passed  # not faster than the caps
    least = np.maximum.accumulate(least[::-1])[::-1]  # nothing is bought back
    most = np.minimum.accumulate(most)
    most = np.minimum.accumulate((most - to_come)[::-1])[::-1] + to_come
    miss = least - most
    worst = len(caps) - int(np.argmax(miss[::-1]))  # the last of equal ones: where it binds
    if miss[worst] > TOLERANCE * qty:
        text = (f"at edge {worst} of {len(caps)} at least {least[worst]:g} and at most "
                f"{most[worst]:g} shares can be left: {miss[worst]:g} too many")  # fmt: skip
        raise ModelError(ModelFault.INFEASIBLE, "bounds", text)
    middle = (least + most) / 2.0
    return Reach(caps=caps, least_left=np.minimum(least, middle),
                 most_left=np.maximum(most, middle))  # fmt: skip


def _checked(field: str, values: Floats | None, count: int, default: float) -> Floats:
    if values is None:
        return np.full(count, default)
    if len(values) != count:
        raise ModelError(ModelFault.WRONG_LENGTH, field, f"{len(values)} values, not {count}")
    low = float(np.min(values))
    if not low >= 0.0:
        not_negative(field, low)
    return np.array(values, dtype=np.float64)
