"""Own-order models: planted coefficients come back, are shrunk, and are held to what came."""

import msgspec
import pytest

from algos.calibration.own_orders import PRIOR_ORDERS, OwnOrder, fit_model
from algos.models.calibration import CoefficientName, Refusal, SlopeOf
from algos.models.calibration_error import CalibrationError
from algos.models.impact import (
    IMPACT_MODELS,
    AlmgrenModel,
    CrossoverModel,
    ImpactModel,
    LinearModel,
)
from domain.impact_model import ImpactModelName
from tests.algos.calibration.planted import orders_of

CROSSOVER, ALMGREN, LINEAR = ImpactModelName
NO_IMPACT = LinearModel(gamma=0.0, eta=0.0)
PLANTED: list[tuple[ImpactModelName, ImpactModel, list[float], list[float]]] = [
    # model, planted, what of the spread and its coefficients, the published ones
    (CROSSOVER, CrossoverModel(y=0.7), [0.6, 0.7], [1.0, 1.0]),
    (ALMGREN, AlmgrenModel(gamma=0.5, eta=0.2), [0.6, 0.5, 0.2], [1.0, 0.314, 0.142]),
    (LINEAR, LinearModel(gamma=2.0, eta=0.7), [0.6, 2.0, 0.7],
     [1.0, LinearModel().gamma, LinearModel().eta]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "planted", "truth", "published"), PLANTED)
def test_the_planted_coefficients(
    name: ImpactModelName, planted: ImpactModel, truth: list[float], published: list[float]
) -> None:
    made = fit_model(name, orders_of(1, planted, 3_000, noise=0.1))
    for each, true, prior in zip(made.coefficients, truth, published, strict=True):
        assert each.estimate is not None
        assert each.se is not None
        assert abs(each.estimate - true) < 3.0 * each.se
        assert each.published == prior
        share = 3_000 / (3_000 + PRIOR_ORDERS)
        assert each.value == pytest.approx(share * each.estimate + (1 - share) * prior)
        assert each.refused is None
    before, after = made.slopes
    assert (before.of, after.of) == (SlopeOf.PUBLISHED, SlopeOf.CALIBRATED)
    assert not before.holds_one
    assert abs(after.value - 1.0) < 0.1  # the shrinkage is still felt


def test_orders_as_they_are_tell_little() -> None:
    """At the noise of the market, sizes of 0.1 to 20 % of a day, a calibration is still right."""
    made = fit_model(CROSSOVER, orders_of(2, CrossoverModel(y=1.0), 4_000, paid=1.0))
    impact = made.coefficients[1]
    assert impact.r_squared is not None
    assert impact.r_squared < 0.2
    assert all(each.holds_one for each in made.slopes)
    assert impact.value == pytest.approx(1.0, abs=0.15)


def test_a_spread_that_is_not_told_apart_is_taken_as_paid() -> None:
    made = fit_model(CROSSOVER, orders_of(1, CrossoverModel(y=0.6), 400, paid=1.0))
    spread, impact = made.coefficients
    assert (spread.refused, spread.value, spread.published) == (Refusal.INSIGNIFICANT, None, 1.0)
    assert "paid and not paid cannot be told apart" in spread.why
    assert impact.refused is None


def test_a_spread_that_is_earned_is_found() -> None:
    made = fit_model(
        CROSSOVER, orders_of(1, CrossoverModel(), 3_000, paid=-0.3, noise=0.1)
    ).coefficients[0]
    assert made.estimate == pytest.approx(-0.3, abs=0.1)
    assert made.refused is None


def test_no_spread_known() -> None:
    made = fit_model(CROSSOVER, orders_of(1, CrossoverModel(), 500, half_spread=0.0, noise=0.1))
    assert made.coefficients[0].refused is Refusal.NO_DATA
    assert made.coefficients[1].estimate == pytest.approx(1.0, rel=0.05)


def test_no_impact_is_refused_and_the_published_stands() -> None:
    for name in ImpactModelName:
        made = fit_model(name, orders_of(1, NO_IMPACT, 400, paid=1.0))
        rest = made.coefficients[1:]
        assert {each.value for each in rest} == {None}
        assert Refusal.INSIGNIFICANT in {each.refused for each in rest}
        assert all(each.published is not None for each in rest)
        assert [each.of for each in made.slopes] == [SlopeOf.PUBLISHED]


def test_a_model_is_fitted_whole() -> None:
    """Its temporary part is not there: what the permanent part takes over is not permanent."""
    made = fit_model(ALMGREN, orders_of(5, AlmgrenModel(gamma=1.0, eta=0.0), 2_000, noise=0.2))
    gamma, eta = made.coefficients[1:]
    assert (gamma.refused, eta.refused) == (Refusal.ITS_FELLOW, Refusal.INSIGNIFICANT)
    assert gamma.why.startswith("almgren_eta is refused: t = ")


def alike(order: OwnOrder, first: OwnOrder) -> OwnOrder:
    """The same terms, another cost."""
    return msgspec.structs.replace(order, order=first.order)


def test_orders_that_do_not_differ() -> None:
    found = orders_of(1, CrossoverModel(), 200, noise=0.1)
    made = fit_model(LINEAR, [alike(each, found[0]) for each in found])
    assert {each.refused for each in made.coefficients} == {Refusal.COLLINEAR}
    one = fit_model(CROSSOVER, [alike(each, found[0]) for each in found])
    assert [each.refused for each in one.coefficients] == [Refusal.COLLINEAR, None]


@pytest.mark.parametrize("n", [0, 29, 45])
def test_too_few_orders_or_days(n: int) -> None:
    """Five orders a day: 45 are of nine days."""
    made = fit_model(CROSSOVER, orders_of(1, CrossoverModel(), n))
    assert {each.refused for each in made.coefficients} == {Refusal.TOO_FEW}
    assert made.coefficients[1].why.startswith(f"{n} orders of {(n + 4) // 5} independent days")


def test_a_market_that_never_moves_weighs_nothing() -> None:
    found = orders_of(1, CrossoverModel(), 40)
    calm = msgspec.structs.replace(found[0].order, daily_volatility=0.0)
    with pytest.raises(CalibrationError, match="bad_value: daily_volatility"):
        fit_model(CROSSOVER, [*found, msgspec.structs.replace(found[0], order=calm)])


def test_every_model_has_its_coefficients() -> None:
    names = {each.value for each in CoefficientName}
    for name in IMPACT_MODELS:
        made = fit_model(name, [])
        assert all(each.name.value.startswith(name.value) for each in made.coefficients)
        assert {each.name.value for each in made.coefficients} <= names
