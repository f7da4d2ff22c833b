"""One run of a scenario: everything that a seed and a variant make of it, ready to play."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from algos.models.calibration_error import CalibrationError
from algos.models.known_calibrations import KnownCalibrations
from algos.pace import Pace
from algos.partition import Partition
from bus.memory import Broker
from domain.instruments import InstrumentTable
from domain.parents import NewParent, ParentRequest, ReplaceParent
from domain.sessions import Session, TradingCalendar
from gateway.venue_access import VenueAccess
from headgate.settings import Settings
from marketdata.known_profiles import KnownProfiles
from marketdata.symbol_profile import ProfileError
from marketdata.tick_faults import Skipped
from marketdata.volume_curve import CurveError
from simulation.disturbances import disturbances_of, mischief_of, redelivery_of
from simulation.fix_port import FixPort, Link
from simulation.fix_session import FixSession
from simulation.house_rules import (
    limits_of,
    policy_of,
    read_simulated_calibrations,
    read_simulated_profiles,
)
from simulation.moments import NS
from simulation.order_log import OrderLog
from simulation.order_plan import AS_IT_IS, Setting, requests_of
from simulation.recorded_day import recorded_events, recorded_port
from simulation.runner import SETTLE_NS, Simulation
from simulation.scenario import BadScenario, Scenario, Variant, VenueTable
from simulation.scenario_algorithms import SIMULATED
from simulation.scenario_faults import WorkerDeath, WorkerPause
from simulation.scenario_market import (
    ScenarioMarket,
    adv_of,
    auctions_of,
    instruments_of,
    offers_of,
    open_market,
    preset_profiles,
)
from simulation.simulated_worker import SimulatedWorker
from simulation.venue_port import VenuePort
from tca.costs import Costs
from venuesim.latency import Delay, DelayLine
from venuesim.random_streams import RandomStreams

# After the end of the last order: for cancels that must find their way round lost venues, and TCA.
AFTER_END_NS: Final = 300 * NS
# Live costs of thousands of parents are nobody's to read here.
TCA_INTERVAL_NS: Final = 60 * NS
# Order ids are functions of the offset in `parents`: each seed's log begins elsewhere. Six digits
# to the base of 36 hold 21,000 seeds.
OFFSETS_A_SEED: Final = 100_000
US: Final = 1_000


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is a function of; plain data, so that it can be sent to another process."""

    scenario: Scenario
    seed: int
    variant: Variant = AS_IT_IS

    @property
    def dated(self) -> tuple[str, str]:
        """Where the file says the day of this seed, and what it says."""
        market = self.scenario.market
        if not market.dates:
            return "market.date", market.date
        index = self.seed % len(market.dates)
        return f"market.dates[{index}]", market.dates[index]

    @property
    def day(self) -> date:
        """The day of this seed. Raises BadScenario."""
        key, text = self.dated
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise BadScenario(key, f"{text!r}: {error}") from error


class Prepared(msgspec.Struct, frozen=True):
    """A run that is ready, and from when to when it is to be played."""

    run: Simulation
    table: InstrumentTable
    first_ns: int
    until_ns: int

    def play(self) -> Simulation:
        """Play it to its end."""
        self.run.run(self.first_ns, self.until_ns)
        return self.run


def session_of(case: Case, calendar: TradingCalendar) -> Session:
    """The session of the case's day. Raises BadScenario."""
    session = calendar.session_on(case.day.isoformat())
    if session is None:
        why = calendar.why_closed(case.day.isoformat())
        raise BadScenario(case.dated[0], f"{case.day} is no trading day of {calendar.name}: {why}")
    return session


def prepare(case: Case, calendar: TradingCalendar, settings: Settings) -> Prepared:
    """Build the run of a case. Raises BadScenario, BadTickFile."""
    scenario, session = case.scenario, session_of(case, calendar)
    table = instruments_of(scenario)
    setting = Setting(session=session, instruments=table, adv=adv_of(scenario))
    requests = requests_of(scenario, setting, case.seed, case.variant)
    port, first_ns = _port(case, table, calendar, settings, requests[0].sent_ns)
    log = OrderLog(Broker(partition_count=scenario.market.partitions))
    run = Simulation(
        log=log, port=port, costs=Costs(table, TCA_INTERVAL_NS),
        new_worker=_workers(case, table, calendar, settings, log), requests=requests,
        disturbances=disturbances_of(scenario, session),
        redelivery=redelivery_of(scenario.faults, case.seed),
        hop_ns=scenario.market.bus_latency_us * US, settle_ns=SETTLE_NS,
        keeps_market=any(isinstance(each, WorkerDeath | WorkerPause) for each in scenario.faults),
    )  # fmt: skip
    return Prepared(run, table, first_ns, _until_ns(requests, session))


