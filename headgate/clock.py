"""The clock of a deployment: UTC nanoseconds, real or accelerated.

Processes that are given the same speed and epochs agree on the time to the accuracy of the
machine's clock. Only shells read it.
"""

import time
from collections.abc import Callable
from typing import Annotated

import msgspec


class ClockSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At wall time `wall_epoch_ns` it was `engine_epoch_ns`; it runs `speed` times as fast."""

    speed: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    wall_epoch_ns: int = 0
    engine_epoch_ns: int = 0


class Clock:
    """The engine's time. `wall_ns`: what tells the wall's."""

    def __init__(self, settings: ClockSettings, wall_ns: Callable[[], int] = time.time_ns) -> None:
        if settings.speed <= 0:
            raise ValueError("clock.speed must be above zero")
        self._settings = settings
        self._wall_ns = wall_ns

    @property
    def speed(self) -> float:
        return self._settings.speed

    def now_ns(self) -> int:
        """Now, in the engine's time, UTC nanoseconds."""
        settings = self._settings
        elapsed = self._wall_ns() - settings.wall_epoch_ns
        return settings.engine_epoch_ns + (
            elapsed if settings.speed == 1.0 else int(elapsed * settings.speed)
        )

    def wall_s(self, engine_ns: int) -> float:
        """How many seconds of the wall `engine_ns` of the engine's time last."""
        return engine_ns / 1e9 / self._settings.speed
