"""What an order does to the price: three models of market impact behind one Protocol.

All are of an order that trades at an even rate of volume. They say what is expected, not what one
order will cost: the noise of one order is many times its impact (quant.md 2.3: R^2 below 1 %).
docs/models.md says where each is not to be trusted.
"""

import math
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from algos.models.model_error import not_negative, positive
from domain.impact_model import ImpactModelName

BPS: Final = 1e4  # a fraction of the price times this is in basis points

# Bounds that only a slip of the unit passes: a thousand days' volume, four years of trading, a
# price that may double or vanish in a day, a spread as wide as the price. They also keep every
# power below finite.
SIZE_MAX: Final = 1_000.0
DURATION_DAYS_MAX: Final = 1_000.0
DAILY_VOLATILITY_MAX: Final = 1.0
HALF_SPREAD_MAX: Final = 0.5
# No stock in a calm or a wild market moves so much day after day; a year's volatility does.
_DAILY_VOLATILITY_USUAL: Final = 0.15


class SizedOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the models are asked about. Raises ModelError with the field's name.

    `qty`: shares, without a side. `adv`: shares a day without our own. `daily_volatility`,
    `half_spread`: fractions of the price. `duration_days`: trading days, of volume time.
    """

    qty: float
    adv: float
    daily_volatility: float
    duration_days: float = 1.0
    half_spread: float = 0.0

    def __post_init__(self) -> None:
        positive("adv", self.adv)
        not_negative("qty", self.qty, most=SIZE_MAX * self.adv, unit="shares, 1,000 days' volume")
        not_negative("daily_volatility", self.daily_volatility, most=DAILY_VOLATILITY_MAX,
                     unit="(a fraction: 0.015 is 1.5 % a day)")  # fmt: skip
        positive("duration_days", self.duration_days, most=DURATION_DAYS_MAX, unit="trading days")
        not_negative("half_spread", self.half_spread, most=HALF_SPREAD_MAX,
                     unit="(a fraction: 0.0001 is 1 bp)")  # fmt: skip

    @property
    def size(self) -> float:
        """x = Q / V, of a day's volume."""
        return self.qty / self.adv

    @property
    def participation(self) -> float:
        """rho = Q / (V T), of the others' volume."""
        return self.qty / (self.adv * self.duration_days)


class ImpactWarning(StrEnum):
    """Why an estimate is a guess: the models' data do not reach there."""

    SIZE = "size_above_a_days_volume"
    PARTICIPATION = "faster_than_the_market"
    VOLATILITY = "volatility_of_a_year"


class Impact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Fractions of the price, positive = against the order, without the half-spread.

    `peak`: the move when the order ends. `average`: what a share of it pays. `permanent`: what of
    the move stays.
    """

    peak: float
    average: float
    permanent: float

    @property
    def average_bps(self) -> float:
        """What a share pays, in basis points."""
        return self.average * BPS

    @property
    def peak_bps(self) -> float:
        """The move at the end, in basis points."""
        return self.peak * BPS

    @property
    def permanent_bps(self) -> float:
        """What stays of it, in basis points."""
        return self.permanent * BPS


class ImpactModel(Protocol):
    """An order in, its expected impact out; 0 for no shares, in proportion to the volatility."""

    def impact(self, order: SizedOrder) -> Impact:
        """What the order is expected to do to the price."""
        ...


class CrossoverModel(msgspec.Struct, frozen=True, kw_only=True):
    """The default: linear in small sizes, a square root in large ones (quant.md 0.1, 1.8).

    peak = Y sigma sqrt(x) (1 + (2 pi chi T / x)^1.5)^(-1/3): a closed form of the latent book's
    exact solution (latent_solution.py), at most 2 % from it. The average is 2/3 of the peak. At the
    same participation it is the square root law. Nothing stays: the latent book forgets.
    """

    y: float = 1.0
    chi: float = 0.02  # the participation around which linear becomes square root

    def __post_init__(self) -> None:
        positive("y", self.y)
        positive("chi", self.chi)

    def impact(self, order: SizedOrder) -> Impact:
        """What the order is expected to do to the price."""
        x = order.size
        if x == 0.0:
            return _NOTHING
        # The same formula with sqrt(x) drawn into the bracket: no quotient by a small x.
        turn = 2.0 * math.pi * self.chi * order.duration_days
        peak = self.y * order.daily_volatility * x / (x**1.5 + turn**1.5) ** (1.0 / 3.0)
        return Impact(peak=peak, average=peak * (2.0 / 3.0), permanent=0.0)


class AlmgrenModel(msgspec.Struct, frozen=True, kw_only=True):
    """Almgren, Thum, Hauptmann, Li 2005, "Direct estimation" (quant.md 2.3).

    I = gamma sigma x (Theta/V)^(1/4) stays; J = I/2 + eta sigma (X / V T)^(3/5) is paid.
    Coefficients as published. `turnover_days`: Theta/V, shares outstanding over a day's volume.
    """

    gamma: float = 0.314
    eta: float = 0.142
    turnover_days: float = 250.0

    def __post_init__(self) -> None:
        not_negative("gamma", self.gamma)
        not_negative("eta", self.eta)
        positive("turnover_days", self.turnover_days)

    def impact(self, order: SizedOrder) -> Impact:
        """What the order is expected to do to the price."""
        stays = self.gamma * order.daily_volatility * order.size * self.turnover_days**0.25
        passes = self.eta * order.daily_volatility * order.participation**0.6
        return Impact(peak=stays + passes, average=stays / 2.0 + passes, permanent=stays)


# What stays: Almgren et al.'s coefficient at their usual turnover of 250 days.
LINEAR_PERMANENT: Final = 0.314 * 250.0**0.25
# What passes: such that a small order over a whole day pays what the crossover model says.
LINEAR_TEMPORARY: Final = (2.0 / 3.0) / math.sqrt(2.0 * math.pi * 0.02) - LINEAR_PERMANENT / 2.0


class LinearModel(msgspec.Struct, frozen=True, kw_only=True):
    """Almgren and Chriss 2000: I = gamma sigma x stays, I/2 + eta sigma X / (V T) is paid.

    The model that the closed trajectories are optimal for. Too dear for large orders, for impact
    grows more slowly than size.
    """

    gamma: float = LINEAR_PERMANENT
    eta: float = LINEAR_TEMPORARY

    def __post_init__(self) -> None:
        not_negative("gamma", self.gamma)
        not_negative("eta", self.eta)

    def impact(self, order: SizedOrder) -> Impact:
        """What the order is expected to do to the price."""
        stays = self.gamma * order.daily_volatility * order.size
        passes = self.eta * order.daily_volatility * order.participation
        return Impact(peak=stays + passes, average=stays / 2.0 + passes, permanent=stays)


def warnings(order: SizedOrder) -> tuple[ImpactWarning, ...]:
    """Where this order lies outside of what any of the models was fitted to or tested on."""
    found = (
        (order.size > 1.0, ImpactWarning.SIZE),
        (order.participation > 1.0, ImpactWarning.PARTICIPATION),
        (order.daily_volatility > _DAILY_VOLATILITY_USUAL, ImpactWarning.VOLATILITY),
    )
    return tuple(warning for holds, warning in found if holds)


_NOTHING: Final = Impact(peak=0.0, average=0.0, permanent=0.0)


IMPACT_MODELS: Final[dict[ImpactModelName, ImpactModel]] = {
    ImpactModelName.CROSSOVER: CrossoverModel(),
    ImpactModelName.ALMGREN: AlmgrenModel(),
    ImpactModelName.LINEAR: LinearModel(),
}
