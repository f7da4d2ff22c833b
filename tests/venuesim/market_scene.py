"""A simulated day for the tests of the flow: one symbol in New York hours."""

from decimal import Decimal

from domain.instruments import Instrument, TickBand
from domain.sessions import Session, TradingCalendar
from venuesim.efficient_price import Alpha, MarketHours
from venuesim.presets import Preset
from venuesim.regimes import Regime
from venuesim.simulated_market import (
    MarketSymbol,
    MarketVenue,
    SimulatedMarket,
    simulated_market,
)
from venuesim.venue import VenueTerms

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
OPEN = 1_767_364_200 * SECOND  # 2026-01-02 14:30 UTC
CLOSE = OPEN + 390 * MINUTE
NEXT_OPEN = OPEN + 3 * 1440 * MINUTE  # the Monday after it
HOURS = MarketHours(
    TradingCalendar(
        "XNYS",
        [
            Session(date="2026-01-02", open_ns=OPEN, close_ns=CLOSE),
            Session(date="2026-01-05", open_ns=NEXT_OPEN, close_ns=NEXT_OPEN + 390 * MINUTE),
        ],
    )
)


def instrument(venues: tuple[str, ...] = ("A",), symbol: str = "SIM") -> Instrument:
    return Instrument(
        symbol=symbol, currency="USD", lot=100, ticks=(TickBand(tick=Decimal("0.01")),),
        calendar="XNYS", venues=venues, max_order_qty=1_000_000,
        max_order_notional=Decimal(1_000_000_000),
    )  # fmt: skip


def market(
    preset: Preset,
    *,
    seed: int = 1,
    start_ns: int = OPEN,
    shares: tuple[float, ...] = (1.0,),
    stale_ns: int = 0,
    traded: Instrument | None = None,
    start_px_ticks: int = 0,
    alpha: Alpha | None = None,
    antithetic: bool = False,
    catch_up_ns: int | None = None,
    hours: MarketHours = HOURS,
    auctions: bool = False,
    regimes: tuple[Regime, ...] = (),
) -> SimulatedMarket:
    """Venues A, B, ... or those of `traded`, with these shares of the flow of one symbol."""
    traded = traded or instrument(tuple("ABCD"[: len(shares)]))
    names = traded.venues
    return simulated_market(
        [MarketSymbol(instrument=traded, preset=preset, start_px_ticks=start_px_ticks,
                      alpha=alpha, regimes=regimes)],
        [MarketVenue(terms=VenueTerms(name=name), share=share, stale_ns=stale_ns)
         for name, share in zip(names, shares, strict=True)],
        {traded.calendar: hours}, seed, start_ns, antithetic=antithetic, catch_up_ns=catch_up_ns,
        auctions=auctions,
    )  # fmt: skip
