"""`headgate estimate`: an answer from the pre-trade models, in words and a table."""

from typing import Final, TextIO

import msgspec

from algos.models.almgren_chriss import KAPPA_T_MAX
from algos.models.impact import (
    BPS,
    DAILY_VOLATILITY_MAX,
    DURATION_DAYS_MAX,
    HALF_SPREAD_MAX,
    IMPACT_MODELS,
    SIZE_MAX,
    ImpactWarning,
    SizedOrder,
)
from algos.models.model_error import ModelError, ModelFault, not_negative, positive
from algos.models.pre_trade import BinPlan, PreTradeEstimate
from algos.models.pre_trade import estimate as pre_trade_estimate
from algos.models.trajectory import BINS_MAX, even_times
from algos.models.urgency import half_life_decay, urgency_decay
from algos.models.urgency_names import Urgency
from domain.impact_model import ImpactModelName

EXIT_OK: Final = 0
EXIT_BAD_INPUT: Final = 2
_DAY_MINUTES_MAX: Final = 24 * 60.0
_MINUTES_MIN: Final = 1 / 60  # a second: no model is of what happens within it

_WARNINGS: Final = {
    ImpactWarning.SIZE: "larger than a day's volume: no model was fitted to such",
    ImpactWarning.PARTICIPATION: "faster than all others at times: no model holds there",
    ImpactWarning.VOLATILITY: "above 15 % a day: is --volatility a year's? Divide by sqrt(252)",
}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, by the names of the options."""

    quantity: int
    adv: float
    volatility: float
    spread_bps: float
    minutes: float
    model: ImpactModelName = ImpactModelName.CROSSOVER
    urgency: Urgency | None = None
    half_life_minutes: float | None = None
    bins: int = 10
    day_minutes: float = 390.0

    @property
    def duration_days(self) -> float:
        """T, trading days."""
        return self.minutes / self.day_minutes


def answer(asked: Question, out: TextIO, err: TextIO) -> int:
    """Print the estimate, or which option is wrong and why. Returns the exit status."""
    try:
        _check(asked)
        order = SizedOrder(
            qty=float(asked.quantity), adv=asked.adv, daily_volatility=asked.volatility,
            duration_days=asked.duration_days, half_spread=asked.spread_bps / 2.0 / BPS,
        )  # fmt: skip
        times = even_times(asked.duration_days, asked.bins)
        found = pre_trade_estimate(IMPACT_MODELS[asked.model], order, _decay(asked), times)
    except ModelError as error:
        option = f"--{error.field.replace('_', '-')}"
        err.write(f"headgate estimate: {error.fault}: {option}: {error.text}\n")
        return EXIT_BAD_INPUT
    out.write("\n".join([*_summary(asked, found), "", *_table(asked, found.bins)]) + "\n")
    return EXIT_OK


def _check(asked: Question) -> None:
    """Raise ModelError with an option's name, in the option's unit."""
    positive("adv", asked.adv)
    positive("quantity", asked.quantity, most=SIZE_MAX * asked.adv, unit="shares, 1,000 x --adv")
    not_negative("volatility", asked.volatility, most=DAILY_VOLATILITY_MAX,
                 unit="(a fraction of the price: 0.015 is 1.5 % a day)")  # fmt: skip
    not_negative("spread_bps", asked.spread_bps, most=2.0 * HALF_SPREAD_MAX * BPS, unit="bps")
    positive("day_minutes", asked.day_minutes, most=_DAY_MINUTES_MAX, unit="minutes")
    positive("minutes", asked.minutes, most=DURATION_DAYS_MAX * asked.day_minutes, unit="minutes")
    _at_least("minutes", asked.minutes, _MINUTES_MIN)
    positive("bins", asked.bins, most=BINS_MAX)
    if asked.half_life_minutes is None:
        return
    positive("half_life_minutes", asked.half_life_minutes)
    _at_least("half_life_minutes", asked.half_life_minutes, asked.minutes / KAPPA_T_MAX)
    if asked.urgency is not None:
        text = "give it or --urgency, not both"
        raise ModelError(ModelFault.NO_TRAJECTORY, "half_life_minutes", text)


def _at_least(field: str, value: float, least: float) -> None:
    if value < least:
        text = f"{value:g} is below {least:.3g} minutes"
        raise ModelError(ModelFault.BELOW_BOUND, field, text)


def _decay(asked: Question) -> float:
    """kappa, a day: 0 is an even rate."""
    if asked.half_life_minutes is not None:
        return half_life_decay(asked.half_life_minutes / asked.day_minutes, asked.duration_days)
    if asked.urgency is not None:
        return urgency_decay(asked.urgency, asked.duration_days)
    return 0.0


def _summary(asked: Question, found: PreTradeEstimate) -> list[str]:
    impact = found.impact
    lines = [
        f"pre-trade estimate: {asked.quantity:,} shares, {asked.quantity / asked.adv:.2%} of a "
        f"day's volume, over {asked.minutes:g} min, {_pace(asked)}; model {asked.model}",
        f"expected cost  {found.cost * BPS:9.2f} bps  half the spread {found.spread * BPS:.2f}, "
        f"impact {impact.average_bps:.2f}",
        f"risk           {found.risk * BPS:9.2f} bps  standard deviation of the market's moves",
        f"price moved by {impact.peak_bps:9.2f} bps  at the end; "
        f"{impact.permanent_bps:.2f} of it stays for good",
        f"participation  {found.participation:9.2%}      of others' volume; "
        f"{found.participation_max:.2%} in the fastest bin",
    ]
    if asked.minutes > asked.day_minutes:
        lines.append("note: nights are left out, of risk and of time")
    return lines + [f"warning: {each}: {_WARNINGS[each]}" for each in found.warnings]


def _pace(asked: Question) -> str:
    if asked.half_life_minutes is not None:
        return f"half-life {asked.half_life_minutes:g} min"
    return "even rate" if asked.urgency is None else f"urgency {asked.urgency}"


def _table(asked: Question, bins: tuple[BinPlan, ...]) -> list[str]:
    rows = [f"{'from min':>10}{'to min':>10}{'shares':>14}{'left':>14}{'participation':>15}"]
    for each in bins:
        start, end = each.start_days * asked.day_minutes, each.end_days * asked.day_minutes
        rows.append(
            f"{start:10.2f}{end:10.2f}{each.qty:14,}{each.left_qty:14,}{each.participation:15.2%}"
        )
    return rows
