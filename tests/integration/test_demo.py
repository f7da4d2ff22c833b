"""`headgate demo` as a person runs it: it agrees with itself, and Ctrl-C leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.system import processes_of

pytestmark = pytest.mark.slow

END_S = 60.0
AGREED = "every share is accounted for"


class Demo:
    """One run, in a session and a temporary directory of its own."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "headgate", "demo", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env={**os.environ, "TMPDIR": str(directory)},
        )  # fmt: skip
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.said = ""

    def wait_for(self, words: str) -> None:
        deadline_s = time.monotonic() + END_S
        while words not in self.said:
            assert time.monotonic() < deadline_s, f"{words!r} not in:\n{self.said}"
            self._read()
            time.sleep(0.02)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def wait(self) -> int:
        deadline_s = time.monotonic() + END_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline_s, self.said
            self._read()
            time.sleep(0.02)
        self._read()
        return self.process.returncode

    def left_behind(self) -> list[str]:
        """Processes and files of this run."""
        return [*map(str, processes_of(str(self.directory))), *os.listdir(self.directory)]

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.said += (self.process.stdout.read() or b"").decode()


@pytest.fixture
def run_demo(tmp_path: Path) -> Iterator[list[Demo]]:
    """Append what you start: it is ended whatever happens."""
    runs: list[Demo] = []
    yield runs
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate()


def test_the_demo_agrees_with_itself(run_demo: list[Demo], tmp_path: Path) -> None:
    demo = Demo(tmp_path, "--speed", "120", "--minutes", "10")
    run_demo.append(demo)
    assert demo.wait() == 0, demo.said
    assert "ordered 20,000 = filled" in demo.said
    assert AGREED in demo.said
    assert "interval VWAP" in demo.said
    assert demo.left_behind() == []


def test_ctrl_c_in_the_middle_cancels_and_accounts_for_every_share(
    run_demo: list[Demo], tmp_path: Path
) -> None:
    demo = Demo(tmp_path, "--speed", "60", "--minutes", "60")
    run_demo.append(demo)
    demo.wait_for("up and logged on")
    time.sleep(3.0)  # some of it is traded by then
    demo.interrupt()
    assert demo.wait() == 0, demo.said
    assert "the order is canceled: " + AGREED in demo.said
    assert demo.left_behind() == []


@pytest.mark.parametrize("after_s", [0.2, 1.0, 2.5])
def test_ctrl_c_while_it_starts_leaves_nothing(
    run_demo: list[Demo], tmp_path: Path, after_s: float
) -> None:
    demo = Demo(tmp_path)
    run_demo.append(demo)
    time.sleep(after_s)
    demo.interrupt()
    assert demo.wait() != 0
    assert "Traceback" not in demo.said
    assert demo.left_behind() == []
