"""The estimate with every acceptance: figures by hand, where they are from, what is missing."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.models.impact import BPS, CrossoverModel, LinearModel, SizedOrder
from algos.models.known_calibrations import ChosenModel, KnownCalibrations, ModelOrigin
from algos.order_estimate import estimate_text, hopeless
from algos.parameters import Values
from algos.parent import Terms
from domain.fix_codes import ExecType
from domain.impact_model import ImpactModelName
from domain.instruments import Side
from domain.marketdata import Quote, Trade
from domain.parents import NewParent, ParamValue
from domain.refusals import RejectReason, WaitReason
from domain.reports import OrderEstimate, ParentReport
from domain.sessions import SessionKind
from marketdata.known_profiles import KnownProfiles
from marketdata.symbol_profile import ProfileSource, SymbolProfile
from marketdata.volume_curve import CurveBin, CurveMethod, VolumeCurve
from tests.algos.partition_scene import BEGIN_NS, CLOSE_NS, IBM, OPEN_NS, S, Scene, new_parent

# An even day of 390,000 shares in 78 bins: 60,000 an hour, of which others have all.
EVEN = VolumeCurve(
    symbol="IBM", calendar="XNYS", session_kind=SessionKind.FULL, as_of="2023-11-14",
    method=CurveMethod.LOG_MEAN, days=("2023-11-13",), session_s=23_400, bin_s=300,
    bins=tuple(CurveBin(300 * i, 300 * (i + 1), 1 / 78) for i in range(78)),
    expected_qty=390_000.0, day_variance=0.09, bin_variance=0.04,
)  # fmt: skip
PROFILE = SymbolProfile(
    symbol="IBM", calendar="XNYS", as_of="2023-11-14", source=ProfileSource.PRESET,
    made_from="a test", adv_qty=390_000, daily_volatility=0.02, relative_spread=0.0004,
    curves=(EVEN,),
)  # fmt: skip
TOUCH = Quote("IBM", "XA", 9_999, 500, 10_001, 500, BEGIN_NS)
HOUR = 3_600


def scene(profile: SymbolProfile | None = PROFILE, touch: Quote | None = TOUCH) -> Scene:
    made = Scene()
    if profile is not None:
        made.know(profile)
    if touch is not None:
        made.show(touch)
    return made


def estimated(of: Scene, order: NewParent) -> OrderEstimate:
    """As it was said with the acceptance."""
    for report in of.ask(order):
        if isinstance(report, ParentReport) and report.exec_type is ExecType.NEW:
            assert report.estimate is not None
            return report.estimate
    raise AssertionError("not accepted")


def buy(qty: int = 6_000, limit: str | None = None, cap: float | None = None) -> NewParent:
    params: dict[str, ParamValue] = {} if cap is None else {"max_participation": cap}
    return new_parent(order_qty=qty, end_s=HOUR, limit=limit, params=params)


def test_figures_by_hand() -> None:
    """6,000 of 390,000 shares over two thirteenths of a day, that cross a spread of 4 bps."""
    found = estimated(scene(), buy())
    sized = SizedOrder(qty=6_000, adv=390_000, daily_volatility=0.02, duration_days=2 / 13)
    assert found.impact_bps == pytest.approx(CrossoverModel().impact(sized).average_bps, rel=1e-3)
    assert found.spread_bps == pytest.approx(2.0)
    assert found.cost_bps is not None
    assert found.impact_bps is not None
    assert found.cost_bps == pytest.approx(2.0 + found.impact_bps)
    assert found.risk_bps == pytest.approx(200 * (2 / 13 / 3) ** 0.5)
    assert found.cost == round(Decimal(found.cost_bps / BPS * 6_000 * 100), 2)  # at a mid of 100.00
    assert (found.market_qty, found.duration_s) == (60_000, HOUR)
    assert found.participation == pytest.approx(0.1)
    assert found.expected_completion == pytest.approx(1.0, abs=1e-6)
    assert (found.bounded_by, found.missing) == (None, ())
    assert (found.model, found.model_from) == ("crossover", "published")
    assert (found.volatility_from, found.spread_from) == ("profile", "profile")
    assert (found.volume_from, found.curve_from) == ("curve", "own")


@pytest.mark.parametrize("cap", [None, 0.1])
def test_the_cap_decides_how_much_can_be_done(cap: float | None) -> None:
    """Rule (a) of algo_parameters.md: at the median, all of cap / (1 - cap) of others' volume."""
    share = 0.5 if cap is None else cap  # the house's
    just = round(share / (1 - share) * 60_000 / 100) * 100
    found = estimated(scene(), buy(just, cap=cap))
    assert found.max_participation == share
    assert found.completion_probability == pytest.approx(0.5, abs=0.01)
    assert found.bounded_by is WaitReason.PARTICIPATION_CAP
    assert found.expected_fill_qty is not None
    assert found.expected_completion is not None
    assert found.expected_fill_qty == round(just * found.expected_completion)
    assert 0.8 < found.expected_completion < 0.95  # a lognormal of 0.09 + 3 * 0.04 / 12 about it


