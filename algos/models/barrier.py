"""A separable convex cost of trades and a quadratic one of what is left, by an interior point.

    minimise  sum_j w_j n_j^p + x' Q x / 2 + l . x     over  n = trades of x,  0 <= n <= cap,
                                                            low <= x <= high

Mehrotra's primal-dual method (1992; Nocedal and Wright 2006, 14.2), with n and x as variables of
their own, each kept inside its bounds: n's equation is met in the limit. dn and the multipliers are
eliminated, and a step is one tridiagonal system in x, factored once for predictor and corrector.
Where p is not 2 Newton's steps may go in a circle; after a while it goes by careful ones, each of
which lessens the residuals (Boyd and Vandenberghe 2004, 11.7).
"""

import math
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from algos.models.model_error import ModelError, ModelFault
from algos.models.quadrature import Floats
from algos.models.tridiagonal import Tridiagonal

_BOLD_STEPS: Final = 25  # 10 are usual; after so many the curvature deceives it
_STEPS_MAX: Final = 150  # more is a problem that doubles cannot hold
_CENTRING: Final = 0.2  # of complementarity that a careful step leaves
_PROGRESS: Final = 0.01  # of what its length promises that a careful step must bring
_BACKTRACKS_MAX: Final = 40  # halvings: 1e-12 of a step is none
_DONE: Final = 1e-12  # mean complementarity and largest residual, where the cost is about 1
_GOOD: Final = 1e-8  # what is good enough where rounding stops it
_STAY_INSIDE: Final = 0.995  # of the way to the nearest bound


class BarrierProblem(msgspec.Struct, frozen=True, kw_only=True):
    """m bins, m - 1 unknown inner edges; 1 is left at the first edge and `last` at the last.

    `weight`, `caps`: (m,). `power`: p > 1. `diagonal`, (m - 1,), and `beside`, (m - 2,), of Q;
    `linear`, `low`, `high`, `start`: (m - 1,). What is `pinned` keeps its start.
    """

    weight: Floats
    power: float
    diagonal: Floats
    beside: Floats
    linear: Floats
    caps: Floats
    low: Floats
    high: Floats
    pinned: NDArray[np.bool_]
    start: Floats
    last: float

    def traded(self, left: Floats) -> Floats:
        """(m,) of what is left at inner edges."""
        sold: Floats = -np.diff(left, prepend=1.0, append=self.last)
        return sold


@dataclass(slots=True, kw_only=True)
class _Point:
    """Trades n, (m,), what is left x, (m - 1,), the price y of n's equation, (m,), and multipliers
    of the bounds in the order of `_gaps`, (4 m - 2,). A step has the same parts.
    """

    sold: Floats
    left: Floats
    price: Floats
    dual: Floats

    def plus(self, step: "_Point", length: float) -> "_Point":
        """So much of a step further."""
        return _Point(sold=self.sold + length * step.sold, left=self.left + length * step.left,
                      price=self.price + length * step.price,
                      dual=self.dual + length * step.dual)  # fmt: skip


def solve(problem: BarrierProblem) -> Floats:
    """(m - 1,) left at the inner edges. Raises ModelError NOT_SOLVED."""
    if bool(np.all(problem.pinned)):
        return problem.start
    at = _start(problem)
    best, least = at.left, np.inf
    for count in range(_STEPS_MAX):
        newton = _Newton(problem, at)
        if newton.error < least:
            best, least = at.left, newton.error
        if least < _DONE:
            break
        try:
            with np.errstate(divide="raise", invalid="raise", over="raise"):
                at = newton.moved() if count < _BOLD_STEPS else newton.moved_carefully()
        except ArithmeticError:
            break  # doubles end here; the best so far is judged below
    if not least <= _GOOD:
        text = f"doubles do not hold it: {least:.1e} from the best of its cost"
        raise ModelError(ModelFault.NOT_SOLVED, "objective", text)
    return best


def _start(problem: BarrierProblem) -> _Point:
    """Well inside all bounds; the equation between n and x is not met yet."""
    bins = len(problem.weight)
    sold = np.minimum(1.0 / bins, problem.caps / 2.0)
    gaps = _gaps(problem, sold, problem.start)
    return _Point(sold=sold, left=problem.start, price=_slope(problem, sold),
                  dual=1.0 / bins / gaps)  # fmt: skip


def _slope(problem: BarrierProblem, sold: Floats) -> Floats:
    """(m,) of the cost in each n."""
    slope: Floats = problem.power * problem.weight * sold ** (problem.power - 1.0)
    return slope


def _gaps(problem: BarrierProblem, sold: Floats, left: Floats) -> Floats:
    """(4 m - 2,): how far n is above 0 and below its cap, x above its low and below its high."""
    return np.concatenate([sold, problem.caps - sold, left - problem.low, problem.high - left])


