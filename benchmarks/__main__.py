"""`script/bench`: measure this machine's Headgate, and hold the figures against their goals.

script/bench --quick                 # a look, without real Kafka
script/bench --only fix --only bus   # some stages
script/bench --only twap-quality --seeds 40  # surer figures of what algorithms do
script/bench --json figures.json     # the same for programs
"""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from benchmarks import (
    bus_worker,
    cost_quality,
    decision_cost,
    end_to_end,
    fix_round_trip,
    market_events,
    matching_engine,
    models,
    peer_comparison,
    pov_quality,
    replay_day,
    shortfall_quality,
    simulated_day,
    simulated_orders,
    twap_quality,
    volume_curves,
    vwap_quality,
    worker_core,
)
from benchmarks.figures import Figure, as_json, table
from benchmarks.machine import machine

# By name: (what it is, at full size, at `--quick` size)
Stage = tuple[str, Callable[[], list[Figure]], Callable[[], list[Figure]]]
# What algorithms do, by name: (what it is, of so many seeds, seeds at full and at `--quick` size)
Quality = tuple[str, Callable[[int], list[Figure]], int, int]
QUALITY: Final[dict[str, Quality]] = {
    "twap-quality": ("how well TWAP keeps time, and finishes", twap_quality.measure, 6, 1),
    "vwap-quality": (
        "how near VWAP keeps to its curve, and to the market's VWAP",
        vwap_quality.measure,
        4,
        1,
    ),
    "pov-quality": ("how near POV comes to its share", pov_quality.measure, 3, 1),
    "is-quality": ("whether IS costs what it said", shortfall_quality.measure, 51, 2),
    "cost": (
        "what TWAP costs, beside the model and plain market orders",
        cost_quality.measure,
        3,
        1,
    ),
}
STAGES: Final[dict[str, Stage]] = {
    "marketdata": (
        "a market data event in the worker",
        lambda: market_events.measure(50_000),
        lambda: market_events.measure(5_000, idle=200, recorded=False),
    ),
    "decisions": (
        "a TWAP decision, and what a child costs from the first to the last",
        lambda: worker_core.decisions(100_000),
        lambda: worker_core.decisions(2_000),
    ),
    "decide": (
        "a decision by itself, of every algorithm",
        lambda: decision_cost.measure(1_000),
        lambda: decision_cost.measure(50),
    ),
    "models": (
        "an impact estimate, a closed trajectory, a pre-trade estimate",
        lambda: models.measure(20_000),
        lambda: models.measure(500),
    ),
    "restart": (
        "the fold of a restart",
        lambda: worker_core.fold(20_000),
        lambda: worker_core.fold(500),
    ),
    "curves": (
        "volume curves of AAPL and GE, out of sample",
        volume_curves.measure,
        volume_curves.measure,
    ),
    "replay": (
        "a recorded day and its memory, a simulated child from few to many",
        lambda: replay_day.recorded_day(3) + replay_day.children(3, 83, 3),
        lambda: replay_day.recorded_day(1) + replay_day.children(1, 5, 1),
    ),
    "simulated-day": (
        "a day of each preset of the simulated market, and its memory",
        lambda: simulated_day.presets(3) + simulated_day.memory(),
        lambda: simulated_day.presets(1),
    ),
    "peer": (
        "our simulation beside NautilusTrader's (script/bench-peer installs it)",
        lambda: peer_comparison.measure(1),
        lambda: peer_comparison.measure(20),
    ),
    "engine": (
        "the matching engine: requests into a book, events out",
        lambda: matching_engine.measure(200_000),
        lambda: matching_engine.measure(5_000),
    ),
    "simulate": (
        "child orders a second over seeds, one process and two",
        lambda: simulated_orders.measure(12),
        lambda: simulated_orders.measure(2),
    ),
    "bus": (
        "quotes through a worker's client, embedded broker",
        lambda: bus_worker.measure(60_000),
        lambda: bus_worker.measure(10_000),
    ),
    "fix": (
        "NewOrderSingle -> ExecutionReport over the loopback",
        lambda: fix_round_trip.measure(6_000),
        lambda: fix_round_trip.measure(600),
    ),
    "embedded": (
        "an order through the running system, embedded broker",
        lambda: end_to_end.measure("embedded", 120),
        lambda: end_to_end.measure("embedded", 30),
    ),
    "kafka": (
        "an order through the running system, Apache Kafka",
        lambda: end_to_end.measure("kafka", 200),
        lambda: end_to_end.measure("kafka", 30),
    ),
}


def main() -> int:
    """Run the stages asked for; 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="script/bench", description=main.__doc__)
    names = {**STAGES, **QUALITY}
    stages = "; ".join(f"{name}: {stage[0]}" for name, stage in names.items())
    parser.add_argument("--only", action="append", choices=list(names), metavar="NAME",
                        help=stages)  # fmt: skip
    parser.add_argument("--seeds", type=int, help="of the stages that play orders over seeds")
    parser.add_argument("--quick", action="store_true", help="small sizes: figures mean little")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    about = machine()
    for key, value in about.items():
        print(f"{key:10} {value}")
    figures: list[Figure] = []
    for name in asked.only or names:
        print(f"... {name}: {names[name][0]}", file=sys.stderr, flush=True)
        figures += _figures(name, asked.quick, asked.seeds)
    about["load at the end"] = machine()["load"]
    print(f"{'load after':10} {about['load at the end']}\n")
    print(table(figures))
    if asked.json is not None:
        asked.json.write_bytes(as_json(figures, about))
    return 0


def _figures(name: str, quick: bool, seeds: int | None) -> list[Figure]:
    if name in STAGES:
        _, full, small = STAGES[name]
        return (small if quick else full)()
    _, measure, many, few = QUALITY[name]
    return measure(seeds or (few if quick else many))


if __name__ == "__main__":
    sys.exit(main())
