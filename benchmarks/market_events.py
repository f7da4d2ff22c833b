"""What a market data event costs the worker: decoded, and applied to book, tape and statistics."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from algos.partition import Partition
from algos.policy import Policy
from benchmarks.figures import Figure, Goal, quantile
from benchmarks.replay_day import data_dir
from benchmarks.scene import (
    CLOSE_NS,
    OPEN_NS,
    SYMBOL,
    VENUES,
    collector_as_in_the_worker,
    idle_parents,
    live_partition,
    quote,
)
from bus.codec import decode, encode
from bus.topics import Topic
from domain.marketdata import Depth, MarketEvent, Trade
from marketdata.lean import read_day
from marketdata.market import SymbolMarket
from marketdata.tick_faults import BadTickFile

BATCH: Final = 10  # events a record, as the venues' feed may send
IDLE: Final = 2_000  # parents
REPEATS: Final = 9
STEP_NS: Final = 2_000_000  # 500 events a second: a liquid symbol at a busy time
TARGET_US: Final = 10_000.0  # the brief: a market data update in less than 10 ms
DAY: Final = date(2013, 10, 7)
STAGE: Final = "market data"

BOOK_ONLY: Final = Policy(stale_ns=CLOSE_NS, touch_statistics=False)


def measure(events: int, idle: int = IDLE, *, recorded: bool = True) -> list[Figure]:
    """Quotes, prints and depth, side by side, so that a neighbour hits all alike."""
    plain, full, busy = live_partition(BOOK_ONLY), live_partition(), live_partition()
    idle_parents(busy, idle)
    for market in full.markets.values():
        market.keep_statistics()  # a parent would have turned them on
    best: dict[str, float] = {}

    def time_of(name: str, taken_ns: float) -> None:
        best[name] = min(best.get(name, taken_ns), taken_ns)

    with collector_as_in_the_worker():
        for turn in range(REPEATS):
            begin_ns = OPEN_NS + turn * 4 * events * STEP_NS  # a time never goes back
            quotes = _records(_quotes, events, BATCH, begin_ns)
            time_of("decode", _decoded(quotes) / events)
            time_of("plain", _fed(plain, quotes) / events)
            time_of("full", _fed(full, quotes) / events)
            time_of("busy", _fed(busy, quotes) / events)
            begin_ns += events * STEP_NS
            time_of("single", _fed(full, _records(_quotes, events, 1, begin_ns)) / events)
            begin_ns += events * STEP_NS
            prints = _records(_prints, events, BATCH, begin_ns)
            time_of("print", _fed(full, prints) / events)
            time_of("print, busy", _fed(busy, prints) / events)
            time_of("depth", _fed(full, _records(_depths, events, BATCH, begin_ns)) / events)
        begin_ns = OPEN_NS + REPEATS * 4 * events * STEP_NS
        each_us = _fed_each(busy, _records(_quotes, events, 1, begin_ns))
    found = _figures(best, each_us, idle)
    return found + (_recorded_day() if recorded else [])


def _figures(best: dict[str, float], each_us: list[float], idle: int) -> list[Figure]:
    full = best["full"]
    return [
        Figure(stage=STAGE, name=f"decode a quote, {BATCH} a record", unit="ns",
               value=best["decode"]),
        Figure(stage=STAGE, name="decode + apply to the book alone", unit="ns",
               value=best["plain"], base_name="decode", base=best["decode"]),
        Figure(stage=STAGE, name="... and to all statistics", unit="ns", value=full,
               base_name="book alone", base=best["plain"], goal=Goal(at_most=2.0)),
        Figure(stage=STAGE, name=f"... with {idle:,} parents of which none is due", unit="ns",
               value=best["busy"], base_name="no parents", base=full, goal=Goal(at_most=1.1)),
        Figure(stage=STAGE, name="... one a record", value=best["single"], unit="ns",
               base_name=f"{BATCH} a record", base=full),
        Figure(stage=STAGE, name="decode + apply a print", unit="ns", value=best["print"],
               base_name="a quote", base=full),
        Figure(stage=STAGE, name=f"... with {idle:,} parents of which none is due", unit="ns",
               value=best["print, busy"], base_name="no parents", base=best["print"],
               goal=Goal(at_most=1.1)),
        Figure(stage=STAGE, name="decode + apply depth, 5 levels a side", unit="ns",
               value=best["depth"], base_name="a quote", base=full),
        Figure(stage=STAGE, name="one record p99.9, own processor time", unit="us",
               value=quantile(each_us, 0.999), base_name="the brief's 10 ms", base=TARGET_US,
               headroom=True, goal=Goal(at_least=1.0)),
    ]  # fmt: skip


def _recorded_day() -> list[Figure]:
    """The same on a recorded day, most of whose seconds are quiet."""
    try:
        events = list(read_day(data_dir(), "IBM", DAY, skip_bad=True))
    except BadTickFile as error:
        sys.stderr.write(f"... market data: the recorded day is left out: {error}\n")
        return []
    taken: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(3):
        for keeps in taken:
            market = SymbolMarket(symbol="IBM", keeps_statistics=keeps)
            began_ns = time.perf_counter_ns()
            market.on_events(events)
            assert market.statistics.at_ns or not keeps
            taken[keeps].append((time.perf_counter_ns() - began_ns) / len(events))
    return [
        Figure(stage=STAGE, name=f"IBM {DAY}, {len(events):,} events applied, no decode", unit="ns",
               value=min(taken[True]), base_name="without statistics of the touch",
               base=min(taken[False]),
               note="each second is closed once, however few quotes it has, and most are quiet"),
    ]  # fmt: skip


def _quotes(count: int, begin_ns: int) -> Sequence[MarketEvent]:
    return [quote(VENUES[i % 2], begin_ns + i * STEP_NS, i % 7) for i in range(count)]


def _prints(count: int, begin_ns: int) -> Sequence[MarketEvent]:
    return [
        Trade(SYMBOL, VENUES[i % 2], 18_500 + i % 7, 100 + i % 5, begin_ns + i * STEP_NS,
              f"{begin_ns}-{i}")
        for i in range(count)
    ]  # fmt: skip


def _depths(count: int, begin_ns: int) -> Sequence[MarketEvent]:
    return [
        Depth(SYMBOL, VENUES[i % 2],
              tuple((18_500 + i % 7 - level, 100 + level) for level in range(5)),
              tuple((18_501 + i % 7 + level, 100 + level) for level in range(5)),
              begin_ns + i * STEP_NS)
        for i in range(count)
    ]  # fmt: skip


def _records(
    make: Callable[[int, int], Sequence[MarketEvent]], count: int, batch: int, begin_ns: int
) -> list[bytes]:
    events = make(count, begin_ns)
    return [
        encode(Topic.MARKETDATA, list(events[first : first + batch]))
        for first in range(0, count, batch)
    ]


def _decoded(records: list[bytes]) -> float:
    """Nanoseconds to decode all of them."""
    began_ns = time.perf_counter_ns()
    for value in records:
        decode(Topic.MARKETDATA, value)
    return float(time.perf_counter_ns() - began_ns)


def _fed(partition: Partition, records: list[bytes]) -> float:
    """Nanoseconds for all of them, with the look at the timers that each round takes."""
    began_ns = time.perf_counter_ns()
    for value in records:
        partition.on_market(decode(Topic.MARKETDATA, value), OPEN_NS)
        partition.next_wake_ns()
    return float(time.perf_counter_ns() - began_ns)


def _fed_each(partition: Partition, records: list[bytes]) -> list[float]:
    clock: Callable[[], int] = time.thread_time_ns
    taken = []
    for value in records:
        began_ns = clock()
        partition.on_market(decode(Topic.MARKETDATA, value), OPEN_NS)
        taken.append((clock() - began_ns) / 1e3)
    return taken
