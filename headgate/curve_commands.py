"""`headgate curves`: the options of its commands, which `headgate.curves` carries out."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.file_format import VolumeFormat
from headgate.command_settings import SettingsOption, read_settings
from marketdata.volume_curve import CurveMethod

curves = typer.Typer(no_args_is_help=True, help="Volume curves: build them, look at them.")

DAY_FORMATS = ["%Y-%m-%d"]


@curves.command("build")
def curves_build(
    sources: Annotated[list[Path], typer.Argument(help="files, or Lean data directories")],
    format_: Annotated[VolumeFormat, typer.Option("--format", help="of the sources")],
    out: Annotated[Path, typer.Option(help="directory of the curve files")],
    symbol: Annotated[list[str] | None, typer.Option(help="only these; repeatable")] = None,
    calendar: Annotated[str, typer.Option(help="exchange_calendars name")] = "XNYS",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=DAY_FORMATS, help="only days before it count; default: the next"),
    ] = None,
    bin_minutes: Annotated[int, typer.Option(help="1 to 15")] = 5,
    bar_seconds: Annotated[int | None, typer.Option(help="length of a bar; bars: needed")] = None,
    method: Annotated[CurveMethod, typer.Option(help="of estimation")] = CurveMethod.LOG_MEAN,
    lot: Annotated[int, typer.Option(help="shares a lot; an empty bin counts half of one")] = 100,
    days: Annotated[int, typer.Option(help="last days that count")] = 20,
    min_days: Annotated[int, typer.Option(help="fewer make no curve")] = 5,
    market: Annotated[Path | None, typer.Option(help="curve file to shrink towards")] = None,
    default_u: Annotated[
        bool, typer.Option("--default-u", help="the measured U-curve where days are too few")
    ] = False,
    pool: Annotated[
        str | None, typer.Option(help="also write the mean of all, under this name")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Build volume curves of past days: one file for each symbol and kind of session."""
    from headgate.curves import Build, build

    asked = Build(
        sources=tuple(sources), format=format_, out=out, symbols=tuple(symbol or ()),
        calendar=calendar, as_of=None if as_of is None else as_of.date(), bin_minutes=bin_minutes,
        bar_s=bar_seconds, method=method, lot=lot, lookback=days, days_min=min_days, market=market,
        default_u=default_u, pool=pool,
        instruments_file=Path(read_settings(settings).instruments_file),
    )  # fmt: skip
    raise typer.Exit(build(asked, sys.stdout, sys.stderr))


@curves.command("show")
def curves_show(
    file: Annotated[Path, typer.Argument(help="a curve file")],
    on: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="refuse if unfit for this day")
    ] = None,
    stale_days: Annotated[int, typer.Option(help="with --on: how old it may be")] = 7,
) -> None:
    """Print a volume curve."""
    from headgate.curves import show

    day = None if on is None else on.date()
    raise typer.Exit(show(file, day, stale_days, sys.stdout, sys.stderr))
