"""What venue access writes of a child's special terms is what a venue reads of them."""

from decimal import Decimal

import msgspec
import pytest

from domain.children import NewChild, ReplaceChild
from domain.fix_codes import OrdType, PegInstruction, TimeInForce
from domain.fix_message import FixMessage, fix_text
from gateway.risk import special_refusal
from gateway.venue_translation import new_order_single, replace_request
from tests.gateway.venue_scene import IBM, new_child
from venuesim.admission import Admitted, Refusal, admit, admit_replacement
from venuesim.book_order import PegKind, Special
from venuesim.offer import Offer
from venuesim.requests import NewOrder, ReplaceOrder
from venuesim.translation import read_request

OFFER = Offer(opening=True, closing=True)
CHILD = new_child()
MARKET = {"ord_type": OrdType.MARKET, "px": None}
ROWS: list[tuple[dict[str, object], int | None, Special | None]] = [
    # What differs from a day limit order at 100.00; its price and special terms at the venue.
    ({}, 10_000, None),
    ({"time_in_force": TimeInForce.AT_THE_CLOSE}, 10_000, None),
    ({"time_in_force": TimeInForce.AT_THE_OPENING, **MARKET}, None, None),
    ({"display_qty": 500}, 10_000, Special(display_qty=500)),
    ({"display_qty": 0, "min_qty": 200}, 10_000, Special(hidden=True, min_qty=200)),
    ({"peg": PegInstruction.PRIMARY, "peg_offset": Decimal("-0.02")}, 10_000,
     Special(peg=PegKind.PRIMARY, peg_offset_ticks=-2)),
    ({"peg": PegInstruction.MIDPOINT, "min_qty": 100}, 10_000,
     Special(peg=PegKind.MIDPOINT, hidden=True, min_qty=100)),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "px_ticks", "special"), ROWS)
def test_new_child(
    changes: dict[str, object], px_ticks: int | None, special: Special | None
) -> None:
    child: NewChild = msgspec.structs.replace(CHILD, **changes)
    assert special_refusal(child) is None
    text = fix_text("D", [(34, 1), *new_order_single(child, IBM.symbol, 0)])
    request = read_request(FixMessage.parse(text), 0)
    assert isinstance(request, NewOrder)
    found = admit(request, {IBM.symbol: IBM}, OFFER)
    assert isinstance(found, Admitted), found
    assert (found.px_ticks, found.special) == (px_ticks, special)
    assert found.time_in_force is child.time_in_force


@pytest.mark.parametrize(("changes", "px_ticks", "special"), [e for e in ROWS if e[1]])
def test_replaced_child_keeps_its_terms(
    changes: dict[str, object], px_ticks: int | None, special: Special | None
) -> None:
    child: NewChild = msgspec.structs.replace(CHILD, **changes)
    replaced = ReplaceChild(
        claim=0, order_id="P", parent_qty=10**6, cl_ord_id="Y", orig_cl_ord_id="X", venue="XA",
        symbol=IBM.symbol, side=child.side, order_qty=9_000, px=Decimal("99.50"), decided_ns=0,
    )  # fmt: skip
    text = fix_text("G", [(34, 1), *replace_request(replaced, child, "X", 0)])
    request = read_request(FixMessage.parse(text), 0)
    assert isinstance(request, ReplaceOrder)
    found = admit_replacement(request, IBM, OFFER, 0)
    assert not isinstance(found, Refusal), found
    assert (found.order_qty, found.px_ticks, found.special) == (9_000, 9_950, special)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"peg": PegInstruction.PRIMARY, **MARKET}, "limit"),
        ({"peg_offset": Decimal("0.01")}, "peg_offset"),
        ({"display_qty": -1}, "display_qty"),
        ({"display_qty": 10_001}, "display_qty"),
        ({"min_qty": 10_001}, "min_qty"),
    ],
)
def test_special_terms_that_do_not_leave(changes: dict[str, object], word: str) -> None:
    refusal = special_refusal(msgspec.structs.replace(CHILD, **changes))
    assert refusal is not None
    assert word in refusal.text
