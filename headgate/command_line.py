"""The command line: every command. Each imports what it needs, so that --help is quick."""

import getpass
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from headgate.algo_commands import algos
from headgate.calibrate_commands import calibrate
from headgate.command_settings import SettingsOption, read_settings
from headgate.curve_commands import curves
from headgate.estimate_commands import estimate
from headgate.marketdata_commands import marketdata
from headgate.profile_commands import profiles
from headgate.simulate_command import league, simulate

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Headgate: an execution engine that stands beside an OMS.")  # fmt: skip
topics = typer.Typer(no_args_is_help=True, help="The bus's topics.")
order = typer.Typer(no_args_is_help=True, help="An OMS on the command line, over Kafka.")
app.add_typer(topics, name="topics")
app.add_typer(order, name="order")
app.add_typer(algos, name="algos")
app.add_typer(calibrate, name="calibrate")
app.add_typer(curves, name="curves")
app.add_typer(profiles, name="profiles")
app.add_typer(marketdata, name="marketdata")
app.command()(estimate)

AuthorOption = Annotated[str | None, typer.Option(help="who orders it; default: your name")]
SourceOption = Annotated[str, typer.Option(help="who asks; (source, id) names an order")]


def user() -> str:
    """Who runs the command; asked only when needed, for in a container nobody may have a name."""
    return getpass.getuser()


class Role(StrEnum):
    """The two sides of the gateway."""

    OMS = "oms"
    VENUES = "venues"


@app.command()
def up(settings: SettingsOption = None) -> None:
    """Run the whole system on this machine until Ctrl-C; on an embedded broker if none is set."""
    from headgate.up import run_up

    raise typer.Exit(run_up(read_settings(settings)))


@app.command()
def demo(
    speed: Annotated[float, typer.Option(help="engine seconds a second")] = 40.0,
    quantity: Annotated[int, typer.Option(help="shares")] = 20_000,
    minutes: Annotated[int, typer.Option(help="length of the window, engine time")] = 30,
    settings: SettingsOption = None,
) -> None:
    """Trade one TWAP through the whole system, watch it, reconcile it, leave nothing behind."""
    from headgate.demo import Demo, run_demo

    raise typer.Exit(
        run_demo(read_settings(settings), Demo(speed=speed, quantity=quantity, minutes=minutes))
    )


@app.command()
def worker(settings: SettingsOption = None) -> None:
    """Run a worker: algorithms and router for its partitions."""
    from algos.worker import run

    raise typer.Exit(run(read_settings(settings)))


@app.command()
def gateway(
    role: Annotated[Role, typer.Option(help="oms: order entry; venues: venue access")],
    settings: SettingsOption = None,
) -> None:
    """Run one side of the FIX gateway."""
    if role is Role.OMS:
        from gateway.oms_process import run
    else:
        from gateway.venue_process import run
    raise typer.Exit(run(read_settings(settings)))


@app.command()
def venuesim(
    venue: Annotated[list[str] | None, typer.Option(help="only this venue; repeatable")] = None,
    settings: SettingsOption = None,
) -> None:
    """Run the simulated venues."""
    from venuesim.process import run

    raise typer.Exit(run(read_settings(settings), tuple(venue or ())))


@app.command()
def tca(settings: SettingsOption = None) -> None:
    """Follow the log and publish what every parent costs."""
    from tca.process import run

    raise typer.Exit(run(read_settings(settings)))


app.command()(simulate)
app.command()(league)


@app.command()
def facts(
    preset: Annotated[list[str] | None, typer.Option(help="liquid, mid, illiquid; all")] = None,
    seeds: Annotated[int, typer.Option(help="how many")] = 50,
    first_seed: Annotated[int, typer.Option(help="the first of them")] = 1,
    processes: Annotated[int, typer.Option(help="at a time")] = 2,
    check: Annotated[bool, typer.Option("--check", help="exit with 1 if a fact is missed")] = False,
) -> None:
    """Measure the simulated market's stylised facts over seeds, each with its tolerance."""
    from simulation.facts_command import run_facts

    raise typer.Exit(
        run_facts(preset or (), seeds, first_seed, processes, check, sys.stdout, sys.stderr)
    )


@app.command()
def schemas(
    check: Annotated[bool, typer.Option("--check", help="write nothing; fail if stale")] = False,
    docs: Annotated[Path, typer.Option(help="where they are")] = Path("docs"),
    fixconfig: Annotated[Path, typer.Option(help="where FIXatdl is")] = Path("fixconfig"),
) -> None:
    """Write schemas, golden messages, tables, state diagrams; of each algorithm FIXatdl too."""
    from bus.contracts import check_contracts, write_contracts
    from headgate.algo_documents import check_algo_documents, write_algo_documents

    if check:
        found = check_contracts(docs) + check_algo_documents(docs, fixconfig)
    else:
        found = write_contracts(docs) + write_algo_documents(docs, fixconfig)
    for path in found:
        typer.echo(f"{'stale' if check else 'wrote'} {path}")
    raise typer.Exit(1 if check and found else 0)


@topics.command("create")
def topics_create(settings: SettingsOption = None) -> None:
    """Make the topics that are missing and bring the others to their settings."""
    from bus.admin import create_topics
    from bus.log import BusFailed

    read = read_settings(settings)
    try:
        for line in create_topics(read.bus):
            typer.echo(line)
    except BusFailed as error:
        typer.echo(f"headgate: {error}", err=True)
        raise typer.Exit(1) from error


