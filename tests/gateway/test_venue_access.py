"""Venue access from `children` to FIX and back: fencing, restarts, resync, the kill switch."""

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.codec import encode
from bus.topics import CONTROL_KEY, Topic
from domain.control import EngageKillSwitch, KillProgress, Rearm, SetLimits
from domain.deadletters import DeadLetter, DeadLetterReason
from domain.executions import (
    ChildCancelRejected,
    ChildRefused,
    ChildSent,
    Execution,
    VenueState,
    VenueStateChanged,
)
from domain.fix_codes import ExecType, OrdStatus, TimeInForce
from domain.instruments import Side
from domain.refusals import RefusalReason
from gateway.venue_commands import Publish
from gateway.venue_session import TRANSITIONS, IllegalSessionEvent, SessionEvent
from tests.gateway.venue_scene import (
    LIMITS,
    START_NS,
    SYMBOL,
    VENUES,
    VenueScene,
    cancel_child,
    claim,
    new_child,
    replace_child,
)

KILL = EngageKillSwitch(author="ops", reason="drill", at_ns=START_NS)


def refusals(scene: VenueScene) -> list[tuple[str, str]]:
    return [(each.cl_ord_id, each.reason.value) for each in scene.told
            if isinstance(each, ChildRefused)]  # fmt: skip


def executions(scene: VenueScene) -> list[Execution]:
    return [each for each in scene.told if isinstance(each, Execution)]


def orders_sent(scene: VenueScene) -> list[str]:
    return [line for line in scene.sent_text() if line.split()[1] in ("D", "F", "G")]


def test_a_child_is_sent_once_however_often_it_is_read() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.child(new_child())
    scene.child(msgspec.structs.replace(new_child(), decided_ns=START_NS + 1))
    assert orders_sent(scene) == ["XA D X"]
    assert refusals(scene) == []
    message = scene.sent_message("D")
    assert (message.get(60), message.get(21), message.get(44)) == (
        "20231114-22:13:20.000", "1", "100")  # fmt: skip


def test_a_clordid_with_other_content_is_refused_and_the_first_order_stays() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.child(new_child(order_qty=1))
    assert refusals(scene) == [("X", "duplicate")]
    assert scene.access.book.children["X"].is_open
    assert scene.access.book.committed_qty("P") == 10_000


def test_post_only_is_exec_inst_6() -> None:
    scene = VenueScene().live()
    scene.child(msgspec.structs.replace(new_child(), post_only=True))
    assert scene.sent_message("D").get(18) == "6"
    scene.child(replace_child("Y", "X", 9_000))
    assert scene.sent_message("G").get(18) == "6"


def test_a_worker_that_lost_its_partition_is_ignored_and_counted() -> None:
    scene = VenueScene().live()
    scene.child(claim("w2"))  # at offset 1
    scene.child(new_child("ZOMBIE", claim=0), new_child("GOOD", claim=1))
    assert orders_sent(scene) == ["XA D GOOD"]
    assert scene.access.book.fence.ignored == 1
    again = VenueScene(broker=scene.broker)
    assert list(again.access.book.children) == ["GOOD"]
    assert again.access.book.fence.ignored == 1


