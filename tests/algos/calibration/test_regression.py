"""The regressions against figures of statsmodels 0.15, and what they refuse."""

import numpy as np
import pytest

from algos.calibration.regression import ols_hac, winsorised, wls_clustered
from algos.models.calibration_error import CalibrationError, CalibrationFault

_I = np.arange(60.0)
X = np.column_stack([np.ones(60), np.sin(1.3 * _I) * 10, np.cos(0.37 * _I) * 3])
Y = 1.0 + X @ [0.0, 0.5, -0.25] + np.sin(0.11 * _I * _I) + 0.4 * np.sin(0.2 * _I)
QUARTERS = (_I // 15).astype(np.int64)
ONE_RUN = np.zeros(60, dtype=np.int64)
WEIGHTS = 1.0 / (1.0 + _I % 4)


@pytest.mark.parametrize(
    ("groups", "lags", "errors"),
    [
        # OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})
        (ONE_RUN, 0, [0.0962169859973, 0.014367122924, 0.0435971773551]),
        (ONE_RUN, 1, [0.111559171082, 0.0146765946195, 0.0488602334974]),
        (ONE_RUN, 5, [0.143977349527, 0.0108261760533, 0.0534310278681]),
        # cov_type="hac-panel", groups=QUARTERS
        (QUARTERS, 5, [0.134002845301, 0.0120536391936, 0.0539859856357]),
    ],
)
def test_errors_of_a_series(groups: np.ndarray, lags: int, errors: list[float]) -> None:
    fit = ols_hac(X, Y, groups, lags)
    assert fit.values == pytest.approx([0.947931641447, 0.47935766135, -0.203011480906])
    assert [fit.se(place) for place in range(3)] == pytest.approx(errors)
    assert fit.r_squared == pytest.approx(0.9549533238750062)


@pytest.mark.parametrize(
    ("columns", "values", "errors", "r_squared"),
    [
        # WLS(y, x, weights).fit(cov_type="cluster", cov_kwds={"groups": QUARTERS})
        (slice(None), [0.972881272015, 0.481232679368, -0.215748249245],
         [0.198369808532, 0.0144871108809, 0.0598419727711], 0.9571764649708764),
        (slice(1, None), [0.475109826564, -0.197909194502],
         [0.0261573324539, 0.0770624913158], 0.8854847869877216),
    ],
)  # fmt: skip
def test_errors_of_clusters(
    columns: slice, values: list[float], errors: list[float], r_squared: float
) -> None:
    fit = wls_clustered(X[:, columns], Y, WEIGHTS, QUARTERS)
    assert fit.values == pytest.approx(values)
    assert [fit.se(place) for place in range(len(values))] == pytest.approx(errors)
    assert fit.r_squared == pytest.approx(r_squared)


def test_the_error_of_a_sum_counts_how_its_parts_move_together() -> None:
    fit = ols_hac(X, Y, ONE_RUN, 5)
    variance = fit.covariance[0, 0] + 4.0 * fit.covariance[1, 1] + 4.0 * fit.covariance[0, 1]
    assert fit.sum_se(np.array([1.0, 2.0, 0.0])) == pytest.approx(variance**0.5)


def test_columns_of_very_different_size_are_no_hindrance() -> None:
    scaled = ols_hac(X * [1.0, 1e9, 1e-9], Y, ONE_RUN, 5)
    plain = ols_hac(X, Y, ONE_RUN, 5)
    assert scaled.values * [1.0, 1e9, 1e-9] == pytest.approx(plain.values)
    assert scaled.se(1) * 1e9 == pytest.approx(plain.se(1))


def test_winsorising_moves_what_is_beyond_and_nothing_else() -> None:
    values = np.arange(101.0)
    assert winsorised(values, 0.05) == pytest.approx(np.clip(values, 5.0, 95.0))


@pytest.mark.parametrize(
    ("x", "fault", "field"),
    [
        (X[:3], CalibrationFault.TOO_FEW, "rows"),
        (X[:, [0, 1, 1]], CalibrationFault.COLLINEAR, "columns"),
        (X * [1.0, 0.0, 1.0], CalibrationFault.COLLINEAR, "columns"),
    ],
)
def test_what_is_refused(x: np.ndarray, fault: CalibrationFault, field: str) -> None:
    n = len(x)
    with pytest.raises(CalibrationError) as of_a_series:
        ols_hac(x, Y[:n], ONE_RUN[:n], 5)
    with pytest.raises(CalibrationError) as of_clusters:
        wls_clustered(x, Y[:n], WEIGHTS[:n], np.arange(n))
    for refused in (of_a_series.value, of_clusters.value):
        assert (refused.fault, refused.field) == (fault, field)


def test_as_many_clusters_as_coefficients_say_nothing() -> None:
    with pytest.raises(CalibrationError) as refused:
        wls_clustered(X, Y, WEIGHTS, QUARTERS // 2)
    assert (refused.value.fault, refused.value.field) == (CalibrationFault.TOO_FEW, "clusters")