@app.command()
def kill(
    reason: Annotated[str, typer.Option(help="why; kept with the order")],
    author: AuthorOption = None,
    symbol: Annotated[str | None, typer.Option(help="only this symbol")] = None,
    venue: Annotated[str | None, typer.Option(help="only this venue")] = None,
    wait_s: Annotated[float, typer.Option(help="how long to wait for zero open")] = 30.0,
    settings: SettingsOption = None,
) -> None:
    """Engage the kill switch: nothing new is sent, what is open is cancelled, until none is."""
    from headgate.control import Control

    control = Control(read_settings(settings), author or user(), reason)
    raise typer.Exit(control.kill(symbol, venue, wait_s))


@app.command()
def rearm(
    reason: Annotated[str, typer.Option(help="why; kept with the order")],
    author: AuthorOption = None,
    symbol: Annotated[str | None, typer.Option(help="the scope that was killed")] = None,
    venue: Annotated[str | None, typer.Option(help="the scope that was killed")] = None,
    settings: SettingsOption = None,
) -> None:
    """Lift the kill switch of exactly this scope."""
    from headgate.control import Control

    control = Control(read_settings(settings), author or user(), reason)
    raise typer.Exit(control.rearm(symbol, venue))


@app.command()
def limits(
    reason: Annotated[str, typer.Option(help="why; kept with the order")],
    author: AuthorOption = None,
    symbol: Annotated[str | None, typer.Option(help="only this symbol")] = None,
    max_child_qty: Annotated[int | None, typer.Option(help="shares")] = None,
    max_child_notional: Annotated[
        str | None, typer.Option(help="in the instrument's currency")
    ] = None,
    price_collar: Annotated[
        float | None, typer.Option(help="fraction of the last market, 0.02 is 2 %")
    ] = None,
    messages_per_second: Annotated[int | None, typer.Option(help="to each venue")] = None,
    settings: SettingsOption = None,
) -> None:
    """Change limits before the wire while the system runs; what is not given stays."""
    from headgate.control import Control

    control = Control(read_settings(settings), author or user(), reason)
    raise typer.Exit(
        control.limits(symbol, max_child_qty, max_child_notional, price_collar, messages_per_second)
    )


@order.command("new")
def order_new(
    cl_ord_id: Annotated[str, typer.Option("--id", help="ClOrdID; new for every order")],
    symbol: Annotated[str, typer.Option()],
    side: Annotated[str, typer.Option(help="buy or sell")],
    quantity: Annotated[str, typer.Option(help="shares")],
    algo: Annotated[str, typer.Option()] = "twap",
    limit_price: Annotated[str | None, typer.Option()] = None,
    minutes: Annotated[float | None, typer.Option(help="length of the window from now")] = None,
    param: Annotated[list[str] | None, typer.Option(help="name=value; repeatable")] = None,
    source: SourceOption = "CLI",
    settings: SettingsOption = None,
) -> None:
    """Ask for a parent order and print its answer."""
    from headgate.orders import OrderDesk

    desk = OrderDesk(read_settings(settings), source)
    raise typer.Exit(
        desk.new(cl_ord_id, symbol, side, quantity, algo, limit_price, minutes, param or [])
    )


@order.command("replace")
def order_replace(
    cl_ord_id: Annotated[str, typer.Option("--id", help="ClOrdID of this request")],
    orig: Annotated[str, typer.Option(help="ClOrdID of the order")],
    symbol: Annotated[str, typer.Option()],
    quantity: Annotated[str | None, typer.Option(help="new total, with what is done")] = None,
    limit_price: Annotated[str | None, typer.Option()] = None,
    minutes: Annotated[float | None, typer.Option(help="new end, from now")] = None,
    param: Annotated[list[str] | None, typer.Option(help="name=value; repeatable")] = None,
    source: SourceOption = "CLI",
    settings: SettingsOption = None,
) -> None:
    """Ask for new terms."""
    from headgate.orders import OrderDesk

    desk = OrderDesk(read_settings(settings), source)
    raise typer.Exit(
        desk.replace(cl_ord_id, orig, symbol, quantity, limit_price, minutes, param or [])
    )


def _simple_request(verb: str, text: str) -> None:
    def command(
        cl_ord_id: Annotated[str, typer.Option("--id", help="ClOrdID of this request")],
        orig: Annotated[str, typer.Option(help="ClOrdID of the order")],
        symbol: Annotated[str, typer.Option()],
        source: SourceOption = "CLI",
        settings: SettingsOption = None,
    ) -> None:
        from headgate.orders import OrderDesk

        desk = OrderDesk(read_settings(settings), source)
        raise typer.Exit(desk.ask(verb, cl_ord_id, orig, symbol))

    order.command(verb, help=text)(command)


_simple_request("cancel", "Ask for the end of an order.")
_simple_request("pause", "Ask to send no more until resumed.")
_simple_request("resume", "Ask to go on after a pause.")


@order.command("list")
def order_list(settings: SettingsOption = None) -> None:
    """Every order of the log and where it stands."""
    from headgate.orders import OrderDesk

    raise typer.Exit(OrderDesk(read_settings(settings), "").list())


@order.command("watch")
def order_watch(settings: SettingsOption = None) -> None:
    """Print reports as they come, until Ctrl-C."""
    from headgate.orders import OrderDesk

    raise typer.Exit(OrderDesk(read_settings(settings), "").watch())
