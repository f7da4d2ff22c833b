"""The line through costs and estimates finds what was planted, and the mean with it."""

import numpy as np
import pytest

from benchmarks.calibration_line import Costed, calibration_line


def test_a_planted_line_is_found() -> None:
    generator = np.random.default_rng(3)
    orders = [
        Costed(expected_bps=expected, sd_bps=sd,
               cost_bps=2.0 + 0.8 * expected + sd * generator.standard_normal())
        for expected, sd in zip(generator.uniform(2, 80, 400).tolist(), [1.0, 3.0] * 200,
                                strict=True)
    ]  # fmt: skip
    line = calibration_line(orders)
    assert line.slope == pytest.approx(0.8, abs=3 * line.slope_se)
    assert line.slope_se < 0.01
    mean = np.average([each.expected_bps for each in orders],
                      weights=[each.sd_bps**-2 for each in orders])  # fmt: skip
    assert line.ratio == pytest.approx(0.8 + 2.0 / mean, abs=3 * line.ratio_se)


def test_a_perfect_estimate_has_slope_and_ratio_one() -> None:
    orders = [Costed(expected_bps=each, cost_bps=each, sd_bps=1.0) for each in (1.0, 2.0, 30.0)]
    line = calibration_line(orders)
    assert line.slope == pytest.approx(1.0)
    assert line.ratio == pytest.approx(1.0)
    assert line.slope_se == pytest.approx(0.0, abs=1e-9)


def test_what_varies_more_counts_less() -> None:
    sure = [Costed(expected_bps=each, cost_bps=each, sd_bps=1.0) for each in (1.0, 5.0, 9.0)]
    wild = [Costed(expected_bps=9.0, cost_bps=90.0, sd_bps=1_000.0)]
    assert calibration_line([*sure, *wild]).slope == pytest.approx(1.0, abs=1e-3)
