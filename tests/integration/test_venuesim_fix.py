"""The venue simulator as a process, over a real FIX session spoken by hand."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.fix_message import timestamp_text
from tests.integration.raw_fix_client import RawFixClient

ROOT = Path(__file__).resolve().parents[2]
SPEED = 40
INSTRUMENTS = """
[[instruments]]
symbol = "IBM"
currency = "USD"
lot = 100
ticks = [{ from_px = 0, tick = 0.01 }]
calendar = "XNYS"
venues = ["ALPHA", "BETA"]
max_order_qty = 1_000_000
max_order_notional = 200_000_000
"""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class VenueProcess:
    """Two venues in one process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports = dict(zip(("ALPHA", "BETA"), free_ports(2), strict=True))
        (directory / "instruments.toml").write_text(INSTRUMENTS)
        venues = "".join(
            f'[[venues]]\nname = "{name}"\nport = {port}\ncomp_id = "{name}X"\n'
            "taker_fee = 0.003\nmaker_fee = -0.002\n"
            for name, port in self.ports.items()
        )
        self.settings = directory / "headgate.toml"
        self.settings.write_text(
            'instruments_file = "instruments.toml"\n'
            f"[clock]\nspeed = {SPEED}\nwall_epoch_ns = {time.time_ns()}\n"
            "engine_epoch_ns = 1_790_000_000_000_000_000\n"
            f'[venuesim]\nstore_dir = "{directory / "store"}"\nstart_px = {{ IBM = 185.00 }}\n'
            + venues
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        script = ROOT / "tests" / "integration" / "venuesim_on_memory_log.py"
        log = (self.directory / "log.jsonl").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(self.settings)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=log,
            stdout=log,
        )
        log.close()

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(timeout=20)

    def journal(self, venue: str) -> list[dict[str, Any]]:
        lines = (self.directory / "store" / f"{venue}.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def client(self, venue: str = "ALPHA") -> RawFixClient:
        return RawFixClient(self.ports[venue], "HEADGATE", f"{venue}X")


@pytest.fixture
def venues(tmp_path: Path) -> Iterator[VenueProcess]:
    process = VenueProcess(tmp_path)
    process.start()
    yield process
    process.signal(signal.SIGTERM)
    assert process.wait() == 0


def order(cl_ord_id: str, px: str | None, qty: int = 100, **more: str) -> list[tuple[int, object]]:
    price: list[tuple[int, object]] = [(40, 1)] if px is None else [(40, 2), (44, px)]
    fields: list[tuple[int, object]] = [(11, cl_ord_id), (55, "IBM"), (54, more.get("side", "1"))]
    tif = more.get("tif", "0")
    return [*fields, (60, timestamp_text(time.time_ns())), (38, qty), *price, (59, tif)]


def cancel(cl_ord_id: str, orig: str) -> list[tuple[int, object]]:
    fields: list[tuple[int, object]] = [(11, cl_ord_id), (41, orig), (55, "IBM"), (54, 1)]
    return [*fields, (60, timestamp_text(time.time_ns())), (38, 100)]


@pytest.mark.slow
def test_special_orders_pass_the_session(venues: VenueProcess) -> None:
    """The stock FIX 4.4 dictionary takes their fields, and what is user-defined passes it."""
    with venues.client() as client:
        client.logon()
        client.send("D", order("T", None))  # so that there is a last trade
        client.report("T", "F")
        stop = [field for field in order("S", None) if field[0] != 40]
        client.send("D", [*stop, (40, 3), (99, "100.00")])  # reached by every price there is
        client.report("S", "0")
        assert client.report("S", "L").get(39) == "0"
        client.report("S", "F")
        peg = [(18, "R"), (211, "-0.05"), (44, "185.00")]
        priced = [field for field in order("P", None) if field[0] != 40]
        client.send("D", [*priced, (40, "P"), *peg])
        assert client.report("P", "0").get(39) == "0"
        client.send("D", [*order("I", "150.00", 1_000), (111, 100)])
        assert client.report("I", "0").get(151) == "1000"
        client.send("D", [*order("H", "150.00", 1_000), (111, 0), (110, 300), (8000, "D"),
                          (7928, "DESK")])  # fmt: skip
        assert client.report("H", "0").get(151) == "1000"


@pytest.mark.slow
def test_an_order_through_its_life(venues: VenueProcess) -> None:
    with venues.client() as client:
        assert client.logon().integer(34) == 1
        client.send("D", order("A1", "190.00", 100, tif="3"))
        assert client.report("A1", "0").get(39) == "0"
        fill = client.report("A1", "F")
        assert fill.integer(38) == fill.integer(14) + fill.integer(151)
        assert fill.get(851) == "2"
        assert fill.get(13) == "3"
        assert fill.decimal(12) * 1000 == 3 * fill.integer(32)

        client.send("D", order("A1", "190.00"))  # duplicate
        assert client.report("A1", "8").get(103) == "6"
        client.send("D", order("A2", "150.00"))
        assert client.report("A2", "0").get(151) == "100"
        client.send("H", [(11, "A2"), (55, "IBM"), (54, 1)])
        assert client.report("A2", "I").get(39) == "0"
        replace = [*cancel("A3", "A2")[:-1], (38, 200), (40, 2), (44, "150.01")]
        client.send("G", replace)
        assert client.report("A3", "5").get(41) == "A2"
        client.send("AF", [(584, "M"), (585, 7)])
        assert client.report("A3", "I").get(912) == "Y"
        client.send("F", cancel("A4", "A3"))
        assert client.report("A4", "4").get(151) == "0"
        client.send("F", cancel("A5", "NOPE"))
        rejected = client.wait(lambda message: message.msg_type == "9")
        assert [rejected.get(tag) for tag in (37, 39, 102, 434)] == ["NONE", "8", "1", "1"]
    lines = venues.journal("ALPHA")
    assert [line["cl_ord_id"] for line in lines if line["type"] == "new_order"] == [
        "A1", "A1", "A2",
    ]  # fmt: skip
    assert venues.journal("BETA") == []


@pytest.mark.slow
def test_what_is_not_understood_is_answered(venues: VenueProcess) -> None:
    with venues.client() as client:
        client.logon()
        client.send("AF", [(584, "M"), (585, 1), (55, "IBM")])  # by security: not offered
        answer = client.wait(lambda message: message.msg_type == "j")
        assert [answer.get(tag) for tag in (45, 372, 380)] == ["2", "AF", "5"]
        client.send("V", [(262, "R"), (263, 0), (264, 1), (267, 1), (269, 0), (146, 1), (55, "I")])
        answer = client.wait(lambda message: message.msg_type == "j")
        assert [answer.get(tag) for tag in (372, 380)] == ["V", "3"]
        client.send("D", [(11, "X"), (55, "IBM"), (54, 1)])  # the dictionary wants more
        assert client.wait(lambda message: message.msg_type == "3").get(373) == "1"


@pytest.mark.slow
def test_fill_while_the_session_is_cut_is_sent_again(venues: VenueProcess) -> None:
    """QuickFIX stores what is sent while nobody is there, and re-sends it with PossDupFlag(43)."""
    with venues.client() as client:
        client.logon()
        client.send("D", order("ASK", "190.00", 100, tif="3"))
        touch = client.report("ASK", "F").decimal(31)
        for step in range(1, 10):  # some of them are reached during the cut, whatever the timing
            client.send("D", order(f"B{step}", f"{touch - step * Decimal('0.04'):.2f}"))
        client.report("B9", "0")
        venues.signal(signal.SIGUSR1)
        client.wait_closed()
        seen = {message.get(17) for message in client.received}
        deadline = time.monotonic() + 60
        missed: list[dict[str, Any]] = []
        while not missed and time.monotonic() < deadline:
            time.sleep(0.1)
            missed = [each for each in fills(venues) if each["exec_id"] not in seen]
        assert missed, "the market never came"

        assert client.logon().integer(34) > 1
        lost = {each["exec_id"] for each in missed}
        sent_again: dict[str | None, str | None] = {}
        while len(sent_again) < len(lost):  # others may come live meanwhile
            found = client.wait(lambda message: message.get(17) in lost)
            sent_again[found.get(17)] = found.get(43)
        assert sent_again == {each["exec_id"]: "Y" for each in missed}
        client.send("H", [(11, missed[0]["cl_ord_id"]), (55, "IBM"), (54, 1)])
        assert client.report(missed[0]["cl_ord_id"], "I").integer(14) >= missed[0]["last_qty"]


def fills(venues: VenueProcess) -> list[dict[str, Any]]:
    lines = venues.journal("ALPHA")
    return [line for line in lines if line["type"] == "execution" and line["exec_type"] == "F"]


@pytest.mark.slow
def test_kill_and_restart(venues: VenueProcess) -> None:
    with venues.client() as client:
        client.logon()
        client.send("D", order("K1", "190.00", 100, tif="3"))
        client.report("K1", "F")
        client.send("D", order("K2", "150.00"))
        client.report("K2", "0")
        venues.signal(signal.SIGKILL)
        client.wait_closed()
        venues.wait()
        venues.start()
        client.logon()
        ended = client.report("K2", "4")
        assert [ended.get(tag) for tag in (39, 41, 378)] == ["4", None, "7"]
        client.send("D", order("K1", "190.00"))
        again = client.report("K1", "8")
        assert [again.get(tag) for tag in (39, 14, 103)] == ["2", "100", "6"]
        client.send("D", order("K3", "190.00", 100, tif="3"))
        client.report("K3", "F")
    ids = [line["exec_id"] for line in venues.journal("ALPHA") if line["type"] == "execution"]
    assert len(ids) == len(set(ids))


@pytest.mark.slow
def test_an_answer_that_may_not_have_left_is_said_again(venues: VenueProcess) -> None:
    """The journal lacks the mark that the answer is with the session: PossResend(97), same 17."""
    with venues.client() as client:
        client.logon()
        client.send("D", order("S1", "190.00", 100, tif="3"))
        fill = client.report("S1", "F")
        venues.signal(signal.SIGKILL)
        client.wait_closed()
        venues.wait()
        path = venues.directory / "store" / "ALPHA.jsonl"
        lines = path.read_text().splitlines(keepends=True)
        if json.loads(lines[-1])["type"] == "sent":  # the kill may have come before the mark
            path.write_text("".join(lines[:-1]))
        venues.start()
        client.logon()
        again = client.report("S1", "F")
        assert [again.get(tag) for tag in (97, 17)] == ["Y", fill.get(17)]


@pytest.mark.slow
def test_kill_in_a_burst_loses_no_answer(venues: VenueProcess) -> None:
    """Whatever the venue's journal holds reaches the client, once the session is back."""
    with venues.client() as client:
        client.logon()
        for number in range(300):
            client.send("D", order(f"N{number}", "190.00", 100, tif="3"))
        client.report("N20", "0")
        venues.signal(signal.SIGKILL)
        client.wait_closed()
        venues.wait()
        booked = venues.journal("ALPHA")
        venues.start()
        client.logon()
        client.send("H", [(11, "N0"), (55, "IBM"), (54, 1)])
        client.report("N0", "I")
    said = {message.get(17) for message in client.received if message.msg_type == "8"}
    executions = {line["exec_id"] for line in booked if line["type"] == "execution"}
    assert len(executions) > 40
    assert executions <= said
    asked = [line["cl_ord_id"] for line in venues.journal("ALPHA") if line["type"] == "new_order"]
    assert asked == [f"N{number}" for number in range(len(asked))]


@pytest.mark.slow
def test_a_taken_port_ends_the_process_cleanly(venues: VenueProcess, tmp_path: Path) -> None:
    with venues.client() as client:
        client.connect()
        (tmp_path / "second").mkdir()
        second = VenueProcess(tmp_path / "second")
        for venue, port in second.ports.items():
            text = second.settings.read_text()
            second.settings.write_text(text.replace(f"{port}", f"{venues.ports[venue]}"))
        second.start()
        assert second.wait() == 1


@pytest.mark.parametrize("kind", ["orders", "market data"])
def test_a_port_that_is_taken_is_said_and_ends_it(tmp_path: Path, kind: str) -> None:
    """QuickFIX's errors are no RuntimeError of Python's, whatever they are called."""
    venues = VenueProcess(tmp_path)
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        port = neighbour.getsockname()[1]
        text = venues.settings.read_text()
        if kind == "orders":
            text = text.replace(f"port = {venues.ports['BETA']}\n", f"port = {port}\n")
        else:
            text += f"[venuesim.venues.BETA]\nmarket_data_port = {port}\n"
        venues.settings.write_text(text)
        venues.start()
        assert venues.wait() == 1
    said = (tmp_path / "log.jsonl").read_text()
    assert "cannot_listen" in said
    assert f"port {port}" in said
    assert "Traceback" not in said
