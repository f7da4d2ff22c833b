"""Our simulation beside NautilusTrader's, on the same quotes and parents, in turns: A B A B.

Run phases are compared: what the engines do between the first and the last event. Imports, reading
of the quotes and set-up are not in it, on either side. Both must trade the same shares for the same
money, but for ties: at the nanosecond of a timer one side may see the quote before or after it.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from benchmarks.figures import Figure, Goal, mid
from benchmarks.peer.twap_job import MANY, ONE, Job, Result, write_job

PEER_PYTHON: Final = "HEADGATE_PEER_PYTHON"
ROOT: Final = Path(__file__).resolve().parent.parent
NOTIONAL_TOLERANCE: Final = 1e-4  # of the other side's; a tie changes one child by a tick or two
_TIMEOUT_S: Final = 1_800.0  # 28,800 children in one instrument take the peer minutes


def measure(scale: int) -> list[Figure]:
    """Both jobs, a `scale`-th of their quotes and parents. Nothing where the peer is not there."""
    python = os.environ.get(PEER_PYTHON)
    if not python:
        sys.stderr.write(
            f"... peer: left out, {PEER_PYTHON} is not set: script/bench-peer installs the peer\n"
        )
        return []
    figures: list[Figure] = []
    for job, goal, rounds in ((MANY, 10.0, 3), (ONE, 100.0, 2)):
        smaller = msgspec.structs.replace(
            job, quotes=job.quotes // scale, parents=max(job.parents // scale, 1)
        )
        figures += _compare(smaller, python, goal if scale == 1 else None, rounds)
    return figures


def _compare(job: Job, python: str, goal: float | None, rounds: int) -> list[Figure]:
    ours: list[Result] = []
    theirs: list[Result] = []
    with TemporaryDirectory() as directory:
        path = str(write_job(job, Path(directory)))
        for _ in range(rounds):
            ours.append(_run([sys.executable, "-m", "benchmarks.peer.headgate_side", path]))
            theirs.append(_run([python, "-P", "benchmarks/peer/nautilus_side.py", path]))
    agree(ours[0], theirs[0])
    run_s, base_s = mid([each.run_s for each in ours]), mid([each.run_s for each in theirs])
    peer = f"NautilusTrader {theirs[0].version}"
    return [
        Figure(
            stage="peer", name=f"{job.name}: {job.quotes:,} quotes, {ours[0].children:,} children",
            unit="s", value=run_s, base_name=peer, base=base_s, headroom=True,
            goal=None if goal is None else Goal(at_least=goal),
            note=f"run phase, median of {rounds} pairs: {_all(ours)} s against {_all(theirs)} s; "
            "the ratio is how many times quicker we are",
        ),
        Figure(
            stage="peer", name="... the same in processor time", unit="s",
            value=mid([each.cpu_s for each in ours]), base_name=peer, headroom=True,
            base=mid([each.cpu_s for each in theirs]),
        ),
        Figure(
            stage="peer", name="... peak memory of the process", unit="MiB",
            value=mid([each.peak_mib for each in ours]), base_name=peer,
            base=mid([each.peak_mib for each in theirs]),
        ),
    ]  # fmt: skip


def _run(command: list[str]) -> Result:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if command[0] == sys.executable:
        environment["PYTHONPATH"] = str(ROOT)
    said = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, timeout=_TIMEOUT_S
    )
    return msgspec.json.decode(said.stdout, type=Result)


def agree(ours: Result, theirs: Result) -> None:
    """It was the same job: all of it was filled, at the same prices."""
    if (ours.filled_qty, ours.children) != (theirs.filled_qty, theirs.children):
        raise RuntimeError(f"the two sides did not trade the same: {ours} and {theirs}")
    if abs(ours.notional / theirs.notional - 1.0) > NOTIONAL_TOLERANCE:
        raise RuntimeError(f"the two sides did not pay the same: {ours} and {theirs}")


def _all(results: list[Result]) -> str:
    return ", ".join(f"{each.run_s:.3g}" for each in results)
