"""Volume since a time: exact while it is young, too small and never too large when it is old."""

from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.volume_history import HISTORY_MAX, RECENT, Mark, Point, VolumeHistory


def points(times: list[int]) -> list[Point]:
    return [(at_ns, 10, 10 * number, number) for number, at_ns in enumerate(times)]


@settings(deadline=None)
@given(times=st.lists(st.integers(0, 50), max_size=40).map(sorted), since_ns=st.integers(-1, 51))
def test_a_mark_is_before_the_first_print_after_it(times: list[int], since_ns: int) -> None:
    history = VolumeHistory()
    history.note(points(times))
    after = [number for number, at_ns in enumerate(times) if at_ns > since_ns]
    assert history.mark(since_ns) == (Mark(10 * after[0], after[0]) if after else None)


def test_a_print_that_is_out_of_order_makes_no_point() -> None:
    history = VolumeHistory()
    history.note(points([5, 3, 5, 8]))
    assert history.mark(2) == Mark(0, 0)
    assert history.mark(5) == Mark(30, 3)


def test_it_stays_small_and_errs_to_the_small_side() -> None:
    history, prints = VolumeHistory(), 5 * HISTORY_MAX
    every = points(list(range(prints)))
    for first in range(0, prints, 256):
        history.note(every[first : first + 256])
    assert len(history) < HISTORY_MAX + 2 * RECENT
    total = 10 * prints
    for since_ns in range(0, prints - 1, 997):
        mark = history.mark(since_ns)
        assert mark is not None
        exact = total - 10 * (since_ns + 1)
        told = total - mark.volume
        assert told <= exact
        assert exact - told <= (total / (HISTORY_MAX / 2) if since_ns < prints - RECENT else 0)


def test_a_wrong_clock_is_forgotten() -> None:
    history = VolumeHistory()
    history.note(points([1, 2, 900]))
    history.rewind(3)
    assert history.mark(2) is None
    history.note([(4, 10, 30, 3)])
    assert history.mark(2) == Mark(30, 3)
