"""An instrument's grid of prices in integers: what `Instrument.round_px_ticks` says, quicker."""

from bisect import bisect_right

from domain.instruments import Instrument


class TickGrid:
    """Rounds counts of the finest tick to admitted prices."""

    __slots__ = ("_from_ticks", "_steps", "_uniform")

    def __init__(self, instrument: Instrument) -> None:
        tick = instrument.tick
        self._from_ticks = [int(band.from_px / tick) for band in instrument.ticks]
        self._steps = [int(band.tick / tick) for band in instrument.ticks]
        self._uniform = self._steps == [1]

    def down(self, px_ticks: int) -> int:
        """The greatest admitted price that is no more than `px_ticks`; 0 below the lowest."""
        if self._uniform:
            return max(px_ticks, 0)
        step = self._step(px_ticks)
        return max(px_ticks // step * step, 0)

    def up(self, px_ticks: int) -> int:
        """The least admitted price that is no less than `px_ticks`."""
        if self._uniform:
            return px_ticks
        step = self._step(px_ticks)
        return -(-px_ticks // step) * step

    def _step(self, px_ticks: int) -> int:
        return self._steps[max(0, bisect_right(self._from_ticks, px_ticks) - 1)]
