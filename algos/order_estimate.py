"""What an order is expected to cost and to come to, said with its acceptance: cost, risk, time, and
the chance that it is done.

From the symbol's profile, its volume curve, what was seen of the day, and an impact model; where
each figure is from is in the estimate, and what could not be had is named there. As if every child
crossed the spread, but for what own orders were found to pay of it, and as if shares came evenly in
volume time. Volume: an order with a cap, or with a participation to keep to, may have no more than
that of the market's; any other no more than the house's cap. Volume and price are taken to be
independent. It changes nothing and remembers nothing.
"""

from bisect import bisect_left, bisect_right
from decimal import Decimal
from itertools import accumulate
from typing import Final, NamedTuple

import msgspec

from algos.market_figures import LIVE, PROFILE, UNKNOWN, MarketFigures, market_figures
from algos.models.completion_chance import CERTAIN, Chance, by_limit, by_volume
from algos.models.impact import BPS, SizedOrder
from algos.models.known_calibrations import ChosenModel
from algos.models.model_error import ModelError
from algos.parameters import Rejection, Values
from algos.participation import shares_for
from domain.instruments import Instrument, Side
from domain.refusals import RejectReason, WaitReason
from domain.reports import OrderEstimate
from domain.sessions import Session
from marketdata.consolidated import BestBidOffer
from marketdata.known_profiles import CurveOrigin, SessionCurve
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile

# A curve bin's residual hangs together with its neighbours': see dynamic_curve.OBSERVATION_FACTOR.
BIN_FACTOR: Final = 3.0
_LIVE_BINS: Final = 2.0  # five-minute bins that a live daily volume is made of (market_figures)
# Below this an estimate of completion is worth a word to the OMS.
DOUBT: Final = 0.99
_OF_THE_CROSS: Final = "auction_participation"  # the parameter: a fraction of its volume
_NS: Final = 1e9


class EstimatedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about: `qty` shares still to do over [start_ns, end_ns)."""

    instrument: Instrument
    side: Side
    qty: int
    limit_px_ticks: int | None
    start_ns: int
    end_ns: int
    params: Values


class DayShape:
    """A session's volume curve, made ready to be asked for windows: continuous trading alone."""

    def __init__(self, known: SessionCurve, session: Session) -> None:
        self.known = known
        self._open_ns = session.open_ns
        bins = known.curve.bins
        self._starts_s = [each.start_s for each in bins]
        self._ends_s = [each.end_s for each in bins]
        self._before = [0.0, *accumulate(each.share for each in bins)]  # (n + 1,)

    def window(self, start_ns: int, end_ns: int) -> "_Window":
        """[start_ns, end_ns) of the session's day."""
        first_share, first_bin = self._until((start_ns - self._open_ns) / _NS)
        last_share, last_bin = self._until((end_ns - self._open_ns) / _NS)
        return _Window(max(last_share - first_share, 0.0), max(last_bin - first_bin, 0.0))

    def time_of(self, start_ns: int, share: float) -> int:
        """When so much of the day's volume has traded since `start_ns`; the last bin's end if it
        never has.
        """
        done, _ = self._until((start_ns - self._open_ns) / _NS)
        index = bisect_left(self._before, done + share) - 1
        if index >= len(self._ends_s):
            return self._open_ns + int(self._ends_s[-1] * _NS)
        index = max(index, 0)
        whole = self._before[index + 1] - self._before[index]
        part = (done + share - self._before[index]) / whole if whole > 0.0 else 0.0
        start_s, end_s = self._starts_s[index], self._ends_s[index]
        return self._open_ns + int((start_s + (end_s - start_s) * min(max(part, 0.0), 1.0)) * _NS)

    def _until(self, after_open_s: float) -> tuple[float, float]:
        """(share, bins) of the day that have traded by then, a bin in proportion to its time."""
        index = bisect_right(self._starts_s, after_open_s) - 1
        if index < 0:
            return 0.0, 0.0
        start_s, end_s = self._starts_s[index], self._ends_s[index]
        part = min((after_open_s - start_s) / (end_s - start_s), 1.0)
        before = self._before[index]
        return before + part * (self._before[index + 1] - before), index + part


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at `now_ns`. `session`, `shape`: None where the window lies in no session; then
    no volume is known. `participation_cap`: the house's.
    """

    market: SymbolMarket
    best: BestBidOffer
    profile: SymbolProfile | None
    session: Session | None
    shape: DayShape | None
    model: ChosenModel
    participation_cap: float
    now_ns: int


class _Window(NamedTuple):
    """`share`: of a day's continuous volume in the window. `bins`: of the curve, in it."""

    share: float
    bins: float


