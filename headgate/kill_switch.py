"""What operators order on `control`: the kill switch and its lifting."""

import time

import typer

from bus.codec import decode, encode
from bus.kafka import KafkaLog
from bus.log import BusFailed
from bus.partitioning import partition_of
from bus.topics import CONTROL_KEY, Topic
from domain.control import EngageKillSwitch, KillProgress, Rearm
from headgate.clock import Clock
from headgate.settings import Settings

FLUSH_S = 10.0


def engage(settings: Settings, author: str, reason: str, symbol: str | None, venue: str | None,
           wait_s: float) -> int:  # fmt: skip
    """Order it, then print what venue access reports until nothing is open; 1 if not in time."""
    try:
        log = KafkaLog(settings.bus, "operator")
        where = (Topic.CONTROL, partition_of(CONTROL_KEY, log.partitions()))
        log.assign({where: log.end(*where)})
        at_ns = Clock(settings.clock).now_ns()
        message = EngageKillSwitch(
            author=author, reason=reason, symbol=symbol, venue=venue, at_ns=at_ns
        )
        log.append(Topic.CONTROL, CONTROL_KEY, encode(Topic.CONTROL, message))
        log.flush(FLUSH_S)
        typer.echo(f"kill switch engaged: symbol {symbol or 'every'}, venue {venue or 'every'}")
        deadline_s = time.monotonic() + wait_s
        while time.monotonic() < deadline_s:
            for record in log.poll(0.1):
                said = decode(record.topic, record.value)
                if isinstance(said, KillProgress) and (said.symbol, said.venue) == (symbol, venue):
                    typer.echo(f"{said.by}: {said.open_children} children open, "
                               f"{said.open_qty} shares")  # fmt: skip
                    if said.open_children == 0:
                        return 0
    except BusFailed as error:
        typer.echo(f"headgate: {error}", err=True)
        return 1
    typer.echo(f"headgate: venue access did not report zero open within {wait_s} s", err=True)
    return 1


def rearm(
    settings: Settings, author: str, reason: str, symbol: str | None, venue: str | None
) -> int:
    """Lift the switch of exactly this scope."""
    try:
        log = KafkaLog(settings.bus, "operator")
        at_ns = Clock(settings.clock).now_ns()
        message = Rearm(author=author, reason=reason, symbol=symbol, venue=venue, at_ns=at_ns)
        log.append(Topic.CONTROL, CONTROL_KEY, encode(Topic.CONTROL, message))
        log.flush(FLUSH_S)
    except BusFailed as error:
        typer.echo(f"headgate: {error}", err=True)
        return 1
    typer.echo(f"re-armed: symbol {symbol or 'every'}, venue {venue or 'every'}")
    return 0
