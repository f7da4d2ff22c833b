"""How long what is due may rest: by spread and volatility, by style, varied and bounded."""

import msgspec
import pytest

from algos.chance import around_one, uniform
from algos.patience import PATIENCE_S, UNIT_S, VARIED, patience_ns, unit_s
from algos.surroundings import Surroundings
from domain.sessions import Session
from tests.algos.partition_scene import CALENDAR, S
from tests.algos.test_decision import Case
from tests.marketdata.profile_scene import norm, profile


def with_profile(case: Case, **changes: object) -> Surroundings:
    session = CALENDAR.session_on("2023-11-14")
    assert isinstance(session, Session)
    found = msgspec.structs.replace(case.around(), session=session)
    return msgspec.structs.replace(found, profile=profile(None, **changes))


def test_the_unit_is_the_time_in_which_the_price_moves_by_a_spread() -> None:
    """5 bps of spread, 1 bp a root second: 25 s."""
    day = (norm(0, 23_400),)
    assert unit_s(with_profile(Case(), norms=day)) == pytest.approx(25.0)
    # Without norms of the time: those of the day, 2 % over a session of 23,400 s.
    expected = (5e-4 / (0.02 / 23_400**0.5)) ** 2
    assert unit_s(with_profile(Case(), norms=())) == pytest.approx(expected)
    nothing = {"norms": (), "relative_spread": None, "daily_volatility": None}
    case = Case()
    case.market.keeps_statistics = False
    assert unit_s(with_profile(case, **nothing)) == UNIT_S
    assert unit_s(case.around()) == UNIT_S


@pytest.mark.parametrize(
    ("style", "units"), [("aggressive", 0.0), ("normal", 1.0), ("adaptive", 2.0), ("passive", 8.0)]
)
def test_by_style(style: str, units: float) -> None:
    case = Case()
    case.parent.params = {"style": style}
    found = patience_ns(case.parent, with_profile(case, norms=(norm(0, 23_400),)))
    assert found is not None
    assert (1 - VARIED) * 25.0 * units * S <= found <= (1 + VARIED) * 25.0 * units * S
    assert (found > 0) is (units > 0.0)


def test_within_bounds_and_without_end_where_it_may_not_cross() -> None:
    case = Case()
    case.parent.params = {"style": "normal"}
    quick = (norm(0, 23_400, relative_spread=1e-6),)
    slow = (norm(0, 23_400, relative_spread=0.1),)
    for norms, bound in ((quick, PATIENCE_S[0]), (slow, PATIENCE_S[1])):
        found = patience_ns(case.parent, with_profile(case, norms=norms))
        assert found is not None
        assert (1 - VARIED) * bound <= found / S <= (1 + VARIED) * bound
    case.parent.params = {"style": "normal", "passive_only": True}
    assert patience_ns(case.parent, case.around()) is None


def test_it_is_drawn_anew_after_each_fill_and_the_same_when_asked_again() -> None:
    case = Case()
    case.parent.params = {"style": "normal"}
    drawn = []
    for cum_qty in range(0, 5_000, 100):
        case.parent.cum_qty = cum_qty
        drawn.append(patience_ns(case.parent, case.around()))
        assert drawn[-1] == patience_ns(case.parent, case.around())
    assert len(set(drawn)) == 50


def test_draws_are_uniform_and_independent() -> None:
    many = [uniform("P", "a", number) for number in range(2_000)]
    assert 0.0 <= min(many) < max(many) < 1.0
    tenths = [sum(1 for each in many if int(each * 10) == tenth) for tenth in range(10)]
    assert sum((each - 200) ** 2 / 200 for each in tenths) < 27.9  # chi2, 9 degrees, 0.1 %
    assert uniform("P", "a", 1) != uniform("P", "b", 1) != uniform("Q", "b", 1)
    assert uniform("P", "a", 1) == uniform("P", "a", 1)
    assert all(0.8 <= around_one(0.2, "P", "x", number) < 1.2 for number in range(100))
