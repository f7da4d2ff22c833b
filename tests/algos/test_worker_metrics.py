"""What /metrics says of the market: states by venue, events skipped by reason, statistics."""

import pytest
from prometheus_client import REGISTRY

from algos.worker_metrics import set_gauges
from domain.executions import VenueState
from domain.marketdata import Quote, Trade
from domain.refusals import RefusalReason
from headgate import metrics
from tests.algos.partition_scene import BEGIN_NS, S, Scene, new_parent

assert metrics.WORKER_TOUCH_SYMBOLS  # declares them


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"headgate_worker_{name}", labels)


def test_the_market_is_shown() -> None:
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    scene.ask(new_parent("A", start_s=60, end_s=3_600))
    for second in range(25):
        scene.show(Quote("IBM", "XA", 9_999 + second % 20, 500, 10_001 + second % 20, 500,
                         BEGIN_NS + second * S))  # fmt: skip
        scene.show(Trade("IBM", "XA", 10_000, 300, BEGIN_NS + second * S))
    scene.show(Quote("IBM", "XA", 10_005, 500, 10_004, 500, BEGIN_NS + 25 * S))
    scene.show(Quote("IBM", "XB", 9_999, 500, 0, 0, BEGIN_NS + 25 * S))
    scene.show(Trade("IBM", "D", 0, 5, BEGIN_NS))
    set_gauges([scene.partition], BEGIN_NS + 25 * S)
    assert gauge("touch_symbols", venue="XA", kind="crossed") == 1
    assert gauge("touch_symbols", venue="XA", kind="two_sided") == 0
    assert gauge("touch_symbols", venue="XB", kind="one_sided") == 1
    assert gauge("best_symbols", kind="one_sided") == 1
    assert gauge("skipped_market_events", venue="XA", reason="crossed") == 1
    assert gauge("skipped_market_events", venue="other", reason="bad_px") == 1
    assert gauge("spread_ticks", symbol="IBM") == 2
    assert (gauge("volatility_bps", symbol="IBM") or 0) > 0
    assert (gauge("traded_shares_per_second", symbol="IBM") or 0) > 250
    scene.partition.blotter.live_parents.clear()
    set_gauges([scene.partition], BEGIN_NS + 25 * S)
    assert gauge("spread_ticks", symbol="IBM") == 0


def test_what_orders_wait_for_is_shown_with_their_shares_and_counted_in_seconds() -> None:
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_001, 900, BEGIN_NS))
    scene.ask(new_parent("A", 400, limit="100.00", params={"interval": 300}, end_s=400))
    scene.ask(new_parent("B", 500, start_s=60, end_s=3_600))
    before = gauge("waiting_seconds_total", reason="above_limit") or 0.0
    set_gauges([scene.partition], BEGIN_NS + 2 * S, 2.0)
    assert gauge("parents_waiting", reason="above_limit") == 1
    assert gauge("waiting_due_shares", reason="above_limit") == 400
    assert gauge("waiting_due_shares", reason="before_start") == 0
    assert gauge("waiting_seconds_total", reason="above_limit") == pytest.approx(before + 2)
    scene.show(Quote("IBM", "XA", 9_999, 900, 10_000, 900, BEGIN_NS + S))
    scene.step_to(BEGIN_NS + S)
    (child,) = scene.sent
    scene.say(scene.refused(child, RefusalReason.PRICE_COLLAR))
    set_gauges([scene.partition], BEGIN_NS + 2 * S, 1.0)
    assert gauge("parents_waiting", reason="refused") == 1
    assert gauge("parents_refused", reason="price_collar") == 1
    assert gauge("waiting_seconds_total", reason="above_limit") == pytest.approx(before + 2)
