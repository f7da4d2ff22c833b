"""The market data process for real: recorded days onto a broker that speaks Kafka's protocol."""

import signal
import subprocess
import sys
import time
import urllib.request
from datetime import date
from pathlib import Path

import msgspec
import pytest

from bus.codec import decode
from bus.embedded import EmbeddedBroker
from bus.kafka import KafkaLog
from bus.log import BEGINNING
from bus.topics import Topic
from domain.marketdata import MarketEvent, Quote, Trade, TradingPhase, TradingStatus
from headgate.command_settings import shipped
from headgate.launcher import free_port
from headgate.settings import BusSettings, HttpSettings, load_settings
from marketdata.lean import UNIT, read_day

DAY = date(2013, 10, 8)
READ_S = 20.0


def settings_file(directory: Path, bus: BusSettings) -> Path:
    settings = load_settings(shipped("headgate.toml"), {})
    path = directory / "settings.json"
    path.write_bytes(msgspec.json.encode(
        msgspec.structs.replace(settings, bus=bus, http=HttpSettings(port=0))
    ))  # fmt: skip
    return path


def replay(settings: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "headgate", "marketdata", "--settings", str(settings), *options],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def read_topic(bus: BusSettings, count: int) -> list[MarketEvent]:
    """The first `count` events of the topic, those of a symbol in their order."""
    log = KafkaLog(bus, group="test")
    log.assign({(Topic.MARKETDATA, each): BEGINNING for each in range(log.partitions())})
    events: list[MarketEvent] = []
    deadline_s = time.monotonic() + READ_S
    while len(events) < count and time.monotonic() < deadline_s:
        for record in log.poll(0.1):
            found = decode(Topic.MARKETDATA, record.value)
            assert {event.symbol for event in found} == {record.key}
            events += found
    log.close()
    return events


