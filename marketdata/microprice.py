"""The microprice: where the mid is expected to be after many moves, given imbalance and spread.

Stoikov, "The micro-price: a high-frequency estimator of future prices", Quantitative Finance
18(12), 2018; the algorithm as in quant.md 5.3. The chain is estimated from the touch sampled once
a second. Before a state was seen often enough, the weighted mid stands in.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = list[list[int]]  # by state; of plain ints, which count three times faster than an array's

IMBALANCES: Final = 5  # buckets of bid_qty / (bid_qty + ask_qty)
SPREADS: Final = 3  # 1, 2, and 3 or more price steps; a locked market counts as 1
STATES: Final = IMBALANCES * SPREADS
# Moves of the mid in price steps. What moves further counts as the furthest: the paper does so too.
MOVES: Final = (-1.0, -0.5, 0.5, 1.0)
TERMS: Final = 6  # of the sum over B^n: the rest is below a thousandth of a step (quant.md 5.3)
SOLVED_EVERY: Final = 64  # samples between two solutions, so that a read costs nothing as a rule
SEEN_MIN: Final = 30  # samples of a state, its mirror image's among them, before it is believed


def adjustments(
    stay: Floats, move: Floats, moved_to: Floats, moves: Floats
) -> tuple[Floats, Floats]:
    """(G1, G*): what the mid is expected to move by the first move, and by all, both (n,).

    `stay` (n, n): probability of state i -> j without a move (Q); `move` (n, m): of each of the
    `moves` (m,) (R1 and K); `moved_to` (n, n): of a move that ends in state j (R2). Then
    G1 = (I - Q)^-1 R1 K, B = (I - Q)^-1 R2, G* = sum of B^n G1. Units are those of `moves`.
    """
    inverse = np.linalg.inv(np.eye(len(stay)) - stay)
    first = inverse @ move @ moves
    step = inverse @ moved_to
    total, term = first.copy(), first
    for _ in range(TERMS - 1):
        term = step @ term
        total += term
    return first, total


def weighted_mid(bid_px: float, bid_qty: int, ask_px: float, ask_qty: int) -> float:
    """The mid weighted by the opposite sizes: near the side that will give way."""
    return (bid_px * ask_qty + ask_px * bid_qty) / (bid_qty + ask_qty)


def state_of(bid_qty: int, ask_qty: int, spread_steps: int) -> int:
    """The number of a touch's state: imbalance within spread."""
    imbalance = min(bid_qty * IMBALANCES // (bid_qty + ask_qty), IMBALANCES - 1)
    return (min(max(spread_steps, 1), SPREADS) - 1) * IMBALANCES + imbalance


def mirrored(state: int) -> int:
    """The state with bid and ask exchanged."""
    spread, imbalance = divmod(state, IMBALANCES)
    return spread * IMBALANCES + IMBALANCES - 1 - imbalance


@dataclass(slots=True)
class Microprice:
    """The chain as counted so far. In its solution each sample has its mirror image beside it
    (bid and ask exchanged, a move the other way), so that it has no drift.
    """

    samples: int = 0
    _stay: Counts = field(default_factory=lambda: _nothing(STATES))
    _move: Counts = field(default_factory=lambda: _nothing(len(MOVES)))
    _moved_to: Counts = field(default_factory=lambda: _nothing(STATES))
    _state: int | None = None
    _mid_steps: float = 0.0
    # The counts as of the last multiple of SOLVED_EVERY, and of these (G*, samples of each state).
    _counted: tuple[Counts, Counts, Counts] | None = field(default=None, compare=False)
    _solved: tuple[Floats, Floats] | None = field(default=None, compare=False)

    def sample(self, state: int | None, mid_steps: float) -> None:
        """The touch at the next second: its state, None if it has none, and mid in price steps."""
        before = self._state
        if state is not None and before is not None:
            moved = mid_steps - self._mid_steps
            if moved:
                far = min(abs(moved), MOVES[-1])
                self._count_move(before, state, 1.0 if far > 0.75 else 0.5, moved > 0)
            else:
                self._stay[before][state] += 1
            self._sampled(1)
        self._state = state
        self._mid_steps = mid_steps

    def hold(self, seconds: int) -> None:
        """Nothing changed for so many more seconds."""
        state = self._state
        if state is not None and seconds:
            self._stay[state][state] += seconds
            self._sampled(seconds)

    def lapse(self) -> None:
        """The touch was not known for a while."""
        self._state = None

    def _count_move(self, before: int, after: int, far: float, up: bool) -> None:
        column = MOVES.index(far if up else -far)
        self._move[before][column] += 1
        self._moved_to[before][after] += 1

    def _sampled(self, seconds: int) -> None:
        """Note the counts now and then: what is told depends on events, not on who asked when."""
        before, self.samples = self.samples, self.samples + seconds
        if before // SOLVED_EVERY != self.samples // SOLVED_EVERY:
            # Copied as lists: an array is made when somebody reads, if anybody does.
            self._counted = (_copy(self._stay), _copy(self._move), _copy(self._moved_to))
            self._solved = None

    def adjustment_steps(self, state: int) -> float | None:
        """Microprice less mid, in price steps; None if the state was not seen often enough."""
        if self._counted is None:
            return None
        if self._solved is None:
            self._solved = _solution(*map(_array, self._counted))
        total, seen = self._solved
        return float(total[state]) if seen[state] >= SEEN_MIN else None


def _nothing(columns: int) -> Counts:
    return [[0] * columns for _ in range(STATES)]


def _copy(counts: Counts) -> Counts:
    return [row.copy() for row in counts]


def _array(counts: Counts) -> Floats:
    return np.array(counts, dtype=np.float64)


def _solution(stay: Floats, move: Floats, moved_to: Floats) -> tuple[Floats, Floats]:
    """(G*, samples of each state), from counts.

    Each state is given one more sample, half a move up and half one down, which leaves it where it
    was: so no state is without an end, and one that was seldom seen is pulled to the mid.
    """
    mirror = np.array([mirrored(state) for state in range(STATES)])
    stay = stay + stay[np.ix_(mirror, mirror)]
    move = move + move[mirror][:, ::-1]
    moved_to = moved_to + moved_to[np.ix_(mirror, mirror)]
    seen = stay.sum(axis=1) + move.sum(axis=1)
    prior = np.array([0.0, 0.5, 0.5, 0.0])
    ends = 0.5 * (np.eye(STATES) + np.eye(STATES)[mirror])
    per_sample = 1.0 / (seen + 1.0)[:, None]
    _, total = adjustments(
        stay * per_sample, (move + prior) * per_sample, (moved_to + ends) * per_sample,
        np.array(MOVES),
    )  # fmt: skip
    return total, seen
