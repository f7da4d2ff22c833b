"""Instruments: what may be traded, where, and on which grid of prices and quantities.

State holds integers. A price is a count of the instrument's finest tick, a quantity a count of
shares. `Instrument` is the only place where a Decimal becomes one of these, and it refuses what
is off its grid, naming the field. It knows nothing of books or sessions.
"""

from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import pairwise

import msgspec

MAX_QTY = 10**12  # shares; beyond any order, and well inside a double for those who read JSON so
MAX_PX = Decimal(10) ** 9  # currency units; a price beyond it is garbage, not a market
MIN_TICK = Decimal("1E-12")  # MAX_PX in such ticks has 21 digits: Decimal's 28 keep it exact
KNOWN_PX_MAX = 4_096  # prices whose ticks are kept: more than a stock trades at in a day
_SHOWN = 40  # characters of a refused number: it may be 60,000 digits, and goes into a report


class Side(StrEnum):
    """FIX Side(54). Short sales are not offered: they need a locate, which nobody here can give."""

    BUY = "1"
    SELL = "2"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell: cost = sign * (paid - benchmark)."""
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> "Side":
        """The side that one trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


class GridFault(StrEnum):
    """Why a number is not on an instrument's grid, most basic fault first."""

    NOT_FINITE = "not_finite"
    NOT_POSITIVE = "not_positive"
    TOO_LARGE = "too_large"
    NOT_WHOLE = "not_whole"
    OFF_LOT = "off_lot"
    OFF_TICK = "off_tick"


