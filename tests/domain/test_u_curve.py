"""The default U-curve: shares of a day, and a rate whose mean is one."""

import pytest

from domain.u_curve import U_CURVE, activity


def test_it_is_a_day_in_per_cent() -> None:
    assert len(U_CURVE) == 26
    assert sum(U_CURVE) == pytest.approx(100.0, abs=0.02)


def test_the_rate_is_one_on_average_and_high_at_the_ends() -> None:
    rates = [activity((bin_ + 0.5) / 26) for bin_ in range(26)]
    assert sum(rates) / 26 == pytest.approx(1.0)
    assert activity(0.0) > 2 > 1 > activity(0.5)
    assert activity(1.0 - 1e-12) == max(rates)
