"""The constrained schedule: the closed forms where they hold, and the KKT conditions everywhere."""

import math
from typing import Final

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from algos.models import almgren_chriss as chriss
from algos.models.almgren_chriss import Bins, LinearMarket
from algos.models.constrained_schedule import (
    FREE,
    Bounds,
    Objective,
    Trading,
    constrained_holdings,
)
from algos.models.model_error import ModelError, ModelFault
from algos.models.power_law import PowerMarket, plan, power_cost, power_holdings
from algos.models.quadrature import Floats
from algos.models.reachable_holdings import reach
from algos.models.trajectory import even_times, even_variance, trades, volume_times

# Almgren and Chriss's Table 1
PAPER: Final = LinearMarket(volatility=0.95, temporary=2.5e-6, permanent=2.5e-7, fixed_cost=0.0625)
WEEK: Final = Bins(duration_days=5.0, count=5)
X: Final = 1e6


def paper(risk_aversion: float, drift: float = 0.0) -> Objective:
    return Objective(
        temporary=chriss.adjusted_temporary(PAPER, WEEK), risk_price=risk_aversion * 0.95**2,
        drift=np.full(5, drift),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("risk_aversion", "drift", "sold"),
    [
        (0.0, 0.0, [2e5] * 5),
        (1e-6, 0.0, [458_044.446, 252_101.335, 141_956.732, 85_755.686, 62_141.802]),
        (1e-6, -0.02, [453_657.713, 250_258.170, 141_956.732, 87_598.851, 66_528.535]),
    ],
)
def test_almgren_and_chriss_to_the_digit(
    risk_aversion: float, drift: float, sold: list[float]
) -> None:
    """quant.md 2.1; the paper sells into a rise, which is drift for the order."""
    left = constrained_holdings(paper(risk_aversion, drift), X, WEEK.times)
    assert trades(left) == pytest.approx(sold, abs=6e-4)
    assert (left[0], left[-1]) == (X, 0.0)


@settings(deadline=None, max_examples=40)
@given(kappa=st.floats(0.0, 30.0), volumes=st.lists(st.floats(0.2, 5.0), min_size=1, max_size=60))
def test_in_fine_bins_of_volume_time_it_is_the_closed_form(
    kappa: float, volumes: list[float]
) -> None:
    """Even rates within bins cost at the least what the free trajectory does, and no trajectory
    through the same bins less than the closed form's own.
    """
    times = volume_times(1.0, volumes)
    objective = Objective(temporary=1.0, risk_price=kappa**2, trading=Trading.EVENLY)
    left = constrained_holdings(objective, 1.0, times)
    closed = chriss.holdings(1.0, kappa, times)
    assert cost(objective, left, times) <= cost(objective, closed, times) * (1 + 1e-9)
    assert left == pytest.approx(closed, abs=0.02 + kappa * float(np.diff(times).max()) / 4)


@pytest.mark.parametrize("k", [0.5, 1.0])
def test_almgrens_power_law(k: float) -> None:
    """quant.md 2.2: with 1,000 bins the digits given are those of continuous time."""
    left_at = {0.5: [0.412433, 0.201274, 0.102487, 0.044194],
               1.0: [0.545212, 0.293239, 0.150348, 0.063385]}[k]  # fmt: skip
    cost_of = {0.5: 1_101_670.1, 1.0: 777_037.2}[k]
    sd = {0.5: 715_945.9, 1.0: 855_831.6}[k]
    times = even_times(5.0, 1_000)
    objective = Objective(temporary=1.25 / 5e5**k, exponent=k, risk_price=1e-6 * 0.95**2,
                          trading=Trading.EVENLY)  # fmt: skip
    left = constrained_holdings(objective, X, times)
    assert left[200:1000:200] / X == pytest.approx(left_at, abs=6e-7)
    passing = objective.temporary * float((trades(left) / 0.005) ** (k + 1) @ np.diff(times))
    assert passing == pytest.approx(cost_of, rel=1e-5)
    assert math.sqrt(even_variance(left, times, 0.95)) == pytest.approx(sd, rel=1e-5)


