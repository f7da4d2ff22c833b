"""Linear regressions with standard errors that hold for what markets give: series and clusters.

Least squares by QR; HAC errors after Newey and West 1987 (Bartlett weights, no correction for small
samples), by groups: a day's last bar is no neighbour of the next day's first. Cluster errors after
Liang and Zeger 1986 with the usual correction g/(g-1) (n-1)/(n-k). Both are checked against figures
of statsmodels 0.15; to depend on it for sixty lines of numpy would bring scipy and patsy along.
"""

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from algos.models.calibration_error import CalibrationError, CalibrationFault
from algos.models.quadrature import Floats

Labels = NDArray[np.int64]

# Columns scaled to length 1 that are this near to dependent leave no digit of a coefficient.
_INDEPENDENT: Final = 1e-7


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """`values`: (k,) coefficients. `covariance`: (k, k) of them. `residuals`: (n,), unweighted.

    `r_squared`: about the mean where there is an intercept (a constant column), else about zero.
    """

    values: Floats
    covariance: Floats
    residuals: Floats
    r_squared: float

    def se(self, place: int) -> float:
        """The standard error of a coefficient."""
        return math.sqrt(float(self.covariance[place, place]))

    def sum_se(self, weights: Floats) -> float:
        """The standard error of the sum of the coefficients with (k,) `weights`."""
        return math.sqrt(max(float(weights @ self.covariance @ weights), 0.0))


def ols_hac(x: Floats, y: Floats, groups: Labels, lags: int) -> Fit:
    """Of (n,) `y` on (n, k) `x`, rows by rising time within (n,) `groups`, each of one run.

    Raises CalibrationError: too few rows, or columns that depend on each other.
    """
    inverse, values, residuals = _solved(x, y)
    scores = x * residuals[:, None]
    meat = scores.T @ scores
    for lag in range(1, min(lags, len(y) - 1) + 1):
        same = groups[lag:] == groups[:-lag]
        cross = (scores[lag:] * same[:, None]).T @ scores[:-lag]
        meat += (1.0 - lag / (lags + 1.0)) * (cross + cross.T)
    return Fit(values=values, covariance=inverse @ meat @ inverse, residuals=residuals,
               r_squared=_r_squared(x, y, residuals, np.ones_like(y)))  # fmt: skip


def wls_clustered(x: Floats, y: Floats, weights: Floats, clusters: Labels) -> Fit:
    """Of (n,) `y` on (n, k) `x` with (n,) `weights` above 0; errors within a cluster are not
    independent. Raises CalibrationError: too few rows or clusters, or dependent columns.
    """
    n, k = x.shape
    names, place = np.unique(clusters, return_inverse=True)
    if n > k >= len(names):
        text = f"{len(names)} independent days or runs for {k} coefficients"
        raise CalibrationError(CalibrationFault.TOO_FEW, "clusters", text)
    root = np.sqrt(weights)
    inverse, values, scaled = _solved(x * root[:, None], y * root)
    scores = np.zeros((len(names), k))
    np.add.at(scores, place, x * (scaled * root)[:, None])
    correction = len(names) / (len(names) - 1.0) * (n - 1.0) / (n - k)
    residuals = y - x @ values
    return Fit(values=values, covariance=correction * inverse @ (scores.T @ scores) @ inverse,
               residuals=residuals, r_squared=_r_squared(x, y, residuals, weights))  # fmt: skip


def winsorised(values: Floats, fraction: float) -> Floats:
    """(n,) with what lies beyond the quantiles `fraction` and 1 - `fraction` moved to them."""
    low, high = np.quantile(values, [fraction, 1.0 - fraction])
    return np.clip(values, low, high)


def _solved(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """((X'X)^-1, coefficients, residuals)."""
    n, k = x.shape
    if n <= k:
        raise CalibrationError(CalibrationFault.TOO_FEW, "rows", f"{n} for {k} coefficients")
    lengths = np.sqrt((x * x).sum(axis=0))
    if not lengths.all():
        raise CalibrationError(CalibrationFault.COLLINEAR, "columns", "one is zero throughout")
    q, r = np.linalg.qr(x / lengths)
    if np.abs(np.diag(r)).min() < _INDEPENDENT:
        raise CalibrationError(CalibrationFault.COLLINEAR, "columns", "they depend on each other")
    upper = np.linalg.inv(r) / lengths[:, None]
    values = upper @ (q.T @ y)
    return upper @ upper.T, values, y - x @ values


def _r_squared(x: Floats, y: Floats, residuals: Floats, weights: Floats) -> float:
    constant = bool((x == x[0]).all(axis=0).any())
    centre = float(np.average(y, weights=weights)) if constant else 0.0
    total = float(weights @ (y - centre) ** 2)
    return 1.0 - float(weights @ residuals**2) / total if total > 0.0 else 0.0