def test_an_order_may_have_its_part_of_the_closing_cross() -> None:
    """A tenth of a cross of 43,333, beside a ninth of others' 60,000: 11,000 at the median."""
    crossed = msgspec.structs.replace(
        EVEN, closing_share=0.1,
        bins=tuple(CurveBin(each.start_s, each.end_s, 0.9 / 78) for each in EVEN.bins),
        expected_qty=390_000 / 0.9,
    )  # fmt: skip
    desk = scene(without(curves=(crossed,))).partition._desk
    terms = Terms(order_qty=11_000, limit_px_ticks=None, start_ns=BEGIN_NS,
                  end_ns=BEGIN_NS + HOUR * S)  # fmt: skip
    params: Values = {"max_participation": 0.1, "auction_participation": 0.1}
    found = desk.estimate(IBM, Side.BUY, 11_000, terms, params, BEGIN_NS)
    assert found.completion_probability == pytest.approx(0.5, abs=0.01)


def test_a_participation_to_keep_to_says_how_long_it_takes() -> None:
    """A tenth of all volume is a ninth of others': 3,000 shares take 27,000 of theirs."""
    order = new_parent(order_qty=3_000, end_s=HOUR, algo="pov",
                       params={"target_participation": 0.1})  # fmt: skip
    assert estimated(scene(), order).duration_s == pytest.approx(1_620)
    slow = msgspec.structs.replace(order, order_qty=Decimal(30_000))
    assert estimated(scene(), slow).duration_s == HOUR


@pytest.mark.parametrize(
    ("side", "limit", "chance", "expected"),
    [  # the price moves by 200 bps sqrt(2/13) = 78.4 bps in the hour
        (Side.BUY, "100.01", 0.5, 0.75),
        (Side.SELL, "99.99", 0.5, 0.75),
        (Side.BUY, "100.7946", 0.8413, None),  # a deviation beyond
        (Side.SELL, "100.7746", 0.1587, None),  # and short of it
    ],
)
def test_a_limit(side: Side, limit: str, chance: float, expected: float | None) -> None:
    px = f"{float(limit):.2f}"
    found = estimated(scene(), new_parent(order_qty=600, end_s=HOUR, side=side, limit=px))
    assert found.completion_probability == pytest.approx(chance, abs=0.002)
    assert found.bounded_by is WaitReason.ABOVE_LIMIT
    if expected is not None:
        assert found.expected_completion == pytest.approx(expected, abs=1e-3)


def without(**fields: object) -> SymbolProfile:
    return msgspec.structs.replace(PROFILE, **fields)


MISSING: list[tuple[SymbolProfile | None, Quote | None, str | None, tuple[str, ...]]] = [
    (None, None, None, ("volatility", "volume", "spread", "price")),
    (None, TOUCH, None, ("volatility", "volume")),
    (PROFILE, None, None, ("price",)),
    (PROFILE, None, "100.00", ("price",)),
    (without(daily_volatility=None), TOUCH, None, ("volatility",)),
    (without(daily_volatility=None), TOUCH, "100.00", ("volatility",)),
    (without(relative_spread=None), None, None, ("spread", "price")),
    (without(relative_spread=None), TOUCH, None, ()),  # the spread is seen
    (without(curves=()), TOUCH, None, ()),  # the daily volume is known, the default U its shape
]


@pytest.mark.parametrize(("profile", "touch", "limit", "missing"), MISSING)
def test_what_is_missing_is_said(
    profile: SymbolProfile | None, touch: Quote | None, limit: str | None, missing: tuple[str, ...]
) -> None:
    found = estimated(scene(profile, touch), buy(600, limit))
    assert found.missing == missing
    assert (found.cost is None) is bool(missing)
    assert (found.cost_bps is None) is any(each != "price" for each in missing)
    assert (found.risk_bps is None) is ("volatility" in missing)
    known = "volume" not in missing and (
        limit is None or ("price" not in missing and "volatility" not in missing)
    )
    assert (found.expected_completion is not None) is known
    assert hopeless(found, 1.0) is None or known
    if "volatility" in missing:
        assert estimate_text(found) is None


