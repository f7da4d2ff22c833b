"""The part of an order in the closing cross: where, until when, and how large."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algos.closing_auction import (
    DEFAULT_SHARE,
    LEAD_NS,
    Forecast,
    auction_qty,
    closing_cross,
    predicted,
    unpaired,
)
from algos.surroundings import Surroundings
from domain.instruments import Side
from domain.marketdata import Imbalance, Trade
from domain.sessions import Session
from domain.trading_day import AuctionTimes, trading_day
from marketdata.known_profiles import KnownProfiles
from marketdata.market import SymbolMarket
from tests.algos.partition_scene import BEGIN_NS, CALENDAR, CLOSE_NS, OPEN_NS, S

SESSION = CALENDAR.session_on("2023-11-14")
FORECAST = Forecast(qty=100_000.0, source="own curve")


def session() -> Session:
    assert SESSION is not None
    return SESSION


def around(*trades: Trade, now_ns: int = BEGIN_NS) -> Surroundings:
    market = SymbolMarket(symbol="IBM")
    market.on_events(trades)
    return Surroundings(
        market, {}, killed=False, now_ns=now_ns, session=session(),
        curve=KnownProfiles().curve("IBM", "XNYS", session()),
    )  # fmt: skip


def imbalance(paired: int, bought: int) -> Imbalance:
    return Imbalance("IBM", "XA", 0, paired, bought, 0)


def test_a_cross_is_of_the_first_venue_that_has_one() -> None:
    new_york = trading_day(session(), AuctionTimes())
    frankfurt = trading_day(
        session(), AuctionTimes(closing_call_s=300, closing_delay_s=120, closing_cutoff_s=0)
    )
    dark = trading_day(session(), AuctionTimes(closing=False))
    days = {"DARK": dark, "NY": new_york, "DE": frankfurt}
    found = closing_cross(("NONE", "DARK", "NY", "DE"), days)
    assert found is not None
    assert (found.venue, found.cross_ns, found.cutoff_ns) == ("NY", CLOSE_NS, CLOSE_NS - 600 * S)
    assert (found.continuous_end_ns, found.send_ns) == (CLOSE_NS, CLOSE_NS - 600 * S - LEAD_NS)
    found = closing_cross(("DE",), days)
    assert found is not None
    assert (found.cross_ns, found.continuous_end_ns) == (CLOSE_NS + 120 * S, CLOSE_NS - 300 * S)
    assert closing_cross(("DARK", "NONE"), days) is None


def test_what_the_cross_is_predicted_from() -> None:
    assert predicted(around()) is None
    seen = around(Trade("IBM", "XA", 100, 50_000, OPEN_NS + S), now_ns=CLOSE_NS - S)
    found = predicted(seen)
    assert found is not None
    assert found.source == "day so far"
    assert found.qty == pytest.approx(DEFAULT_SHARE * 50_000, rel=0.01)  # the day is nearly over
    known = seen.curve
    assert known is not None
    own = msgspec.structs.replace(
        known, level_known=True,
        curve=msgspec.structs.replace(known.curve, closing_share=0.1, expected_qty=1e6),
    )  # fmt: skip
    found = predicted(msgspec.structs.replace(seen, curve=own))
    assert found == Forecast(qty=100_000.0, source="default_u curve")


@pytest.mark.parametrize(
    ("qty", "side", "seen", "part"),
    [
        (50_000, Side.BUY, None, 10_000),
        (5_000, Side.BUY, None, 5_000),
        (5_050, Side.BUY, None, 5_000),  # an odd remainder is traded before
        (50_000, Side.BUY, imbalance(80_000, 20_000), 8_000),  # they buy too: less
        (50_000, Side.SELL, imbalance(80_000, 20_000), 12_000),  # they want what we sell: more
        (50_000, Side.SELL, imbalance(80_000, -20_000), 8_000),
        (50_000, Side.BUY, imbalance(0, 20_000), 0),
        (50_000, Side.BUY, imbalance(0, 0), 10_000),
    ],
)
def test_the_part_in_the_cross(qty: int, side: Side, seen: Imbalance | None, part: int) -> None:
    assert auction_qty(qty, 100, 0.1, FORECAST, side, seen) == part


def test_nothing_goes_into_a_cross_of_which_nothing_is_known() -> None:
    assert auction_qty(50_000, 100, 0.1, None, Side.BUY, None) == 0


@given(
    st.integers(0, 10**9), st.floats(0, 1), st.floats(0, 1e9), st.sampled_from(Side),
    st.integers(0, 10**9), st.integers(-(10**9), 10**9),
)  # fmt: skip
def test_bounds(
    qty: int, fraction: float, forecast: float, side: Side, paired: int, bought: int
) -> None:
    seen = imbalance(paired, bought)
    part = auction_qty(qty, 100, fraction, Forecast(qty=forecast, source=""), side, seen)
    assert 0 <= part <= min(qty, 2.0 * fraction * forecast)
    assert part % 100 == 0
    assert -1.0 <= unpaired(seen) <= 1.0