@settings(deadline=None, max_examples=20)
@given(k=st.floats(0.3, 1.5), risk_aversion=st.floats(1e-8, 1e-5))
def test_no_bins_beat_the_power_law_and_few_nearly_do(k: float, risk_aversion: float) -> None:
    market = PowerMarket(volatility=0.95, temporary=1.25 / 5e5**k, exponent=k)
    times = even_times(2.0, 100)
    objective = Objective(temporary=market.temporary, exponent=k,
                          risk_price=risk_aversion * 0.95**2, trading=Trading.EVENLY)  # fmt: skip
    solved = plan(market, X, risk_aversion, 2.0)
    least = power_cost(solved) + risk_aversion * 0.95**2 * even_variance(
        power_holdings(solved, even_times(2.0, 999)), even_times(2.0, 999), 1.0
    )
    found = cost(objective, constrained_holdings(objective, X, times), times)
    assert least * (1 - 1e-4) <= found <= least * 1.02


def cost(objective: Objective, left: Floats, times: Floats) -> float:
    """The objective, written out a second time."""
    lengths = np.diff(times)
    sold, k = np.maximum(trades(left), 0.0), objective.exponent
    drift = np.zeros(len(lengths)) if objective.drift is None else objective.drift
    passing = objective.temporary * float(((sold / lengths) ** (k + 1)) @ lengths)
    if objective.trading is Trading.AT_START:
        risk, held = float(lengths @ left[1:] ** 2), left[1:]
    else:
        risk, held = even_variance(left, times, 1.0), (left[1:] + left[:-1]) / 2
    return passing + objective.risk_price * risk + float((drift * lengths) @ held)


PROBLEMS: Final = st.fixed_dictionaries(
    {
        "lengths": st.lists(st.floats(0.05, 3.0), min_size=2, max_size=9),
        "k": st.floats(0.3, 1.6),
        "risk": st.floats(0.0, 50.0),
        "drift": st.floats(-3.0, 3.0),
        "caps": st.none() | st.floats(1.0, 4.0),
        "shut": st.integers(-1, 8),
        "low": st.none() | st.floats(0.0, 0.9),
        "high": st.none() | st.floats(0.1, 1.0),
        "trading": st.sampled_from(Trading),
    }
)


@settings(deadline=None, max_examples=150)
@given(given_=PROBLEMS)
def test_no_shift_between_any_two_bins_is_cheaper(given_: dict[str, object]) -> None:
    """The KKT conditions: shifts between two bins span all directions that keep the total."""
    objective, times, bounds = problem(given_)
    bins = len(times) - 1
    try:
        left = constrained_holdings(objective, X, times, bounds)
    except ModelError as refused:
        if refused.fault is not ModelFault.INFEASIBLE:
            raise
        return
    limits = reach(X, bins, caps=bounds.caps, least_left=bounds.least_left,
                   most_left=bounds.most_left, end_left=0.0)  # fmt: skip
    sold = trades(left)
    assert sold.sum() == pytest.approx(X)
    assert sold.min() >= -1e-7 * X
    assert (sold - limits.caps).max() <= 1e-7 * X
    assert (left - limits.most_left).max() <= 1e-7 * X
    assert (limits.least_left - left).max() <= 1e-7 * X
    here, step = cost(objective, left, times), 1e-4 * X
    for earlier in range(bins):
        for later in range(earlier + 1, bins):
            for sign in (1.0, -1.0):
                other = left.copy()
                other[earlier + 1 : later + 1] -= sign * step
                if inside(other, limits.caps, bounds):
                    assert cost(objective, other, times) >= here - 1e-7 * abs(here)


def problem(given_: dict[str, object]) -> tuple[Objective, Floats, Bounds]:
    lengths, share, shut = given_["lengths"], given_["caps"], given_["shut"]
    assert isinstance(lengths, list)
    assert isinstance(shut, int)
    bins = len(lengths)
    times = np.concatenate([[0.0], np.cumsum(lengths)])
    caps = np.full(bins, X / bins * share) if isinstance(share, float) else np.full(bins, X)
    if 0 <= shut < bins:
        caps[shut] = 0.0
    low, high = given_["low"], given_["high"]
    middle = bins // 2
    least, most = np.zeros(bins + 1), np.full(bins + 1, X)
    if isinstance(low, float):
        least[: middle + 1] = low * X
    if isinstance(high, float):
        most[middle:] = high * X
        most[0] = X
    k, risk, drift = given_["k"], given_["risk"], given_["drift"]
    assert isinstance(k, float)
    assert isinstance(risk, float)
    assert isinstance(drift, float)
    objective = Objective(
        temporary=1.0 / X**k, exponent=k, risk_price=risk / X, drift=np.full(bins, drift),
        trading=Trading(str(given_["trading"])),
    )  # fmt: skip
    bounds = Bounds(caps=caps, least_left=None if low is None else least,
                    most_left=None if high is None else most)  # fmt: skip
    return objective, times, bounds


