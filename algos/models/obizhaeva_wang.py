"""Obizhaeva and Wang 2013: a book that is refilled. A block, an even rate, a block (quant.md 2.4).

The book holds q shares a $ of price, `lasting` lambda of a trade's move stays, the rest kappa =
1/q - lambda fades at `resilience` rho a day. In discrete times it is the closed form of Alfonsi,
Fruth and Schied. Blocks may be larger than what a book or an auction holds; who uses them must cap
them.
"""

import math

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats
from algos.models.trajectory import BINS_MAX, checked_qty


class RefilledBook(msgspec.Struct, frozen=True, kw_only=True):
    """`density`: q, shares a $. `lasting`: lambda, $ a share. `resilience`: rho, a day."""

    density: float
    lasting: float
    resilience: float

    def __post_init__(self) -> None:
        positive("density", self.density)
        not_negative("lasting", self.lasting)
        positive("resilience", self.resilience)
        if self.fading <= 0.0:
            text = f"{self.lasting:g} is not below 1 / density, {1.0 / self.density:g}"
            raise ModelError(ModelFault.PERMANENT_TOO_LARGE, "lasting", text)

    @property
    def fading(self) -> float:
        """kappa, $ a share: what of a trade's move passes."""
        return 1.0 / self.density - self.lasting


class BlocksAndRate(msgspec.Struct, frozen=True, kw_only=True):
    """`block`: shares at the first and again at the last moment. `rate`: shares a day between."""

    block: float
    rate: float


def blocks_and_rate(book: RefilledBook, qty: float, duration_days: float) -> BlocksAndRate:
    """The best in continuous time: X / (rho T + 2) at both ends, rho times that between."""
    positive("duration_days", duration_days)
    block = checked_qty(qty) / (book.resilience * duration_days + 2.0)
    return BlocksAndRate(block=block, rate=book.resilience * block)


def best_fading_cost(book: RefilledBook, qty: float, duration_days: float) -> float:
    """$, of what fades: kappa X^2 / (rho T + 2). What lasts, lambda X^2 / 2, is never saved."""
    positive("duration_days", duration_days)
    return book.fading * checked_qty(qty) ** 2 / (book.resilience * duration_days + 2.0)


def even_fading_cost(book: RefilledBook, qty: float, duration_days: float) -> float:
    """$, of what fades, at an even rate: kappa X^2 / (rho T) (1 - (1 - e^-rho T) / (rho T))."""
    positive("duration_days", duration_days)
    whole = book.resilience * duration_days
    # For small rho T the difference cancels; what is left of the series is below 1e-11.
    shape = 0.5 - whole / 6.0 if whole < 1e-5 else (1.0 + math.expm1(-whole) / whole) / whole
    return book.fading * checked_qty(qty) ** 2 * shape


def best_trades(book: RefilledBook, qty: float, duration_days: float, bins: int) -> Floats:
    """(bins + 1,) shares at the edges of even bins: blocks at both ends, (1 - a) of one between."""
    positive("duration_days", duration_days)
    positive("bins", bins, most=BINS_MAX)
    refilled = -math.expm1(-book.resilience * duration_days / bins)
    block = checked_qty(qty) / ((bins - 1) * refilled + 2.0)
    shares = np.full(bins + 1, block * refilled)
    shares[0] = shares[-1] = block
    return shares


def fading_cost(book: RefilledBook, shares: Floats, times: Floats) -> float:
    """$, of what fades, of any trades at these times: kappa / 2 n G n, G = e^(-rho |t_i - t_j|)."""
    kernel = np.exp(-book.resilience * np.abs(times[:, None] - times[None, :]))
    return book.fading / 2.0 * float(shares @ kernel @ shares)
