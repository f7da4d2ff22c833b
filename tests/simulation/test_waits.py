"""Every algorithm has a reason at every moment: `working` only while an order of it is at a
venue, and its sums by reason are its age.
"""

import pytest

from algos.catalogue import ALGORITHMS
from bus.topics import Topic
from domain.refusals import WaitReason
from domain.reports import ParentReport, ParentWaiting
from simulation.reconciliation import reconcile
from tests.simulation.scenarios_of_tests import ready, scenario

REQUIRED: dict[str, dict[str, object]] = {
    "pov": {"target_participation": 0.1},
    "pegged": {"peg": "primary"},
    "close": {"auction_participation": 0.5},
}


@pytest.mark.slow
@pytest.mark.parametrize("algo", ALGORITHMS)
def test_every_moment_has_its_reason(algo: str) -> None:
    taken = [each.name for each in ALGORITHMS[algo].parameters]
    params: dict[str, object] = {"completion": "cross"} if "completion" in taken else {}
    params |= REQUIRED.get(algo, {})
    order = {"id": "A", "symbol": "MID", "side": "buy", "quantity": 2_000, "start": "open+1h",
             "window_s": 300, "algo": algo, "params": params}  # fmt: skip
    rejects = {"kind": "rejects", "venue": "ALPHA", "probability": 0.3}
    run = ready(scenario(orders=[order], faults=[rejects])).play()
    assert reconcile(run).broken == []
    reports = run.records(Topic.REPORTS)
    for each in reports:
        if isinstance(each, ParentWaiting) and each.reason is WaitReason.WORKING:
            assert each.open_qty > 0
    (first, *_, last) = [each for each in reports if isinstance(each, ParentReport)]
    assert last.reason is None, f"not taken: {last.reason} {last.text}"
    age_ms = (last.transact_ns - first.transact_ns) // 1_000_000
    assert sum(last.waited_ms.values()) == pytest.approx(age_ms, abs=len(WaitReason))
