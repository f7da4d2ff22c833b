"""One seed of a scenario: played, reconciled, made rows. What a process is given and gives back."""

import traceback

import msgspec

from domain.sessions import TradingCalendar
from headgate.settings import Settings
from marketdata.tick_faults import BadTickFile
from simulation.case import Case, prepare
from simulation.order_plan import AS_IT_IS
from simulation.order_row import FillRow, OrderRow, fill_rows, order_rows
from simulation.reconciliation import reconcile
from simulation.scenario import Scenario, Variant

BROKEN_MAX = 20  # disagreements that are told of one run: the first explain the others


class Job(msgspec.Struct, frozen=True):
    """A seed of a variant, by its place in the list."""

    variant: int
    seed: int


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What all jobs share. `keeps_fills`: whether executions are to be given back too."""

    scenario: Scenario
    variants: tuple[Variant, ...] = (AS_IT_IS,)
    calendar: TradingCalendar
    settings: Settings
    keeps_fills: bool = False

    def case(self, job: Job) -> Case:
        """The run that a job is."""
        return Case(scenario=self.scenario, seed=job.seed, variant=self.variants[job.variant])


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a job. `broken`: what did not reconcile; then the rows are not to be trusted.

    `checks`: how often the exposure of an order was held against its quantity.
    """

    job: Job
    rows: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    broken: tuple[str, ...] = ()
    market_events: int = 0
    children: int = 0
    checks: int = 0
    worker_lives: int = 1
    fenced: int = 0
    request_rejects: tuple[str, ...] = ()


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A job that came to no result. `error` ends its last line."""

    job: Job
    error: str


Outcome = Played | Failed


def play(setup: Setup, job: Job) -> Outcome:
    """Play a job. A run that raises is a fault of ours in that run: it is told, with its seed, and
    the other seeds are not lost with it. A bad row of a recorded day is told by its file and line.
    """
    try:
        return _played(setup, job)
    except BadTickFile as error:
        return Failed(job=job, error=f"{error}\n")
    except Exception:  # see above: the traceback is the result
        return Failed(job=job, error=traceback.format_exc())


def _played(setup: Setup, job: Job) -> Played:
    case = setup.case(job)
    prepared = prepare(case, setup.calendar, setup.settings)
    run = prepared.play()
    found = reconcile(run)
    fills = fill_rows(case, run, prepared.table, found) if setup.keeps_fills else ()
    return Played(
        job=job,
        rows=tuple(order_rows(case, run, prepared.table, found)),
        fills=tuple(fills),
        broken=tuple(found.broken[:BROKEN_MAX]),
        market_events=run.port.market_events,
        children=len(run.port.orders),
        checks=found.exposure.checks,
        worker_lives=run.lives,
        fenced=found.exposure.fenced,
        request_rejects=tuple(found.oms.request_rejects),
    )
