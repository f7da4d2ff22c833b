"""How the mark that flow leaves on the price fades: response, sign autocorrelation, exponential.

With s_t the sign of a bar's net flow and G(l) what of its mark is left l bars later (Bouchaud,
Gefen, Potters, Wyart 2004, equation 15, C even):

    R(l) = E[s_t (m_{t+l} - m_t)] = sum_{0<=n<l} G(l-n) C(n) + sum_{n>0} [G(l+n) - G(n)] C(n)

so that the persistence of flow, C, is not taken for impact that stays. G(l) = G0 e^{-l/tau} is put
in, for free kernels turn negative on minute bars (quant.md 2.8), and fitted to R by least squares
with weights 1/l, the variance of a mid that wanders: G0 >= 0 in closed form, tau within its range
on a grid that is refined. Errors are a jackknife over stretches of the days.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from algos.calibration.flow_impact import T_MIN, FlowSeries, denied, refused, significant
from algos.models.calibration import Coefficient, CoefficientName, Refusal
from algos.models.quadrature import Floats

TAU_MIN: Final = 0.5  # minutes: the range of quant.md 2.8
TAU_MAX: Final = 180.0
LAG_MAX: Final = 60.0  # minutes of response that are fitted: beyond it is noise
BLOCKS: Final = 20  # of the jackknife: enough that the error of the error is a sixth
BLOCKS_MIN: Final = 10  # a block is no shorter than the longest lag
_GRID: Final = 60
_REFINEMENTS: Final = 40  # of a golden section: the bracket shrinks below a part in 10^8
_GOLDEN: Final = 0.6180339887498949
_NEAR_BOUND: Final = 1.01
_CURRENCY: Final = "currency"
_MINUTES: Final = "minutes"


class _Moments(msgspec.Struct, frozen=True):
    """Sums over pairs of bars l apart: (2, L + 1) of products, (2, L + 1) of their number.

    Row 0: s_t (m_{t+l} - m_t), l from 0 to L; row 1: s_t s_{t+l}.
    """

    products: Floats
    pairs: Floats

    def means(self) -> Floats:
        """(2, L + 1): response and autocorrelation."""
        return self.products / self.pairs


def decay(bars: FlowSeries) -> tuple[Coefficient, Coefficient]:
    """G0, how far a bar's flow of one sign moves the price, currency units, and tau, minutes."""
    lags = max(2, round(LAG_MAX * 60 / bars.bar_s))
    n, minutes = len(bars.change), bars.bar_s / 60
    blocks = min(BLOCKS, n // lags)
    if blocks < BLOCKS_MIN:
        return _too_few(n, f"{n} bars, and {BLOCKS_MIN * lags} it takes")
    parts = _moments(bars, lags, blocks)
    whole = _summed(parts)
    rest = [_without(whole, part) for part in parts]
    if not all(each.pairs.all() for each in rest):
        return _too_few(n, f"too few bars {LAG_MAX:g} min apart without a gap between")
    g0, tau = fitted(whole.means(), minutes)
    left_out = np.array([fitted(each.means(), minutes) for each in rest])  # (blocks, 2)
    first = Coefficient(
        name=CoefficientName.DECAY_G0, unit=_CURRENCY, n=n, estimate=g0,
        se=jackknife_se(left_out[:, 0]), value=g0,
        r_squared=_r_squared(whole.means(), g0, tau, minutes),
    )  # fmt: skip
    second = msgspec.structs.replace(
        first, name=CoefficientName.DECAY_TAU, unit=_MINUTES, estimate=tau, value=tau,
        se=tau * jackknife_se(np.log(left_out[:, 1])),
    )  # fmt: skip
    return _judged(significant(first), second, tau)


def _too_few(n: int, why: str) -> tuple[Coefficient, Coefficient]:
    return (refused(CoefficientName.DECAY_G0, _CURRENCY, n, Refusal.TOO_FEW, why),
            refused(CoefficientName.DECAY_TAU, _MINUTES, n, Refusal.TOO_FEW, why))  # fmt: skip


def _judged(g0: Coefficient, tau: Coefficient, minutes: float) -> tuple[Coefficient, Coefficient]:
    """Both or neither: one is nothing without the other. `minutes`: what tau was found to be."""
    se = tau.se
    assert se is not None
    if not TAU_MIN * _NEAR_BOUND < minutes < TAU_MAX / _NEAR_BOUND:
        why = f"the best fit is at the end of {TAU_MIN:g} to {TAU_MAX:g} minutes"
        tau = denied(tau, Refusal.AT_BOUND, why)
    elif minutes < T_MIN * se:
        tau = denied(tau, Refusal.INSIGNIFICANT, f"{minutes:.3g} +- {se:.2g} minutes")
    if g0.refused is None and tau.refused is not None:
        return denied(g0, Refusal.ITS_FELLOW, f"{tau.name.value} is refused"), tau
    if tau.refused is None and g0.refused is not None:
        return g0, denied(tau, Refusal.ITS_FELLOW, f"{g0.name.value} is refused")
    return g0, tau


def fitted(means: Floats, minutes: float) -> tuple[float, float]:
    """(G0 >= 0, tau in minutes) of (2, L + 1) response and autocorrelation, bars of `minutes`."""

    def error(log_tau: float) -> float:
        g0, unit = _profiled(means, float(np.exp(log_tau)), minutes)
        return float((((means[0] - g0 * unit)[1:]) ** 2 / np.arange(1, means.shape[1])).sum())

    grid = np.linspace(np.log(TAU_MIN), np.log(TAU_MAX), _GRID)
    place = int(np.argmin([error(float(each)) for each in grid]))
    low, high = float(grid[max(place - 1, 0)]), float(grid[min(place + 1, _GRID - 1)])
    for _ in range(_REFINEMENTS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if error(left) < error(right) else (left, high)
    tau = float(np.exp((low + high) / 2))
    return _profiled(means, tau, minutes)[0], tau


def unit_response(signs: Floats, tau: float, minutes: float) -> Floats:
    """(L + 1,): R of G0 = 1 and (L + 1,) sign autocorrelation `signs`, from lag 0 on."""
    kernel = np.exp(-np.arange(len(signs)) * minutes / tau)
    own = np.concatenate([[0.0], np.convolve(kernel[1:], signs)[: len(signs) - 1]])
    # G(l+n) - G(n) of an exponential is (G(l) - 1) G(n).
    before: Floats = (kernel - 1.0) * float(kernel[1:] @ signs[1:])
    return own + before


def _profiled(means: Floats, tau: float, minutes: float) -> tuple[float, Floats]:
    """The best G0 >= 0 of a tau, and R of G0 = 1."""
    unit = unit_response(means[1], tau, minutes)
    weights = 1.0 / np.arange(1, len(unit))
    size = float((weights * unit[1:] ** 2).sum())
    best = float((weights * unit[1:] * means[0, 1:]).sum()) / size if size > 0.0 else 0.0
    return max(best, 0.0), unit


def _r_squared(means: Floats, g0: float, tau: float, minutes: float) -> float:
    """Of the response about zero, with the weights of the fit."""
    weights = 1.0 / np.arange(1, means.shape[1])
    response = means[0, 1:]
    residuals = response - g0 * unit_response(means[1], tau, minutes)[1:]
    total = float(weights @ response**2)
    return 1.0 - float(weights @ residuals**2) / total if total > 0.0 else 0.0


def jackknife_se(left_out: Floats) -> float:
    """The standard error by (n,) estimates, each without one of n blocks (Efron 1982)."""
    n = len(left_out)
    return float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))


