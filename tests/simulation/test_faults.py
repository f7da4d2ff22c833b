"""Seeded end-to-end runs with whatever can go wrong: every share is accounted for in all of them.

The seed of a run that fails is in its test's name; `HEADGATE_VOPR_SEEDS=200` tries so many more.
"""

import os
from random import Random

import pytest

from bus.topics import Topic
from domain.children import Claim
from domain.executions import ChildRefused, VenueState, VenueStateChanged
from domain.fix_codes import OrdStatus
from domain.refusals import RefusalReason
from simulation.fix_port import FixPort
from simulation.reconciliation import Reconciliation, reconcile
from simulation.runner import Simulation
from simulation.scenario import Scenario
from tests.simulation.scenarios_of_tests import ready, scenario

MORE = int(os.environ.get("HEADGATE_VOPR_SEEDS", "0"))


def at(draw: Random) -> str:
    """When the orders trade."""
    return f"open+{draw.randint(302, 420)}s"


def venue(draw: Random) -> str:
    return draw.choice(("ALPHA", "BETA"))


def faulty(seed: int) -> Scenario:
    """A scenario drawn from `seed`: orders, amendments, and faults of every kind."""
    draw = Random(seed)
    timed: list[dict[str, object]] = [
        {
            "kind": "worker_death",
            "after_appends": draw.randint(0, 6),
            "seconds": draw.randint(1, 9),
        },
        {"kind": "worker_death", "seconds": draw.randint(0, 4)},
        {"kind": "worker_pause", "seconds": draw.choice((1, 3, 8))},
        {"kind": "venue_outage", "venue": venue(draw), "seconds": draw.randint(2, 40)},
        {"kind": "disconnect", "venue": venue(draw), "seconds": draw.randint(1, 20)},
        {"kind": "disconnect", "venue": venue(draw), "seconds": draw.randint(1, 5)},
        {"kind": "feed_stall", "venue": venue(draw), "seconds": draw.randint(1, 15)},
        {"kind": "halt", "symbol": "AAA", "seconds": draw.randint(1, 30), "call_s": 5},
    ]
    chance = draw.choice((0.0, 0.05, 0.3))
    faults = [{**each, "at": at(draw)} for each in draw.sample(timed, draw.randint(2, 5))]
    faults += [
        {"kind": "rejects", "venue": venue(draw), "probability": chance},
        {"kind": "rejects", "venue": venue(draw), "probability": chance, "at_door": True},
        {"kind": "duplicates", "venue": venue(draw), "probability": chance, "delay_ms": 700},
        {"kind": "redeliveries", "probability": chance, "delay_ms": 3_000},
    ]
    asks: list[dict[str, object]] = [
        {"ask": "replace", "quantity": draw.randint(1, 30) * 100},
        {"ask": "replace", "end": "open+410s"},
        {"ask": "cancel"}, {"ask": "pause"}, {"ask": "resume"},
    ]  # fmt: skip
    amendments = [{**draw.choice(asks), "order": f"G-{draw.randint(1, 6)}", "at": at(draw)}
                  for _ in range(draw.randint(0, 6))]  # fmt: skip
    return scenario(
        orders=[], faults=faults, amendments=amendments,
        market={"symbols": [{"symbol": "AAA"}, {"symbol": "BBB"}, {"symbol": "CCC"}],
                "warm_up_s": 10},
        venues=[{"name": "ALPHA", "order_latency_us": draw.choice((100, 5_000, 400_000))},
                {"name": "BETA", "latency_jitter": draw.choice((0.0, 5.0))}],
        generators=[{"id": "G", "count": 6, "quantity": [200, 2_500], "window_s": 110,
                     "params": {"interval": 5, "completion": draw.choice(("cross", "leave"))}}],
    )  # fmt: skip


def played(found: Scenario, seed: int = 1) -> tuple[Simulation, Reconciliation]:
    run = ready(found, seed).play()
    return run, reconcile(run)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8 + MORE))
def test_whatever_goes_wrong_every_share_is_accounted_for(seed: int) -> None:
    run, found = played(faulty(seed), seed)
    assert found.broken == []
    assert len(run.finals) + len(run.rejects) == 6
    assert found.exposure.checks > 30


@pytest.mark.slow
def test_the_same_seed_gives_the_same_log_with_faults_too() -> None:
    first, second = played(faulty(2))[0], played(faulty(2))[0]
    assert first.log.broker.records == second.log.broker.records
    assert first.port.fills == second.port.fills != []
    assert played(faulty(2), seed=3)[0].port.fills != first.port.fills


