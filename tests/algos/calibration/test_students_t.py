"""Student's t: quantiles by the tables."""

from statistics import NormalDist

import pytest

from algos.calibration.students_t import t_cdf, t_quantile


# Percentage points of Student's t, any table: (degrees of freedom, 97.5 %, 99.5 %).
@pytest.mark.parametrize(
    ("freedom", "p975", "p995"),
    [(1, 12.7062, 63.6567), (2, 4.3027, 9.9248), (5, 2.5706, 4.0321), (10, 2.2281, 3.1693),
     (30, 2.0423, 2.7500), (120, 1.9799, 2.6174)],
)  # fmt: skip
def test_quantiles_are_those_of_the_tables(freedom: int, p975: float, p995: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(p975, abs=5e-5)
    assert t_quantile(0.995, freedom) == pytest.approx(p995, abs=5e-5)


def test_many_degrees_of_freedom_are_the_normal_distribution() -> None:
    normal = NormalDist()
    for t in (0.1, 1.0, 2.5):
        assert t_cdf(t, 1_000_000) == pytest.approx(normal.cdf(t), abs=1e-6)
    assert t_cdf(0.0, 3) == 0.5