class _Volume(NamedTuple):
    """Others' in the window: median, variance of the logarithm. `cross_qty`: of the closing cross,
    for an order that may trade in it.
    """

    median_qty: float
    log_variance: float
    cross_qty: float


def estimate_order(order: EstimatedOrder, outlook: Outlook) -> OrderEstimate:
    """The estimate. An order of no shares costs nothing and is done."""
    figures = _figures(outlook)
    window = _window(outlook, order.start_ns, order.end_ns)
    cap = participation_of(order.params, outlook.participation_cap)
    volume = _volume(outlook, figures, window)
    by_cap = _by_cap(order, cap, volume)
    in_limit = _by_limit(order, outlook, figures)
    chance = None if by_cap is None or in_limit is None else _both(by_cap, in_limit)
    fill_qty = None if by_cap is None else order.qty * by_cap.expected
    costs = _costs(outlook.model, figures, window, fill_qty)
    expected = None if chance is None else chance.expected
    px = _px(order, outlook)
    filled_qty = None if expected is None else round(order.qty * expected)
    return OrderEstimate(
        cost_bps=costs.cost_bps, spread_bps=costs.spread_bps, impact_bps=costs.impact_bps,
        cost=_money(costs.cost_bps, filled_qty, px), risk_bps=costs.risk_bps,
        duration_s=_duration_s(order, outlook, cap, volume, window),
        expected_fill_qty=filled_qty, expected_completion=expected,
        completion_probability=None if chance is None else chance.all_of_it,
        bounded_by=_bounded_by(by_cap, in_limit),
        market_qty=None if volume is None else round(volume.median_qty),
        participation=None if volume is None or fill_qty is None else fill_qty / volume.median_qty,
        max_participation=cap, model=outlook.model.name.value,
        model_from=outlook.model.origin.value, volatility_from=figures.daily_volatility_from,
        volume_from=_volume_from(outlook, figures, volume),
        curve_from="none" if outlook.shape is None else outlook.shape.known.origin.value,
        spread_from=figures.half_spread_from,
        missing=_missing(figures, volume, in_limit, px),
    )  # fmt: skip


def estimate_text(estimate: OrderEstimate) -> str | None:
    """The estimate in a few words, for Text(58); None where there is nothing to say."""
    words: list[str] = []
    if estimate.cost_bps is not None and estimate.risk_bps is not None:
        words.append(f"estimate {estimate.cost_bps:.1f} bps +- {estimate.risk_bps:.0f}")
    if estimate.expected_completion is not None and estimate.bounded_by is not None:
        words.append(f"{estimate.expected_completion:.0%} of it expected to be done: "
                     f"{estimate.bounded_by.value}")  # fmt: skip
    return "; ".join(words) or None