def _net(values: Floats, bins: int) -> tuple[Floats, Floats]:
    """What lower bounds push n and x up, less what upper bounds push them down: (m,), (m - 1,)."""
    inner = 2 * bins + bins - 1
    return values[:bins] - values[bins : 2 * bins], values[2 * bins : inner] - values[inner:]


class _Newton:
    """What is wrong at a point, and the system that says where it is less so."""

    def __init__(self, problem: BarrierProblem, at: _Point) -> None:
        self._problem, self._at = problem, at
        self._bins = len(problem.weight)
        self._gaps = _gaps(problem, at.sold, at.left)
        self._products = self._gaps * at.dual
        slope = _slope(problem, at.sold)
        push_sold, push_left = _net(at.dual, self._bins)
        self._off_sold = slope - at.price - push_sold
        self._off_left = problem.diagonal * at.left + problem.linear + np.diff(at.price) - push_left
        self._off_left[1:] += problem.beside * at.left[:-1]
        self._off_left[:-1] += problem.beside * at.left[1:]
        self._off_left[problem.pinned] = 0.0
        self._off_equation = at.sold - problem.traded(at.left)
        self._curve = (problem.power - 1.0) * slope / at.sold

    @property
    def error(self) -> float:
        """Mean complementarity or the largest residual, whichever is more.

        A trade's residual counts by its size in mean trades: below k = 1 the slope of n^(k+1) at
        n = 0 turns without a bound, and is of no account there.
        """
        off_sold = self._off_sold * np.minimum(self._at.sold * self._bins, 1.0)
        off = (off_sold, self._off_left, self._off_equation)
        return max(float(self._products.mean()), *(float(np.abs(each).max()) for each in off))

    def moved(self) -> _Point:
        """The next point. Raises ArithmeticError where the system is singular to doubles."""
        self._factor()
        predictor = self._step(-self._products)
        gaps = self._gap_step(predictor)
        reach = self._length(predictor, gaps)
        mean = float(self._products.mean())
        after = (self._gaps + reach * gaps) @ (self._at.dual + reach * predictor.dual)
        target = (float(after) / len(gaps) / mean) ** 3 * mean
        step = self._step(target - self._products - gaps * predictor.dual)
        length = min(1.0, _STAY_INSIDE * self._length(step, self._gap_step(step)))
        return self._at.plus(step, length)

    def moved_carefully(self) -> _Point:
        """The next point on the way to complementarity `_CENTRING` times as much: no farther than
        lessens what is wrong. Raises ArithmeticError where no step does.
        """
        self._factor()
        target = _CENTRING * float(self._products.mean())
        step = self._step(target - self._products)
        length = min(1.0, _STAY_INSIDE * self._length(step, self._gap_step(step)))
        wrong = self.wrong(target)
        for _ in range(_BACKTRACKS_MAX):
            at = self._at.plus(step, length)
            if _Newton(self._problem, at).wrong(target) <= (1.0 - _PROGRESS * length) * wrong:
                return at
            length /= 2.0
        raise ArithmeticError("no step lessens what is wrong")

    def wrong(self, target: float) -> float:
        """The root of all squared residuals, complementarity against `target` among them."""
        parts = (self._off_sold, self._off_left, self._off_equation, self._products - target)
        return math.sqrt(sum(float(each @ each) for each in parts))

    def _factor(self) -> None:
        ratios = self._at.dual / self._gaps
        inner = 3 * self._bins - 1
        self._ratios = ratios
        self._bend = self._curve + ratios[: self._bins] + ratios[self._bins : 2 * self._bins]
        diagonal = self._problem.diagonal + ratios[2 * self._bins : inner] + ratios[inner:]
        diagonal += self._bend[:-1] + self._bend[1:]
        beside = self._problem.beside - self._bend[1:-1]
        pinned = self._problem.pinned
        diagonal[pinned] = 1.0
        beside[pinned[1:] | pinned[:-1]] = 0.0
        self._system = Tridiagonal(diagonal, beside)

    def _step(self, wanted: Floats) -> _Point:
        """The step after which gap times multiplier has changed by `wanted`, to first order."""
        sold_push, left_push = _net(wanted / self._gaps, self._bins)
        force = sold_push - self._off_sold
        right = left_push - self._off_left + np.diff(self._bend * self._off_equation + force)
        right[self._problem.pinned] = 0.0
        left = self._system.solve(right)
        sold = -np.diff(left, prepend=0.0, append=0.0) - self._off_equation
        step = _Point(sold=sold, left=left, price=self._bend * sold - force, dual=wanted)
        step.dual = wanted / self._gaps - self._ratios * self._gap_step(step)
        return step

    def _gap_step(self, step: _Point) -> Floats:
        return np.concatenate([step.sold, -step.sold, step.left, -step.left])

    def _length(self, step: _Point, gaps: Floats) -> float:
        """How much of a step, 1 at the most, keeps all gaps and multipliers above 0."""
        worst = min(float((gaps / self._gaps).min()), float((step.dual / self._at.dual).min()))
        return 1.0 if worst >= -1.0 else -1.0 / worst
