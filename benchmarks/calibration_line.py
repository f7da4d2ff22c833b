"""How what orders cost stands to what was expected of them: the mean, and the line through both."""

from collections.abc import Sequence
from math import sqrt

import msgspec
import numpy as np


class Costed(msgspec.Struct, frozen=True, kw_only=True):
    """One order, basis points: what it was expected to cost, what it did, and the standard
    deviation of such a cost, by which it counts the less."""

    expected_bps: float
    cost_bps: float
    sd_bps: float


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """cost = intercept + `slope` * expected, weighted by 1 / sd^2; `ratio`: mean cost over mean
    expected, with the same weights. Standard errors from the residuals' own size."""

    slope: float
    slope_se: float
    ratio: float
    ratio_se: float


def calibration_line(orders: Sequence[Costed]) -> Line:
    """Weighted least squares over three orders at the least, not all expected to cost the same."""
    expected = np.array([each.expected_bps for each in orders])
    cost = np.array([each.cost_bps for each in orders])
    weights = np.array([each.sd_bps for each in orders]) ** -2.0
    weights /= weights.sum()
    mean_expected, mean_cost = float(weights @ expected), float(weights @ cost)
    centred = expected - mean_expected
    spread = float(weights @ centred**2)
    slope = float(weights @ (centred * (cost - mean_cost))) / spread
    off = cost - mean_cost - slope * centred
    slope_se = sqrt(float((weights**2 * centred**2) @ off**2)) / spread
    ratio = mean_cost / mean_expected
    ratio_se = sqrt(float(weights**2 @ (cost - ratio * expected) ** 2)) / mean_expected
    return Line(slope=slope, slope_se=slope_se, ratio=ratio, ratio_se=ratio_se)
