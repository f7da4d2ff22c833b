"""POV in a simulated market: its share, alone, after a restart, beside another one."""

import pytest

from bus.topics import Topic
from domain.fix_codes import OrdStatus
from domain.reports import ParentPlan
from simulation.reconciliation import reconcile
from simulation.runner import Simulation
from tests.simulation.scenarios_of_tests import ready, scenario

ORDER = {"symbol": "MID", "side": "buy", "start": "open+5m", "window_s": 900,
         "quantity": 200_000, "algo": "pov"}  # fmt: skip


def played(*orders: dict[str, object], seed: int = 1, **changes: object) -> Simulation:
    named = [{**ORDER, "id": f"P{number}", **order} for number, order in enumerate(orders)]
    run = ready(scenario(orders=named, **changes), seed).play()
    assert reconcile(run).broken == []
    return run


@pytest.mark.slow
@pytest.mark.parametrize("style", ["aggressive", "normal"])
@pytest.mark.parametrize("share", [0.1, 0.25])
def test_the_share_is_met_within_half_a_point(share: float, style: str) -> None:
    run = played({"params": {"target_participation": share, "style": style}})
    (cost,) = run.finals
    assert cost.ord_status is OrdStatus.EXPIRED
    assert cost.fills >= 50
    assert cost.participation == pytest.approx(share, abs=0.005)


@pytest.mark.slow
def test_a_worker_that_dies_goes_on_with_the_share() -> None:
    death = {"kind": "worker_death", "at": "open+700s", "seconds": 4}
    run = played({"params": {"target_participation": 0.2}}, faults=[death])
    (cost,) = run.finals
    assert run.lives == 2
    assert cost.participation == pytest.approx(0.2, abs=0.005)


@pytest.mark.slow
def test_two_of_one_house_do_not_chase_each_other() -> None:
    """40 % each: two thirds of others' volume, which is neither's own; 2 / (3 + 4) of all."""
    params = {"target_participation": 0.4}
    run = played(
        {"params": params, "window_s": 400}, {"params": params, "side": "sell", "window_s": 400}
    )
    for cost in run.finals:
        assert cost.participation == pytest.approx(2 / 7, abs=0.02)


def test_an_order_too_large_for_the_volume_is_told_so_and_the_cap_holds() -> None:
    params = {"target_participation": 0.1, "max_participation": 0.1}
    run = played({"params": params, "window_s": 300})
    (cost,) = run.finals
    assert cost.participation is not None
    assert 0.08 < cost.participation <= 0.1
    plans = [each for each in run.records(Topic.REPORTS) if isinstance(each, ParentPlan)]
    assert plans[0].inputs["completes"] is False
    assert plans[0].inputs["forecast_from"] == "own"
