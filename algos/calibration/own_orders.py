"""Impact models fitted to what own orders cost, shrunk to the published ones (quant.md 2.8).

    cost_i / sigma_i = c spread_i / (2 sigma_i) + sum_k beta_k f_k(x_i, T_i) + e_i

with f_k the model's average impact of a coefficient of 1 at a volatility of 1, by least squares
with weights 1 / T_i: those of cost_i itself are 1 / (sigma_i^2 T_i), for the noise of an order is
the market's move while it trades. Orders of one cluster (a day, a run) are not independent. One
order tells next to nothing (R^2 below 1 %), so n orders count n / (n + PRIOR_ORDERS) against the
published coefficient.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from algos.calibration.flow_impact import T_MIN, denied, refused, significant
from algos.calibration.regression import Fit, Labels, wls_clustered
from algos.calibration.students_t import t_quantile
from algos.models.calibration import (
    CalibrationSlope,
    Coefficient,
    CoefficientName,
    Refusal,
    SlopeOf,
)
from algos.models.calibration_error import CalibrationError, CalibrationFault
from algos.models.impact import (
    AlmgrenModel,
    CrossoverModel,
    ImpactModel,
    LinearModel,
    SizedOrder,
)
from algos.models.quadrature import Floats
from domain.impact_model import ImpactModelName

PRIOR_ORDERS: Final = 300  # n0 of quant.md 2.8
FOLDS: Final = 5  # of the out-of-sample slope
ORDERS_MIN: Final = 30  # fewer say nothing even of their own spread
CLUSTERS_MIN: Final = 10  # below, the errors of clusters are far too small
SPREAD_PUBLISHED: Final = 1.0  # of half the spread: what who crosses every time pays
SPREAD_PAID_MAX: Final = 2.0  # of half the spread, paid or earned
_LEVEL: Final = 0.95


class OwnOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What an order was and cost. `cost`: a fraction of the arrival price, positive = against us.

    `cluster`: orders of one name are not independent: their day, or their simulated run.
    `order`: qty, adv, volatility, duration in days of volume time, half the spread.
    """

    cluster: str
    order: SizedOrder
    cost: float


class FittedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model's coefficients, what of the spread is paid first, and how its predictions fared."""

    model: ImpactModelName
    coefficients: tuple[Coefficient, ...]
    slopes: tuple[CalibrationSlope, ...]


class _Law(msgspec.Struct, frozen=True):
    """A model by its linear coefficients: their names, published values, and unit models."""

    spread: CoefficientName
    names: tuple[CoefficientName, ...]
    published: tuple[float, ...]
    units: tuple[ImpactModel, ...]


_CROSSOVER, _ALMGREN, _LINEAR = CrossoverModel(), AlmgrenModel(), LinearModel()
LAWS: Final = {
    ImpactModelName.CROSSOVER: _Law(
        CoefficientName.CROSSOVER_SPREAD_PAID,
        (CoefficientName.CROSSOVER_Y,), (_CROSSOVER.y,), (CrossoverModel(y=1.0),)
    ),
    ImpactModelName.ALMGREN: _Law(
        CoefficientName.ALMGREN_SPREAD_PAID,
        (CoefficientName.ALMGREN_GAMMA, CoefficientName.ALMGREN_ETA),
        (_ALMGREN.gamma, _ALMGREN.eta),
        (AlmgrenModel(gamma=1.0, eta=0.0), AlmgrenModel(gamma=0.0, eta=1.0)),
    ),
    ImpactModelName.LINEAR: _Law(
        CoefficientName.LINEAR_SPREAD_PAID,
        (CoefficientName.LINEAR_GAMMA, CoefficientName.LINEAR_ETA),
        (_LINEAR.gamma, _LINEAR.eta),
        (LinearModel(gamma=1.0, eta=0.0), LinearModel(gamma=0.0, eta=1.0)),
    ),
}  # fmt: skip


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    """(n, 1 + k) columns, half the spread first; (n,) costs, both over sigma; weights; clusters."""

    columns: Floats
    costs: Floats
    weights: Floats
    clusters: Labels

    def of(self, rows: NDArray[np.bool_]) -> "_Sample":
        """Some of them."""
        return _Sample(columns=self.columns[rows], costs=self.costs[rows],
                       weights=self.weights[rows], clusters=self.clusters[rows])  # fmt: skip


def fit_model(model: ImpactModelName, orders: Sequence[OwnOrder]) -> FittedModel:
    """The model's coefficients; a model is fitted whole, so if one is refused, all its are."""
    law = LAWS[model]
    sample = _sample(law, orders)
    published = np.array([SPREAD_PUBLISHED, *law.published])
    slopes = [_slope(model, SlopeOf.PUBLISHED, sample, sample.columns @ published)]
    coefficients = _coefficients(law, sample)
    if all(each.refused is None for each in coefficients[1:]):
        predicted = _out_of_sample(law, sample)
        slopes.append(_slope(model, SlopeOf.CALIBRATED, sample, predicted))
    return FittedModel(model=model, coefficients=coefficients,
                       slopes=tuple(each for each in slopes if each is not None))  # fmt: skip


def _sample(law: _Law, orders: Sequence[OwnOrder]) -> _Sample:
    names = {name: place for place, name in enumerate(dict.fromkeys(o.cluster for o in orders))}
    calm = [each for each in orders if not each.order.daily_volatility > 0.0]
    if calm:
        raise CalibrationError(CalibrationFault.BAD_VALUE, "daily_volatility", "an order's is 0")
    rows = [
        [each.order.half_spread / each.order.daily_volatility,
         *(unit.impact(msgspec.structs.replace(each.order, daily_volatility=1.0)).average
           for unit in law.units)]
        for each in orders
    ]  # fmt: skip
    return _Sample(
        columns=np.array(rows, dtype=float).reshape(len(orders), 1 + len(law.units)),
        costs=np.array([each.cost / each.order.daily_volatility for each in orders]),
        weights=np.array([1.0 / each.order.duration_days for each in orders]),
        clusters=np.array([names[each.cluster] for each in orders], dtype=np.int64),
    )


