"""What the background brings to the crosses: volume, price and imbalance."""

import pytest

from domain.marketdata import Imbalance, Trade, TradingPhase, TradingStatus
from tests.venuesim.market_scene import CLOSE, HOURS, MINUTE, OPEN, SECOND, instrument, market
from venuesim.book_events import Filled, Uncrossed
from venuesim.efficient_price import EfficientPrice
from venuesim.order_book import OrderBook
from venuesim.order_flow import OrderFlow
from venuesim.phases import Phase
from venuesim.presets import ILLIQUID, MID, Preset
from venuesim.random_streams import RandomStreams


def day(preset: Preset, seed: int) -> tuple[Uncrossed, Uncrossed, int, EfficientPrice]:
    """(opening cross, closing cross, shares of continuous trading, the price)."""
    price = EfficientPrice(preset, preset.px_ticks, HOURS, RandomStreams(seed, "SIM"))
    flow = OrderFlow(instrument(), price, "A", OPEN - 2 * MINUTE, auctions=True)
    book = OrderBook()
    book.on_phase(Phase.OPENING_CALL)
    flow.advance(book, OPEN - 1)
    opening = book.on_phase(Phase.CONTINUOUS)
    traded = flow.advance(book, CLOSE - 1)
    closing = [*book.on_phase(Phase.CLOSING_CALL), *book.on_phase(Phase.CLOSED)]
    flow.advance(book, CLOSE + SECOND)
    assert not book.orders
    crosses = [each for each in (*opening, *closing) if isinstance(each, Uncrossed)]
    continuous = sum(e.qty for _, events in traded for e in events if isinstance(e, Filled))
    return crosses[0], crosses[1], continuous, price


@pytest.mark.slow
@pytest.mark.parametrize("preset", [MID, ILLIQUID], ids=lambda preset: preset.name)
def test_shares_and_prices_of_the_crosses(preset: Preset) -> None:
    opened, closed, total = 0, 0, 0
    for seed in (1, 2, 3):
        opening, closing, continuous, price = day(preset, seed)
        opened, closed = opened + opening.qty, closed + closing.qty
        total += opening.qty + closing.qty + continuous
        sd = price.day_sd_ticks
        assert abs(opening.px_ticks - price.exo_ticks(OPEN)) < 0.1 * sd
        assert abs(closing.px_ticks - price.exo_ticks(CLOSE - 1)) < 0.1 * sd
    assert 0.01 <= opened / total <= 0.02
    assert 0.08 <= closed / total <= 0.15


def test_a_venue_without_a_call_gets_no_opening_orders() -> None:
    price = EfficientPrice(MID, MID.px_ticks, HOURS, RandomStreams(1, "SIM"))
    flow = OrderFlow(instrument(), price, "A", OPEN - 2 * MINUTE, auctions=True)
    book = OrderBook()
    flow.advance(book, OPEN - 1)
    assert not book.orders


def test_the_imbalance_builds_up_before_the_close() -> None:
    price = EfficientPrice(MID, MID.px_ticks, HOURS, RandomStreams(1, "SIM"))
    flow = OrderFlow(instrument(), price, "A", CLOSE - 11 * MINUTE, auctions=True)
    book = OrderBook()
    wanted = []
    for minute in (10.5, 9, 5, 1):
        flow.advance(book, CLOSE - int(minute * MINUTE))
        shown = book.indicative(Phase.CLOSING_CALL)
        wanted.append(shown.qty + abs(shown.surplus_qty))
    assert wanted[0] < wanted[1] < wanted[2] < wanted[3]


def test_a_venue_with_days_goes_through_its_crosses() -> None:
    made = market(ILLIQUID, start_ns=OPEN - 5 * MINUTE, auctions=True)
    venue = made.venues["A"]
    outputs = []
    now_ns = OPEN - 5 * MINUTE
    while now_ns < CLOSE + MINUTE:
        outputs += venue.on_timer(now_ns)
        now_ns = max(now_ns + SECOND // 2, venue.next_ns())
    crosses = [e for e in outputs if isinstance(e, Trade) and e.condition in ("O", "C")]
    assert [each.condition for each in crosses] == ["O", "C"]
    assert crosses[0].at_ns == OPEN
    assert crosses[1].at_ns == CLOSE
    assert any(isinstance(each, Imbalance) and each.paired_qty for each in outputs)
    phases = [each.phase for each in outputs if isinstance(each, TradingStatus)]
    assert phases[0] is TradingPhase.AUCTION
    assert phases[-1] is TradingPhase.CLOSED
    assert not venue.books["SIM"].orders
