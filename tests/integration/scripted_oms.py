"""An OMS on a bare socket with simplefix: it can break every rule, and answers a ResendRequest.

It remembers what it sent, so that a restarted gateway can be given it again with PossDupFlag(43).
"""

import socket
import time
from collections.abc import Callable, Iterable
from types import TracebackType

import simplefix

from domain.fix_message import timestamp_text

WAIT_S = 20.0
Pairs = Iterable[tuple[int, object]]


class Got:
    """One received message."""

    def __init__(self, message: simplefix.FixMessage) -> None:
        self._message = message

    def get(self, tag: int) -> str | None:
        value = self._message.get(tag)
        return None if value is None else value.decode()

    def __repr__(self) -> str:
        return str(self._message)


class ScriptedOms:
    """One session's client side, over as many connections as it takes."""

    def __init__(self, port: int, comp_id: str = "OMS", target_comp_id: str = "HEADGATE") -> None:
        self.port = port
        self.comp_id = comp_id
        self.target_comp_id = target_comp_id
        self.next_out = 1
        self.next_in = 1
        self.sent: dict[int, tuple[str, list[tuple[int, object]], str]] = {}
        self.got: list[Got] = []
        self._socket: socket.socket | None = None
        self._parser = simplefix.FixParser()

    def __enter__(self) -> "ScriptedOms":
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
        while self._socket is None:
            try:
                self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=0.2)
            except OSError:
                assert time.monotonic() < deadline, "nobody listens"
                time.sleep(0.05)

    def logon(self, *fields: tuple[int, object]) -> Got:
        """Connect and log on; asks for what was missed."""
        self.connect()
        self.send("A", [(98, 0), (108, 30), *fields])
        return self.wait(lambda got: got.get(35) == "A")

    def drop(self) -> None:
        """Close the connection as a network does."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._parser = simplefix.FixParser()

    def send(self, msg_type: str, fields: Pairs) -> int:
        """Send under the next MsgSeqNum(34), which is returned."""
        seq = self.next_out
        self.next_out += 1
        pairs = list(fields)
        now = timestamp_text(time.time_ns())
        self.sent[seq] = (msg_type, pairs, now)
        self._write(msg_type, seq, now, pairs)
        return seq

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are; no number is used up."""
        assert self._socket is not None
        self._socket.sendall(data)

    def wait(self, wanted: Callable[[Got], bool], timeout_s: float = WAIT_S) -> Got:
        """The next message that is wanted; the others are in `got` too."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            got = self._next()
            if got is not None:
                self.got.append(got)
                if wanted(got):
                    return got
            elif self._socket is None:
                break
        raise AssertionError(f"no such message in {self.got[-5:]}")

    def answer(self, msg_type: str, tag: int, value: object) -> Got:
        """The next message of this type in which `tag` is `value`."""
        return self.wait(lambda got: got.get(35) == msg_type and got.get(tag) == str(value))

    def settle(self, seconds: float) -> list[Got]:
        """What comes within so many seconds."""
        deadline = time.monotonic() + seconds
        found = []
        while time.monotonic() < deadline:
            got = self._next()
            if got is not None:
                found.append(got)
        self.got += found
        return found

    def wait_closed(self) -> None:
        deadline = time.monotonic() + WAIT_S
        while self._socket is not None and time.monotonic() < deadline:
            self._next()
        assert self._socket is None

    def _write(self, msg_type: str, seq: int, now: str, pairs: Pairs) -> None:
        message = simplefix.FixMessage()
        message.append_pair(8, "FIX.4.4")
        message.append_pair(35, msg_type)
        for tag, value in (
            (34, seq), (49, self.comp_id), (52, now), (56, self.target_comp_id), *pairs
        ):  # fmt: skip
            message.append_pair(tag, value)
        try:
            if self._socket is not None:
                self._socket.sendall(message.encode())
        except OSError:
            self.drop()

    def _next(self) -> Got | None:
        message = self._parser.get_message()
        while message is None:
            if not self._read():
                return None
            message = self._parser.get_message()
        got = Got(message)
        self._keep_session(got)
        return got

    def _keep_session(self, got: Got) -> None:
        seq = int(got.get(34) or 0)
        if got.get(35) == "4":
            self.next_in = int(got.get(36) or 0)
            return
        if seq > self.next_in:
            self.send("2", [(7, self.next_in), (16, 0)])
        elif seq == self.next_in:
            self.next_in += 1
        if got.get(35) == "2":
            self._resend(int(got.get(7) or 0))
        elif got.get(35) == "1":
            self.send("0", [(112, got.get(112))])

    def _resend(self, begin: int) -> None:
        """Everything from `begin` on: applications' messages as they were, gaps for the rest."""
        for seq in range(begin, self.next_out):
            msg_type, pairs, when = self.sent[seq]
            now = timestamp_text(time.time_ns())
            if msg_type in ("D", "F", "G", "H", "AF"):
                self._write(msg_type, seq, now, [(43, "Y"), (122, when), *pairs])
            else:
                self._write("4", seq, now, [(43, "Y"), (122, when), (123, "Y"), (36, seq + 1)])

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
        self._parser.append_buffer(data)
        return True