def test_what_was_seen_of_the_day_stands_in_for_a_profile() -> None:
    """Ten minutes of quotes and prints, by a worker that keeps statistics."""
    made = scene(None)
    made.ask(new_parent("X", end_s=HOUR))
    for second in range(1, 901):
        made.now_ns = BEGIN_NS + second * S
        mid = 10_000 + second % 7
        made.show(Quote("IBM", "XA", mid - 1, 500, mid + 1, 500, made.now_ns))
        if second % 3 == 0:
            made.show(Trade("IBM", "XA", mid, 300, made.now_ns))
    found = estimated(made, buy())
    assert (found.volatility_from, found.volume_from, found.spread_from) == ("live",) * 3
    assert found.curve_from == "default_u"
    assert found.missing == ()
    assert found.spread_bps == pytest.approx(1.0, rel=0.05)


def test_fitted_coefficients_and_whose_they_are() -> None:
    class Fitted(KnownCalibrations):
        def model(self, name: ImpactModelName, symbol: str) -> ChosenModel:
            return ChosenModel(name=ImpactModelName.LINEAR, model=LinearModel(gamma=0.0, eta=1.0),
                               spread_paid=0.5, origin=ModelOrigin.SYMBOL, why="")  # fmt: skip

    made = scene()
    made.partition._desk.calibrations = Fitted()
    found = estimated(made, buy())
    assert (found.model, found.model_from) == ("linear", "symbol")
    assert found.spread_bps == pytest.approx(1.0)
    assert found.impact_bps == pytest.approx(0.02 * 0.1 * BPS, rel=1e-3)


def test_a_replace_is_estimated_for_what_is_left() -> None:
    whole = estimated(scene(), buy(6_000))
    found = estimated(scene(), buy(12_000))
    assert found.impact_bps is not None
    assert whole.impact_bps is not None
    assert found.impact_bps > whole.impact_bps


def estimate(expected: float | None, reason: WaitReason | None = None) -> OrderEstimate:
    return OrderEstimate(
        duration_s=1.0, expected_completion=expected, bounded_by=reason, max_participation=0.1,
        model="crossover", model_from="published", volatility_from="unknown",
        volume_from="unknown", curve_from="none", spread_from="unknown",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "reason", "refuse_below", "field"),
    [
        (0.05, WaitReason.PARTICIPATION_CAP, 0.1, "order_qty"),
        (0.05, WaitReason.ABOVE_LIMIT, 0.1, "limit_px"),
        (0.1, WaitReason.PARTICIPATION_CAP, 0.1, None),
        (0.05, WaitReason.PARTICIPATION_CAP, None, None),  # policy: accept
        (None, None, 1.0, None),  # not known: not refused
    ],
)
def test_hope(expected: float | None, reason: WaitReason | None, refuse_below: float | None,
              field: str | None) -> None:  # fmt: skip
    found = hopeless(estimate(expected, reason), refuse_below)
    assert (None if found is None else found.field) == field
    assert found is None or found.reason is RejectReason.INFEASIBLE


def test_a_restart_says_nothing_again() -> None:
    made = scene()
    made.ask(buy())
    said = made.restart()
    assert not [each for each in said if isinstance(each, ParentReport)]


DESK = scene().partition._desk


@given(
    st.integers(1, 10**7), st.integers(1, 10**6), st.sampled_from(Side),
    st.one_of(st.none(), st.floats(1e-3, 1.0)), st.integers(0, 21_600), st.integers(1, 21_600),
)  # fmt: skip
def test_whatever_is_asked(
    qty: int, limit_px_ticks: int, side: Side, cap: float | None, start_s: int, lasts_s: int
) -> None:
    terms = Terms(
        order_qty=qty, limit_px_ticks=limit_px_ticks, start_ns=BEGIN_NS + start_s * S,
        end_ns=min(BEGIN_NS + (start_s + lasts_s) * S, CLOSE_NS + S),
    )  # fmt: skip
    params: Values = {"max_participation": cap, "target_participation": cap}
    found = DESK.estimate(IBM, side, qty, terms, params, BEGIN_NS)
    if terms.start_ns >= CLOSE_NS:
        assert "volume" in found.missing
        return
    assert found.expected_completion is not None
    assert found.completion_probability is not None
    assert found.expected_fill_qty is not None
    assert 0.0 <= found.completion_probability <= found.expected_completion + 1e-9 <= 1.0 + 1e-9
    assert 0 <= found.expected_fill_qty <= qty
    assert found.cost_bps is not None
    assert found.cost_bps >= 2.0 - 1e-9
    assert found.duration_s <= lasts_s


def test_profiles_of_the_scene_reach_the_desk() -> None:
    """So that the tests above test what they say."""
    desk = scene().partition._desk
    assert desk.profiles == KnownProfiles(by_symbol={"IBM": PROFILE})
    assert OPEN_NS == BEGIN_NS - 1_800 * S
