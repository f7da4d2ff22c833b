"""`headgate marketdata`: the process, and what goes with its files."""

from pathlib import Path
from typing import Annotated

import typer

from domain.file_format import FileFormat
from headgate.command_settings import SettingsOption, read_settings
from headgate.settings import SettingsError, with_replay

marketdata = typer.Typer(invoke_without_command=True)


@marketdata.callback()
def marketdata_process(
    context: typer.Context,
    replay: Annotated[
        Path | None, typer.Option(help="recorded days to publish, a directory or a file")
    ] = None,
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="of the recorded files")
    ] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="only this one; repeatable")] = None,
    day: Annotated[list[str] | None, typer.Option(help="YYYY-MM-DD; repeatable")] = None,
    start: Annotated[str | None, typer.Option(help="HH:MM, exchange time")] = None,
    end: Annotated[str | None, typer.Option(help="HH:MM, exchange time")] = None,
    speed: Annotated[
        float | None, typer.Option(help="times as fast as recorded; 0: as fast as it goes")
    ] = None,
    rebase: Annotated[
        bool | None,
        typer.Option("--rebase/--keep-times", help="events happen now, or when they were recorded"),
    ] = None,
    skip_bad: Annotated[
        bool | None,
        typer.Option("--skip-bad/--refuse-bad", help="leave bad rows out, or stop at the first"),
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Run the market data process: recorded days onto the bus. Options win over the settings."""
    if context.invoked_subcommand is not None:
        return
    from marketdata.process import run

    given = {
        "path": None if replay is None else str(replay), "format": file_format,
        "symbols": symbol and tuple(symbol), "days": day and tuple(day), "start": start,
        "end": end, "speed": speed, "skip_bad": skip_bad,
        "rebase": False if rebase is None and speed == 0 else rebase,
    }  # fmt: skip
    try:
        read = with_replay(read_settings(settings), given)
    except SettingsError as error:
        typer.echo(f"headgate: {error}", err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(run(read))


@marketdata.command("convert")
def marketdata_convert(
    source: Annotated[Path, typer.Argument(help="recorded days, a directory or a file")],
    target: Annotated[Path, typer.Argument(help="file to write: .csv, .csv.gz or .parquet")],
    file_format: Annotated[FileFormat, typer.Option("--format", help="of the recorded files")],
    symbol: Annotated[list[str] | None, typer.Option(help="only this one; repeatable")] = None,
    day: Annotated[list[str] | None, typer.Option(help="YYYY-MM-DD; repeatable")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad/--refuse-bad", help="leave bad rows out, or stop there")
    ] = False,
    settings: SettingsOption = None,
) -> None:
    """Write recorded days as one file of our own schema, on the grid of the instrument table."""
    from marketdata.conversion import convert
    from marketdata.tick_faults import BadTickFile

    given = {
        "path": str(source), "format": file_format, "symbols": tuple(symbol or ()),
        "days": tuple(day or ()), "skip_bad": skip_bad,
    }  # fmt: skip
    try:
        typer.echo(convert(with_replay(read_settings(settings), given), target))
    except (SettingsError, BadTickFile) as error:
        typer.echo(f"headgate: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, SettingsError) else 1) from error
