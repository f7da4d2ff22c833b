"""Pre-trade limits: each just inside, just outside, and where the limit or reference is missing."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.control import SetLimits
from domain.fix_codes import OrdType
from domain.instruments import Side
from domain.marketdata import Quote, Trade
from domain.refusals import RefusalReason
from gateway.risk import (
    LastMarket,
    Limits,
    LimitTable,
    MessageRates,
    Terms,
    grid_refusal,
    id_refusal,
    overfill_refusal,
    stale_order_refusal,
    terms_refusal,
)
from tests.gateway.venue_scene import IBM, LIMITS, SYMBOL

NOW = 100_000_000_000
STALE_NS = LIMITS.stale_market_data_ns or 0


MILLION = msgspec.structs.replace(LIMITS, max_child_notional=Decimal(1_000_000))


def terms(order_qty: int = 100, px: str | None = "100", side: Side = Side.BUY) -> Terms:
    ord_type = OrdType.MARKET if px is None else OrdType.LIMIT
    return Terms(SYMBOL, "XA", side, order_qty, ord_type, None if px is None else Decimal(px), NOW)


def market(at_ns: int = NOW, venue: str = "XA") -> LastMarket:
    """A middle of 100.00."""
    found = LastMarket()
    found.on_event(Quote(SYMBOL, venue, 9_999, 1, 10_001, 1, at_ns))
    return found


def without(limit: str) -> Limits:
    return msgspec.structs.replace(LIMITS, **{limit: None})


def reason(asked: Terms, limits: Limits = LIMITS, last: LastMarket | None = None) -> str:
    found = terms_refusal(asked, limits, IBM, last or market(), NOW)
    return "sent" if found is None else found.reason.value


@pytest.mark.parametrize(
    ("asked", "limits", "expected"),
    [
        (terms(100_000), LIMITS, "sent"),
        (terms(100_001), LIMITS, "max_qty"),
        (terms(1), without("max_child_qty"), "max_qty"),
        (terms(10_000, "100"), MILLION, "sent"),
        (terms(10_000, "100.01"), MILLION, "max_notional"),
        (terms(10_001, None), MILLION, "max_notional"),
        (terms(1), without("max_child_notional"), "max_notional"),
        (terms(px="102"), LIMITS, "sent"),
        (terms(px="102.01"), LIMITS, "price_collar"),
        (terms(px="98", side=Side.SELL), LIMITS, "sent"),
        (terms(px="97.99", side=Side.SELL), LIMITS, "price_collar"),
        (terms(px="50"), LIMITS, "sent"),  # passive: it cannot trade through the market
        (terms(px=None), LIMITS, "sent"),
        (terms(), without("price_collar"), "price_collar"),
        (terms(), without("stale_market_data_ns"), "stale_market_data"),
    ],
)  # fmt: skip
def test_limits(asked: Terms, limits: Limits, expected: str) -> None:
    assert reason(asked, limits) == expected


@pytest.mark.parametrize(
    ("last", "px", "expected"),
    [
        (market(NOW - STALE_NS), "100", "sent"),
        (market(NOW - STALE_NS - 1), "100", "stale_market_data"),
        (LastMarket(), "100", "no_reference_px"),
        (LastMarket(), None, "no_reference_px"),
        (market(NOW, "XB"), "100", "sent"),
        (market(NOW - STALE_NS - 1, "XB"), None, "stale_market_data"),
    ],
)
def test_reference_price(last: LastMarket, px: str | None, expected: str) -> None:
    assert reason(terms(px=px), last=last) == expected


def test_reference_is_the_venues_middle_then_the_last_trade_then_other_venues() -> None:
    last = market(NOW, "XB")
    assert last.reference(SYMBOL, "XA", 0) == (20_000, NOW)
    last.on_event(Trade(SYMBOL, "XB", 10_100, 5, NOW))
    assert last.reference(SYMBOL, "XA", 0) == (20_200, NOW)
    last.on_event(Quote(SYMBOL, "XA", 10_200, 1, 10_201, 1, NOW - 5))
    assert last.reference(SYMBOL, "XA", 0) == (20_401, NOW - 5)
    assert last.reference(SYMBOL, "XA", NOW) == (20_200, NOW)  # its own is too old


@pytest.mark.parametrize(
    "quote",
    [
        Quote(SYMBOL, "XA", 10_001, 1, 9_999, 1, NOW),  # crossed
        Quote(SYMBOL, "XA", 9_999, 0, 10_001, 1, NOW),  # no bid
        Quote(SYMBOL, "XA", 0, 1, 10_001, 1, NOW),
    ],
)
def test_a_quote_without_a_middle_is_no_reference(quote: Quote) -> None:
    last = LastMarket()
    last.on_event(quote)
    assert last.reference(SYMBOL, "XA", 0) is None


@pytest.mark.parametrize(
    ("age_ns", "limits", "is_refused"),
    [(10**10, LIMITS, False), (10**10 + 1, LIMITS, True), (0, without("stale_order_ns"), True)],
)
def test_stale_order(age_ns: int, limits: Limits, is_refused: bool) -> None:
    found = stale_order_refusal(terms(), limits, NOW + age_ns)
    assert (found is not None) == is_refused


@pytest.mark.parametrize(
    ("committed", "more", "is_refused"), [(900, 100, False), (900, 101, True), (1_001, 0, True)]
)
def test_overfill(committed: int, more: int, is_refused: bool) -> None:
    assert (overfill_refusal(committed, more, 1_000) is not None) == is_refused


@pytest.mark.parametrize(
    ("asked", "is_refused"),
    [
        (terms(px="100.01"), False),
        (terms(px="100.005"), True),
        (terms(0), True),
        (terms(-5), True),
        (terms(px=None), False),
        (terms(px=None)._replace(ord_type=OrdType.LIMIT), True),
        (terms()._replace(ord_type=OrdType.MARKET), True),
    ],
)
def test_grid(asked: Terms, is_refused: bool) -> None:
    assert (grid_refusal(asked, IBM) is not None) == is_refused


@pytest.mark.parametrize(
    ("cl_ord_id", "is_refused"),
    [("A" * 20, False), ("A" * 21, True), ("", True), ("A\x01B", True), ("A B", True)],
)
def test_cl_ord_id(cl_ord_id: str, is_refused: bool) -> None:
    assert (id_refusal(cl_ord_id) is not None) == is_refused


def test_message_rate_lets_a_second_of_messages_through_and_refills() -> None:
    limits = LimitTable(msgspec.structs.replace(LIMITS, messages_per_second=10))
    rates = MessageRates()
    for _ in range(10):
        assert rates.refusal("XA", SYMBOL, limits, NOW) is None
        rates.count("XA", SYMBOL, limits, NOW)
    assert rates.refusal("XA", SYMBOL, limits, NOW + 99_999_999) is not None
    assert rates.refusal("XA", SYMBOL, limits, NOW + 100_000_000) is None
    assert rates.refusal("XB", SYMBOL, limits, NOW) is None  # each venue has its own


def test_cancels_are_counted_and_may_overdraw_a_second() -> None:
    limits = LimitTable(msgspec.structs.replace(LIMITS, messages_per_second=10))
    rates = MessageRates()
    for _ in range(1_000):
        rates.count("XA", SYMBOL, limits, NOW)
    assert rates.refusal("XA", SYMBOL, limits, NOW + 1_000_000_000) is not None
    assert rates.refusal("XA", SYMBOL, limits, NOW + 1_100_000_000) is None


def test_message_rate_not_set_blocks() -> None:
    limits = LimitTable(without("messages_per_second"))
    found = MessageRates().refusal("XA", SYMBOL, limits, NOW)
    assert found is not None
    assert found.reason is RefusalReason.MESSAGE_RATE


def test_set_limits_of_one_symbol_and_of_all() -> None:
    table = LimitTable(LIMITS)
    order = SetLimits(author="a", reason="r", symbol=SYMBOL, max_child_qty=5, price_collar=0.5,
                      at_ns=1)  # fmt: skip
    table.apply(order)
    assert table.of(SYMBOL).max_child_qty == 5
    assert table.of(SYMBOL).price_collar == Decimal("0.5")
    assert table.of("MSFT") == LIMITS
    table.apply(SetLimits(author="a", reason="r", max_child_qty=7, at_ns=2))
    assert table.of(SYMBOL).max_child_qty == table.of("MSFT").max_child_qty == 7
    assert table.of(SYMBOL).price_collar == Decimal("0.5")


SEEN = st.lists(
    st.tuples(st.sampled_from(["A", "B", "print"]), st.integers(-1, 3), st.integers(-1, 3),
              st.integers(0, 2), st.integers(0, 2)), max_size=12,
)  # fmt: skip


@given(seen=SEEN, cut=st.integers(0, 12))
def test_market_told_together_or_one_by_one_is_the_same(
    seen: list[tuple[str, int, int, int, int]], cut: int
) -> None:
    """Quotes that say no price are skipped in either way."""
    events = [
        Trade(IBM.symbol, "N", bid, 1, at_ns) if venue == "print"
        else Quote(IBM.symbol, venue, bid, bid_qty, ask, ask_qty, at_ns)
        for at_ns, (venue, bid, ask, bid_qty, ask_qty) in enumerate(seen)
    ]  # fmt: skip
    one_by_one, together = LastMarket(), LastMarket()
    for event in events:
        one_by_one.on_event(event)
    for part in (events[:cut], events[cut:]):
        together.on_events(IBM.symbol, part)
    for venue in ("A", "B", "C"):
        for not_before_ns in range(len(events)):
            assert together.reference(IBM.symbol, venue, not_before_ns) == one_by_one.reference(
                IBM.symbol, venue, not_before_ns
            )
