"""What others could read off our children: no rhythm, no favourite size (quant.md 5.5).

Parents trade in a market that stands still and fills every immediate order, so that all there is to
see of them is their own making. A spectrum is the mean of many orders': that of one alone has peaks
by chance.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from algos.actions import Send
from algos.decision import decide
from algos.partition import Command, Partition
from algos.policy import Policy
from algos.schedule import Schedule
from domain.children import CancelChild, NewChild, ReplaceChild
from domain.executions import VenueState
from domain.fix_codes import ExecType, TimeInForce
from domain.marketdata import Quote
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
from tests.algos.test_decision import Case

PARENTS = 20
WINDOW_S = 900
INTERVAL_S = 30
QTY = 240_000  # 30 slices of 80 lots in the mean: 64 to 96, so that every last digit may come
PEAK_MAX = 5.0  # of the mean of a spectrum
CHI2_9 = 27.9  # 9 degrees of freedom, 0.1 %


@cache
def children_of(style: str) -> dict[str, list[NewChild]]:
    """All children of every parent, by OrderID. Orders that rest are never filled."""
    partition = Partition(
        number=0, instruments=TABLE, calendars={"XNYS": CALENDAR, "XTKS": PAUSED},
        policy=Policy(stale_ns=4_000 * S, touch_statistics=False), partition_of=lambda symbol: 0,
    )  # fmt: skip
    scene = Scene(partition=partition)
    for venue in ("XA", "XB"):
        scene.venue(venue, VenueState.LIVE)
        scene.show(Quote("IBM", venue, 9_999, 10**6, 10_000, 10**6, scene.now_ns))
    for number in range(PARENTS):
        said = scene.ask(new_parent(
            f"A{number}", QTY, start_s=10, end_s=10 + WINDOW_S,
            params={"interval": INTERVAL_S, "size_jitter": 0.2, "time_jitter": 1.0,
                    "style": style, "completion": "cross"},
        ))  # fmt: skip
        _answer(scene, said)
    while (wake_ns := scene.partition.next_wake_ns()) is not None and wake_ns <= at_ns(1_000):
        for _, command in scene.step_to(max(wake_ns, scene.now_ns)):
            _answer(scene, [command])
    found: dict[str, list[NewChild]] = {}
    for command in scene.children:
        if isinstance(command, NewChild):
            found.setdefault(command.order_id, []).append(command)
    assert len(found) == PARENTS
    return found


def _answer(scene: Scene, commands: Sequence[Command]) -> None:
    """The venue does what it is asked; what the worker says to that is answered, too."""
    for command in commands:
        more: list[Command] = []
        if isinstance(command, NewChild):
            if command.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL:
                more = scene.say(scene.execution(command.cl_ord_id, ExecType.TRADE,
                                                 qty=command.order_qty, px="100.00"))  # fmt: skip
            else:
                more = scene.say(scene.execution(command.cl_ord_id, ExecType.NEW))
        elif isinstance(command, CancelChild):
            more = scene.say(scene.execution(command.orig_cl_ord_id, ExecType.CANCELED))
        assert not isinstance(command, ReplaceChild)  # nothing moves
        _answer(scene, more)


def crossing(style: str) -> list[list[NewChild]]:
    return [
        [each for each in children if each.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL]
        for children in children_of(style).values()
    ]


def spectrum(times_s: Sequence[Sequence[float]], frequencies: np.ndarray) -> np.ndarray:
    """Mean over the orders of |sum exp(2 pi i f t)|^2 / n: 1 everywhere if times are by chance."""
    powers = []
    for times in times_s:
        phases = np.exp(2j * np.pi * np.outer(frequencies, np.array(times)))
        powers.append(np.abs(phases.sum(axis=1)) ** 2 / len(times))
    return np.asarray(np.mean(powers, axis=0))


# From four periods a window up to a period of 2 s, finer than a window can tell apart.
FREQUENCIES = np.arange(4 / WINDOW_S, 0.5, 0.5 / WINDOW_S)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["aggressive", "normal"])
def test_child_times_have_no_rhythm(style: str) -> None:
    times = [
        [(each.decided_ns - at_ns(10)) / S for each in children]
        for children in children_of(style).values()
    ]
    assert all(len(each) >= 30 for each in times)
    powers = spectrum(times, FREQUENCIES)
    assert powers.max() < PEAK_MAX * powers.mean()


def test_a_rhythm_would_be_seen() -> None:
    """A slice every 30 s to within 5 s."""
    random = np.random.default_rng(1)
    times = [INTERVAL_S * np.arange(30) + random.uniform(0, 5, 30) for _ in range(PARENTS)]
    powers = spectrum([list(each) for each in times], FREQUENCIES)
    assert powers.max() > PEAK_MAX * powers.mean()


@pytest.mark.slow
@pytest.mark.parametrize("style", ["aggressive", "normal"])
def test_sizes_prefer_no_round_number(style: str) -> None:
    """The last digit of a size in lots is any with the same chance: chi2 against an even one."""
    sizes = [each.order_qty // 100 for children in crossing(style) for each in children[1:-1]]
    digits = Counter(size % 10 for size in sizes)
    expected = len(sizes) / 10
    chi2 = sum((digits[digit] - expected) ** 2 / expected for digit in range(10))
    assert len(sizes) > 500
    assert chi2 < CHI2_9
    _, most = Counter(sizes).most_common(1)[0]
    assert most < 0.1 * len(sizes)  # and none is a favourite


@pytest.mark.slow
@pytest.mark.parametrize("style", ["aggressive", "normal"])
def test_total_and_deadline_are_never_random(style: str) -> None:
    for children in crossing(style):
        assert sum(each.order_qty for each in children) == QTY
        assert all(at_ns(10) <= each.decided_ns < at_ns(10 + WINDOW_S) for each in children)


@pytest.mark.slow
def test_no_two_orders_wait_alike() -> None:
    resting = [
        [each for each in children if each.time_in_force is TimeInForce.DAY]
        for children in children_of("normal").values()
    ]
    patience = [
        round((crossed[0].decided_ns - rested[0].decided_ns) / S, 3)
        for crossed, rested in zip(crossing("normal"), resting, strict=True)
    ]
    assert len(set(patience)) > PARENTS * 0.9
    assert max(patience) > 1.2 * min(patience)


def test_no_two_orders_show_alike() -> None:
    """Orders alike in all but their ids: other venues first, and other sizes of a large child."""
    venues, sizes = Counter[str](), Counter[int]()
    for number in range(60):
        case = Case()
        case.market.on_event(Quote("IBM", "XB", 9_999, 900, 10_000, 900, case.now_ns))
        case.live["XB"] = True
        case.parent.order_id = f"P{number}"
        case.parent.params = {"style": "normal"}
        case.parent.schedule = Schedule((BEGIN_NS,), (9_000,))
        case.terms(order_qty=9_000)
        actions = decide(case.parent, case.around()).actions
        assert (
            actions == decide(case.parent, case.around()).actions
        )  # and the same when asked again
        (action,) = actions
        assert isinstance(action, Send)
        venues[action.venue] += 1
        sizes[action.qty] += 1
    assert min(venues.values()) > 15
    assert set(sizes) == set(range(1_400, 2_200, 100))  # twice 900, a fifth more or less
