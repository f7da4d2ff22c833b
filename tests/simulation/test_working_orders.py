"""Orders that rest and wait, in the simulated market: their children at the venues, and faults.

What is asserted is read from the log: what was decided, what venues said, what was reconciled.
"""

from itertools import pairwise
from random import Random

import pytest

from bus.topics import Topic
from domain.children import NewChild, ReplaceChild
from domain.executions import Execution
from domain.fix_codes import ExecType, OrdStatus, TimeInForce
from simulation.reconciliation import Reconciliation, reconcile
from simulation.runner import Simulation
from tests.simulation.scenarios_of_tests import NS, ready, scenario


def played(algo: str, params: dict[str, object], qty: int = 4_000, window_s: int = 600,
           seed: int = 1, **changes: object) -> tuple[Simulation, Reconciliation]:  # fmt: skip
    order = {"id": "A", "symbol": "MID", "side": "buy", "quantity": qty, "window_s": window_s,
             "algo": algo, "params": params}  # fmt: skip
    run = ready(scenario(orders=[order], **changes), seed).play()
    return run, reconcile(run)


def children(run: Simulation) -> list[NewChild]:
    return [each for each in run.records(Topic.CHILDREN) if isinstance(each, NewChild)]


def replaces(run: Simulation) -> list[ReplaceChild]:
    return [each for each in run.records(Topic.CHILDREN) if isinstance(each, ReplaceChild)]


def filled_qty(run: Simulation) -> int:
    return sum(each.last_qty for each in run.records(Topic.EXECUTIONS)
               if isinstance(each, Execution) and each.exec_type is ExecType.TRADE)  # fmt: skip


def test_an_iceberg_in_slices_is_filled_to_the_share() -> None:
    run, found = played("iceberg", {"display_min_qty": 200, "display_max_qty": 600,
                                    "method": "synthetic"})  # fmt: skip
    assert found.broken == []
    [cost] = run.finals
    assert (cost.ord_status, cost.cum_qty, filled_qty(run)) == (OrdStatus.FILLED, 4_000, 4_000)
    sizes = [each.order_qty for each in children(run)]
    assert sum(sizes) == 4_000, "no slice was cancelled, so each share was shown once"
    assert max(sizes) <= 600
    assert len(set(sizes)) > 2
    behind = [each.queue_qty for each in children(run)]
    assert sum(qty or 0 for qty in behind) > 0, "each refresh is behind others"


def test_an_iceberg_of_the_venue_is_one_order() -> None:
    run, found = played("iceberg", {"display_qty": 300})
    assert found.broken == []
    [child] = children(run)
    assert (child.order_qty, child.display_qty) == (4_000, 300)
    assert replaces(run), "it followed the touch with all of it"
    [cost] = run.finals
    assert (cost.ord_status, cost.cum_qty) == (OrdStatus.FILLED, 4_000)


def test_showing_less_costs_place_in_the_queue() -> None:
    """Shares of others that it stood behind, all its entries together: the price of hiding."""
    behind = {}
    for display_qty in (200, 4_000):
        run, _ = played("iceberg", {"display_qty": display_qty, "method": "synthetic"})
        entries: list[NewChild | ReplaceChild] = [*children(run), *replaces(run)]
        behind[display_qty] = sum(each.queue_qty or 0 for each in entries)
    assert behind[200] > 2 * behind[4_000]


@pytest.mark.parametrize("peg", ["primary", "mid", "market"])
def test_a_peg_of_ours_follows_within_its_throttle(peg: str) -> None:
    offset = -1 if peg == "market" else 0
    run, found = played("pegged", {"peg": peg, "method": "synthetic", "peg_offset": offset,
                                   "reprice_interval": 2.0}, qty=40_000, window_s=300)  # fmt: skip
    assert found.broken == []
    moves = replaces(run)
    assert len(moves) > 20, "the market moved, and it with it"
    by_child: dict[str, list[int]] = {each.cl_ord_id: [each.decided_ns] for each in children(run)}
    for move in moves:
        by_child[move.orig_cl_ord_id].append(move.decided_ns)
    gaps = [after - before for each in by_child.values() for before, after in pairwise(each)]
    assert min(gaps) >= 2 * NS
    assert all(each.display_qty == 0 for each in children(run))


def test_a_venues_peg_needs_no_message_to_follow() -> None:
    run, found = played("pegged", {"peg": "mid"}, qty=2_000)
    assert found.broken == []
    assert len(children(run)) == 1
    assert replaces(run) == []
    assert run.finals[0].ord_status is OrdStatus.FILLED


def test_a_sniper_takes_one_at_a_time_and_shows_nothing() -> None:
    run, found = played("sniper", {"completion": "cross"}, qty=2_000)
    assert found.broken == []
    assert all(each.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL for each in children(run))
    gaps = [after.decided_ns - before.decided_ns for before, after in pairwise(children(run))]
    assert min(gaps) >= NS // 2
    assert run.finals[0].cum_qty == 2_000


WORKED: dict[str, tuple[str, dict[str, object]]] = {
    "iceberg in slices": ("iceberg", {"display_qty": 300, "method": "synthetic",
                                      "completion": "cross"}),
    "iceberg of the venue": ("iceberg", {"display_qty": 300, "completion": "cross"}),
    "peg of ours": ("pegged", {"method": "synthetic", "reprice_interval": 0.1, "discretion": 2,
                               "completion": "cross"}),
    "sniper": ("sniper", {"completion": "cross"}),
}  # fmt: skip


def faults(seed: int) -> list[dict[str, object]]:
    """Four of six kinds, at times when orders rest, and mischief by chance throughout."""
    draw = Random(seed)
    timed: list[dict[str, object]] = [
        {"kind": "worker_death", "after_appends": draw.randint(0, 6), "seconds": 3},
        {"kind": "worker_pause", "seconds": 4},
        {"kind": "disconnect", "venue": "ALPHA", "seconds": draw.randint(1, 20)},
        {"kind": "disconnect", "venue": "BETA", "seconds": 3},
        {"kind": "venue_outage", "venue": "ALPHA", "seconds": 10},
        {"kind": "feed_stall", "venue": "BETA", "seconds": 15},
    ]
    found = [{**each, "at": f"open+{draw.randint(301, 400)}s"} for each in draw.sample(timed, 4)]
    found += [
        {"kind": "rejects", "venue": "ALPHA", "probability": 0.1},
        {"kind": "rejects", "venue": "BETA", "probability": 0.1, "at_door": True},
        {"kind": "duplicates", "venue": "ALPHA", "probability": 0.2, "delay_ms": 700},
        {"kind": "redeliveries", "probability": 0.2, "delay_ms": 3_000},
    ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKED)
def test_whatever_goes_wrong_every_share_is_accounted_for(name: str) -> None:
    algo, params = WORKED[name]
    for seed in range(4):
        run, found = played(algo, params, 3_000, 150, seed, faults=faults(seed))
        assert found.broken == [], seed
        assert len(run.finals) == 1, seed
        assert found.exposure.checks > 5, seed