def hopeless(estimate: OrderEstimate, refuse_below: float | None) -> Rejection | None:
    """Why an order is refused by policy: too little of it can be expected to be done. One of which
    that is not known is not refused.
    """
    expected = estimate.expected_completion
    if refuse_below is None or expected is None or expected >= refuse_below:
        return None
    by_limit_px = estimate.bounded_by is WaitReason.ABOVE_LIMIT
    why = "the price is not expected to come within the limit for long"
    if not by_limit_px:
        why = (f"others are expected to trade {estimate.market_qty or 0:,} in the window, and it "
               f"may have {estimate.max_participation:.0%} of all volume")  # fmt: skip
    return Rejection(
        RejectReason.INFEASIBLE, "limit_px" if by_limit_px else "order_qty",
        f"{expected:.1%} of it can be expected to be done, less than {refuse_below:.0%}: {why}",
    )  # fmt: skip


def participation_of(params: Values, house_cap: float) -> float:
    """The share of all volume that an order may have: what it is to keep to, its cap, or the
    house's.
    """
    asked = [params.get(name) for name in ("target_participation", "max_participation")]
    return min([each for each in asked if isinstance(each, float)] + [house_cap])


def _session_s(session: Session | None) -> float:
    if session is None:
        return 0.0
    return session.trading_ns(session.open_ns, session.close_ns) / _NS


def _window(outlook: Outlook, start_ns: int, end_ns: int) -> _Window:
    """By the curve; without one, none."""
    return _Window(0.0, 0.0) if outlook.shape is None else outlook.shape.window(start_ns, end_ns)


def _figures(outlook: Outlook) -> MarketFigures:
    """The profile's where it has all of them: what was seen of the day costs more to ask for."""
    profile = outlook.profile
    if profile is not None and profile.daily_volatility and profile.relative_spread:
        return MarketFigures(
            daily_volatility=profile.daily_volatility, daily_volatility_from=PROFILE,
            adv_qty=float(profile.adv_qty), adv_from=PROFILE,
            half_spread=profile.relative_spread / 2.0, half_spread_from=PROFILE,
        )  # fmt: skip
    session_s = _session_s(outlook.session)
    return market_figures(outlook.market, profile, session_s, outlook.now_ns)


def _volume(outlook: Outlook, figures: MarketFigures, window: _Window) -> _Volume | None:
    """From the curve where its level is the symbol's, else from the daily volume; None: from
    neither.
    """
    if outlook.shape is None or window.share <= 0.0:
        return None
    known = outlook.shape.known
    curve = known.curve
    noise = BIN_FACTOR * curve.bin_variance / max(window.bins, 1.0)
    if known.level_known:
        return _Volume(curve.expected_qty * window.share, curve.day_variance + noise,
                       curve.expected_qty * curve.closing_share)  # fmt: skip
    if figures.adv_qty is None:
        return None
    level = BIN_FACTOR * curve.bin_variance / _LIVE_BINS
    return _Volume(figures.adv_qty * window.share, level + noise,
                   figures.adv_qty * curve.closing_share)  # fmt: skip


def _volume_from(outlook: Outlook, figures: MarketFigures, volume: _Volume | None) -> str:
    if volume is None or outlook.shape is None:
        return UNKNOWN
    known = outlook.shape.known
    if known.level_known:
        return "curve" if known.origin is CurveOrigin.OWN else figures.adv_from
    return LIVE


def _by_cap(order: EstimatedOrder, cap: float, volume: _Volume | None) -> Chance | None:
    """The order may have a share `cap` of all volume: cap / (1 - cap) of others' (quant.md 4); and
    its part of the closing cross.
    """
    if order.qty <= 0 or cap >= 1.0:
        return CERTAIN
    if volume is None:
        return None
    share = order.params.get(_OF_THE_CROSS)
    of_cross = volume.cross_qty * share if isinstance(share, float) else 0.0
    available = shares_for(cap, volume.median_qty) + of_cross
    return by_volume(float(order.qty), 1.0, available, volume.log_variance)


