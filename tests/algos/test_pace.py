"""Turns at a venue: within its limit, in order of asking, none lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from algos.pace import NS, TURN_KEPT_NS, Pace
from gateway.risk import TokenBucket


def test_two_hundred_at_once_under_a_hundred_a_second() -> None:
    """Half a second's worth goes at once, the rest one by one at nine tenths of the rate."""
    pace = Pace(per_second=100)
    turns = []
    for number in range(200):
        turn_ns = pace.turn_ns("V", f"P{number}", 0)
        if turn_ns == 0:
            pace.on_sent("V", f"P{number}", 0)
        turns.append(turn_ns)
    assert turns.count(0) == 50
    assert turns == sorted(turns)
    assert len(set(turns[49:])) == 151
    assert turns[-1] == 150 * int(NS / 90)
    for number, turn_ns in enumerate(turns):
        if turn_ns:
            assert pace.turn_ns("V", f"P{number}", turn_ns) == turn_ns  # kept for it
            pace.on_sent("V", f"P{number}", turn_ns)
    assert not pace._turns["V"]


def test_without_a_limit_it_is_always_ones_turn() -> None:
    pace = Pace()
    for number in range(1_000):
        assert pace.turn_ns("V", f"P{number}", 5) == 5
        pace.on_sent("V", f"P{number}", 5)
    assert not pace._turns
    assert not pace._next_ns


def test_a_turn_that_is_not_taken_is_given_up_and_others_are_kept() -> None:
    pace = Pace(per_second=2)
    pace.on_sent("V", "A", 0)
    first_ns, second_ns = pace.turn_ns("V", "B", 0), pace.turn_ns("V", "C", 0)
    assert 0 < first_ns < second_ns
    late_ns = first_ns + TURN_KEPT_NS + 1
    assert pace.turn_ns("V", "D", late_ns) >= late_ns
    assert "B" not in pace._turns["V"]
    assert pace.turn_ns("V", "C", late_ns) == late_ns  # its turn has come, and is still kept


def test_venues_do_not_wait_for_each_other() -> None:
    pace = Pace(per_second=1)
    pace.on_sent("V", "A", 0)
    assert pace.turn_ns("V", "B", 0) > 0
    assert pace.turn_ns("W", "B", 0) == 0


def test_a_storm_of_cancels_is_counted_but_forgotten_after_a_second_and_a_half() -> None:
    pace = Pace(per_second=100)
    for number in range(10_000):
        pace.on_sent("V", f"P{number}", 0)
    assert NS * 0.9 < pace.turn_ns("V", "B", 0) <= NS


STEPS = st.lists(st.tuples(st.integers(0, 3 * 10**7), st.integers(0, 30)), min_size=1, max_size=400)


@settings(deadline=None)
@given(steps=STEPS, per_second=st.integers(1, 200))
def test_venue_access_never_refuses_what_comes_in_its_turn(
    steps: list[tuple[int, int]], per_second: int
) -> None:
    """Orders come at any times; each is sent when it is told, and every one of them is."""
    pace, bucket = Pace(per_second=per_second), TokenBucket()
    now_ns, waiting = 0, dict[str, int]()
    told = dict[str, int]()
    for later_ns, number in steps:
        now_ns += later_ns
        for order_id, turn_ns in sorted(waiting.items(), key=lambda each: each[1]):
            if turn_ns <= now_ns:
                del waiting[order_id]
                _send(pace, bucket, order_id, turn_ns, per_second)
        order_id = f"P{number}"
        turn_ns = pace.turn_ns("V", order_id, now_ns)
        assert order_id not in waiting or turn_ns == waiting[order_id]
        told[order_id] = turn_ns
        if turn_ns == now_ns:
            _send(pace, bucket, order_id, now_ns, per_second)
        else:
            waiting[order_id] = turn_ns
    assert len(set(waiting.values())) == len(waiting)  # no two at once


def _send(pace: Pace, bucket: TokenBucket, order_id: str, at_ns: int, per_second: int) -> None:
    assert pace.turn_ns("V", order_id, at_ns) == at_ns
    assert bucket.has(at_ns, per_second)
    bucket.take(at_ns, per_second)
    pace.on_sent("V", order_id, at_ns)


def test_many_senders_share_one_limit() -> None:
    turns = [Pace(per_second=100, senders=4) for _ in range(4)]
    at_once = 0
    for pace in turns:
        for number in range(100):
            if pace.turn_ns("V", f"P{number}", 0) == 0:
                pace.on_sent("V", f"P{number}", 0)
                at_once += 1
    assert at_once <= 50


def test_records_of_long_ago_change_nothing() -> None:
    pace = Pace(per_second=10)
    for number in range(100):
        pace.on_sent("V", f"P{number}", 3_600 * NS)
    before = dict(pace._next_ns)
    for number in range(100):
        pace.on_sent("V", f"Q{number}", number)
    assert pace._next_ns == before
