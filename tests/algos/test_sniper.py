"""When a sniper takes: what it compares the market with, its price, and the time between two."""

import statistics
from itertools import pairwise

import pytest

from algos.parent import Parent
from algos.sniper import SNIPER, is_worth_it, next_take_ns, usual_of
from algos.surroundings import Surroundings
from domain.children import NewChild
from domain.executions import VenueState
from domain.fix_codes import ExecType
from domain.instruments import Side
from domain.marketdata import Quote
from domain.parents import ParamValue
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile
from tests.algos.partition_scene import BEGIN_NS, S, Scene, new_parent
from tests.algos.plan_scene import plan_request
from tests.marketdata.profile_scene import profile

# A minute of 99.90 x 500 / 100.00 x 500: spread 10 ticks, 500 shares a side. Then:
# side, (bid, bid shares, ask, ask shares), margin, whether it takes.
Case = tuple[Side, tuple[int, int, int, int], float, bool]
CASES: list[Case] = [
    (Side.BUY, (9_990, 500, 10_000, 500), 1.0, False),
    (Side.BUY, (9_995, 500, 10_000, 300), 0.0, True),  # half the mean spread, whatever the size
    (Side.BUY, (9_994, 500, 10_000, 300), 1.0, False),
    (Side.BUY, (9_990, 500, 10_000, 990), 1.0, False),  # not more than twice the mean
    (Side.BUY, (9_990, 500, 10_000, 1_100), 1.0, True),
    (Side.BUY, (9_990, 500, 10_000, 1_100), 0.5, False),  # 6.9 ticks beyond the microprice
    (Side.BUY, (9_990, 1_100, 10_000, 500), 1.0, False),  # of the other side
    (Side.SELL, (9_990, 1_100, 10_000, 500), 1.0, True),
    (Side.SELL, (9_990, 500, 10_000, 1_100), 1.0, False),
    (Side.BUY, (9_970, 500, 10_000, 1_100), 1.0, False),  # much at a bad price
]


def market_before(seconds: int = 60) -> SymbolMarket:
    market = SymbolMarket(symbol="IBM")
    for second in range(seconds + 1):
        market.on_event(Quote("IBM", "XA", 9_990, 500, 10_000, 500, second * S))
    return market


def around_of(market: SymbolMarket, found: SymbolProfile | None = None) -> Surroundings:
    return Surroundings(market=market, live={}, killed=False, now_ns=market.quotes["XA"].at_ns,
                        profile=found)  # fmt: skip


def sniper(side: Side = Side.BUY, **params: float) -> Parent:
    parent = plan_request(SNIPER, 1_000, 60, 1, **params).parent
    parent.side = side
    return parent


@pytest.mark.parametrize(("side", "touch", "margin", "takes"), CASES)
def test_when_it_takes(
    side: Side, touch: tuple[int, int, int, int], margin: float, takes: bool
) -> None:
    market = market_before()
    market.on_event(Quote("IBM", "XA", *touch, 60 * S + 1))
    around = around_of(market)
    parent = sniper(side, price_margin=margin)
    assert is_worth_it(parent, around, market.bbo(around.now_ns)) is takes


def test_what_is_usual() -> None:
    """Live means once half a minute was seen; before that those of past days, if there are any."""
    parent = sniper()
    young, old = market_before(20), market_before(40)
    days = profile(relative_spread=2e-3, touch_qty=800.0)
    assert usual_of(parent, around_of(young)) is None
    found = usual_of(parent, around_of(young, days))
    assert found is not None
    assert found.spread_ticks == pytest.approx(19.99)
    assert found.touch_qty == 800.0
    found = usual_of(parent, around_of(old, days))
    assert found is not None
    assert found.spread_ticks == pytest.approx(10.0)
    assert found.touch_qty == pytest.approx(500.0)


def test_waits_are_random_about_their_mean() -> None:
    scene = Scene()
    scene.venue("XA", VenueState.LIVE)
    for second in range(60):
        scene.step_to(BEGIN_NS + second * S)
        scene.show(Quote("IBM", "XA", 9_990, 500, 10_000, 500, scene.now_ns))
        if not second:
            params: dict[str, ParamValue] = {"take_interval": 2.0, "spread_fraction": 1.0}
            scene.ask(new_parent("A", 100_000, end_s=3_600, algo="sniper", params=params))
    for tenth in range(600):
        scene.step_to(BEGIN_NS + 60 * S + tenth * S // 10)
        scene.show(Quote("IBM", "XA", 9_996, 500, 10_000, 500, scene.now_ns))
        scene.step_to(scene.now_ns)
        for name, sent in scene.sent.items():
            if not sent.closed:
                scene.say(scene.execution(name, ExecType.TRADE, qty=sent.order_qty, px="100"))
    taken_ns = [each.decided_ns for each in scene.children[1:] if isinstance(each, NewChild)]
    gaps = [(after - before) / S for before, after in pairwise(taken_ns)]
    assert len(gaps) > 20
    assert all(1.0 <= gap < 3.2 for gap in gaps)  # [0.5, 1.5) of 2 s, and a look each 0.1 s
    assert 1.7 < statistics.mean(gaps) < 2.4
    assert statistics.stdev(gaps) > 0.3


def test_the_first_take_waits_for_nothing() -> None:
    assert next_take_ns(sniper()) == 0
