"""The faults of a scenario as things that happen to a run."""

from collections.abc import Callable
from functools import partial
from random import Random

from domain.sessions import Session
from simulation.fix_port import FixPort
from simulation.mischief import Mischief
from simulation.moments import NS, moment_ns
from simulation.runner import Disturbance, Redelivery, Simulation
from simulation.scenario import Scenario
from simulation.scenario_faults import (
    Disconnect,
    Duplicates,
    Fault,
    FeedStall,
    Redeliveries,
    Rejects,
    SymbolHalt,
    VenueOutage,
    WorkerDeath,
    WorkerPause,
)
from simulation.simulated_worker import SimulatedWorker
from simulation.venue_port import PortOutput

MS: int = 1_000_000
PortAct = Callable[[FixPort, str, int], list[PortOutput]]


def disturbances_of(scenario: Scenario, session: Session) -> list[Disturbance]:
    """Those that have a time, each with what puts it right again; halts are the venues' own. Raises
    BadScenario."""
    found: list[Disturbance] = []
    for index, fault in enumerate(scenario.faults):
        if isinstance(fault, SymbolHalt | Rejects | Duplicates | Redeliveries):
            continue
        at_ns = moment_ns(f"faults[{index}].at", fault.at, session)
        found += _disturbance(fault, at_ns, at_ns + int(fault.seconds * NS))
    return found


def _disturbance(
    fault: WorkerDeath | WorkerPause | VenueOutage | Disconnect | FeedStall,
    at_ns: int, until_ns: int,
) -> list[Disturbance]:  # fmt: skip
    match fault:
        case WorkerDeath():
            dies = partial(_kill, fault.after_appends)
            return [Disturbance(at_ns, dies), Disturbance(until_ns, _restart)]
        case WorkerPause():
            return [Disturbance(at_ns, partial(_supersede, until_ns))]
        case VenueOutage():
            ways: tuple[PortAct, PortAct] = (FixPort.go_out, FixPort.come_back)
        case Disconnect():
            ways = (FixPort.disconnect, FixPort.reconnect)
        case FeedStall():
            ways = (FixPort.stall, FixPort.unstall)
    wrong, right = (partial(_at_port, way, fault.venue) for way in ways)
    return [Disturbance(at_ns, wrong), Disturbance(until_ns, right)]


def _kill(after_appends: int, run: Simulation, now_ns: int) -> None:
    run.kill_worker(after_appends)


def _restart(run: Simulation, now_ns: int) -> None:
    run.restart_worker(now_ns)


def _supersede(until_ns: int, run: Simulation, now_ns: int) -> None:
    """Another worker takes over; the one that was wakes up at `until_ns`."""
    before = run.restart_worker(now_ns)
    run.at(until_ns, partial(_wake, before))


def _wake(worker: SimulatedWorker, run: Simulation, now_ns: int) -> None:
    run.wake_superseded(worker, now_ns)


def _at_port(act: PortAct, venue: str, run: Simulation, now_ns: int) -> None:
    assert isinstance(run.port, FixPort)
    run.say(act(run.port, venue, now_ns), now_ns)


def mischief_of(scenario: Scenario, venue: str, seed: int) -> Mischief:
    """What goes wrong at a venue by chance; the last of several faults of a kind counts."""
    mischief = Mischief(random=Random(f"{seed}/{venue}/mischief"))  # noqa: S311  # a simulation
    for fault in scenario.faults:
        if isinstance(fault, Rejects) and fault.venue == venue and fault.at_door:
            mischief.reject = fault.probability
        elif isinstance(fault, Duplicates) and fault.venue == venue:
            mischief.duplicate = fault.probability
            mischief.duplicate_delay_ns = fault.delay_ms * MS
    return mischief


def redelivery_of(faults: tuple[Fault, ...], seed: int) -> Redelivery | None:
    """What the bus delivers twice, if anything."""
    for fault in faults:
        if isinstance(fault, Redeliveries):
            random = Random(f"{seed}/redeliveries")  # noqa: S311  # a simulation
            return Redelivery(random=random, probability=fault.probability,
                              delay_ns=fault.delay_ms * MS)  # fmt: skip
    return None