def inside(left: Floats, caps: Floats, bounds: Bounds) -> bool:
    sold = trades(left)
    least, most = bounds.least_left, bounds.most_left
    return (
        sold.min() >= 0.0
        and bool(np.all(sold <= caps))
        and (least is None or bool(np.all(left >= least)))
        and (most is None or bool(np.all(left <= most)))
    )


def test_a_curvature_that_deceives_newton() -> None:
    """Bold steps go in a circle here; x is where marginal costs meet, 1 to 17 of the shares."""
    most = np.array([X, 0.125 * X, 0.125 * X])
    objective = Objective(temporary=1 / X**1.5, exponent=1.5)
    left = constrained_holdings(objective, X, np.array([0.0, 1.0, 1.0625]), Bounds(most_left=most))
    assert left[1] == pytest.approx(X / 17)


def test_a_cap_moves_what_it_forbids_to_later() -> None:
    """Bound where the free trajectory is above the cap, and then the free one of what is left."""
    times = even_times(1.0, 20)
    objective = Objective(temporary=1.0, risk_price=16.0)
    left = constrained_holdings(objective, 100.0, times, Bounds(caps=np.full(20, 9.0)))
    sold = trades(left)
    bound = int(np.count_nonzero(sold > 9.0 - 1e-6))
    assert 3 <= bound < 19
    assert sold[:bound] == pytest.approx(9.0)
    rest = constrained_holdings(objective, float(left[bound]), times[bound:] - times[bound])
    assert rest == pytest.approx(left[bound:], abs=1e-6)


def test_a_shut_bin_trades_nothing() -> None:
    caps = np.full(10, 100.0)
    caps[[0, 4, 9]] = 0.0
    left = constrained_holdings(Objective(temporary=1.0), 70.0, even_times(1.0, 10),
                                Bounds(caps=caps))  # fmt: skip
    assert trades(left) == pytest.approx([0, 10, 10, 10, 0, 10, 10, 10, 10, 0])


def test_caps_that_just_suffice() -> None:
    caps = np.array([10.0, 30.0, 60.0])
    left = constrained_holdings(Objective(temporary=1.0, risk_price=5.0), 100.0,
                                even_times(1.0, 3), Bounds(caps=caps))  # fmt: skip
    assert trades(left) == pytest.approx(caps)


def test_what_may_be_left_at_the_end() -> None:
    left = constrained_holdings(Objective(temporary=1.0), 100.0, even_times(1.0, 4),
                                Bounds(end_left=20.0))  # fmt: skip
    assert left == pytest.approx([100.0, 80.0, 60.0, 40.0, 20.0])
    all_kept = constrained_holdings(Objective(temporary=1.0), 100.0, even_times(1.0, 4),
                                    Bounds(end_left=100.0))  # fmt: skip
    assert all_kept == pytest.approx(100.0)
    assert constrained_holdings(Objective(temporary=1.0), 0.0, even_times(1.0, 4)).max() == 0.0


@pytest.mark.parametrize(
    ("bounds", "field", "said"),
    [
        (Bounds(caps=np.full(4, 20.0)), "caps", "80 of 100 shares: 20 too few"),
        (Bounds(caps=np.array([10.0, 10.0, 100.0, 100.0]),
                most_left=np.array([100.0, 100.0, 50.0, 50.0, 0.0])),
         "bounds", "at edge 2 of 4 at least 80 and at most 50 shares can be left: 30 too many"),
        (Bounds(least_left=np.array([0.0, 0.0, 0.0, 60.0, 0.0]),
                most_left=np.array([100.0, 50.0, 100.0, 100.0, 0.0])),
         "bounds", "at least 60 and at most 50 shares can be left: 10 too many"),
        (Bounds(least_left=np.full(5, 30.0)), "least_left", "ends with 30 above 0: 30 shares"),
        (Bounds(most_left=np.full(5, 30.0)), "most_left", "begins with 100 above 30: 70 shares"),
    ],
)  # fmt: skip
def test_infeasible_by_how_much(bounds: Bounds, field: str, said: str) -> None:
    with pytest.raises(ModelError) as refused:
        constrained_holdings(Objective(temporary=1.0), 100.0, even_times(1.0, 4), bounds)
    assert refused.value.fault is ModelFault.INFEASIBLE
    assert refused.value.field == field
    assert said in refused.value.text


