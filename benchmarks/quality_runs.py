"""Scenarios played for what came of them: rows and fills of every order, over seeds.

No timing: what is measured here is the same on every machine.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from typing import Final

import msgspec
import numpy as np

from benchmarks.tracking import Floats, Traded
from headgate.calendars import load_calendar
from headgate.settings import Settings
from simulation.order_plan import AS_IT_IS
from simulation.order_row import FillRow, OrderRow
from simulation.scenario import Scenario, Variant
from simulation.scenario_market import instruments_of, open_market
from simulation.seed_pool import play_all
from simulation.seed_run import Job, Played, Setup

NS: Final = 1_000_000_000
PROCESSES: Final = os.cpu_count() or 1


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a scenario, by variant and seed."""

    scenario: Scenario
    rows: tuple[OrderRow, ...]
    fills: tuple[FillRow, ...]


def runs(
    scenario: Scenario, seeds: int, *, settings: Settings | None = None,
    variants: tuple[Variant, ...] = (AS_IT_IS,), keeps_fills: bool = True,
) -> Runs:  # fmt: skip
    """Play it. A run that fails or whose books disagree is an error: no figure may rest on it."""
    day = date.fromisoformat(scenario.market.date)
    setup = Setup(
        scenario=scenario, variants=variants, settings=settings or Settings(),
        calendar=load_calendar(scenario.market.calendar, day, day), keeps_fills=keeps_fills,
    )  # fmt: skip
    jobs = [Job(variant, seed) for seed in range(seeds) for variant in range(len(variants))]
    found: list[Played] = []
    with closing(play_all(setup, jobs, min(PROCESSES, len(jobs)))) as outcomes:
        for outcome in outcomes:
            if not isinstance(outcome, Played) or outcome.broken:
                raise RuntimeError(f"{scenario.name}, {outcome.job}: {outcome}")
            found.append(outcome)
    found.sort(key=lambda each: (each.job.variant, each.job.seed))
    return Runs(
        scenario=scenario, rows=tuple(row for each in found for row in each.rows),
        fills=tuple(fill for each in found for fill in each.fills),
    )  # fmt: skip


def traded(found: Runs, window_s: int) -> list[tuple[OrderRow, Traded]]:
    """Each order that had a market, with its fills. Its window is as it was asked for: it may have
    been done before the end."""
    fills: dict[tuple[str, int, str], list[FillRow]] = {}
    for fill in found.fills:
        fills.setdefault((fill.variant, fill.seed, fill.order), []).append(fill)
    return [
        (row, _traded(row, window_s, fills.get((row.variant, row.seed, row.order), [])))
        for row in found.rows if row.reject_reason is None
    ]  # fmt: skip


def _traded(row: OrderRow, window_s: int, fills: Sequence[FillRow]) -> Traded:
    assert row.start_ns is not None
    return Traded(
        start_ns=row.start_ns, end_ns=row.start_ns + window_s * NS, order_qty=row.order_qty,
        at_ns=tuple(each.at_ns for each in fills), fill_qty=tuple(each.qty for each in fills),
        exo_px=tuple(each.exo_px or 0.0 for each in fills),
    )  # fmt: skip


def exogenous_path(
    scenario: Scenario, seed: int, symbol: str, start_ns: int, end_ns: int
) -> Floats:
    """(seconds,) the price that no order moves, in currency units, at each second of the window."""
    day = date.fromisoformat(scenario.market.date)
    calendar = load_calendar(scenario.market.calendar, day, day)
    table = instruments_of(scenario)
    market = open_market(scenario, table, calendar, seed, start_ns)
    ticks = [market.exogenous(symbol, at_ns) for at_ns in range(start_ns, end_ns, NS)]
    return np.array(ticks, dtype=np.float64) * float(table[symbol].tick)
