"""Where our displayed orders stand, told from quotes, ladders and prints of a SymbolMarket."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instruments import Side
from domain.marketdata import Depth, MarketEvent, Quote, Trade
from marketdata.market import SymbolMarket
from marketdata.own_orders import OwnOrder
from marketdata.queue_position import CancelRule

MS = 1_000_000


def quote(bid_px: int, bid_qty: int, at_ms: int, ask_px: int = 101, ask_qty: int = 500) -> Quote:
    return Quote("S", "V", bid_px, bid_qty, ask_px, ask_qty, at_ms * MS)


def sold(qty: int, at_ms: int, px: int = 100) -> Trade:
    return Trade("S", "V", px, qty, at_ms * MS, aggressor_side=Side.SELL.value)


def bid(qty: int = 100, px: int = 100, cl_ord_id: str = "C1") -> OwnOrder:
    return OwnOrder(
        cl_ord_id=cl_ord_id, venue="V", side=Side.BUY, px_ticks=px, qty=qty,
        displayed_px_ticks=px, displayed_qty=qty, since_ns=0,
    )  # fmt: skip


def resting(*events: MarketEvent, rule: CancelRule = CancelRule.UNIFORM) -> SymbolMarket:
    """A bid of ours for 100 joined one of 400; then these events came."""
    market = SymbolMarket(symbol="S")
    market.queues.rule = rule
    market.on_event(quote(100, 400, 1))
    market.on_own_order(bid())
    market.on_events(events)
    return market


def ahead(market: SymbolMarket, cl_ord_id: str = "C1") -> int | None:
    return market.queues.ahead_qty(cl_ord_id)


@pytest.mark.parametrize(
    ("events", "uniform", "conservative"),
    [
        ([], 400, 400),
        ([quote(100, 500, 2)], 400, 400),  # ours is shown now
        ([quote(100, 900, 2)], 400, 400),  # others joined behind us
        ([quote(100, 500, 2), sold(150, 3)], 250, 250),
        # A print, and then the change of size that it made: not twice.
        ([quote(100, 500, 2), sold(150, 3), quote(100, 350, 4), quote(100, 350, 50)], 250, 250),
        ([quote(100, 500, 2), quote(100, 350, 3), sold(150, 4), quote(100, 350, 50)], 250, 250),
        # Without a print it was a cancel: of anybody, or first of those behind us.
        ([quote(100, 900, 2), quote(100, 700, 3), quote(100, 700, 50)], 300, 400),
        ([quote(100, 500, 2), quote(100, 300, 3), quote(100, 300, 50)], 200, 200),
        ([quote(99, 300, 2), quote(99, 300, 50)], 0, 0),  # it says that nobody bids 100: not yet us
        ([quote(102, 10, 2, 103), quote(102, 10, 50, 103)], 400, 400),  # a better bid hides ours
        ([sold(50, 2, px=99)], 400, 400),
        ([Trade("S", "V", 100, 50, 2 * MS, aggressor_side=Side.BUY.value)], 400, 400),
        ([Trade("S", "V", 100, 50, 2 * MS, condition="H")], 400, 400),  # met a hidden order
        ([sold(1_000, 2)], 0, 0),
    ],
)
def test_ahead(events: list[MarketEvent], uniform: int, conservative: int) -> None:
    assert ahead(resting(*events)) == uniform
    assert ahead(resting(*events, rule=CancelRule.BEHIND_FIRST)) == conservative


def test_a_ladder_shows_our_price_behind_a_better_one() -> None:
    market = resting(
        Depth("S", "V", ((101, 10), (100, 250)), ((103, 500),), 2 * MS),
        Depth("S", "V", ((101, 20), (100, 250)), ((103, 500),), 50 * MS),
    )
    assert ahead(market) == 150


def test_a_deeper_join_asks_the_ladder_and_is_unknown_without_one() -> None:
    market = SymbolMarket(symbol="S")
    market.on_event(quote(100, 400, 1))
    market.on_own_order(bid(px=99))
    assert ahead(market) is None
    market.on_event(Depth("S", "V", ((100, 400), (99, 700)), ((101, 500),), 2 * MS))
    assert ahead(market) == 600  # of 700, one hundred is ours
    market.on_own_order(bid(px=98, cl_ord_id="C2"))
    assert ahead(market, "C2") is None
    market.on_own_order(bid(px=102, cl_ord_id="C3"))
    assert ahead(market, "C3") == 0


def test_our_own_older_order_is_not_others() -> None:
    market = resting(quote(100, 500, 2))
    market.on_own_order(bid(cl_ord_id="C2"))
    assert ahead(market, "C2") == 400


def test_a_fill_keeps_the_place_more_quantity_or_another_price_loses_it() -> None:
    market = resting(quote(100, 500, 2), sold(450, 3), quote(100, 650, 4), quote(100, 650, 50))
    market.on_own_order(bid(qty=50))
    assert ahead(market) == 0
    market.on_own_order(bid(qty=200))
    assert ahead(market) == 650  # to be sure: its venue may not show the last of ours yet
    market.on_own_order(bid(qty=200, px=99))
    assert ahead(market) is None
    assert len(market.queues.places) == 1


def test_an_iceberg_stands_by_what_it_shows_and_loses_its_place_with_each_tranche() -> None:
    market = SymbolMarket(symbol="S")
    market.on_event(quote(100, 400, 1))
    tranche = msgspec.structs.replace(bid(qty=1_000), displayed_qty=200)
    market.on_own_order(tranche)
    market.on_events([quote(100, 600, 2), sold(400, 3), quote(100, 900, 4), quote(100, 900, 50)])
    assert ahead(market) == 0
    market.on_own_order(msgspec.structs.replace(tranche, qty=900, displayed_qty=100))
    assert ahead(market) == 0
    market.on_event(quote(100, 1_000, 60))
    assert market.queues.lost == 0, "what is filled loses no place"
    market.on_own_order(msgspec.structs.replace(tranche, qty=800, entries=1))
    assert ahead(market) == 1_000
    assert (market.queues.lost, market.queues.lost_behind_qty) == (1, 1_000)
    market.on_own_order(msgspec.structs.replace(tranche, qty=800, entries=2, displayed_px_ticks=99))
    assert market.queues.lost == 1, "a new price is a new place, and said with the replace"


def test_an_order_that_is_over_leaves_nothing_behind() -> None:
    market = resting(quote(100, 500, 2))
    market.on_own_order(bid(qty=0))
    assert not market.queues.places
    assert not market.queues._queues
    assert ahead(market) is None


def test_after_a_restart_it_stands_behind_all_that_is_shown() -> None:
    market = SymbolMarket(symbol="S")
    market.on_own_order(bid())
    assert ahead(market) is None
    market.on_event(quote(100, 700, 60_000))
    assert ahead(market) == 600


EVENTS = st.lists(st.one_of(
    st.builds(quote, st.integers(98, 100), st.integers(0, 2_000), st.just(0)),
    st.builds(sold, st.integers(1, 500), st.just(0), st.integers(99, 101)),
), max_size=30)  # fmt: skip


@settings(deadline=None)
@given(events=EVENTS, steps=st.lists(st.integers(0, 30), min_size=30, max_size=30))
def test_never_below_zero_and_never_further_back(events: list[MarketEvent],
                                                 steps: list[int]) -> None:  # fmt: skip
    """A queue in front of us only gets shorter, under both rules; the conservative is the longer
    one when no print may have been anybody's (prints explain later decreases differently)."""
    for rule in CancelRule:
        market = resting(rule=rule)
        at_ns, before = 2 * MS, 400
        for event, step in zip(events, steps, strict=False):
            at_ns += step * MS
            stamped = (Quote(*_but_time(event), at_ns) if isinstance(event, Quote)
                       else sold(event.qty, at_ns // MS, event.px_ticks))  # type: ignore[union-attr]  # fmt: skip
            market.on_event(stamped)
            now = ahead(market)
            assert now is not None
            assert 0 <= now <= before
            before = now


def _but_time(event: Quote) -> tuple[str, str, int, int, int, int]:
    return (event.symbol, event.venue, event.bid_px_ticks, event.bid_qty, event.ask_px_ticks,
            event.ask_qty)  # fmt: skip
