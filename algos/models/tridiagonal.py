"""Symmetric positive definite tridiagonal systems: factored once, solved for several right sides.

Rows depend on each other in order, so this is a loop, and a loop over a list of floats is several
times faster than one over an array.
"""

import numpy as np

from algos.models.quadrature import Floats


class Tridiagonal:
    """L D L' of a matrix by its diagonal, (n,), and what is beside it, (n - 1,).

    Raises ArithmeticError where it is not positive definite to the digits of doubles.
    """

    __slots__ = ("_lower", "_pivots")

    def __init__(self, diagonal: Floats, beside: Floats) -> None:
        pivots: list[float] = []
        lower: list[float] = []
        factor = below = 0.0
        for row, next_below in zip(diagonal.tolist(), [*beside.tolist(), 0.0], strict=True):
            pivot = row - factor * below
            if not pivot > 0.0:
                raise ArithmeticError("not positive definite")
            factor, below = next_below / pivot, next_below
            pivots.append(pivot)
            lower.append(factor)
        self._pivots, self._lower = pivots, lower

    def solve(self, right: Floats) -> Floats:
        """x, (n,), of A x = `right`, (n,)."""
        carried = factor = 0.0
        forward: list[float] = []
        for value, pivot, next_factor in zip(
            right.tolist(), self._pivots, self._lower, strict=True
        ):
            carried = value - factor * carried
            factor = next_factor
            forward.append(carried / pivot)
        found = 0.0
        solution: list[float] = []
        for value, factor in zip(reversed(forward), reversed(self._lower), strict=True):
            found = value - factor * found
            solution.append(found)
        return np.array(solution[::-1])