class OffGrid(Exception):
    """A price or quantity that the instrument does not admit; the caller's input, not our bug."""

    def __init__(self, field: str, fault: GridFault, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field
        self.fault = fault
        self.text = text


def _shown(number: Decimal) -> str:
    text = str(number)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _positive(value: Decimal) -> bool:
    return value.is_finite() and value >= MIN_TICK


class TickBand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `from_px` upward, prices are multiples of `tick` (both in currency units)."""

    from_px: Decimal = Decimal(0)
    tick: Decimal


class Instrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """One tradable instrument. What is computed from its fields is kept beside them (`dict`).

    `ticks`: bands by rising `from_px`, the first from 0. Every tick is a multiple of the finest
    one, in which all integer prices are counted. `lot`: order quantities are multiples of it, in
    shares; fills need not be. `odd_lots`: whether venues take a child that is no whole lot, as US
    venues do; fills of odd lots leave a remainder that only such a child can finish. `calendar`: an
    exchange_calendars name, such as XNYS.
    """

    symbol: str
    currency: str
    lot: int
    ticks: tuple[TickBand, ...]
    calendar: str
    venues: tuple[str, ...]
    max_order_qty: int
    max_order_notional: Decimal
    odd_lots: bool = True

    def __post_init__(self) -> None:
        if not self.symbol or self.lot <= 0 or not self.venues or not self.ticks:
            raise ValueError(f"instrument {self.symbol!r} lacks its symbol, lot, ticks or venues")
        if self.max_order_qty <= 0 or not _positive(self.max_order_notional):
            raise ValueError(f"instrument {self.symbol}: a limit that is not positive")
        if not all(band.from_px.is_finite() and _positive(band.tick) for band in self.ticks):
            raise ValueError(f"instrument {self.symbol}: a tick below {MIN_TICK}, or not a number")
        starts = [band.from_px for band in self.ticks]
        if starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError(f"instrument {self.symbol}: ticks must start at 0 and rise")
        if any(band.tick % self.tick or band.from_px % band.tick for band in self.ticks):
            raise ValueError(f"instrument {self.symbol}: ticks must be multiples of the finest")
        if any(above.from_px % band.tick for band, above in pairwise(self.ticks)):
            raise ValueError(f"instrument {self.symbol}: a band must end on a multiple of its tick")

    @cached_property
    def tick(self) -> Decimal:
        """The finest tick, in currency units: the unit of every `*_px_ticks` integer."""
        return min(band.tick for band in self.ticks)

    def px_ticks(self, px: Decimal, field: str) -> int:
        """`px` in ticks. Raises OffGrid naming `field`."""
        try:
            known = self._known_px_ticks.get(px)
        except TypeError:  # a signaling NaN has no hash
            known = None
        if known is not None:
            return known
        px_ticks = self._px_ticks(px, field)
        if len(self._known_px_ticks) >= KNOWN_PX_MAX:
            self._known_px_ticks.clear()
        self._known_px_ticks[px] = px_ticks
        return px_ticks

    @cached_property
    def _known_px_ticks(self) -> dict[Decimal, int]:
        """Prices that were asked for. A price is asked for several times in a child's life."""
        return {}

    def _px_ticks(self, px: Decimal, field: str) -> int:
        if not px.is_finite():
            raise OffGrid(field, GridFault.NOT_FINITE, f"{_shown(px)} is not a number")
        if px <= 0:
            raise OffGrid(field, GridFault.NOT_POSITIVE, f"{_shown(px)} is not above zero")
        if px > MAX_PX:
            raise OffGrid(field, GridFault.TOO_LARGE, f"{_shown(px)} is above {MAX_PX}")
        band = self._band(px)
        if px % band.tick:
            raise OffGrid(field, GridFault.OFF_TICK, f"{_shown(px)} is off the tick {band.tick}")
        return int(px / self.tick)

    def px(self, px_ticks: int) -> Decimal:
        """The price of `px_ticks`, in currency units."""
        return self.tick * px_ticks

    def step_ticks(self, px_ticks: int) -> int:
        """From one price to the next at `px_ticks`, in ticks."""
        if len(self.ticks) == 1:
            return 1
        return int(self._band(self.px(px_ticks)).tick / self.tick)

    def round_px_ticks(self, px_ticks: int, side: Side) -> int:
        """The nearest admitted price that is no more aggressive than `px_ticks` for `side`.

        0 for a buy below the lowest price there is.
        """
        step = self.step_ticks(px_ticks)
        down = px_ticks // step * step
        return down if side is Side.BUY or down == px_ticks else down + step

    def order_qty(self, qty: Decimal, field: str) -> int:
        """`qty` in shares, for an order. Raises OffGrid naming `field`."""
        shares = self.fill_qty(qty, field)
        if shares % self.lot:
            raise OffGrid(field, GridFault.OFF_LOT, f"{_shown(qty)} is off the lot {self.lot}")
        return shares

    def child_qty(self, qty: Decimal, field: str) -> int:
        """`qty` in shares, for a child order. Raises OffGrid naming `field`."""
        return self.fill_qty(qty, field) if self.odd_lots else self.order_qty(qty, field)

    def fill_qty(self, qty: Decimal, field: str) -> int:
        """`qty` in shares, for a fill, which may be an odd lot. Raises OffGrid naming `field`."""
        if not qty.is_finite():
            raise OffGrid(field, GridFault.NOT_FINITE, f"{_shown(qty)} is not a number")
        if qty <= 0:
            raise OffGrid(field, GridFault.NOT_POSITIVE, f"{_shown(qty)} is not above zero")
        if qty > MAX_QTY:
            raise OffGrid(field, GridFault.TOO_LARGE, f"{_shown(qty)} is above {MAX_QTY}")
        if qty != qty.to_integral_value():
            raise OffGrid(field, GridFault.NOT_WHOLE, f"{_shown(qty)} is not whole")
        return int(qty)

    def _band(self, px: Decimal) -> TickBand:
        found = self.ticks[0]
        for band in self.ticks[1:]:
            if px < band.from_px:
                break
            found = band
        return found


class InstrumentTable:
    """Every instrument of this deployment, by symbol. All processes must hold the same one."""

    def __init__(self, instruments: list[Instrument]) -> None:
        self.by_symbol = {instrument.symbol: instrument for instrument in instruments}
        if len(self.by_symbol) != len(instruments):
            raise ValueError("instrument table: a symbol is listed twice")
        encoded = msgspec.json.encode(sorted(instruments, key=lambda each: each.symbol))
        self.hash = sha256(encoded).hexdigest()[:12]

    def get(self, symbol: str) -> Instrument | None:
        return self.by_symbol.get(symbol)

    def __getitem__(self, symbol: str) -> Instrument:
        return self.by_symbol[symbol]

    def venues(self) -> list[str]:
        """Every venue that some instrument names, in order of first mention."""
        return list(dict.fromkeys(v for each in self.by_symbol.values() for v in each.venues))
