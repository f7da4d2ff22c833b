"""`headgate calibrate`: the options of its commands, which `headgate.calibrate` carries out."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.file_format import FileFormat
from headgate.command_settings import SettingsOption, read_settings
from headgate.curve_commands import DAY_FORMATS

calibrate = typer.Typer(
    no_args_is_help=True, help="Fit impact coefficients to recorded days and to own orders."
)

OutOption = Annotated[Path, typer.Option(help="directory of the files")]


@calibrate.command("market")
def calibrate_market(
    source: Annotated[Path, typer.Argument(help="recorded days, a directory or a file")],
    format_: Annotated[FileFormat, typer.Option("--format", help="of the source")],
    symbol: Annotated[list[str], typer.Option(help="repeatable")],
    out: OutOption,
    day: Annotated[
        list[datetime] | None,
        typer.Option(formats=DAY_FORMATS, help="only this one; repeatable"),
    ] = None,
    calendar: Annotated[str, typer.Option(help="exchange_calendars name")] = "XNYS",
    bar_seconds: Annotated[int, typer.Option(help="length of a bar, 30 to 900")] = 60,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad/--refuse-bad", help="leave bad rows out, or stop there")
    ] = False,
    settings: SettingsOption = None,
) -> None:
    """Kyle's lambda, its like for order flow imbalance, what stays of it, and how it fades."""
    from headgate.calibrate import FromMarket, calibrate_market

    asked = FromMarket(
        source=source, format=format_, symbols=tuple(each.upper() for each in symbol), out=out,
        days=tuple(each.date() for each in day or ()), calendar=calendar, bar_s=bar_seconds,
        skip_bad=skip_bad,
    )  # fmt: skip
    raise typer.Exit(calibrate_market(asked, read_settings(settings), sys.stdout, sys.stderr))


@calibrate.command("orders")
def calibrate_orders(
    out: OutOption,
    profile: Annotated[
        list[Path] | None, typer.Option(help="file of a symbol's profile; repeatable")
    ] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option(help="SYMBOL=NAME of a simulated market, instead of a profile; repeatable"),
    ] = None,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="orders.parquet of headgate simulate, or records of topic tca, one JSON a line; "
            "none: the topic itself"
        ),
    ] = None,
    currency: Annotated[str, typer.Option(help="of the orders")] = "USD",
    settings: SettingsOption = None,
) -> None:
    """The impact models, from what own orders cost, shrunk to the published coefficients."""
    from headgate.calibrate import FromOrders, calibrate_orders

    asked = FromOrders(
        sources=tuple(sources or ()), profiles=tuple(profile or ()), out=out,
        presets=tuple(preset or ()), currency=currency,
    )  # fmt: skip
    raise typer.Exit(calibrate_orders(asked, read_settings(settings), sys.stdout, sys.stderr))


@calibrate.command("show")
def calibrate_show(file: Annotated[Path, typer.Argument(help="a calibration file")]) -> None:
    """Print a calibration."""
    from headgate.calibrate import show

    raise typer.Exit(show(file, sys.stdout, sys.stderr))
