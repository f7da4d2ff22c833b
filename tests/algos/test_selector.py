"""`auto`: every row of the table, what the OMS is told, and that a choice is made once."""

from decimal import Decimal

import pytest

from algos.admission import Touch
from algos.algorithm import Algorithm
from algos.catalogue import ALGORITHMS
from algos.parameters import Rejection, Values, read_parameters
from algos.parent import Terms
from algos.policy import Policy
from algos.selector import (
    AUTO,
    TABLE,
    URGENCY_RANKS,
    Ask,
    ask_of,
    choose,
    selection_table,
    selector,
)
from algos.twap import TWAP
from domain.parents import ParamValue, ReplaceParent
from domain.refusals import RejectReason
from domain.reports import ParentReport
from marketdata.known_profiles import KnownProfiles
from tests.algos.partition_scene import BEGIN_NS, CALENDAR, Scene, new_parent
from tests.algos.plan_scene import planned
from tests.marketdata.profile_scene import profile

# An algorithm of each name that the table has, whether there is one or not.
EVERY = {
    row.algo: Algorithm(name=row.algo, title="", text="", parameters=(), rules=(), plan=TWAP.plan)
    for row in TABLE
}
H, L = URGENCY_RANKS["H"], URGENCY_RANKS["L"]


def ask(minutes: float = 60.0, size: float | None = 0.01, **known: object) -> Ask:
    """An order of which nothing is special: 1 % of a day in an hour."""
    fields: dict[str, object] = {"participation": 0.06, "spread_bps": 8.0} | known
    return Ask(symbol="IBM", minutes=minutes, size=size, **fields)  # type: ignore[arg-type]  # each test's own


ROWS: list[tuple[Ask, str, str]] = [  # one for each row of the table, in its order
    (ask(benchmark="close", at_close=True, urgency=H), "close", "its benchmark is the closing"),
    (ask(benchmark="vwap", urgency=H), "vwap", "its benchmark is the volume-weighted"),
    (ask(benchmark="twap", participation=0.9), "twap", "its benchmark is the time-weighted"),
    (ask(urgency=H, participation=0.9), "is", "its urgency is high"),
    (ask(size=None, participation=None), "twap", "no profile says what volume IBM has"),
    (ask(participation=0.26, spread_bps=90.0, urgency=L), "pov", "26% of the volume expected"),
    (ask(spread_bps=30.0, urgency=L), "sniper", "a spread of 30 bps and no hurry"),
    (ask(benchmark="arrival", minutes=5.0), "is", "its benchmark is the price at arrival"),
    (ask(size=0.03, minutes=5.0), "is", "3.0% of a day's volume"),
    (ask(minutes=30.0, spread_bps=90.0), "vwap", "30 minutes: long enough"),
    (ask(minutes=29.0), "twap", "1.00% of a day's volume in 29 minutes"),
]


@pytest.mark.parametrize(("row", "asked"), list(enumerate(ROWS)), ids=[row.algo for row in TABLE])
def test_each_row_is_taken_by_the_order_it_is_for(row: int, asked: tuple[Ask, str, str]) -> None:
    what, algo, why = asked
    found = choose(what, {}, {}, EVERY)
    assert found.algorithm.name == algo == TABLE[row].algo
    assert found.why.startswith(f"{algo} chosen: {why}")
    assert "{" not in found.why


def test_no_row_is_without_a_test_and_the_last_fits_all() -> None:
    assert len(ROWS) == len(TABLE)
    assert TABLE[-1].all_of == ()
    assert {row.algo for row in TABLE} <= ALGORITHMS.keys()
    assert selection_table().count("\n") == len(TABLE) + 2


@pytest.mark.parametrize(
    ("near", "algo"),
    [
        (ask(benchmark="close"), "vwap"),  # the window does not reach the close
        (ask(urgency=H - 1), "vwap"),
        (ask(participation=0.25), "vwap"),
        (ask(spread_bps=29.9, urgency=L), "vwap"),
        (ask(spread_bps=90.0, urgency=L + 1), "vwap"),
        (ask(spread_bps=None, urgency=L), "vwap"),
        (ask(size=0.0299, minutes=5.0), "twap"),
    ],
)
def test_just_beside_a_row(near: Ask, algo: str) -> None:
    assert choose(near, {}, {}, EVERY).algorithm.name == algo


def test_a_row_whose_algorithm_there_is_not_is_passed_over() -> None:
    assert choose(ask(size=0.5), {}, {}, {"twap": TWAP}).algorithm is TWAP


def test_what_an_algorithm_does_not_take_is_not_given_to_it() -> None:
    """Urgency, by which only the choice is made; what is given keeps its own value, and TCA will
    measure against the benchmark that the choice was made by.
    """
    asked: dict[str, ParamValue] = {"urgency": "VL", "benchmark": "twap", "max_participation": 0.1}
    given = choose(ask(benchmark="twap"), {}, asked, ALGORITHMS).given
    assert given == {"benchmark": "twap", "max_participation": 0.1}


@pytest.mark.parametrize(("cap", "target"), [(None, 0.2), (0.3, 0.2), (0.1, 0.1)])
def test_the_share_of_an_order_that_follows_is_within_its_own_cap(
    cap: float | None, target: float
) -> None:
    asked: dict[str, ParamValue] = {} if cap is None else {"max_participation": cap}
    params: Values = {"max_participation": cap}
    housed = choose(ask(participation=0.9, house_cap=0.05), params, asked, ALGORITHMS)
    assert housed.given["target_participation"] == 0.05, "or its own house would refuse it"
    found = choose(ask(participation=0.9), params, asked, ALGORITHMS)
    assert found.algorithm.name == "pov"
    assert found.given == asked | {"target_participation": target}


