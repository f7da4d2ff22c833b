"""`headgate algos`: which algorithms there are, and what they can be asked for."""

import json
from typing import Annotated

import typer

algos = typer.Typer(no_args_is_help=True, help="Algorithms: list them, describe them.")


@algos.command("list")
def algos_list() -> None:
    """Print the algorithms, one a line."""
    from algos.catalogue import ALGORITHMS

    for algorithm in ALGORITHMS.values():
        typer.echo(f"{algorithm.name}  {algorithm.text}")


@algos.command("describe")
def algos_describe(
    name: Annotated[str | None, typer.Argument(help="of one algorithm; default: all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Schema, by name")] = False,
) -> None:
    """Print parameters with types, ranges and defaults, and the rules across them."""
    from algos.catalogue import ALGORITHMS
    from algos.description import plain_description
    from algos.json_schema import json_schema

    if name is not None and name not in ALGORITHMS:
        typer.echo(f"headgate: {name!r} is not one of {', '.join(ALGORITHMS)}", err=True)
        raise typer.Exit(2)
    chosen = [ALGORITHMS[each] for each in ALGORITHMS if name in (None, each)]
    if as_json:
        typer.echo(json.dumps({each.name: json_schema(each) for each in chosen}, indent=2))
    else:
        typer.echo("\n\n".join(plain_description(each) for each in chosen))
