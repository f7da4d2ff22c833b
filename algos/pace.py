"""Whose turn it is to send to a venue, so that no limit on messages is ever met.

Venue access refuses what is over its rate, and a refused order is late and has to be decided anew.
So orders queue here instead, first come first served: each is told when its turn is, and no two
have the same. This is the generic cell rate algorithm (ITU-T I.371), which grants what a bucket of
`burst` tokens would. It is a fold over what was sent; turns that were given and not used are
forgotten with the process, for whoever is due asks again. Times in nanoseconds.
"""

from dataclasses import dataclass, field
from typing import Final

NS: Final = 1_000_000_000
# What is not used of the limit: messages on their way bunch up, and other senders count too.
KEPT_FRACTION: Final = 0.1
# Of a second's worth, what may go at once. Cancels go whatever there is, out of the other half.
BURST_FRACTION: Final = 0.5
# A turn that was not taken for so long is given up: whoever had it was not due after all.
TURN_KEPT_NS: Final = NS


@dataclass(slots=True)
class Pace:
    """Of one worker. `per_second`: what may go to each venue, None: as one likes; of it each of so
    many `senders` has the same part.

    `_next_ns`: by venue, when the next message were due if they went at an even rate.
    `_turns`: by venue and order, what was promised and not used yet, oldest first.
    """

    per_second: int | None = None
    senders: int = 1
    _next_ns: dict[str, int] = field(default_factory=dict)
    _turns: dict[str, dict[str, int]] = field(default_factory=dict)

    def turn_ns(self, venue: str, order_id: str, now_ns: int) -> int:
        """When the order may send one message to `venue`: now, or at the time that is kept for it.

        Ask again then. Asking costs nothing while there is room.
        """
        if self.per_second is None:
            return now_ns
        turns = self._turns.setdefault(venue, {})
        turn_ns = turns.get(order_id)
        if turn_ns is not None and turn_ns >= now_ns - TURN_KEPT_NS:
            return max(turn_ns, now_ns)
        self._give_up(turns, now_ns)
        step_ns, burst_ns = self._step_ns, self._burst_ns
        next_ns = self._next_ns.get(venue, 0)
        turn_ns = max(now_ns, next_ns - burst_ns)
        if turn_ns > now_ns:
            turns[order_id] = turn_ns
            self._next_ns[venue] = max(next_ns, turn_ns) + step_ns
        return turn_ns

    def on_sent(self, venue: str, order_id: str, at_ns: int) -> None:
        """A message of the order went to `venue`, in its turn or, as a cancel, without one."""
        if self.per_second is None:
            return
        if self._turns.get(venue, {}).pop(order_id, None) is not None:
            return  # counted when it was promised
        before_ns = self._next_ns.get(venue, 0)
        # Venue access lets cancels owe a second's worth. A record of long ago, read back from the
        # log of another partition, changes nothing.
        latest_ns = at_ns + NS + self._burst_ns
        next_ns = min(max(before_ns, at_ns) + self._step_ns, latest_ns)
        self._next_ns[venue] = max(before_ns, next_ns)

    def _give_up(self, turns: dict[str, int], now_ns: int) -> None:
        """Drop the turns that nobody took. They were given in order of time."""
        for order_id in list(turns):
            if turns[order_id] >= now_ns - TURN_KEPT_NS:
                return
            del turns[order_id]

    @property
    def _step_ns(self) -> int:
        assert self.per_second is not None
        return int(NS * self.senders / (self.per_second * (1.0 - KEPT_FRACTION)))

    @property
    def _burst_ns(self) -> int:
        """How far `_next_ns` may be ahead of now."""
        assert self.per_second is not None
        return max(int(self.per_second * BURST_FRACTION / self.senders) - 1, 0) * self._step_ns
