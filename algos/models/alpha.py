"""Trading on a view of the price that fades: the feedback law and its closed form (quant.md 2.5).

In continuous time, linear impact. The view is a drift against the order (a rise for a buy, a fall
for a sell), $ a share and day: positive says that waiting costs. A view in the order's favour is
below 0, and without a clamp it may have the order wait beyond its own size, or trade backwards.
"""

import math
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.quadrature import Floats, integral
from algos.models.trajectory import checked_qty, trades

# Of (kappa + delta) T: below it the difference that the closed form is made of loses digits to
# rounding, and two terms of the series are right to ten.
_SLOW: Final = 1e-5
# Of |delta - kappa| T: below it expm1(x) / x is 1 - x / 2 to the last digit.
_RESONANT: Final = 1e-8
_STRAIGHT: Final = 1e-6  # of kappa T, as in almgren_chriss.py
_PANELS_PER_E: Final = 1  # of the feedback's integral, for each factor e of its integrand
_PANELS_MAX: Final = 400  # beyond it the integrand is 0 for doubles


class FadingDrift(msgspec.Struct, frozen=True, kw_only=True):
    """alpha_s = `first` e^(-`decay` s): $ a share and day against the order; decay a day, >= 0.

    What an order flow mu_t that fades at eta_mu says of the price (Cartea and Jaimungal 2016) is
    the same with `first` = b mu_t and `decay` = eta_mu.
    """

    first: float
    decay: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.first):
            raise ModelError(ModelFault.NOT_FINITE, "first", f"{self.first}")
        not_negative("decay", self.decay)

    def after(self, days: float) -> "FadingDrift":
        """What is left of it `days` later."""
        return FadingDrift(first=self.first * math.exp(-self.decay * days), decay=self.decay)

    def at(self, days: Floats) -> Floats:
        """alpha at these times from now."""
        drift: Floats = self.first * np.exp(-self.decay * days)
        return drift

    def mean_over(self, times: Floats) -> Floats:
        """(n,) its mean over each bin of `times`, (n + 1,) days."""
        lengths = np.diff(times)
        if self.decay == 0.0:
            return np.full(len(lengths), self.first)
        mean: Floats = (
            -self.at(times[:-1]) * np.expm1(-self.decay * lengths) / (self.decay * lengths)
        )
        return mean


def fading_drift(total: float, half_life_days: float, duration_days: float) -> FadingDrift:
    """The drift that moves the price by `total`, $ a share, over the duration, halving as given.

    a0 = total delta / (1 - e^(-delta T)), delta = ln 2 / half-life.
    """
    positive("half_life", half_life_days)
    positive("duration_days", duration_days)
    decay = math.log(2.0) / half_life_days
    first = total * decay / -math.expm1(-decay * duration_days)
    return FadingDrift(first=first, decay=decay)


def feedback_rate(
    left: float, days_left: float, kappa: float, temporary: float,
    drift: Callable[[Floats], Floats],
) -> float:  # fmt: skip
    """v, shares a day, now, of whatever drift is expected `drift(days from now)`; may be below 0.

    v = kappa coth(kappa T') x + 1 / (2 eta) int_0^T' sinh(kappa (T' - r)) / sinh(kappa T') alpha_r
    dr, T' = `days_left`. `drift` is smooth on the scale of T' / 8 and of 1 / kappa.
    """
    positive("days_left", days_left)
    positive("temporary", temporary)
    whole = kappa * days_left
    panels = min(max(8, math.ceil(whole * _PANELS_PER_E)), _PANELS_MAX)

    def waiting(r: Floats) -> Floats:
        value: Floats = _sinh_over_sinh(days_left - r, days_left, kappa) * drift(r)
        return value

    leaning = integral(waiting, np.linspace(0.0, days_left, panels + 1)) / (2.0 * temporary)
    plain = left / days_left if whole < _STRAIGHT else kappa * left / math.tanh(whole)
    return plain + leaning


