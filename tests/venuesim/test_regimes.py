"""Scripted changes of a market: what they change, from when on, and what they leave alone."""

import pytest

from domain.marketdata import Quote, Trade
from tests.venuesim.market_scene import HOURS, MINUTE, OPEN, SECOND, instrument, market
from venuesim.background_events import LIMIT_SELL, BackgroundEvents
from venuesim.efficient_price import EfficientPrice
from venuesim.presets import MID
from venuesim.random_streams import RandomStreams
from venuesim.regimes import ORDINARY, Regime, regime_at

AT = OPEN + 10 * MINUTE
STRESS = Regime(at_ns=AT, volatility=3.0, depth=1 / 3, volume=2.0)


@pytest.mark.parametrize(
    ("at_ns", "found"),
    [(OPEN, ORDINARY), (AT - 1, ORDINARY), (AT, STRESS), (AT + MINUTE, Regime(at_ns=AT + 1))],
)
def test_the_last_that_has_begun_rules(at_ns: int, found: Regime) -> None:
    assert regime_at((STRESS, Regime(at_ns=AT + 1)), at_ns) == found


def price(regimes: tuple[Regime, ...]) -> EfficientPrice:
    return EfficientPrice(MID, MID.px_ticks, HOURS, RandomStreams(1, "SIM"), regimes=regimes)


def test_the_price_turns_the_same_ways_and_further() -> None:
    plain, stressed = price(()), price((STRESS,))
    for at_ns in range(OPEN, AT, 17 * SECOND):
        assert stressed.exo_ticks(at_ns) == plain.exo_ticks(at_ns)
    before, other = plain.exo_ticks(AT - 1), stressed.exo_ticks(AT - 1)
    for at_ns in range(AT, AT + 5 * MINUTE, 17 * SECOND):
        moved, further = plain.exo_ticks(at_ns) - before, stressed.exo_ticks(at_ns) - other
        assert further == pytest.approx(3 * moved)


def test_orders_come_at_other_rates_from_the_minute_on() -> None:
    plain, stressed = (
        BackgroundEvents(MID, RandomStreams(1, "SIM"), "A", 1.0, regimes)
        for regimes in ((), (STRESS,))
    )
    day = price(()).day_at(OPEN)
    assert day is not None
    limits, takers = [], []
    for events in (plain, stressed):
        events.begin(day, OPEN)
        blocks = [events.block(day, OPEN + n * MINUTE, OPEN + (n + 1) * MINUTE) for n in range(20)]
        limits.append([int((each.order_id < -1).sum()) for each in blocks])
        takers.append([int((each.lots != 0).sum()) for each in blocks])
        assert LIMIT_SELL in blocks[0].kind
    assert limits[0][:10] == limits[1][:10]
    assert sum(limits[1][12:]) < 0.6 * sum(limits[0][12:])
    assert sum(takers[1][10:]) > 1.5 * sum(takers[0][10:])


def test_a_thinner_book_has_a_wider_spread() -> None:
    spreads = []
    for regimes in ((), (STRESS,)):
        venue = market(MID, traded=instrument(("A",)), regimes=regimes).venues["A"]
        wide: list[int] = []
        for now_ns in range(OPEN, AT + 10 * MINUTE, SECOND):
            for each in venue.on_timer(now_ns):
                assert not isinstance(each, Trade) or each.qty > 0
                if (
                    isinstance(each, Quote)
                    and now_ns > AT + 2 * MINUTE
                    and each.bid_qty
                    and each.ask_qty
                ):
                    wide.append(each.ask_px_ticks - each.bid_px_ticks)
        spreads.append(sum(wide) / len(wide))
    assert spreads[1] > 1.5 * spreads[0]
