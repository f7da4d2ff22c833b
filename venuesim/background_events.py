"""What comes to a book by itself in one minute: a function of the streams, not of the book.

A background order's whole life is drawn at its birth, and snipers are a stream of looks, so that
nothing here depends on what an agent does: only where orders are priced does (`order_flow`).
quant.md 8.2. Everything is drawn at once in arrays; memory is that of a minute.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from venuesim.activity import BLOCK_NS, SECOND_NS, Activity, Floats
from venuesim.presets import Preset
from venuesim.random_streams import EventClass, RandomStreams
from venuesim.regimes import Regime, regime_at

# Kinds of events, in this order: limit orders are found by <= LIMIT_SELL, market orders < SNIPE.
CANCEL: Final = 0
LIMIT_BUY: Final = 1
LIMIT_SELL: Final = 2
MARKET_BUY: Final = 3
MARKET_SELL: Final = 4
SNIPE: Final = 5

TAKER_ID: Final = -1  # of every background order that never rests
FIRST_ID: Final = -2  # of those that do, downward

_LIMIT_STREAMS: Final = {LIMIT_BUY: EventClass.LIMIT_BUY, LIMIT_SELL: EventClass.LIMIT_SELL}
_RESTING_STREAMS: Final = {LIMIT_BUY: EventClass.RESTING_BUY, LIMIT_SELL: EventClass.RESTING_SELL}
_MARKET_STREAMS: Final = {MARKET_BUY: EventClass.MARKET_BUY, MARKET_SELL: EventClass.MARKET_SELL}

Ints = npt.NDArray[np.int64]


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """Events by rising time, each array (n,). By kind, `order_id` is of the order that comes or
    goes, `steps` how far behind p* a limit order is, in ticks of the preset, `lots` how much a
    market order wants, below zero if no further than the touch.
    """

    at_ns: Ints
    kind: Ints
    order_id: Ints
    steps: Ints
    lots: Ints


class BackgroundEvents:
    """The events of one symbol at one venue that has `share` of the symbol's flow."""

    def __init__(
        self, preset: Preset, streams: RandomStreams, venue: str, share: float,
        regimes: Sequence[Regime] = (),
    ) -> None:  # fmt: skip
        assert 0.0 < share <= 1.0
        self._preset = preset
        self._streams = streams
        self._venue = venue
        self._share = share
        self._regimes = regimes
        self._next_id = FIRST_ID
        weights = (np.arange(preset.levels) + preset.near) ** -preset.decay
        self._levels = np.cumsum(weights) / weights.sum()
        self._deaths: list[tuple[Ints, Ints]] = []  # (at_ns, order_id) of orders that live on

    def begin(self, day: Activity, start_ns: int) -> Events:
        """A book as it would be if the flow had always run, to be put in at `start_ns`.

        Poisson in number with mean rate / cancel_rate, and their lives have no memory.
        """
        self._deaths = []
        block = start_ns // BLOCK_NS
        depth = regime_at(self._regimes, start_ns).depth
        mean = depth * self._share * self._preset.limit_rate / self._preset.cancel_rate
        sides = []
        for kind, event_class in _RESTING_STREAMS.items():
            stream = self._streams.block(event_class, block, self._venue)
            at_ns = np.full(stream.poisson(mean), start_ns, dtype=np.int64)
            sides.append(self._limit_orders(kind, at_ns, stream, day))
        return _sorted(sides)

    def block(self, day: Activity, start_ns: int, end_ns: int) -> Events:
        """What happens in [start_ns, end_ns), which lies in one block of `day`; whole blocks but
        for the first of a flow that begins within one.
        """
        index = (start_ns - day.session.open_ns) // BLOCK_NS
        opened_ns = day.session.open_ns + index * BLOCK_NS
        level = float(day.levels[index])
        number = opened_ns // BLOCK_NS
        regime = regime_at(self._regimes, opened_ns)
        parts = []
        for kind, event_class in _LIMIT_STREAMS.items():
            stream = self._streams.block(event_class, number, self._venue)
            rate = regime.depth * level * self._share * self._preset.limit_rate
            parts.append(self._limit_orders(kind, _times(stream, rate, opened_ns), stream, day))
        for kind, event_class in _MARKET_STREAMS.items():
            stream = self._streams.block(event_class, number, self._venue)
            rate = regime.volume * level * self._share * self._preset.market_rate
            parts.append(self._market_orders(kind, _times(stream, rate, opened_ns), stream))
        stream = self._streams.block(EventClass.SNIPER, number, self._venue)
        parts.append(_looks(_times(stream, level * self._preset.snipe_rate, opened_ns)))
        parts.append(self._due(end_ns))
        return _between(_sorted(parts), start_ns, end_ns)

    def _limit_orders(self, kind: int, at_ns: Ints, stream: np.random.Generator,
                      day: Activity) -> Events:  # fmt: skip
        count = len(at_ns)
        steps = np.searchsorted(self._levels, stream.random(count), side="right")
        order_id = self._next_id - np.arange(count, dtype=np.int64)
        self._next_id -= count
        lives_s = stream.standard_exponential(count) / self._preset.cancel_rate
        self._deaths.append((day.at_ns(day.clocks_s(at_ns) + lives_s), order_id))
        none = np.zeros(count, dtype=np.int64)
        return Events(at_ns=at_ns, kind=none + kind, order_id=order_id,
                      steps=np.minimum(steps, self._preset.levels - 1), lots=none)  # fmt: skip

    def _market_orders(self, kind: int, at_ns: Ints, stream: np.random.Generator) -> Events:
        count = len(at_ns)
        lots = stream.geometric(1.0 / self._preset.market_lots, count)
        lots = np.where(stream.random(count) < self._preset.at_touch, -lots, lots)
        none = np.zeros(count, dtype=np.int64)
        return Events(at_ns=at_ns, kind=none + kind, order_id=none, steps=none, lots=lots)

    def _due(self, end_ns: int) -> Events:
        """The ends of lives before `end_ns`; the later ones stay for later blocks."""
        at_ns = np.concatenate([each for each, _ in self._deaths])
        order_id = np.concatenate([each for _, each in self._deaths])
        due = at_ns < end_ns
        self._deaths = [(at_ns[~due], order_id[~due])]
        at_ns, order_id = at_ns[due], order_id[due]
        none = np.zeros(len(at_ns), dtype=np.int64)
        return Events(at_ns=at_ns, kind=none + CANCEL, order_id=order_id, steps=none, lots=none)