def _by_limit(order: EstimatedOrder, outlook: Outlook, figures: MarketFigures) -> Chance | None:
    """By the price that the order could trade at now, and volatility from now to its end."""
    limit_ticks = order.limit_px_ticks
    if limit_ticks is None or order.qty <= 0:
        return CERTAIN
    best = outlook.best
    px_ticks = best.ask_px_ticks if order.side is Side.BUY else best.bid_px_ticks
    if not px_ticks or figures.daily_volatility is None or outlook.shape is None:
        return None
    days = _window(outlook, outlook.now_ns, order.end_ns).share
    distance = order.side.sign * (limit_ticks - px_ticks) / px_ticks
    return by_limit(distance, figures.daily_volatility * days**0.5)


def _both(volume: Chance, limit: Chance) -> Chance:
    return Chance(volume.all_of_it * limit.all_of_it, volume.expected * limit.expected)


def _bounded_by(volume: Chance | None, limit: Chance | None) -> WaitReason | None:
    """What leaves the more of it undone, where that is worth a word."""
    found = [
        (chance.expected, reason)
        for chance, reason in (
            (volume, WaitReason.PARTICIPATION_CAP),
            (limit, WaitReason.ABOVE_LIMIT),
        )
        if chance is not None and chance.expected < DOUBT
    ]
    return min(found)[1] if found else None


class _Costs(NamedTuple):
    cost_bps: float | None = None
    spread_bps: float | None = None
    impact_bps: float | None = None
    risk_bps: float | None = None


def _costs(
    model: ChosenModel, figures: MarketFigures, window: _Window, fill_qty: float | None
) -> _Costs:
    """In basis points, of a share that is filled; half the spread as far as orders pay it."""
    half, volatility, adv = figures.half_spread, figures.daily_volatility, figures.adv_qty
    spread = None if half is None else model.spread_paid * half * BPS
    if volatility is None or window.share <= 0.0:
        return _Costs(spread_bps=spread)
    risk = volatility * (window.share / 3.0) ** 0.5 * BPS
    if adv is None or fill_qty is None:
        return _Costs(spread_bps=spread, risk_bps=risk)
    try:
        sized = SizedOrder(
            qty=fill_qty, adv=adv, daily_volatility=volatility, duration_days=window.share
        )
    except ModelError:
        return _Costs(spread_bps=spread, risk_bps=risk)
    impact = model.model.impact(sized).average_bps
    return _Costs(None if spread is None else spread + impact, spread, impact, risk)


def _money(cost_bps: float | None, qty: int | None, px: Decimal | None) -> Decimal | None:
    if cost_bps is None or qty is None or px is None:
        return None
    return round(Decimal(cost_bps / BPS * qty) * px, 2)


def _px(order: EstimatedOrder, outlook: Outlook) -> Decimal | None:
    """The mid, in currency units."""
    mid = outlook.best.mid_px_ticks
    return None if mid is None else order.instrument.tick * Decimal(mid)


def _duration_s(order: EstimatedOrder, outlook: Outlook, cap: float, volume: _Volume | None,
                window: _Window) -> float:  # fmt: skip
    """Seconds of trading from the start: to the end, or until a participation that is to be kept
    to has done it in a usual market.
    """
    session, shape, end_ns = outlook.session, outlook.shape, order.end_ns
    if session is None:
        return (end_ns - order.start_ns) / _NS
    keeps_to = isinstance(order.params.get("target_participation"), float) and cap < 1.0
    if volume is not None and shape is not None and keeps_to:
        needed = order.qty / shares_for(cap, volume.median_qty) * window.share
        end_ns = min(end_ns, shape.time_of(order.start_ns, needed))
    return session.trading_ns(order.start_ns, end_ns) / _NS


def _missing(
    figures: MarketFigures, volume: _Volume | None, in_limit: Chance | None, px: Decimal | None
) -> tuple[str, ...]:
    """What figures are not there for want of, by name."""
    wanted = (
        ("volatility", figures.daily_volatility is None),
        ("volume", volume is None),
        ("spread", figures.half_spread is None),
        ("price", px is None or (in_limit is None and figures.daily_volatility is not None)),
    )
    return tuple(name for name, lacks in wanted if lacks)
