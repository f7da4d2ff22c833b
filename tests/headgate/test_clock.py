"""The clock: one line through (wall_epoch_ns, engine_epoch_ns), of slope `speed`."""

import pytest

from headgate.clock import Clock, ClockSettings

WALL_NS = 1_900_000_000_000_000_000
ENGINE_NS = 1_381_239_000_000_000_000


@pytest.mark.parametrize("speed", [1.0, 40.0, 0.5])
@pytest.mark.parametrize("elapsed_ns", [0, 1_000_000_000, 3_600_000_000_000, -1_000_000_000])
def test_now(speed: float, elapsed_ns: int) -> None:
    settings = ClockSettings(speed=speed, wall_epoch_ns=WALL_NS, engine_epoch_ns=ENGINE_NS)
    clock = Clock(settings, lambda: WALL_NS + elapsed_ns)
    assert clock.now_ns() == ENGINE_NS + int(elapsed_ns * speed)


def test_by_default_the_engine_keeps_the_walls_time_to_the_nanosecond() -> None:
    assert Clock(ClockSettings(), lambda: WALL_NS + 1).now_ns() == WALL_NS + 1


def test_ten_seconds_of_the_wall_at_speed_40() -> None:
    now_s = iter([5, 15])
    clock = Clock(ClockSettings(speed=40.0), lambda: next(now_s) * 1_000_000_000)
    start_ns = clock.now_ns()
    assert clock.now_ns() - start_ns == 400 * 1_000_000_000


def test_how_long_to_wait() -> None:
    assert Clock(ClockSettings(speed=40.0)).wall_s(40_000_000_000) == 1.0
    assert Clock(ClockSettings(speed=40.0)).speed == 40.0


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_time_does_not_stand_still(speed: float) -> None:
    with pytest.raises(ValueError, match=r"clock\.speed"):
        Clock(ClockSettings(speed=speed))
