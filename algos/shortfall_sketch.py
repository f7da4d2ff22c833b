"""What an implementation shortfall plan begins from: window, market, urgency, alpha and caps."""

import math
from typing import Final

import msgspec
import numpy as np

from algos.algorithm import PlanRequest
from algos.market_figures import (
    PROFILE,
    Levels,
    MarketFigures,
    levels_now,
    market_figures,
    session_seconds,
)
from algos.models.impact import BPS, IMPACT_MODELS
from algos.models.known_calibrations import ChosenModel
from algos.models.quadrature import Floats
from algos.models.urgency import URGENCIES
from algos.models.urgency_names import Urgency
from algos.parameters import Values
from algos.schedule import TradingClock, slice_count
from algos.shortfall_trajectory import BINS_MAX, Outlook, confident_kappa, linear_temporary
from algos.volume_window import VolumeWindow, volume_window
from domain.impact_model import ImpactModelName

_NS: Final = 1e9


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """A request, its window, and what is known of its market. `figures`: as the market is now."""

    request: PlanRequest
    window: VolumeWindow
    figures: MarketFigures
    levels: Levels
    impact: ChosenModel


def sketch(request: PlanRequest) -> Sketch:
    """Look at the market once."""
    around = request.around
    levels = levels_now(around)
    figures = market_figures(around.market, around.profile, session_seconds(around), around.now_ns)
    volatility = figures.daily_volatility
    if volatility is not None and figures.daily_volatility_from == PROFILE:
        figures = msgspec.structs.replace(
            figures, daily_volatility=volatility * (levels.volatility or 1.0)
        )
    return Sketch(
        request=request,
        window=window_over(request, request.clock),
        figures=figures,
        levels=levels,
        impact=_impact(request),
    )


def _impact(request: PlanRequest) -> ChosenModel:
    """The model asked for, with the house's coefficients if it is the house's."""
    house, asked = request.around.impact, request.params["impact_model"]
    if asked is None or asked == house.name:
        return house
    name = ImpactModelName(str(asked))
    return ChosenModel(name=name, model=IMPACT_MODELS[name], why="another model than the house's")


def window_over(request: PlanRequest, clock: TradingClock) -> VolumeWindow:
    """A window of the order in bins of its interval, longer ones where there would be too many."""
    smallest = request.params["min_child_qty"]
    child = max(request.lot, smallest) if isinstance(smallest, int) else request.lot
    interval_ns = int(number(request.params, "interval") * _NS)
    count = slice_count(request.qty, clock.end_ns - clock.start_ns, interval_ns, child)
    return volume_window(request.around, clock, min(count, BINS_MAX))


def number(params: Values, name: str) -> float:
    """A parameter that always has a value."""
    value = params[name]
    assert isinstance(value, float), name
    return value


def outlook(
    of: Sketch, window: VolumeWindow, qty: int, kappa: float, *, alpha_since_ns: int | None,
    liquidity: float | None,
) -> Outlook:  # fmt: skip
    """`qty` over a window of this order. `liquidity`: the level that the cap is reckoned with."""
    temporary = linear_cost(of, window, qty)
    adverse = None
    if alpha_since_ns is not None and temporary is not None:
        adverse = _adverse(of, window, alpha_since_ns)
    return Outlook(
        qty=float(qty), times=window.times, kappa=kappa, adverse=adverse, temporary=temporary,
        caps=_caps(of, window, liquidity or 1.0),
    )  # fmt: skip


def linear_cost(of: Sketch, window: VolumeWindow, qty: int) -> float | None:
    """eta of an even order over a window, of the price per share a day; None without figures."""
    known = of.figures
    if known.adv_qty is None or known.daily_volatility is None or qty <= 0:
        return None
    return linear_temporary(of.impact.model, qty, window.days, adv_qty=known.adv_qty,
                            daily_volatility=known.daily_volatility)  # fmt: skip


def _caps(of: Sketch, window: VolumeWindow, liquidity: float) -> Floats | None:
    """p / (1 - p) of what others are expected to trade in each bin (quant.md section 4)."""
    cap = of.request.params["max_participation"]
    if not isinstance(cap, float) or cap >= 1.0 or of.figures.adv_qty is None:
        return None
    caps: Floats = cap / (1.0 - cap) * of.figures.adv_qty * liquidity * np.diff(window.times)
    return caps


# -- alpha: quant.md 2.5


def _adverse(of: Sketch, window: VolumeWindow, since_ns: int) -> Floats:
    """(n,) the alpha that is still to come in each bin, of the price, against the order.

    total (e^(-delta a) - e^(-delta b)) / (1 - e^(-delta T)): a fading drift, integrated. It fades
    in time, not in volume. T: from when it began to the end of the window.
    """
    return -np.diff(_alpha_left(of, np.array(window.wall_ns()), since_ns))


def alpha_left_bps(of: Sketch, since_ns: int | None) -> float:
    """What of the alpha is still to come."""
    if since_ns is None:
        return 0.0
    return float(_alpha_left(of, np.array([of.window.wall_ns()[0]]), since_ns)[0]) * BPS


def _alpha_left(of: Sketch, at_ns: Floats, since_ns: int) -> Floats:
    params = of.request.params
    decay = math.log(2.0) / number(params, "alpha_half_life")
    whole = -math.expm1(-decay * (of.window.wall_ns()[-1] - since_ns) / _NS)
    faded = np.exp(-decay * (at_ns - since_ns) / _NS)
    left: Floats = number(params, "alpha") / BPS * (faded - (1.0 - whole)) / whole
    return left


# -- how much risk counts: quant.md 2.1


def kappa_of(of: Sketch) -> tuple[float, str]:
    """kappa, a day of volume time, and what said so."""
    params, window = of.request.params, of.window
    half_life, confidence = params["half_life"], params["risk_confidence"]
    if isinstance(half_life, float):
        return window.seconds / half_life / window.days, f"half_life={half_life:g}"
    if isinstance(confidence, float):
        found = _confident(of, confidence)
        if found is not None:
            return found, f"risk_confidence={confidence:g}"
    urgency = Urgency(str(params["urgency"] or Urgency.M))
    said = f"urgency={urgency.value}"
    if confidence is not None:  # it was there when the order was accepted, and is no more
        said += ", for the figures that risk_confidence needs are not known any more"
    elif params["urgency"] is None:
        said += ", the default"
    return URGENCIES[urgency] / window.days, said


def _confident(of: Sketch, confidence: float) -> float | None:
    qty, volatility = of.request.qty, of.figures.daily_volatility
    temporary = linear_cost(of, of.window, qty)
    if temporary is None or not volatility:
        return None
    bins = len(of.window.times) - 1
    return confident_kappa(qty, of.window.days, bins, confidence, temporary=temporary,
                           daily_volatility=volatility)  # fmt: skip
