"""`headgate demo`: one TWAP through the whole system, watched, reconciled, and nothing left over.

An OMS logs on over a real FIX session; every process runs on an accelerated clock that starts in
the next New York session. At the end the fills of the OMS, the log, the venues and TCA are put
side by side; the exit status is 0 only if it filled, or Ctrl-C cancelled it, and they agree.
"""

import json
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
import typer

from bus.codec import decode
from bus.kafka import KafkaLog
from bus.log import BEGINNING, BusFailed
from bus.topics import Topic
from domain.fix_codes import ExecType, OrdStatus
from domain.instruments import Side
from domain.parents import CancelParent, NewParent
from domain.reports import ParentPlan, ParentReport, ParentWaiting
from domain.tca import ParentCost
from gateway.oms_client import Login, OmsClient
from headgate.calendars import load_calendar
from headgate.clock import Clock, ClockSettings
from headgate.demo_view import DemoView
from headgate.launcher import Launcher, LaunchError, free_port
from headgate.settings import Settings
from headgate.telemetry import StopSignal, configure_logs
from headgate.up import in_run_dir
from tca.table import cost_table

READY_S: Final = 60.0
LOGON_S: Final = 15.0
END_S: Final = 30.0  # after the window: the last reports and TCA's final figures
SETTLED: Final = (OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED)
OMS: Final = "OMS"
SYMBOL: Final = "IBM"
CL_ORD_ID: Final = "DEMO-1"
# At 40 times the speed, five seconds of the engine's time are an eighth of a second of the wall,
# which a busy laptop may well lose between two processes. Limits on age are therefore those of the
# wall: half a second, whatever the speed.
AGE_WALL_S: Final = 0.5
PRESET: Final = "steady"  # for the same reason: a market that is not gone within those delays


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """What is traded, and how fast time runs. `minutes` are of the engine's time."""

    speed: float
    quantity: int
    minutes: int


@dataclass(slots=True)
class Followed:
    """What the log says of the demo's parent."""

    plan: ParentPlan | None = None
    waiting: ParentWaiting | None = None
    arrival_px: Decimal | None = None
    cum_qty: int = 0
    notional: Decimal = Decimal(0)
    by_venue: dict[str, int] = field(default_factory=dict)
    exec_ids: set[str] = field(default_factory=set)
    cost: ParentCost | None = None

    def apply(self, message: object) -> None:
        """Take in a record of `reports` or `tca`."""
        if isinstance(message, ParentPlan):
            self.plan = message
        elif isinstance(message, ParentWaiting):
            self.waiting = message
        elif isinstance(message, ParentCost):
            self.cost = message
        elif isinstance(message, ParentReport) and message.exec_id not in self.exec_ids:
            self.exec_ids.add(message.exec_id)
            if message.exec_type is ExecType.NEW:
                self.arrival_px = message.arrival_px
            elif message.exec_type is ExecType.TRADE and message.last_px is not None:
                self.cum_qty += message.last_qty
                self.notional += message.last_qty * message.last_px
                venue = message.venue or "?"
                self.by_venue[venue] = self.by_venue.get(venue, 0) + message.last_qty


def run_demo(settings: Settings, demo: Demo) -> int:
    """Run it. 0 only if it filled (or was cancelled by Ctrl-C) and all agree to the share."""
    configure_logs("demo", "error")
    stop = StopSignal()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="headgate-demo-") as made:
        run_dir = Path(made)
        launcher = Launcher(demo_settings(settings, demo, run_dir), run_dir)
        try:
            launcher.start()
            return _trade(launcher, demo, stop, began_s)
        except (LaunchError, BusFailed) as error:
            typer.echo(f"headgate demo: {error}", err=True)
            return 1
        finally:
            launcher.stop()


def demo_settings(settings: Settings, demo: Demo, run_dir: Path) -> Settings:
    """The settings on an accelerated clock, free ports and stores of their own."""
    replace = msgspec.structs.replace
    settings = in_run_dir(settings, run_dir)
    age_ms = int(AGE_WALL_S * 1_000 * max(demo.speed, 1.0))
    limits = replace(
        settings.venue_access.limits, stale_market_data_ms=2 * age_ms, stale_order_ms=2 * age_ms
    )
    return replace(
        settings,
        bus=replace(settings.bus, bootstrap_servers=""),
        clock=demo_clock(demo.speed),
        oms=replace(settings.oms, port=free_port()),
        worker=replace(settings.worker, stale_market_data_ms=age_ms),
        venue_access=replace(settings.venue_access, limits=limits),
        venues=tuple(replace(venue, port=free_port()) for venue in settings.venues),
        venuesim=replace(settings.venuesim, preset=PRESET),
    )


def demo_clock(speed: float) -> ClockSettings:
    """A clock that is now half an hour into the next session of New York."""
    today = datetime.now(UTC).date()
    calendar = load_calendar("XNYS", today, today + timedelta(days=10))
    wall_ns = time.time_ns()
    session = next(each for each in calendar.sessions if each.open_ns > wall_ns)
    return ClockSettings(
        speed=speed, wall_epoch_ns=wall_ns, engine_epoch_ns=session.open_ns + 1_800 * 10**9
    )


