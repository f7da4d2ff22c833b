"""What venue access keeps on disk beside QuickFIX's session stores.

The lock, and by venue the mark up to which its messages are durable in our log.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from gateway.inbound_low_water import InboundLowWater


@dataclass(slots=True)
class SessionIn:
    """What one venue has sent us, and how far that is durable. `acked`: what the file says."""

    path: Path
    water: InboundLowWater
    acked: int

    def count_anew(self, acked: int) -> None:
        """The venue begins to count again. Journalled at once: a mark of the old count, found at a
        restart, would say that the store was lost."""
        self.water = InboundLowWater(acked)
        self.write()

    def write(self) -> None:
        """Journal the low water if it moved. Survives kill -9; an older one only costs resends."""
        if self.water.acked == self.acked:
            return
        self.acked = self.water.acked
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{self.acked}\n")
        fresh.replace(self.path)


def read_acked(path: Path) -> int:
    """The journalled low water; 0 if there is none."""
    try:
        text = path.read_text().strip()
    except FileNotFoundError:
        return 0
    if not text.isdecimal():
        raise CannotStart(f"{path} is damaged: remove it to have everything sent again")
    return int(text)


def lock_store(store: Path) -> int:
    """Take the session store for ourselves; two initiators on one would corrupt both.

    Returns the descriptor that holds the lock. Raises CannotStart.
    """
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    store.chmod(0o700)
    os.umask(0o077)
    held = os.open(store / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        raise CannotStart(f"{store} is in use by another process") from error
    return held


class CannotStart(Exception):
    """The store is in use, or is not what its journal says."""
