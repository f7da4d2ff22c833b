"""A real Apache Kafka to test against; not the embedded broker, and nothing for production.

`any_broker` takes the first that can be had: the one HEADGATE_TEST_KAFKA names, a container where
a Docker engine answers, or `KafkaBroker`: a single KRaft node run from Kafka's published jars with
the machine's Java and Maven. To run one by hand, for a look or for the benchmarks:

    python -m tests.integration.kafka_broker
"""

import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

POM = Path(__file__).with_name("kafka") / "pom.xml"

# Below Linux's ephemeral range (32768 and up): while the broker is down, no outgoing connection,
# not even a client's own attempt to reconnect, can be given the broker's port.
PORTS = range(20_000, 32_000)
FETCH_S = 600.0  # 43 MB of jars over a slow line
START_S = 90.0  # 5 s on an idle machine; two cores under a full test run take several times that
DOCKER_S = 5.0  # an engine that is there answers in milliseconds
NAMED_S = 5.0  # so does a broker, but for a name to look up and a handshake
STOP_S = 20.0  # an orderly stop takes 2 s; after this it is killed

SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A killed broker may register again once its old session has expired: soon, here.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
"""

LOG4J_PROPERTIES = """\
status=error
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1}: %m%n
"""


class NoKafkaError(RuntimeError):
    """No real broker can be had on this machine; the text says what is missing."""


class KafkaBroker:
    """One KRaft node on free ports of the loopback, with its data in a directory of its own.

    It keeps ports and data across `stop`, `kill` and `restart`; `close` (or leaving the `with`
    block) ends it and removes everything. The process dies with the one that started it.
    """

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="headgate-kafka-"))
        self.port, self.controller_port = _free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the node, on the data it left if it has run before; return when it answers."""
        assert self._process is None, "the broker is running"
        if not (self.directory / "data").exists():
            self._format()
        with (self.directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_dying_with_parent(), *self._java(), "kafka.Kafka", "server.properties"],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop the broker
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Shut the node down in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the node at once, as a power cut would but for the disk's own cache."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start again on the same port and data, stopping first if it runs."""
        self.stop()
        self.start()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _format(self) -> None:
        properties = SERVER_PROPERTIES.format(
            port=self.port, controller_port=self.controller_port, data=self.directory / "data"
        )
        (self.directory / "server.properties").write_text(properties)
        (self.directory / "log4j2.properties").write_text(LOG4J_PROPERTIES)
        storage_tool = ["kafka.tools.StorageTool", "format", "-t", "headgate-tests-node-01"]
        done = subprocess.run(
            [*self._java(), *storage_tool, "-c", "server.properties"],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_S,
        )
        if done.returncode != 0:
            raise NoKafkaError(f"Kafka's storage could not be formatted:\n{done.stderr}")

    def _java(self) -> list[str]:
        log4j = "-Dlog4j2.configurationFile=log4j2.properties"
        return [_tool("java"), "-Xms128m", "-Xmx512m", log4j, "-cp", f"{kafka_jars()}/*"]

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_S
        # A client of its own per try: one that was refused backs off, and outlasts the start.
        while not _answers(self.bootstrap):
            code = self._process.poll()
            if code is None and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            self.kill()
            log = (self.directory / "broker.log").read_text(errors="replace")
            what = "did not answer" if code is None else f"ended with {code}"
            raise NoKafkaError(f"Kafka {what}; the end of its log:\n{log[-4000:]}")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def any_broker() -> Iterator[str]:
    """Yield the bootstrap address of a real broker; raise `NoKafkaError` if none can be had."""
    given = os.environ.get("HEADGATE_TEST_KAFKA")
    if given:
        if not _answers(given, timeout_s=NAMED_S):
            raise NoKafkaError(f"HEADGATE_TEST_KAFKA={given}: no broker answers there")
        yield given
    elif _docker_answers():
        with _container() as bootstrap:
            yield bootstrap
    else:
        with KafkaBroker() as broker:
            yield broker.bootstrap


def kafka_jars() -> Path:
    """Return the directory of Kafka's jars; Maven fetches and checks them the first time."""
    pom = POM.read_bytes()
    version = re.search(rb"<kafka.version>(.*)</kafka.version>", pom)
    assert version is not None, f"{POM} names no kafka.version"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headgate"
    name = f"kafka-{version[1].decode()}-{hashlib.sha256(pom).hexdigest()[:8]}"
    jars = cache / name
    if not jars.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            _fetch_jars(Path(scratch) / name)
            # Whole or not at all, and the same whoever was first: another run may be fetching too.
            with contextlib.suppress(OSError):
                (Path(scratch) / name).rename(jars)
    return jars


def _fetch_jars(target: Path) -> None:
    command = [_tool("mvn"), "--quiet", "--batch-mode", "--strict-checksums", "--file", str(POM)]
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    done = subprocess.run(
        [*command, *goal], capture_output=True, text=True, check=False, timeout=FETCH_S
    )
    if done.returncode != 0:
        raise NoKafkaError(f"Maven could not fetch Apache Kafka:\n{done.stdout}{done.stderr}")


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise NoKafkaError(
            f"the tests need a real Apache Kafka, and running it here needs '{name}', which is not"
            " installed. `script/environment tests` installs Java and Maven; a running Docker"
            " engine, or a broker named in HEADGATE_TEST_KAFKA, does as well."
        )
    return path


def _dying_with_parent() -> list[str]:
    """The prefix that has Linux end the broker with us, even when we are killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _free_ports(count: int) -> list[int]:
    candidates = list(PORTS)
    random.SystemRandom().shuffle(candidates)  # runs side by side do not try the same ones
    with contextlib.ExitStack() as held:
        free: list[int] = []
        while len(free) < count:
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", candidates.pop()))
                free.append(probe.getsockname()[1])
        return free


def _answers(bootstrap: str, timeout_s: float = 1.0) -> bool:
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        return bool(client.list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False


def _docker_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        done = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            check=False,
            timeout=DOCKER_S,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


@contextlib.contextmanager
def _container() -> Iterator[str]:
    from testcontainers.community.kafka import KafkaContainer

    container = KafkaContainer().with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    with container as kafka:
        yield kafka.get_bootstrap_server()


def main() -> None:
    ended = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    with KafkaBroker() as broker:
        print(broker.bootstrap, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
