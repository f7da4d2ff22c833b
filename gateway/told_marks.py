"""Up to where in `reports` one OMS session has been told, and the file that says so.

The file lies beside the session's store and shares its fate: if the store is lost, so is what its
OMS could still ask for, and everything is told again. It holds one mark a partition, each a line of
fixed width, so that a rewrite is one write of equal length. Survives kill -9, not power loss.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.inbound_mark import InboundMark

_WIDTH: Final = 20  # digits of a mark


@dataclass(slots=True)
class ToldMarks:
    """By partition the offset before which the session has been told all that is its own.

    `ends`: the ends of the partitions; a mark beyond its end is of another log, and counts as none.
    """

    path: Path
    ends: list[int]
    _file: int = field(init=False)
    _marks: list[InboundMark] = field(init=False)
    _written: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        found = [self._read(partition) for partition in range(len(self.ends))]
        self._written = [0 if mark > end else mark
                         for mark, end in zip(found, self.ends, strict=True)]  # fmt: skip
        self._marks = [InboundMark(mark=mark) for mark in self._written]

    def is_told(self, partition: int, offset: int) -> bool:
        """Whether this record was told in an earlier life of the process."""
        return offset < self._written[partition]

    def began(self, partition: int, offset: int) -> int:
        """This record is being told; returns the token to say `done` with."""
        return self._marks[partition].began(offset + 1)

    def done(self, partition: int, token: int) -> None:
        """It is in the session's store."""
        self._marks[partition].done(token)

    def write(self) -> None:
        """Write the marks that moved."""
        for partition, mark in enumerate(self._marks):
            if mark.mark > self._written[partition]:
                line = f"{mark.mark:0{_WIDTH}d}\n".encode()
                os.pwrite(self._file, line, partition * len(line))
                self._written[partition] = mark.mark

    def _read(self, partition: int) -> int:
        line = os.pread(self._file, _WIDTH + 1, partition * (_WIDTH + 1))
        return int(line) if len(line) == _WIDTH + 1 and line[:-1].isdigit() else 0
