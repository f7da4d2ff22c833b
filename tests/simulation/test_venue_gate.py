"""The gate in front of simulated venues: what leaves, what is refused, what is ignored."""

from decimal import Decimal

import msgspec
import pytest

from domain.children import Claim, NewChild
from domain.executions import ChildRefused, ChildSent
from domain.fix_codes import OrdType, TimeInForce
from domain.instruments import Instrument, InstrumentTable, Side
from domain.marketdata import Quote
from domain.refusals import RefusalReason
from gateway.child_book import ChildBook
from gateway.kill_switch import KillSwitch
from gateway.pre_trade import PreTrade
from gateway.risk import Limits, LimitTable
from marketdata.lean import US_TICKS, VENUE
from simulation.replay_venue import SESSION
from simulation.venue_gate import VenueGate

NOW_NS = 10**9
IBM = Instrument(
    symbol="IBM", currency="USD", lot=100, ticks=US_TICKS, calendar="XNYS", venues=(VENUE,),
    max_order_qty=10**9, max_order_notional=Decimal(10**12),
)  # fmt: skip
LIMITS = Limits(
    max_child_qty=500, max_child_notional=Decimal(10**6), price_collar=Decimal("0.02"),
    messages_per_second=100, stale_market_data_ns=10**10, stale_order_ns=10**10,
)  # fmt: skip
CHILD = NewChild(
    claim=0, order_id="P", parent_qty=600, cl_ord_id="C1", venue=VENUE, symbol="IBM",
    side=Side.BUY, order_qty=200, ord_type=OrdType.LIMIT, px=Decimal("50.02"),
    time_in_force=TimeInForce.DAY, algo="twap", decided_ns=NOW_NS,
)  # fmt: skip


def gate() -> VenueGate:
    book = ChildBook()
    checks = PreTrade(
        book=book,
        kills=KillSwitch(),
        instruments=InstrumentTable([IBM]),
        limits=LimitTable(LIMITS),
    )
    found = VenueGate(book=book, checks=checks, session=SESSION)
    claim = Claim(partition=0, worker="w", build="", settings_hash="", instruments_hash="", at_ns=0)
    found.on_claim(0, 0, claim)
    found.on_market(Quote("IBM", VENUE, 500_000, 300, 500_200, 300, NOW_NS))
    return found


def test_a_good_order_leaves_once() -> None:
    door = gate()
    assert isinstance(door.on_child(0, CHILD, NOW_NS), ChildSent)
    assert door.on_child(0, CHILD, NOW_NS) is None


def test_an_order_of_a_lost_claim_is_ignored() -> None:
    assert gate().on_child(0, msgspec.structs.replace(CHILD, claim=7), NOW_NS) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order_qty": 300}, RefusalReason.DUPLICATE),
        ({"cl_ord_id": "C2", "order_qty": 500}, RefusalReason.OVERFILL),
        ({"cl_ord_id": "C2", "parent_qty": 10_000, "order_qty": 600}, RefusalReason.MAX_QTY),
        ({"cl_ord_id": "C2", "px": Decimal("52.00")}, RefusalReason.PRICE_COLLAR),
        ({"cl_ord_id": "C2", "px": Decimal("50.005")}, RefusalReason.OFF_GRID),
    ],
)
def test_refusals_are_those_of_venue_access(
    changes: dict[str, object], reason: RefusalReason
) -> None:
    door = gate()
    door.on_child(0, CHILD, NOW_NS)
    answer = door.on_child(0, msgspec.structs.replace(CHILD, **changes), NOW_NS)
    assert isinstance(answer, ChildRefused)
    assert answer.reason is reason


def test_a_stale_order_is_refused() -> None:
    answer = gate().on_child(0, CHILD, NOW_NS + 20 * 10**9)
    assert isinstance(answer, ChildRefused)
    assert answer.reason is RefusalReason.STALE_ORDER
