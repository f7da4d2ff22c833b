"""A calibration as a table for people."""

from collections.abc import Iterator

from algos.models.calibration import Calibration, CalibrationSlope, Coefficient

_WIDTHS = (
    f"{'coefficient':<24}{'estimate':>11}{'std err':>10}{'t':>7}{'n':>8}{'R^2':>7}{'used':>11}"
)


def calibration_table(made: Calibration) -> list[str]:
    """Lines: what it is of, the coefficients, the slopes."""
    days = f"{len(made.days)} days, {made.days[0]} to {made.days[-1]}" if made.days else "no days"
    head = f"{made.symbol} ({made.currency}): {days}; as of {made.as_of}; {made.made_from}"
    lines = [head, _WIDTHS, *(line for each in made.coefficients for line in _coefficient(each))]
    if made.slopes:
        lines += ["", "realised cost on predicted, 95 % interval: 1 is right"]
        lines += [_slope(each) for each in made.slopes]
    return lines


def _coefficient(each: Coefficient) -> Iterator[str]:
    t = each.estimate / each.se if each.estimate is not None and each.se else None
    yield (
        f"{each.name.value:<24}{_number(each.estimate):>11}{_number(each.se):>10}"
        f"{'' if t is None else f'{t:.1f}':>7}{each.n:>8,}"
        f"{'' if each.r_squared is None else f'{each.r_squared:.3f}':>7}"
        f"{'refused' if each.value is None else _number(each.value):>11}  {each.unit}"
    ).rstrip()
    if each.refused is not None:
        stands = "" if each.published is None else f"; the published {each.published:.4g} stands"
        yield f"    {each.refused.value}: {each.why}{stands}"


def _slope(each: CalibrationSlope) -> str:
    fits = "" if each.holds_one else "  does not hold 1"
    return (
        f"{each.model:<10} {each.of.value:<10} {each.value:6.3f}  {each.low:.3f} to "
        f"{each.high:.3f}, {each.orders:,} orders of {each.clusters:,} days or runs{fits}"
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
