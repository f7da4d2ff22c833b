"""A window of an order in volume time: bins of the clock, and how much of a day trades in each."""

from typing import Final

import msgspec
import numpy as np

from algos.market_figures import day_share
from algos.models.quadrature import Floats
from algos.schedule import TradingClock
from algos.surroundings import Surroundings
from marketdata.curve_window import Window, window_curve

# Of even time, mixed into every curve: a bin in which nothing is expected has some length all the
# same. Too little for any schedule to notice.
_EVEN: Final = 1e-6
_DAYS_MIN: Final = 1e-6  # of volume time: below a share of a million traded in a day
_NS: Final = 1e9


class VolumeWindow(msgspec.Struct, frozen=True, kw_only=True):
    """`edges_ns`: (n + 1,) of bins, on `clock`. `times`: (n + 1,) days of volume time from 0."""

    clock: TradingClock
    edges_ns: tuple[int, ...]
    times: Floats

    @property
    def days(self) -> float:
        """T: of a day's volume, what is expected in the window."""
        return float(self.times[-1])

    @property
    def seconds(self) -> float:
        """Of trading."""
        return (self.clock.end_ns - self.clock.start_ns) / _NS

    def wall_ns(self) -> list[int]:
        """(n + 1,) the edges on everybody's clock."""
        return [self.clock.wall_ns(each) for each in self.edges_ns]


def volume_window(around: Surroundings, clock: TradingClock, bins: int) -> VolumeWindow:
    """`bins` bins of equal length on the clock, timed by the session's curve."""
    length_ns = clock.end_ns - clock.start_ns
    edges = tuple(clock.start_ns + length_ns * place // bins for place in range(bins + 1))
    walls = [clock.wall_ns(each) for each in edges]
    # The last edge may lie at the beginning of a break: the window ends before it.
    even = np.linspace(0.0, 1.0, bins + 1)
    done = even
    if around.session is not None and around.curve is not None:
        window = Window(session=around.session, start_ns=walls[0], end_ns=walls[-1])
        traded = window_curve(around.curve.curve, window)
        done = np.array([0.0, *(traded.fraction(each) for each in walls[1:-1]), 1.0])
    days = max(day_share(around, walls[0], walls[-1]), _DAYS_MIN)
    return VolumeWindow(
        clock=clock, edges_ns=edges, times=days * ((1.0 - _EVEN) * done + _EVEN * even)
    )
