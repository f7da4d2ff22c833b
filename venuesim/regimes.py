"""Scripted changes of what a symbol's market is like: for tests of what adapts to it.

A regime rules from the first whole minute of its day after its time until the next one begins. It
changes rates and the size of moves, never what is drawn: under the same seed the price turns the
same ways, further, and orders come in the same streams. The exogenous price stays a martingale.
"""

from collections.abc import Sequence
from typing import Final

import msgspec


class Regime(msgspec.Struct, frozen=True, kw_only=True):
    """Factors from `at_ns` on: of the volatility of the efficient price, of the rate of limit
    orders (so of displayed size, within a life of an order), and of the rate of market orders.
    """

    at_ns: int
    volatility: float = 1.0
    depth: float = 1.0
    volume: float = 1.0


ORDINARY: Final = Regime(at_ns=0)


def regime_at(regimes: Sequence[Regime], at_ns: int) -> Regime:
    """The last of `regimes`, by rising time, that has begun by `at_ns`."""
    return next((each for each in reversed(regimes) if each.at_ns <= at_ns), ORDINARY)