def _port(
    case: Case, table: InstrumentTable, calendar: TradingCalendar, settings: Settings,
    order_ns: int,
) -> tuple[VenuePort, int]:  # fmt: skip
    """The market, and when it begins; the first order comes at `order_ns`."""
    market = case.scenario.market
    if market.data is not None:
        events = recorded_events(table, Path(market.data), case.day, market.format, Skipped())
        rules = market.replay.rules if market.replay is not None else None
        recorded = recorded_port(table, events, session_of(case, calendar), settings, rules)
        return recorded, min(recorded.first_ns, order_ns)
    first_ns = order_ns - int(market.warm_up_s * NS)
    opened = open_market(case.scenario, table, calendar, case.seed, first_ns)
    return _fix_port(case, table, opened, settings), first_ns


def _until_ns(requests: Sequence[ParentRequest], session: Session) -> int:
    ends = [session.close_ns if each.end_ns is None else each.end_ns
            for each in requests if isinstance(each, NewParent | ReplaceParent)]  # fmt: skip
    return max(*ends, requests[-1].sent_ns) + AFTER_END_NS


def _fix_port(
    case: Case, table: InstrumentTable, market: ScenarioMarket, settings: Settings
) -> FixPort:
    venues = case.scenario.venues
    names = tuple(each.name for each in venues)
    access = VenueAccess(
        by="simulation", sessions={name: f"FIX.4.4:HEADGATE->{name}" for name in names},
        venues=names, instruments=table, limits=limits_of(settings.venue_access.limits),
        status_timeout_ns=settings.venue_access.status_timeout_ms * 1_000_000,
    )  # fmt: skip
    links = {each.name: _link(case, each, market) for each in venues}
    return FixPort(access=access, links=links, clock=market.clock, efficient=market.exogenous)


def _link(case: Case, venue: VenueTable, market: ScenarioMarket) -> Link:
    streams = RandomStreams(case.seed, "")

    def way(name: str, latency_us: int) -> DelayLine:
        delay = Delay(base_ns=latency_us * US, jitter=venue.latency_jitter)
        return DelayLine(delay, streams, f"{venue.name}/{name}")

    return Link(
        name=venue.name, engines=market.engines[venue.name],
        session=FixSession(
            venue=venue.name, to_venue=way("orders", venue.order_latency_us),
            to_us=way("reports", venue.order_latency_us),
        ),
        market_data=way("market data", venue.market_data_latency_us),
        mischief=mischief_of(case.scenario, venue.name, case.seed), is_dark=venue.kind == "dark",
    )  # fmt: skip


def _workers(
    case: Case, table: InstrumentTable, calendar: TradingCalendar, settings: Settings,
    log: OrderLog,
) -> Callable[[int], SimulatedWorker]:  # fmt: skip
    policy = policy_of(
        settings.worker, settings.venue_access.limits, offers_of(case.scenario),
        auctions_of(case.scenario),
    )  # fmt: skip
    session = session_of(case, calendar)
    profiles = _profiles(case, table, session, settings)
    calibrations = _calibrations(session, settings)
    limit = settings.venue_access.limits.messages_per_second

    def worker(life: int) -> SimulatedWorker:
        pace = Pace(per_second=limit)

        def core(number: int) -> Partition:
            return Partition(
                number=number, instruments=table, calendars={calendar.name: calendar},
                policy=policy, partition_of=log.partition_of, profiles=profiles,
                calibrations=calibrations, pace=pace, algorithms=SIMULATED,
            )  # fmt: skip

        return SimulatedWorker(
            name=f"worker-{life}", log=log, new_core=core, instruments_hash=table.hash,
            first_offset=case.seed * OFFSETS_A_SEED,
        )  # fmt: skip

    return worker


def _calibrations(session: Session, settings: Settings) -> KnownCalibrations:
    """Those that the settings name. Raises BadScenario."""
    try:
        return read_simulated_calibrations(settings.worker, session)
    except CalibrationError as error:
        raise BadScenario("worker.calibrations", str(error)) from error


def _profiles(
    case: Case, table: InstrumentTable, session: Session, settings: Settings
) -> KnownProfiles:
    """Of simulated symbols what their presets say; of recorded ones what the settings name.

    Raises BadScenario.
    """
    if case.scenario.market.data is None:
        return KnownProfiles(by_symbol=preset_profiles(case.scenario, session))
    try:
        return read_simulated_profiles(table, settings.worker, session)
    except (ProfileError, CurveError) as error:
        raise BadScenario("worker.profiles", str(error)) from error
