"""Integrals of smooth functions over panels, by Gauss and Legendre's rule."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Twelve points are exact for polynomials of degree 23: the integrands here are smooth, and a panel
# of them is then exact to the last digits.
_POINTS: Final = 12
_LEGENDRE: Final = np.polynomial.legendre.leggauss(_POINTS)
_NODES: Final[Floats] = (_LEGENDRE[0] + 1.0) / 2.0  # on [0, 1]
_WEIGHTS: Final[Floats] = _LEGENDRE[1] / 2.0


def integrals(function: Callable[[Floats], Floats], starts: Floats, ends: Floats) -> Floats:
    """The integral of `function` over each panel. starts, ends: (n,). Returns (n,)."""
    widths = ends - starts
    at = starts[:, None] + widths[:, None] * _NODES
    values: Floats = function(at) @ _WEIGHTS
    return widths * values


def integral(function: Callable[[Floats], Floats], edges: Floats) -> float:
    """The integral from the first edge to the last, panel by panel. edges: (n + 1,), rising."""
    return float(integrals(function, edges[:-1], edges[1:]).sum())
