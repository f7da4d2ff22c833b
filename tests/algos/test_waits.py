"""What an order waited for: every moment once, the same after a restart; reports within bounds."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.waits import MOMENTARY_NS, TELL_BURST, TELL_EVERY_NS, Wait, Waits, waited_text
from domain.executions import VenueState
from domain.fix_codes import ExecType
from domain.marketdata import Quote
from domain.refusals import RefusalReason, WaitReason
from domain.reports import ParentReport, ParentWaiting
from tests.algos.partition_scene import BEGIN_NS, S, Scene, at_ns, new_parent

MS = 1_000_000
STEPS = st.lists(
    st.tuples(st.sampled_from(list(WaitReason)), st.integers(0, 9_000)), min_size=1, max_size=120
)


def report(waits: Waits, now_ns: int) -> ParentWaiting:
    """What a worker says then."""
    assert waits.now is not None
    return ParentWaiting(
        claim=0, order_id="P", source="OMS", cl_ord_id="A", symbol="IBM", reason=waits.now.reason,
        refusal=waits.now.refusal, venue=waits.now.venue, since_ns=waits.since_ns,
        waited_ms=waits.waited_ms(now_ns), due_qty=0, cum_qty=0, open_qty=0, transact_ns=now_ns,
    )  # fmt: skip


@settings(max_examples=60)
@given(STEPS)
def test_every_moment_counts_once_whatever_is_told(steps: list[tuple[WaitReason, int]]) -> None:
    waits, folded, now_ns, told = Waits(), Waits(), 0, []
    for reason, after_ms in steps:
        waits.become(Wait(reason), now_ns)
        if waits.tell_ns(now_ns) == now_ns:
            told.append(report(waits, now_ns))
            waits.on_told(told[-1])
            folded.on_told(told[-1])
            assert folded.now == waits.now
            assert folded.waited_ms(now_ns) == waits.waited_ms(now_ns)
            assert folded.tell_ns(now_ns) is None
        now_ns += after_ms * MS
        assert sum(waits.waited_ms(now_ns).values()) == now_ns // MS
    assert sum(folded.waited_ms(now_ns).values()) == (now_ns // MS if told else 0)
    assert len(told) <= TELL_BURST + now_ns // TELL_EVERY_NS


def test_a_burst_is_told_at_once_and_then_one_in_five_seconds() -> None:
    waits, told, kinds = Waits(), [], (WaitReason.ABOVE_LIMIT, WaitReason.NO_LIQUIDITY)
    for tenth in range(1_000):
        waits.become(Wait(kinds[tenth % 2]), tenth * 100 * MS)
        if waits.tell_ns(tenth * 100 * MS) == tenth * 100 * MS:
            waits.on_told(report(waits, tenth * 100 * MS))
            told.append(tenth)
    assert told[:TELL_BURST] == list(range(TELL_BURST))
    assert 19 <= len(told) - TELL_BURST <= 100 * S // TELL_EVERY_NS
    assert waits.tell_ns(100 * S) is not None, "what holds at the end has its turn"


def test_what_is_over_in_a_moment_is_counted_and_not_told() -> None:
    waits = Waits()
    waits.become(Wait(WaitReason.PACING), 0)
    assert waits.tell_ns(0) == MOMENTARY_NS[WaitReason.PACING]
    waits.become(Wait(WaitReason.WAITING_FOR_SLICE), 100 * MS)
    assert waits.tell_ns(100 * MS) == 100 * MS
    assert waits.waited_ms(300 * MS) == {"pacing": 100, "waiting_for_slice": 200}


def test_a_refusal_with_another_code_is_another_reason() -> None:
    waits = Waits()
    waits.become(Wait(WaitReason.REFUSED, RefusalReason.PRICE_COLLAR, "XA"), 0)
    waits.on_told(report(waits, 0))
    waits.become(Wait(WaitReason.REFUSED, RefusalReason.MAX_QTY, "XA"), S)
    assert waits.tell_ns(S) == S
    assert waits.waited_ms(3 * S) == {"refused": 3_000}


def test_after_the_end_it_waits_for_nothing_and_is_told_anew_if_it_comes_back() -> None:
    waits = Waits()
    waits.become(Wait(WaitReason.WORKING), 0)
    waits.on_told(report(waits, 0))
    waits.end(2 * S)
    assert waits.tell_ns(3 * S) is None
    assert waits.waited_ms(9 * S) == {"working": 2_000}
    waits.become(Wait(WaitReason.WORKING), 9 * S)
    assert waits.tell_ns(9 * S) == 9 * S


def test_the_sums_in_words() -> None:
    assert waited_text({"working": 3_240, "above_limit": 120_400, "pacing": 0}) == (
        "above_limit 120 s, working 3.2 s"
    )


def limited() -> Scene:
    """An order that waits for its limit from the first second on, for 30 s; then it trades."""
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_001, 900, BEGIN_NS))
    scene.ask(new_parent("A", 400, limit="100.00", start_s=1, params={"interval": 300}, end_s=400))
    scene.step_to(at_ns(31))
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_000, 900, at_ns(31)))
    scene.step_to(at_ns(32))
    return scene


def test_the_last_report_has_the_sums() -> None:
    scene = limited()
    (child,) = scene.sent
    scene.say(scene.execution(child, ExecType.TRADE, qty=400, px="100.00"))
    last = scene.reports[-1]
    assert isinstance(last, ParentReport)
    assert last.waited_ms["before_start"] == 1_000
    assert 30_000 <= last.waited_ms["above_limit"] <= 30_250
    assert sum(last.waited_ms.values()) == 32_000


def test_a_restarted_worker_knows_what_was_waited_for() -> None:
    scene = limited()
    before = parent_waits(scene).waited_ms(scene.now_ns)
    scene.restart()
    assert parent_waits(scene).waited_ms(scene.now_ns) == before
    assert msgspec.json.encode(before)


def parent_waits(scene: Scene) -> Waits:
    (parent,) = scene.partition.blotter.parents.values()
    return parent.waits
