"""Relative limits and would prices, row by row."""

from decimal import Decimal

import msgspec
import pytest

from algos.goal import Goal
from algos.parent import Parent, Terms
from algos.price_terms import WOULD_LOOK_NS, PriceBound, price_bound, willing
from algos.surroundings import Surroundings
from algos.twap import TWAP
from domain.instruments import Side
from domain.marketdata import Quote, Trade
from domain.refusals import WaitReason
from marketdata.market import SymbolMarket
from tests.algos.partition_scene import BEGIN_NS, IBM, S

NOW_NS = BEGIN_NS + 10 * S


def parent(side: Side = Side.BUY, limit: int | None = None, cum_qty: int = 0,
           arrival: str | None = "100.00", **params: float | str | Decimal) -> Parent:  # fmt: skip
    return Parent(
        order_id="P", source="OMS", cl_ord_id="A", instrument=IBM, side=side,
        algorithm=TWAP,
        params=dict(params), arrival_px=None if arrival is None else Decimal(arrival),
        terms=Terms(order_qty=1_000, limit_px_ticks=limit, start_ns=BEGIN_NS,
                    end_ns=BEGIN_NS + 100 * S),
        cum_qty=cum_qty,
    )  # fmt: skip


def around(bid: int = 9_990, ask: int = 10_010, quoted: bool = True) -> Surroundings:
    market = SymbolMarket(symbol="IBM")
    if quoted:
        market.on_event(Quote("IBM", "XA", bid, 900, ask, 900, NOW_NS))
        market.on_event(Trade("IBM", "XA", 9_950, 100, NOW_NS))
    return Surroundings(market, {"XA": True}, killed=False, now_ns=NOW_NS)


@pytest.mark.parametrize(
    ("side", "limit", "bps", "reference", "found"),
    [
        (Side.BUY, None, 10.0, "arrival", 10_010),
        (Side.SELL, None, 10.0, "arrival", 9_990),
        (Side.BUY, None, -10.0, "arrival", 9_990),
        (Side.BUY, None, 10.5, "arrival", 10_010),  # 10,010.5: no more aggressive
        (Side.SELL, None, 10.5, "arrival", 9_990),
        (Side.BUY, None, 0.0, "mid", 10_000),
        (Side.BUY, None, 20.0, "last", 9_969),
        (Side.BUY, 10_005, 10.0, "arrival", 10_005),  # the stricter wins
        (Side.BUY, 10_050, 10.0, "arrival", 10_010),
        (Side.SELL, 9_995, 10.0, "arrival", 9_995),
        (Side.SELL, 9_950, 10.0, "arrival", 9_990),
    ],
)
def test_relative_limit(
    side: Side, limit: int | None, bps: float, reference: str, found: int
) -> None:
    order = parent(side, limit, relative_limit=bps, relative_limit_reference=reference)
    assert price_bound(order, around()) == PriceBound(limit_px_ticks=found)


@pytest.mark.parametrize("reference", ["arrival", "mid", "last"])
def test_nothing_trades_without_what_the_limit_is_relative_to(reference: str) -> None:
    order = parent(arrival=None, relative_limit=10.0, relative_limit_reference=reference)
    assert price_bound(order, around(quoted=False)).reason is WaitReason.NO_REFERENCE_PX


@pytest.mark.parametrize(
    ("side", "limit", "to_end_s", "found"),
    [
        (Side.BUY, None, 9, 10_020),
        (Side.SELL, None, 9, 9_980),
        (Side.BUY, 10_015, 9, 10_015),
        (Side.BUY, 10_030, 9, 10_020),
        (Side.BUY, None, 11, None),  # not yet the clean-up
    ],
)
def test_a_collar_bounds_the_clean_up(
    side: Side, limit: int | None, to_end_s: int, found: int | None
) -> None:
    order = parent(side, limit, completion="cross", completion_collar=20.0)
    order.terms = msgspec.structs.replace(order.terms, end_ns=NOW_NS + to_end_s * S)
    assert price_bound(order, around()) == PriceBound(limit_px_ticks=found)


def test_a_collar_without_a_mid_lets_nothing_trade() -> None:
    order = parent(completion="cross", completion_collar=20.0)
    order.terms = msgspec.structs.replace(order.terms, end_ns=NOW_NS + S)
    assert price_bound(order, around(quoted=False)).reason is WaitReason.NO_REFERENCE_PX


GOAL = Goal(target_qty=200, overdue_qty=100)
LOOKING = NOW_NS + WOULD_LOOK_NS


@pytest.mark.parametrize(
    ("order", "target_qty", "overdue_qty", "limit"),
    [
        (parent(would_price=Decimal("100.10")), 1_000, 1_000, 10_010),
        (parent(would_price=Decimal("100.09")), 200, 100, None),  # not offered there
        (parent(Side.SELL, would_price=Decimal("99.90")), 1_000, 1_000, 9_990),
        (parent(Side.SELL, would_price=Decimal("99.91")), 200, 100, None),
        (parent(would_price=Decimal("100.10"), would_quantity=0.55), 500, 500, 10_010),
        (parent(would_price=Decimal("100.10"), would_quantity=0.1), 200, 100, None),
        (parent(limit=10_005, would_price=Decimal("100.10")), 1_000, 1_000, 10_005),
    ],
)
def test_would_price(order: Parent, target_qty: int, overdue_qty: int, limit: int | None) -> None:
    goal, bound = willing(GOAL, price_bound(order, around()), order, around())
    assert (goal.target_qty, goal.overdue_qty, goal.next_ns) == (target_qty, overdue_qty, LOOKING)
    assert bound.limit_px_ticks == limit


def test_what_would_is_filled_is_not_looked_for_again() -> None:
    order = parent(cum_qty=500, would_price=Decimal("100.10"), would_quantity=0.5)
    assert willing(GOAL, PriceBound(limit_px_ticks=None), order, around())[0] == GOAL


def test_without_an_offer_a_would_price_waits() -> None:
    order = parent(would_price=Decimal("100.10"))
    goal, _ = willing(GOAL, PriceBound(limit_px_ticks=None), order, around(quoted=False))
    assert (goal.target_qty, goal.next_ns) == (200, LOOKING)
