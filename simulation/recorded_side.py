"""One side of a recorded market, and what of it we took a short while ago.

The record does not know of us, so it goes on to display what we took. Rules, by price:

- What we took stays taken for `depletion_ns` from the last time that we took there; that the record
  states the size again, the same or a smaller one, brings nothing back. A smaller size is what is
  displayed at most, so what was taken of it is at most that.
- What the record adds at the price while that lasts is new, and can be taken.
- When the record's best goes to a worse price, nothing of the better one is left in it; what it
  displays there later is new. When its best goes to a better price, the other waits behind it.

Prices in ticks, quantities in shares.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Taken:
    """Shares that we took at a price, and until when they are missing."""

    qty: int
    until_ns: int


@dataclass(slots=True, kw_only=True)
class RecordedSide:
    """`sign`: +1 bids, -1 asks; of two prices that with the higher `sign * px` is the better.

    `qty` 0: the record shows nothing on this side. `deeper`: levels behind the touch, best first,
    as far as the record has depth. `taken`: by price.
    """

    sign: int
    px_ticks: int = 0
    qty: int = 0
    deeper: tuple[tuple[int, int], ...] = ()
    taken: dict[int, Taken] = field(default_factory=dict)

    def record(self, px_ticks: int, qty: int) -> None:
        """The record's touch. Of levels behind it, what is not better stays as last told."""
        self.px_ticks, self.qty = px_ticks, qty
        if self.deeper:
            self.deeper = tuple(
                each for each in self.deeper if qty and self.is_worse(each[0], px_ticks)
            )
        if self.taken:
            self._forget()

    def record_levels(self, levels: tuple[tuple[int, int], ...]) -> None:
        """All levels that the record tells of, best first."""
        self.px_ticks, self.qty = levels[0] if levels else (0, 0)
        self.deeper = levels[1:]
        if self.taken:
            self._forget()

    def is_worse(self, px_ticks: int, than_px_ticks: int) -> bool:
        return (px_ticks - than_px_ticks) * self.sign < 0

    def displayed_qty(self, px_ticks: int) -> int | None:
        """What the record displays at a price; None where it does not reach so deep."""
        if not self.qty:
            return 0
        if px_ticks == self.px_ticks:
            return self.qty
        if not self.is_worse(px_ticks, self.px_ticks):
            return 0
        for px, qty in self.deeper:
            if px == px_ticks:
                return qty
        deepest = self.deeper[-1][0] if self.deeper else self.px_ticks
        return None if self.is_worse(px_ticks, deepest) else 0

    def left_qty(self, px_ticks: int) -> int | None:
        """What is displayed and not taken at a price; None where the record is silent."""
        displayed = self.displayed_qty(px_ticks)
        taken = self.taken.get(px_ticks)
        return displayed if displayed is None or taken is None else displayed - taken.qty

    @property
    def touch_qty(self) -> int:
        """What is left at the record's best price."""
        if not self.taken:
            return self.qty
        taken = self.taken.get(self.px_ticks)
        return self.qty if taken is None else self.qty - taken.qty

    def levels(self) -> list[tuple[int, int]]:
        """(px_ticks, qty) of what can be taken, best first."""
        if not self.deeper:
            qty = self.touch_qty
            return [(self.px_ticks, qty)] if qty else []
        every = ((self.px_ticks, self.qty), *self.deeper)
        return [(px, left) for px, _ in every if (left := self.left_qty(px) or 0)]

    def best(self) -> tuple[int, int]:
        """What the public sees as the touch; the record's price with 0 where all is taken."""
        qty = self.touch_qty
        if qty or not self.deeper:
            return self.px_ticks, qty
        return next(iter(self.levels()), (self.px_ticks, 0))

    def take(self, px_ticks: int, qty: int, until_ns: int) -> None:
        """We took so much there. Asserts that it was to be had."""
        left = self.left_qty(px_ticks)
        assert left is not None
        assert 0 < qty <= left
        taken = self.taken.setdefault(px_ticks, Taken(0, until_ns))
        taken.qty += qty
        taken.until_ns = max(taken.until_ns, until_ns)

    def refill(self, now_ns: int) -> bool:
        """Give back what was taken long enough ago. Returns whether there was any."""
        over = [px for px, taken in self.taken.items() if taken.until_ns <= now_ns]
        for px in over:
            del self.taken[px]
        return bool(over)

    def _forget(self) -> None:
        """What the record no longer displays can not be missing from it."""
        for px, taken in list(self.taken.items()):
            displayed = self.displayed_qty(px)
            if displayed is not None:
                taken.qty = min(taken.qty, displayed)
                if not taken.qty:
                    del self.taken[px]