def _trade(launcher: Launcher, demo: Demo, stop: StopSignal, began_s: float) -> int:
    settings = launcher.settings
    typer.echo(f"starting {', '.join(launcher.children)} on an embedded broker, "
               f"clock at {demo.speed:g} times the speed")  # fmt: skip
    if not _up(launcher, stop):
        return 130
    client = OmsClient(Login(port=settings.oms.port, comp_id=OMS,
                             target_comp_id=settings.oms.comp_id,
                             store_dir=str(launcher.run_dir / "client")))  # fmt: skip
    client.start()
    log = KafkaLog(settings.bus, "demo")
    try:
        log.assign({(topic, partition): BEGINNING for topic in (Topic.REPORTS, Topic.TCA)
                    for partition in range(log.partitions())})  # fmt: skip
        if not client.wait_logged_on(LOGON_S):
            raise LaunchError("the OMS could not log on")
        typer.echo(f"up and logged on over FIX 4.4 after {time.monotonic() - began_s:.1f} s")
        run = _Run(launcher, demo, stop, client, log)
        run.trade()
        return run.account()
    finally:
        client.stop()
        log.close()


def _up(launcher: Launcher, stop: StopSignal) -> bool:
    """Wait until all serve; False if told to stop meanwhile."""
    deadline_s = time.monotonic() + READY_S
    while not stop.is_set:
        if all(launcher.ready(name)[0] for name in launcher.children):
            return True
        if time.monotonic() > deadline_s:
            launcher.wait_ready(0.0)
        launcher.supervise()
        time.sleep(0.1)
    return False


@dataclass(slots=True)
class _Run:
    """The order's life as the OMS sees it."""

    launcher: Launcher
    demo: Demo
    stop: StopSignal
    client: OmsClient
    log: KafkaLog
    followed: Followed = field(default_factory=Followed)

    def trade(self) -> None:
        """Send the order, follow it to its end; Ctrl-C cancels it and follows it all the same."""
        clock = Clock(self.launcher.settings.clock)
        start_ns = clock.now_ns()
        end_ns = start_ns + self.demo.minutes * 60 * 10**9
        self.client.new_order(
            NewParent(
                source=OMS, cl_ord_id=CL_ORD_ID, symbol=SYMBOL, side=Side.BUY,
                order_qty=Decimal(self.demo.quantity), algo="twap", start_ns=start_ns,
                end_ns=end_ns, params={"completion": "cross"}, sent_ns=start_ns,
            )
        )  # fmt: skip
        deadline_s = time.monotonic() + clock.wall_s(end_ns - start_ns) + END_S
        cancelled = False
        with DemoView(self.demo.quantity, start_ns, end_ns, SYMBOL) as view:
            while not self._ended() and time.monotonic() < deadline_s:
                self.launcher.supervise()
                self._read(0.05)
                view.show(clock.now_ns(), self.followed, self.status())
                if self.stop.is_set and not cancelled:
                    cancelled = True
                    deadline_s = min(deadline_s, time.monotonic() + END_S)
                    self._cancel(clock.now_ns())

    def status(self) -> OrdStatus:
        order = self.client.ledger.orders.get(CL_ORD_ID)
        return OrdStatus.PENDING_NEW if order is None else order.ord_status

    def account(self) -> int:
        """Print TCA's table and who says what of the shares; 0 if all agree."""
        if self.followed.cost is not None:
            typer.echo("\n" + cost_table([self.followed.cost]))
        order = self.client.ledger.orders.get(CL_ORD_ID)
        cost = self.followed.cost
        said = {
            "OMS": 0 if order is None else order.filled_qty,
            "log": self.followed.cum_qty,
            "venues": venue_filled_qty(self.launcher.settings),
            "TCA": 0 if cost is None else cost.cum_qty,
        }
        status = self.status()
        unfilled = self.demo.quantity - said["OMS"]
        agree = len(set(said.values())) == 1 and status in SETTLED and cost is not None
        agree = agree and (status is OrdStatus.FILLED) == (unfilled == 0)
        done = status is OrdStatus.FILLED or self.stop.is_set  # what Ctrl-C cancelled is as asked
        typer.echo("shares filled, as told by " + ", ".join(f"{k} {v:,}" for k, v in said.items()))
        verdict = "every share is accounted for" if agree else "THEY DO NOT AGREE"
        typer.echo(f"ordered {self.demo.quantity:,} = filled {said['OMS']:,} + unfilled "
                   f"{unfilled:,}; the order is {status.name.lower()}: {verdict}")  # fmt: skip
        if agree and not done:
            typer.echo("but the order was not filled")
        return 0 if agree and done else 1

    def _ended(self) -> bool:
        return self.status() in SETTLED and (
            self.followed.cost is not None and self.followed.cost.final
        )

    def _read(self, timeout_s: float) -> None:
        self.client.poll(0.0)
        for record in self.log.poll(timeout_s):
            self.followed.apply(decode(record.topic, record.value))

    def _cancel(self, now_ns: int) -> None:
        typer.echo("cancelling the order; once it is over, everything stops")
        self.client.cancel(
            CancelParent(source=OMS, cl_ord_id="DEMO-2", orig_cl_ord_id=CL_ORD_ID, symbol=SYMBOL,
                         sent_ns=now_ns),
            Side.BUY,
        )  # fmt: skip


def venue_filled_qty(settings: Settings) -> int:
    """Shares of ours that the simulated venues' own journals say were traded."""
    fills: dict[tuple[str, str], int] = {}
    for venue in settings.venues:
        path = Path(settings.venuesim.store_dir) / f"{venue.name}.jsonl"
        for line in path.read_text().splitlines() if path.exists() else ():
            entry = json.loads(line)
            if entry["type"] == "execution" and entry["exec_type"] == ExecType.TRADE.value:
                fills[venue.name, entry["exec_id"]] = entry["last_qty"]
    return sum(fills.values())
