"""Kinds of symbols as numbers: what flows into a book, how the price moves, how much is traded.

Rates and targets are those of quant.md 8.2 (a lot is 100 shares, rates a second at an activity of
one). A preset is stated at a price; at another price its levels and moves scale with it, so that
spreads and volatility keep their size in basis points.
"""

from typing import Final

import msgspec


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """The background of one symbol over all its venues.

    Limit orders come at `limit_rate` a side, i steps behind the efficient price with a chance as
    (i + `near`)^-`decay`, i < `levels`; each is a lot and lives for 1 / `cancel_rate` seconds.
    Noise market orders: `market_rate` a side, geometric with `market_lots` in the mean, a share
    `at_touch` of them no further than the touch. Snipers look `snipe_rate` times a second.
    """

    name: str
    px_ticks: int
    daily_volatility: float  # of the efficient price, a fraction of it
    limit_rate: float
    decay: float
    near: int
    levels: int
    cancel_rate: float
    market_rate: float
    market_lots: float
    snipe_rate: float
    adv_qty: int  # shares a day in the mean: the latent book's V
    spread_ticks: float  # time-weighted, what the rates above give in one book
    lot_qty: int = 100
    at_touch: float = 0.8
    # quant.md 3.6: day and bin levels of log volume, and what they keep of the one before.
    day_level_sd: float = 0.35
    day_level_keep: float = 0.6
    bin_level_sd: float = 0.3
    bin_level_keep: float = 0.3
    # quant.md 8.3: Y and chi of the latent book; g, a permanent part, in the same units.
    impact_y: float = 1.0
    impact_chi: float = 0.02
    permanent_g: float = 0.0
    # quant.md 8.2: shares of the day's volume that trade in the auctions.
    open_share: float = 0.015
    close_share: float = 0.10


LIQUID: Final = Preset(
    name="liquid", px_ticks=4_000, daily_volatility=0.015,
    limit_rate=8.0, decay=0.6, near=1, levels=12, cancel_rate=0.035,
    market_rate=0.7, market_lots=2.5, snipe_rate=20.0,
    adv_qty=10_900_000, spread_ticks=1.40,
)  # fmt: skip
MID: Final = Preset(
    name="mid", px_ticks=6_000, daily_volatility=0.02,
    limit_rate=1.0, decay=0.7, near=2, levels=40, cancel_rate=0.02,
    market_rate=0.11, market_lots=1.8, snipe_rate=3.0,
    adv_qty=1_320_000, spread_ticks=4.81,
)  # fmt: skip
ILLIQUID: Final = Preset(
    name="illiquid", px_ticks=2_500, daily_volatility=0.03,
    limit_rate=0.06, decay=0.7, near=4, levels=60, cancel_rate=0.004,
    market_rate=0.0055, market_lots=1.5, snipe_rate=0.3,
    adv_qty=70_000, spread_ticks=12.4,
)  # fmt: skip
# Deep and slow: for a clock that runs 40 or 60 times as fast as the wall's. An order that is a
# hundredth of a second on its way meets a market half a second older, and a liquid one has gone.
STEADY: Final = Preset(
    name="steady", px_ticks=10_000, daily_volatility=0.004,
    limit_rate=2.0, decay=0.6, near=1, levels=6, cancel_rate=0.02,
    market_rate=0.2, market_lots=2.0, snipe_rate=2.0,
    adv_qty=13_600_000, spread_ticks=1.43, lot_qty=400, day_level_sd=0.0,
)  # fmt: skip
MEASURED: Final = (LIQUID, MID, ILLIQUID)  # against the stylised facts
PRESETS: Final = {each.name: each for each in (*MEASURED, STEADY)}