def test_refusals_come_in_their_order_of_precedence() -> None:
    """A child with every fault at once is refused for the first; without it, for the next."""
    scene = VenueScene(limits=msgspec.structs.replace(LIMITS, messages_per_second=0), quoted=False)
    scene.child(claim())
    scene.control(KILL)
    faulty = new_child(venue="NO", symbol="NO", order_qty=200_000, px="1000.001",
                       parent_qty=1, decided_ns=START_NS - 10**11)  # fmt: skip
    repairs: list[tuple[str, dict[str, object] | Callable[[], object]]] = [
        ("killed", lambda: scene.control(Rearm(author="ops", reason="over", at_ns=START_NS))),
        ("unknown_venue", {"venue": "XA"}),
        ("venue_down", scene.live),
        ("unknown_symbol", {"symbol": SYMBOL}),
        ("stale_order", {"decided_ns": START_NS}),
        ("overfill", {"parent_qty": 10**9}),
        ("max_qty", {"order_qty": 100_000}),
        ("max_notional", {"order_qty": 100}),
        ("no_reference_px", lambda: scene.quote(at_ns=START_NS - 2 * 10**10)),
        ("stale_market_data", scene.quote),
        ("price_collar", {"px": Decimal("100.001")}),
        ("message_rate", lambda: raise_rate(scene)),
        ("off_grid", {"px": Decimal("100.01")}),
    ]
    for number, (expected, repair) in enumerate(repairs):
        scene.child(msgspec.structs.replace(faulty, cl_ord_id=f"C{number}"))
        assert refusals(scene)[-1] == (f"C{number}", expected)
        if isinstance(repair, dict):
            faulty = msgspec.structs.replace(faulty, **repair)
        else:
            repair()
    assert orders_sent(scene) == []
    assert scene.access.book.committed_qty("P") == 0
    scene.child(faulty)
    assert orders_sent(scene) == ["XA D X"]
    elsewhere = ["duplicate", "unknown_order", "not_sent"]
    assert [each for each, _ in repairs] == [
        reason.value for reason in RefusalReason if reason.value not in elsewhere
    ]


def raise_rate(scene: VenueScene) -> None:
    order = SetLimits(author="ops", reason="open", messages_per_second=9, at_ns=START_NS)
    scene.control(order)
    scene.timer(1_000)


def test_overfill_is_judged_by_the_child_stream_alone() -> None:
    scene = VenueScene().live()
    scene.child(new_child("A", 600, parent_qty=1_000), new_child("B", 400, parent_qty=1_000))
    scene.child(new_child("C", 1, parent_qty=1_000))
    assert refusals(scene) == [("C", "overfill")]
    scene.report("A", "F/1", "600/100/500/100", exec_id="e1")
    scene.report("A", "4/4", "600/100/0", exec_id="e2")
    scene.child(new_child("D", 501, parent_qty=1_000), new_child("E", 500, parent_qty=1_000))
    assert refusals(scene)[1:] == [("D", "overfill")]
    scene.child(replace_child("F", "B", 401, parent_qty=1_000))
    assert refusals(scene)[2:] == [("F", "overfill")]
    scene.child(replace_child("G", "B", 300, parent_qty=1_000))
    scene.child(new_child("H", 100, parent_qty=1_000))
    assert refusals(scene)[3:] == [("H", "overfill")]  # the replace is not accepted yet


def test_cancel_and_replace_of_what_was_never_sent() -> None:
    scene = VenueScene().live()
    scene.child(cancel_child("Y", "X"), replace_child("Z", "X", 5))
    scene.child(new_child("W", 200_000), cancel_child("V", "W"))
    assert refusals(scene) == [("Y", "unknown_order"), ("Z", "unknown_order"),
                               ("W", "max_qty"), ("V", "unknown_order")]  # fmt: skip


def test_cancels_pass_the_message_rate_but_count() -> None:
    scene = VenueScene(limits=msgspec.structs.replace(LIMITS, messages_per_second=2)).live()
    scene.child(new_child("A"), new_child("B"), new_child("C"), cancel_child("D", "A"))
    assert orders_sent(scene) == ["XA D A", "XA D B", "XA F D<A"]
    assert refusals(scene) == [("C", "message_rate")]
    scene.timer(900)
    scene.child(msgspec.structs.replace(new_child("E"), decided_ns=scene.engine_ns))
    assert refusals(scene)[1:] == [("E", "message_rate")]


# Sessions


@pytest.mark.parametrize("state", list(VenueState))
@pytest.mark.parametrize("event", list(SessionEvent))
def test_every_pair_of_state_and_event(state: VenueState, event: SessionEvent) -> None:
    scene = VenueScene()
    session = scene.access.venues["XA"]
    session.state = state
    expected = TRANSITIONS.get((state, event))
    if expected is None:
        with pytest.raises(IllegalSessionEvent):
            session.on_event(event, scene.now)
        assert session.state is state
    else:
        session.on_event(event, scene.now)
        assert session.state is expected


