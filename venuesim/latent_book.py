"""The latent order book: what own fills do to the price, and how that fades.

Donier, Bonart, Mastromatteo, Bouchaud 2015 (arXiv 1412.0141) as a partial differential equation on
a grid (quant.md 8.3): phi_t = D phi_xx, phi(x, 0) = -L x, bids where phi > 0 and offers where
phi < 0. A buy consumes offers from the price upward, then the book diffuses; the impact is where
phi crosses zero. Units: x of daily volatility, quantity of a day's volume, time of a day's volume.
It is free of price manipulation: no round trip gains. Nothing random, no clock of its own.
"""

import math
from typing import Final

import numpy as np

STEP: Final = 0.002  # of the grid; with it the closed form of quant.md 2.7 holds within 1 %
HALF_RANGE: Final = 1.2  # of the grid at first
# Beyond this move nothing is consumed any more: it is ten times what 10 % of a day's volume does
# at once, and a bound on the grid's memory.
MAX_HALF_RANGE: Final = 9.6
_EDGE: Final = 0.8  # of the range: nearer the boundary than this, the grid is doubled
_COURANT: Final = 0.4  # D dt / dx^2; an explicit scheme is stable below 1/2
_NEAR: Final = 64  # nodes that a fill is tried on before all are looked at


class LatentBook:
    """The book of one symbol. `impact` is the crossing, in units of daily volatility."""

    def __init__(self, y: float = 1.0, chi: float = 0.02, step: float = STEP) -> None:
        self.impact = 0.0
        self.step_days = _COURANT * step * step / (chi * y * y / 2)
        self._slope = 2.0 / (y * y)  # L = 2 V / (Y sigma)^2
        self._step = step
        self._half = round(HALF_RANGE / step)
        self._phi = -self._slope * step * np.arange(-self._half, self._half + 1, dtype=np.float64)

    def fill(self, qty: float) -> float:
        """Consume `qty` > 0 of the offers, or -`qty` of the bids. Returns the mean price of it."""
        if qty == 0.0:
            return self.impact
        if qty > 0.0:
            return self._consume(self._phi, qty, 1)
        return -self._consume(-self._phi[::-1], -qty, -1)

    def diffuse(self, steps: int) -> None:
        """Let `steps` times `step_days` of a day's volume pass."""
        phi = self._phi
        inner, left, right = phi[1:-1], phi[:-2], phi[2:]
        for _ in range(steps):
            change = left + right
            change -= 2.0 * inner
            change *= _COURANT
            inner += change
        if steps:
            self._cross()

    def _consume(self, seen: "np.ndarray[tuple[int], np.dtype[np.float64]]", qty: float,
                 sign: int) -> float:  # fmt: skip
        """Take `qty` from `seen`'s first offers on; `seen` is the book, mirrored for a sell."""
        first = int(np.argmax(seen < 0.0))
        reach = min(first + _NEAR, len(seen))
        held = -self._step * seen[first:reach]
        total = np.cumsum(held)
        if total[-1] <= qty:
            held = -self._step * seen[first:]
            total = np.cumsum(held)
            if total[-1] <= qty or first + np.searchsorted(total, qty) > self._last_node():
                if self._grow():
                    again = self._phi if sign > 0 else -self._phi[::-1]
                    return self._consume(again, qty, sign)
                qty = min(qty, float(total[-1]) * (1.0 - 1e-12))
        whole = int(np.searchsorted(total, qty, side="right"))
        before = float(total[whole - 1]) if whole else 0.0
        rest = qty - before
        left = held[whole] - rest  # of the node that is taken in part
        px = (np.arange(first, first + whole + 1) - self._half) * self._step
        cost = float(held[:whole] @ px[:whole]) + rest * float(px[whole])
        self._put(first, whole, -left / self._step, sign)
        # The price is the far edge of what was consumed, until the book has diffused into the gap.
        below = float(seen[first - 1]) if whole == 0 else 0.0
        edge = first + whole - 1
        self.impact = sign * self._interpolated(edge, below, -left / self._step)
        return cost / qty

    def _put(self, first: int, whole: int, partial: float, sign: int) -> None:
        phi = self._phi if sign > 0 else self._phi[::-1]  # a view: what is written stays
        phi[first : first + whole] = 0.0
        phi[first + whole] = partial if sign > 0 else -partial

    def _cross(self) -> None:
        """Find where phi goes from above zero to below."""
        edge = int(np.argmax(self._phi < 0.0)) - 1
        if self._phi[edge] == 0.0:  # a gap that nothing has diffused into, or the very beginning
            return
        self.impact = self._interpolated(edge, float(self._phi[edge]), float(self._phi[edge + 1]))

    def _interpolated(self, edge: int, above: float, below: float) -> float:
        """The crossing between node `edge`, at `above` >= 0, and the next, at `below` <= 0."""
        part = above / (above - below) if above > 0.0 else 0.0
        return (edge + part - self._half) * self._step

    def _last_node(self) -> int:
        return self._half + math.floor(self._half * _EDGE)

    def _grow(self) -> bool:
        """Double the grid, undisturbed outside; False if it may grow no more."""
        if self._half * self._step * 2 > MAX_HALF_RANGE * (1 + 1e-9):
            return False
        old, self._half = self._half, 2 * self._half
        nodes = np.arange(-self._half, self._half + 1, dtype=np.float64)
        phi = -self._slope * self._step * nodes
        phi[self._half - old : self._half + old + 1] = self._phi
        self._phi = phi
        return True
