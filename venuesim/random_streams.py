"""Random numbers that are functions of what they are for, not of who drew before.

Every class of event at every venue has a stream of its own, cut into blocks by number, so that what
one draws never shifts another's: common random numbers by construction. The generator is Philox, a
counter: the key says which stream, the counter which block (Salmon et al. 2011, "Parallel random
numbers: as easy as 1, 2, 3").
"""

from enum import StrEnum
from hashlib import blake2b

import numpy as np


class EventClass(StrEnum):
    """What a stream is for."""

    DAY_LEVEL = "day_level"
    BIN_LEVEL = "bin_level"
    EFFICIENT_PRICE = "efficient_price"
    RESTING_BUY = "resting_buy"  # what is in the book when the flow begins
    RESTING_SELL = "resting_sell"
    LIMIT_BUY = "limit_buy"
    LIMIT_SELL = "limit_sell"
    MARKET_BUY = "market_buy"
    MARKET_SELL = "market_sell"
    SNIPER = "sniper"
    AUCTION = "auction"
    DARK = "dark"
    LATENCY = "latency"
    FAULT = "fault"


class RandomStreams:
    """The streams of one symbol under one seed."""

    def __init__(self, seed: int, symbol: str) -> None:
        self._name = f"{seed}/{symbol}"
        self._keys: dict[tuple[EventClass, str], int] = {}

    def block(self, event_class: EventClass, block: int, venue: str = "") -> np.random.Generator:
        """The generator of one block, at its beginning whoever asks and how often."""
        key = self._keys.get((event_class, venue))
        if key is None:
            text = f"{self._name}/{venue}/{event_class.value}".encode()
            key = int.from_bytes(blake2b(text, digest_size=16).digest(), "little")
            self._keys[event_class, venue] = key
        # The block is the counter's highest word: 2**192 numbers lie between two blocks.
        return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, block]))
