"""Profiles for the tests."""

from collections.abc import Sequence

import msgspec

from marketdata.symbol_profile import ProfileSource, SymbolProfile, TimeNorm
from marketdata.volume_curve import VolumeCurve
from tests.marketdata.curve_scene import curve


def norm(start_s: int = 0, end_s: int = 1_800, **changes: object) -> TimeNorm:
    made = TimeNorm(
        start_s=start_s, end_s=end_s, volatility_per_sqrt_s=1e-4, relative_spread=5e-4,
        touch_qty=300.0, shares_per_s=4.0,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def profile(curves: Sequence[VolumeCurve] | None = None, **changes: object) -> SymbolProfile:
    """Of IBM, for an hour that is open each day, with the curve of `curve_scene`."""
    made = SymbolProfile(
        symbol="IBM", calendar="XNYS", as_of="2026-01-31", source=ProfileSource.RECORDED,
        made_from="two days of a test", days=("2026-01-29", "2026-01-30"), adv_qty=20_000,
        daily_volatility=0.02, relative_spread=5e-4, touch_qty=300.0, median_trade_qty=100.0,
        norms=(norm(), norm(1_800, 3_600)),
        curves=(curve(),) if curves is None else tuple(curves),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)
