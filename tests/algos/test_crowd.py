"""Parents that are due on the same second, under a limit on messages: queued, and none lost."""

from algos.pace import Pace
from algos.partition import Partition
from algos.policy import Policy
from domain.children import NewChild
from domain.control import SetLimits
from domain.executions import VenueState
from domain.fix_codes import ExecType
from domain.marketdata import Quote
from domain.refusals import WaitReason
from domain.reports import ParentWaiting
from gateway.risk import TokenBucket
from tests.algos.partition_scene import (
    BEGIN_NS,
    CALENDAR,
    PAUSED,
    TABLE,
    S,
    Scene,
    at_ns,
    new_parent,
)

RATE = 100
PARENTS = 200
INTERVAL_S = 10


def crowd(pace: Pace) -> Scene:
    """Parents of three lots, one every ten seconds, all at the same ones; and a deep market."""
    partition = Partition(
        number=0, instruments=TABLE, calendars={"XNYS": CALENDAR, "XTKS": PAUSED},
        policy=Policy(stale_ns=600 * S), partition_of=lambda symbol: 0, pace=pace,
    )  # fmt: skip
    scene = Scene(partition=partition)
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 10_000, 10**7, 10_001, 10**7, BEGIN_NS))
    for number in range(PARENTS):
        scene.ask(new_parent(f"A{number}", 300, end_s=60 + 3 * INTERVAL_S, start_s=60,
                             params={"interval": INTERVAL_S}))  # fmt: skip
    return scene


def run(scene: Scene, until_s: float) -> list[NewChild]:
    """Every child is filled at once. Returns them."""
    sent: list[NewChild] = []
    while (wake_ns := scene.partition.next_wake_ns()) is not None and wake_ns <= at_ns(until_s):
        for _, said in scene.step_to(max(wake_ns, scene.now_ns)):
            if isinstance(said, NewChild):
                sent.append(said)
                scene.say(scene.execution(said.cl_ord_id, ExecType.TRADE, qty=said.order_qty,
                                          px="100.01"))  # fmt: skip
    return sent


def test_two_hundred_on_the_same_second_are_queued_and_none_is_lost() -> None:
    scene = crowd(Pace(per_second=RATE))
    sent = run(scene, 90)
    assert sum(child.order_qty for child in sent) == 300 * PARENTS
    bucket = TokenBucket()
    for child in sent:
        assert bucket.has(child.decided_ns, RATE), "venue access would have refused it"
        bucket.take(child.decided_ns, RATE)
    late_ns = [(child.decided_ns - at_ns(60)) % (INTERVAL_S * S) for child in sent]
    assert max(late_ns) < 0.2 * INTERVAL_S * S
    for second in range(3):  # each slice: half a second's worth at once, then one by one
        of_slice = [child.decided_ns for child in sent
                    if (child.decided_ns - at_ns(60)) // (INTERVAL_S * S) == second]  # fmt: skip
        assert len(of_slice) == PARENTS
        assert len(set(of_slice)) > PARENTS / 2
    told = [each for each in scene.reports if isinstance(each, ParentWaiting)]
    queued = {each.order_id for each in told if each.reason is WaitReason.MESSAGE_RATE}
    assert len(queued) > PARENTS / 2


def test_without_a_limit_all_go_at_once() -> None:
    sent = run(crowd(Pace()), 61)
    assert len(sent) == PARENTS
    assert {child.decided_ns for child in sent} == {at_ns(60)}


def test_an_operator_changes_the_limit() -> None:
    scene = crowd(Pace(per_second=RATE))
    limits = SetLimits(author="op", reason="test", messages_per_second=10, at_ns=BEGIN_NS)
    scene.control(limits)
    assert len(run(scene, 61)) <= 5 + 9
    other = crowd(Pace(per_second=RATE))
    other.control(SetLimits(author="op", reason="test", symbol="IBM", messages_per_second=10,
                            at_ns=BEGIN_NS))  # fmt: skip
    assert len(run(other, 61)) > 100  # of one symbol: venue access alone holds to it
