"""The venue simulator's public market data, on a broker that speaks Kafka's protocol."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bus.codec import decode
from bus.embedded import EmbeddedBroker
from bus.kafka import KafkaLog
from bus.log import BEGINNING
from bus.topics import Topic
from domain.marketdata import MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from headgate.settings import load_settings
from tests.integration.test_venuesim_fix import ROOT, VenueProcess

RUN = (
    "import sys; from pathlib import Path; from headgate.settings import load_settings; "
    "from venuesim.process import run; sys.exit(run(load_settings(Path(sys.argv[1]))))"
)
EVENTS = 500


@pytest.mark.slow
def test_market_data_reaches_the_bus(tmp_path: Path) -> None:
    broker = EmbeddedBroker()
    venues = VenueProcess(tmp_path)
    bus = f'[bus]\nembedded = true\nbootstrap_servers = "{broker.bootstrap_servers}"\n'
    venues.settings.write_text(venues.settings.read_text() + bus)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(venues.settings)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        events = read_events(venues.settings)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    broker.stop()
    assert {event.venue for event in events} == {"ALPHA", "BETA"}
    for venue in ("ALPHA", "BETA"):
        mine = [event for event in events if event.venue == venue]
        assert isinstance(mine[0], TradingStatus)
        assert mine[0].phase is TradingPhase.CONTINUOUS
        assert [each for each in mine if isinstance(each, Trade)]
        quotes = [each for each in mine if isinstance(each, Quote)]
        assert all(0 < each.bid_px_ticks < each.ask_px_ticks for each in quotes)
        times = [each.at_ns for each in quotes]
        assert times == sorted(times)


def read_events(settings_path: Path) -> list[MarketEvent]:
    log = KafkaLog(load_settings(settings_path, {}).bus, group="test")
    log.assign({(Topic.MARKETDATA, partition): BEGINNING for partition in range(log.partitions())})
    events: list[MarketEvent] = []
    deadline = time.monotonic() + 30
    while len(events) < EVENTS and time.monotonic() < deadline:
        for record in log.poll(0.1):
            found = decode(Topic.MARKETDATA, record.value)
            assert {event.symbol for event in found} == {record.key}
            events += found
    log.close()
    assert len(events) >= EVENTS
    return events
