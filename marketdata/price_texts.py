"""Prices as a file writes them to ticks of an instrument, exactly, at the cost of a look-up.

A day has few different prices and many rows; each text is converted once.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

from domain.instruments import MAX_PX
from marketdata.tick_faults import RowFault, TickFault

KEPT_MAX: Final = 100_000  # different texts: more than a day has; a file of rubbish stays bounded


class PriceTexts(dict[bytes | str, int]):
    """`prices[text]` in ticks of `tick`, of a text that counts in `unit` (both currency units).

    The text "0" is 0: a side that is absent. Raises RowFault for what is no price or off the grid.
    Prints may lie between the prices that orders may have (Regulation NMS, rule 612, speaks of
    orders), so the grid is the finest tick of the instrument, in which state is counted.
    """

    def __init__(self, unit: Decimal, tick: Decimal) -> None:
        super().__init__()
        self._unit = unit
        self._tick = tick

    def __missing__(self, text: bytes | str) -> int:
        px_ticks = self._converted(text)
        if len(self) >= KEPT_MAX:
            self.clear()
        self[text] = px_ticks
        return px_ticks

    def _converted(self, text: bytes | str) -> int:
        try:
            px = Decimal(text if isinstance(text, str) else text.decode("ascii")) * self._unit
        except (InvalidOperation, UnicodeDecodeError) as error:
            raise RowFault(TickFault.BAD_ROW, "a price that is no number") from error
        if not px.is_finite() or px < 0 or px > MAX_PX:
            raise RowFault(TickFault.BAD_PRICE, "a price below zero or beyond any market")
        if px % self._tick:
            raise RowFault(TickFault.OFF_GRID, f"a price off the tick {self._tick}")
        return int(px / self._tick)
