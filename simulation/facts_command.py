"""`headgate facts`: measure the simulated market's stylised facts and say which hold."""

from collections.abc import Sequence
from typing import TextIO

from simulation.fact_days import SeedFacts
from simulation.stylised_facts import Finding, findings, measure_preset, table
from venuesim.presets import MEASURED, PRESETS


def run_facts(names: Sequence[str], seeds: int, first_seed: int, processes: int, check: bool,
              out: TextIO, err: TextIO) -> int:  # fmt: skip
    """0, or 1 if `check` and a fact is missed; 2 for a preset that does not exist.

    Ctrl-C ends it with the facts of the seeds that are done.
    """
    unknown = [name for name in names if name not in PRESETS]
    if unknown or seeds < 2 or processes < 1 or first_seed < 0:
        said = f"--preset {unknown[0]}: not one of {', '.join(PRESETS)}" if unknown else (
            "--seeds from 2, --first-seed from 0, --processes from 1")  # fmt: skip
        print(f"headgate facts: {said}", file=err)
        return 2
    found: list[Finding] = []
    for name in names or [each.name for each in MEASURED]:
        done: list[SeedFacts] = []
        try:
            asked = range(first_seed, first_seed + seeds)
            for each in measure_preset(PRESETS[name], asked, processes):
                done.append(each)
                _progress(err, name, len(done), seeds)
        except KeyboardInterrupt:
            print(f"\n{name}: stopped after {len(done)} of {seeds} seeds", file=err)
        if len(done) > 1:
            found += findings(PRESETS[name], done)
        if len(done) < seeds:
            break
    print(table(found), file=out)
    missed = [each for each in found if each.holds is False]
    print(f"\n{len(missed)} of {sum(each.holds is not None for each in found)} facts missed",
          file=out)  # fmt: skip
    return 1 if check and missed else 0


def _progress(err: TextIO, name: str, done: int, seeds: int) -> None:
    if err.isatty():
        print(f"\r{name}: {done} of {seeds} seeds", end="\n" if done == seeds else "", file=err,
              flush=True)  # fmt: skip
