"""`headgate simulate`: one parent over one recorded day, in virtual time.

What the user typed is read here and refused by name; the result goes to a text stream.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TextIO, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from algos.models.calibration_error import CalibrationError
from algos.models.known_calibrations import KnownCalibrations
from algos.partition import Partition
from bus.memory import Broker
from bus.topics import Topic
from domain.children import CancelChild, NewChild, ReplaceChild
from domain.file_format import FileFormat
from domain.fix_codes import OrdType
from domain.instruments import InstrumentTable, Side
from domain.parents import NewParent, ParamValue
from domain.reports import ParentReport
from domain.sessions import TradingCalendar
from headgate.calendars import exchange_zone, load_calendar
from headgate.settings import Settings
from marketdata.known_profiles import KnownProfiles
from marketdata.lean import tick_file
from marketdata.symbol_profile import ProfileError
from marketdata.tick_faults import BadTickFile, Skipped
from marketdata.volume_curve import CurveError
from simulation.house_rules import policy_of, read_simulated_calibrations, read_simulated_profiles
from simulation.order_log import OrderLog
from simulation.reconciliation import reconcile
from simulation.recorded_day import recorded_events, recorded_instrument, recorded_port
from simulation.recorded_port import RecordedPort
from simulation.runner import Simulation
from simulation.simulated_worker import SimulatedWorker
from tca.costs import Costs
from tca.table import cost_table

CALENDAR: Final = "XNYS"  # the tape is that of the US
SOURCE: Final = "SIMULATE"
SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_AFTER_CLOSE_NS: Final = 60_000_000_000  # for the last cancels, and TCA's grace

EXIT_OK: Final = 0
EXIT_NOT_DONE: Final = 1
EXIT_USAGE: Final = 2

Parsed = TypeVar("Parsed")


class BadArgument(Exception):
    """An argument that cannot be used; the text begins with its name."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to simulate, as typed. Times are local to the exchange, HH:MM or HH:MM:SS.

    `params`: name=value each. `seed`: another one gives other slice times and sizes.
    """

    data: Path
    symbol: str
    date: str
    algo: str
    side: str
    quantity: str
    start: str
    end: str
    limit_price: str | None = None
    params: tuple[str, ...] = ()
    lot: int = 100
    seed: int = 0


@dataclass(slots=True, kw_only=True)
class Prepared:
    """A simulation that is ready to run, and its input."""

    run: Simulation
    first_ns: int
    until_ns: int
    skipped: Skipped
    profile_notes: tuple[str, ...] = ()

    def play(self) -> Simulation:
        """Run it. Raises BadTickFile, BadArgument if the order is rejected."""
        self.run.run(self.first_ns, self.until_ns)
        for reject in self.run.rejects:
            reason = reject.reason.value if reject.reason is not None else "rejected"
            raise BadArgument(f"order refused: {reason}: {reject.field}: {reject.text}")
        return self.run


def simulate(request: Request, settings: Settings, out: TextIO, err: TextIO) -> int:
    """Run it and print its costs. Returns the exit status: 2 for bad input, 1 if it never
    ended or its books disagree."""
    try:
        prepared = prepare(request, settings)
        run = prepared.play()
    except (BadArgument, BadTickFile, ProfileError, CurveError, CalibrationError) as error:
        err.write(f"headgate simulate: {error}\n")
        return EXIT_USAGE
    err.writelines(f"headgate simulate: profiles: {note}\n" for note in prepared.profile_notes)
    out.write(_summary(run, prepared.skipped))
    out.write(cost_table(run.finals))
    broken = reconcile(run).broken
    err.writelines(f"headgate simulate: the books disagree: {text}\n" for text in broken)
    return EXIT_OK if run.finals and not broken else EXIT_NOT_DONE


def prepare(request: Request, settings: Settings) -> Prepared:
    """Read what was typed and the files it names.

    Raises BadArgument, BadTickFile, ProfileError, CurveError, CalibrationError.
    """
    typed = _read(request)
    skipped = Skipped()
    table = InstrumentTable([recorded_instrument(request.symbol.upper(), request.lot, CALENDAR)])
    tick_file(request.data, request.symbol.upper(), typed.day, "quote")  # the first thing missing
    calendar = load_calendar(CALENDAR, typed.day, typed.day)
    if not calendar.sessions:
        why = calendar.why_closed(typed.day.isoformat())
        raise BadArgument(f"--date: {typed.day} is no trading day of {CALENDAR}: {why}")
    session = calendar.sessions[0]
    parent = _parent(request, typed, exchange_zone(CALENDAR, typed.day))
    profiles = read_simulated_profiles(table, settings.worker, session)
    events = recorded_events(table, request.data, typed.day, FileFormat.LEAN, skipped)
    port = recorded_port(table, events, session, settings)
    return Prepared(
        run=_simulation(
            request,
            table,
            calendar,
            port,
            parent,
            settings,
            profiles,
            read_simulated_calibrations(settings.worker, session),
        ),
        first_ns=min(port.first_ns, parent.sent_ns),
        until_ns=max(session.close_ns, parent.sent_ns) + _AFTER_CLOSE_NS,
        skipped=skipped,
        profile_notes=profiles.notes,
    )


class _Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The request, read. Times are of the exchange's clock."""

    day: date
    side: Side
    quantity: Decimal
    start: time
    end: time
    limit_px: Decimal | None
    params: dict[str, ParamValue]


