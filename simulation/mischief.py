"""What goes wrong between us and a simulated venue by chance."""

from dataclasses import dataclass
from random import Random


@dataclass(slots=True, kw_only=True)
class Mischief:
    """Chances in [0, 1] a message, decided by `random`.

    `reject`: a new order is turned away at the venue's door, BusinessMessageReject(j).
    `duplicate`: an answer comes a second time, as PossDup, `duplicate_delay_ns` later.
    """

    random: Random
    reject: float = 0.0
    duplicate: float = 0.0
    duplicate_delay_ns: int = 0

    def rejects(self) -> bool:
        return self.reject > 0.0 and self.random.random() < self.reject

    def duplicates(self) -> bool:
        return self.duplicate > 0.0 and self.random.random() < self.duplicate
