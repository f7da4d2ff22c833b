"""The synthetic TWAP job of both sides of the comparison, and the quotes that both of them read.

Quotes over a day of 6.5 hours; parents that trade evenly over the first six of them, each by one
market or marketable child an interval, filled at the touch. The touch is wide enough in size for
all children of an instant, so what is compared is bookkeeping, not liquidity.
"""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

SEED: Final = 20_250_303
OPEN_NS: Final = 1_741_012_200 * 10**9  # 2025-03-03 09:30 in New York
DAY_S: Final = 23_400
WINDOW_S: Final = 21_600  # six hours
START_NS: Final = OPEN_NS + 60 * 10**9  # of every parent: all symbols have a quote by then
LOT: Final = 100
SIZE: Final = 1_000_000  # displayed on each side
PX_CENTS: Final = 10_000  # where every mid begins

Ints = npt.NDArray[np.int64]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`parents`: in all, dealt out to the instruments in turn. `children`: of each parent, one an
    interval of WINDOW_S / children seconds.
    """

    name: str
    instruments: int
    quotes: int
    parents: int
    children: int

    @property
    def interval_s(self) -> int:
        return WINDOW_S // self.children


# The two jobs of performance.md section 1 that the goals are set for.
MANY: Final = Job(
    name="50 instruments x 20 parents", instruments=50, quotes=500_000, parents=20, children=360,
)  # fmt: skip
ONE: Final = Job(
    name="28,800 children in one instrument", instruments=1, quotes=100_000, parents=80,
    children=360,
)  # fmt: skip


def quote_arrays(job: Job) -> dict[str, Ints]:
    """Quotes by rising time: `at_ns`, `instrument` (its number), `bid` and `ask` in cents, (n,)
    each. The first quote of every instrument falls into the first second.
    """
    random = np.random.Generator(np.random.Philox(key=SEED))
    count = job.quotes
    at_ns = np.sort(random.integers(10**9, DAY_S * 10**9, count))
    at_ns[: job.instruments] = np.arange(job.instruments)
    instrument = random.integers(0, job.instruments, count)
    instrument[: job.instruments] = np.arange(job.instruments)
    steps = random.integers(-1, 2, count)
    mid = np.empty(count, dtype=np.int64)
    for number in range(job.instruments):
        own = instrument == number
        mid[own] = PX_CENTS + np.cumsum(steps[own])
    return {
        "at_ns": OPEN_NS + at_ns, "instrument": instrument,
        "bid": mid - random.integers(0, 2, count), "ask": mid + 1 + random.integers(0, 2, count),
    }  # fmt: skip


def write_job(job: Job, directory: Path) -> Path:
    """Write what a side is given: the job and its quotes. Returns the job's file."""
    quotes = directory / "quotes.npz"
    np.savez(quotes, **quote_arrays(job))  # type: ignore[arg-type]  # arrays by name
    path = directory / "job.json"
    described = msgspec.to_builtins(job) | {
        "quotes_file": str(quotes), "start_ns": START_NS, "window_s": WINDOW_S, "lot": LOT,
        "size": SIZE, "interval_s": job.interval_s,
    }  # fmt: skip
    path.write_bytes(msgspec.json.encode(described))
    return path


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a side says of one run. `run_s`: of its run phase alone; imports, reading of quotes and
    set-up are before it. `cpu_s`: the same in processor time of all its threads, which a busy
    neighbour stretches less. `peak_mib`: of the whole process.
    """

    run_s: float
    cpu_s: float
    filled_qty: int
    notional: float
    children: int
    peak_mib: float
    version: str
