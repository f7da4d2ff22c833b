"""Our side of the comparison: the cores that trade live, driven by `headgate simulate`'s runner.

    python -m benchmarks.peer.headgate_side JOB_FILE

Worker partition, pre-trade checks, replay venue, TCA and the log's encoding are all in it. The
statistics of the touch, which TWAP does not read and the other side does not keep, are off. Orders
and reports take no time, as on the other side. Prints one line of JSON.
"""

import gc
import sys
import time
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from algos.partition import Partition
from algos.policy import Policy
from benchmarks.machine import peak_mib
from benchmarks.peer.twap_job import DAY_S, OPEN_NS, Ints, Job, Result
from bus.memory import Broker
from domain.fix_codes import OrdType
from domain.instruments import Instrument, InstrumentTable, Side, TickBand
from domain.marketdata import Quote
from domain.parents import NewParent
from domain.sessions import Session, TradingCalendar
from gateway.child_book import ChildBook
from gateway.kill_switch import KillSwitch
from gateway.pre_trade import PreTrade
from gateway.risk import Limits, LimitTable
from simulation.order_log import OrderLog
from simulation.recorded_port import RecordedPort
from simulation.replay_venue import SESSION, ReplayVenue
from simulation.runner import Simulation
from simulation.simulated_worker import SimulatedWorker
from simulation.venue_gate import VenueGate
from tca.costs import Costs
from venuesim.latency import Delay

VENUE: Final = "SIM"
CALENDAR: Final = "XNYS"
DATE: Final = "2025-03-03"
NS: Final = 10**9
CLOSE_NS: Final = OPEN_NS + DAY_S * NS
_AFTER_CLOSE_NS: Final = 60 * NS
# As on the other side: no limit that this job comes near.
LIMITS: Final = Limits(
    max_child_qty=10**9, max_child_notional=Decimal(10**12), price_collar=Decimal("0.5"),
    messages_per_second=10**6, stale_market_data_ns=3_600 * NS, stale_order_ns=60 * NS,
)  # fmt: skip


class JobFile(Job, frozen=True, kw_only=True):
    """The job as it was written, and where its quotes are."""

    quotes_file: str
    start_ns: int
    window_s: int
    lot: int
    size: int


def symbol(number: int) -> str:
    """The name of an instrument."""
    return f"S{number}"


def instruments(job: JobFile) -> InstrumentTable:
    return InstrumentTable([
        Instrument(
            symbol=symbol(number), currency="USD", lot=job.lot,
            ticks=(TickBand(tick=Decimal("0.01")),), calendar=CALENDAR, venues=(VENUE,),
            max_order_qty=10**9, max_order_notional=Decimal(10**12),
        )
        for number in range(job.instruments)
    ])  # fmt: skip


def quotes(job: JobFile) -> list[Quote]:
    """The record, by rising time."""
    arrays: dict[str, Ints] = dict(np.load(job.quotes_file))
    columns = [arrays[name].tolist() for name in ("at_ns", "instrument", "bid", "ask")]
    symbols = [symbol(number) for number in range(job.instruments)]
    return [
        Quote(symbols[number], VENUE, bid, job.size, ask, job.size, at_ns)
        for at_ns, number, bid, ask in zip(*columns, strict=True)
    ]


def parents(job: JobFile) -> list[NewParent]:
    """All of one size, over one window, without jitter, as the other side has them."""
    return [
        NewParent(
            source="BENCH", cl_ord_id=f"P{number}.{again}", symbol=symbol(number), side=Side.BUY,
            order_qty=Decimal(job.children * job.lot), algo="twap", ord_type=OrdType.MARKET,
            start_ns=job.start_ns, end_ns=job.start_ns + job.window_s * NS,
            params={"interval": float(job.interval_s), "size_jitter": 0.0, "time_jitter": 0.0},
            sent_ns=job.start_ns,
        )
        for number, again in placed(job)
    ]  # fmt: skip


def placed(job: Job) -> list[tuple[int, int]]:
    """(instrument, number within it) of every parent."""
    return [(n % job.instruments, n // job.instruments) for n in range(job.parents)]


def simulation(job: JobFile, market: list[Quote]) -> Simulation:
    """The run, ready."""
    table = instruments(job)
    log = OrderLog(Broker(partition_count=1))
    session = Session(date=DATE, open_ns=OPEN_NS, close_ns=CLOSE_NS)
    calendars = {CALENDAR: TradingCalendar(CALENDAR, [session])}
    book = ChildBook()
    checks = PreTrade(book=book, kills=KillSwitch(), instruments=table, limits=LimitTable(LIMITS))
    venue = ReplayVenue(
        name=VENUE, instruments=table, trade_date=DATE.replace("-", ""), close_ns=CLOSE_NS
    )

    def core(number: int) -> Partition:
        return Partition(
            number=number, instruments=table, calendars=calendars,
            policy=Policy(stale_ns=3_600 * NS, touch_statistics=False),
            partition_of=log.partition_of,
        )  # fmt: skip

    def worker(life: int) -> SimulatedWorker:
        return SimulatedWorker(
            name=f"worker-{life}", log=log, new_core=core, instruments_hash=table.hash
        )

    return Simulation(
        log=log,
        port=RecordedPort(
            market=market, venue=venue, latency=Delay(base_ns=0),
            gate=VenueGate(book=book, checks=checks, session=SESSION),
        ),
        costs=Costs(table, 1_000 * NS),
        new_worker=worker,
        requests=parents(job),
    )  # fmt: skip


def run(job: JobFile) -> Result:
    """Set up, run, and say what came out."""
    market = quotes(job)
    run = simulation(job, market)
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()  # as every process of ours does when it has started
    gc.set_threshold(100_000, 50, 1_000)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    run.run(market[0].at_ns, CLOSE_NS + _AFTER_CLOSE_NS)
    run_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    assert len(run.finals) == job.parents
    return Result(
        run_s=run_s,
        cpu_s=cpu_s,
        filled_qty=sum(cost.cum_qty for cost in run.finals),
        notional=float(sum(cost.notional for cost in run.finals)),
        children=sum(cost.fills for cost in run.finals),
        peak_mib=peak_mib(),
        version=version("headgate"),
    )


if __name__ == "__main__":
    job_file = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=JobFile)
    sys.stdout.write(msgspec.json.encode(run(job_file)).decode() + "\n")
