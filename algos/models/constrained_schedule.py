"""The trajectory of least cost and risk where closed forms end: caps, bounds, drift, any bins.

    minimise  sum_j eta tau_j (n_j / tau_j)^(k+1) + lambda sigma^2 int x^2 dt + int alpha x dt
    over      x_0 = X >= x_1 >= ... >= x_N = end,  0 <= n_j <= cap_j,  low_j <= x_j <= high_j

quant.md 2.2 asks for it. Nothing is ever bought back. The solver (barrier.py) is linear in N.
"""

from enum import StrEnum
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from algos.models.barrier import BarrierProblem, solve
from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats
from algos.models.reachable_holdings import Reach, reach
from algos.models.trajectory import BINS_MAX, checked_qty

_PINNED: Final = 1e-9  # of X: bounds so near to each other leave nothing to choose
_LOOSE: Final = 2.0  # of X: a bound that never binds
EXPONENT_MAX: Final = 3.0  # far above any impact that was measured (0.3 to 1.5)


class Trading(StrEnum):
    """When in its bin a bin's shares trade: whose risk is counted for how long."""

    AT_START = "at_start"  # Almgren and Chriss 2000: V = sigma^2 sum tau_j x_j^2, j = 1..N
    EVENLY = "evenly"  # exact for an even rate within each bin; the limit is Almgren 2003's


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What is minimised, in money.

    `temporary`: eta of a cost of eta v^k a share at v shares a day, k = `exponent`; in Almgren and
    Chriss's discrete form it is their eta~. `risk_price`: lambda sigma^2, $ a share^2 and day.
    `drift`: (N,) $ a share and day against the order, of each bin; none is none.
    """

    temporary: float
    exponent: float = 1.0
    risk_price: float = 0.0
    drift: Floats | None = None
    trading: Trading = Trading.AT_START

    def __post_init__(self) -> None:
        positive("temporary", self.temporary)
        positive("exponent", self.exponent, most=EXPONENT_MAX)
        not_negative("risk_price", self.risk_price)


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """`caps`: (N,) shares of each bin at the most, 0 for one that is shut. `least_left`,
    `most_left`: (N + 1,) shares left at each edge. None: no such bound. The last edge is what must
    be left at the end: 0, unless `end_left` says otherwise.
    """

    caps: Floats | None = None
    least_left: Floats | None = None
    most_left: Floats | None = None
    end_left: float = 0.0


FREE: Final = Bounds()


def constrained_holdings(
    objective: Objective, qty: float, times: Floats, bounds: Bounds = FREE
) -> Floats:
    """Shares left, (N + 1,), at `times`, (N + 1,) days, rising from 0.

    Raises ModelError: INFEASIBLE where no trades keep the bounds, with the shares that are too
    many or too few; NOT_SOLVED where doubles do not suffice for the numbers given.
    """
    lengths = _lengths(times)
    shares = checked_qty(qty)
    limits = reach(shares, len(lengths), caps=bounds.caps, least_left=bounds.least_left,
                   most_left=bounds.most_left, end_left=bounds.end_left)  # fmt: skip
    if shares <= bounds.end_left:
        return np.full(len(times), shares)
    scaled = _scaled(objective, shares, lengths)
    edge = np.concatenate([[0], np.cumsum(limits.caps > 0.0)])
    left = solve(_reduced(scaled, limits, bounds, shares))
    holdings: Floats = shares * np.concatenate([[1.0], left, [bounds.end_left / shares]])[edge]
    return np.clip(holdings, limits.least_left, limits.most_left)


class _Scaled(msgspec.Struct, frozen=True, kw_only=True):
    """The objective of X = 1 over all N + 1 edges, divided by a scale that makes it about 1."""

    weight: Floats
    power: float
    diagonal: Floats
    beside: Floats
    linear: Floats


def _scaled(objective: Objective, qty: float, lengths: Floats) -> _Scaled:
    power = objective.exponent + 1.0
    weight = objective.temporary * (qty / lengths) ** objective.exponent * qty
    risk = 2.0 * objective.risk_price * qty * qty * lengths
    drift = _drift(objective, len(lengths)) * lengths * qty
    edges = len(lengths) + 1
    diagonal, linear, beside = np.zeros(edges), np.zeros(edges), np.zeros(edges - 1)
    if objective.trading is Trading.AT_START:
        diagonal[1:] = risk
        linear[1:] = drift
    else:
        diagonal[1:] = risk / 3.0
        diagonal[:-1] += risk / 3.0
        beside[:] = risk / 6.0
        linear[1:] = drift / 2.0
        linear[:-1] += drift / 2.0
    even = float(weight @ (lengths / lengths.sum()) ** power)
    scale = max(even, float(risk.sum()) / 6.0, float(np.abs(drift).sum()) / 2.0)
    return _Scaled(weight=weight / scale, power=power, diagonal=diagonal / scale,
                   beside=beside / scale, linear=linear / scale)  # fmt: skip


def _reduced(scaled: _Scaled, limits: Reach, bounds: Bounds, qty: float) -> BarrierProblem:
    """Edges on both sides of a bin that is shut are one; only inner edges are unknown."""
    is_open = limits.caps > 0.0
    group = np.concatenate([[0], np.cumsum(is_open)])
    count = int(group[-1]) + 1
    diagonal = _summed(group, scaled.diagonal, count)
    diagonal += _summed(group[1:][~is_open], 2.0 * scaled.beside[~is_open], count)
    linear = _summed(group, scaled.linear, count)
    beside = scaled.beside[is_open]
    linear[1] += beside[0]  # the first edge holds 1
    linear[-2] += beside[-1] * bounds.end_left / qty
    low, high = np.zeros(count), np.ones(count)
    np.maximum.at(low, group, limits.least_left / qty)
    np.minimum.at(high, group, limits.most_left / qty)
    pinned = high - low <= _PINNED
    free_low = np.full(count, -1.0) if bounds.least_left is None else low
    free_high = np.full(count, _LOOSE) if bounds.most_left is None else high
    caps = limits.caps[is_open] / qty
    inner = slice(1, -1)
    return BarrierProblem(
        weight=scaled.weight[is_open], power=scaled.power, diagonal=diagonal[inner],
        beside=beside[inner], linear=linear[inner], caps=np.where(caps < 1.0, caps, _LOOSE),
        low=np.where(pinned, low - 1.0, free_low)[inner],
        high=np.where(pinned, high + 1.0, free_high)[inner],
        pinned=pinned[inner], start=((low + high) / 2.0)[inner],
        last=bounds.end_left / qty,
    )  # fmt: skip


def _summed(group: NDArray[np.int64], values: Floats, count: int) -> Floats:
    """(count,) of the values of each group."""
    total = np.zeros(count)
    np.add.at(total, group, values)
    return total


def _drift(objective: Objective, bins: int) -> Floats:
    if objective.drift is None:
        return np.zeros(bins)
    if len(objective.drift) != bins:
        text = f"{len(objective.drift)} values, not {bins}"
        raise ModelError(ModelFault.WRONG_LENGTH, "drift", text)
    if not bool(np.all(np.isfinite(objective.drift))):
        raise ModelError(ModelFault.NOT_FINITE, "drift", "not a number in some bin")
    return objective.drift


def _lengths(times: Floats) -> Floats:
    positive("bins", len(times) - 1, most=BINS_MAX)
    lengths: Floats = np.diff(times)
    if not (bool(np.all(lengths > 0.0)) and bool(np.isfinite(times[-1]))):
        raise ModelError(ModelFault.NOT_POSITIVE, "times", "some bin has no length")
    return lengths
