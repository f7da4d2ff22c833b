"""What is usual at a time of day: of a profile, and carried on from what an order measured."""

from math import sqrt

import pytest

from algos.norms import DaySoFar, Norm, NormSource, OfProfile, shape
from domain.u_curve import U_CURVE
from marketdata.symbol_profile import ProfileSource, SymbolProfile, TimeNorm

S = 10**9
OPEN_NS = 1_000_000 * S
CLOSE_NS = OPEN_NS + 23_400 * S
LONG_S = 1e6  # covered: the whole lag


def bin_norm(start_s: int, rate: float, volatility: float | None = 1e-4) -> TimeNorm:
    return TimeNorm(start_s=start_s, end_s=start_s + 900, shares_per_s=rate,
                    volatility_per_sqrt_s=volatility, relative_spread=8e-4)  # fmt: skip


PROFILE = SymbolProfile(
    symbol="IBM", calendar="XNYS", as_of="2026-03-02", source=ProfileSource.RECORDED,
    made_from="a test", adv_qty=1_000_000,
    norms=(bin_norm(0, 40.0, 2e-4), bin_norm(900, 20.0), bin_norm(1_800, 10.0, None)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("after_open_s", "rate"),
    [
        (0, 40.0),  # nothing is before the open, whatever the lag
        (300 + 450, 40.0),
        (300 + 900, 30.0),  # half way between the middles of two bins
        (300 + 1_350, 20.0),
        (300 + 2_250, 10.0),
        (300 + 2_650, 10.0),  # beyond the last middle: as it is there
    ],
)
def test_a_profile_is_read_between_the_middles_of_its_bins(after_open_s: int, rate: float) -> None:
    found = OfProfile(profile=PROFILE, open_ns=OPEN_NS).at(OPEN_NS + after_open_s * S, LONG_S)
    assert found.shares_per_s == pytest.approx(rate)
    assert found.relative_spread == 8e-4
    assert found.touch_qty is None


def test_a_young_mean_is_of_a_shorter_while_ago() -> None:
    norms = OfProfile(profile=PROFILE, open_ns=OPEN_NS)
    at_ns = OPEN_NS + 1_350 * S
    assert norms.at(at_ns, 0.0).volatility == pytest.approx(1e-4)
    assert norms.at(at_ns, 600.0).volatility == pytest.approx(
        norms.at(at_ns + 300 * S, LONG_S).volatility or 0
    )
    assert (norms.at(at_ns, 900.0).volatility or 0) > 1e-4


def test_what_the_next_bin_does_not_know_is_as_it_is_here() -> None:
    found = OfProfile(profile=PROFILE, open_ns=OPEN_NS).at(OPEN_NS + (600 + 1_500) * S, LONG_S)
    assert found.volatility == pytest.approx(1e-4)


def test_there_is_no_norm_beyond_the_profile() -> None:
    norms = OfProfile(profile=PROFILE, open_ns=OPEN_NS)
    assert norms.at(OPEN_NS + 5_000 * S, LONG_S) == Norm()
    assert norms.source is NormSource.PROFILE
    assert norms.measured_s is None


def test_the_day_so_far_is_carried_along_the_default_shape() -> None:
    norm = Norm(volatility=1e-4, relative_spread=8e-4, touch_qty=500.0, shares_per_s=20.0)
    measured_ns = OPEN_NS + 3_600 * S
    norms = DaySoFar(norm=norm, measured_ns=measured_ns, measured_s=1_200.0, open_ns=OPEN_NS,
                     close_ns=CLOSE_NS)  # fmt: skip
    assert norms.at(measured_ns, 1_200.0) == norm
    later = norms.at(OPEN_NS + 12_000 * S, LONG_S)
    assert later.relative_spread == norm.relative_spread
    assert later.touch_qty == norm.touch_qty
    busier = shape((12_000 - 300) / 23_400) / shape((3_600 - 300) / 23_400)
    wilder = shape((12_000 - 600) / 23_400) / shape((3_600 - 600) / 23_400)
    assert later.shares_per_s == pytest.approx(20.0 * busier)
    assert later.volatility == pytest.approx(1e-4 * sqrt(wilder))
    assert busier < 0.7
    nothing = DaySoFar(norm=Norm(), measured_ns=measured_ns, measured_s=1_200.0, open_ns=OPEN_NS,
                       close_ns=CLOSE_NS)  # fmt: skip
    assert nothing.at(CLOSE_NS, LONG_S) == Norm()
    assert norms.source is NormSource.DAY_SO_FAR


def test_the_shape_goes_through_the_middles_of_the_curves_bins() -> None:
    for index, share in enumerate(U_CURVE):
        assert shape((index + 0.5) / len(U_CURVE)) == pytest.approx(share)
    assert shape(0.0) == U_CURVE[0]
    assert shape(1.0) == U_CURVE[-1]
