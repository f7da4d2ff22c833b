"""The whole system on one machine: a broker if none is configured, and every process, supervised.

A process that dies is started again, as an orchestrator would; it folds the log and goes on. The
processes are in sessions of their own, so that Ctrl-C reaches the launcher only, and die with it.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bus.embedded import PARTITIONS, EmbeddedBroker
from headgate.settings import BusSettings, HttpSettings, Settings, with_absolute_paths

logger = structlog.get_logger()

PROCESSES: Final = {
    "venuesim": ("venuesim",),
    "venues": ("gateway", "--role", "venues"),
    "oms": ("gateway", "--role", "oms"),
    "worker": ("worker",),
    "tca": ("tca",),
}
STOP_S: Final = 10.0  # a process that has not drained by then is killed
RESTARTS_MAX: Final = 20  # a process that dies more often than this will not be helped by another
RESTART_WAIT_S: Final = 0.5
SETTLED_S: Final = 300.0  # a process that has lived so long has its deaths before forgiven
_PR_SET_PDEATHSIG: Final = 1


class LaunchError(Exception):
    """The system did not come up, or a process keeps dying."""


@dataclass(slots=True)
class Child:
    """One supervised process."""

    name: str
    http_port: int
    process: subprocess.Popen[bytes]
    started_s: float
    restarts: int = 0


_given_ports: set[int] = set()


def free_port() -> int:
    """A TCP port that nobody listens on at this moment, and that was not given before.

    Who asked for one does not listen yet: the system may name the same one again meanwhile, and
    then a process that is started over and over finds it taken by its neighbour.
    """
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _given_ports:
            _given_ports.add(port)
            return port


class Launcher:
    """Runs `processes` of one deployment; `run_dir` holds their settings, stores and logs."""

    def __init__(
        self, settings: Settings, run_dir: Path, processes: tuple[str, ...] = tuple(PROCESSES)
    ) -> None:
        self.broker: EmbeddedBroker | None = None
        self.run_dir = run_dir
        self._names = processes
        self.children: dict[str, Child] = {}
        if not settings.bus.bootstrap_servers:
            self.broker = EmbeddedBroker(settings.bus.prefix)
            settings = msgspec.structs.replace(settings, bus=self._embedded(settings.bus))
        self.settings = settings

    def _embedded(self, bus: BusSettings) -> BusSettings:
        assert self.broker is not None
        return msgspec.structs.replace(
            bus,
            bootstrap_servers=self.broker.bootstrap_servers,
            embedded=True,
            partitions=PARTITIONS,
        )

    def start(self) -> None:
        """Start every process; `wait_ready` tells when they serve."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        for name in self._names:
            port = free_port()
            self.children[name] = Child(name, port, self.spawn(name, port), time.monotonic())

    def spawn(self, name: str, http_port: int) -> subprocess.Popen[bytes]:
        """Start one process with the settings of this run and its own port for /readyz."""
        own = msgspec.structs.replace(
            with_absolute_paths(self.settings), http=HttpSettings(port=http_port)
        )
        path = self.run_dir / f"{name}.json"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(own))
        log = (self.run_dir / f"{name}.log").open("ab")
        command = [sys.executable, "-P", "-m", "headgate", *PROCESSES[name]]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HEADGATE__")}
        with log:
            return subprocess.Popen(  # noqa: S603  # our own interpreter and commands
                [*command, "--settings", str(path)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True, preexec_fn=_die_with_parent,
            )  # fmt: skip

    def wait_ready(self, timeout_s: float) -> None:
        """Until every process says that it serves. Raises LaunchError."""
        deadline_s = time.monotonic() + timeout_s
        waiting = dict.fromkeys(self._names, "starting")
        while waiting:
            for name in list(waiting):
                ready, detail = self.ready(name)
                if ready:
                    del waiting[name]
                else:
                    waiting[name] = detail
            if time.monotonic() > deadline_s:
                raise LaunchError(f"not ready after {timeout_s:.0f} s: {waiting}; "
                                  f"see {self.run_dir}/*.log")  # fmt: skip
            self.supervise()
            time.sleep(0.1)

    def ready(self, name: str) -> tuple[bool, str]:
        """What /readyz of a process says."""
        url = f"http://127.0.0.1:{self.children[name].http_port}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # our own process
                return bool(answer.status == 200), ""
        except urllib.error.HTTPError as error:
            return False, error.read().decode()
        except OSError as error:
            return False, str(error)

    def supervise(self) -> None:
        """Start again what has died. Raises LaunchError for a process that keeps dying."""
        for child in self.children.values():
            code = child.process.poll()
            if code is None or time.monotonic() - child.started_s < RESTART_WAIT_S:
                continue
            if time.monotonic() - child.started_s > SETTLED_S:
                child.restarts = 0
            if child.restarts >= RESTARTS_MAX:
                raise LaunchError(f"{child.name} died {child.restarts} times, at last with {code}; "
                                  f"see {self.run_dir}/{child.name}.log")  # fmt: skip
            logger.warning("process died, starting it again", name=child.name, code=code)
            child.restarts += 1
            child.started_s = time.monotonic()
            child.process = self.spawn(child.name, child.http_port)

    def stop(self) -> None:
        """Drain every process, then kill what is left, then the broker."""
        order = ("oms", "worker", "venues", "tca", "venuesim")  # no new orders first, venues last
        for name in order:
            child = self.children.get(name)
            if child is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline_s = time.monotonic() + STOP_S
        for child in self.children.values():
            try:
                child.process.wait(max(deadline_s - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                logger.error("process did not drain, killed", name=child.name)
                child.process.kill()
                child.process.wait()
        if self.broker is not None:
            self.broker.stop()


_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """A launcher that is killed leaves nothing behind (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
