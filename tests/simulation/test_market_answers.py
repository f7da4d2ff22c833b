"""The simulated market answers back: a burst costs more than patience, in the same markets."""

from functools import cache

import pytest

from headgate.settings import Settings
from simulation.estimates import by_seed, estimate, paired, variance_reduction
from simulation.order_plan import AS_IT_IS
from simulation.order_row import OrderRow
from simulation.scenario import Variant
from simulation.scenario_market import instruments_of, open_market
from simulation.seed_run import Job, Played, Setup, play
from tests.simulation.scenarios_of_tests import CALENDAR, NS, OPEN_NS, ORDER, ready, scenario

SEEDS = 6
BURST = Variant(name="burst", window_s=30.0)
# Half a per cent of the day's volume: in ten minutes after the open that is about an eighth of what
# trades, in half a minute more than all of it.
PATIENT = {**ORDER, "quantity": None, "adv_fraction": 0.005, "window_s": 600,
           "params": {"interval": 15, "completion": "cross"}}  # fmt: skip


@cache
def rows(variant: Variant, side: str) -> tuple[OrderRow, ...]:
    order = {name: value for name, value in {**PATIENT, "side": side}.items() if value is not None}
    setup = Setup(scenario=scenario(orders=[order]), variants=(variant,), calendar=CALENDAR,
                  settings=Settings())  # fmt: skip
    found: list[OrderRow] = []
    for seed in range(SEEDS):
        outcome = play(setup, Job(0, seed))
        assert isinstance(outcome, Played), outcome
        assert outcome.broken == ()
        found += outcome.rows
    return tuple(found)


def adjusted(row: OrderRow) -> float | None:
    return row.is_adj_bps


@pytest.mark.slow
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_burst_costs_more_than_patience(side: str) -> None:
    """The same shares in the same markets, in 30 s instead of 10 min: the whole 95 % interval of
    the paired difference lies above 5 bps. Patience costs too, on either side, so that no round
    trip pays."""
    patient, burst = (by_seed(rows(each, side), adjusted) for each in (AS_IT_IS, BURST))
    difference = paired(patient, burst)
    assert difference.n == SEEDS
    assert difference.low is not None
    assert difference.low > 5.0
    cost = estimate(list(patient.values()))
    assert cost.low is not None
    assert cost.low > 4.0  # the half-spread of the preset, quant.md 8.2


@pytest.mark.slow
def test_the_control_variate_takes_the_luck_away() -> None:
    raw = by_seed(rows(AS_IT_IS, "buy"), lambda row: row.is_bps)
    reduction = variance_reduction(raw, by_seed(rows(AS_IT_IS, "buy"), adjusted))
    assert reduction is not None
    assert reduction > 20


def test_what_is_taken_away_is_zero_in_the_mean() -> None:
    """The exogenous price goes nowhere: over 300 seeds it moves by less than three standard errors
    in ten minutes, whereas in each it moves by some 50 bps."""
    table, moves = instruments_of(scenario()), []
    for seed in range(300):
        market = open_market(scenario(), table, CALENDAR, seed, OPEN_NS)
        before, after = (market.exogenous("MID", OPEN_NS + at * NS) for at in (300, 900))
        assert before is not None
        assert after is not None
        moves.append((after - before) / before * 1e4)
    found = estimate(moves)
    assert found.mean is not None
    assert found.se is not None
    assert abs(found.mean) < 3 * found.se
    assert 30 < found.se * 300**0.5 < 70


@pytest.mark.slow
def test_variants_meet_the_same_market() -> None:
    """Until the first order comes the tape is the same; the efficient price always is."""
    first, second = ready(scenario(), 3), ready(scenario(), 3, BURST)
    seen = []
    for prepared in (first, second):
        run = prepared.run
        run.begin(prepared.first_ns)
        now_ns, tape = prepared.first_ns, []
        while now_ns < run.requests[0].sent_ns:
            tape.append(run.port.next_ns())
            now_ns = run.turn(now_ns, run.requests[0].sent_ns)
        seen.append((tape, run.port.market_events))
    assert seen[0] == seen[1]
    assert seen[0][1] > 100
    start_ns = first.run.requests[0].sent_ns
    for second_of_day in range(0, 600, 7):
        at_ns = start_ns + second_of_day * NS
        ours, theirs = (each.run.port.exogenous("MID", at_ns) for each in (first, second))
        assert ours == theirs is not None


MANY = {"id": "G", "quantity": [100, 100], "window_s": 20,
        "params": {"interval": 20}}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("count", [20, 2_000])
def test_many_parents_at_once_are_all_accounted_for(count: int) -> None:
    """All are live at the same time; a worker dies in the midst of them."""
    found = scenario(
        market={"symbols": [{"symbol": name} for name in ("AAA", "BBB", "CCC", "DDD")],
                "preset": "liquid", "warm_up_s": 5},
        orders=[], generators=[{**MANY, "count": count}],
        faults=[{"kind": "worker_death", "at": "open+305s", "after_appends": 3, "seconds": 2}],
    )  # fmt: skip
    setup = Setup(scenario=found, calendar=CALENDAR, settings=Settings())
    outcome = play(setup, Job(0, 1))
    assert isinstance(outcome, Played), outcome
    assert outcome.broken == ()
    assert (len(outcome.rows), outcome.worker_lives) == (count, 2)
    assert {row.status for row in outcome.rows} <= {"filled", "expired"}
    assert outcome.children > count / 2
