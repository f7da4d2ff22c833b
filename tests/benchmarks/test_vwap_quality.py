"""VWAP on a recorded day: near its own curve, and near the market's VWAP (quant.md 9.3)."""

from pathlib import Path

import pytest

from benchmarks.vwap_quality import LAG_GOAL, played


@pytest.mark.slow
def test_a_recorded_day_of_ibm(data_dir: Path, tmp_path: Path) -> None:
    """9 October 2013, 09:35 to 15:55, with a profile of the two days before. The risk is 2 bps; the
    spread that every child crosses is 2 bps too.
    """
    found = played(data_dir, tmp_path, "IBM", "2013-10-09", ("09:35", "15:55"), "buy")
    assert found.cum_qty == found.order_qty
    assert 100 * found.lag <= LAG_GOAL
    assert 100 * found.lag <= 1.0  # the aim
    assert found.risk_bps is not None
    assert found.risk_bps == pytest.approx(2.0, abs=0.5)
    assert abs(found.gap_bps) <= 2 * found.risk_bps