def test_a_dead_workers_order_goes_on_from_the_log() -> None:
    death = {"kind": "worker_death", "at": "open+330s", "seconds": 4}
    run, found = played(scenario(faults=[death]))
    assert found.broken == []
    claims = [each for each in run.records(Topic.CHILDREN) if isinstance(each, Claim)]
    assert run.lives == 2
    assert [each.worker for each in claims] == ["worker-0", "worker-1"] * 4
    (cost,) = run.finals
    assert (cost.ord_status, cost.cum_qty) == (OrdStatus.FILLED, 2_000)


def test_a_superseded_worker_that_wakes_up_is_ignored_by_everyone() -> None:
    """Its quotes are still fresh enough to send on; its children carry a claim that is lost."""
    generator = {"id": "G", "count": 10, "quantity": [1_000, 2_000], "window_s": 100,
                 "params": {"interval": 2}}  # fmt: skip
    pause = {"kind": "worker_pause", "at": "open+330s", "seconds": 2}
    run, found = played(scenario(orders=[], generators=[generator], faults=[pause]))
    assert found.broken == []
    assert found.exposure.fenced > 0
    assert isinstance(run.port, FixPort)
    assert run.port.access.book.fence.ignored == found.exposure.fenced


def test_an_order_lost_with_the_connection_is_found_never_to_have_arrived() -> None:
    """The order is on the wire when the wire goes: venue access asks, the venue knows nothing."""
    slow = [{"name": "ALPHA", "order_latency_us": 2_000_000}]
    cut = [{"kind": "disconnect", "venue": "ALPHA", "at": f"open+{at}s", "seconds": 3}
           for at in range(310, 400, 10)]  # fmt: skip
    run, found = played(scenario(venues=slow, faults=cut))
    assert found.broken == []
    told = run.records(Topic.EXECUTIONS)
    assert any(isinstance(each, ChildRefused) and each.reason is RefusalReason.NOT_SENT
               for each in told)  # fmt: skip
    states = [each.state for each in told if isinstance(each, VenueStateChanged)]
    assert {VenueState.DOWN, VenueState.LOGON, VenueState.RESYNC, VenueState.LIVE} <= set(states)


def test_what_the_venue_said_into_a_dead_wire_is_said_again() -> None:
    """A fill that the cut took is re-sent at the logon and booked once."""
    slow = [{"name": "ALPHA", "order_latency_us": 1_000_000}]
    cut = [{"kind": "disconnect", "venue": "ALPHA", "at": f"open+{at}s", "seconds": 2}
           for at in range(302, 400, 7)]  # fmt: skip
    run, found = played(scenario(venues=slow, faults=cut))
    assert found.broken == []
    again = [each for each in run.records(Topic.EXECUTIONS) if getattr(each, "poss_dup", False)]
    assert again
    assert run.port.fills


def test_market_data_held_back_makes_the_worker_wait() -> None:
    stall = [{"kind": "feed_stall", "venue": name, "at": "open+310s", "seconds": 60}
             for name in ("ALPHA", "BETA")]  # fmt: skip
    run, found = played(scenario(faults=stall))
    assert found.broken == []
    reasons = {getattr(each, "reason", None) for each in run.records(Topic.REPORTS)}
    assert "stale_market_data" in reasons


def test_a_venue_that_is_out_neither_trades_nor_quotes() -> None:
    outage = {"kind": "venue_outage", "venue": "ALPHA", "at": "open+310s", "seconds": 60}
    run, found = played(scenario(faults=[outage]))
    assert found.broken == []
    out_ns = run.requests[0].sent_ns + 10 * 10**9
    fills = [each for each in run.port.fills if each.venue == "ALPHA"]
    assert fills
    assert not any(out_ns < each.at_ns < out_ns + 60 * 10**9 for each in fills)
    assert {each.venue for each in run.port.fills} == {"ALPHA", "BETA"}


@pytest.mark.parametrize("at_door", [False, True])
def test_rejects_by_chance_are_worked_round(at_door: bool) -> None:
    fault = {"kind": "rejects", "venue": "ALPHA", "probability": 0.5, "at_door": at_door}
    run, found = played(scenario(faults=[fault]))
    assert found.broken == []
    rejected = [each for each in run.records(Topic.EXECUTIONS)
                if getattr(each, "ord_status", None) is OrdStatus.REJECTED]  # fmt: skip
    assert rejected
    assert run.finals[0].cum_qty == 2_000
