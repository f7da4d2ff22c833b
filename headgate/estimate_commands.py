"""`headgate estimate`: its options, which `headgate.estimate` carries out."""

import sys
from typing import Annotated, Final

import typer

from algos.models.urgency_names import Urgency
from domain.impact_model import ImpactModelName

# Whole shares up to here are whole as floats too, and no company has issued so many.
QUANTITY_MAX: Final = 10**15


def estimate(
    quantity: Annotated[int, typer.Option(help="shares", max=QUANTITY_MAX)],
    adv: Annotated[float, typer.Option(help="shares a day, without the order's own")],
    volatility: Annotated[
        float, typer.Option(help="of a day, as a fraction: 0.015 is 1.5 % (a year's / sqrt(252))")
    ],
    spread_bps: Annotated[float, typer.Option(help="the whole spread; half of it is paid")],
    minutes: Annotated[float, typer.Option(help="length of the window, trading time")],
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
    """What an order of this size is expected to cost, how sure that is, and how it would trade.

    A pre-trade estimate from the inputs you state: nothing is looked up, every child is taken to
    cross the spread, volume to be even over the window. Nothing in the worker uses it yet.
    """
    from headgate.estimate import Question, answer

    asked = Question(
        quantity=quantity, adv=adv, volatility=volatility, spread_bps=spread_bps, minutes=minutes,
        model=model, urgency=urgency, half_life_minutes=half_life_minutes, bins=bins,
        day_minutes=day_minutes,
    )  # fmt: skip
    raise typer.Exit(answer(asked, sys.stdout, sys.stderr))
