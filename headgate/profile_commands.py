"""`headgate profiles`: the options of its commands, which `headgate.profiles` carries out."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.file_format import FileFormat
from headgate.command_settings import SettingsOption, read_settings
from headgate.curve_commands import DAY_FORMATS

profiles = typer.Typer(no_args_is_help=True, help="Profiles of symbols: build them, look at them.")


@profiles.command("build")
def profiles_build(
    sources: Annotated[list[Path], typer.Argument(help="recordings: files or directories")],
    format_: Annotated[FileFormat, typer.Option("--format", help="of the sources")],
    out: Annotated[Path, typer.Option(help="directory of the profiles: worker.profiles")],
    symbol: Annotated[list[str] | None, typer.Option(help="only these; repeatable")] = None,
    calendar: Annotated[str, typer.Option(help="exchange_calendars name")] = "XNYS",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=DAY_FORMATS, help="only days before it count; default: the next"),
    ] = None,
    norm_minutes: Annotated[int, typer.Option(help="1 to 120")] = 15,
    bin_minutes: Annotated[int, typer.Option(help="of the volume curve, 1 to 15")] = 5,
    days: Annotated[int, typer.Option(help="last days that count")] = 20,
    min_days: Annotated[int, typer.Option(help="fewer make no profile, and no curve")] = 5,
    curves: Annotated[
        Path | None, typer.Option(help="directory of curve files, instead of curves of these days")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Build profiles of past days, one file a symbol, for symbols of the instrument table."""
    from headgate.profiles import Build, build

    asked = Build(
        sources=tuple(sources), format=format_, out=out, symbols=tuple(symbol or ()),
        calendar=calendar, as_of=None if as_of is None else as_of.date(),
        norm_minutes=norm_minutes, bin_minutes=bin_minutes, lookback=days, days_min=min_days,
        curves=curves, instruments_file=Path(read_settings(settings).instruments_file),
    )  # fmt: skip
    raise typer.Exit(build(asked, sys.stdout, sys.stderr))


@profiles.command("show")
def profiles_show(
    file: Annotated[Path, typer.Argument(help="a profile")],
    on: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="refuse if unfit for this day")
    ] = None,
    stale_days: Annotated[int, typer.Option(help="with --on: how old it may be")] = 7,
) -> None:
    """Print a profile."""
    from headgate.profiles import show

    day = None if on is None else on.date()
    raise typer.Exit(show(file, day, stale_days, sys.stdout, sys.stderr))
