"""Rules of the whole core: what costs nothing, what it keeps, how well TWAP follows the clock."""

from decimal import Decimal
from typing import Never

import pytest

from algos.parent import Parent
from domain.children import NewChild
from domain.executions import VenueState
from domain.fix_codes import ExecType, OrdStatus
from domain.marketdata import Quote, Trade
from domain.parents import ParamValue
from domain.reports import ParentReport
from tests.algos.partition_scene import BEGIN_NS, S, Scene, new_parent


class Untouchable(dict[str, Parent]):
    """Parents that nobody may look at all of."""

    def values(self) -> Never:
        raise AssertionError("all parents were walked")

    items = __iter__ = values


def crowd(count: int) -> Scene:
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    for number in range(count):
        scene.ask(new_parent(f"I{number}", start_s=3_600, end_s=7_200))
    blotter = scene.partition.blotter
    blotter.live_parents = Untouchable(blotter.live_parents)
    blotter.parents = Untouchable(blotter.parents)
    return scene


def test_market_data_touches_no_parent() -> None:
    scene = crowd(2_000)
    scene.partition.blotter.live_parents.clear()  # whoever looked for one would not find it
    for at_ns in range(BEGIN_NS, BEGIN_NS + 100):
        scene.show(Quote("IBM", "XA", 9_999, 500, 10_000, 500, at_ns))
        scene.show(Trade("IBM", "XA", 10_000, 100, at_ns))


def test_an_execution_and_a_timer_touch_their_own_parent_only() -> None:
    scene = crowd(200)
    scene.show(Quote("IBM", "XA", 9_999, 500, 10_000, 500, BEGIN_NS))
    scene.ask(new_parent("A", end_s=40))
    [child] = scene.children
    scene.say(scene.execution(child.cl_ord_id, ExecType.TRADE, qty=300, px="100"))
    scene.step_to(BEGIN_NS + 11 * S)
    assert len(scene.children) == 2


def test_what_is_closed_is_not_kept_where_it_is_walked() -> None:
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 100, 10_000, 100, BEGIN_NS))
    scene.ask(new_parent("A", 40_000, end_s=59))
    for _ in range(390):
        cl_ord_id = scene.children[-1].cl_ord_id
        if not scene.sent[cl_ord_id].closed:
            scene.say(scene.execution(cl_ord_id, ExecType.TRADE, qty=100, px="100"))
        scene.step_to(scene.now_ns + S // 8)
    parent = scene.partition.blotter.parent_of("OMS", "A")
    assert parent is not None
    assert parent.children > 150
    assert len(parent.open_children) <= 1
    assert scene.partition.blotter.untold == []
    assert len(scene.partition._progress._heap) < 50


def test_market_data_of_what_is_not_traded_is_not_kept() -> None:
    scene = Scene()
    scene.show(Quote("ZZZ", "XA", 9_999, 100, 10_000, 100, BEGIN_NS))
    assert scene.partition.markets == {}


def test_records_of_orders_that_the_log_dropped_are_passed_over() -> None:
    """Topics are cut by age, each at its own place."""
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_000, 900, BEGIN_NS))
    scene.ask(new_parent("A"))
    scene.ask(new_parent("B", 2_000))
    del scene.parents[0]
    scene.restart()
    assert [each.cl_ord_id for each in scene.partition.blotter.parents.values()] == ["B"]


def test_the_volume_since_the_start_is_found_again() -> None:
    """A restart neither forgets what others traded nor what we did."""
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_000, 900, BEGIN_NS))
    scene.show(Trade("IBM", "XA", 10_000, 5_000, BEGIN_NS - 1))
    scene.ask(new_parent("A", params={"max_participation": 0.2}))
    scene.now_ns += 1
    scene.show(Trade("IBM", "XA", 10_000, 1_200, scene.now_ns))
    scene.step_to(BEGIN_NS + S)
    [child] = scene.children
    assert isinstance(child, NewChild)
    scene.say(scene.execution(child.cl_ord_id, ExecType.TRADE, qty=child.order_qty, px="100"))
    scene.show(Trade("IBM", "XA", 10_000, child.order_qty, scene.now_ns))
    assert child.order_qty == 300
    scene.restart()
    scene.step_to(BEGIN_NS + 39 * S)
    assert len(scene.children) == 1


# quant.md 9.3: max |filled(t)/X - t/T| after 5 % of the window <= 2 % + a lot, must-cross mode.
@pytest.mark.parametrize("number", range(5))
def test_twap_tracks_the_clock(number: int) -> None:
    order_qty, window_s = 20_000, 3_600
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    for other in range(number):  # the offset of the request seeds the plan
        scene.ask(new_parent(f"I{other}", start_s=7_200, end_s=8_000))
    defaults: dict[str, ParamValue] = {
        "interval": 30,
        "size_jitter": 0.2,
        "time_jitter": 1.0,
        "completion": "cross",
    }
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_000, 900, scene.now_ns))
    scene.ask(new_parent("A", order_qty, end_s=window_s, params=defaults))
    parent = scene.partition.blotter.parent_of("OMS", "A")
    assert parent is not None
    worst = 0.0
    for second in range(1, window_s + 1):
        scene.show(Quote("IBM", "XA", 9_999, 900, 10_000, 900, scene.now_ns))
        scene.step_to(BEGIN_NS + second * S)
        for cl_ord_id in list(parent.open_children):
            qty = scene.sent[cl_ord_id].order.order_qty
            scene.say(scene.execution(cl_ord_id, ExecType.TRADE, qty=qty, px="100"))
        if second >= 0.05 * window_s and second < window_s * 0.98:
            worst = max(worst, abs(parent.cum_qty / order_qty - second / window_s))
    assert worst <= 0.02 + 100 / order_qty
    last = [each for each in scene.reports if isinstance(each, ParentReport)][-1]
    assert (last.ord_status, last.cum_qty) == (OrdStatus.FILLED, order_qty)
    assert last.avg_px == Decimal(100)
