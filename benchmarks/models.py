"""The models: an impact estimate, trajectories of a day, a whole pre-trade estimate.

Processor time of one call, the mean of the least disturbed of several rounds.
"""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from algos.desk import Desk
from algos.models.almgren_chriss import Bins, LinearMarket, decay, holdings
from algos.models.alpha import drifting_holdings, fading_drift
from algos.models.constrained_schedule import Bounds, Objective, Trading, constrained_holdings
from algos.models.impact import IMPACT_MODELS, SizedOrder
from algos.models.pre_trade import estimate
from algos.models.trajectory import even_times
from algos.parameters import Values
from algos.parent import Terms
from algos.policy import Policy
from benchmarks.figures import Figure, Goal
from benchmarks.scene import DAY, OPEN_NS, SYMBOL, VENUES, calendars, instruments, quote
from domain.impact_model import ImpactModelName
from domain.instruments import Side
from marketdata.known_profiles import KnownProfiles
from marketdata.symbol_profile import ProfileSource, SymbolProfile

# What the project set itself for these models (microseconds).
IMPACT_GOAL_US: Final = 10.0
TRAJECTORY_GOAL_US: Final = 1_000.0
CONSTRAINED_GOAL_US: Final = 20_000.0
MINUTES: Final = 390
ROUNDS: Final = 7


def measure(calls: int) -> list[Figure]:
    """Each model's estimate, `calls` times a round; trajectories a hundredth as often."""
    few = max(calls // 100, 1)
    figures = [
        _figure(f"impact estimate, {name}", _impact(name), calls, IMPACT_GOAL_US)
        for name in ImpactModelName
    ]
    return [
        *figures,
        _figure("Almgren-Chriss, 390 bins", _trajectory, few, TRAJECTORY_GOAL_US),
        *(
            _figure(f"constrained, 390 bins, {name}", call, max(few // 10, 1), CONSTRAINED_GOAL_US)
            for name, call in CONSTRAINED.items()
        ),
        _figure("feedback on a fading alpha, 390 bins", _fading, few, TRAJECTORY_GOAL_US),
        _figure("pre-trade estimate with 390 bins", _pre_trade, few, None),
        _figure("estimate with an acceptance", _accepted(), calls, None),
    ]


def _figure(name: str, call: Callable[[], object], calls: int, goal_us: float | None) -> Figure:
    return Figure(
        stage="models", name=name, value=_microseconds(call, calls), unit="us",
        base_name="the goal" if goal_us else "", base=goal_us, headroom=goal_us is not None,
        goal=Goal(at_least=1.0) if goal_us else None,
    )  # fmt: skip


def _microseconds(call: Callable[[], object], calls: int) -> float:
    taken = []
    for _ in range(ROUNDS):
        start_ns = time.process_time_ns()
        for _ in range(calls):
            call()
        taken.append((time.process_time_ns() - start_ns) / calls / 1_000)
    return min(taken)


def _accepted() -> Callable[[], object]:
    """All that is said with an acceptance: cost, risk, duration, chance of completion."""
    profile = SymbolProfile(
        symbol=SYMBOL, calendar="XNYS", as_of=DAY, source=ProfileSource.PRESET,
        made_from="a benchmark", adv_qty=1_000_000, daily_volatility=0.02, relative_spread=4e-4,
    )  # fmt: skip
    desk = Desk(
        number=0, instruments=instruments(), calendars=calendars(), policy=Policy(),
        partition_of=lambda _: 0, profiles=KnownProfiles(by_symbol={SYMBOL: profile}),
    )  # fmt: skip
    desk.market(SYMBOL).on_event(quote(VENUES[0], OPEN_NS))
    instrument = desk.instruments[SYMBOL]
    terms = Terms(order_qty=5_000, limit_px_ticks=18_600, start_ns=OPEN_NS,
                  end_ns=OPEN_NS + 3_600 * 10**9)  # fmt: skip
    params: Values = {"max_participation": 0.1}
    return lambda: desk.estimate(instrument, Side.BUY, 5_000, terms, params, OPEN_NS)


def _order() -> SizedOrder:
    return SizedOrder(qty=1e5, adv=1e6, daily_volatility=0.02, half_spread=4e-4)


def _impact(name: ImpactModelName) -> Callable[[], object]:
    """From the inputs, so with their checks."""
    model = IMPACT_MODELS[name]
    return lambda: model.impact(_order())


def _trajectory() -> object:
    """From the market's constants and a risk aversion to the shares left at each minute."""
    market = LinearMarket(volatility=0.95, temporary=2.5e-6, permanent=2.5e-7)
    bins = Bins(duration_days=1.0, count=MINUTES)
    return holdings(1e6, decay(market, bins, 1e-6), bins.times)


def _constrained(exponent: float, cap: float, drift: float) -> Callable[[], object]:
    """With a cap a little above an even rate's share, which binds in a third of the bins or so."""
    objective = Objective(
        temporary=1.25 / 5e5**exponent, exponent=exponent, risk_price=1e-5 * 0.95**2,
        drift=np.full(MINUTES, drift), trading=Trading.EVENLY,
    )  # fmt: skip
    times, caps = even_times(1.0, MINUTES), np.full(MINUTES, cap * 1e6 / MINUTES)
    return lambda: constrained_holdings(objective, 1e6, times, Bounds(caps=caps))


CONSTRAINED: Final = {
    "linear": _constrained(1.0, 1.4, 0.0),
    "power law": _constrained(0.6, 1.4, 0.0),
    "power law, alpha, tight cap": _constrained(0.6, 1.05, 0.2),
}


def _fading() -> object:
    drift = fading_drift(0.3, 0.2, 1.0)
    return drifting_holdings(1e6, 2.0, even_times(1.0, MINUTES), 2.5e-7, drift)


def _pre_trade() -> object:
    model = IMPACT_MODELS[ImpactModelName.CROSSOVER]
    return estimate(model, _order(), 2.0, even_times(1.0, MINUTES))