def test_what_is_known_of_an_order() -> None:
    """The curve of the scene has 2,000 of 20,000 shares in each of its bins of six minutes."""
    known = profile()
    session = CALENDAR.session_at(BEGIN_NS)
    assert session is not None
    curve = KnownProfiles(by_symbol={"IBM": known}).curve("IBM", "XNYS", session)
    terms = Terms(order_qty=500, limit_px_ticks=None, start_ns=BEGIN_NS, end_ns=session.close_ns)
    params: Values = {"benchmark": None, "urgency": "H"}
    found = ask_of(terms, session, params, known, curve, None, "IBM")
    expected = curve.curve.cumulative((session.close_ns - session.open_ns) / 1e9)
    expected -= curve.curve.cumulative((BEGIN_NS - session.open_ns) / 1e9)
    assert found == Ask(
        symbol="IBM", minutes=(session.close_ns - BEGIN_NS) / 60e9, at_close=True, size=0.025,
        participation=500 / (expected * 20_000), spread_bps=5.0, urgency=4, benchmark=None,
    )  # fmt: skip
    nothing = ask_of(terms, session, params, None, curve, 12.0, "IBM")
    assert (nothing.size, nothing.participation, nothing.spread_bps) == (None, None, 12.0)


def test_a_spread_is_of_the_mid() -> None:
    assert Touch(bid_px=Decimal("99.9"), ask_px=Decimal("100.1")).spread_bps == 20.0
    assert Touch(bid_px=Decimal("99.9")).spread_bps is None


def accepted(scene: Scene, **changes: object) -> ParentReport:
    """The answer to an order that leaves its algorithm to us."""
    order = new_parent(algo=AUTO, **changes)  # type: ignore[arg-type]  # each test's own
    report = scene.ask(order)[0]
    assert isinstance(report, ParentReport)
    return report


def test_the_acceptance_says_what_was_chosen_and_why() -> None:
    report = accepted(Scene(), params={"completion": "cross", "urgency": "M"})
    assert (report.algo, report.chosen_params) == ("twap", {"completion": "cross"})
    assert report.text is not None
    assert report.text.startswith("twap chosen: no profile says what volume IBM has")


def test_a_choice_is_not_made_again_after_a_restart_nor_by_a_replace() -> None:
    """The restarted worker knows nothing of the symbol, and would have chosen otherwise."""
    scene = Scene()
    scene.partition._desk.profiles = KnownProfiles(by_symbol={"IBM": profile()})
    report = accepted(scene, order_qty=19_000, params={"max_participation": 0.1})
    assert report.algo == "pov"
    scene.restart()
    parent = scene.partition.blotter.parents[report.order_id]
    assert (parent.algo, parent.params["target_participation"]) == ("pov", 0.1)
    scene.ask(ReplaceParent(source="OMS", cl_ord_id="B", orig_cl_ord_id="A", symbol="IBM",
                            order_qty=Decimal(1_000), sent_ns=BEGIN_NS))  # fmt: skip
    assert (parent.algo, parent.terms.order_qty) == ("pov", 1_000)
    assert parent.params["target_participation"] == 0.1


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"interval": 30}, "params.interval"),  # not every algorithm has one
        ({"benchmark": "open"}, "params.benchmark"),
        ({"max_participation": 10}, "params.max_participation"),
        ({"relative_limit": 5}, "params.relative_limit"),
        ({"duration": 60}, "params.duration"),  # it has an end too
    ],
)
def test_an_order_is_refused_by_what_holds_for_all_it_may_become(
    params: dict[str, ParamValue], field: str
) -> None:
    report = accepted(Scene(), params=params)
    assert (report.reason is not None, report.field) == (True, field)
    assert report.algo == AUTO


@pytest.mark.parametrize(
    ("default_algo", "algo", "reason"),
    [("auto", "twap", None), ("twap", "twap", None), ("", "", RejectReason.MISSING_FIELD)],
)
def test_an_order_that_names_no_algorithm_gets_the_house_s(
    default_algo: str, algo: str, reason: RejectReason | None
) -> None:
    scene = Scene()
    scene.partition._desk.policy = Policy(default_algo=default_algo)
    report = scene.ask(new_parent(algo=""))[0]
    assert isinstance(report, ParentReport)
    assert (report.algo, report.reason) == (algo, reason)


def test_a_row_whose_algorithm_does_not_take_what_is_given_is_passed_over() -> None:
    wide = ask(spread_bps=90.0, urgency=L)
    assert choose(wide, {}, {"urgency": "L"}, ALGORITHMS).algorithm.name == "sniper"
    assert choose(wide, {}, {"style": "passive"}, ALGORITHMS).algorithm.name == "vwap"


def test_whatever_may_be_given_the_last_row_takes() -> None:
    mine = {each.name: each for each in selector(ALGORITHMS.values()).parameters}
    own = {"benchmark", "urgency"}
    assert all(mine[name] in ALGORITHMS["twap"].parameters for name in mine.keys() - own)
    assert {"duration", "style", "completion", "max_participation"} | own <= mine.keys()
    assert "interval" not in mine  # what only one of them has


def test_it_never_plans_itself() -> None:
    with pytest.raises(AssertionError, match="chosen for it"):
        planned(ALGORITHMS[AUTO], 1_000)


def test_parameters_of_its_own_have_no_default_that_would_choose() -> None:
    params = read_parameters(ALGORITHMS[AUTO].parameters, {})
    assert not isinstance(params, Rejection)
    assert (params["benchmark"], params["urgency"]) == (None, None)