def drifting_holdings(
    qty: float, kappa: float, times: Floats, temporary: float, drift: FadingDrift
) -> Floats:
    """Shares left at `times`, (n + 1,) from 0 to T days: the feedback law followed all through.

    Not clamped: where the drift is large they may fall below 0 or pass `qty`. Time-consistent with
    `drift.after`. kappa, a day, from 0 on.
    """
    positive("temporary", temporary)
    not_negative("kappa", kappa)
    if not math.isfinite(qty):
        raise ModelError(ModelFault.NOT_FINITE, "qty", f"{qty}")
    left = times[-1] - times
    plain = qty * _sinh_over_sinh(left, float(left[0]), kappa)
    shares: Floats = plain - drift.first / (2.0 * temporary) * _lean(times, kappa, drift.decay)
    return shares


def clamped_holdings(
    qty: float, kappa: float, times: Floats, temporary: float, drift: FadingDrift,
    caps: Floats | None = None,
) -> Floats:  # fmt: skip
    """The same where no bin trades below 0 or above its cap, (n,) shares; all of it trades.

    In each bin the law is asked anew with what is left, so that what a clamp forbade is made up
    (quant.md 2.5). If later caps could not hold the rest, more trades now. It is near the best, not
    the best: `constrained_holdings` is. Raises ModelError INFEASIBLE where the caps hold too few.
    """
    bins = len(times) - 1
    most = np.full(bins, checked_qty(qty)) if caps is None else np.minimum(caps, qty)
    to_come = np.append(np.cumsum(most[::-1])[::-1], 0.0)
    if to_come[0] < qty * (1.0 - 1e-9):
        text = (
            f"all bins together hold {to_come[0]:g} of {qty:g} shares: {qty - to_come[0]:g} too few"
        )
        raise ModelError(ModelFault.INFEASIBLE, "caps", text)
    shares = np.empty(bins + 1)
    shares[0] = qty
    for place in range(bins):
        begun = float(times[place])
        now = np.array([begun, times[place + 1], times[-1]]) - begun
        free = drifting_holdings(float(shares[place]), kappa, now, temporary, drift.after(begun))
        wanted = max(float(trades(free[:2])[0]), float(shares[place] - to_come[place + 1]), 0.0)
        shares[place + 1] = shares[place] - min(wanted, float(most[place]), float(shares[place]))
    shares[-1] = 0.0
    return shares


def _lean(times: Floats, kappa: float, decay: float) -> Floats:
    """Shares ahead of the plain trajectory for a drift of 2 eta e^(-delta t), (n + 1,).

    -[e^(-delta t) - (sinh k(T-t) + e^(-delta T) sinh kt) / sinh kT] / (delta^2 - k^2), written as
    the difference to delta = k, where the bracket is 0; so resonance is no special case. Where both
    are slow it is t (T - t) / 2 - delta t (T^2 - t^2) / 6.
    """
    whole = float(times[-1])
    if (kappa + decay) * whole < _SLOW:
        slow: Floats = times * (
            (whole - times) / 2.0 - decay * (whole * whole - times * times) / 6.0
        )
        return slow
    between = _between(kappa, decay, times)
    end = float(between[-1])
    ahead: Floats = (end * _sinh_over_sinh(times, whole, kappa) - between) / (decay + kappa)
    ahead[-1] = 0.0
    return ahead


def _between(kappa: float, decay: float, times: Floats) -> Floats:
    """(e^(-delta t) - e^(-kappa t)) / (delta - kappa), symmetric; -t e^(-kappa t) at resonance."""
    past = abs(decay - kappa)
    if past * float(times[-1]) < _RESONANT:
        over = -times * (1.0 - past * times / 2.0)
    else:
        over = np.expm1(-past * times) / past
    quotient: Floats = np.exp(-min(decay, kappa) * times) * over
    return quotient


def _sinh_over_sinh(part: Floats, whole: float, kappa: float) -> Floats:
    """sinh(kappa part) / sinh(kappa whole), without overflow; part / whole for kappa 0."""
    if kappa * whole < _STRAIGHT:
        line: Floats = part / whole
        return line
    quotient: Floats = np.exp(kappa * (part - whole)) * (
        np.expm1(-2.0 * kappa * part) / math.expm1(-2.0 * kappa * whole)
    )
    return quotient
