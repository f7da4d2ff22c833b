"""When recorded events are due, and which part of the day they are of."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from domain.marketdata import MarketEvent, Trade
from marketdata.replay import GAP_NS, POLL_MAX, DailyWindow, Replay

S = 1_000_000_000
RECORDED = 1_381_150_800 * S  # a day in 2013
NOW = 1_800_000_000 * S


def trade(seconds: float) -> Trade:
    return Trade("IBM", "N", 100, 10, RECORDED + int(seconds * S))


def started(*seconds: float, speed: float = 1.0, rebase: bool = True) -> Replay:
    replay = Replay(events=iter([trade(each) for each in seconds]), speed=speed, rebase=rebase)
    replay.start(NOW)
    return replay


def times(events: list[MarketEvent], base_ns: int) -> list[float]:
    return [(each.at_ns - base_ns) / S for each in events]


@pytest.mark.parametrize(("speed", "due"), [(1.0, [0, 1, 4]), (2.0, [0, 0.5, 2]), (0.5, [0, 2, 8])])
def test_events_are_due_at_the_pace_and_bear_that_time(speed: float, due: list[float]) -> None:
    replay = started(0, 1, 4, speed=speed)
    found: list[MarketEvent] = []
    for each in due:
        assert replay.next_due_ns() == NOW + int(each * S)
        assert replay.due(NOW + int(each * S) - 1) == []
        found += replay.due(NOW + int(each * S))
    assert times(found, NOW) == due
    assert replay.done
    assert replay.next_due_ns() is None


def test_recorded_times_may_be_kept_at_any_pace() -> None:
    replay = started(0, 1, 4, speed=4.0, rebase=False)
    assert times(replay.due(NOW + S), RECORDED) == [0, 1, 4]


def test_as_fast_as_it_goes_is_bounded_by_the_poll() -> None:
    replay = started(*range(POLL_MAX + 1), speed=0, rebase=False)
    assert len(replay.due(NOW)) == POLL_MAX
    assert not replay.done
    assert times(replay.due(NOW), RECORDED) == [POLL_MAX]
    assert replay.done


def test_a_loop_that_comes_late_gets_all_that_is_due_at_its_own_times() -> None:
    replay = started(0, 1, 2, 3)
    assert times(replay.due(NOW + 2 * S), NOW) == [0, 1, 2]


def test_a_closed_market_between_two_days_is_cut_short() -> None:
    replay = started(0, 3_600, 3_600 + 63_000, 3_600 + 63_002, speed=2.0)
    assert times(replay.due(NOW + 1_900 * S), NOW) == [0, 1_800, 1_800 + GAP_NS / S,
                                                        1_800 + GAP_NS / S + 1]  # fmt: skip


def test_without_events_it_is_done() -> None:
    replay = started()
    assert replay.done
    assert replay.due(NOW) == []


NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> Trade:
    when = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    return Trade("IBM", "N", 100, 10, int(when.timestamp()) * S)


@pytest.mark.parametrize(
    ("start", "end", "left"),
    [
        (None, None, [0, 1, 2, 3, 4, 5]),
        (time(9, 30), None, [1, 2, 3, 5]),
        (None, time(16), [0, 1, 2, 4, 5]),
        (time(9, 30), time(16), [1, 2, 5]),
    ],
)
def test_the_window_is_that_of_every_day(
    start: time | None, end: time | None, left: list[int]
) -> None:
    """Two days with the change to winter time between them."""
    events = [at(text) for text in (
        "2013-11-01T09:29:59", "2013-11-01T09:30", "2013-11-01T15:59:59", "2013-11-01T16:00",
        "2013-11-04T09:29:59", "2013-11-04T09:30",
    )]  # fmt: skip
    window = DailyWindow(zone=NEW_YORK, start=start, end=end)
    assert list(window.of(events)) == [events[number] for number in left]


def test_the_window_knows_midnight_of_the_exchange() -> None:
    late = Trade("IBM", "N", 100, 10, int(datetime(2013, 11, 2, 1, tzinfo=UTC).timestamp()) * S)
    window = DailyWindow(zone=NEW_YORK, start=time(20), end=None)
    assert list(window.of([late])) == [late]  # 21:00 of the day before in New York
