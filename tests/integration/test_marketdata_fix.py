"""The venue simulator serves market data over FIX, `headgate marketdata` takes it to the bus.

The simulator publishes to a bus of its own beside, so that both ways can be compared.
"""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bus.codec import decode
from bus.embedded import EmbeddedBroker
from bus.kafka import KafkaLog
from bus.log import BEGINNING
from bus.topics import Topic
from domain.marketdata import Depth, MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from headgate.settings import load_settings
from tests.integration.raw_fix_client import RawFixClient
from tests.integration.test_venuesim_fix import ROOT, VenueProcess, free_ports, order

VENUES = ("ALPHA", "BETA")
DEPTHS = {"ALPHA": 1, "BETA": 3}  # what we ask for, of five levels that both show
WAIT_S = 30.0


class Bus:
    """What is on `marketdata` of one broker, as it comes."""

    def __init__(self, settings: Path) -> None:
        self.log = KafkaLog(load_settings(settings, {}).bus, group="test")
        partitions = range(self.log.partitions())
        self.log.assign({(Topic.MARKETDATA, each): BEGINNING for each in partitions})
        self.events: list[MarketEvent] = []

    def read_until(self, wanted: Callable[[list[MarketEvent]], bool]) -> None:
        """Read on until `wanted` says so of what came since this call."""
        start = len(self.events)
        deadline = time.monotonic() + WAIT_S
        while not wanted(self.events[start:]):
            assert time.monotonic() < deadline, self.events[-3:]
            for record in self.log.poll(0.05):
                self.events += decode(Topic.MARKETDATA, record.value)

    def of(self, venue: str) -> list[MarketEvent]:
        return [each for each in self.events if each.venue == venue]


class Deployment:
    """Two brokers, the venues, and the feed between them."""

    def __init__(self, directory: Path) -> None:
        self.brokers = [EmbeddedBroker(), EmbeddedBroker()]
        venues = VenueProcess(directory)
        self.ports = dict(zip(VENUES, free_ports(2), strict=True))
        served = "".join(
            f"[venuesim.venues.{name}]\nmarket_data_port = {port}\ndepth_levels = 5\n"
            for name, port in self.ports.items()
        )
        taken = "".join(
            f'[[marketdata.fix]]\nvenue = "{name}"\nport = {port}\ncomp_id = "{name}X-MD"\n'
            f"heartbeat_s = 1\ndepth = {DEPTHS[name]}\n"
            for name, port in self.ports.items()
        )
        text = venues.settings.read_text() + served + taken
        self.settings = []
        for broker, name in zip(self.brokers, ("direct", "fix"), strict=True):
            path = directory / f"{name}.toml"
            bus = f'[bus]\nembedded = true\nbootstrap_servers = "{broker.bootstrap_servers}"\n'
            path.write_text(text + bus)
            self.settings.append(path)
        self.direct, self.fix = (Bus(path) for path in self.settings)
        self.venues = self.start("venuesim", self.settings[0])
        self.feed = self.start("marketdata", self.settings[1])

    def start(self, command: str, settings: Path) -> subprocess.Popen[bytes]:
        log = (settings.parent / f"{command}.jsonl").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "headgate", command, "--settings", str(settings)],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        for process in (self.feed, self.venues):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in (self.feed, self.venues):
            process.wait(20)
        for bus in (self.direct, self.fix):
            bus.log.close()
        for broker in self.brokers:
            broker.stop()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    found = Deployment(tmp_path)
    yield found
    found.stop()


def is_empty(event: MarketEvent) -> bool:
    return isinstance(event, Quote) and not event.bid_qty and not event.ask_qty


def are_seen(kind: type[MarketEvent], count: int) -> Callable[[list[MarketEvent]], bool]:
    """Whether both venues have so many of a kind; quotes that withdraw do not count."""

    def seen(events: list[MarketEvent]) -> bool:
        found = [each.venue for each in events if isinstance(each, kind) and not is_empty(each)]
        return all(found.count(venue) >= count for venue in VENUES)

    return seen


def are_withdrawn(events: list[MarketEvent]) -> bool:
    return {each.venue for each in events if is_empty(each)} == set(VENUES)


def touches(events: list[MarketEvent]) -> list[tuple[int, int, int, int]]:
    quotes = [each for each in events if isinstance(each, Quote) and not is_empty(each)]
    return [(q.bid_px_ticks, q.bid_qty, q.ask_px_ticks, q.ask_qty) for q in quotes]


def prints(events: list[MarketEvent]) -> dict[str, tuple[int, int]]:
    trades = [each for each in events if isinstance(each, Trade)]
    found = {each.trade_id: (each.px_ticks, each.qty) for each in trades}
    assert len(found) == len(trades)
    return found


@pytest.mark.slow
def test_what_the_venues_show_reaches_the_bus_over_fix(deployment: Deployment) -> None:
    fix = deployment.fix
    fix.read_until(are_seen(Quote, 100))
    fix.read_until(are_seen(Trade, 10))
    assert is_empty(fix.events[0])  # what an earlier run might have left
    deployment.venues.send_signal(signal.SIGUSR1)
    fix.read_until(are_withdrawn)
    fix.read_until(are_seen(Quote, 50))
    fix.read_until(are_seen(Trade, 5))

    deployment.feed.send_signal(signal.SIGTERM)
    assert deployment.feed.wait(20) == 0
    fix.read_until(are_withdrawn)
    last = {venue: [e for e in fix.of(venue) if isinstance(e, Quote)][-1] for venue in VENUES}
    assert all(is_empty(each) for each in last.values())

    newest_ns = max(each.at_ns for each in fix.events if isinstance(each, Trade))
    deployment.direct.read_until(lambda events: events[-1:] > [] and events[-1].at_ns > newest_ns)
    for venue in VENUES:
        ours, theirs = fix.of(venue), deployment.direct.of(venue)
        assert set(touches(ours)) <= set(touches(theirs))
        assert prints(ours).items() <= prints(theirs).items()
        statuses = [each for each in ours if isinstance(each, TradingStatus)]
        assert {each.phase for each in statuses} == {TradingPhase.CONTINUOUS}
        times = [each.at_ns for each in ours if isinstance(each, Quote)]
        assert times == sorted(times)
        shown = {(each.bids[:3], each.asks[:3]) for each in theirs if isinstance(each, Depth)}
        depths = [(each.bids, each.asks) for each in ours if isinstance(each, Depth)]
        assert bool(depths) == (DEPTHS[venue] > 1)
        assert set(depths) <= shown | {((), ())}