def _times(stream: np.random.Generator, rate: float, start_ns: int) -> Ints:
    """The times of a Poisson stream of `rate` a second over the block at `start_ns`, rising."""
    count = stream.poisson(rate * (BLOCK_NS / SECOND_NS))
    times = start_ns + (stream.random(count) * BLOCK_NS).astype(np.int64)
    times.sort()
    return times


def _looks(at_ns: Ints) -> Events:
    none = np.zeros(len(at_ns), dtype=np.int64)
    return Events(at_ns=at_ns, kind=none + SNIPE, order_id=none, steps=none, lots=none)


def _sorted(parts: list[Events]) -> Events:
    at_ns = np.concatenate([each.at_ns for each in parts])
    order = np.argsort(at_ns, kind="stable")
    return Events(
        at_ns=at_ns[order],
        kind=np.concatenate([each.kind for each in parts])[order],
        order_id=np.concatenate([each.order_id for each in parts])[order],
        steps=np.concatenate([each.steps for each in parts])[order],
        lots=np.concatenate([each.lots for each in parts])[order],
    )


def _between(events: Events, start_ns: int, end_ns: int) -> Events:
    first, last = np.searchsorted(events.at_ns, [start_ns, end_ns])
    chosen: Floats | slice = slice(int(first), int(last))
    return Events(
        at_ns=events.at_ns[chosen], kind=events.kind[chosen], order_id=events.order_id[chosen],
        steps=events.steps[chosen], lots=events.lots[chosen],
    )  # fmt: skip