def _read(request: Request) -> _Typed:
    if request.side not in SIDES:
        raise BadArgument(f"--side: {request.side!r} is not one of {', '.join(SIDES)}")
    if request.lot <= 0:
        raise BadArgument(f"--lot: {request.lot} is not above zero")
    if request.seed < 0:
        raise BadArgument(f"--seed: {request.seed} is below zero")
    limit = request.limit_price
    return _Typed(
        day=_parse("date", request.date, date.fromisoformat),
        side=SIDES[request.side],
        quantity=_parse("quantity", request.quantity, Decimal),
        start=_parse("start", request.start, _clock_time),
        end=_parse("end", request.end, _clock_time),
        limit_px=_parse("limit-price", limit, Decimal) if limit is not None else None,
        params=dict(_param(text) for text in request.params),
    )


def _parent(request: Request, typed: _Typed, zone: ZoneInfo) -> NewParent:
    start_ns = _utc_ns(typed.day, typed.start, zone)
    return NewParent(
        source=SOURCE, cl_ord_id=f"{request.algo}-1", symbol=request.symbol.upper(),
        side=typed.side, order_qty=typed.quantity, algo=request.algo,
        ord_type=OrdType.MARKET if typed.limit_px is None else OrdType.LIMIT,
        limit_px=typed.limit_px, start_ns=start_ns, end_ns=_utc_ns(typed.day, typed.end, zone),
        params=typed.params, sent_ns=start_ns,
    )  # fmt: skip


def _simulation(
    request: Request, table: InstrumentTable, calendar: TradingCalendar, port: RecordedPort,
    parent: NewParent, settings: Settings, profiles: KnownProfiles,
    calibrations: KnownCalibrations,
) -> Simulation:  # fmt: skip
    log = OrderLog(Broker(partition_count=1))

    def core(number: int) -> Partition:
        return Partition(
            number=number, instruments=table, calendars={CALENDAR: calendar},
            policy=policy_of(settings.worker, settings.venue_access.limits),
            partition_of=log.partition_of, profiles=profiles, calibrations=calibrations,
        )  # fmt: skip

    def worker(life: int) -> SimulatedWorker:
        return SimulatedWorker(
            name=f"worker-{life}", log=log, new_core=core, instruments_hash=table.hash,
            first_offset=request.seed,
        )  # fmt: skip

    return Simulation(
        log=log,
        port=port,
        costs=Costs(table, settings.tca.publish_interval_ms * 1_000_000),
        new_worker=worker,
        requests=[parent],
    )


def _summary(run: Simulation, skipped: Skipped) -> str:
    """The run in a few lines: market, children, and how long the parent waited for what."""
    commands = run.records(Topic.CHILDREN)
    counts = [
        f"{sum(isinstance(each, kind) for each in commands):,} {word}"
        for kind, word in ((NewChild, "sent"), (ReplaceChild, "replaces"), (CancelChild, "cancels"))
    ]
    lines = [
        f"market     {run.port.market_events:,} events played, {skipped.rows:,} rows skipped",
        f"children   {', '.join(counts)}; {sum(cost.fills for cost in run.finals):,} fills",
    ]
    waits = waited_ms(run.records(Topic.REPORTS))
    for reason, waited in waits.items():
        lines.append(f"{'waited' if reason == next(iter(waits)) else '':<11}"
                     f"{waited / 1_000:>10,.1f} s  {reason}")  # fmt: skip
    return "\n".join(lines) + "\n\n"


def waited_ms(reports: Sequence[object]) -> dict[str, int]:
    """How long parents gave each reason for not sending, by their last reports, longest first."""
    last = {each.order_id: each.waited_ms for each in reports
            if isinstance(each, ParentReport) and each.waited_ms}  # fmt: skip
    sums = Counter[str]()
    for waited in last.values():
        sums.update(waited)
    return dict(sorted(sums.items(), key=lambda each: (-each[1], each[0])))


def _param(text: str) -> tuple[str, ParamValue]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise BadArgument(f"--param: {text!r} is not name=value")
    return name, _param_value(value)


def _param_value(text: str) -> ParamValue:
    """A JSON boolean or number as such, anything else as text."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _clock_time(text: str) -> time:
    found = time.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError("a zone; times are those of the exchange")
    return found


def _utc_ns(day: date, clock: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, clock, tzinfo=zone).timestamp()) * 1_000_000_000


def _parse(name: str, text: str, read: Callable[[str], Parsed]) -> Parsed:
    try:
        return read(text)
    except (ValueError, InvalidOperation) as error:
        why = str(error) if isinstance(error, ValueError) else "not a number"
        raise BadArgument(f"--{name}: {text!r}: {why}") from error
