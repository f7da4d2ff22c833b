"""VWAP in a simulated market: by its preset's profile, through the death of its worker."""

import pytest

from bus.topics import Topic
from domain.fix_codes import OrdStatus
from domain.reports import ParentPlan
from simulation.reconciliation import reconcile
from simulation.runner import Simulation
from tests.simulation.scenarios_of_tests import ready, scenario

ORDER = {"id": "V", "symbol": "MID", "side": "buy", "start": "open+20m", "window_s": 900,
         "quantity": 6_000, "algo": "vwap"}  # fmt: skip


def played(*faults: dict[str, object], **params: object) -> Simulation:
    order = {**ORDER, "params": {"completion": "cross", **params}}
    run = ready(scenario(orders=[order], faults=list(faults)), 1).play()
    assert reconcile(run).broken == []
    return run


def plans(run: Simulation) -> list[ParentPlan]:
    return [each for each in run.records(Topic.REPORTS) if isinstance(each, ParentPlan)]


@pytest.mark.slow
def test_it_goes_by_the_profile_of_the_preset_and_a_death_changes_no_plan() -> None:
    """The open is in the tail that the next worker reads: the same curve, the same plan."""
    death = {"kind": "worker_death", "at": "open+25m", "seconds": 4}
    run = played(death, min_participation=0.01, style="normal", pricing="participation")
    (cost,) = run.finals
    assert run.lives == 2
    assert cost.ord_status is OrdStatus.FILLED
    (plan,) = plans(run)
    assert (plan.inputs["curve"], plan.inputs["curve_why"]) == ("own", None)
    assert plan.inputs["daily_volatility"] == 0.02
    assert isinstance(plan.inputs["vwap_risk_bps"], float)
    assert isinstance(plan.inputs["expected_participation"], float)
