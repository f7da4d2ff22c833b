"""A FIX 4.4 client on a bare socket: what the wire says, with no engine's opinion of it.

It keeps sequence numbers over connections. A ResendRequest(2) it answers with a gap fill, as one
must who sends no stale order; nothing else does it answer by itself.
"""

import socket
import time
from collections.abc import Callable, Iterable
from types import TracebackType

from domain.fix_message import SOH, FixMessage, timestamp_text

WAIT_S = 15.0


class RawFixClient:
    """One session's client side. `next_in` is the MsgSeqNum(34) expected of the other side."""

    def __init__(self, port: int, comp_id: str, target_comp_id: str) -> None:
        self.port = port
        self.comp_id = comp_id
        self.target_comp_id = target_comp_id
        self.next_out = 1
        self.next_in = 1
        self.received: list[FixMessage] = []
        self._logged_on = 0  # number of the last Logon; what came after it the other side holds
        self._socket: socket.socket | None = None
        self._buffer = b""

    def __enter__(self) -> "RawFixClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.drop()

    def connect(self) -> None:
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=1.0)
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def logon(self) -> FixMessage:
        """Connect, log on, and ask for what was missed, if anything."""
        self.connect()
        self._logged_on = self.next_out
        self.send("A", [(98, 0), (108, 30)])
        answer = self.wait(lambda message: message.msg_type == "A")
        if answer.integer(34) > self.next_in:
            self.send("2", [(7, self.next_in), (16, 0)])
        else:
            self.next_in = answer.integer(34) + 1
        return answer

    def drop(self) -> None:
        """Close the connection as a network does."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._buffer = b""

    def send(self, msg_type: str, fields: Iterable[tuple[int, object]]) -> None:
        self._send(msg_type, self.next_out, fields)
        self.next_out += 1

    def _send(self, msg_type: str, number: int, fields: Iterable[tuple[int, object]]) -> None:
        now = timestamp_text(time.time_ns())
        header = [
            (35, msg_type),
            (34, number),
            (49, self.comp_id),
            (52, now),
            (56, self.target_comp_id),
        ]
        body = "".join(f"{tag}={value}{SOH}" for tag, value in [*header, *fields])
        text = f"8=FIX.4.4{SOH}9={len(body)}{SOH}{body}"
        checksum = sum(text.encode()) % 256
        assert self._socket is not None
        self._socket.sendall(f"{text}10={checksum:03d}{SOH}".encode())

    def wait(self, wanted: Callable[[FixMessage], bool], timeout_s: float = WAIT_S) -> FixMessage:
        """The next message that is wanted; what comes before it goes to `received` as well."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            message = self._next()
            if message is not None:
                self.received.append(message)
                if wanted(message):
                    return message
        raise AssertionError(f"no such message in {[m.fields for m in self.received[-5:]]}")

    def wait_closed(self) -> None:
        """Read until the other side has closed; what comes until then goes to `received`."""
        deadline = time.monotonic() + WAIT_S
        while self._socket is not None and time.monotonic() < deadline:
            message = self._next()
            if message is not None:
                self.received.append(message)
        assert self._socket is None

    def report(self, cl_ord_id: str, exec_type: str) -> FixMessage:
        """The next ExecutionReport with these ClOrdID(11) and ExecType(150)."""
        return self.wait(
            lambda m: m.msg_type == "8" and m.get(11) == cl_ord_id and m.get(150) == exec_type
        )

    def _next(self) -> FixMessage | None:
        end = self._split_at()
        while end is None:
            if not self._read():
                return None
            end = self._split_at()
        text, self._buffer = self._buffer[:end], self._buffer[end:]
        message = FixMessage.parse(text.decode())
        number = message.integer(34)
        if message.msg_type == "4":  # SequenceReset, with GapFillFlag
            self.next_in = message.integer(36)
        elif number == self.next_in and message.msg_type != "A":
            self.next_in = number + 1
        if message.msg_type == "2":  # ResendRequest
            sent = timestamp_text(time.time_ns())
            gap_fill = [(43, "Y"), (122, sent), (123, "Y"), (36, self._logged_on + 1)]
            self._send("4", message.integer(7), gap_fill)
        return message

    def _split_at(self) -> int | None:
        start = self._buffer.find(b"\x0110=")
        return start + 8 if start >= 0 and len(self._buffer) >= start + 8 else None

    def _read(self) -> bool:
        if self._socket is None:
            return False
        try:
            data = self._socket.recv(65_536)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        if not data:
            self.drop()
            return False
        self._buffer += data
        return True
