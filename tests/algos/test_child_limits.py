"""No child that venue access would refuse for its size, from whichever algorithm it comes."""

from decimal import Decimal

import pytest

from algos.child_limits import ChildLimits, ChildLimitTable, largest_child_qty
from algos.policy import Policy
from domain.children import NewChild, ReplaceChild
from domain.control import SetLimits
from domain.executions import VenueState
from domain.fix_codes import ExecType, TimeInForce
from domain.instruments import Side
from domain.marketdata import Quote, Trade
from domain.parents import ParamValue
from domain.venue_offer import EVERYTHING
from tests.algos.partition_scene import AUCTIONS, IBM, S, Scene, at_ns, new_parent, new_partition

LIMITS = ChildLimits(max_qty=1_000, max_notional=Decimal(60_000))


@pytest.mark.parametrize(
    ("limits", "px_ticks", "found"),
    [
        (ChildLimits(), 10_000, None),
        (ChildLimits(max_qty=1_050), 10_000, 1_000),
        (ChildLimits(max_qty=50), 10_000, 100),  # venue access says no, and why
        (LIMITS, 0, 1_000),
        (LIMITS, 10_000, 500),  # 60,000 / (100 x 1.02) = 588
        (LIMITS, 1, 1_000),
    ],
)
def test_the_largest_child(limits: ChildLimits, px_ticks: int, found: int | None) -> None:
    assert largest_child_qty(limits, IBM, px_ticks) == found


def test_operators_change_them() -> None:
    table = ChildLimitTable(LIMITS)
    order = SetLimits(author="a", reason="r", symbol="IBM", max_child_qty=300, at_ns=0)
    table.apply(order)
    assert table.of("IBM") == ChildLimits(max_qty=300, max_notional=Decimal(60_000))
    assert table.of("XYZ") == LIMITS
    table.apply(SetLimits(author="a", reason="r", max_child_notional=Decimal(5), at_ns=0))
    assert table.of("IBM") == ChildLimits(max_qty=300, max_notional=Decimal(5))


CASES: list[tuple[str, dict[str, ParamValue]]] = [
    ("twap", {"interval": 40}),
    ("twap", {"interval": 40, "style": "normal"}),
    ("twap", {"interval": 40, "max_child_qty": 800}),
    ("iceberg", {"display_qty": 2_000}),
    ("iceberg", {"display_qty": 200, "method": "auto"}),
    ("pegged", {"peg": "primary"}),
    ("sniper", {"spread_fraction": 1.0, "completion": "cross"}),
]


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize(("algo", "params"), CASES)
def test_no_child_is_larger(algo: str, params: dict[str, ParamValue], side: Side) -> None:
    scene = Scene(new_partition(policy=Policy(stale_ns=60 * S, child_limits=LIMITS)))
    scene.offers["XA"] = EVERYTHING
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 9_000, 10_001, 9_000, scene.now_ns))
    scene.ask(new_parent("A", 3_000, side=side, algo=algo, end_s=40, params=dict(params)))
    for second in range(1, 36):
        scene.step_to(at_ns(second))
        for name, sent in list(scene.sent.items()):
            if not sent.closed:
                scene.say(scene.execution(name, ExecType.TRADE, qty=100, px="100.00"))
    sizes = [each.order_qty for each in scene.children
             if isinstance(each, NewChild | ReplaceChild)]  # fmt: skip
    assert sizes
    assert max(sizes) <= 500


def test_an_order_for_the_cross_is_sent_in_parts() -> None:
    policy = Policy(stale_ns=60 * S, auctions=AUCTIONS, child_limits=ChildLimits(max_qty=300))
    scene = Scene(new_partition(policy=policy))
    scene.step_to(at_ns(21_100))
    scene.venue("XA", VenueState.LIVE)
    scene.show(Quote("IBM", "XA", 9_999, 9_000, 10_001, 9_000, scene.now_ns))
    scene.show(Trade("IBM", "XA", 10_000, 50_000, scene.now_ns))
    scene.ask(new_parent("A", 700, algo="close", end_s=21_600,
                         params={"auction_participation": 1.0}))  # fmt: skip
    scene.step_to(at_ns(21_299))
    crossing = [each.order_qty for each in scene.children if isinstance(each, NewChild)
                and each.time_in_force is TimeInForce.AT_THE_CLOSE]  # fmt: skip
    assert crossing == [300, 300, 100]
