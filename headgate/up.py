"""`headgate up`: everything on this machine until Ctrl-C."""

import tempfile
import time
from pathlib import Path

import msgspec
import typer

from headgate.launcher import Launcher, LaunchError
from headgate.settings import Settings
from headgate.telemetry import StopSignal, configure_logs

READY_S = 60.0
EMBEDDED_WARNING = (
    "embedded broker: in memory, 4 partitions of 5 MiB each that then forget the oldest records, "
    "no fencing; for trying out, never for money"
)


def run_up(settings: Settings) -> int:
    """Start, supervise, stop. 1 if a process keeps dying or the system does not come up."""
    configure_logs("up", settings.log.level)
    stop = StopSignal()
    embedded = not settings.bus.bootstrap_servers
    with tempfile.TemporaryDirectory(prefix="headgate-") as made:
        if embedded:
            settings = in_run_dir(settings, Path(made))
        launcher = Launcher(settings, Path(made))
        if embedded:
            typer.echo(EMBEDDED_WARNING)
        try:
            launcher.start()
            launcher.wait_ready(READY_S)
            typer.echo(f"up: FIX for OMSs on port {settings.oms.port} (we are "
                       f"{settings.oms.comp_id}), bus at "
                       f"{launcher.settings.bus.bootstrap_servers}, logs in {made}")  # fmt: skip
            if embedded:
                typer.echo("for `headgate order ...` and `headgate kill` in another terminal:\n"
                           "  export HEADGATE__BUS__EMBEDDED=true HEADGATE__BUS__BOOTSTRAP_SERVERS="
                           + launcher.settings.bus.bootstrap_servers)  # fmt: skip
            for child in launcher.children.values():
                typer.echo(f"  {child.name}: http://127.0.0.1:{child.http_port}/metrics")
            while not stop.is_set:
                launcher.supervise()
                time.sleep(0.2)
        except LaunchError as error:
            typer.echo(f"headgate: {error}", err=True)
            return 1
        finally:
            launcher.stop()
    return 0


def in_run_dir(settings: Settings, run_dir: Path) -> Settings:
    """With every store below `run_dir`: the stores of FIX sessions belong to one log.

    The embedded broker's log is gone with it, and order ids begin again, so must the sessions.
    """
    replace = msgspec.structs.replace
    return replace(
        settings,
        oms=replace(settings.oms, store_dir=str(run_dir / "oms")),
        venue_access=replace(settings.venue_access, store_dir=str(run_dir / "venues")),
        venuesim=replace(settings.venuesim, store_dir=str(run_dir / "venuesim")),
    )
