"""Adaptive in the simulated market: one switch for one scripted change, none for noise, and the
same after a restart in the middle.
"""

import pytest

from bus.topics import Topic
from domain.fix_codes import OrdStatus
from domain.reports import ParentPlan
from simulation.reconciliation import reconcile
from simulation.runner import Simulation
from tests.simulation.scenarios_of_tests import NS, OPEN_NS, ready, scenario

AT_S = 4_800  # after the open
STRESS = {"at": "open+80m", "volatility": 3.0, "depth": 0.333}


def played(
    seed: int, regimes: list[dict[str, object]], faults: list[dict[str, object]] | None = None
) -> Simulation:
    """Half a per cent of a day in an hour, and its books."""
    order = {"id": "A", "symbol": "MID", "side": "buy", "adv_fraction": 0.005, "start": "open+1h",
             "window_s": 3_600, "algo": "adaptive", "params": {"completion": "cross"}}  # fmt: skip
    found = scenario(
        market={"symbols": [{"symbol": "MID", "regimes": regimes}], "warm_up_s": 20},
        orders=[order], faults=faults or [],
    )  # fmt: skip
    run = ready(found, seed).play()
    assert reconcile(run).broken == []
    assert run.finals[0].ord_status is OrdStatus.FILLED
    return run


def switches(run: Simulation) -> list[tuple[int, str]]:
    """(seconds after the open, reason) of every plan but the first."""
    plans = [each for each in run.records(Topic.REPORTS) if isinstance(each, ParentPlan)]
    assert plans[0].reason == "accepted"
    for each in plans:
        assert each.cum_qty[-1] == 6_600, "no plan is for more or less than the order"
    return [((each.transact_ns - OPEN_NS) // NS, each.reason) for each in plans[1:]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_scripted_change_is_one_switch_within_seven_minutes(seed: int) -> None:
    ((at_s, reason),) = switches(played(seed, [STRESS]))
    assert AT_S + 120 <= at_s <= AT_S + 420
    assert reason.startswith("conditions: volatility high, spread high")


@pytest.mark.slow
def test_quiet_noise_is_none() -> None:
    for seed in range(3):
        assert switches(played(seed, [])) == []


@pytest.mark.slow
@pytest.mark.parametrize(("after_s", "later_s"), [(60, 0), (297, 0), (300, 10), (900, 0)])
def test_a_restart_in_the_middle_makes_the_same_switch(after_s: int, later_s: int) -> None:
    """Before the change has lasted, just before the look that sees it, over that look, after it."""
    whole = switches(played(0, [STRESS]))
    death = {"kind": "worker_death", "at": f"open+{AT_S + after_s}s", "seconds": 3}
    again = switches(played(0, [STRESS], [death]))
    assert again == [(at_s + later_s, reason) for at_s, reason in whole]
