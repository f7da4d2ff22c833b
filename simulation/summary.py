"""What a simulation came to, for `summary.json` and the terminal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from simulation.estimates import Estimate, by_seed, estimate, paired, variance_reduction
from simulation.order_row import OrderRow
from simulation.scenario import Scenario, Variant
from simulation.seed_run import Failed, Outcome, Played

INTERVAL: Final = "95 % confidence intervals: Student's t over the seeds' value-weighted means"
# By name in the summary: what is averaged, and its line on the terminal.
MEASURES: Final[dict[str, tuple[Callable[[OrderRow], float | None], str]]] = {
    "is_bps": (lambda row: row.is_bps, "shortfall"),
    "is_adj_bps": (lambda row: row.is_adj_bps, "shortfall, adjusted"),
    "fees_bps": (lambda row: row.fees_bps, "fees"),
    "vwap_slippage_bps": (lambda row: row.vwap_slippage_bps, "against VWAP"),
    "twap_slippage_bps": (lambda row: row.twap_slippage_bps, "against TWAP"),
    "completion": (lambda row: row.cum_qty / row.order_qty if row.order_qty else None, "filled"),
}
COMPARED: Final = ("is_bps", "is_adj_bps")


class VariantSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One variant. `measures`: estimates by name, in basis points but for `completion`.

    `variance_reduction`: variance of the raw cost over that of the adjusted one.
    """

    name: str
    seeds: int
    orders: int
    rejected: int
    filled: int
    measures: dict[str, Estimate]
    variance_reduction: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`name` less `base`, seed by seed, by measure."""

    base: str
    name: str
    measures: dict[str, Estimate]


class FailedSeed(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that came to nothing."""

    variant: str
    seed: int
    error: str


