"""How large one child may be: what venue access would refuse is not sent in the first place.

The limits are those of venue access, as set and as operators changed them (gateway/risk.py). They
are kept to with room for the price to move; venue access has the last word.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from domain.control import SetLimits
from domain.instruments import Instrument

# A child is priced this far beyond the offer at the most: the collar that venue access is set to.
ROOM: Final = (51, 50)


class ChildLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Per child: shares, and currency units; None: no bound."""

    max_qty: int | None = None
    max_notional: Decimal | None = None


@dataclass(slots=True)
class ChildLimitTable:
    """The limits of every symbol: the default ones, and what operators changed."""

    default: ChildLimits
    _by_symbol: dict[str, ChildLimits] = field(default_factory=dict)

    def of(self, symbol: str) -> ChildLimits:
        """Those of a symbol."""
        return self._by_symbol.get(symbol, self.default)

    def apply(self, order: SetLimits) -> None:
        """Change what the order names; without a symbol, for all of them."""
        if order.symbol is not None:
            self._by_symbol[order.symbol] = _changed(self.of(order.symbol), order)
            return
        self.default = _changed(self.default, order)
        for symbol, limits in self._by_symbol.items():
            self._by_symbol[symbol] = _changed(limits, order)


def _changed(limits: ChildLimits, order: SetLimits) -> ChildLimits:
    return ChildLimits(
        max_qty=limits.max_qty if order.max_child_qty is None else order.max_child_qty,
        max_notional=(
            limits.max_notional if order.max_child_notional is None else order.max_child_notional
        ),
    )


def largest_child_qty(limits: ChildLimits, instrument: Instrument, px_ticks: int) -> int | None:
    """Whole lots of the largest child at such a price or a little above, a lot at the least; None:
    there is no bound. `px_ticks` 0: no price is known, and only the quantity bounds it.
    """
    bounds = [] if limits.max_qty is None else [limits.max_qty]
    if limits.max_notional is not None and px_ticks > 0:
        above, below = ROOM
        notional_ticks = int(limits.max_notional / instrument.tick)
        bounds.append(notional_ticks * below // (px_ticks * above))
    if not bounds:
        return None
    return max(min(bounds) // instrument.lot, 1) * instrument.lot
