"""The journal of a venue: one JSON object a line, appended before an answer leaves.

It outlives a kill of the process, not of the machine: lines are written, not synced. Tests
reconcile against it: it says what the venue was asked and what it traded.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from venuesim.client_orders import JournalEntry

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(JournalEntry)


class Journal:
    """An append-only file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._cut_torn_line()

    def read(self) -> Iterator[JournalEntry]:
        """Every entry from the first on."""
        with self._path.open("rb") as lines:
            for line in lines:
                yield _DECODER.decode(line)

    def append(self, entries: Iterable[JournalEntry]) -> None:
        """Write entries with one call, so that a kill leaves all or none of them."""
        data = b"".join(_ENCODER.encode(entry) + b"\n" for entry in entries)
        if data and os.write(self._file, data) != len(data):
            raise OSError(f"{self._path}: the disk took part of an entry")

    def close(self) -> None:
        os.close(self._file)

    def _cut_torn_line(self) -> None:
        """A last line without its end was being written when the process died: drop it."""
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            os.ftruncate(self._file, whole)
