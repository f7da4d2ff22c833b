"""The simulated market alone: what a day of each preset costs, and whether its memory stays flat.

Base: the numba prototype that the presets come from (quant.md 8.2), measured once on a machine of
this kind and not here. Processor time of this process, for the machine is shared.
"""

import time
import tracemalloc
from typing import Final

import msgspec

from benchmarks.figures import Figure, Goal, mid
from domain.sessions import TradingCalendar
from simulation.fact_days import DAY_S, OPEN_NS, SECOND_NS, VENUE, flow_of, price_of
from venuesim.activity import BLOCK_NS
from venuesim.background_events import BackgroundEvents
from venuesim.efficient_price import EfficientPrice, MarketHours
from venuesim.order_book import OrderBook
from venuesim.presets import MID, PRESETS, Preset
from venuesim.random_streams import RandomStreams

NUMBA_S: Final = {"liquid": 0.83, "mid": 0.02, "illiquid": 0.01}  # the first with compilation
FLAT: Final = 1.2  # peak memory of four times the length


def presets(repeats: int) -> list[Figure]:
    """Seconds a day and events a second, of days that nobody looks at but once a second."""
    figures = []
    for name, preset in PRESETS.items():
        taken_s, events = [], 0
        for seed in range(1, repeats + 1):
            began_s = time.process_time()
            run_day(preset, seed, DAY_S)
            taken_s.append(time.process_time() - began_s)
            events += events_of(preset, seed)
        figures += day_figures(name, taken_s, events)
    return figures


def day_figures(name: str, taken_s: list[float], events: int) -> list[Figure]:
    """Of one preset; one that the prototype did not have has no base."""
    base = NUMBA_S.get(name)
    return [
        Figure(stage="simulated day", name=f"{name}, a day", value=mid(taken_s), unit="s",
               base_name="" if base is None else "numba, elsewhere", base=base,
               note="plain Python and numpy; the prototype had no venue, ids or queues to ask"
               if name == "liquid" else ""),
        Figure(stage="simulated day", name=f"{name}, events", unit="/s",
               value=events / sum(taken_s)),
    ]  # fmt: skip


def memory() -> list[Figure]:
    """Peak of what Python and numpy allocate in 24 hours and in their first six.

    At a steady activity: what is drawn at a time follows it, so a day that ends at its busiest
    would be compared with its own curve.
    """
    steady = msgspec.structs.replace(MID, day_level_sd=0.0, bin_level_sd=0.0)
    run_hours(steady, 24)  # what is cached at first use, and Python's bounded lists of free tuples
    peaks = {}
    for hours in (6, 24):
        tracemalloc.start()
        run_hours(steady, hours)
        peaks[hours] = tracemalloc.get_traced_memory()[1] / 1024
        tracemalloc.stop()
    return [
        Figure(stage="simulated day", name="mid, peak memory of 24 steady hours", value=peaks[24],
               unit="KiB", base_name="6 hours", base=peaks[6], goal=Goal(at_most=FLAT)),
    ]  # fmt: skip


def run_hours(preset: Preset, hours: int) -> None:
    """The flow between sessions, where it has no curve, looked at once a minute."""
    never = MarketHours(TradingCalendar("XNYS", []), always=True)
    price = EfficientPrice(preset, preset.px_ticks, never, RandomStreams(1, "BENCH"))
    flow, book = flow_of(price), OrderBook()
    for minute in range(60 * hours):
        flow.advance(book, OPEN_NS + minute * BLOCK_NS)


def run_day(preset: Preset, seed: int, seconds: int) -> None:
    """The flow into a book, looked at once a second."""
    flow, book = flow_of(price_of(preset, seed)), OrderBook()
    for second in range(1, seconds):
        flow.advance(book, OPEN_NS + second * SECOND_NS)
        book.touch()


def events_of(preset: Preset, seed: int) -> int:
    """How many events a day has: orders, cancels, takers, looks of snipers."""
    price = price_of(preset, seed)
    day = price.day_at(OPEN_NS)
    assert day is not None
    source = BackgroundEvents(preset, price.streams, VENUE, 1.0)
    count = len(source.begin(day, OPEN_NS).at_ns)
    for start_ns in range(OPEN_NS, day.session.close_ns, BLOCK_NS):
        count += len(source.block(day, start_ns, start_ns + BLOCK_NS).at_ns)
    return count