def test_a_start_tells_every_partition_that_the_venues_are_down() -> None:
    scene = VenueScene()
    assert scene.told == [
        VenueStateChanged(venue=venue, state=VenueState.DOWN, at_ns=START_NS) for venue in VENUES
    ]


def test_new_orders_for_a_venue_that_is_away_are_refused_and_cancels_wait() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.report("X", "0/0", "10000/0/10000", exec_id="e1")
    scene.session(SessionEvent.LOGGED_OUT)
    scene.child(new_child("N"), replace_child("R", "X", 5), cancel_child("Y", "X"))
    assert refusals(scene) == [("N", "venue_down"), ("R", "venue_down")]
    scene.log_on()
    assert scene.state() is VenueState.RESYNC
    assert scene.sent_text()[-1] == "XA H X"
    scene.child(new_child("M"))
    assert refusals(scene)[2:] == [("M", "venue_down")]
    scene.report("X", "I/0", "10000/0/10000", exec_id="0")
    scene.timer()
    assert scene.state() is VenueState.LIVE
    assert orders_sent(scene) == ["XA D X", "XA F Y<X"]


def test_of_the_cancels_that_waited_for_a_venue_one_leaves_for_each_order() -> None:
    scene = VenueScene().live()
    scene.child(new_child("A"), new_child("B"))
    for name in ("A", "B"):
        scene.report(name, "0/0", "10000/0/10000", exec_id=f"new {name}")
    scene.session(SessionEvent.LOGGED_OUT)
    scene.child(*[cancel_child(f"{name}{n}", name) for n in range(50) for name in ("A", "B")])
    again = VenueScene(broker=scene.broker)
    for each in (scene, again):
        before = len(orders_sent(each))
        each.log_on()
        for name in ("A", "B"):
            each.report(name, "I/0", "10000/0/10000", exec_id="0")
        each.timer()
        assert each.state() is VenueState.LIVE
        assert orders_sent(each)[before:] == ["XA F A49<A", "XA F B49<B"]
        assert list(each.access.book.children["A"].requests) == ["A49"]
    scene.hear("9", [(37, "V"), (11, "A49"), (41, "A"), (39, "0"), (434, "1"), (102, "0")])
    scene.session(SessionEvent.LOGGED_OUT)
    scene.log_on()
    for name in ("A", "B"):
        scene.report(name, "I/0", "10000/0/10000", exec_id="0")
    scene.timer()
    assert orders_sent(scene)[2:] == ["XA F A49<A", "XA F B49<B"]


def test_a_child_without_evidence_is_asked_after_and_never_just_sent_again() -> None:
    first = VenueScene().live()
    first.write(new_child())  # the process died before it read this
    scene = VenueScene(broker=first.broker)
    assert scene.access.book.committed_qty("P") == 10_000
    scene.log_on()
    assert scene.sent_text()[-1] == "XA H X"
    scene.report("X", "I/8", "0/0/0", exec_id="0", more=((103, 5),))
    assert refusals(scene) == [("X", "not_sent")]
    assert scene.access.book.committed_qty("P") == 0
    scene.timer()
    assert scene.state() is VenueState.LIVE
    assert orders_sent(scene) == []


def test_a_child_that_the_venue_has_is_adopted() -> None:
    first = VenueScene().live()
    first.child(new_child())
    scene = VenueScene(broker=first.broker)
    scene.log_on()
    scene.report("X", "I/0", "10000/0/10000", exec_id="0")
    scene.timer()
    assert scene.state() is VenueState.LIVE
    scene.report("X", "F/2", "10000/10000/0/10000", exec_id="e1")
    assert scene.access.book.open == {}
    assert orders_sent(scene) == []


def test_a_replace_that_never_arrived_is_told_apart_from_its_order() -> None:
    first = VenueScene().live()
    first.child(new_child())
    first.report("X", "0/0", "10000/0/10000", exec_id="e1")
    first.write(replace_child("Y", "X", 12_000))
    scene = VenueScene(broker=first.broker)
    assert scene.access.book.committed_qty("P") == 12_000
    scene.log_on()
    assert scene.sent_text()[-2:] == ["XA H X", "XA H Y"]
    scene.report("Y", "I/8", "0/0/0", exec_id="0", more=((103, 5),))
    scene.report("X", "I/0", "10000/0/10000", exec_id="0")
    scene.timer()
    assert refusals(scene) == [("Y", "not_sent")]
    assert scene.state() is VenueState.LIVE
    assert scene.access.book.committed_qty("P") == 10_000


