"""What an algorithm supposes of a symbol's market, and where each figure is from.

From the symbol's profile, else from what this worker has seen of the day, else not known: None, and
the source says so. Levels are the market now against what is usual at this time of the day.
"""

import math
from typing import Final

import msgspec

from algos.conditions import COVERED_S_MIN, log_ratios
from algos.norms import OfProfile
from algos.surroundings import Surroundings
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile

PROFILE: Final = "profile"
LIVE: Final = "live"
UNKNOWN: Final = "unknown"

VOLUME_NS: Final = 600 * 10**9  # that a live daily volume is made of
_SESSION_S: Final = 23_400.0  # where no session is known: the day that quant.md reckons in
_NS: Final = 1e9


class MarketFigures(msgspec.Struct, frozen=True, kw_only=True):
    """`daily_volatility`, `half_spread`: fractions of the price. `adv_qty`: shares a session.

    `*_from`: profile, live or unknown; None exactly where it is unknown.
    """

    daily_volatility: float | None
    daily_volatility_from: str
    adv_qty: float | None
    adv_from: str
    half_spread: float | None
    half_spread_from: str


def market_figures(market: SymbolMarket, profile: SymbolProfile | None, session_s: float,
                   now_ns: int) -> MarketFigures:  # fmt: skip
    """What is known of a market. `session_s`: seconds of trading of a whole session."""
    volatility, volatility_from = _first(
        None if profile is None else profile.daily_volatility, _live_volatility(market, session_s)
    )
    adv, adv_from = _first(
        None if profile is None else float(profile.adv_qty), _live_adv(market, session_s, now_ns)
    )
    spread, spread_from = _first(
        None if profile is None else profile.relative_spread, _live_spread(market, now_ns)
    )
    return MarketFigures(
        daily_volatility=volatility, daily_volatility_from=volatility_from, adv_qty=adv,
        adv_from=adv_from, half_spread=None if spread is None else spread / 2.0,
        half_spread_from=spread_from,
    )  # fmt: skip


def session_seconds(around: Surroundings) -> float:
    """Of continuous trading in the parent's session."""
    session = around.session
    if session is None:
        return _SESSION_S
    return session.trading_ns(session.open_ns, session.close_ns) / _NS


def _first(known: float | None, live: float | None) -> tuple[float | None, str]:
    if known is not None:
        return known, PROFILE
    return live, UNKNOWN if live is None else LIVE


def _live_volatility(market: SymbolMarket, session_s: float) -> float | None:
    statistics = market.statistics
    if statistics.covered_ns < COVERED_S_MIN * _NS:  # a first minute's volatility is none
        return None
    return statistics.volatility.daily(session_s) or None


def _live_adv(market: SymbolMarket, session_s: float, now_ns: int) -> float | None:
    """A day at the present rate: right in the mean of a day, and that is all it is."""
    rate = market.tape.others_per_s(now_ns - VOLUME_NS, now_ns)
    return None if rate is None else rate * session_s or None


def _live_spread(market: SymbolMarket, now_ns: int) -> float | None:
    """Its mean where statistics are kept, else what it is now."""
    best = market.bbo(now_ns)
    mid = best.mid_px_ticks
    if not mid:
        return None
    ticks = market.statistics.spread_ticks
    return (best.ask_px_ticks - best.bid_px_ticks if ticks is None else ticks) / mid


# -- now against what is usual


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """1: as usual at this time of the day. None: not known, now or as usual."""

    volatility: float | None = None
    liquidity: float | None = None


def levels_now(around: Surroundings) -> Levels:
    """Volatility and others' volume by the last sample of the touch, by the profile's norms."""
    samples, norms = around.market.statistics.samples, profile_norms(around)
    if norms is None or not samples or samples[-1].covered_s < COVERED_S_MIN:
        return Levels()
    volatility, _, _, volume = log_ratios(samples[-1], around.market, norms)
    return Levels(
        volatility=None if volatility is None else math.exp(volatility),
        liquidity=None if volume is None else math.exp(volume),
    )


def profile_norms(around: Surroundings) -> OfProfile | None:
    """What is usual at any time of the session; None where no profile says it."""
    if around.profile is None or around.session is None:
        return None
    return OfProfile(profile=around.profile, open_ns=around.session.open_ns)


def day_share(around: Surroundings, start_ns: int, end_ns: int) -> float:
    """What of a day's continuous volume is expected in [start_ns, end_ns)."""
    session, known = around.session, around.curve
    if session is None or known is None:
        return (end_ns - start_ns) / _NS / _SESSION_S
    since_s, until_s = (start_ns - session.open_ns) / _NS, (end_ns - session.open_ns) / _NS
    parts = known.curve.overlaps(since_s, until_s)
    share = sum(each.share * part for each, part in zip(known.curve.bins, parts, strict=True))
    return share or session.trading_ns(start_ns, end_ns) / _NS / session_seconds(around)
