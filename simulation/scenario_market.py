"""The market of one run of a scenario: instruments, simulated venues, the efficient price."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final

import msgspec

from domain.instruments import Instrument, InstrumentTable, TickBand
from domain.sessions import Session
from simulation.scenario import BadScenario, Scenario, SymbolMarket, VenueTable
from simulation.venue_clock import FlowClock
from venuesim.client_orders import ClientOrders, Numbers
from venuesim.order_flow import EfficientPrice, FlowSettings, OrderFlow
from venuesim.venue import Venue, VenueTerms

# Pre-trade limits per child remain the settings'; a parent may be as large as one likes here.
_MAX_ORDER_QTY: Final = 1_000_000_000
_MAX_ORDER_NOTIONAL: Final = Decimal(10) ** 12


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """What a preset's symbol is like by default: price in currency units, shares a day."""

    start_price: Decimal
    adv: int


# quant.md 8.2, table of the two-layer model.
PRESETS: Final = {
    "liquid": Preset(start_price=Decimal("40.00"), adv=10_900_000),
    "mid": Preset(start_price=Decimal("60.00"), adv=1_320_000),
    "illiquid": Preset(start_price=Decimal("25.00"), adv=70_000),
}


@dataclass(slots=True, kw_only=True)
class SimulatedMarket:
    """`engines`: by venue, then by symbol. `exogenous`: see VenuePort."""

    engines: dict[str, dict[str, Venue]]
    clock: FlowClock
    exogenous: Callable[[str, int], float | None]


def instruments_of(scenario: Scenario) -> InstrumentTable:
    """The symbols of the market, each on all of its venues."""
    venues = tuple(each.name for each in scenario.venues)
    return InstrumentTable([
        Instrument(
            symbol=each.symbol, currency="USD", lot=each.lot,
            ticks=(TickBand(tick=Decimal("0.01")),), calendar=scenario.market.calendar,
            venues=venues, max_order_qty=_MAX_ORDER_QTY, max_order_notional=_MAX_ORDER_NOTIONAL,
        )
        for each in scenario.market.symbols
    ])  # fmt: skip


def adv_of(scenario: Scenario) -> dict[str, int]:
    """Shares a day of each symbol for which the file or its preset says so. Raises BadScenario."""
    found: dict[str, int] = {}
    for index, each in enumerate(scenario.market.symbols):
        if each.adv is not None:
            found[each.symbol] = each.adv
        elif scenario.market.data is None:
            found[each.symbol] = _preset(scenario, index, each).adv
    return found


def _preset(scenario: Scenario, index: int, symbol: SymbolMarket) -> Preset:
    name = symbol.preset or scenario.market.preset
    key = "market.preset" if symbol.preset is None else f"market.symbols[{index}].preset"
    if name not in PRESETS:
        raise BadScenario(key, f"{name!r} is not one of {', '.join(PRESETS)}")
    return PRESETS[name]


def open_market(
    scenario: Scenario, table: InstrumentTable, session: Session, seed: int, start_ns: int
) -> SimulatedMarket:
    """Venues and flows as of `start_ns`. Every random stream is a function of the seed, the symbol
    and the venue, so no order of ours moves another's draw. Raises BadScenario."""
    prices: dict[str, EfficientPrice] = {}
    for index, each in enumerate(scenario.market.symbols):
        start_px = each.start_price or _preset(scenario, index, each).start_price
        path = Random(f"{seed}/{each.symbol}")  # noqa: S311  # a simulation
        start_ticks = table[each.symbol].px_ticks(start_px, "start_price")
        prices[each.symbol] = EfficientPrice(start_ticks, session.open_ns, path)
    engines: dict[str, dict[str, Venue]] = {}
    flows: dict[tuple[str, str], OrderFlow] = {}
    for venue in scenario.venues:
        engines[venue.name] = {}
        for symbol, instrument in table.by_symbol.items():
            random = Random(f"{seed}/{venue.name}/{symbol}")  # noqa: S311  # a simulation
            flow = OrderFlow(instrument, prices[symbol], random, start_ns, FlowSettings())
            ids = ClientOrders(Numbers(f"{venue.name}.{symbol}"))
            engine = Venue(_terms(venue), [instrument], {symbol: flow}, ids)
            engines[venue.name][symbol] = engine
            flows[venue.name, symbol] = flow
    return SimulatedMarket(
        engines=engines, clock=FlowClock(flows),
        exogenous=lambda symbol, now_ns: prices[symbol].at(now_ns),
    )  # fmt: skip


def _terms(venue: VenueTable) -> VenueTerms:
    return VenueTerms(
        name=venue.name, taker_fee=venue.taker_fee, maker_fee=venue.maker_fee,
        reject_every=venue.reject_every,
    )  # fmt: skip