def test_a_status_answer_may_be_all_that_tells_of_a_replace() -> None:
    """The venue was reset and re-sends nothing."""
    first = VenueScene().live()
    first.child(new_child())
    first.report("X", "0/0", "10000/0/10000", exec_id="e1")
    first.write(replace_child("Y", "X", 8_000))
    scene = VenueScene(broker=first.broker)
    scene.log_on()
    scene.report("X", "I/0", "8000/0/8000", exec_id="0")
    assert scene.access.book.committed_qty("P") == 10_000, "not said under the replace's id"
    scene.report("Y", "I/0", "8000/0/8000", exec_id="0")
    scene.timer()
    assert scene.state() is VenueState.LIVE
    assert scene.access.book.committed_qty("P") == 8_000
    assert scene.access.book.children["X"].px == replace_child("Y", "X", 8_000).px


def test_executions_that_do_not_come_are_booked_once_from_the_status() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.report("X", "F/1", "10000/1000/9000/1000", exec_id="e1", last_px="100")
    scene.session(SessionEvent.LOGGED_OUT)
    scene.log_on()
    scene.report("X", "I/4", "10000/4000/0", exec_id="0", last_px="101.5")
    scene.timer(1_999)
    assert scene.state() is VenueState.RESYNC
    scene.timer(1)
    made = [each for each in executions(scene) if each.synthetic]
    assert [(each.exec_id, each.exec_type, each.last_qty, each.last_px) for each in made] == [
        ("SYN-X-4000", ExecType.TRADE, 3_000, Decimal(102)),
        ("SYN-X-4000-4", ExecType.CANCELED, 0, None),
    ]
    assert scene.state() is VenueState.LIVE
    # They come after all: nothing is booked twice.
    scene.report("X", "F/1", "10000/4000/6000/3000", exec_id="e2", last_px="102")
    assert scene.access.book.children["X"].cum_qty == 4_000
    letter = scene.told[-1]
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadLetterReason.ILLEGAL_TRANSITION
    again = VenueScene(broker=scene.broker)
    assert again.access.book.children["X"].cum_qty == 4_000
    assert again.access.book.open == {}


def test_executions_that_are_sent_again_within_the_bound_need_no_synthetic_one() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.session(SessionEvent.LOGGED_OUT)
    scene.log_on()
    scene.report("X", "I/1", "10000/4000/6000", exec_id="0")
    scene.timer(1_000)
    scene.report("X", "F/1", "10000/4000/6000/4000", exec_id="e1", poss_dup=True)
    scene.timer(0)
    assert scene.state() is VenueState.LIVE
    assert not any(each.synthetic for each in executions(scene))


def test_a_silent_venue_is_asked_three_times_then_the_order_is_cancelled() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.session(SessionEvent.LOGGED_OUT)
    scene.log_on()
    for _ in range(3):
        scene.timer(2_000)
    assert scene.sent_text().count("XA H X") == 3
    assert scene.state() is VenueState.LIVE
    assert orders_sent(scene) == ["XA D X", "XA F XK1<X"]
    assert scene.access.book.committed_qty("P") == 10_000  # still reserved
    scene.hear("9", [(37, "NONE"), (11, "XK1"), (41, "X"), (39, "8"), (434, "1"), (102, "1")])
    assert refusals(scene) == [("X", "not_sent")]
    assert scene.access.book.committed_qty("P") == 0


def test_an_order_that_is_not_acknowledged_is_asked_after() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.timer(1_999)
    assert "XA H X" not in scene.sent_text()
    scene.timer(1)
    scene.timer()
    assert scene.sent_text().count("XA H X") == 1
    scene.report("X", "I/0", "10000/0/10000", exec_id="0")
    scene.timer(10_000)
    assert scene.sent_text().count("XA H X") == 1


