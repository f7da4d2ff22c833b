"""What operators order on `control`: the kill switch, its lifting, and limits."""

import time
from decimal import Decimal
from typing import Final

import typer

from bus.codec import Undecodable, decode, encode
from bus.kafka import KafkaLog
from bus.log import BusFailed
from bus.partitioning import partition_of
from bus.replay import ends_of, read_to
from bus.topics import CONTROL_KEY, Topic
from domain.control import ControlRecord, EngageKillSwitch, KillProgress, Rearm, SetLimits
from headgate.clock import Clock
from headgate.settings import Settings

FLUSH_S: Final = 10.0


class Control:
    """One operator's command. Every method returns the command's exit status."""

    def __init__(self, settings: Settings, author: str, reason: str) -> None:
        self._settings = settings
        self._author = author
        self._reason = reason
        self._at_ns = Clock(settings.clock).now_ns()

    def kill(self, symbol: str | None, venue: str | None, wait_s: float) -> int:
        """Order it, then print what venue access reports until no venue in scope has any open."""
        order = EngageKillSwitch(author=self._author, reason=self._reason, symbol=symbol,
                                 venue=venue, at_ns=self._at_ns)  # fmt: skip
        left = {each.name for each in self._settings.venues if venue in (None, each.name)}
        try:
            log = self._append(order)
            typer.echo(f"kill switch engaged: {_scope(symbol, venue)}")
            deadline_s = time.monotonic() + wait_s
            while left and time.monotonic() < deadline_s:
                for record in log.poll(0.1):
                    said = _progress(record.value, symbol, venue)
                    if said is not None:
                        typer.echo(f"{said.by}: {said.open_children} children open, "
                                   f"{said.open_qty} shares")  # fmt: skip
                        left = _still_open(left, said)
        except BusFailed as error:
            return _fail(str(error))
        if left:
            return _fail(f"no word of zero open within {wait_s:g} s from {', '.join(sorted(left))}")
        return 0

    def rearm(self, symbol: str | None, venue: str | None) -> int:
        """Lift the switch of exactly this scope, and say which ones stay; 1 if there is none."""
        order = Rearm(author=self._author, reason=self._reason, symbol=symbol, venue=venue,
                      at_ns=self._at_ns)  # fmt: skip
        try:
            engaged = self._engaged()
            if (symbol, venue) not in engaged:
                others = "; ".join(_scope(*scope) for scope in engaged) or "none"
                return _fail(f"no switch is engaged for {_scope(symbol, venue)}; engaged: {others}")
            self._append(order)
        except BusFailed as error:
            return _fail(str(error))
        typer.echo(f"re-armed: {_scope(symbol, venue)}")
        for scope in engaged:
            if scope != (symbol, venue):
                typer.echo(f"still engaged: {_scope(*scope)}")
        return 0

    def _engaged(self) -> list[tuple[str | None, str | None]]:
        """The scopes, (symbol, venue), of the switches that are engaged now."""
        log = KafkaLog(self._settings.bus, "operator")
        ends = ends_of(log, (Topic.CONTROL,), (partition_of(CONTROL_KEY, log.partitions()),))
        found: dict[tuple[str | None, str | None], None] = {}
        for record in read_to(log, ends):
            try:
                said = decode(Topic.CONTROL, record.value)
            except Undecodable:
                continue  # rubbish engages nothing; its readers set it aside
            if isinstance(said, EngageKillSwitch):
                found[said.symbol, said.venue] = None
            elif isinstance(said, Rearm):
                found.pop((said.symbol, said.venue), None)
        return list(found)

    def limits(
        self, symbol: str | None, max_child_qty: int | None, max_child_notional: str | None,
        price_collar: float | None, messages_per_second: int | None,
    ) -> int:  # fmt: skip
        """Change limits of venue access; what is not given stays."""
        try:
            notional = None if max_child_notional is None else Decimal(max_child_notional)
        except ArithmeticError:
            return _fail(f"--max-child-notional: {max_child_notional!r} is not a number", 2)
        given = (max_child_qty, notional, price_collar, messages_per_second)
        if all(each is None for each in given):
            return _fail("no limit is given", 2)
        if not all(each is None or (each > 0 and each < float("inf")) for each in given):
            return _fail("a limit must be above zero and finite", 2)
        order = SetLimits(
            author=self._author, reason=self._reason, symbol=symbol, max_child_qty=max_child_qty,
            max_child_notional=notional, price_collar=price_collar,
            messages_per_second=messages_per_second, at_ns=self._at_ns,
        )  # fmt: skip
        return self._order(order, f"limits set: {_scope(symbol, None)}")

    def _order(self, order: ControlRecord, done: str) -> int:
        try:
            self._append(order)
        except BusFailed as error:
            return _fail(str(error))
        typer.echo(done)
        return 0

    def _append(self, order: ControlRecord) -> KafkaLog:
        """Make it durable; the log returned reads what is said after it."""
        log = KafkaLog(self._settings.bus, "operator")
        where = (Topic.CONTROL, partition_of(CONTROL_KEY, log.partitions()))
        log.assign({where: log.end(*where)})
        log.append(Topic.CONTROL, CONTROL_KEY, encode(Topic.CONTROL, order))
        log.flush(FLUSH_S)
        return log


def _progress(value: bytes, symbol: str | None, venue: str | None) -> KillProgress | None:
    """The progress of this scope that a record tells; others, and rubbish, are not for us."""
    try:
        said = decode(Topic.CONTROL, value)
    except Undecodable:
        return None
    if isinstance(said, KillProgress) and (said.symbol, said.venue) == (symbol, venue):
        return said
    return None


def _still_open(left: set[str], said: KillProgress) -> set[str]:
    """Without the venues that this instance of venue access speaks for, if it has none open."""
    _, _, names = said.by.partition(":")
    return left if said.open_children else left - set(names.split(","))


def _scope(symbol: str | None, venue: str | None) -> str:
    return f"symbol {symbol or 'every'}, venue {venue or 'every'}"


def _fail(text: str, code: int = 1) -> int:
    typer.echo(f"headgate: {text}", err=True)
    return code
