"""`headgate facts`: measure the simulated market's stylised facts and say which hold."""

from collections.abc import Sequence
from typing import Final, TextIO

from simulation.fact_days import SeedFacts
from simulation.stylised_facts import Finding, findings, measure_preset, table
from venuesim.presets import MEASURED, PRESETS

SEEDS_MIN: Final = 2  # an error takes two
SEEDS_ENOUGH: Final = 50  # what the tolerances are stated for (quant.md 8.4)


def run_facts(names: Sequence[str], seeds: int, first_seed: int, processes: int, check: bool,
              out: TextIO, err: TextIO) -> int:  # fmt: skip
    """0, or 1 if `check` and a fact is missed; 2 for a preset that does not exist.

    Ctrl-C ends it with the facts of the seeds that are done.
    """
    fault = _fault(names, seeds, first_seed, processes)
    if fault is not None:
        print(f"headgate facts: {fault}", file=err)
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
    if missed and seeds < SEEDS_ENOUGH:
        print(f"with fewer than {SEEDS_ENOUGH} seeds some miss by chance: see the errors", file=out)
    return 1 if check and missed else 0


def _fault(names: Sequence[str], seeds: int, first_seed: int, processes: int) -> str | None:
    """The first argument that cannot be used, and why."""
    unknown = [name for name in names if name not in PRESETS]
    if unknown:
        return f"--preset: {unknown[0]!r} is not one of {', '.join(PRESETS)}"
    if seeds < SEEDS_MIN:
        return f"--seeds: {seeds} is below {SEEDS_MIN}: an error is told of each figure"
    if first_seed < 0:
        return f"--first-seed: {first_seed} is below 0"
    return f"--processes: {processes} is below 1" if processes < 1 else None


def _progress(err: TextIO, name: str, done: int, seeds: int) -> None:
    if err.isatty():
        print(f"\r{name}: {done} of {seeds} seeds", end="\n" if done == seeds else "", file=err,
              flush=True)  # fmt: skip
