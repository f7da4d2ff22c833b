"""Target Close in a simulated market with auctions: what is in the cross, and what is not."""

import pytest

from bus.topics import Topic
from domain.children import NewChild
from domain.fix_codes import OrdStatus, TimeInForce
from domain.reports import ParentPlan
from simulation.reconciliation import reconcile
from simulation.runner import Simulation
from tests.simulation.scenarios_of_tests import DAY, ready, scenario

ORDER = {"id": "A", "symbol": "MID", "side": "buy", "quantity": 20_000, "algo": "close",
         "start": "close-15m"}  # fmt: skip
LATE = {"closing_imbalance_s": 600, "closing_cutoff_s": 60}


def played(order: dict[str, object] | None = None, seed: int = 1, **changes: object) -> Simulation:
    tables: dict[str, object] = {
        "market": {"symbols": [{"symbol": "MID"}], "auctions": True, "warm_up_s": 20},
        "orders": [{**ORDER, **(order or {})}],
    }
    run = ready(scenario(**{**tables, **changes}), seed).play()
    assert reconcile(run).broken == []
    return run


def plans(run: Simulation) -> list[ParentPlan]:
    return [each for each in run.records(Topic.REPORTS) if isinstance(each, ParentPlan)]


def in_the_cross(run: Simulation) -> list[NewChild]:
    return [
        each for each in run.records(Topic.CHILDREN)
        if isinstance(each, NewChild) and each.time_in_force is TimeInForce.AT_THE_CLOSE
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("side", "limit"), [("buy", None), ("sell", None), ("buy", "1000")])
def test_a_part_goes_into_the_cross_and_all_is_done(side: str, limit: str | None) -> None:
    run = played({"side": side, "limit_price": limit})
    (cost,), (first, *_) = run.finals, plans(run)
    assert (cost.ord_status, cost.cum_qty) == (OrdStatus.FILLED, 20_000)
    assert first.inputs["predicted_from"] == "own curve"
    (child,) = in_the_cross(run)
    assert child.order_qty == first.inputs["auction_qty"]
    assert 10_000 < child.order_qty < 20_000
    assert (child.px is None) is (limit is None)
    assert child.decided_ns == DAY.close_ns - 660 * 10**9
    fills = [fill for fill in run.port.fills if fill.cl_ord_id == child.cl_ord_id]
    assert sum(fill.qty for fill in fills) == child.order_qty
    assert all(fill.at_ns >= DAY.close_ns for fill in fills)


@pytest.mark.slow
def test_a_worker_that_dies_over_the_cut_off_sends_no_second_order() -> None:
    death = {"kind": "worker_death", "at": "close-659s", "seconds": 90}
    run = played(faults=[death])
    assert run.lives == 2
    assert len(in_the_cross(run)) == 1
    assert run.finals[0].cum_qty == 20_000


@pytest.mark.slow
def test_a_venue_that_is_away_until_the_cut_off_is_worked_round() -> None:
    away = {"kind": "venue_outage", "venue": "ALPHA", "at": "close-662s", "seconds": 100}
    run = played(faults=[away])
    assert in_the_cross(run) == []
    assert plans(run)[-1].reason == "cut_off_missed"
    assert run.finals[0].cum_qty == 20_000


@pytest.mark.slow
def test_the_imbalance_moves_what_goes_into_the_cross() -> None:
    """The simulated cross has an imbalance nearly always; its side differs by seed."""
    moved: set[bool] = set()
    for seed in (1, 2, 3):
        run = played(seed=seed, venues=[{"name": "ALPHA", "auctions": LATE}])
        first, last = plans(run)[0], plans(run)[-1]
        imbalance = last.inputs["imbalance_qty"]
        if last.reason == "imbalance":
            assert isinstance(imbalance, int)
            before, now = first.inputs["auction_qty"], last.inputs["auction_qty"]
            assert isinstance(before, int)
            assert isinstance(now, int)
            assert (now < before) is (imbalance > 0)
            moved.add(imbalance > 0)
        (child,) = in_the_cross(run)
        assert child.order_qty == last.inputs["auction_qty"]
        assert run.finals[0].cum_qty == 20_000
    assert moved
