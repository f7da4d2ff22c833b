"""Random choices of an order that come out the same whoever makes them again."""

from algos.schedule import seed_of

_SEEDS = float(1 << 63)  # how many seeds there are (schedule.seed_of)


def uniform(order_id: str, what: str, number: int) -> float:
    """A number in [0, 1), the same for the same order, purpose and number: no state, no clock.

    Of SHA-256, for a choice here and there: a generator costs ten times as much to set up.
    """
    return seed_of(f"{order_id}.{what}.{number}") / _SEEDS


def around_one(spread: float, order_id: str, what: str, number: int) -> float:
    """In [1 - spread, 1 + spread): a factor for a time or a size that nobody is to foretell."""
    return 1.0 + spread * (2.0 * uniform(order_id, what, number) - 1.0)
