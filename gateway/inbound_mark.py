"""Up to which MsgSeqNum a session's inbound messages are durably dealt with, and its journal.

A FIX engine counts a message as received before our append of it is acknowledged. After a crash
the expected MsgSeqNum must therefore be wound back to the first message that may be lost; the
counterparty then sends the rest again (reliability.md 5.4). The same rule serves any ordered
stream of which parts finish late, such as the offsets that may be committed. One thread only.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_WIDTH: Final = 20  # digits; a fixed width makes a rewrite of the mark one write of equal length


@dataclass(slots=True)
class _Entry:
    seq: int
    done: bool = False


@dataclass(slots=True)
class InboundMark:
    """Numbers begun in rising order and done in any order; `mark` is the last below which all are.

    A number that does not rise means that the counterparty reset the sequence: what was pending
    under the old numbers cannot be asked for again and is forgotten.
    """

    mark: int = 0
    _last: int = 0
    _next_token: int = 0
    _entries: dict[int, _Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._last = self.mark

    def began(self, seq: int) -> int:
        """The message `seq` was read; returns the token to say `done` with."""
        if seq <= self._last:
            self._entries.clear()
        if not self._entries:  # numbers come in order: what is skipped needed nothing
            self.mark = seq - 1
        self._last = seq
        self._next_token += 1
        self._entries[self._next_token] = _Entry(seq)
        return self._next_token

    def done(self, token: int) -> None:
        """What this message asked for is durable, or it was answered. Ignores unknown tokens."""
        entry = self._entries.get(token)
        if entry is None:
            return
        entry.done = True
        for first, oldest in list(self._entries.items()):
            if not oldest.done:
                return
            self.mark = oldest.seq
            del self._entries[first]

    def saw(self, seq: int) -> None:
        """The message `seq` needs nothing more, nor does any number that it skips."""
        self.done(self.began(seq))

    def count_anew(self) -> None:
        """Numbers start at 1 again. What is pending is forgotten; its tokens stay unknown."""
        self._entries.clear()
        self.mark = self._last = 0

    @property
    def pending(self) -> int:
        """How many messages are begun and not done, with those done behind one that is not."""
        return len(self._entries)

    def answered(self) -> list[int]:
        """The numbers above the mark that are done: to be ignored when they come again."""
        return [entry.seq for entry in self._entries.values() if entry.done]


class MarkJournal:
    """A mark on disk: `<mark> <answered> <answered> ...`. Survives kill -9, not power loss."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._written: tuple[int, list[int]] | None = None

    def read(self) -> tuple[int, list[int]]:
        """The mark and the numbers answered above it; (0, []) if there is none, or it is torn."""
        words = os.pread(self._file, 1 << 20, 0).split(b"\n")[0].split()
        if not words or not all(word.isdigit() for word in words):
            return 0, []
        return int(words[0]), [int(word) for word in words[1:]]

    def write(self, mark: InboundMark) -> None:
        """Write the mark if it changed. Ends with a newline, after which nothing counts."""
        state = (mark.mark, mark.answered())
        if state == self._written:
            return
        text = " ".join([str(state[0]).zfill(_WIDTH), *map(str, state[1])]) + "\n"
        os.pwrite(self._file, text.encode(), 0)
        self._written = state


def first_to_ask_for(expected: int, mark: int) -> int:
    """The MsgSeqNum to expect after a restart: never later than the engine's own `expected`."""
    return min(expected, mark + 1)
