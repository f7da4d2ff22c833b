"""Prints of the continuous book that are far beyond all others: volume that nobody should chase.

An algorithm that trades a share of others' volume would follow a print of a hundred times the usual
size with a burst of its own, long after the other side of it has gone. Such a print counts for as
much as the largest usual one (winsorised, quant.md section 4c); the rest is its excess.
"""

from dataclasses import dataclass, field
from typing import Final

from domain.instruments import MAX_QTY
from domain.marketdata import Trade

# Above so many medians. Sizes of prints have long tails: with a log-normal spread of 1.2, as on
# liquid stocks, this leaves out less than 1 % of all volume, which is what a share is then low by.
GIANT_MEDIANS: Final = 50
KEPT_MAX: Final = 1_024  # a day has a handful; those forgotten count in full


@dataclass(slots=True)
class _Giant:
    """`volume`: eligible shares printed before it. `bound_qty`: what it counts for at the most."""

    volume: int
    at_ns: int
    qty: int
    bound_qty: int
    own_qty: int = 0

    @property
    def excess_qty(self) -> int:
        """Shares of others in it that do not count."""
        return max(self.qty - self.own_qty - self.bound_qty, 0)


@dataclass(slots=True)
class GiantPrints:
    """Those of one symbol. `bound_qty`: a regular print above it is one; none before a median."""

    bound_qty: int = MAX_QTY
    _prints: list[_Giant] = field(default_factory=list)

    def on_median(self, median_qty: float | None) -> None:
        """The median print is known anew."""
        if median_qty is not None:
            self.bound_qty = int(GIANT_MEDIANS * median_qty)

    def add(self, trade: Trade, volume: int) -> None:
        """A print above the bound came, after `volume` eligible shares."""
        self._prints.append(_Giant(volume, trade.at_ns, trade.qty, self.bound_qty))
        if len(self._prints) > KEPT_MAX:
            del self._prints[0]

    def own_part(self, trade: Trade, qty: int) -> None:
        """So many shares more of a print are known to be ours."""
        for giant in self._prints:
            if (giant.at_ns, giant.qty) == (trade.at_ns, trade.qty):
                giant.own_qty += qty
                return

    def remove(self, trade: Trade) -> None:
        """A print is void."""
        for index, giant in enumerate(self._prints):
            if (giant.at_ns, giant.qty) == (trade.at_ns, trade.qty):
                del self._prints[index]
                return

    def excess_qty(self, since: int, until: int) -> int:
        """Others' shares beyond the bounds among those printed in [since, until) of the volume."""
        return sum(each.excess_qty for each in self._prints if since <= each.volume < until)