def _coefficients(law: _Law, sample: _Sample) -> tuple[Coefficient, ...]:
    """What of the spread is paid, and the law's own."""
    n, clusters = len(sample.costs), len(np.unique(sample.clusters))
    if n < ORDERS_MIN or clusters < CLUSTERS_MIN:
        why = (f"{n} orders of {clusters} independent days or runs; it takes {ORDERS_MIN} of "
               f"{CLUSTERS_MIN}")  # fmt: skip
        spread = _none(law.spread, SPREAD_PUBLISHED, n, Refusal.TOO_FEW, why)
        return (spread, *_all_refused(law, n, Refusal.TOO_FEW, why))
    spread, fit = _spread(law, sample)
    try:
        if fit is None:
            costs = sample.costs - SPREAD_PUBLISHED * sample.columns[:, 0]
            fit = wls_clustered(sample.columns[:, 1:], costs, sample.weights, sample.clusters)
    except CalibrationError as error:
        why = f"the orders do not tell size and duration apart: {error.text}"
        return (spread, *_all_refused(law, n, Refusal.COLLINEAR, why))
    first = len(fit.values) - len(law.names)
    found = [
        significant(_shrunk(name, prior, fit, place, n))
        for place, (name, prior) in enumerate(zip(law.names, law.published, strict=True), first)
    ]
    return (spread, *_all_or_none(found))


def _spread(law: _Law, sample: _Sample) -> tuple[Coefficient, Fit | None]:
    """What of half the spread is paid, with the fit of all; without it where the orders do not say.

    It may truly be 0, or below where orders wait and earn it, so it is not held against 0: it is
    refused where its error is so large that paid and not paid cannot be told apart.
    """
    name, prior, n = law.spread, SPREAD_PUBLISHED, len(sample.costs)
    if not sample.columns[:, 0].any():
        return _none(name, prior, n, Refusal.NO_DATA, "no order's spread is known"), None
    try:
        fit = wls_clustered(sample.columns, sample.costs, sample.weights, sample.clusters)
    except CalibrationError as error:
        why = f"the orders do not tell spread and impact apart: {error.text}"
        return _none(name, prior, n, Refusal.COLLINEAR, why), None
    made = _shrunk(name, prior, fit, 0, n)
    assert made.se is not None
    assert made.estimate is not None
    if T_MIN * made.se >= SPREAD_PUBLISHED:
        why = f"{made.estimate:.2f} +- {made.se:.2f}: paid and not paid cannot be told apart"
        return denied(made, Refusal.INSIGNIFICANT, why), None
    if abs(made.estimate) > SPREAD_PAID_MAX:
        why = f"{made.estimate:.2f}: no order pays or earns so much of it"
        return denied(made, Refusal.OUT_OF_RANGE, why), None
    return made, fit


def _all_or_none(found: Sequence[Coefficient]) -> tuple[Coefficient, ...]:
    """As they are; or if one is refused, so are the others, for a model is fitted whole."""
    bad = next((each for each in found if each.refused is not None), None)
    if bad is None:
        return tuple(found)
    why = f"{bad.name.value} is refused: {bad.why}"
    return tuple(each if each.refused else denied(each, Refusal.ITS_FELLOW, why) for each in found)


def _shrunk(name: CoefficientName, prior: float, fit: Fit, place: int, n: int) -> Coefficient:
    estimate = float(fit.values[place])
    share = n / (n + PRIOR_ORDERS)
    return Coefficient(name=name, unit="", n=n, estimate=estimate, se=fit.se(place),
                       r_squared=fit.r_squared, value=share * estimate + (1.0 - share) * prior,
                       published=prior)  # fmt: skip


def _none(
    name: CoefficientName, published: float, n: int, reason: Refusal, why: str
) -> Coefficient:
    return msgspec.structs.replace(refused(name, "", n, reason, why), published=published)


def _all_refused(law: _Law, n: int, reason: Refusal, why: str) -> tuple[Coefficient, ...]:
    return tuple(_none(name, prior, n, reason, why)
                 for name, prior in zip(law.names, law.published, strict=True))  # fmt: skip


def _out_of_sample(law: _Law, sample: _Sample) -> Floats:
    """(n,) predictions over sigma, each cluster's by a fit to the clusters of other folds."""
    predicted = np.zeros_like(sample.costs)
    published = np.array([SPREAD_PUBLISHED, *law.published])
    for fold in range(FOLDS):
        held = sample.clusters % FOLDS == fold
        made = _coefficients(law, sample.of(~held))
        used = [each.value if each.value is not None else prior
                for each, prior in zip(made, published.tolist(), strict=True)]  # fmt: skip
        predicted[held] = sample.columns[held] @ np.array(used)
    return predicted


def _slope(
    model: ImpactModelName, of: SlopeOf, sample: _Sample, predicted: Floats
) -> CalibrationSlope | None:
    """None where there are too few to say."""
    clusters = len(np.unique(sample.clusters))
    if clusters < 2 or not predicted.any():
        return None
    fit = wls_clustered(predicted[:, None], sample.costs, sample.weights, sample.clusters)
    value, se = float(fit.values[0]), fit.se(0)
    half = t_quantile((1.0 + _LEVEL) / 2.0, clusters - 1) * se
    return CalibrationSlope(
        model=model.value, of=of, value=value, se=se, low=value - half, high=value + half,
        orders=len(sample.costs), clusters=clusters,
    )  # fmt: skip
