"""How impact fades: planted kernels come back, what does not fade or is not there is refused."""

import numpy as np
import pytest

from algos.calibration.decay import decay, fitted, jackknife_se, unit_response
from algos.models.calibration import Refusal
from tests.algos.calibration.planted import fading_bars, kyle_bars


def by_its_definition(signs: np.ndarray, kernel: np.ndarray) -> list[float]:
    """R(l) of (L + 1,) autocorrelations, term by term; `kernel` from lag 0, which is not used."""
    lags = range(len(signs))
    return [
        sum(kernel[lag - n] * signs[n] for n in range(lag))
        + sum((kernel[lag + n] - kernel[n]) * signs[n] for n in range(1, len(signs)))
        for lag in lags
    ]


def test_the_response_of_a_kernel() -> None:
    signs = np.array([1.0, 0.4, 0.2, -0.1])
    kernel = np.exp(-np.arange(8) * 2.0 / 7.0)
    assert unit_response(signs, 7.0, 2.0) == pytest.approx(by_its_definition(signs, kernel))


@pytest.mark.parametrize("tau", [0.6, 3.0, 20.0, 150.0])
def test_an_exact_response_gives_its_kernel(tau: float) -> None:
    signs = 0.5 ** np.arange(61.0)
    means = np.stack([0.03 * unit_response(signs, tau, 1.0), signs])
    assert fitted(means, 1.0) == pytest.approx((0.03, tau), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("tau", [2.0, 10.0, 40.0])
def test_the_planted_decay(tau: float) -> None:
    off = []
    for seed in range(6):
        g0, found = decay(fading_bars(seed, 0.01, tau))
        assert (g0.refused, found.refused) == (None, None)
        assert found.estimate is not None
        assert found.se is not None
        off.append((np.log(found.estimate) - np.log(tau)) / (found.se / found.estimate))
        assert g0.value == pytest.approx(0.01, rel=0.3)
    assert abs(np.array(off)).max() < 3.0
    assert abs(np.mean(off)) < 1.2


def test_persistent_flow_is_not_taken_for_impact_that_stays() -> None:
    """Without its correction the response to signs that go on would fade far later."""
    _, found = decay(fading_bars(1, 0.01, 5.0, persistence=0.8, days=60))
    assert found.estimate == pytest.approx(5.0, rel=0.35)


def test_what_does_not_fade_is_at_the_bound() -> None:
    g0, tau = decay(fading_bars(1, 0.0, 5.0, stays=0.01))
    assert (tau.refused, tau.value) == (Refusal.AT_BOUND, None)
    assert (g0.refused, g0.value, g0.why) == (Refusal.ITS_FELLOW, None, "decay_tau is refused")


def test_what_is_not_there_is_refused() -> None:
    g0, tau = decay(fading_bars(1, 0.0, 5.0))
    assert g0.value is None
    assert tau.value is None
    assert Refusal.INSIGNIFICANT in (g0.refused, tau.refused)


def test_too_few_bars() -> None:
    g0, tau = decay(kyle_bars(1, n=599))
    assert (g0.refused, tau.refused) == (Refusal.TOO_FEW, Refusal.TOO_FEW)
    assert g0.why == "599 bars, and 600 it takes"


def test_a_jackknife_of_means_is_the_error_of_the_mean() -> None:
    values = np.array([1.0, 4.0, 2.0, 8.0])
    without = (values.sum() - values) / 3
    assert jackknife_se(without) == pytest.approx(values.std(ddof=1) / 2)
