"""Any rising cumulative target as a schedule of slices: whole lots, jittered inside their bins."""

import numpy as np

from algos.models.quadrature import Floats
from algos.schedule import Schedule


def cumulative_schedule(
    *, targets: Floats, edges_ns: tuple[int, ...], base_qty: int, lot: int, size_jitter: float,
    time_jitter: float, seed: int,
) -> Schedule:  # fmt: skip
    """`targets`, (n,) shares, rising: due by the end of each bin; `edges_ns`, (n + 1,), of bins.

    Each bin's shares fall due at once, anywhere in the first `time_jitter` of it. Targets are
    jittered before they are rounded, by half of `size_jitter` of the smaller of the two bins that
    meet: so sizes vary by it at the most, and nothing is ever taken back. The last target is exact.
    Cumulative rounding: the running error is at most half a lot (quant.md 5.5, 5.6).
    """
    qty = round(float(targets[-1]))
    generator = np.random.Generator(np.random.Philox(key=seed))
    sizes = np.diff(targets, prepend=0.0)
    assert float(sizes.min()) >= -1e-6 * qty, "targets fall"
    smaller = np.minimum(sizes[:-1], sizes[1:]).clip(0.0)
    aside = generator.uniform(-0.5, 0.5, len(targets))[:-1] * size_jitter
    places = generator.random(len(targets)) * time_jitter
    shares = targets.copy()
    shares[:-1] += aside * smaller
    lots = np.floor(shares / lot + 0.5).astype(np.int64) * lot
    lots = np.maximum.accumulate(np.clip(lots, 0, qty))
    lots[-1] = qty
    times = [
        begin + int(place * (end - begin))
        for begin, end, place in zip(edges_ns[:-1], edges_ns[1:], places.tolist(), strict=True)
    ]
    kept = [
        index for index, due in enumerate(lots.tolist())
        if due > (lots[index - 1] if index else 0)
    ]  # fmt: skip
    return Schedule(
        tuple(times[index] for index in kept),
        tuple(base_qty + int(lots[index]) for index in kept),
    )