@pytest.mark.slow
def test_what_a_market_data_session_answers(deployment: Deployment) -> None:
    """The venue's side alone, spoken to by hand; our own feed has ended."""
    deployment.feed.send_signal(signal.SIGTERM)
    deployment.feed.wait(20)
    with RawFixClient(deployment.ports["ALPHA"], "HEADGATE-MD", "ALPHAX-MD") as client:
        client.connect()
        client.send("A", [(98, 0), (108, 30), (141, "Y")])
        assert client.wait(lambda message: message.msg_type == "A").get(34) == "1"
        ask = [(263, 1), (264, 0), (265, 1), (267, 2), (269, 0), (269, 1), (146, 1)]
        client.send("V", [(262, "R1"), *ask, (55, "XXX")])
        assert client.wait(lambda message: message.msg_type == "Y").get(281) == "0"
        client.send("V", [(262, "R1"), *ask, (55, "IBM")])
        book = client.wait(lambda message: message.msg_type == "W")
        assert {entry[269] for entry in book.groups(268, 269)} <= {"0", "1"}
        update = client.wait(lambda message: message.msg_type == "X")
        assert {entry[55] for entry in update.groups(268, 279)} == {"IBM"}
        client.send("V", [(262, "R1"), *ask, (55, "IBM")])
        assert client.wait(lambda message: message.msg_type == "Y").get(281) == "1"
        client.send("V", [(262, "R2"), (263, 7), *ask[1:], (55, "IBM")])  # the dictionary says no
        assert client.wait(lambda message: message.msg_type == "3").get(373) == "5"
        client.send("D", [(11, "A"), (55, "IBM"), (54, 1), (60, "20260105-14:30:00"), (38, 100),
                          (40, 1)])  # fmt: skip
        assert client.wait(lambda message: message.msg_type == "j").get(380) == "3"
        client.send("2", [(7, 1), (16, 0)])  # nothing was kept
        assert client.wait(lambda message: message.msg_type == "4").get(123) == "Y"


SUBSCRIPTIONS = 400  # of one symbol: each of its quotes is then some 70 KiB on the wire


@pytest.mark.slow
def test_a_subscriber_that_does_not_read_holds_up_nobody(tmp_path: Path) -> None:
    venues = VenueProcess(tmp_path)
    [port, http] = free_ports(2)
    more = f"[http]\nport = {http}\n[venuesim.venues.ALPHA]\nmarket_data_port = {port}\n"
    venues.settings.write_text(venues.settings.read_text() + more)
    venues.start()
    try:
        with (
            RawFixClient(port, "HEADGATE-MD", "ALPHAX-MD") as reader,
            venues.client("ALPHA") as trader,
        ):
            reader.connect()
            reader.send("A", [(98, 0), (108, 30), (141, "Y")])
            reader.wait(lambda message: message.msg_type == "A")
            ask = [(263, 1), (264, 1), (265, 1), (267, 2), (269, 0), (269, 1), (146, 1)]
            for number in range(SUBSCRIPTIONS):
                reader.send("V", [(262, f"R{number}"), *ask, (55, "IBM")])
            deadline = time.monotonic() + WAIT_S
            while conflated(http, "ALPHA") < 100:  # it reads nothing, so quotes are merged
                assert time.monotonic() < deadline
                time.sleep(0.1)
            trader.logon()
            for number in range(20):
                trader.send("D", order(f"A{number}", "150.00"))
                trader.report(f"A{number}", "0")
            # It reads again: it is told that updates were merged, and misses no message.
            merged = reader.wait(lambda message: message.get(814) == "2")
            assert merged.msg_type == "X"
            numbers = [each.integer(34) for each in reader.received if each.msg_type in "WX"]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    finally:
        venues.signal(signal.SIGTERM)
        assert venues.wait() == 0


def conflated(http: int, venue: str) -> float:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=2) as answer:
            text = answer.read().decode()
    except OSError:
        return 0
    found = re.search(rf'^headgate_venuesim_fix_conflated{{venue="{venue}"}} (\S+)$', text, re.M)
    return 0 if found is None else float(found.group(1))


@pytest.mark.slow
def test_a_venue_that_comes_late_and_dies_is_found_again(deployment: Deployment) -> None:
    fix = deployment.fix
    for number in (signal.SIGTERM, signal.SIGKILL):
        deployment.venues.send_signal(number)
        deployment.venues.wait(20)
        if number is signal.SIGTERM:  # nobody listens: the feed starts first
            deployment.feed.send_signal(signal.SIGKILL)
            deployment.feed.wait(20)
            deployment.feed = deployment.start("marketdata", deployment.settings[1])
        fix.read_until(are_withdrawn)
        deployment.venues = deployment.start("venuesim", deployment.settings[0])
        fix.read_until(are_seen(Quote, 20))