@pytest.mark.slow
def test_a_slice_of_a_recorded_day_arrives_in_order(tmp_path: Path, data_dir: Path) -> None:
    broker = EmbeddedBroker()
    bus = BusSettings(bootstrap_servers=broker.bootstrap_servers, embedded=True)
    try:
        ended = replay(
            settings_file(tmp_path, bus), "--replay", str(data_dir), "--symbol", "IBM",
            "--day", DAY.isoformat(), "--start", "10:00", "--end", "10:15", "--speed", "0",
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        from_ns = read_ns(DAY, "10:00")
        wanted = [
            each
            for each in read_day(data_dir, "IBM", DAY, tick=UNIT * 100)
            if from_ns <= each.at_ns < from_ns + 900 * 10**9
        ]
        assert len(wanted) > 1_000
        assert read_topic(bus, len(wanted)) == wanted
        assert any(isinstance(each, Quote) for each in wanted)
    finally:
        broker.stop()


def read_ns(day: date, clock: str) -> int:
    """UTC of a time in New York, which was four hours behind that day."""
    hours, minutes = clock.split(":")
    days = (day - date(1970, 1, 1)).days
    return (days * 86_400 + (int(hours) + 4) * 3_600 + int(minutes) * 60) * 10**9


SYNTHETIC = """\
event,symbol,venue,at,bid_px,bid_qty,ask_px,ask_qty,px,qty,condition,aggressor_side,phase
status,IBM,N,2024-03-01T14:30:00Z,,,,,,,,,continuous
status,SAP,X,2024-03-01T14:30:00Z,,,,,,,,,continuous
quote,IBM,N,2024-03-01T14:30:00.1Z,185.00,200,185.02,300,,,,,
quote,SAP,X,2024-03-01T14:30:00.1Z,130.02,20,130.04,30,,,,,
trade,IBM,N,2024-03-01T14:30:00.2Z,,,,,185.02,100,,buy,
quote,IBM,N,2024-03-01T14:30:00.2Z,185.00,200,185.02,200,,,,,
quote,IBM,N,2024-03-01T14:30:00.3Z,185.03,200,185.02,200,,,,,
trade,SAP,X,2024-03-01T14:30:00.4Z,,,,,130.03,5,,,
trade,IBM,D,2024-03-01T14:30:00.4Z,,,,,185.01,40,F,,
"""


@pytest.mark.slow
def test_a_file_of_ours_is_replayed_at_its_pace_from_now_on(tmp_path: Path) -> None:
    """A crossed quote is left out; prices are on the grid of each instrument."""
    recording = tmp_path / "days.csv"
    recording.write_text(SYNTHETIC)
    broker = EmbeddedBroker()
    bus = BusSettings(bootstrap_servers=broker.bootstrap_servers, embedded=True)
    began_ns = time.time_ns()
    try:
        ended = replay(
            settings_file(tmp_path, bus), "--replay", str(recording), "--format", "plain",
            "--speed", "2", "--skip-bad",
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        assert '"crossed": 1' in ended.stderr
        found = read_topic(bus, 8)
    finally:
        broker.stop()
    ibm = [each for each in found if each.symbol == "IBM"]
    sap = [each for each in found if each.symbol == "SAP"]
    first_ns = ibm[0].at_ns
    assert began_ns < first_ns < time.time_ns()
    at = [first_ns + ms * 1_000_000 for ms in (0, 50, 100, 100, 200)]
    assert ibm == [
        TradingStatus("IBM", "N", TradingPhase.CONTINUOUS, at[0]),
        Quote("IBM", "N", 18500, 200, 18502, 300, at[1]),
        Trade("IBM", "N", 18502, 100, at[2], "", "", "1"),
        Quote("IBM", "N", 18500, 200, 18502, 200, at[3]),
        Trade("IBM", "D", 18501, 40, at[4], "", "F"),
    ]
    assert sap == [
        TradingStatus("SAP", "X", TradingPhase.CONTINUOUS, at[0]),
        Quote("SAP", "X", 26004, 20, 26008, 30, at[1]),
        Trade("SAP", "X", 26006, 5, at[4]),
    ]


@pytest.mark.slow
def test_it_serves_its_probes_and_drains_on_sigterm(tmp_path: Path) -> None:
    """A process that stays after its last event, as the chart runs it."""
    recording = tmp_path / "days.csv"
    recording.write_text(SYNTHETIC)
    broker = EmbeddedBroker()
    bus = BusSettings(bootstrap_servers=broker.bootstrap_servers, embedded=True)
    port = free_port()
    settings = load_settings(shipped("headgate.toml"), {
        "HEADGATE__MARKETDATA__REPLAY__PATH": str(recording),
        "HEADGATE__MARKETDATA__REPLAY__FORMAT": "plain",
        "HEADGATE__MARKETDATA__REPLAY__SKIP_BAD": "true",
        "HEADGATE__MARKETDATA__REPLAY__STAY": "true",
        "HEADGATE__HTTP__PORT": str(port),
    })  # fmt: skip
    path = tmp_path / "settings.json"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(settings, bus=bus)))
    process = subprocess.Popen(
        [sys.executable, "-m", "headgate", "marketdata", "--settings", str(path)]
    )
    try:
        assert len(read_topic(bus, 8)) == 8
        assert get(port, "/livez") == (200, '{"ok":true')
        assert get(port, "/readyz")[0] == 200
        shown = get(port, "/metrics", 100_000)[1]
        assert 'headgate_marketdata_events_total{symbol="IBM"} 5.0' in shown
        assert 'headgate_marketdata_skipped_total{reason="crossed"} 1.0' in shown
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=20)
        broker.stop()
    assert code == 0


def get(port: int, path: str, characters: int = 10) -> tuple[int, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.status, answer.read().decode().replace(" ", "", 1)[:characters]


@pytest.mark.slow
def test_what_cannot_be_replayed_ends_the_process_and_is_told(tmp_path: Path) -> None:
    bus = BusSettings(bootstrap_servers="127.0.0.1:1", embedded=True)
    path = settings_file(tmp_path, bus)
    nothing = replay(path)
    assert nothing.returncode == 2
    assert "no feed: neither " in nothing.stderr
    nowhere = replay(path, "--replay", "/nowhere")
    assert nowhere.returncode == 1
    assert "/nowhere: no_file: there is no such file or directory" in nowhere.stderr