@pytest.mark.parametrize("time_in_force", ["3", "4"])
def test_an_immediate_order_without_an_end_is_asked_after_and_in_the_end_cancelled(
    time_in_force: str,
) -> None:
    scene = VenueScene().live()
    child = msgspec.structs.replace(new_child(), time_in_force=TimeInForce(time_in_force))
    scene.child(child)
    scene.report("X", "0/0", "10000/0/10000", exec_id="e1")
    asked: list[int] = []
    for second in range(1, 40):
        scene.timer(1_000)
        scene.timer()
        if scene.sent_text().count("XA H X") > len(asked):
            asked.append(second)
            scene.report("X", "I/0", "10000/0/10000", exec_id="0")
    assert asked == [2, 6, 14]
    assert orders_sent(scene)[:2] == ["XA D X", "XA F XK1<X"]


def test_an_immediate_order_whose_end_was_lost_is_ended_by_its_status() -> None:
    first = VenueScene().live()
    first.child(msgspec.structs.replace(new_child(), time_in_force=TimeInForce("3")))
    first.report("X", "0/0", "10000/0/10000", exec_id="e1")
    again = VenueScene(broker=first.broker)  # and over a restart
    again.log_on()
    again.report("X", "I/0", "10000/0/10000", exec_id="0")
    for scene in (first, again):
        scene.timer(2_000)
        scene.timer()
        scene.report("X", "I/4", "10000/0/0", exec_id="0")
        scene.timer(2_000)
        assert scene.access.book.open == {}
        scene.timer(60_000)
        assert orders_sent(scene) == (["XA D X"] if scene is first else [])


def test_a_resting_order_is_not_asked_after_once_it_is_acknowledged() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.report("X", "0/0", "10000/0/10000", exec_id="e1")
    scene.timer(60_000)
    scene.timer()
    assert "XA H X" not in scene.sent_text()


def test_a_new_worker_is_told_where_the_venues_stand() -> None:
    scene = VenueScene().live()
    scene.session(SessionEvent.LOGGED_OUT, "XB")
    before = len(scene.told)
    scene.child(claim("w2"))
    assert scene.told[before:] == [
        VenueStateChanged(venue="XA", state=VenueState.LIVE, at_ns=START_NS),
        VenueStateChanged(venue="XB", state=VenueState.DOWN, at_ns=START_NS),
    ]
    told = scene.access.on_child(3, 0, claim("w3"), scene.now)
    assert [(each.symbol, each.partition) for each in told if isinstance(each, Publish)] == [
        (None, 3), (None, 3)
    ]  # fmt: skip


def test_resends_are_waited_for_and_a_silence_is_taken_for_their_end() -> None:
    scene = VenueScene()
    scene.session(SessionEvent.LOGON_SENT)
    scene.session(SessionEvent.LOGGED_ON)
    scene.timer(1_500)
    scene.hear("8", [])  # something still comes
    scene.timer(1_500)
    assert [each.msg_type for each in scene.sent] == ["1"]
    for _ in range(3):
        scene.timer(2_000)
    assert [each.msg_type for each in scene.sent] == ["1", "1", "1"]
    scene.timer()
    assert scene.state() is VenueState.LIVE


def test_a_reset_by_the_venue_asks_for_all_that_it_has() -> None:
    scene = VenueScene()
    scene.access.on_reset("XA")
    scene.log_on()
    assert scene.sent_message("AF").get(585) == "7"


def test_status_requests_are_throttled() -> None:
    first = VenueScene().live()
    first.write(*[new_child(f"C{n}", 10) for n in range(250)])
    scene = VenueScene(broker=first.broker)
    scene.log_on()
    assert len(scene.sent) == 1 + 100
    scene.timer(1_000)
    assert len(scene.sent) == 1 + 200


# What venues say


