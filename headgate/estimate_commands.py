"""`headgate estimate`: its options, which `headgate.estimate` carries out."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from algos.models.urgency_names import Urgency
from domain.impact_model import ImpactModelName
from headgate.curve_commands import DAY_FORMATS

# Whole shares up to here are whole as floats too, and no company has issued so many.
QUANTITY_MAX: Final = 10**15


def estimate(
    quantity: Annotated[int, typer.Option(help="shares", max=QUANTITY_MAX)],
    minutes: Annotated[float, typer.Option(help="length of the window, trading time")],
    adv: Annotated[float | None, typer.Option(help="shares a day, without the order's own")] = None,
    volatility: Annotated[
        float | None,
        typer.Option(help="of a day, as a fraction: 0.015 is 1.5 % (a year's / sqrt(252))"),
    ] = None,
    spread_bps: Annotated[
        float | None, typer.Option(help="the whole spread; half of it is paid")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(help="file of the symbol's profile, for what is not given")
    ] = None,
    start_minutes: Annotated[
        float, typer.Option(help="after the open, by the profile's volume curve")
    ] = 0.0,
    calibrations: Annotated[
        Path | None, typer.Option(help="directory of the model's fitted coefficients")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=DAY_FORMATS, help="the day that they are used on; default: today"),
    ] = None,
    max_participation: Annotated[
        float, typer.Option(help="of all volume, that it may have, a fraction")
    ] = 0.5,
    limit_bps: Annotated[
        float | None, typer.Option(help="limit price beyond the market, below 0: short of it")
    ] = None,
    model: Annotated[
        ImpactModelName, typer.Option(help="of impact (docs/models.md)")
    ] = ImpactModelName.CROSSOVER,
    urgency: Annotated[
        Urgency | None,
        typer.Option(case_sensitive=False, help="very low to very high; default: an even rate"),
    ] = None,
    half_life_minutes: Annotated[
        float | None, typer.Option(help="instead of --urgency: shares left fall by e in it")
    ] = None,
    bins: Annotated[int, typer.Option(help="of the trajectory; it is even within each")] = 10,
    day_minutes: Annotated[float, typer.Option(help="of a trading day")] = 390.0,
) -> None:
    """What an order of this size is expected to cost, how sure that is, how it would trade, and how
    likely it is to be done.

    From what you state and the profile of a symbol. Every child is taken to cross the spread.
    Workers say the same with every acceptance (docs/algorithms.md).
    """
    from headgate.estimate import Question, answer

    asked = Question(
        quantity=quantity, adv=adv, volatility=volatility, spread_bps=spread_bps, minutes=minutes,
        profile=profile, start_minutes=start_minutes, calibrations=calibrations,
        on=None if on is None else on.date(),
        max_participation=max_participation, limit_bps=limit_bps, model=model, urgency=urgency,
        half_life_minutes=half_life_minutes, bins=bins, day_minutes=day_minutes,
    )  # fmt: skip
    raise typer.Exit(answer(asked, sys.stdout, sys.stderr))
