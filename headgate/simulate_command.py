"""`headgate simulate` on the command line: a scenario, or one parent over one recorded day."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from headgate.command_settings import SettingsOption, read_settings, shipped


def simulate(
    scenario: Annotated[
        str | None, typer.Argument(help="a TOML file, or the name of a shipped one")
    ] = None,
    seeds: Annotated[int, typer.Option(help="how many runs")] = 1,
    first_seed: Annotated[int, typer.Option(help="of the first run")] = 0,
    processes: Annotated[int | None, typer.Option(help="default: one a processor")] = None,
    out: Annotated[Path | None, typer.Option(help="directory for Parquet and summary.json")] = None,
    compare: Annotated[bool, typer.Option(help="run the scenario's variants, paired")] = False,
    fills: Annotated[bool, typer.Option(help="write every execution too")] = False,
    data: Annotated[Path | None, typer.Option(help="directory of Lean tick archives")] = None,
    symbol: Annotated[str | None, typer.Option()] = None,
    date: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    side: Annotated[str | None, typer.Option(help="buy or sell")] = None,
    quantity: Annotated[str | None, typer.Option(help="shares")] = None,
    start: Annotated[str | None, typer.Option(help="HH:MM, exchange time")] = None,
    end: Annotated[str | None, typer.Option(help="HH:MM, exchange time")] = None,
    algo: Annotated[str | None, typer.Option(help="default: twap")] = None,
    limit_price: Annotated[str | None, typer.Option()] = None,
    param: Annotated[list[str] | None, typer.Option(help="name=value; repeatable")] = None,
    lot: Annotated[int | None, typer.Option(help="shares a lot; default: 100")] = None,
    seed: Annotated[int | None, typer.Option(help="another one, other slices; default: 0")] = None,
    settings: SettingsOption = None,
) -> None:
    """Trade in virtual time, with the cores that trade live: a SCENARIO over many seeds, or, with
    --data and what follows it, one parent over one recorded day."""
    from simulation import command, experiment

    found = read_settings(settings)
    asked = {"symbol": symbol, "date": date, "side": side, "quantity": quantity, "start": start,
             "end": end}  # fmt: skip
    if scenario is not None:
        refuse_one_orders(asked | {"algo": algo, "limit-price": limit_price, "param": param,
                                   "lot": lot, "seed": seed})  # fmt: skip
        request = experiment.Request(
            scenario=scenario_file(scenario), seeds=seeds, first_seed=first_seed,
            processes=(os.cpu_count() or 1) if processes is None else processes, out=out,
            compare=compare, keeps_fills=fills, data=data,
        )  # fmt: skip
        raise typer.Exit(experiment.run(request, found, sys.stdout, sys.stderr))
    missing = [f"--{name}" for name, value in ({"data": data} | asked).items() if value is None]
    if data is None or missing:
        typer.echo(f"headgate simulate: a SCENARIO, or {', '.join(missing)} too", err=True)
        raise typer.Exit(2)
    recorded = command.Request(
        data=data, symbol=symbol or "", date=date or "",
        algo="twap" if algo is None else algo, side=side or "",
        quantity=quantity or "", start=start or "", end=end or "", limit_price=limit_price,
        params=tuple(param or ()), lot=100 if lot is None else lot, seed=seed or 0,
    )  # fmt: skip
    raise typer.Exit(command.simulate(recorded, found, sys.stdout, sys.stderr))


def league(
    seeds: Annotated[int, typer.Option(help="of a mid cap; liquid 2/3, illiquid 4/3 of it")] = 6,
    processes: Annotated[int | None, typer.Option(help="default: one a processor")] = None,
    out: Annotated[
        Path | None, typer.Option(help="the page, such as docs/league.md; default: the terminal")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Play every algorithm on the same orders in the same markets, and write who wins where."""
    from simulation import league_command

    request = league_command.Request(
        seeds=seeds, processes=(os.cpu_count() or 1) if processes is None else processes, out=out
    )
    raise typer.Exit(
        league_command.league(request, read_settings(settings), sys.stdout, sys.stderr)
    )


def refuse_one_orders(options: Mapping[str, object]) -> None:
    """Ends the command if one of these is given: a scenario says its orders itself."""
    given = [f"--{name}" for name, value in options.items() if value not in (None, [])]
    if given:
        text = "of one order without a SCENARIO, which has its own orders, days and seeds"
        typer.echo(f"headgate simulate: {', '.join(given)}: {text}", err=True)
        raise typer.Exit(2)


def scenario_file(name: str) -> Path:
    """The file, or the shipped scenario of that name. Ends the command if there is neither."""
    named = shipped(f"scenarios/{name}.toml")
    if Path(name).exists():
        return Path(name)
    if not named.exists():
        known = ", ".join(sorted(each.stem for each in named.parent.glob("*.toml")))
        typer.echo(f"headgate simulate: {name}: no such file, and none of {known}", err=True)
        raise typer.Exit(2)
    return named