def test_reject_and_business_reject_of_an_order_close_it() -> None:
    scene = VenueScene().live()
    scene.child(new_child("A"), new_child("B"))
    scene.hear("j", [(372, "D"), (379, "A"), (380, 4), (45, 1), (58, "not now")])
    number = scene.seq - 1  # of the order B, the last message before the j
    scene.hear("3", [(372, "D"), (45, number), (373, 5)])
    ended = [(each.cl_ord_id, each.exec_type, each.text) for each in executions(scene)]
    assert ended == [("A", ExecType.REJECTED, "j 4: not now"), ("B", ExecType.REJECTED, "3 5: ")]
    assert scene.access.book.committed_qty("P") == 0


def test_business_reject_of_a_cancel_leaves_the_order() -> None:
    scene = VenueScene().live()
    scene.child(new_child(), cancel_child("Y", "X"))
    text = scene.hear("j", [(372, "F"), (379, "Y"), (380, 4), (45, 1)])
    scene.hear_text(text, poss_dup=True)
    told = [each for each in scene.told if isinstance(each, ChildCancelRejected)]
    assert [(each.cl_ord_id, each.orig_cl_ord_id) for each in told] == [("Y", "X")]
    assert scene.access.book.children["X"].is_open


def test_a_fill_that_nobody_knows_is_doubted_buried_and_booked() -> None:
    scene = VenueScene().live()
    text = scene.report("WHO", "F/1", "500/100/400/100", exec_id="e1")
    scene.hear_text(text, poss_dup=True)
    doubt = scene.sent_message("Q")
    assert [doubt.get(tag) for tag in (127, 17, 37, 32)] == ["D", "e1", "V1", "100"]
    assert [each.cl_ord_id for each in executions(scene)] == ["WHO"]
    letters = [each for each in scene.told if isinstance(each, DeadLetter)]
    assert [each.reason for each in letters] == [DeadLetterReason.UNKNOWN_CHILD]
    assert [each.msg_type for each in scene.sent].count("Q") == 1


@pytest.mark.parametrize(
    ("tag", "value", "field"),
    [(14, "-1", "14"), (150, "?", "150"), (31, "1e5", "31"), (55, "NO", "55"), (54, "5", "54"),
     (14, "1.5", "14"), (17, "a\tb", "17"), (60, "today", "60"), (32, "0", "32")],
)  # fmt: skip
def test_a_report_that_cannot_be_read_is_buried_and_its_orders_asked_after(
    tag: int, value: str, field: str
) -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    fields: list[tuple[int, object]] = [
        (37, "V1"), (17, "e1"), (150, "F"), (39, "1"), (55, SYMBOL), (54, "1"), (38, "10000"),
        (14, "5"), (151, "9995"), (6, "100"), (60, "20231114-10:00:00"), (11, "X"), (32, "5"),
        (31, "100"),
    ]  # fmt: skip
    scene.hear("8", [(each, value if each == tag else was) for each, was in fields])
    letter = scene.told[-1]
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.field) == (DeadLetterReason.BAD_FIELD, field)
    scene.timer()
    assert scene.sent_text()[-1] == "XA H X"


def test_an_order_that_was_given_up_and_lives_is_cancelled_and_its_fills_booked() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    scene.report("X", "8/8", "10000/0/0", exec_id="e1")
    scene.report("X", "0/0", "10000/0/10000", exec_id="e2")
    letters = [each for each in scene.told if isinstance(each, DeadLetter)]
    assert [each.reason for each in letters] == [DeadLetterReason.ILLEGAL_TRANSITION]
    scene.report("X", "F/1", "10000/100/9900/100", exec_id="e3")
    assert scene.access.book.committed_qty("P") == 100
    assert orders_sent(scene) == ["XA D X", "XA F XK1<X"]


# The kill switch


