"""The clock: one line through (wall_epoch_ns, engine_epoch_ns), of slope `speed`."""

import time

import pytest

from headgate.clock import Clock, ClockSettings

WALL_NS = 1_900_000_000_000_000_000
ENGINE_NS = 1_381_239_000_000_000_000


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The wall's time, to be set."""
    now = [WALL_NS]
    monkeypatch.setattr(time, "time_ns", lambda: now[0])
    return now


@pytest.mark.parametrize("speed", [1.0, 40.0, 0.5])
@pytest.mark.parametrize("elapsed_ns", [0, 1_000_000_000, 3_600_000_000_000, -1_000_000_000])
def test_now(wall: list[int], speed: float, elapsed_ns: int) -> None:
    clock = Clock(ClockSettings(speed=speed, wall_epoch_ns=WALL_NS, engine_epoch_ns=ENGINE_NS))
    wall[0] += elapsed_ns
    assert clock.now_ns() == ENGINE_NS + int(elapsed_ns * speed)


def test_by_default_the_engine_keeps_the_walls_time_to_the_nanosecond(wall: list[int]) -> None:
    clock = Clock(ClockSettings())
    wall[0] += 1
    assert clock.now_ns() == WALL_NS + 1


def test_processes_with_the_same_epochs_agree(wall: list[int]) -> None:
    settings = ClockSettings(speed=40.0, wall_epoch_ns=WALL_NS, engine_epoch_ns=ENGINE_NS)
    wall[0] += 123_456_789
    assert Clock(settings).now_ns() == Clock(settings).now_ns()


def test_how_long_to_wait() -> None:
    assert Clock(ClockSettings(speed=40.0)).wall_s(40_000_000_000) == 1.0
    assert Clock(ClockSettings(speed=40.0)).speed == 40.0


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_time_does_not_stand_still(speed: float) -> None:
    with pytest.raises(ValueError, match=r"clock\.speed"):
        Clock(ClockSettings(speed=speed))
