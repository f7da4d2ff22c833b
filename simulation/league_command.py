"""`headgate league`: play the league and write its page."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Final, TextIO

import msgspec

from domain.sessions import TradingCalendar
from headgate.calendars import load_calendar
from headgate.metrics import build
from headgate.settings import Settings
from simulation.league import ENTRANTS, Cell, Entrant, Result, cells, result_of
from simulation.league_page import league_page, stamp_of
from simulation.order_row import OrderRow
from simulation.seed_pool import play_all
from simulation.seed_run import Failed, Job, Setup

EXIT_OK: Final = 0
EXIT_BROKEN: Final = 1
EXIT_USAGE: Final = 2


class BrokenRun(Exception):
    """A run that came to nothing, or whose books disagree: no page may rest on it."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """As typed. `out` None: the page goes to the terminal."""

    seeds: int
    processes: int
    out: Path | None = None


def league(request: Request, settings: Settings, out: TextIO, err: TextIO) -> int:
    """Play it. Returns the exit status; the page is written whole or not at all."""
    for name, value in (("--seeds", request.seeds), ("--processes", request.processes)):
        if value < 1:
            err.write(f"headgate league: {name}: {value} is below 1\n")
            return EXIT_USAGE
    played = list(cells())
    results = []
    try:
        for cell in played:
            err.write(f"... {cell.preset.name}: {cell.size.name}\n")
            results.append(play(cell, ENTRANTS, request.seeds, request.processes, settings))
    except BrokenRun as error:
        err.write(f"headgate league: {error}\n")
        return EXIT_BROKEN
    stamp = stamp_of(played, ENTRANTS, request.seeds, build())
    page = league_page(results, ENTRANTS, stamp)
    if request.out is None:
        out.write(page)
        return EXIT_OK
    try:
        request.out.write_text(page, encoding="utf-8")
    except OSError as error:
        err.write(f"headgate league: --out: {error}\n")
        return EXIT_USAGE
    out.write(f"wrote {request.out}\n")
    return EXIT_OK


def play(
    cell: Cell, entrants: Sequence[Entrant], seeds: int, processes: int, settings: Settings
) -> Result:  # fmt: skip
    """All entrants over the seeds of one cell. Raises BrokenRun."""
    scenario, count = cell.scenario, cell.seeds(seeds)
    setup = Setup(
        scenario=scenario, variants=tuple(each.variant(cell.size) for each in entrants),
        calendar=_calendar(scenario.market.calendar, scenario.market.date), settings=settings,
    )  # fmt: skip
    jobs = [Job(variant, seed) for seed in range(count) for variant in range(len(entrants))]
    rows: list[OrderRow] = []
    with closing(play_all(setup, jobs, min(processes, len(jobs)))) as outcomes:
        for outcome in outcomes:
            entrant, seed = entrants[outcome.job.variant], outcome.job.seed
            who = f"{cell.preset.name}, {entrant.name}, seed {seed}"
            if isinstance(outcome, Failed):
                raise BrokenRun(f"{who}: {outcome.error}")
            if outcome.broken:
                raise BrokenRun(f"{who}: its books disagree: {'; '.join(outcome.broken)}")
            refused = [row.reject_reason for row in outcome.rows if row.reject_reason is not None]
            if refused:
                raise BrokenRun(f"{who}: refused: {'; '.join(refused)}")
            rows += outcome.rows
    rows.sort(key=lambda row: (row.variant, row.seed))
    return result_of(cell, count, rows)


def _calendar(name: str, day: str) -> TradingCalendar:
    found = date.fromisoformat(day)
    return load_calendar(name, found, found)