class BrokenSeed(msgspec.Struct, frozen=True, kw_only=True):
    """A seed whose books do not agree."""

    variant: str
    seed: int
    broken: tuple[str, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """See the module. `partial`: not all that was asked for is in it."""

    scenario: str
    scenario_hash: str
    partial: bool
    interrupted: bool
    seeds_asked: int
    market_events: int
    children: int
    exposure_checks: int
    worker_lives_max: int
    fenced_records: int
    interval: str = INTERVAL
    variants: tuple[VariantSummary, ...]
    comparisons: tuple[Comparison, ...]
    failed: tuple[FailedSeed, ...]
    broken: tuple[BrokenSeed, ...]
    request_rejects: tuple[str, ...]


def summary_of(
    scenario: Scenario, variants: Sequence[Variant], outcomes: Sequence[Outcome],
    *, asked: int, interrupted: bool,
) -> Summary:  # fmt: skip
    """Of outcomes in order. `asked`: how many jobs there were."""
    played = [each for each in outcomes if isinstance(each, Played)]
    failed = [each for each in outcomes if isinstance(each, Failed)]
    rows: list[list[OrderRow]] = [[] for _ in variants]
    for each in played:
        if not each.broken:
            rows[each.job.variant] += each.rows
    names = [each.name for each in variants]
    return Summary(
        scenario=scenario.name, scenario_hash=scenario.hash(),
        partial=len(played) < asked or any(each.broken for each in played),
        interrupted=interrupted, seeds_asked=asked // len(variants),
        market_events=sum(each.market_events for each in played),
        children=sum(each.children for each in played),
        exposure_checks=sum(each.checks for each in played),
        worker_lives_max=max((each.worker_lives for each in played), default=0),
        fenced_records=sum(each.fenced for each in played),
        variants=tuple(map(_variant, names, rows)),
        comparisons=tuple(
            _comparison(names[0], rows[0], name, theirs)
            for name, theirs in zip(names[1:], rows[1:], strict=True)
        ),
        failed=tuple(FailedSeed(variant=names[each.job.variant], seed=each.job.seed,
                                error=each.error) for each in failed),
        broken=tuple(BrokenSeed(variant=names[each.job.variant], seed=each.job.seed,
                                broken=each.broken) for each in played if each.broken),
        request_rejects=tuple(dict.fromkeys(
            text for each in played for text in each.request_rejects)),
    )  # fmt: skip


def _variant(name: str, rows: Sequence[OrderRow]) -> VariantSummary:
    seeds = {what: by_seed(rows, cost) for what, (cost, _) in MEASURES.items()}
    return VariantSummary(
        name=name, seeds=len({row.seed for row in rows}), orders=len(rows),
        rejected=sum(row.reject_reason is not None for row in rows),
        filled=sum(row.status == "filled" for row in rows),
        measures={what: estimate(list(found.values())) for what, found in seeds.items()},
        variance_reduction=variance_reduction(seeds["is_bps"], seeds["is_adj_bps"]),
    )  # fmt: skip


def _comparison(
    base: str, ours: Sequence[OrderRow], name: str, theirs: Sequence[OrderRow]
) -> Comparison:
    return Comparison(base=base, name=name, measures={
        what: paired(by_seed(ours, MEASURES[what][0]), by_seed(theirs, MEASURES[what][0]))
        for what in COMPARED
    })  # fmt: skip


def summary_table(summary: Summary) -> str:
    """Plain text, the same bytes for the same summary."""
    lines = [
        f"scenario   {summary.scenario} ({summary.scenario_hash})",
        f"market     {summary.market_events:,} events; {summary.children:,} child orders at venues",
        f"checked    {summary.exposure_checks:,} times that filled + open + unknown <= ordered; "
        f"{len(summary.broken)} runs whose books disagree",
    ]
    if summary.worker_lives_max > 1:
        lines.append(
            f"worker     up to {summary.worker_lives_max} lives a run; "
            f"{summary.fenced_records:,} records of superseded workers ignored"
        )
    lines += [f"refused    {text}" for text in summary.request_rejects]
    for variant in summary.variants:
        lines += ["", *_variant_lines(variant)]
    for each in summary.comparisons:
        lines += ["", f"{each.name} - {each.base}, the same seeds",
                  *_measures(each.measures)]  # fmt: skip
    lines += ["", f"bps of the order's value at arrival, positive = worse. {summary.interval}."]
    if summary.partial:
        lines.append("PARTIAL: " + _why_partial(summary))
    return "\n".join(lines) + "\n"


def _why_partial(summary: Summary) -> str:
    reasons = ["interrupted"] if summary.interrupted else []
    if summary.failed:
        seeds = ", ".join(f"{each.variant}/{each.seed}" for each in summary.failed)
        reasons.append(f"seeds that failed: {seeds}")
    if summary.broken:
        seeds = ", ".join(f"{each.variant}/{each.seed}" for each in summary.broken)
        reasons.append(f"seeds whose books disagree, left out of the means: {seeds}")
    return "; ".join(reasons)


def _variant_lines(variant: VariantSummary) -> list[str]:
    lines = [
        f"{variant.name}: {variant.seeds} seeds, {variant.orders:,} orders, "
        f"{variant.filled:,} filled, {variant.rejected:,} rejected",
        *_measures(variant.measures),
    ]
    if variant.variance_reduction is not None:
        lines.append(f"  the control variate makes the variance "
                     f"{variant.variance_reduction:.1f} times smaller")  # fmt: skip
    return lines


def _measures(measures: Mapping[str, Estimate]) -> list[str]:
    head = ("", "mean", "std. error", "95 % interval")
    rows = [head, *(_cells(what, each) for what, each in measures.items() if each.n)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return ["  " + "  ".join(
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ).rstrip() for row in rows]  # fmt: skip


def _cells(what: str, each: Estimate) -> tuple[str, str, str, str]:
    scale, unit, places = (100.0, "%", 2) if what == "completion" else (1.0, "bps", 3)

    def shown(value: float | None) -> str:
        return "n/a" if value is None else f"{value * scale + 0.0:.{places}f}"

    interval = "n/a" if each.low is None else f"{shown(each.low)} .. {shown(each.high)}"
    return MEASURES[what][1], f"{shown(each.mean)} {unit}", shown(each.se), interval