def _moments(bars: FlowSeries, lags: int, blocks: int) -> list[_Moments]:
    """Of each of `blocks` stretches, by the earlier bar of a pair; a pair lies in one run."""
    n = len(bars.change)
    signs = np.sign(bars.flow)
    mid = np.concatenate([[0.0], np.cumsum(bars.change)])  # (n + 1,): before each bar
    products, pairs = np.zeros((n, 2, lags + 1)), np.zeros((n, 2, lags + 1))
    for lag in range(lags + 1):
        for row, ahead in ((0, lag - 1), (1, lag)):  # R(l) ends with bar t + l - 1
            count = n - max(ahead, 0)
            same = bars.run[n - count :] == bars.run[:count]
            found = mid[lag : lag + count] - mid[:count] if row == 0 else signs[n - count :]
            products[:count, row, lag] = same * signs[:count] * found
            pairs[:count, row, lag] = same
    starts = _starts(n, blocks)
    return [
        _Moments(products[start:end].sum(axis=0), pairs[start:end].sum(axis=0))
        for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    ]


def _starts(n: int, blocks: int) -> NDArray[np.int64]:
    return np.linspace(0, n, blocks + 1).astype(np.int64)


def _summed(parts: list[_Moments]) -> _Moments:
    return _Moments(sum(part.products for part in parts), sum(part.pairs for part in parts))  # type: ignore[arg-type]  # never empty


def _without(whole: _Moments, part: _Moments) -> _Moments:
    return _Moments(whole.products - part.products, whole.pairs - part.pairs)