def test_kill_refuses_cancels_and_reports_until_nothing_is_open() -> None:
    scene = VenueScene().live()
    scene.child(new_child("A", 100), new_child("B", 200, venue="XB"), new_child("C", 300))
    scene.control(KILL)
    assert orders_sent(scene)[3:] == ["XA F AK1<A", "XB F BK1<B", "XA F CK1<C"]
    scene.child(new_child("N"))
    assert refusals(scene) == [("N", "killed")]
    scene.report("AK1", "4/4", "100/0/0", exec_id="e1", orig="A")
    scene.timer()
    scene.report("B", "F/2", "200/200/0/200", exec_id="e2", venue="XB")
    scene.timer()
    scene.hear("9", [(37, "V"), (11, "CK1"), (41, "C"), (39, "0"), (434, "1"), (102, "2")])
    scene.timer()
    assert orders_sent(scene)[6:] == []  # not at once again
    scene.timer(2_000)
    assert orders_sent(scene)[6:] == ["XA F CK2<C"]
    scene.report("CK2", "4/4", "300/0/0", exec_id="e3", orig="C")
    scene.timer()
    progress = [(each.open_children, each.open_qty) for each in scene.told
                if isinstance(each, KillProgress)]  # fmt: skip
    assert progress == [(3, 600), (2, 500), (1, 300), (0, 0)]


def test_a_kill_with_nothing_open_says_so_once() -> None:
    scene = VenueScene().live()
    scene.control(KILL)
    scene.timer()
    scene.timer()
    assert [each.open_children for each in scene.told if isinstance(each, KillProgress)] == [0]


def test_progress_names_the_venues_whose_children_it_counts() -> None:
    scene = VenueScene().live()
    scene.control(KILL)
    assert [each.by for each in scene.told if isinstance(each, KillProgress)] == ["venues:XA,XB"]


def test_the_progress_of_another_instance_is_not_taken_for_our_own() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    others = KillProgress(by="venues:XC", symbol=None, venue=None, open_children=1, open_qty=1,
                          at_ns=START_NS)  # fmt: skip
    for record in (KILL, others):
        scene.log.append(Topic.CONTROL, CONTROL_KEY, encode(Topic.CONTROL, record))
    again = VenueScene(broker=scene.broker)
    again.timer()
    assert [(each.by, each.open_children) for each in again.told
            if isinstance(each, KillProgress)] == [("venues:XA,XB", 1)]  # fmt: skip


def test_a_kill_holds_over_a_restart_until_its_very_scope_is_rearmed() -> None:
    first = VenueScene().live()
    first.child(new_child("A"))
    narrow = msgspec.structs.replace(KILL, venue="XA")
    first.session(SessionEvent.LOGGED_OUT)
    first.control(narrow)
    scene = VenueScene(broker=first.broker)
    scene.timer()
    scene.log_on("XB")
    scene.log_on()
    scene.report("A", "I/0", "10000/0/10000", exec_id="0")
    scene.timer()
    assert orders_sent(scene) == ["XA F AK1<A"]
    scene.control(Rearm(author="ops", reason="not this", at_ns=START_NS))
    scene.child(new_child("B"), new_child("C", venue="XB"))
    assert refusals(scene) == [("B", "killed")]
    scene.control(Rearm(author="ops", reason="this", venue="XA", at_ns=START_NS))
    scene.child(new_child("D"))
    assert orders_sent(scene)[1:] == ["XB D C", "XA D D"]


def test_a_long_id_is_cancelled_under_its_hash() -> None:
    scene = VenueScene().live()
    name = "A" * 20
    scene.child(new_child(name))
    scene.control(KILL)
    own = scene.sent_message("F").get(11)
    assert own is not None
    assert len(own) <= 20
    scene.report(own, "4/4", "10000/0/0", exec_id="e1", orig=name)
    assert scene.access.book.open == {}


# The fold


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["new", "cancel", "replace", "fill", "canceled", "replaced", "reject9",
                         "down", "up", "again"]),
        st.integers(0, 5), st.integers(1, 400),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_committed_never_passes_the_parent_and_the_fold_is_the_state(
    steps: list[tuple[str, int, int]],
) -> None:
    """Invariants I1, I2, I4 and I11 of reliability.md, whatever a worker and a venue do."""
    scene = VenueScene().live()
    for number, (step, which, qty) in enumerate(steps):
        act(scene, step, f"C{which}", qty, number)
        assert scene.access.book.committed_qty("P") <= 1_000
        children = {id(each): each for each in scene.access.book.children.values()}.values()
        assert scene.access.book.committed_qty("P") == sum(each.committed_qty for each in children)
    sent = [line for line in scene.sent_text() if " D " in line]
    assert len(sent) == len(set(sent))
    again, twice = VenueScene(broker=scene.broker), VenueScene(broker=scene.broker)
    assert state(again) == state(twice) == state(scene)


