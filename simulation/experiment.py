"""`headgate simulate SCENARIO`: many seeds over several processes, and what they come to.

Interrupted, it keeps what is done and says that it is part of what was asked for.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Final, Protocol, TextIO

import msgspec

from domain.sessions import TradingCalendar
from headgate.calendars import UnknownCalendar, load_calendar
from headgate.settings import Settings
from marketdata.tick_faults import BadTickFile
from simulation.case import Case, prepare, session_of
from simulation.order_plan import AS_IT_IS
from simulation.results import CannotWrite, in_order, write_results
from simulation.scenario import BadScenario, Scenario, Variant, read_scenario
from simulation.seed_pool import play_all
from simulation.seed_run import Failed, Job, Outcome, Setup
from simulation.summary import Summary, summary_of, summary_table

EXIT_OK: Final = 0
EXIT_BROKEN: Final = 1  # a seed failed, or its books disagree
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130  # as a shell says of a program that Ctrl-C ended


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, as typed. `out` None: nothing is written. `data`: instead of `market.data`."""

    scenario: Path
    seeds: int = 1
    first_seed: int = 0
    processes: int = 1
    out: Path | None = None
    compare: bool = False
    keeps_fills: bool = False
    data: Path | None = None


# Plays jobs over so many processes, and is closed when no more is wanted.
Player = Callable[[Setup, Sequence[Job], int], Generator[Outcome, None, None]]


class Progress(Protocol):
    """Is told of every outcome."""

    def __call__(self, outcome: Outcome) -> None:
        """One more job is done."""


def run(
    request: Request, settings: Settings, out: TextIO, err: TextIO, player: Player = play_all
) -> int:
    """Play it and print what it came to. Returns the exit status."""
    try:
        _check(request)
        scenario = _scenario(request)
        setup = _setup(request, scenario, settings)
        jobs = [Job(variant, seed) for seed in range(request.first_seed, _end(request))
                for variant in range(len(setup.variants))]  # fmt: skip
        # What a first run would refuse is refused here, before processes are started.
        for variant in range(len(setup.variants)):
            prepare(setup.case(Job(variant, request.first_seed)), setup.calendar, settings)
    except (BadScenario, BadTickFile, UnknownCalendar) as error:
        err.write(f"headgate simulate: {request.scenario}: {error}\n")
        return EXIT_USAGE
    except BadRequest as error:
        err.write(f"headgate simulate: {error}\n")
        return EXIT_USAGE
    outcomes, interrupted = _play(player, setup, jobs, request.processes, err)
    summary = summary_of(scenario, setup.variants, in_order(outcomes), asked=len(jobs),
                         interrupted=interrupted)  # fmt: skip
    out.write(summary_table(summary))
    for each in summary.failed:
        err.write(f"seed {each.seed} of {each.variant} failed:\n{each.error}")
    for broken in summary.broken:
        err.write(f"seed {broken.seed} of {broken.variant}: its books disagree:\n")
        err.writelines(f"  {text}\n" for text in broken.broken)
    return _write(request, outcomes, summary, out, err)


class BadRequest(Exception):
    """An option that cannot be used; the text begins with its name."""


def _check(request: Request) -> None:
    for name, value, least in (
        ("--seeds", request.seeds, 1),
        ("--first-seed", request.first_seed, 0),
        ("--processes", request.processes, 1),
    ):
        if value < least:
            raise BadRequest(f"{name}: {value} is below {least}")


def _scenario(request: Request) -> Scenario:
    scenario = read_scenario(request.scenario)
    if request.data is None:
        return scenario
    if scenario.market.data is None:
        raise BadRequest("--data: the scenario's market is not recorded")
    market = msgspec.structs.replace(scenario.market, data=str(request.data))
    return msgspec.structs.replace(scenario, market=market)


def _end(request: Request) -> int:
    return request.first_seed + request.seeds


def _setup(request: Request, scenario: Scenario, settings: Settings) -> Setup:
    variants: tuple[Variant, ...] = (AS_IT_IS,)
    if request.compare:
        variants = scenario.variants
        if len(variants) < 2:
            raise BadScenario("variants", "--compare needs two of them at least")
    cases = [Case(scenario=scenario, seed=seed) for seed in range(len(scenario.market.dates) or 1)]
    calendar = _calendar(scenario, [case.day for case in cases])
    for case in cases:
        session_of(case, calendar)
    return Setup(
        scenario=scenario, variants=variants, calendar=calendar, settings=settings,
        keeps_fills=request.keeps_fills,
    )  # fmt: skip


def _calendar(scenario: Scenario, days: Sequence[date]) -> TradingCalendar:
    return load_calendar(scenario.market.calendar, min(days), max(days))


def _play(
    player: Player, setup: Setup, jobs: Sequence[Job], processes: int, err: TextIO
) -> tuple[list[Outcome], bool]:
    """All outcomes, or those that were done when Ctrl-C came."""
    outcomes: list[Outcome] = []
    with _progress(len(jobs), err) as tell:
        try:
            with closing(player(setup, jobs, processes)) as results:
                for outcome in results:
                    outcomes.append(outcome)
                    tell(outcome)
        except KeyboardInterrupt:
            return outcomes, True
    return outcomes, False


@contextmanager
def _progress(total: int, err: TextIO) -> Iterator[Progress]:
    """A bar on a terminal, nothing elsewhere."""
    if not err.isatty():
        yield _say_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress("{task.description}", BarColumn(), MofNCompleteColumn(), "seeds",
                   TimeRemainingColumn(), console=Console(file=err), transient=True)  # fmt: skip
    with bar:
        task = bar.add_task("simulating", total=total)

        def advance(outcome: Outcome) -> None:
            bar.advance(task)
            if isinstance(outcome, Failed):
                bar.console.print(f"seed {outcome.job.seed} failed")

        yield advance


def _say_nothing(outcome: Outcome) -> None:
    """Where nobody looks."""


def _write(
    request: Request, outcomes: Sequence[Outcome], summary: Summary, out: TextIO, err: TextIO
) -> int:
    if request.out is not None:
        try:
            written = write_results(request.out, outcomes, summary,
                                    keeps_fills=request.keeps_fills)  # fmt: skip
        except CannotWrite as error:
            err.write(f"headgate simulate: {error}\n")
            return EXIT_USAGE
        out.write("".join(f"wrote {path}\n" for path in written))
    if summary.interrupted:
        return EXIT_INTERRUPTED
    return EXIT_BROKEN if summary.failed or summary.broken else EXIT_OK
