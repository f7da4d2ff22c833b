"""Figures and how they are shown: every one with its base, and the ratio to it where it has one.

The machine is shared, so a time alone says little; the ratio of two taken side by side says more.
"""

from collections.abc import Sequence
from statistics import median

import msgspec


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What a ratio should be: no more than `at_most`, or no less than `at_least`."""

    at_most: float | None = None
    at_least: float | None = None

    def met_by(self, ratio: float) -> bool:
        """Whether this ratio is good enough."""
        low = self.at_least is None or ratio >= self.at_least
        return low and (self.at_most is None or ratio <= self.at_most)

    def __str__(self) -> str:
        if self.at_most is not None and self.at_least is not None:
            return f"{self.at_least:g} to {self.at_most:g}x"
        if self.at_most is not None:
            return f"<= {self.at_most:g}x"
        return f">= {self.at_least:g}x"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `base`: what it is compared with, in the same unit.

    `ratio` is value / base, or base / value where `headroom` says that the base is a target.
    `aim`: better than the goal, what it is to become.
    """

    stage: str
    name: str
    value: float
    unit: str
    base_name: str = ""
    base: float | None = None
    headroom: bool = False
    goal: Goal | None = None
    aim: Goal | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How it stands to its base."""
        if not self.base or (self.headroom and not self.value):
            return None
        return self.base / self.value if self.headroom else self.value / self.base

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if there is none."""
        ratio = self.ratio
        return None if self.goal is None or ratio is None else self.goal.met_by(ratio)

    @property
    def aimed(self) -> bool | None:
        """Whether the aim is reached; None if there is none."""
        ratio = self.ratio
        return None if self.aim is None or ratio is None else self.aim.met_by(ratio)


def quantile(values: Sequence[float], fraction: float) -> float:
    """The value below which `fraction` of the values lie: the nearest rank, never between two."""
    ordered = sorted(values)
    return ordered[min(int(fraction * len(ordered)), len(ordered) - 1)]


def mid(values: Sequence[float]) -> float:
    """The median."""
    return float(median(values))


def table(figures: Sequence[Figure]) -> str:
    """Plain text, a line a figure."""
    head = ("stage", "what", "figure", "base", "", "ratio", "goal", "", "aim", "")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    right = (2, 4, 5)
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    if not any(row[8] for row in rows[1:]):
        lines[0] = lines[0].removesuffix("aim").rstrip()
    lines.insert(1, "-" * max(len(line) for line in lines))
    notes = [f"{figure.stage}, {figure.name}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def as_json(figures: Sequence[Figure], machine: dict[str, str]) -> bytes:
    """The same for programs."""
    rows = [
        msgspec.to_builtins(figure)
        | {"ratio": figure.ratio, "met": figure.met, "aimed": figure.aimed}
        for figure in figures
    ]
    return msgspec.json.format(msgspec.json.encode({"machine": machine, "figures": rows}))


def _row(figure: Figure) -> tuple[str, ...]:
    ratio = figure.ratio
    return (
        figure.stage,
        figure.name,
        f"{shown(figure.value)} {figure.unit}",
        figure.base_name,
        "" if figure.base is None else f"{shown(figure.base)} {figure.unit}",
        "" if ratio is None else f"{shown(ratio)}x",
        "" if figure.goal is None else str(figure.goal),
        {None: "", True: "met", False: "MISSED"}[figure.met],
        "" if figure.aim is None else str(figure.aim),
        {None: "", True: "reached", False: "not yet"}[figure.aimed],
    )


def shown(value: float) -> str:
    """Three digits that count, with thousands marked."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
