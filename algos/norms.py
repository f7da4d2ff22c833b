"""What a market is like at a time of an ordinary day: what conditions are measured against.

From the instrument's profile where there is one. Else from what the order itself has measured so
far that day, taken once and kept, and carried along the day by the default shape of a day's volume:
volume goes as the shape, volatility as its root (variance comes with volume), spread and displayed
size as they are. Which of the two it is is said by `source`.
"""

from enum import StrEnum
from math import sqrt
from typing import Final, Protocol

import msgspec

from domain.u_curve import U_CURVE
from marketdata.symbol_profile import SymbolProfile, TimeNorm

_NS: Final = 1e9
# Means that are weighted by age tell of a while ago: of their half-lives, or of half of what they
# cover while that is less. So does a count over ten minutes, of five ago.
VOLATILITY_LAG_S: Final = 600.0
TOUCH_LAG_S: Final = 300.0
VOLUME_LAG_S: Final = 300.0


class NormSource(StrEnum):
    """Where norms are from."""

    PROFILE = "profile"
    DAY_SO_FAR = "day_so_far"
    NONE = "none"  # neither: nothing to measure against yet


class Norm(msgspec.Struct, frozen=True, kw_only=True):
    """Of one time. `volatility`: of a root second; `relative_spread`: of the mid; `touch_qty`:
    shares of one side; `shares_per_s`: others' volume. None: not known.
    """

    volatility: float | None = None
    relative_spread: float | None = None
    touch_qty: float | None = None
    shares_per_s: float | None = None


class Norms(Protocol):
    """What the means of a time are held against. Two are there: see the module."""

    @property
    def source(self) -> NormSource:
        """Where they are from."""

    @property
    def measured_s(self) -> float | None:
        """Over how many seconds they were measured, where these are few enough to matter."""

    def at(self, at_ns: int, covered_s: float) -> Norm:
        """The norm of what means over `covered_s` tell at `at_ns`, their lag taken into account."""


class OfProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The norms of `profile` in a session that opened at `open_ns`."""

    profile: SymbolProfile
    open_ns: int

    @property
    def source(self) -> NormSource:
        """Said in plans."""
        return NormSource.PROFILE

    @property
    def measured_s(self) -> float | None:
        """Of days: what their mean lacks does not matter."""
        return None

    def at(self, at_ns: int, covered_s: float) -> Norm:
        """On straight lines between the middles of the profile's bins."""
        since_s = (at_ns - self.open_ns) / _NS
        touch = self._at(since_s - min(TOUCH_LAG_S, covered_s / 2))
        return Norm(
            volatility=self._at(since_s - min(VOLATILITY_LAG_S, covered_s / 2)).volatility,
            relative_spread=touch.relative_spread,
            touch_qty=touch.touch_qty,
            shares_per_s=self._at(since_s - VOLUME_LAG_S).shares_per_s,
        )

    def _at(self, since_s: float) -> Norm:
        since_s = max(since_s, 0.0)
        here = self.profile.norm_at(since_s)
        if here is None:
            return Norm()
        middle_s = (here.start_s + here.end_s) / 2
        other = self.profile.norm_at(here.end_s if since_s >= middle_s else here.start_s - 1)
        if other is None:
            return _norm_of(here)
        other_s = (other.start_s + other.end_s) / 2
        return _between(
            _norm_of(here), _norm_of(other), (since_s - middle_s) / (other_s - middle_s)
        )


def _norm_of(bin_norm: TimeNorm) -> Norm:
    return Norm(
        volatility=bin_norm.volatility_per_sqrt_s,
        relative_spread=bin_norm.relative_spread,
        touch_qty=bin_norm.touch_qty,
        shares_per_s=bin_norm.shares_per_s,
    )


def _between(here: Norm, other: Norm, part: float) -> Norm:
    """So far from the one to the other; what the other does not know is as it is here."""

    def mixed(value: float | None, beyond: float | None) -> float | None:
        if value is None or beyond is None:
            return value
        return value + part * (beyond - value)

    return Norm(
        volatility=mixed(here.volatility, other.volatility),
        relative_spread=mixed(here.relative_spread, other.relative_spread),
        touch_qty=mixed(here.touch_qty, other.touch_qty),
        shares_per_s=mixed(here.shares_per_s, other.shares_per_s),
    )


class DaySoFar(msgspec.Struct, frozen=True, kw_only=True):
    """`norm` as it was measured at `measured_ns` of the session [open_ns, close_ns)."""

    norm: Norm
    measured_ns: int
    measured_s: float
    open_ns: int
    close_ns: int

    @property
    def source(self) -> NormSource:
        """Said in plans."""
        return NormSource.DAY_SO_FAR

    def at(self, at_ns: int, covered_s: float) -> Norm:
        """The norm carried from `measured_ns` to `at_ns`."""
        norm = self.norm
        busier = self._shape(at_ns, VOLUME_LAG_S) / self._shape(self.measured_ns, VOLUME_LAG_S)
        lag_s, measured_lag_s = (
            min(VOLATILITY_LAG_S, each / 2) for each in (covered_s, self.measured_s)
        )
        wilder = self._shape(at_ns, lag_s) / self._shape(self.measured_ns, measured_lag_s)
        return Norm(
            volatility=None if norm.volatility is None else norm.volatility * sqrt(wilder),
            relative_spread=norm.relative_spread,
            touch_qty=norm.touch_qty,
            shares_per_s=None if norm.shares_per_s is None else norm.shares_per_s * busier,
        )

    def _shape(self, at_ns: int, lag_s: float) -> float:
        since_s = max((at_ns - self.open_ns) / _NS - lag_s, 0.0)
        return shape(min(since_s * _NS / (self.close_ns - self.open_ns), 1.0))


def shape(fraction: float) -> float:
    """The default curve's rate at `fraction` of the session: straight from bin to bin's middle."""
    place = fraction * len(U_CURVE) - 0.5
    low = min(max(int(place), 0), len(U_CURVE) - 2)
    part = min(max(place - low, 0.0), 1.0)
    return U_CURVE[low] * (1.0 - part) + U_CURVE[low + 1] * part
