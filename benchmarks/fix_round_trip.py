"""NewOrderSingle -> ExecutionReport between two processes over the loopback, one at a time.

Ours: a child through gateway's translation and QuickFIX with its file store, to the venue
simulator's FIX side, and its report back to an Execution. The floor beside it: blocking sockets
and bytes, with checksum and sequence number checked, and nothing stored.
"""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from benchmarks.figures import Figure, Goal, quantile
from benchmarks.scene import INSTRUMENTS_FILE
from domain.children import NewChild
from domain.fix_codes import ExecType, OrdStatus, OrdType, TimeInForce
from domain.fix_message import FixMessage
from domain.instruments import Side
from gateway.venue_fix import Arrived, Event, VenueInitiator
from gateway.venue_session import SessionEvent
from gateway.venue_translation import Origin, new_order_single, read_execution_report
from headgate.launcher import free_port
from headgate.settings import VenueSettings, load_instruments
from venuesim.fix_venue import FixEndpoint, FixVenues, LoggedOn
from venuesim.requests import NewOrder, Report
from venuesim.translation import answer_text, read_text

VENUE: Final = "ALPHA"
ROUNDS: Final = 6
WARM_UP: Final = 50
LOGON_S: Final = 15.0
SOH: Final = b"\x01"


def measure(trips: int) -> list[Figure]:
    """In turns of ours and the floor, so that a neighbour hits both alike."""
    turn = max(trips // ROUNDS, 1)
    with contextlib.ExitStack() as held:
        ours = held.enter_context(_our_client())
        floor = held.enter_context(_floor_client())
        for once in (ours, floor):
            for _ in range(WARM_UP):
                once()
        ours_us: list[float] = []
        floor_us: list[float] = []
        for _ in range(ROUNDS):
            floor_us += _timed(floor, turn)
            ours_us += _timed(ours, turn)
    found = []
    for name, fraction in (("p50", 0.5), ("p99", 0.99)):
        base = quantile(floor_us, fraction)
        found += [
            Figure(stage="FIX round trip", name=f"hand-rolled floor {name}", value=base,
                   unit="us"),
            Figure(stage="FIX round trip", name=f"translation + QuickFIX, FileStore {name}",
                   value=quantile(ours_us, fraction), unit="us", base_name=f"floor {name}",
                   base=base, goal=Goal(at_most=2.5),
                   note=f"{len(ours_us):,} round trips each" if name == "p50" else ""),
        ]  # fmt: skip
    return found


def _timed(once: Callable[[], None], count: int) -> list[float]:
    taken = []
    for _ in range(count):
        began_ns = time.perf_counter_ns()
        once()
        taken.append((time.perf_counter_ns() - began_ns) / 1e3)
    return taken


@contextlib.contextmanager
def _peer(*arguments: str) -> Iterator[None]:
    """The other side in a process of its own; it ends when its standard input does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fix_round_trip", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n", "the other side did not start"
        yield
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


# -- ours


@contextlib.contextmanager
def _our_client() -> Iterator[Callable[[], None]]:
    sys.setswitchinterval(50e-6)  # as venue access does
    port = free_port()
    venue = VenueSettings(name=VENUE, port=port, comp_id=VENUE)
    instrument = load_instruments(INSTRUMENTS_FILE)["IBM"]
    events: SimpleQueue[Event] = SimpleQueue()
    with (
        tempfile.TemporaryDirectory(prefix="headgate-bench-fix-") as made,
        _peer("venue", str(port), f"{made}/venue"),
    ):
        (Path(made) / "client").mkdir()
        initiator = VenueInitiator([venue], Path(made) / "client", events)
        initiator.start()
        try:
            _wait_logged_on(events)
            session = initiator.name(VENUE)
            number = 0

            def once() -> None:
                nonlocal number
                number += 1
                child = _child(number)
                initiator.send(VENUE, "D", new_order_single(child, "IBM", time.time_ns()))
                while not isinstance(event := events.get(), Arrived) or event.msg_type != "8":
                    pass
                origin = Origin(VENUE, session, event.msg_seq_num, False, time.time_ns())
                message = FixMessage.parse(event.text)
                execution = read_execution_report(message, origin, instrument)
                assert execution.cl_ord_id == child.cl_ord_id

            yield once
        finally:
            initiator.stop()


def _wait_logged_on(events: SimpleQueue[Event]) -> None:
    deadline_s = time.monotonic() + LOGON_S
    while time.monotonic() < deadline_s:
        event = events.get(timeout=LOGON_S)
        if getattr(event, "event", None) is SessionEvent.LOGGED_ON:
            return
    raise TimeoutError("the venue did not take our logon")


def _child(number: int) -> NewChild:
    return NewChild(
        claim=0, order_id="P1", parent_qty=1_000_000, cl_ord_id=f"P1{number:06d}", venue=VENUE,
        symbol="IBM", side=Side.BUY, order_qty=100, ord_type=OrdType.LIMIT, px=Decimal("185.01"),
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL, algo="twap", decided_ns=0,
    )  # fmt: skip


def _be_venue(port: int, store: Path) -> None:
    """The venue simulator's FIX side, which accepts every order and does no more."""
    venues = FixVenues(
        [FixEndpoint(venue=VENUE, port=port, comp_id=VENUE, client_comp_id="HEADGATE")], store
    )
    venues.start()
    print("ready", flush=True)
    _stop_with_parent(venues.stop)
    number = 0
    while True:
        inbound = venues.inbound.get()
        if isinstance(inbound, LoggedOn):
            continue
        order = read_text(inbound.text, time.time_ns())
        assert isinstance(order, NewOrder)
        number += 1
        report = Report(
            order_id=f"O{number}", cl_ord_id=order.cl_ord_id, exec_id=f"E{number}",
            exec_type=ExecType.NEW, ord_status=OrdStatus.NEW, symbol=order.symbol,
            side=order.side, order_qty=int(order.order_qty), cum_qty=0,
            leaves_qty=int(order.order_qty), avg_px=Decimal(0), at_ns=time.time_ns(),
        )  # fmt: skip
        venues.send(VENUE, answer_text(report))


def _stop_with_parent(stop: Callable[[], None]) -> None:
    """End this process in good order once standard input ends."""
    import os
    import threading

    def wait() -> None:
        sys.stdin.read()
        stop()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


# -- the floor


class Wire:
    """FIX on a blocking socket: framed, numbered and checked by hand."""

    def __init__(self, connection: socket.socket, us: bytes, them: bytes) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._header = b"49=" + us + SOH + b"56=" + them + SOH
        self._out = 0
        self._in = 0
        self._buffer = b""

    def send(self, msg_type: bytes, body: bytes) -> None:
        """Frame, number and send."""
        self._out += 1
        at = time.time_ns() // 1_000_000
        stamp = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(at // 1000)).encode()
        rest = (b"35=%b\x0134=%d\x01%b52=%b.%03d\x01%b" %
                (msg_type, self._out, self._header, stamp, at % 1000, body))  # fmt: skip
        text = b"8=FIX.4.4\x019=%d\x01%b" % (len(rest), rest)
        self._socket.sendall(b"%b10=%03d\x01" % (text, sum(text) & 0xFF))

    def receive(self) -> dict[bytes, bytes]:
        """The next message, its checksum and number checked."""
        while (end := self._buffer.find(b"\x0110=")) < 0 or len(self._buffer) < end + 8:
            data = self._socket.recv(65_536)
            if not data:
                raise EOFError
            self._buffer += data
        text, self._buffer = self._buffer[: end + 8], self._buffer[end + 8 :]
        assert sum(text[: end + 1]) & 0xFF == int(text[end + 4 : end + 7])
        fields = dict(field.split(b"=", 1) for field in text.split(SOH) if field)
        self._in += 1
        assert int(fields[b"34"]) == self._in
        return fields


@contextlib.contextmanager
def _floor_client() -> Iterator[Callable[[], None]]:
    port = free_port()
    with _peer("floor", str(port)), socket.create_connection(("127.0.0.1", port)) as connection:
        wire = Wire(connection, b"US", b"THEM")
        number = 0

        def once() -> None:
            nonlocal number
            number += 1
            cl_ord_id = b"P1%06d" % number
            wire.send(b"D", b"11=%b\x0121=1\x0155=IBM\x0154=1\x0160=20250303-15:00:00.000\x01"
                      b"38=100\x0140=2\x0144=185.01\x0159=3\x01" % cl_ord_id)  # fmt: skip
            assert wire.receive()[b"11"] == cl_ord_id

        yield once


def _be_floor(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as server:
        print("ready", flush=True)
        connection, _ = server.accept()
        wire = Wire(connection, b"THEM", b"US")
        with contextlib.suppress(EOFError, ConnectionResetError):
            while True:
                order = wire.receive()
                wire.send(b"8", b"37=O1\x0111=%b\x0117=E%b\x01150=0\x0139=0\x0155=%b\x0154=%b\x01"
                          b"38=%b\x0114=0\x01151=100\x016=0\x0160=20250303-15:00:00.000\x01"
                          % (order[b"11"], order[b"34"], order[b"55"], order[b"54"],
                             order[b"38"]))  # fmt: skip
        connection.close()


def main() -> None:
    """Be the other side: `venue PORT STORE` or `floor PORT`."""
    if sys.argv[1] == "venue":
        _be_venue(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        _be_floor(int(sys.argv[2]))


if __name__ == "__main__":
    main()
