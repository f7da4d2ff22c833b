"""How long what is due may rest before it crosses: tau = f(spread, volatility) (quant.md 5.4).

The unit is the time in which the price moves by about a spread, (spread / volatility)^2: earlier
there is nothing to fear, later what is waited for is less than what may be lost. So one style
waits for seconds in a liquid stock and for minutes in an illiquid one.
"""

from math import sqrt
from typing import Final

from algos.chance import around_one
from algos.parent import Parent
from algos.styles import style_of
from algos.surroundings import Surroundings
from marketdata.symbol_profile import TimeNorm

UNIT_S: Final = 20.0  # where spread or volatility is not known
PATIENCE_S: Final = (5.0, 300.0)  # below, the messages cost more; above, the market is another
# quant.md 5.5 randomises post or cross: after each fill the patience is another one.
VARIED: Final = 0.2
_NS: Final = 1e9


def patience_ns(parent: Parent, around: Surroundings) -> int | None:
    """Of what is due now; None: no end, for the order may not cross. 0: it may not rest."""
    if parent.params.get("passive_only") is True:
        return None
    patience = style_of(parent).patience
    if patience <= 0.0:
        return 0
    low, high = PATIENCE_S
    varied = around_one(VARIED, parent.order_id, "patience", parent.cum_qty)
    return int(min(max(patience * unit_s(around), low), high) * varied * _NS)


def unit_s(around: Surroundings) -> float:
    """The time in which the price moves by a spread, seconds; UNIT_S if nobody knows."""
    norm = _norm(around)
    spread, volatility = _spread(around, norm), _volatility(around, norm)
    if spread is None or volatility is None or volatility <= 0.0:
        return UNIT_S
    return (spread / volatility) ** 2


def usual_volatility(around: Surroundings) -> float | None:
    """Of a root second, relative: of this time of day, of any day, of this day so far; or None."""
    return _volatility(around, _norm(around))


def usual_touch_qty(around: Surroundings) -> float | None:
    """Shares of one side of the touch, all venues; from the same sources in the same order."""
    norm = _norm(around)
    if norm is not None and norm.touch_qty is not None:
        return norm.touch_qty
    if around.profile is not None and around.profile.touch_qty is not None:
        return around.profile.touch_qty
    if not around.market.keeps_statistics:
        return None
    depth = around.market.statistics.depth_qty
    return None if depth is None else (depth[0] + depth[1]) / 2


def _norm(around: Surroundings) -> TimeNorm | None:
    """What the profile says of this time of day."""
    profile, session = around.profile, around.session
    if profile is None or session is None:
        return None
    return profile.norm_at((around.now_ns - session.open_ns) / _NS)


def _spread(around: Surroundings, norm: TimeNorm | None) -> float | None:
    """A fraction of the price."""
    if norm is not None and norm.relative_spread is not None:
        return norm.relative_spread
    if around.profile is not None and around.profile.relative_spread is not None:
        return around.profile.relative_spread
    if not around.market.keeps_statistics:
        return None
    statistics = around.market.statistics
    spread, mid = statistics.mean_spread_ticks, statistics.mid_px_ticks
    return None if spread is None or mid is None else spread / mid


def _volatility(around: Surroundings, norm: TimeNorm | None) -> float | None:
    if norm is not None and norm.volatility_per_sqrt_s is not None:
        return norm.volatility_per_sqrt_s
    profile, session = around.profile, around.session
    if profile is not None and session is not None and profile.daily_volatility is not None:
        return profile.daily_volatility / sqrt((session.close_ns - session.open_ns) / _NS)
    if not around.market.keeps_statistics:
        return None
    return around.market.statistics.volatility.per_sqrt_s