@settings(deadline=None)
@given(
    caps=st.lists(st.floats(0.0, 60.0), min_size=2, max_size=8),
    at=st.integers(0, 7), most=st.floats(0.0, 100.0),
)  # fmt: skip
def test_every_edge_of_the_reach_is_reached(caps: list[float], at: int, most: float) -> None:
    bins = len(caps)
    upper = np.full(bins + 1, 100.0)
    upper[1 + at % bins :] = most
    try:
        limits = reach(100.0, bins, caps=np.array(caps), least_left=None, most_left=upper,
                       end_left=0.0)  # fmt: skip
    except ModelError as refused:
        if refused.fault is not ModelFault.INFEASIBLE:
            raise
        return
    for left in (limits.least_left, limits.most_left):
        assert trades(left).min() >= -1e-9
        assert (trades(left) - limits.caps).max() <= 1e-6
        assert (left[0], left[-1]) == (100.0, 0.0)
        assert (left - upper).max() <= 1e-6


@pytest.mark.parametrize(
    ("make", "field", "fault"),
    [
        (lambda: Objective(temporary=0.0), "temporary", ModelFault.NOT_POSITIVE),
        (lambda: Objective(temporary=1.0, exponent=4.0), "exponent", ModelFault.ABOVE_BOUND),
        (lambda: Objective(temporary=1.0, risk_price=-1.0), "risk_price", ModelFault.NEGATIVE),
    ],
)  # fmt: skip
def test_refused_objectives(make: object, field: str, fault: ModelFault) -> None:
    assert callable(make)
    with pytest.raises(ModelError) as refused:
        make()
    assert (refused.value.field, refused.value.fault) == (field, fault)


@pytest.mark.parametrize(
    ("objective", "times", "bounds", "field", "fault"),
    [
        (Objective(temporary=1.0, drift=np.zeros(3)), [0, 1, 2], FREE, "drift",
         ModelFault.WRONG_LENGTH),
        (Objective(temporary=1.0, drift=np.array([0.0, math.nan])), [0, 1, 2], FREE, "drift",
         ModelFault.NOT_FINITE),
        (Objective(temporary=1.0), [0, 1, 1], FREE, "times", ModelFault.NOT_POSITIVE),
        (Objective(temporary=1.0), [0, 1, math.nan], FREE, "times", ModelFault.NOT_POSITIVE),
        (Objective(temporary=1.0), [0], FREE, "bins", ModelFault.NOT_POSITIVE),
        (Objective(temporary=1.0), [0, 1, 2], Bounds(caps=np.ones(3)), "caps",
         ModelFault.WRONG_LENGTH),
        (Objective(temporary=1.0), [0, 1, 2], Bounds(caps=np.array([9.0, -1.0])), "caps",
         ModelFault.NEGATIVE),
        (Objective(temporary=1.0), [0, 1, 2], Bounds(caps=np.array([9.0, math.nan])), "caps",
         ModelFault.NOT_FINITE),
        (Objective(temporary=1.0), [0, 1, 2], Bounds(end_left=2.0), "end_left",
         ModelFault.ABOVE_BOUND),
    ],
)  # fmt: skip
def test_refused(
    objective: Objective, times: list[float], bounds: Bounds, field: str, fault: ModelFault
) -> None:
    with pytest.raises(ModelError) as refused:
        constrained_holdings(objective, 1.0, np.array(times, dtype=float), bounds)
    assert (refused.value.field, refused.value.fault) == (field, fault)


@settings(deadline=None, max_examples=60)
@given(
    qty=st.floats(1e-3, 1e9), days=st.floats(1e-3, 100.0), eta=st.floats(1e-12, 1e3),
    kappa=st.floats(0.0, 200.0), bins=st.sampled_from([1, 2, 3, 390]),
)  # fmt: skip
def test_units_do_not_matter(qty: float, days: float, eta: float, kappa: float, bins: int) -> None:
    """From a share to a billion, from minutes to months, from no risk to all at once."""
    times = even_times(days, bins)
    decay = kappa / days
    objective = Objective(temporary=eta, risk_price=eta * decay**2, trading=Trading.EVENLY)
    assume(objective.risk_price < math.inf)
    left = constrained_holdings(objective, qty, times)
    assert trades(left).min() >= -1e-9 * qty
    unit = Objective(temporary=1.0, risk_price=kappa**2, trading=Trading.EVENLY)
    expected = constrained_holdings(unit, 1.0, even_times(1.0, bins))
    assert left / qty == pytest.approx(expected, abs=1e-6)
