"""Jobs over several processes: each process takes one job at a time and gives back what came of it.

Results come in whatever order they are done. A process that dies takes its job with it, no more.
Processes are started anew (spawn), so a run sees nothing of its neighbours.
"""

import signal
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from simulation.seed_run import Failed, Job, Outcome, Setup, play

STOP_S = 5.0  # a process that is told to end and does not within this is killed


def play_all(setup: Setup, jobs: Sequence[Job], processes: int) -> Generator[Outcome, None, None]:
    """Play `jobs`; with one process, in this one. Closing the iterator ends the processes."""
    if processes == 1:
        for job in jobs:
            yield play(setup, job)
        return
    pool = _Pool(setup, list(reversed(jobs)))
    try:
        for _ in range(min(processes, len(jobs))):
            pool.start()
        while pool.players:
            yield from pool.done()
    finally:
        pool.stop()


@dataclass(slots=True)
class _Player:
    process: SpawnProcess
    connection: "Connection[Job, Outcome]"
    job: Job


class _Pool:
    def __init__(self, setup: Setup, left: list[Job]) -> None:
        self._setup = setup
        self._left = left  # the next one last
        self._context = get_context("spawn")
        self.players: list[_Player] = []

    def start(self) -> None:
        """One more process, with the next job."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._setup), daemon=True)
        process.start()
        theirs.close()
        job = self._left.pop()
        ours.send(job)
        self.players.append(_Player(process, ours, job))

    def done(self) -> Iterator[Outcome]:
        """Wait for results, and give out the next jobs."""
        ready = wait([player.connection for player in self.players])
        for player in [each for each in self.players if each.connection in ready]:
            try:
                outcome = player.connection.recv()
            except EOFError:
                yield self._lost(player)
                continue
            if self._left:
                player.job = self._left.pop()
                player.connection.send(player.job)
            else:
                self._end(player)
            yield outcome

    def _lost(self, player: _Player) -> Failed:
        self._end(player)
        if self._left:
            self.start()
        code = player.process.exitcode
        return Failed(job=player.job, error=f"its process ended with exit code {code}\n")

    def _end(self, player: _Player) -> None:
        self.players.remove(player)
        player.connection.close()
        player.process.join(STOP_S)

    def stop(self) -> None:
        """End whatever still runs."""
        for player in self.players:
            player.process.terminate()
        for player in list(self.players):
            self._end(player)


def _serve(connection: "Connection[Outcome, Job]", setup: Setup) -> None:
    """Play jobs until the other end is gone. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        connection.send(play(setup, job))
