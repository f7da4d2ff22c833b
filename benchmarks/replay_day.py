"""Replay: one recorded day through reader, venue, worker, TCA; memory; children by their number.

The recorded day is that of the shared data (HEADGATE_DATA names another place); without it its
stages are left out, with a word about it.
"""

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from benchmarks.figures import Figure, Goal, mid
from benchmarks.machine import peak_mib
from benchmarks.peer import headgate_side
from benchmarks.peer.twap_job import ONE, write_job
from headgate.settings import Settings
from marketdata.lean import tick_file
from marketdata.tick_faults import BadTickFile
from simulation.command import Request, prepare

ROOT: Final = Path(__file__).resolve().parent.parent
DATE: Final = "2013-10-08"
SLICES: Final = 120  # in the day as in the hour, so that only the length of the tape differs


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When the parent trades; the tape is read up to its end."""

    start: str
    end: str
    seconds: int


DAY: Final = Window(start="09:30", end="16:00", seconds=23_400)
HOUR: Final = Window(start="09:30", end="10:30", seconds=3_600)
WINDOWS: Final = {"day": DAY, "hour": HOUR}


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One replay in a process of its own."""

    seconds: float
    events: int
    fills: int
    peak_mib: float


def data_dir() -> Path:
    return Path(os.environ.get("HEADGATE_DATA") or ROOT.parent / "shared" / "data")


def play(window: Window) -> Played:
    """Buy 20,000 shares of IBM over the window. Reading the files is in the time."""
    began_s = time.perf_counter()
    request = Request(
        data=data_dir(), symbol="IBM", date=DATE, algo="twap", side="buy", quantity="20000",
        start=window.start, end=window.end,
        params=(f"interval={window.seconds // SLICES}", "completion=cross"),
    )  # fmt: skip
    run = prepare(request, Settings()).play()
    return Played(
        seconds=time.perf_counter() - began_s,
        events=run.port.market_events,
        fills=sum(cost.fills for cost in run.finals),
        peak_mib=peak_mib(),
    )


def recorded_day(rounds: int) -> list[Figure]:
    """Speed of a day, and the peak of memory against that of its first hour."""
    try:
        tick_file(data_dir(), "IBM", date.fromisoformat(DATE), "quote")
    except BadTickFile as error:
        sys.stderr.write(f"... replay: the recorded day is left out: {error}\n")
        return []
    days = [_in_process("day") for _ in range(rounds)]
    hours = [_in_process("hour") for _ in range(rounds)]
    seconds = mid([each.seconds for each in days])
    events = days[0].events
    return [
        Figure(stage="replay", name=f"IBM {DATE}, {events:,} events, {days[0].fills} fills",
               unit="s", value=seconds),
        Figure(stage="replay", name="... events a second, reading the files included",
               unit="/s", value=events / seconds),
        Figure(stage="replay", name="... peak memory of the process", unit="MiB",
               value=mid([each.peak_mib for each in days]),
               base_name=f"its first {hours[0].events:,} events",
               base=mid([each.peak_mib for each in hours]), goal=Goal(at_most=1.2)),
    ]  # fmt: skip


def children(few: int, many: int, rounds: int) -> list[Figure]:
    """What one child costs where there are few, and where there are many, in one instrument."""
    few_us, many_us = [], []
    for _ in range(rounds):  # in turns, so that a neighbour hits both alike
        few_us.append(_child_us(few))
        many_us.append(_child_us(many))
    first, last = mid(few_us), mid(many_us)
    each = ONE.children
    return [
        Figure(stage="replay", name=f"a simulated child, of {few * each:,} in one instrument",
               unit="us", value=first),
        Figure(stage="replay", name=f"... of {many * each:,}", unit="us", value=last,
               base_name=f"of {few * each:,}", base=first, goal=Goal(at_most=1.5)),
    ]  # fmt: skip


def _child_us(parents: int) -> float:
    """Microseconds of processor time a child, with a quote for each twelve of them or so."""
    job = msgspec.structs.replace(ONE, quotes=2_000, parents=parents)
    with TemporaryDirectory() as directory:
        written = write_job(job, Path(directory)).read_bytes()
        result = headgate_side.run(msgspec.json.decode(written, type=headgate_side.JobFile))
    return result.cpu_s * 1e6 / result.children


def _in_process(window: str) -> Played:
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.replay_day", window], cwd=ROOT, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    return msgspec.json.decode(said.stdout, type=Played)


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(play(WINDOWS[sys.argv[1]])).decode() + "\n")
