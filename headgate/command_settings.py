"""The option `--settings` of every command, and the settings that it names."""

from pathlib import Path
from typing import Annotated

import typer

from headgate.settings import Settings, SettingsError, load_settings

SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", envvar="HEADGATE_SETTINGS", help="TOML file; default: the shipped"),
]


def shipped(name: str) -> Path:
    """A file of `deploy/`: beside the repository's packages, or inside the installed one."""
    here = Path(__file__).parent
    inside = here / "deploy" / name
    return inside if inside.exists() else here.parent / "deploy" / name


def read_settings(path: Path | None) -> Settings:
    """The settings, or the end of the command with what is wrong with them."""
    try:
        return load_settings(shipped("headgate.toml") if path is None else path)
    except SettingsError as error:
        typer.echo(f"headgate: {error}", err=True)
        raise typer.Exit(2) from error