def test_a_replace_of_an_order_that_was_cancelled_commits_nothing() -> None:
    scene = VenueScene().live()
    scene.child(new_child(order_qty=100))
    scene.report("X", "4/4", "100/0/0", exec_id="e1")
    scene.child(replace_child("R", "X", 200))
    child = scene.access.book.children["X"]
    assert (child.may_trade, child.committed_qty, scene.access.book.open) == (False, 0, {})
    assert state(VenueScene(broker=scene.broker)) == state(scene)


def act(scene: VenueScene, step: str, name: str, qty: int, number: int) -> None:
    book = scene.access.book
    child = book.children.get(name)
    live = child is not None and child.is_open and child.is_sent
    match step:
        case "new":
            scene.child(new_child(name, qty, parent_qty=1_000))
        case "again":
            scene.child(new_child(name, qty, parent_qty=1_000))
            scene.child(new_child(name, qty, parent_qty=1_000))
        case "cancel":
            scene.child(cancel_child(f"K{number}-{name}", name))
        case "replace":
            scene.child(replace_child(f"R{number}-{name}", name, qty, parent_qty=1_000))
        case "down" if scene.state() is not VenueState.DOWN:
            scene.session(SessionEvent.LOGGED_OUT)
        case "up" if scene.state() is VenueState.DOWN:
            scene.log_on()
        case "fill" if live and child is not None and child.leaves_qty:
            done = min(qty, child.leaves_qty)
            cum = child.cum_qty + done
            kind = "F/2" if cum == child.order_qty else "F/1"
            quantities = f"{child.order_qty}/{cum}/{child.order_qty - cum}/{done}"
            text = scene.report(child.cl_ord_id, kind, quantities, exec_id=f"e{number}")
            scene.hear_text(text, poss_dup=True)
        case "canceled" if live and child is not None:
            quantities = f"{child.order_qty}/{child.cum_qty}/0"
            scene.report(child.cl_ord_id, "4/4", quantities, exec_id=f"e{number}")
        case "replaced" | "reject9" if live and child is not None and child.requests:
            answer(scene, step, name, number)


def answer(scene: VenueScene, step: str, name: str, number: int) -> None:
    child = scene.access.book.children[name]
    request_id, request = next(iter(child.requests.items()))
    if step == "reject9":
        scene.hear("9", [(37, "V"), (11, request_id), (41, name), (39, "0"), (434, "1"),
                         (102, "2")])  # fmt: skip
    elif request_id.startswith("R") and request.is_sent:
        qty = max(request.command.order_qty, child.cum_qty)
        quantities = f"{qty}/{child.cum_qty}/{qty - child.cum_qty}"
        scene.report(request_id, "5/0", quantities, exec_id=f"e{number}", orig=child.cl_ord_id)


def state(scene: VenueScene) -> list[tuple[str, OrdStatus, int, int, list[str]]]:
    """What must be the same after a fold, of every child. A cancel of an order that has ended waits
    for its answer live, and ends with the order in a fold: nobody asks."""
    return [
        (child.cl_ord_id, child.status, child.order_qty, child.cum_qty,
         sorted(child.requests) if child.may_trade else [])
        for name, child in sorted(scene.access.book.children.items())
        if name == child.terms.cl_ord_id
    ]  # fmt: skip


def test_sells_are_matched_by_side() -> None:
    scene = VenueScene().live()
    scene.child(new_child(side=Side.SELL))
    scene.report("X", "F/1", "10000/1/9999/1", exec_id="e1")  # reported as a buy
    assert scene.access.book.children["X"].cum_qty == 0
    assert [type(each) for each in scene.told[-2:]] == [Execution, DeadLetter]


def test_sent_records_name_what_was_sent() -> None:
    scene = VenueScene().live()
    scene.child(new_child())
    assert scene.told[-1] == ChildSent(
        venue="XA", session="FIX.4.4-US-XA", cl_ord_id="X", order_id="P", symbol=SYMBOL,
        sent_ns=START_NS,
    )  # fmt: skip
