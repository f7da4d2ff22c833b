"""Estimates as `headgate order list` and `watch` show them."""

from decimal import Decimal

import msgspec
import pytest

from domain.refusals import WaitReason
from domain.reports import OrderEstimate
from headgate.orders import estimate_line

LACKING = OrderEstimate(
    duration_s=3_600.0, max_participation=0.5, model="crossover", model_from="published",
    volatility_from="unknown", volume_from="unknown", curve_from="default_u",
    spread_from="live", spread_bps=1.0, missing=("volatility", "volume"),
)  # fmt: skip
FULL = msgspec.structs.replace(
    LACKING, cost_bps=5.27, impact_bps=4.27, cost=Decimal("12345.60"), risk_bps=48.2,
    expected_fill_qty=2_100, expected_completion=0.42, completion_probability=0.031,
    bounded_by=WaitReason.PARTICIPATION_CAP, volatility_from="profile", volume_from="curve",
    curve_from="own", missing=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "line"),
    [
        (LACKING, "estimate: 60 min; crossover published, volatility unknown, volume unknown, "
                  "curve default_u, spread live; not known: volatility, volume"),
        (FULL, "estimate: cost 5.3 bps (12,345.60), risk 48 bps, 60 min, 42% done in the mean "
               "(participation_cap), all of it with a chance of 3%; crossover published, "
               "volatility profile, volume curve, curve own, spread live"),
    ],
)  # fmt: skip
def test_a_line(estimate: OrderEstimate, line: str) -> None:
    assert estimate_line(estimate) == line
